"""The eyes port over perception's topics, service and action."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from geometry_msgs.msg import PoseStamped
from hearth_core.frames import MAP, ODOM
from hearth_core.geometry import Transform
from hearth_nodekit.actions import ActionCaller, ActionFailed, ServiceCaller
from hearth_nodekit.convert import from_pose, from_time
from hearth_nodekit.topics import OBJECTS, SURFACES
from hearth_nodekit.transforms import TransformListener
from rclpy.node import Node

from hearth_interfaces.action import LookAt
from hearth_interfaces.msg import Outcome as OutcomeMessage
from hearth_interfaces.msg import SurfaceArray, WorldObject, WorldObjectArray
from hearth_interfaces.srv import GetArticulation
from hearth_manipulation.core.kinematics import Array
from hearth_manipulation.core.ports import Door, SeenSurface, Sighting
from hearth_manipulation.ros_body import RosBody

SHAPES = {
    WorldObject.SHAPE_BOX: "box",
    WorldObject.SHAPE_CYLINDER: "cylinder",
    WorldObject.SHAPE_SPHERE: "sphere",
}
FRESH = 1.5
"""How long after looking a newer view of things is waited for [s]."""


class RosEyes:
    """What perception publishes, in odom. Its calls block worker threads."""

    def __init__(self, node: Node, transforms: TransformListener, body: RosBody) -> None:
        self._node = node
        self._transforms = transforms
        self._body = body
        self._objects: WorldObjectArray | None = None
        self._surfaces: SurfaceArray | None = None
        self.should_stop: Callable[[], bool] = lambda: False
        OBJECTS.subscribe(node, self._on_objects)
        SURFACES.subscribe(node, self._on_surfaces)
        self._look = ActionCaller(node, LookAt, "look_at")
        self._articulation = ServiceCaller(node, GetArticulation, "get_articulation")

    def look(self, point: Array) -> None:
        """Turn the head and let perception take a fresh view.

        Raises:
            ActionFailed: Perception does not answer.
        """
        goal = LookAt.Goal()
        goal.target.header.frame_id = ODOM
        goal.target.point.x, goal.target.point.y, goal.target.point.z = map(float, point)
        self._look.call(goal, timeout=20.0, should_stop=self.should_stop)

    def odom_from_map(self) -> Transform:
        """Newest localisation.

        Raises:
            TransformError: Not localised.
        """
        return self._transforms.lookup(ODOM, MAP)

    def things(self, newer_than: float | None = None) -> list[Sighting]:
        """Everything believed in; waits a little for a view newer than asked."""
        if newer_than is not None:
            end = self._body.now() + FRESH
            while self._newest() < newer_than and self._body.now() < end:
                self._body.pause(0.05)
        message = self._objects
        if message is None:
            return []
        odom = self._transforms.lookup(ODOM, message.header.frame_id or MAP)
        found = [self._sighting(item, odom) for item in message.objects if _finite(item)]
        return [t for t in found if newer_than is None or t.stamp >= newer_than]

    def _newest(self) -> float:
        if self._objects is None:
            return -math.inf
        return max((from_time(item.last_seen) for item in self._objects.objects), default=-math.inf)

    @staticmethod
    def _sighting(item: WorldObject, odom: Transform) -> Sighting:
        size = np.array([item.size.x, item.size.y, item.size.z])
        return Sighting(
            item.id,
            item.label,
            odom @ from_pose(item.pose.pose),
            size,
            SHAPES.get(item.shape, "other"),
            from_time(item.last_seen),
            item.place,
        )

    def door(self, name: str) -> Door | None:
        """Handle, hinge and opening from the newest views."""
        request = GetArticulation.Request(name=name)
        response: Any = self._articulation.call(request, timeout=20.0)
        if response.outcome.code != OutcomeMessage.SUCCEEDED:
            self._node.get_logger().warning(f"get_articulation {name}: {response.outcome.message}")
            return None
        frame = response.header.frame_id or MAP
        odom = self._transforms.lookup(ODOM, frame)
        size = response.handle_size
        return Door(
            odom @ from_pose(response.handle),
            np.array([size.x, size.y, size.z]),
            odom @ from_pose(response.hinge),
            float(response.opening),
        )

    def surfaces(self, place: str) -> list[SeenSurface]:
        """Seen surfaces of one place, the largest first."""
        message = self._surfaces
        if message is None:
            return []
        odom = self._transforms.lookup(ODOM, message.header.frame_id or MAP)
        found = [
            SeenSurface(
                item.place, odom @ from_pose(item.pose), np.array([item.size.x, item.size.y])
            )
            for item in message.surfaces
            if item.place.split("/")[0] == place
        ]
        return sorted(found, key=lambda s: -float(np.prod(s.size)))

    def cloud(self) -> Array | None:
        """No depth cloud yet: furniture and seen things are the scene."""
        return None

    def pose_in_odom(self, message: PoseStamped) -> Transform:
        """A stamped pose in odom.

        Raises:
            TransformError: Its frame is not known.
            ValueError: Its quaternion is no rotation.
        """
        return self._transforms.lookup(ODOM, message.header.frame_id) @ from_pose(message.pose)

    def _on_objects(self, message: WorldObjectArray) -> None:
        self._objects = message

    def _on_surfaces(self, message: SurfaceArray) -> None:
        self._surfaces = message


def _finite(item: WorldObject) -> bool:
    p, q = item.pose.pose.position, item.pose.pose.orientation
    return all(math.isfinite(v) for v in (p.x, p.y, p.z, q.x, q.y, q.z, q.w))


__all__ = ["ActionFailed", "RosEyes"]
