"""The body of a robot as its topics and controllers give it."""

from __future__ import annotations

import threading
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
T = TypeVar("T")
TICK = 0.004
"""Wall time between looks at the clock while waiting [s]."""


class RosBody:
    """Serves :class:`hearth_manipulation.core.ports.Body` on one node's topics and actions."""

    def __init__(self, node: Node, base_from_lidar: Pose2) -> None:
        """Subscribe; ``base_from_lidar`` is where the lidar stands in base_footprint."""
        self._node = node
        self._lidar = base_from_lidar
        self._lock = threading.Lock()
        self._joints: tuple[float, dict[str, float]] | None = None
        self._base: tuple[float, Pose2] | None = None
        self._scan: tuple[float, Array] | None = None
        self._touch: dict[str, float] = {}
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
        """
        return self._fresh("joint_states", lambda: self._joints)

    def base(self) -> Pose2:
        """Newest odometry.

        Raises:
            MotionError: ``no_odom``: there is none, or it is old.
        """
        return self._fresh("odom", lambda: self._base)

    def touch(self) -> Mapping[str, float]:
        """Newest fingertip forces [N]."""
        with self._lock:
            return self._touch

    def obstacles(self) -> Array | None:
        """Newest lidar hits in base_footprint; None: no scan, or an old one."""
        with self._lock:
            scan = self._scan
        if scan is None or self.now() - scan[0] > OLD_SCAN:
            return None
        return scan[1]

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
            self._follow[group], goal, lambda r: f"{group}: {r.error_string or r.error_code}"
        )

    def grip(self, side: str, opening: float, effort: float) -> RosMotion:
        """Move a hand; meeting something is no problem."""
        goal = GripperCommand.Goal()
        goal.command.position, goal.command.max_effort = float(opening), float(effort)
        return RosMotion(self._grip[side], goal, lambda r: "" if r.stalled else "did not arrive")

    def drive(self, vx: float, vy: float, wz: float) -> None:
        """Velocity of the base; the gate forgets it after 0.3 s."""
        self._drive.publish(to_twist(vx, vy, wz))

    def _fresh(self, name: str, newest: Callable[[], tuple[float, T] | None]) -> T:
        """The newest value, waiting a moment for a late one."""
        deadline = wall.monotonic() + 2.0
        while True:
            with self._lock:
                value = newest()
            if value is not None and self.now() - value[0] <= OLD:
                return value[1]
            if wall.monotonic() > deadline:
                age = "none came" if value is None else f"{self.now() - value[0]:.1f} s old"
                raise MotionError(f"no_{name}", f"no fresh {name}: {age}")
            wall.sleep(TICK)

    def _on_joints(self, message: JointState) -> None:
        values = dict(zip(message.name, message.position, strict=True))
        with self._lock:
            self._joints = (from_time(message.header.stamp), values)

    def _on_odom(self, message: Odometry) -> None:
        pose = from_pose(message.pose.pose).planar()
        with self._lock:
            self._base = (from_time(message.header.stamp), pose)

    def _on_touch(self, message: JointState) -> None:
        forces = dict(zip(message.name, message.effort, strict=True))
        with self._lock:
            self._touch = forces

    def _on_scan(self, message: LaserScan) -> None:
        ranges = np.asarray(message.ranges, float)
        angles = message.angle_min + message.angle_increment * np.arange(len(ranges))
        keep = np.isfinite(ranges) & (ranges >= message.range_min) & (ranges <= message.range_max)
        points = np.stack([ranges * np.cos(angles), ranges * np.sin(angles)], axis=1)[keep]
        points = self._lidar.apply(points)
        with self._lock:
            self._scan = (from_time(message.header.stamp), points)


def _duration(seconds: float) -> Duration:
    nanoseconds = round(seconds * 1e9)
    return Duration(sec=nanoseconds // 10**9, nanosec=nanoseconds % 10**9)
