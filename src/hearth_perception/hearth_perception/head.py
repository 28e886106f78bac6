"""Points the head camera: the one actuator perception commands."""

from __future__ import annotations

import time as wall
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from action_msgs.msg import GoalStatus
from builtin_interfaces.msg import Duration
from control_msgs.action import FollowJointTrajectory
from hearth_core.errors import HearthError
from hearth_core.frames import HEAD_COLOR_OPTICAL, HEAD_JOINTS
from hearth_nodekit.actions import ActionCaller
from rclpy.node import Node
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from hearth_perception.core.gaze import Gaze, aim
from hearth_perception.lazy_transforms import LazyTransforms
from hearth_perception.watcher import NoViewError, Watcher

Array = npt.NDArray[np.float64]

PATIENCE = 15.0
"""How much longer than planned a motion of the head may take [s of the robot's clock]: simulated
time runs ahead of a busy machine's answers."""


class HeadError(HearthError):
    """The head could not be pointed there."""


class Head:
    """Aims, moves and waits until the head has settled. Only from worker threads."""

    def __init__(
        self, node: Node, watcher: Watcher, transforms: LazyTransforms, speed: float
    ) -> None:
        """``speed``: of the faster joint [rad/s]."""
        self._node = node
        self._watcher = watcher
        self._transforms = transforms
        self._speed = speed
        self._move = ActionCaller(
            node, FollowJointTrajectory, "head_controller/follow_joint_trajectory"
        )

    def aim(self, target: Array, frame: str) -> Gaze:
        """Joints that look at ``target`` [m] of ``frame``.

        Raises:
            HeadError: The robot's description or joint positions are not known yet.
            TransformError: The frame is not known.
        """
        positions = self._positions()
        model = self._watcher.model
        if model is None:
            raise HeadError("no robot_description received yet")
        root_from_frame = self._transforms.wait(model.root, frame, None, timeout=3.0)
        return aim(model, positions, root_from_frame.apply(np.asarray(target, float)))

    def look_at(
        self,
        target: Array,
        frame: str,
        should_stop: Callable[[], bool],
        on_error: Callable[[float], None] = lambda _: None,
    ) -> Gaze:
        """Point the camera and wait until the head stands still.

        Raises:
            HeadError: No answer from the controller, or it failed.
            Canceled: ``should_stop`` said so.
        """
        gaze = self.aim(target, frame)
        positions = self._positions()
        goal_positions = np.array([gaze.pan, gaze.tilt])
        start = np.array([positions.get(name, 0.0) for name in HEAD_JOINTS])
        far = float(np.abs(goal_positions - start).max())
        on_error(far)
        if far < 0.01:
            return gaze
        seconds = max(0.35, 1.6 * far / self._speed)
        goal = FollowJointTrajectory.Goal(
            trajectory=JointTrajectory(
                joint_names=list(HEAD_JOINTS),
                points=[
                    JointTrajectoryPoint(
                        positions=[float(v) for v in goal_positions],
                        velocities=[0.0] * len(HEAD_JOINTS),
                        time_from_start=Duration(
                            sec=int(seconds), nanosec=int((seconds % 1.0) * 1e9)
                        ),
                    )
                ],
            )
        )
        status, result = self._move.call(goal, timeout=seconds + PATIENCE, should_stop=should_stop)
        if status != GoalStatus.STATUS_SUCCEEDED:
            raise HeadError(f"head_controller: {result.error_string or f'status {status}'}")
        on_error(gaze.error)
        return gaze

    def eye(self, frame: str) -> Array:
        """Where the camera is in ``frame`` now [m]."""
        return self._transforms.wait(frame, HEAD_COLOR_OPTICAL, None, timeout=3.0).translation

    def _positions(self, timeout: float = 5.0) -> dict[str, float]:
        deadline = wall.monotonic() + timeout
        while True:
            positions = self._watcher.intake.positions()
            known = all(name in positions for name in HEAD_JOINTS)
            if known and self._watcher.model is not None:
                return positions
            if wall.monotonic() > deadline:
                missing = "robot_description" if known else f"joint_states with {HEAD_JOINTS}"
                raise NoViewError(f"no {missing} in {timeout:g} s")
            wall.sleep(0.02)
