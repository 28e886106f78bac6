"""The change log on its latched topic, whenever it differs from what was told."""

from __future__ import annotations

from collections.abc import Iterable

from geometry_msgs.msg import Point
from hearth_core.frames import MAP
from hearth_nodekit.convert import to_time
from hearth_nodekit.topics import CHANGES
from rclpy.node import Node

from hearth_interfaces.msg import ObjectChange, ObjectChangeArray
from hearth_perception.core.changes import Array, Change


class ChangeTopic:
    """Publishes ``changes``."""

    def __init__(self, node: Node) -> None:
        """Late readers get an empty log until something changed."""
        self._publisher = CHANGES.publisher(node)
        self._told: tuple[Change, ...] | None = None

    def tell(self, changes: Iterable[Change], stamp: float) -> None:
        """Publish the log of ``stamp`` [s] if it is another than before."""
        log = tuple(changes)
        # Changes are never edited, only replaced: the same objects are the same log.
        if self._told is not None and list(map(id, log)) == list(map(id, self._told)):
            return
        self._told = log
        self._publisher.publish(to_changes(log, stamp))


def to_changes(log: Iterable[Change], stamp: float) -> ObjectChangeArray:
    """Message of a change log."""
    message = ObjectChangeArray(changes=[_change(change) for change in log])
    message.header.frame_id = MAP
    message.header.stamp = to_time(stamp)
    return message


def _change(change: Change) -> ObjectChange:
    return ObjectChange(
        kind=change.kind.value,
        id=change.name,
        label=change.label,
        noticed=to_time(change.stamp),
        before_known=change.before is not None,
        before=_point(change.before),
        before_place=change.before_place,
        after_known=change.after is not None,
        after=_point(change.after),
        after_place=change.after_place,
        message=change.sentence(),
    )


def _point(at: Array | None) -> Point:
    if at is None:
        return Point(x=float("nan"), y=float("nan"), z=float("nan"))
    return Point(x=float(at[0]), y=float(at[1]), z=float(at[2]))
