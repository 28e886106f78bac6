"""Cameras as topics, working only while somebody looks."""

from __future__ import annotations

from hearth_core.ports import CameraModel, CameraPort, Frame
from hearth_nodekit.convert import to_camera_info, to_image
from hearth_nodekit.topics import camera_color, camera_depth, camera_info
from rclpy.node import Node


class CameraPublisher:
    """One camera: frames arrive in its own thread, demand is looked up by the executor."""

    def __init__(self, node: Node, port: CameraPort, rate: float) -> None:
        """``rate``: frames a second while somebody looks."""
        self._port = port
        self._rate = rate
        self._wanted = (False, False)
        self._closed = False
        self._color = camera_color(port.name).publisher(node)
        self._color_info = camera_info(port.name, "color").publisher(node)
        self._color_model: CameraModel = port.color
        self._depth_model: CameraModel | None = port.depth
        if port.depth is not None:
            self._depth = camera_depth(port.name).publisher(node)
            self._depth_info = camera_info(port.name, "depth").publisher(node)
        port.listen(self._on_frame)

    def poll(self) -> None:
        """Tell the camera which streams have readers now; a few times a second."""
        color = self._color.get_subscription_count() > 0
        depth = self._depth_model is not None and self._depth.get_subscription_count() > 0
        if (color, depth) != self._wanted:
            self._wanted = (color, depth)
            self._port.want(color, depth, self._rate if color or depth else 0.0)

    def publish_idle_info(self, now: float) -> None:
        """Intrinsics of streams at rest, so that readers can prepare without images."""
        if not self._wanted[0]:
            self._color_info.publish(to_camera_info(self._color_model, now))
        if self._depth_model is not None and not self._wanted[1]:
            self._depth_info.publish(to_camera_info(self._depth_model, now))

    def close(self) -> None:
        """Stop the camera."""
        self._closed = True
        self._port.want(color=False, depth=False, rate=0.0)

    def _on_frame(self, frame: Frame) -> None:
        if self._closed:
            return
        if frame.color is not None:
            model = self._color_model
            self._color_info.publish(to_camera_info(model, frame.stamp))
            self._color.publish(to_image(frame.color, "rgb8", model.frame, frame.stamp))
        if frame.depth is not None and self._depth_model is not None:
            model = self._depth_model
            self._depth_info.publish(to_camera_info(model, frame.stamp))
            self._depth.publish(to_image(frame.depth, "32FC1", model.frame, frame.stamp))
