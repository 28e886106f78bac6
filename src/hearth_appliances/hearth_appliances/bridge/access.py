"""Who may use an appliance, and the geometry of getting at it, from the home model."""

from __future__ import annotations

from geometry_msgs.msg import Point, Vector3
from hearth_core.home.model import Articulation, Home, JointKind, Place
from hearth_nodekit.convert import pose2_to_pose, to_time

from hearth_appliances.bridge.messages import optional_time
from hearth_appliances.core.leases import Lease, Rank
from hearth_interfaces.msg import ApplianceAccess, ApplianceDoor

FRAME = "map"
STAND_OFF = 0.75
"""Distance from an appliance's front at which to stand [m]."""
REMOTE_HEAT = "remote_heat"


def place_of(home: Home | None, slug: str) -> Place | None:
    """The place an appliance is, by its slug; None: it is no place of the home."""
    if home is None:
        return None
    return next((place for place in home.places if place.name == slug), None)


def heat_permitted(home: Home | None, slug: str) -> bool:
    """Whether the home file permits to heat it from afar; no home, no permission."""
    place = place_of(home, slug)
    return place is not None and REMOTE_HEAT in place.permissions


def to_access(
    slug: str, lease: Lease | None, intent: str, home: Home | None, now: float
) -> ApplianceAccess:
    """Message of who holds an appliance and how to get at it."""
    message = ApplianceAccess(
        slug=slug,
        held=lease is not None,
        holder="" if lease is None else lease.holder,
        person=lease is not None and lease.rank is Rank.PERSON,
        expires=optional_time(None if lease is None else lease.end),
        remote_heat=heat_permitted(home, slug),
        door_open=bool(intent),
        intent_holder=intent,
    )
    message.header.stamp = to_time(now)
    place = place_of(home, slug)
    if place is not None:
        message.header.frame_id = FRAME
        message.place = place.name
        message.approach = pose2_to_pose(place.approach(STAND_OFF))
        message.doors = [_door(place, joint) for joint in place.joints]
    return message


def _door(place: Place, joint: Articulation) -> ApplianceDoor:
    x, y = place.to_home((joint.origin[0], joint.origin[1]))
    base = place.frame
    ax, ay, az = (float(v) for v in base.matrix()[:3, :3] @ joint.axis)
    return ApplianceDoor(
        name=joint.name,
        sliding=joint.kind is JointKind.SLIDING,
        side=str(joint.side),
        hinge=Point(x=float(x), y=float(y), z=float(joint.origin[2])),
        axis=Vector3(x=ax, y=ay, z=az),
        width=float(joint.panel.size[1]),
        limit=float(joint.limit),
    )
