"""rclpy's action client, safe to call from worker threads.

rclpy sends a request first and only then notes whom the answer belongs to, without a lock. When
a worker thread sends, the executor's thread may take the answer in between, find nobody waiting
and drop it ("Ignoring unexpected goal response"); the caller then waits for ever. Seen once in 60
goals on a loaded machine.
"""

import threading
from typing import Any

from rclpy.action import ActionClient as RclpyActionClient
from rclpy.task import Future


class ActionClient(RclpyActionClient):
    """Use it like rclpy's, from any thread."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """See ``rclpy.action.ActionClient``."""
        self._sending = threading.Lock()
        super().__init__(*arguments, **options)

    def send_goal_async(self, *arguments: Any, **options: Any) -> Future:
        """See ``rclpy.action.ActionClient.send_goal_async``."""
        with self._sending:
            return super().send_goal_async(*arguments, **options)

    def _get_result_async(self, goal_handle: Any) -> Future:
        with self._sending:
            return super()._get_result_async(goal_handle)

    def _cancel_goal_async(self, goal_handle: Any) -> Future:
        with self._sending:
            return super()._cancel_goal_async(goal_handle)

    async def execute(self, taken_data: Any) -> None:
        """Handle what arrived, once whoever was sending has noted what he waits for."""
        with self._sending:
            pass
        await super().execute(taken_data)
