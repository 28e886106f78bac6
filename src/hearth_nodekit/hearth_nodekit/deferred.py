"""Action server whose goals end when somebody says so, with nothing running meanwhile.

A coroutine that awaits a future is resumed by rclpy's EventsExecutor in a busy loop: one
waiting goal takes a whole core (measured: 4.00 s of CPU for 4.00 s of waiting). So goals
are kept as handles, and the result is handed in by :meth:`DeferredActionServer.finish`.
"""

from collections.abc import Callable
from typing import Any

from action_msgs.msg import GoalStatus
from rclpy.action import ActionServer, CancelResponse, GoalResponse
from rclpy.action.server import ServerGoalHandle
from rclpy.impl.implementation_singleton import rclpy_implementation
from rclpy.node import Node


class DeferredActionServer:
    """Accepts every goal and hands it over; whoever works on it calls :meth:`finish`."""

    def __init__(
        self,
        node: Node,
        action_type: Any,
        name: str,
        on_goal: Callable[[ServerGoalHandle], None],
        on_cancel: Callable[[ServerGoalHandle], None],
    ) -> None:
        """Serve ``name``; both callbacks run in the executor's thread and must be short."""
        self._node = node
        self._on_goal = on_goal
        self._on_cancel = on_cancel
        self._server = ActionServer(
            node,
            action_type,
            name,
            _never,
            goal_callback=lambda _: GoalResponse.ACCEPT,
            handle_accepted_callback=self._begin,
            cancel_callback=self._cancel,
        )

    def finish(self, handle: ServerGoalHandle, status: int, result: Any) -> None:
        """End a goal, from any thread; once per goal.

        Args:
            handle: As given to ``on_goal``.
            status: ``GoalStatus.STATUS_SUCCEEDED``, ``_ABORTED`` or ``_CANCELED`` (which counts
                as aborted if the client did not ask for it).
            result: Result message.
        """
        if self._node.executor is None:
            return  # the node is going away; there is nobody left to send results
        self._server.notify_execute(handle, lambda h: _end(h, status, result))

    def _begin(self, handle: ServerGoalHandle) -> None:
        # ServerGoalHandle.execute() would change the status and at once ask for the result.
        handle._update_state(rclpy_implementation.GoalEvent.EXECUTE)
        self._on_goal(handle)

    def _cancel(self, handle: ServerGoalHandle) -> CancelResponse:
        self._on_cancel(handle)
        return CancelResponse.ACCEPT


def _end(handle: ServerGoalHandle, status: int, result: Any) -> Any:
    if status == GoalStatus.STATUS_SUCCEEDED:
        handle.succeed()
    elif status == GoalStatus.STATUS_CANCELED and handle.is_cancel_requested:
        handle.canceled()
    else:
        handle.abort()
    return result


def _never(_: ServerGoalHandle) -> Any:
    raise AssertionError("goals of a DeferredActionServer end by finish()")
