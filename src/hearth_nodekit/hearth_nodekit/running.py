"""Run nodes until told to stop, and let them say goodbye while ROS still works."""

import signal
import sys
import threading
from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

import rclpy
from rclpy.executors import Executor, ExternalShutdownException
from rclpy.experimental import EventsExecutor
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions
from rclpy.utilities import try_shutdown

NodeFactory = Callable[[], Node]

SWITCH_INTERVAL = 0.0005
"""How long a thread may keep the interpreter from others [s].

Python's own 5 ms is what every callback waits for while a planner's Python code runs beside it:
the executor then handles a few hundred events a second, and requests queue behind messages.
"""


@runtime_checkable
class Closable(Protocol):
    """A node with last words: a stop command, a released arm, a flushed file."""

    def close(self) -> None:
        """Leave the robot safe. Publishers still work when this is called."""


def run(
    make_node: NodeFactory,
    args: Sequence[str] | None = None,
    make_executor: Callable[[], Executor] = EventsExecutor,
) -> None:
    """Spin the node made by ``make_node`` until SIGINT, SIGTERM or a ROS shutdown."""
    run_all([make_node], args, make_executor)


def run_all(
    factories: Sequence[NodeFactory],
    args: Sequence[str] | None = None,
    make_executor: Callable[[], Executor] = EventsExecutor,
) -> None:
    """Spin several nodes on one executor; they are made in order and closed in reverse.

    rclpy's own handlers invalidate the context before a node can publish its final
    message, so the signals are taken here and the context is closed last.

    The EventsExecutor is looped with ``spin_once``: its ``spin`` runs no callback in the
    PyPI wheels of rclpy 7.1.
    """
    sys.setswitchinterval(SWITCH_INTERVAL)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())

    rclpy.init(
        args=None if args is None else list(args),
        signal_handler_options=SignalHandlerOptions.NO,
    )
    nodes: list[Node] = []
    try:
        executor = make_executor()
        try:
            for factory in factories:
                nodes.append(factory())
                executor.add_node(nodes[-1])
                if stop.is_set():
                    break
            while rclpy.ok() and not stop.is_set():
                executor.spin_once(timeout_sec=0.1)
        except ExternalShutdownException:
            pass  # Someone shut the context down for us; there is nobody left to tell.
        finally:
            _close(nodes)
            executor.shutdown()
            for node in reversed(nodes):
                node.destroy_node()
    finally:
        try_shutdown()


def _close(nodes: Sequence[Node]) -> None:
    """Give every node its last words, whatever the others do."""
    for node in reversed(nodes):
        if isinstance(node, Closable) and rclpy.ok():
            try:
                node.close()
            except Exception as error:  # the next node must still be stopped
                node.get_logger().error(f"while closing: {error!r}")
