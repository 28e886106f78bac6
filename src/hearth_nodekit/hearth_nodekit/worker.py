"""Threads for work that is too long for an executor callback."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from rclpy.node import Node

T = TypeVar("T")


class LatestWorker(Generic[T]):
    """One thread that works on the newest item; items that come meanwhile replace each other."""

    def __init__(self, node: Node, work: Callable[[T], None], name: str) -> None:
        """Start the thread; exceptions are logged and the next item is taken."""
        self._node = node
        self._work = work
        self._condition = threading.Condition()
        self._item: T | None = None
        self._closed = False
        self.dropped = 0
        """Items replaced before they were worked on."""
        self._thread = threading.Thread(target=self._loop, name=name, daemon=True)
        self._thread.start()

    def offer(self, item: T) -> None:
        """Hand over the newest item; returns at once."""
        with self._condition:
            if self._item is not None:
                self.dropped += 1
            self._item = item
            self._condition.notify()

    def close(self, timeout: float = 2.0) -> None:
        """Let the present item end, and stop."""
        with self._condition:
            self._closed = True
            self._condition.notify()
        self._thread.join(timeout)

    def _loop(self) -> None:
        while True:
            with self._condition:
                while self._item is None and not self._closed:
                    self._condition.wait()
                if self._closed:
                    return
                item, self._item = self._item, None
            try:
                self._work(item)  # type: ignore[arg-type]  # never None here
            except Exception as error:  # the thread must live on
                self._node.get_logger().error(f"{self._thread.name}: {error!r}")


class TimerWorker:
    """A thread woken by a timer of the node's clock: fixed-rate work beside the executor.

    A cycle that finds the one before still working is counted as late and skipped.
    """

    def __init__(self, node: Node, period: float, work: Callable[[], None], name: str) -> None:
        """Call ``work()`` every ``period`` [s] of the node's clock."""
        self.cycles = 0
        self.late = 0
        self._busy = False
        self._worker: LatestWorker[bool] = LatestWorker(node, self._run, name)
        self._work = work
        self._timer = node.create_timer(period, self._tick)

    def close(self) -> None:
        """Stop the timer and the thread."""
        self._timer.cancel()
        self._worker.close()

    def _tick(self) -> None:
        self.cycles += 1
        if self._busy:
            self.late += 1
            return
        self._busy = True
        self._worker.offer(True)

    def _run(self, _: bool) -> None:
        try:
            self._work()
        finally:
            self._busy = False
