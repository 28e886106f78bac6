"""The head camera's depth images, read only while somebody needs them."""

from __future__ import annotations

import time as wall
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from hearth_core.errors import BadInputError
from hearth_core.frames import BASE_FOOTPRINT, ODOM
from hearth_nodekit.convert import from_camera_info, from_image, from_time
from hearth_nodekit.topics import JOINT_STATES, camera_depth, camera_info
from hearth_nodekit.transforms import TransformError, TransformListener
from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo, Image, JointState

from hearth_manipulation.core.depth_view import DepthView, EntryWatch, unknown_surfaces
from hearth_manipulation.core.kinematics import Array
from hearth_manipulation.core.model import RobotModel
from hearth_manipulation.core.ports import SeenSurface
from hearth_manipulation.core.scene import Scene, SeenSurfaces, Thing
from hearth_manipulation.ros_eyes import RosEyes

Now = Callable[[], float]
OLD = 1.0
"""Images older than this are not planned with [s]."""
KEPT_OPEN = 20.0
"""Whoever planned once will plan again soon [s of wall time]."""
FIRST = 1.5
"""Longest time the first image is waited for [s of wall time]."""
LATE = 0.05
"""Joint states this far from an image's stamp do not tell where the robot was in it [s]."""


class DepthReader:
    """Newest depth image with where camera and joints were. Subscribes on demand.

    Opening and closing happen in the executor's thread; everything else from any.
    """

    def __init__(
        self, node: Node, model: RobotModel, transforms: TransformListener, camera: str
    ) -> None:
        self._node = node
        self._model = model
        self._transforms = transforms
        self._topics = (camera_depth(camera), camera_info(camera, "depth"), JOINT_STATES)
        self._until = 0.0
        self._subscriptions: list[Any] = []
        self._image: Image | None = None
        self._info: CameraInfo | None = None
        self._joints: deque[JointState] = deque(maxlen=100)
        self.problem = ""
        """Why the newest image could not be used; empty: it could, or there is none."""
        node.create_timer(0.1, self._poll, clock=Clock(clock_type=ClockType.STEADY_TIME))

    def want(self, seconds: float) -> None:
        """Keep images coming for so long [s of wall time]."""
        self._until = max(self._until, wall.monotonic() + seconds)

    def watched(self) -> bool:
        """Whether there is a camera at all, or seems to be."""
        return bool(self._node.count_publishers(self._topics[0].name))

    def newest(self) -> tuple[DepthView, Array] | None:
        """Newest image and the full configuration it was taken in; None: none to trust."""
        image, info = self._image, self._info
        if image is None or info is None:
            return None
        stamp = from_time(image.header.stamp)
        q = self._configuration(stamp)
        if q is None:
            return None
        try:
            camera = from_camera_info(info)
            pixels = from_image(image, "32FC1", "16UC1")
        except BadInputError as error:
            self.problem = str(error)
            return None
        if image.encoding == "16UC1":
            pixels = pixels.astype(np.float32) * np.float32(0.001)
        frame = image.header.frame_id
        if frame not in self._model.links:
            self.problem = f"depth images are in frame {frame!r}, which the robot does not have"
            return None
        self.problem = ""
        lens = np.array([camera.fx, camera.fy, camera.cx, camera.cy])
        return DepthView(stamp, pixels, lens, self._model.pose(q, frame)), q

    def wait(self, newer_than: float, seconds: float) -> tuple[DepthView, Array] | None:
        """As :meth:`newest`, waiting up to ``seconds`` of wall time for one after a stamp [s]."""
        end = wall.monotonic() + seconds
        self.want(seconds + 1.0)
        while True:
            found = self.newest()
            if found is not None and found[0].stamp > newer_than:
                return found
            if wall.monotonic() > end:
                return None
            wall.sleep(0.01)

    def _configuration(self, stamp: float) -> Array | None:
        states = list(self._joints)
        if not states:
            return None
        best = min(states, key=lambda s: abs(from_time(s.header.stamp) - stamp))
        if abs(from_time(best.header.stamp) - stamp) > LATE:
            return None
        try:
            base = self._transforms.lookup(ODOM, BASE_FOOTPRINT, stamp, LATE).planar()
        except TransformError as error:
            self.problem = str(error)
            return None
        values = dict(zip(best.name, best.position, strict=False))
        return self._model.configuration(values, np.array([base.x, base.y, base.yaw]))

    def _poll(self) -> None:
        wanted = wall.monotonic() < self._until
        if wanted and not self._subscriptions:
            depth, info, joints = self._topics
            self._subscriptions = [
                depth.subscribe(self._node, self._on_image),
                info.subscribe(self._node, self._on_info),
                joints.subscribe(self._node, self._on_joints),
            ]
        elif not wanted and self._subscriptions:
            for subscription in self._subscriptions:
                self._node.destroy_subscription(subscription)
            self._subscriptions = []
            self._joints.clear()
            self._image = None

    def _on_image(self, message: Image) -> None:
        self._image = message

    def _on_joints(self, message: JointState) -> None:
        self._joints.append(message)

    def _on_info(self, message: CameraInfo) -> None:
        self._info = message


class RosSight:
    """Serves :class:`hearth_manipulation.core.scene_keeper.Sight` from perception and camera."""

    def __init__(
        self, eyes: RosEyes, depth: DepthReader, model: Callable[[], RobotModel], now: Now
    ) -> None:
        """``model``: the robot with all that it holds; ``now``: the robot's clock [s]."""
        self._eyes = eyes
        self._depth = depth
        self._model = model
        self._now = now
        self._last: tuple[float, Mapping[str, Thing], SeenSurfaces] | None = None

    def surfaces(self) -> list[SeenSurface]:
        """See the protocol."""
        return self._eyes.surfaces(None)

    def unknown(self, known: Scene) -> SeenSurfaces | None:
        """See the protocol. Waits for an image only where there is a camera that was closed."""
        if not self._depth.watched():
            return None
        self._depth.want(KEPT_OPEN)
        found = self._depth.newest()
        if found is None or self._now() - found[0].stamp > OLD:
            found = self._depth.wait(self._now() - OLD, FIRST)
        if found is None:
            return None
        view, q = found
        if self._last is None or self._last[0] != view.stamp or self._last[1] is not known.things:
            field, _ = unknown_surfaces(view, self._model(), q, known)
            self._last = (view.stamp, known.things, field)
        return self._last[2]

    def watch(self, known: Scene) -> Callable[[], SeenSurfaces | None]:
        """See the protocol."""
        entries = EntryWatch(self._depth.newest, self._model(), known)

        def newest() -> SeenSurfaces | None:
            self._depth.want(1.0)
            return entries()

        return newest
