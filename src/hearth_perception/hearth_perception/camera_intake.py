"""Pairs of colour and depth images, only while somebody wants to see."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from hearth_core.errors import BadInputError, HearthError
from hearth_core.geometry import Transform
from hearth_core.ports import CameraModel
from hearth_nodekit.convert import from_camera_info, from_image, from_time
from hearth_nodekit.topics import JOINT_STATES, camera_color, camera_depth, camera_info
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo, Image, JointState

from hearth_perception.core.freeze import FreezeWatch, fingerprint
from hearth_perception.core.rectify import (
    check_lens,
    rectify_color,
    rectify_depth,
    register,
    undistorted,
)
from hearth_perception.core.view import BadViewError, Color, Depth, View


@dataclass(frozen=True, eq=False)
class Shot:
    """Two images of one moment, not yet decoded."""

    stamp: float
    color: Image
    depth: Image
    info: CameraInfo
    depth_info: CameraInfo | None
    """None: none has come yet."""


class CameraIntake:
    """Subscribes and unsubscribes; matches colour and depth by stamp.

    Everything here runs in the executor's thread, except :meth:`positions`.
    """

    TOLERANCE = 0.018
    """Largest difference of the two stamps [s]: cameras at 30 Hz that do not wait for each other
    are half a period apart."""

    def __init__(self, node: Node, camera: str, on_shot: Callable[[Shot], None]) -> None:
        self._node = node
        self._on_shot = on_shot
        self._color_topic = camera_color(camera)
        self._depth_topic = camera_depth(camera)
        self._subscriptions: list[Any] = []
        self._colors: deque[Image] = deque(maxlen=4)
        self._depths: deque[Image] = deque(maxlen=4)
        self._info: CameraInfo | None = None
        self._depth_info: CameraInfo | None = None
        self._joints: deque[JointState] = deque(maxlen=150)
        self._freeze = FreezeWatch()
        camera_info(camera).subscribe(node, self._on_info)
        camera_info(camera, "depth").subscribe(node, self._on_depth_info)

    @property
    def open(self) -> bool:
        """Whether images are asked for."""
        return bool(self._subscriptions)

    def problem(self, now: float) -> str:
        """What is wrong with the camera itself at ``now`` [s]; empty: nothing."""
        return self._freeze.problem(now)

    def set_open(self, wanted: bool, now: float) -> None:
        """Start or stop asking for images; ``now`` [s] of the robot's clock."""
        if wanted and not self._subscriptions:
            self._freeze.opened(now)
            self._colors.clear()
            self._depths.clear()
            self._subscriptions = [
                self._color_topic.subscribe(self._node, self._on_color),
                self._depth_topic.subscribe(self._node, self._on_depth),
                JOINT_STATES.subscribe(self._node, self._on_joints),
            ]
        elif not wanted and self._subscriptions:
            for subscription in self._subscriptions:
                self._node.destroy_subscription(subscription)
            self._subscriptions = []
            self._joints.clear()
            self._freeze.reset()

    def missing(self) -> str:
        """Topics that have not brought anything yet, for error messages; empty: none."""
        names = []
        if self._info is None:
            names.append("camera_info")
        if not self._colors:
            names.append(self._color_topic.name)
        if not self._depths:
            names.append(self._depth_topic.name)
        return ", ".join(names)

    def positions(self, stamp: float | None = None) -> dict[str, float]:
        """Joint positions by name nearest to ``stamp`` [s] (None: newest); empty: none known."""
        messages = list(self._joints)
        if not messages:
            return {}
        if stamp is None:
            best = messages[-1]
        else:
            best = min(messages, key=lambda m: abs(from_time(m.header.stamp) - stamp))
        return dict(zip(best.name, best.position, strict=False))

    def _on_joints(self, message: JointState) -> None:
        self._joints.append(message)

    def _on_info(self, message: CameraInfo) -> None:
        self._info = message

    def _on_depth_info(self, message: CameraInfo) -> None:
        self._depth_info = message

    def _on_color(self, message: Image) -> None:
        stamp = from_time(message.header.stamp)
        self._freeze.picture(stamp, fingerprint(message.data))
        if self._freeze.problem(stamp):
            return  # an old picture with a new stamp would say that nothing has changed
        self._colors.append(message)
        self._match()

    def _on_depth(self, message: Image) -> None:
        self._depths.append(message)
        self._match()

    def _match(self) -> None:
        if self._info is None or not self._colors or not self._depths:
            return
        for color in reversed(self._colors):
            stamp = from_time(color.header.stamp)
            apart, depth = min(
                ((abs(from_time(d.header.stamp) - stamp), d) for d in self._depths),
                key=lambda pair: pair[0],
            )
            if apart <= self.TOLERANCE:
                self._colors.clear()
                self._depths.clear()
                self._on_shot(Shot(stamp, color, depth, self._info, self._depth_info))
                return


