"""The actions of a group of joints: FollowJointTrajectory, and GripperCommand for hands."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from typing import Any

from action_msgs.msg import GoalStatus
from control_msgs.action import FollowJointTrajectory, GripperCommand
from hearth_nodekit.deferred import DeferredActionServer
from rclpy.action.server import ServerGoalHandle
from rclpy.node import Node
from trajectory_msgs.msg import JointTrajectory

from hearth_drivers.core.joint_controller import Ending, Result
from hearth_drivers.core.trajectory import ErrorCode, GoalRefusedError
from hearth_drivers.groups import GroupDriver, HandDriver, OnResult
from hearth_drivers.messages import from_trajectory_goal, to_trajectory_feedback
from hearth_drivers.topics import joint_targets

_STATUS = {
    Ending.SUCCEEDED: GoalStatus.STATUS_SUCCEEDED,
    Ending.CANCELED: GoalStatus.STATUS_CANCELED,
}


class MotionServer(ABC):
    """Goals in the executor's thread, results from the hardware's."""

    def __init__(self, node: Node, action_type: Any, name: str, driver: GroupDriver) -> None:
        self._node = node
        self._driver = driver
        self._lock = threading.Lock()
        self._running: dict[bytes, tuple[ServerGoalHandle, int]] = {}
        self._server = DeferredActionServer(
            node, action_type, name, self._on_goal, self._on_cancel
        )

    @abstractmethod
    def begin(self, request: Any, on_result: OnResult) -> int:
        """Start the motion a goal asks for; returns its number.

        Raises:
            GoalRefusedError: It cannot be carried out.
        """

    @abstractmethod
    def result(self, result: Result) -> Any:
        """Result message."""

    @abstractmethod
    def feedback(self) -> Any | None:
        """Feedback message; None when there is nothing to say yet."""

    def publish_feedback(self) -> None:
        """Tell the clients of running goals; a few times a second."""
        with self._lock:
            handles = [handle for handle, _ in self._running.values()]
        if handles and (message := self.feedback()) is not None:
            for handle in handles:
                handle.publish_feedback(message)

    def _on_goal(self, handle: ServerGoalHandle) -> None:
        key = bytes(handle.goal_id.uuid)
        ended = False

        def on_result(result: Result) -> None:
            nonlocal ended
            with self._lock:
                ended = True
                self._running.pop(key, None)
            status = _STATUS.get(result.ending, GoalStatus.STATUS_ABORTED)
            self._server.finish(handle, status, self.result(result))

        try:
            motion = self.begin(handle.request, on_result)
        except GoalRefusedError as error:
            self._node.get_logger().warning(f"{self._driver.name}: goal refused: {error}")
            on_result(Result(Ending.FAILED, error.code, str(error)))
            return
        with self._lock:
            if not ended:
                self._running[key] = (handle, motion)

    def _on_cancel(self, handle: ServerGoalHandle) -> None:
        with self._lock:
            running = self._running.get(bytes(handle.goal_id.uuid))
        if running is not None:
            self._driver.cancel(running[1])


class TrajectoryServer(MotionServer):
    """``{group}_controller/follow_joint_trajectory``."""

    def __init__(self, node: Node, driver: GroupDriver) -> None:
        name = f"{driver.name}_controller/follow_joint_trajectory"
        super().__init__(node, FollowJointTrajectory, name, driver)

    def begin(self, request: Any, on_result: OnResult) -> int:
        """See :class:`MotionServer`."""
        if request.trajectory.points and request.multi_dof_trajectory.points:
            raise GoalRefusedError(
                ErrorCode.INVALID_GOAL, "multi-DOF trajectories are not for this controller"
            )
        return self._driver.follow(from_trajectory_goal(request), on_result)

    def result(self, result: Result) -> Any:
        """See :class:`MotionServer`."""
        return FollowJointTrajectory.Result(
            error_code=int(result.code), error_string=result.message
        )

    def feedback(self) -> Any | None:
        """See :class:`MotionServer`."""
        snapshot = self._driver.snapshot
        if snapshot is None:
            return None
        names, stamp = tuple(self._driver.port.names), self._driver.port.read().stamp
        return to_trajectory_feedback(names, snapshot, stamp)


class TargetReader:
    """``{group}_controller/joint_trajectory``: the last point is where the joints shall be now.

    For steering at 50 Hz or more; who wants a motion sends a goal. Nobody is told of refusals
    but the log, once a second at most.
    """

    def __init__(self, node: Node, driver: GroupDriver) -> None:
        self._node = node
        self._driver = driver
        joint_targets(driver.name).subscribe(node, self._on_target)

    def _on_target(self, message: JointTrajectory) -> None:
        if not message.points:
            return
        point = message.points[-1]
        try:
            self._driver.steer(message.joint_names, point.positions, point.velocities)
        except GoalRefusedError as error:
            self._node.get_logger().warning(
                f"{self._driver.name}: target refused: {error}", throttle_duration_sec=1.0
            )


class GripperServer(MotionServer):
    """``{hand}_controller/gripper_cmd``: position is the opening, 0 closed .. 1 open."""

    def __init__(self, node: Node, driver: HandDriver) -> None:
        self._hand = driver
        super().__init__(node, GripperCommand, f"{driver.name}_controller/gripper_cmd", driver)

    def begin(self, request: Any, on_result: OnResult) -> int:
        """See :class:`MotionServer`."""
        command = request.command
        return self._hand.grip(command.position, command.max_effort, on_result)

    def result(self, result: Result) -> Any:
        """See :class:`MotionServer`."""
        return GripperCommand.Result(
            position=self._hand.opening(),
            effort=self._hand.force(),
            stalled=result.stalled,
            reached_goal=result.ending is Ending.SUCCEEDED and not result.stalled,
        )

    def feedback(self) -> Any | None:
        """See :class:`MotionServer`."""
        return GripperCommand.Feedback(position=self._hand.opening(), effort=self._hand.force())
