"""What manipulation feels of doors and drawers that it opens, from its topic."""

from __future__ import annotations

import math

import numpy as np
from hearth_core.errors import BadInputError, HearthError
from hearth_core.frames import MAP
from hearth_core.home.model import JointKind
from hearth_nodekit.convert import from_time
from hearth_nodekit.topics import FELT_ARTICULATION
from rclpy.node import Node

from hearth_interfaces.msg import FeltArticulation
from hearth_perception.core.door_belief import Felt
from hearth_perception.watcher import Watcher


class FeltTopic:
    """Hands ``felt_articulation`` to the memory of doors."""

    def __init__(self, node: Node, watcher: Watcher) -> None:
        self._node, self._watcher = node, watcher
        FELT_ARTICULATION.subscribe(node, self._on_felt)

    def _on_felt(self, message: FeltArticulation) -> None:
        perceiver = self._watcher.perceiver
        try:
            joint = perceiver.door(message.place, message.part).joint
            felt = from_message(message, joint.kind)
            with self._watcher.lock:
                perceiver.feel_door(message.place, message.part, felt)
        except HearthError as error:
            self._node.get_logger().error(f"felt_articulation: {error}", throttle_duration_sec=5.0)


def from_message(message: FeltArticulation, kind: JointKind) -> Felt:
    """What a message says of a joint of some kind.

    Raises:
        BadInputError: Another frame or kind, or numbers that are none.
    """
    name = f"{message.place}/{message.part}"
    if message.header.frame_id != MAP:
        raise BadInputError(
            f"{name}: the axis is in frame {message.header.frame_id!r}; expected {MAP!r}"
        )
    if message.kind != kind.value:
        raise BadInputError(
            f"{name}: felt as {message.kind!r}; the home model says {kind.value!r}"
        )
    point, axis = message.axis_point, message.axis
    place = np.array([point.x, point.y, point.z])
    way = np.array([axis.x, axis.y, axis.z])
    length = float(np.linalg.norm(way))
    if not (math.isfinite(message.opening) and np.isfinite(place).all() and 0.0 < length < 2.0):
        raise BadInputError(
            f"{name}: opening {message.opening}, axis {way.tolist()} through {place.tolist()}; "
            "expected finite numbers and a unit axis"
        )
    learned = bool(message.axis_felt)
    return Felt(
        from_time(message.header.stamp),
        max(0.0, float(message.opening)),
        float(message.opening_sigma),
        place if learned else None,
        way / length if learned else None,
    )