def decode(
    shot: Shot,
    camera_topic: str,
    map_from_camera: Transform,
    between: Callable[[str, str], Transform],
) -> View:
    """Images as arrays, without the lens, depth on the colour's pixels.

    Args:
        shot: The images.
        camera_topic: For messages.
        map_from_camera: Pose of the colour camera.
        between: ``target_from_source`` of two optical frames; may raise a HearthError.

    Raises:
        BadViewError: Encoding, size, lens or frame do not fit; names the topic and what was
            expected.
    """
    try:
        model = _model(shot.info)
        color = _color(shot.color)
        depth = from_image(shot.depth, "32FC1", "16UC1", "mono16")
        if depth.dtype == np.uint16:
            depth = depth.astype(np.float32) * 0.001
        if shot.color.header.frame_id != model.frame:
            raise BadViewError(
                f"color/image_raw is in frame {shot.color.header.frame_id!r}, its camera_info in "
                f"{model.frame!r}"
            )
        if color.shape[:2] != (model.height, model.width):
            raise BadViewError(
                f"color/image_raw is {color.shape[:2]}; the camera info of {model.frame} says "
                f"{(model.height, model.width)}"
            )
        depth = _on_color(depth, shot, model, between)
        color = rectify_color(color, model)
        return View(shot.stamp, undistorted(model), map_from_camera, color, depth)
    except BadInputError as error:
        raise BadViewError(f"{camera_topic}: {error}") from error


def _model(info: CameraInfo) -> CameraModel:
    model = from_camera_info(info)
    check_lens(info.distortion_model, model)
    return model


def _color(message: Image) -> Color:
    """RGB, shape (H, W, 3)."""
    color = from_image(message, "rgb8", "bgr8", "rgba8", "bgra8")[:, :, :3]
    if message.encoding.startswith("bgr"):
        color = color[:, :, ::-1]
    return np.ascontiguousarray(color)


def _on_color(
    depth: Depth, shot: Shot, model: CameraModel, between: Callable[[str, str], Transform]
) -> Depth:
    """Depth on the pixels of the colour camera.

    An image in the colour's frame, and one of the colour's size without intrinsics or with the
    colour's, is registered already and shares its lens. Any other is moved by its own intrinsics.
    """
    frame, info = shot.depth.header.frame_id, shot.depth_info
    same_size = depth.shape == (model.height, model.width)
    if same_size and (frame == model.frame or info is None or list(info.k) == list(shot.info.k)):
        return rectify_depth(depth, model)
    if info is None:
        raise BadViewError(
            f"depth/image_raw is {depth.shape}, the colour's camera info says "
            f"{(model.height, model.width)}; expected the same size, or depth/camera_info"
        )
    own = _model(info)
    try:
        camera_from_depth = (
            Transform.identity() if frame == model.frame else between(model.frame, frame)
        )
    except HearthError as error:
        raise BadViewError(
            f"depth/image_raw is in frame {frame!r}, colour in {model.frame!r}; expected a "
            f"transform between them: {error}"
        ) from error
    return register(rectify_depth(depth, own), own, undistorted(model), camera_from_depth)
