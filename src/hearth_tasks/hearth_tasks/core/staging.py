"""Where the base stands before a skill begins; the skill itself corrects the last centimetres."""

from dataclasses import dataclass

from hearth_core.geometry import Pose2
from hearth_core.home.model import Articulation, Place, Side


@dataclass(frozen=True)
class Distances:
    """Between base_footprint and the front of a place [m]."""

    handle: float = 0.75
    """Before a door that is about to be opened."""
    inside: float = 0.80
    """Before an open container."""
    table: float = 0.62
    """Before a table."""
    close: float = 1.15
    """Before an open door that is about to be pushed shut."""


def before_handle(place: Place, joint: Articulation, distances: Distances) -> Pose2:
    """Facing the handle of a closed door."""
    lateral = joint.handle.centre[1] if joint.handle else 0.0
    return place.approach(distances.handle, lateral)


def before_inside(place: Place, joint: Articulation | None, distances: Distances) -> Pose2:
    """Facing the inside of an open container, away from its door leaf."""
    lateral = 0.0 if joint is None else -0.08 * _hinge_sign(joint)
    return place.approach(distances.inside, lateral)


def before_closing(place: Place, joint: Articulation, distances: Distances) -> Pose2:
    """On the hinge side of an open leaf, facing the place."""
    return place.approach(distances.close, 0.30 * _hinge_sign(joint))


def before_surface(place: Place, robot: Pose2, distances: Distances) -> list[Pose2]:
    """Standing places around a table: its front first, then the other sides, nearest first."""
    depth, width = place.size[0] / 2, place.size[1] / 2
    front = place.approach(distances.table)
    back = place.pose @ Pose2(-depth - distances.table, 0.0, 0.0)
    left = place.pose @ Pose2(0.0, width + distances.table, -1.5707963267948966)
    right = place.pose @ Pose2(0.0, -width - distances.table, 1.5707963267948966)
    return [front, *sorted((back, left, right), key=robot.distance)]


def _hinge_sign(joint: Articulation) -> float:
    """+1 when the hinge is on the place's +y side.

    Someone in front looks along -x of the place, so their left is the place's -y.
    """
    return {Side.LEFT: -1.0, Side.RIGHT: 1.0}.get(joint.side, 0.0)
