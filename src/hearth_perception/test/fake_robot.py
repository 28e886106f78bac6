"""A robot that only has a head: transforms, joint states, a camera in the apartment's studio."""

from __future__ import annotations

import threading
import time as wall
from collections.abc import Callable
from typing import Any

from apartment import Studio
from control_msgs.action import FollowJointTrajectory
from hearth_core.frames import BASE_FOOTPRINT, HEAD_JOINTS, MAP, ODOM
from hearth_core.outcome import Outcome
from hearth_nodekit.actions import ActiveGoal, ThreadedActionServer
from hearth_nodekit.convert import to_camera_info, to_image, to_time
from hearth_nodekit.topics import (
    JOINT_STATES,
    ROBOT_DESCRIPTION,
    camera_color,
    camera_depth,
    camera_info,
)
from hearth_nodekit.transforms import TransformBroadcaster
from rclpy.context import Context
from rclpy.node import Node
from sensor_msgs.msg import JointState
from std_msgs.msg import String


class FakeRobot(Node):
    """Publishes what perception needs; its clock is the wall clock."""

    def __init__(self, context: Context, make_studio: Callable[[], Studio]) -> None:
        super().__init__("fake_robot", namespace="/robot1", context=context)
        self.head = dict.fromkeys(HEAD_JOINTS, 0.0)
        self.send_transforms = True
        self.wrong_info = False
        self.frozen = False
        self._last: Any = None
        self.images = 0
        self.studio: Studio | None = None
        self._make_studio = make_studio
        self._description = ROBOT_DESCRIPTION.publisher(self)
        self._joints = JOINT_STATES.publisher(self)
        self._broadcaster = TransformBroadcaster(self)
        self._color = camera_color("head_camera").publisher(self)
        self._depth = camera_depth("head_camera").publisher(self)
        self._info = camera_info("head_camera").publisher(self)
        ThreadedActionServer(
            self,
            FollowJointTrajectory,
            "head_controller/follow_joint_trajectory",
            self._on_trajectory,
        )
        self._closed = threading.Event()
        self.ready = threading.Event()
        self._thread = threading.Thread(target=self._loop, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._closed.set()
        self._thread.join(5.0)

    @property
    def watched(self) -> bool:
        """Whether anybody reads the camera."""
        return self._color.get_subscription_count() > 0

    def _on_trajectory(self, goal: ActiveGoal) -> tuple[Outcome, Any]:
        trajectory = goal.request.trajectory
        self.head.update(zip(trajectory.joint_names, trajectory.points[-1].positions, strict=True))
        return Outcome.success(), FollowJointTrajectory.Result()

    def _loop(self) -> None:
        # GL contexts belong to the thread that makes them.
        self.studio = studio = self._make_studio()
        self._description.publish(String(data=studio.robot.urdf))
        self.ready.set()
        while not self._closed.is_set():
            now = self.get_clock().now().nanoseconds * 1e-9
            studio.stand(studio.base, **self.head)
            positions = studio.joint_positions()
            self._joints.publish(
                JointState(
                    header=self._header(now),
                    name=list(positions),
                    position=list(positions.values()),
                )
            )
            if self.send_transforms:
                self._transforms(positions, now)
            if self.watched:
                self._picture(now)
            wall.sleep(0.05)
        studio.close()

    def _header(self, now: float) -> Any:
        header = JointState().header
        header.stamp = to_time(now)
        return header

    def _transforms(self, positions: dict[str, float], now: float) -> None:
        assert self.studio is not None
        kinematics = self.studio.robot.kinematics
        poses = kinematics.link_poses(kinematics.vector(positions))
        self._broadcaster.send(MAP, ODOM, self.studio.base.lift(), now)
        for link, pose in poses.items():
            if link == BASE_FOOTPRINT:
                self._broadcaster.send(ODOM, BASE_FOOTPRINT, pose, now)
            elif "camera" in link:
                self._broadcaster.send(BASE_FOOTPRINT, link, pose, now)

    def _picture(self, now: float) -> None:
        assert self.studio is not None
        view = self.studio.view() if self._last is None or not self.frozen else self._last
        self._last = view
        frame = view.camera.frame
        info = to_camera_info(view.camera, now)
        if self.wrong_info:
            info.width = 320
        self._info.publish(info)
        self._color.publish(to_image(view.color, "rgb8", frame, now))
        self._depth.publish(to_image(view.depth, "32FC1", frame, now))
        self.images += 1
