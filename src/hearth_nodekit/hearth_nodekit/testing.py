"""For node tests: a context on a domain of its own, and an executor in the background."""

import gc
import os
import threading
import time as wall
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType

import rclpy
from rclpy.context import Context
from rclpy.experimental import EventsExecutor
from rclpy.node import Node


def own_domain() -> int:
    """A DDS domain that other runs on this machine are unlikely to use (1..101).

    ``ROS_DOMAIN_ID`` decides if it is set; otherwise the process id spreads runs apart.
    """
    chosen = os.environ.get("ROS_DOMAIN_ID")
    return int(chosen) if chosen else 40 + os.getpid() % 60


@contextmanager
def isolated_context(domain: int | None = None) -> Iterator[Context]:
    """An rclpy context on ``domain`` (None: :func:`own_domain`), shut down at the end.

    Nodes of an earlier test that nobody destroyed speak on until they are collected: latched
    topics of theirs would be heard here. So they are collected first.
    """
    gc.collect()
    context = Context()
    rclpy.init(context=context, domain_id=own_domain() if domain is None else domain)
    try:
        yield context
    finally:
        context.try_shutdown()


class Spinner:
    """Spins nodes on one EventsExecutor in a background thread, as a context manager."""

    def __init__(self, context: Context, *nodes: Node) -> None:
        self._executor = EventsExecutor(context=context)
        self._nodes = nodes
        for node in nodes:
            self._executor.add_node(node)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="spinner", daemon=True)

    def __enter__(self) -> "Spinner":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join(5.0)
        for node in self._nodes:
            self._executor.remove_node(node)
        self._executor.shutdown()

    def _loop(self) -> None:
        while not self._stop.is_set():
            self._executor.spin_once(timeout_sec=0.05)


def wait_until(condition: Callable[[], bool], timeout: float = 20.0) -> bool:
    """Whether ``condition()`` came true within ``timeout`` wall seconds (polled every 10 ms)."""
    deadline = wall.monotonic() + timeout
    while wall.monotonic() < deadline:
        if condition():
            return True
        wall.sleep(0.01)
    return condition()
