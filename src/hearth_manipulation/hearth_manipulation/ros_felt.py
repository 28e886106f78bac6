"""Tells perception how far the hand has moved the door or drawer whose bar it holds."""

from __future__ import annotations

from collections.abc import Callable

from geometry_msgs.msg import Point, Vector3
from hearth_core.frames import MAP
from hearth_nodekit.topics import FELT_ARTICULATION
from rclpy.node import Node

from hearth_interfaces.msg import FeltArticulation
from hearth_manipulation.core.context import Context, SkillError
from hearth_manipulation.core.felt import Felt, felt_part
from hearth_manipulation.core.looking import find_joint
from hearth_manipulation.core.ports import Report

PERIOD = 0.2
"""Between two messages of one motion [s]."""


class FeltParts:
    """Publishes ``felt_articulation`` from the reports of a running skill."""

    def __init__(self, node: Node, context: Context, now: Callable[[], float]) -> None:
        self._node, self._context, self._now = node, context, now
        self._publisher = FELT_ARTICULATION.publisher(node)

    def following(self, name: str, report: Report) -> Report:
        """``report``, with what it says of the part ``name`` published."""
        try:
            place, joint = find_joint(self._context, name)
        except SkillError:
            return report  # the skill itself refuses it
        last = -PERIOD

        def follow(phase: str, progress: float, opening: float | None = None) -> None:
            nonlocal last
            report(phase, progress, opening)
            key = f"{place.name}/{joint.name}"
            felt = felt_part(self._context, key, phase, progress, opening)
            if felt is None or (phase != "let_go" and abs(self._now() - last) < PERIOD):
                return
            last = self._now()
            self._publisher.publish(self._message(place.name, joint.name, felt))

        return follow

    def _message(self, place: str, part: str, felt: Felt) -> FeltArticulation:
        message = FeltArticulation(place=place, part=part, axis_felt=felt.learned)
        message.header.frame_id = MAP
        message.header.stamp = self._node.get_clock().now().to_msg()
        message.kind = message.KIND_HINGED if felt.hinged else message.KIND_SLIDING
        x, y, z = (float(v) for v in felt.point)
        message.axis_point = Point(x=x, y=y, z=z)
        x, y, z = (float(v) for v in felt.axis)
        message.axis = Vector3(x=x, y=y, z=z)
        message.opening, message.opening_sigma = float(felt.opening), float(felt.sigma)
        return message
