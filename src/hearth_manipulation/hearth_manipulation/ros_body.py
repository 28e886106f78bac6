"""The body of a robot as its topics and controllers give it."""

from __future__ import annotations

import time as wall
from collections.abc import Callable, Mapping
from typing import TypeVar

import numpy as np
from builtin_interfaces.msg import Duration
from control_msgs.action import FollowJointTrajectory, GripperCommand
from hearth_core.frames import GROUPS, SIDES
from hearth_core.geometry import Pose2
from hearth_nodekit.action_client import ActionClient
from hearth_nodekit.convert import from_pose, from_time, to_twist
from hearth_nodekit.topics import CMD_VEL_MANIPULATION, JOINT_STATES, ODOM, SCAN, TOUCH
from nav_msgs.msg import Odometry
from rclpy.node import Node
from sensor_msgs.msg import JointState, LaserScan
from trajectory_msgs.msg import JointTrajectoryPoint

from hearth_manipulation.core.kinematics import Array
from hearth_manipulation.core.mover import MotionError
from hearth_manipulation.core.ports import Stopped
from hearth_manipulation.core.timing import Trajectory
from hearth_manipulation.ros_motion import RosMotion

OLD = 0.5
"""Joint states and odometry older than this are no knowledge [s]."""
OLD_SCAN = 0.9
"""Scans come at 10 Hz and the base creeps: older ones tell nothing [s]."""
Stamped = TypeVar("Stamped", JointState, Odometry)
_ENDINGS = {
    FollowJointTrajectory.Result.INVALID_GOAL: "INVALID_GOAL",
    FollowJointTrajectory.Result.INVALID_JOINTS: "INVALID_JOINTS",
    FollowJointTrajectory.Result.OLD_HEADER_TIMESTAMP: "OLD_HEADER_TIMESTAMP",
    FollowJointTrajectory.Result.PATH_TOLERANCE_VIOLATED: "PATH_TOLERANCE_VIOLATED",
    FollowJointTrajectory.Result.GOAL_TOLERANCE_VIOLATED: "GOAL_TOLERANCE_VIOLATED",
}
FIRST, LATE = 10.0, 2.0
"""Patience for a first and for a late message [s, wall]: while a whole stack starts, an action can
be discovered seconds before the topics that its skill needs."""
TICK = 0.004
"""Wall time between looks at the clock while waiting [s]."""


