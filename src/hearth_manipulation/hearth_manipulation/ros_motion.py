"""A controller's action as a skill's motion: polled, never awaited."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from action_msgs.msg import GoalStatus
from hearth_nodekit.action_client import ActionClient


class RosMotion:
    """One goal sent to a controller; every method may be called from any thread."""

    def __init__(self, client: ActionClient, goal: Any, judge: Callable[[Any], str]) -> None:
        """Send ``goal``; ``judge`` says what is wrong with a result, empty when nothing is."""
        self._judge = judge
        self._lock = threading.Lock()
        self._handle: Any = None
        self._ended = False
        self._problem = ""
        self._cancel = False
        client.send_goal_async(goal).add_done_callback(self._on_accepted)

    def done(self) -> bool:
        """Whether it has ended, well or not."""
        with self._lock:
            return self._ended

    def problem(self) -> str:
        """Why it failed; empty while running and after success."""
        with self._lock:
            return self._problem

    def cancel(self) -> None:
        """Stop it now, or as soon as it is known."""
        with self._lock:
            self._cancel = True
            handle = None if self._ended else self._handle
        if handle is not None:
            handle.cancel_goal_async()

    def _on_accepted(self, future: Any) -> None:
        handle = future.result()
        if not handle.accepted:
            self._end("the controller rejected the goal")
            return
        with self._lock:
            self._handle = handle
            cancel = self._cancel
        if cancel:
            handle.cancel_goal_async()
        handle.get_result_async().add_done_callback(self._on_result)

    def _on_result(self, future: Any) -> None:
        response = future.result()
        if response.status == GoalStatus.STATUS_SUCCEEDED:
            self._end("")
        elif response.status == GoalStatus.STATUS_CANCELED:
            self._end("canceled")
        else:
            self._end(self._judge(response.result) or "the controller gave up")

    def _end(self, problem: str) -> None:
        with self._lock:
            self._ended, self._problem = True, problem
