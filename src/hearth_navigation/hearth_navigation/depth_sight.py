"""Depth pictures as obstacles, asked for only while the robot drives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from hearth_core.errors import BadInputError
from hearth_core.geometry import Pose2
from hearth_nodekit.convert import from_camera_info, from_image, from_time
from hearth_nodekit.topics import camera_depth, camera_info
from hearth_nodekit.transforms import TransformError
from hearth_nodekit.worker import LatestWorker
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo, Image

from hearth_navigation.body_frames import BodyFrames
from hearth_navigation.core.depth_layer import DepthView
from hearth_navigation.core.odometry import OdometryBuffer

Callback = Callable[[float, Pose2, DepthView], None]


class DepthListener:
    """Pairs depth pictures with the wheels' pose and the camera's place on the robot."""

    def __init__(
        self,
        node: Node,
        camera: str,
        frames: BodyFrames,
        odometry: OdometryBuffer,
        wanted: Callable[[], bool],
        callback: Callback,
    ) -> None:
        """``wanted``: whether pictures are of use now; ``callback`` gets stamp, odom, picture."""
        self._node, self._camera = node, camera
        self._odometry, self._wanted, self._callback = odometry, wanted, callback
        self._frames = frames
        self._info: CameraInfo | None = None
        self._subscription: Any = None
        self._worker: LatestWorker[Image] = LatestWorker(node, self._work, "depth")
        if camera:
            camera_info(camera, "depth").subscribe(node, self._on_info)

    @property
    def open(self) -> bool:
        """Whether pictures are asked for."""
        return self._subscription is not None

    def close(self) -> None:
        """End the thread."""
        self._worker.close()

    def poll(self) -> None:
        """Ask for pictures, or no longer; a few times a second, in the executor's thread."""
        if not self._camera:
            return
        wanted = self._wanted()
        if wanted and self._subscription is None:
            topic = camera_depth(self._camera)
            self._subscription = topic.subscribe(self._node, self._worker.offer)
        elif not wanted and self._subscription is not None:
            self._node.destroy_subscription(self._subscription)
            self._subscription = None

    def _on_info(self, message: CameraInfo) -> None:
        self._info = message

    def _work(self, message: Image) -> None:
        stamp = from_time(message.header.stamp)
        odom, info = self._odometry.at(stamp), self._info
        if odom is None or info is None:
            return
        try:
            model = from_camera_info(info)
            depth = from_image(message, "32FC1", "16UC1")
            at = self._frames.base_from(message.header.frame_id, stamp)
        except (BadInputError, TransformError) as error:
            self._node.get_logger().warning(
                f"depth picture refused: {error}", throttle_duration_sec=5.0
            )
            return
        if message.encoding == "16UC1":  # millimetres; 0 measured nothing
            depth = depth.astype(np.float32) * np.float32(1e-3)
        view = DepthView(depth, (model.fx, model.fy), (model.cx, model.cy), at)
        self._callback(stamp, odom, view)
