"""The body port over the robot's own topics and controllers."""

from __future__ import annotations

import math
import threading
import time as wall
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from action_msgs.msg import GoalStatus
from control_msgs.action import FollowJointTrajectory, GripperCommand
from hearth_core.errors import HearthError
from hearth_core.frames import BASE_FOOTPRINT, GROUPS, ODOM, SIDES
from hearth_core.geometry import Pose2
from hearth_nodekit.convert import to_twist
from hearth_nodekit.topics import CMD_VEL_MANIPULATION, JOINT_STATES, SCAN, TOUCH
from hearth_nodekit.transforms import TransformError, TransformListener
from rclpy.action import ActionClient
from rclpy.duration import Duration
from rclpy.node import Node
from sensor_msgs.msg import JointState, LaserScan
from trajectory_msgs.msg import JointTrajectoryPoint

from hearth_manipulation.core.kinematics import Array
from hearth_manipulation.core.ports import Stopped
from hearth_manipulation.core.timing import Trajectory

CONNECT = 10.0
"""Wall time to wait for a controller or a first message [s]."""


class RosMotion:
    """One goal of a controller, from sending to its end."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._handle: Any = None
        self._canceled = False
        self._done = False
        self._problem = ""

    def done(self) -> bool:
        """Whether it has ended."""
        return self._done

    def problem(self) -> str:
        """Why it failed; empty while it runs and after success."""
        return self._problem

    def cancel(self) -> None:
        """Stop it, also before the controller has answered."""
        with self._lock:
            self._canceled = True
            handle = self._handle
        if handle is not None and not self._done:
            handle.cancel_goal_async()

    def on_answer(self, future: Any) -> None:
        """The controller accepted or refused."""
        handle = future.result()
        if handle is None or not handle.accepted:
            self._end(f"{self._name} refused the goal")
            return
        with self._lock:
            self._handle = handle
            canceled = self._canceled
        if canceled:
            handle.cancel_goal_async()
        handle.get_result_async().add_done_callback(self._on_result)

    def _on_result(self, future: Any) -> None:
        response = future.result()
        if response.status == GoalStatus.STATUS_SUCCEEDED:
            self._end("")
            return
        text = getattr(response.result, "error_string", "") or f"status {response.status}"
        self._end(f"{self._name}: {text}")

    def _end(self, problem: str) -> None:
        self._problem = problem
        self._done = True


class RosBody:
    """Joints, base and senses of the robot this node belongs to. Its calls block worker threads."""

    def __init__(self, node: Node, transforms: TransformListener) -> None:
        self._node = node
        self._transforms = transforms
        self._joints: dict[str, float] = {}
        self._touch: dict[str, float] = {}
        self._scan: LaserScan | None = None
        self._should_stop: Callable[[], bool] = lambda: False
        JOINT_STATES.subscribe(node, self._on_joints)
        TOUCH.subscribe(node, self._on_touch)
        SCAN.subscribe(node, self._on_scan)
        self._cmd_vel = CMD_VEL_MANIPULATION.publisher(node)
        self._moving = False
        self._arms = {
            group: ActionClient(
                node, FollowJointTrajectory, f"{group}_controller/follow_joint_trajectory"
            )
            for group in GROUPS
        }
        self._hands = {
            side: ActionClient(node, GripperCommand, f"{side}_hand_controller/gripper_cmd")
            for side in SIDES
        }

    def begin(self, should_stop: Callable[[], bool]) -> None:
        """A skill begins; ``should_stop`` is asked whenever it waits."""
        self._should_stop = should_stop

    def ready(self) -> bool:
        """Whether joints were heard of and the base's pose is known."""
        try:
            self.base()
        except TransformError:
            return False
        return bool(self._joints)

    def now(self) -> float:
        """Time of the node's clock [s]."""
        return float(self._node.get_clock().now().nanoseconds) * 1e-9

    def pause(self, seconds: float) -> None:
        """Wait on the node's clock.

        Raises:
            Stopped: The skill was cancelled.
            HearthError: The clock stands still.
        """
        end = self.now() + seconds
        patience = wall.monotonic() + 60.0
        while True:
            if self._should_stop():
                self.halt()
                raise Stopped("canceled")
            left = end - self.now()
            if left <= 0.0:
                return
            if wall.monotonic() > patience:
                raise HearthError("the clock stands still")
            wall.sleep(min(max(left * 0.5, 0.001), 0.01))

    def joints(self) -> Mapping[str, float]:
        """Newest joint positions.

        Raises:
            HearthError: No joint state was ever heard.
        """
        if not self._joints:
            raise HearthError("no joint_states yet")
        return self._joints

    def base(self) -> Pose2:
        """``odom_from_base_footprint``, newest.

        Raises:
            TransformError: It is not known.
        """
        return self._transforms.lookup(ODOM, BASE_FOOTPRINT).planar()

    def touch(self) -> Mapping[str, float]:
        """Newest fingertip forces [N]."""
        return self._touch

    def follow(self, group: str, trajectory: Trajectory) -> RosMotion:
        """Send a trajectory to one controller."""
        goal = FollowJointTrajectory.Goal()
        goal.trajectory.joint_names = list(trajectory.joints)
        for time, position, velocity in zip(
            trajectory.times, trajectory.positions, trajectory.velocities, strict=True
        ):
            point = JointTrajectoryPoint(
                positions=[float(p) for p in position], velocities=[float(v) for v in velocity]
            )
            point.time_from_start = Duration(seconds=float(time)).to_msg()
            goal.trajectory.points.append(point)
        return self._send(self._arms[group], goal, f"{group}_controller")

    def grip(self, side: str, opening: float, effort: float) -> RosMotion:
        """Send a gripper command."""
        goal = GripperCommand.Goal()
        goal.command.position = float(opening)
        goal.command.max_effort = float(effort)
        return self._send(self._hands[side], goal, f"{side}_hand_controller")

    def _send(self, client: ActionClient, goal: Any, name: str) -> RosMotion:
        if not client.server_is_ready() and not client.wait_for_server(timeout_sec=CONNECT):
            raise HearthError(f"{name} does not answer")
        motion = RosMotion(name)
        client.send_goal_async(goal).add_done_callback(motion.on_answer)
        return motion

    def drive(self, vx: float, vy: float, wz: float) -> None:
        """Command the base."""
        self._moving = bool(vx or vy or wz)
        self._cmd_vel.publish(to_twist(vx, vy, wz))

    def halt(self) -> None:
        """Stop the base, if this node drives it."""
        if self._moving:
            self.drive(0.0, 0.0, 0.0)

    def obstacles(self) -> Array | None:
        """Newest lidar hits in base_footprint."""
        scan = self._scan
        if scan is None:
            return None
        try:
            base_from_lidar = self._transforms.lookup(BASE_FOOTPRINT, scan.header.frame_id).planar()
        except TransformError:
            return None
        ranges = np.asarray(scan.ranges, float)
        angles = scan.angle_min + scan.angle_increment * np.arange(len(ranges))
        keep = np.isfinite(ranges) & (ranges > scan.range_min) & (ranges < scan.range_max)
        points = np.stack([ranges * np.cos(angles), ranges * np.sin(angles)], axis=1)[keep]
        return base_from_lidar.apply(points)

    def _on_joints(self, message: JointState) -> None:
        values = {
            name: position
            for name, position in zip(message.name, message.position, strict=True)
            if math.isfinite(position)
        }
        # A new dictionary each time: skills in other threads hold the old one unchanged.
        self._joints = {**self._joints, **values}

    def _on_touch(self, message: JointState) -> None:
        self._touch = dict(zip(message.name, message.effort, strict=True))

    def _on_scan(self, message: LaserScan) -> None:
        self._scan = message
