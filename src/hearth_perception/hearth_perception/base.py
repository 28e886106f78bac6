"""The base, as a search uses it: navigation's action, the map, where it stands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from action_msgs.msg import GoalStatus
from hearth_core.frames import BASE_FOOTPRINT, MAP
from hearth_core.geometry import Pose2
from hearth_core.home.model import Home
from hearth_nodekit.actions import ActionCaller, ActionFailed, Canceled
from hearth_nodekit.convert import pose2_to_pose
from hearth_nodekit.topics import MAP as MAP_TOPIC
from nav2_msgs.action import NavigateToPose
from rclpy.node import Node

from hearth_perception.core.ground import Ground
from hearth_perception.lazy_transforms import LazyTransforms

OCCUPIED = 50
"""Cells of the map from here on are in the way, as are unknown ones [percent]."""
LONGEST = 240.0
"""A drive that takes longer is given up [s]."""


class Base:
    """Drives through ``navigate_to_pose``. Only from worker threads."""

    def __init__(self, node: Node, transforms: LazyTransforms, home: Home) -> None:
        self._node = node
        self._transforms = transforms
        self._home = home
        self._navigate = ActionCaller(node, NavigateToPose, "navigate_to_pose")
        self._map: Any = None
        self._ground: tuple[Any, Ground] | None = None
        MAP_TOPIC.subscribe(node, self._on_map)

    def missing(self) -> str:
        """What driving lacks; empty: nothing."""
        if not self._navigate.ready():
            return "nobody serves navigate_to_pose"
        return "" if self._map is not None else "no map was received"

    def pose(self) -> Pose2:
        """Where the base is in the map.

        Raises:
            TransformError: Nobody says where.
        """
        return self._transforms.wait(MAP, BASE_FOOTPRINT, None, timeout=3.0).planar()

    def ground(self) -> Ground:
        """The newest map as a floor to drive on."""
        message = self._map
        if self._ground is None or self._ground[0] is not message:
            info = message.info
            cells = np.array(message.data, np.int8).reshape(info.height, info.width)
            corner = (float(info.origin.position.x), float(info.origin.position.y))
            blocked = (cells < 0) | (cells >= OCCUPIED)
            self._ground = (
                message,
                Ground.make(blocked, corner, float(info.resolution), self._home),
            )
        return self._ground[1]

    def drive(
        self, pose: Pose2, should_stop: Callable[[], bool], enough: Callable[[], bool]
    ) -> bool:
        """Go there; also done when ``enough`` says so on the way. False: no way.

        Raises:
            Canceled: ``should_stop`` said so; the base stands.
        """
        goal = NavigateToPose.Goal()
        goal.pose.header.frame_id = MAP
        goal.pose.pose = pose2_to_pose(pose)
        try:
            status, _ = self._navigate.call(
                goal, timeout=LONGEST, should_stop=lambda: should_stop() or enough()
            )
        except Canceled:
            if should_stop():
                raise
            return True
        except ActionFailed as error:
            self._node.get_logger().warning(f"find_object: {error}")
            return False
        return bool(status == GoalStatus.STATUS_SUCCEEDED)

    def _on_map(self, message: Any) -> None:
        self._map = message
