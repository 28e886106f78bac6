"""Perception and localisation as their topics, services and actions give them, in ``odom``."""

from __future__ import annotations

import threading
import time as wall
from collections.abc import Callable

import numpy as np
from geometry_msgs.msg import PointStamped
from hearth_core.frames import MAP, ODOM
from hearth_core.geometry import Transform
from hearth_core.outcome import Code
from hearth_nodekit.actions import ActionCaller, ActionFailed, Canceled, ServiceCaller
from hearth_nodekit.convert import from_pose, from_time
from hearth_nodekit.topics import KEEP_OUT, OBJECTS, SURFACES
from hearth_nodekit.transforms import TransformListener
from rclpy.node import Node

from hearth_interfaces.action import LookAt
from hearth_interfaces.msg import KeepOut, SurfaceArray, WorldObject, WorldObjectArray
from hearth_interfaces.srv import GetArticulation
from hearth_manipulation.core.kinematics import Array
from hearth_manipulation.core.ports import Door, KeptOut, SeenSurface, Sighting, Stopped

_SHAPES = {
    WorldObject.SHAPE_BOX: "box",
    WorldObject.SHAPE_CYLINDER: "cylinder",
    WorldObject.SHAPE_SPHERE: "sphere",
}
LOOKING = 30.0
"""Longest time [s] for turning the head and one view from there."""
READING = 45.0
"""Longest wall time [s] for reading a door: three views, each of which may be late."""
OLD = 1.0
"""What was told of people near the arms longer ago says nothing of now [s]."""
BELIEVED = 0.3
"""Things less likely to be there than this are not [probability]."""


class RosEyes:
    """Serves :class:`hearth_manipulation.core.ports.Eyes` on one node."""

    def __init__(self, node: Node, transforms: TransformListener) -> None:
        self._node = node
        self._transforms = transforms
        self._lock = threading.Lock()
        self._objects: WorldObjectArray | None = None
        self._surfaces: SurfaceArray | None = None
        self.should_stop: Callable[[], bool] = lambda: False
        self._keep_out: KeepOut | None = None
        OBJECTS.subscribe(node, self._on_objects)
        KEEP_OUT.subscribe(node, self._on_keep_out)
        SURFACES.subscribe(node, self._on_surfaces)
        self._look = ActionCaller(node, LookAt, "look_at")
        self._articulation = ServiceCaller(node, GetArticulation, "get_articulation")

    def look(self, point: Array) -> None:
        """Turn the head to a point in odom and wait for a view from there.

        A point beyond the head's limits is looked at as well as possible.

        Raises:
            Stopped: The skill was cancelled.
        """
        target = PointStamped()
        target.header.frame_id = ODOM
        target.point.x, target.point.y, target.point.z = (float(v) for v in point)
        try:
            _, result = self._look.call(
                LookAt.Goal(target=target), timeout=LOOKING, should_stop=self.should_stop
            )
        except Canceled as error:
            raise Stopped(str(error)) from error
        except ActionFailed as error:
            # Whoever looked asks for what was seen since, and says so if that is nothing.
            self._node.get_logger().warning(f"look: {error}")
            return
        if result.outcome.code != Code.SUCCEEDED:
            self._node.get_logger().info(f"look: {result.outcome.message}")
        wall.sleep(0.05)  # the views found on the way here are being delivered

    def odom_from_map(self) -> Transform:
        """Newest localisation.

        Raises:
            TransformError: Not localised.
        """
        return self._transforms.lookup(ODOM, MAP)

    def things(self, newer_than: float | None = None) -> list[Sighting]:
        """Everything perception believes in, seen after ``newer_than`` [s]."""
        with self._lock:
            message = self._objects
        if message is None:
            return []
        odom_from_map = self.odom_from_map()
        found = []
        for item in message.objects:
            stamp = from_time(item.last_seen)
            if item.existence < BELIEVED or (newer_than is not None and stamp <= newer_than):
                continue
            found.append(
                Sighting(
                    id=item.id,
                    label=item.label,
                    pose=odom_from_map @ from_pose(item.pose.pose),
                    size=np.array([item.size.x, item.size.y, item.size.z]),
                    shape=_SHAPES.get(item.shape, "other"),
                    stamp=stamp,
                    place=item.place,
                )
            )
        return found

    def door(self, name: str) -> Door | None:
        """Newest view of a part's handle; None: not seen."""
        request = GetArticulation.Request(name=name)
        try:
            response = self._articulation.call(request, timeout=READING)
        except ActionFailed as error:
            self._node.get_logger().warning(f"door {name}: {error}")
            return None
        if response.outcome.code != Code.SUCCEEDED:
            self._node.get_logger().info(f"door {name}: {response.outcome.message}")
            return None
        if not response.seen:
            return None  # What the arm felt is known here.
        odom_from_frame = self._transforms.lookup(ODOM, response.header.frame_id)
        size = response.handle_size
        return Door(
            handle=odom_from_frame @ from_pose(response.handle),
            handle_size=np.array([size.x, size.y, size.z]),
            hinge=odom_from_frame @ from_pose(response.hinge),
            opening=float(response.opening),
        )

    def surfaces(self, place: str | None) -> list[SeenSurface]:
        """Seen surfaces of one place; None: of all."""
        with self._lock:
            message = self._surfaces
        if message is None:
            return []
        odom_from_map = self.odom_from_map()
        return [
            SeenSurface(
                place=item.place,
                pose=odom_from_map @ from_pose(item.pose),
                size=np.array([item.size.x, item.size.y]),
            )
            for item in message.surfaces
            if place is None or item.place.partition("/")[0] == place
        ]

    def keep_out(self) -> list[KeptOut]:
        """Balls of the newest message; none when it is old: nobody looks."""
        with self._lock:
            message = self._keep_out
        if message is None or not message.centres:
            return []
        now = self._node.get_clock().now().nanoseconds * 1e-9
        if now - from_time(message.header.stamp) > OLD:
            return []
        odom_from_map = self.odom_from_map()
        return [
            KeptOut(odom_from_map.apply(np.array([c.x, c.y, c.z])), float(message.radius))
            for c in message.centres
        ]

    def _on_keep_out(self, message: KeepOut) -> None:
        with self._lock:
            self._keep_out = message

    def _on_objects(self, message: WorldObjectArray) -> None:
        with self._lock:
            self._objects = message

    def _on_surfaces(self, message: SurfaceArray) -> None:
        with self._lock:
            self._surfaces = message