class RosBody:
    """Serves :class:`hearth_manipulation.core.ports.Body` on one node's topics and actions."""

    def __init__(self, node: Node, base_from_lidar: Pose2) -> None:
        """Subscribe; ``base_from_lidar`` is where the lidar stands in base_footprint."""
        self._node = node
        self._lidar = base_from_lidar
        # Messages are kept as they come: most are never looked at.
        self._joints: JointState | None = None
        self._base: Odometry | None = None
        self._scan: LaserScan | None = None
        self._touch: JointState | None = None
        self.should_stop: Callable[[], bool] = lambda: False
        """Set by the running skill."""
        JOINT_STATES.subscribe(node, self._on_joints)
        ODOM.subscribe(node, self._on_odom)
        SCAN.subscribe(node, self._on_scan)
        TOUCH.subscribe(node, self._on_touch)
        self._drive = CMD_VEL_MANIPULATION.publisher(node)
        self._follow = {
            group: ActionClient(
                node, FollowJointTrajectory, f"{group}_controller/follow_joint_trajectory"
            )
            for group in GROUPS
        }
        self._grip = {
            side: ActionClient(node, GripperCommand, f"{side}_hand_controller/gripper_cmd")
            for side in SIDES
        }

    def missing(self) -> list[str]:
        """What this body still waits for."""
        silent = [
            name
            for name, value in (
                ("joint_states", self._joints),
                ("odom", self._base),
                ("scan", self._scan),
            )
            if value is None
        ]
        return silent + [
            f"{group}_controller"
            for group, client in self._follow.items()
            if not client.server_is_ready()
        ]

    def now(self) -> float:
        """The robot's clock [s]."""
        return float(self._node.get_clock().now().nanoseconds) * 1e-9

    def pause(self, seconds: float) -> None:
        """Let the robot's clock advance.

        Raises:
            Stopped: The skill was cancelled.
        """
        end = self.now() + seconds
        while True:
            if self.should_stop():
                raise Stopped("canceled")
            if self.now() >= end:
                return
            wall.sleep(TICK)

    def joints(self) -> Mapping[str, float]:
        """Newest joint positions.

        Raises:
            MotionError: ``no_joint_states``: there are none, or they are old.
            Stopped: The skill was cancelled.
        """
        message = self._fresh("joint_states", lambda: self._joints)
        return dict(zip(message.name, message.position, strict=True))

    def base(self) -> Pose2:
        """Newest odometry.

        Raises:
            MotionError: ``no_odom``: there is none, or it is old.
            Stopped: The skill was cancelled.
        """
        return from_pose(self._fresh("odom", lambda: self._base).pose.pose).planar()

    def touch(self) -> Mapping[str, float]:
        """Newest fingertip forces [N]."""
        message = self._touch
        return {} if message is None else dict(zip(message.name, message.effort, strict=True))

    def obstacles(self) -> Array | None:
        """Newest lidar hits in base_footprint; None: no scan, or an old one."""
        scan = self._scan
        if scan is None or self.now() - from_time(scan.header.stamp) > OLD_SCAN:
            return None
        ranges = np.asarray(scan.ranges, float)
        angles = scan.angle_min + scan.angle_increment * np.arange(len(ranges))
        keep = np.isfinite(ranges) & (ranges >= scan.range_min) & (ranges <= scan.range_max)
        points = np.stack([ranges * np.cos(angles), ranges * np.sin(angles)], axis=1)[keep]
        return self._lidar.apply(points)

    def follow(self, group: str, trajectory: Trajectory) -> RosMotion:
        """Run a trajectory on one group's controller."""
        goal = FollowJointTrajectory.Goal()
        goal.trajectory.joint_names = list(trajectory.joints)
        goal.trajectory.points = [
            JointTrajectoryPoint(
                positions=p.tolist(), velocities=v.tolist(), time_from_start=_duration(float(t))
            )
            for t, p, v in zip(
                trajectory.times, trajectory.positions, trajectory.velocities, strict=True
            )
        ]
        return RosMotion(
            self._follow[group],
            goal,
            lambda r: f"{group}: {_ENDINGS.get(r.error_code, r.error_code)} {r.error_string}",
        )

    def grip(self, side: str, opening: float, effort: float) -> RosMotion:
        """Move a hand; meeting something is no problem."""
        goal = GripperCommand.Goal()
        goal.command.position, goal.command.max_effort = float(opening), float(effort)
        return RosMotion(self._grip[side], goal, lambda r: "" if r.stalled else "did not arrive")

    def drive(self, vx: float, vy: float, wz: float) -> None:
        """Velocity of the base; the gate forgets it after 0.3 s."""
        self._drive.publish(to_twist(vx, vy, wz))

    def _fresh(self, name: str, newest: Callable[[], Stamped | None]) -> Stamped:
        """The newest message, waiting a moment for a late one."""
        deadline = wall.monotonic() + (FIRST if newest() is None else LATE)
        while True:
            if self.should_stop():
                raise Stopped("canceled")
            message = newest()
            age = None if message is None else self.now() - from_time(message.header.stamp)
            if message is not None and age is not None and age <= OLD:
                return message
            if wall.monotonic() > deadline:
                text = "none came" if age is None else f"{age:.1f} s old"
                raise MotionError(f"no_{name}", f"no fresh {name}: {text}")
            wall.sleep(TICK)

    def _on_joints(self, message: JointState) -> None:
        self._joints = message

    def _on_odom(self, message: Odometry) -> None:
        self._base = message

    def _on_touch(self, message: JointState) -> None:
        self._touch = message

    def _on_scan(self, message: LaserScan) -> None:
        self._scan = message


def _duration(seconds: float) -> Duration:
    nanoseconds = round(seconds * 1e9)
    return Duration(sec=nanoseconds // 10**9, nanosec=nanoseconds % 10**9)
