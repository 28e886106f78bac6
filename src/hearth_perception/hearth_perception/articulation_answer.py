"""What ``get_articulation`` answers about a door that was seen."""

from __future__ import annotations

import math
from typing import Any

from hearth_core.frames import MAP
from hearth_core.geometry import Transform
from hearth_core.outcome import Outcome
from hearth_nodekit.convert import to_outcome, to_pose, to_time

from hearth_perception.core.articulation import DoorView
from hearth_perception.core.door_geometry import Door, along


def fill(response: Any, stamp: float, seen: DoorView, door: Door) -> None:
    """Write opening, handle and hinge of a door into a response.

    Args:
        response: Of ``GetArticulation``.
        stamp: Of the newest view, or of the arm's motion [s].
        seen: What is known.
        door: Where the door is expected.
    """
    response.header.frame_id = MAP
    response.header.stamp = to_time(stamp)
    response.opening = float(seen.opening)
    response.confidence = float(seen.confidence)
    axis = Transform(along(door.axis), door.origin)
    height = 0.0
    if seen.handle is not None:
        response.handle = to_pose(seen.handle)
        size = response.handle_size
        size.x, size.y, size.z = (float(v) for v in seen.handle_size)
        local = seen.pose.lift().inverse().apply(seen.handle.translation)
        height = float((local - door.origin) @ door.axis)
    lifted = Transform(axis.rotation, axis.translation + height * door.axis)
    response.hinge = to_pose(seen.pose.lift() @ lifted if seen.axis is None else seen.axis)
    response.seen = seen.seen
    known = "seen" if seen.handle_seen else "not seen: its pose follows from the opening"
    if not seen.seen:
        known = "not in view: it stands where the arm left it"
    name = f"{door.place.name}/{door.joint.name}"
    message = f"{name} {_amount(seen.opening, door.joint.kind)}, handle {known}"
    response.outcome = to_outcome(Outcome.success(message))


def _amount(opening: float, kind: str) -> str:
    if kind == "sliding":
        return f"open {100 * opening:.0f} cm"
    return f"open {math.degrees(opening):.0f} degrees"
