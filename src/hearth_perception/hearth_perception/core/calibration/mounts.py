"""Which joint of the robot's description says where a sensor sits, and what it must say."""

from __future__ import annotations

from dataclasses import dataclass

from hearth_core.errors import UnknownNameError
from hearth_core.geometry import Transform
from hearth_description.core.model import RobotModel


@dataclass(frozen=True, eq=False)
class Mount:
    """How a sensor's frame hangs on the nearest part that moves."""

    frame: str
    """The sensor's frame (optical for cameras)."""
    link: str
    """The part that moves, or the root."""
    joint: str
    """The fixed joint whose origin is corrected."""
    nominal: Transform
    """``link_from_frame`` of the description."""
    link_from_parent: Transform
    """Of the joint's parent."""
    child_from_frame: Transform

    def origin(self, link_from_frame: Transform) -> Transform:
        """What the joint's ``<origin>`` must be for the sensor to sit there."""
        return self.link_from_parent.inverse() @ link_from_frame @ self.child_from_frame.inverse()


def mount_of(model: RobotModel, frame: str) -> Mount:
    """The mount of a sensor's frame.

    Raises:
        UnknownNameError: No such frame, or it hangs on no fixed joint.
    """
    if frame not in model.links:
        raise UnknownNameError("link of the robot's description", frame, model.links)
    by_child = {joint.child: joint for joint in model.joints.values()}
    link, corrected = frame, None
    while link in by_child and not by_child[link].moves:
        joint = by_child[link]
        if corrected is None and not joint.child.endswith("_optical_frame"):
            corrected = joint
        link = joint.parent
    if corrected is None:
        fixed = [j.child for j in model.joints.values() if not j.moves]
        raise UnknownNameError("sensor frame on a fixed joint", frame, fixed)
    return Mount(
        frame,
        link,
        corrected.name,
        model.pose({}, frame, link),
        model.pose({}, corrected.parent, link),
        model.pose({}, frame, corrected.child),
    )


def joints_between(model: RobotModel, one: str, other: str) -> tuple[str, ...]:
    """Moving joints on the way from one link to another; coupled ones count as their leader.

    Raises:
        UnknownNameError: No such link.
    """
    by_child = {joint.child: joint for joint in model.joints.values()}
    chains = []
    for end in (one, other):
        if end not in model.links:
            raise UnknownNameError("link of the robot's description", end, model.links)
        link, chain = end, set()
        while link in by_child:
            joint = by_child[link]
            if joint.moves:
                chain.add(joint.mimic.joint if joint.mimic else joint.name)
            link = joint.parent
        chains.append(chain)
    return tuple(sorted(chains[0] ^ chains[1]))
