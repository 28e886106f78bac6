"""What opens and how it looks: joints by name, doors as they are seen or remembered."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hearth_core.home.model import Articulation, Place

from hearth_manipulation.core.context import Context, SkillError
from hearth_manipulation.core.doors import Swing, place_from_door
from hearth_manipulation.core.furniture import moved


def find_joint(context: Context, name: str) -> tuple[Place, Articulation]:
    """Place and joint meant by ``refrigerator`` or ``refrigerator/door``.

    Raises:
        SkillError: ``unknown_place``, ``not_articulated`` or ``not_supported``.
    """
    place_name, _, joint_name = name.partition("/")
    names = {place.name: place for place in context.home.places}
    if place_name not in names:
        raise SkillError(
            "unknown_place", f"no place {place_name!r}; known: {sorted(names)}", refused=True
        )
    place = names[place_name]
    joints = {joint.name: joint for joint in place.joints}
    if not joints:
        raise SkillError("not_articulated", f"{place_name} has nothing to open", refused=True)
    if joint_name and joint_name not in joints:
        raise SkillError(
            "unknown_joint",
            f"no {joint_name!r} at {place_name}; known: {sorted(joints)}",
            refused=True,
        )
    joint = joints[joint_name] if joint_name else place.joints[0]
    if joint.handle is None:
        raise SkillError(
            "not_supported", f"{place_name}/{joint.name} has no handle to hold", refused=True
        )
    return place, joint


def look_at_door(context: Context, place: Place, joint: Articulation) -> Swing:
    """See the door's handle afresh, else remember it; keeps its opening and the place's pose.

    Raises:
        SkillError: ``handle_not_seen``, now and ever before.
    """
    assert joint.handle is not None
    frame = context.place_frame(place.name)
    known = context.openings.get(place.name, {}).get(joint.name, 0.0)
    key = f"{place.name}/{joint.name}"
    motion = context.motions().get(key)
    part = frame @ moved(joint, known) if motion is None else motion @ frame
    context.eyes.look(part.apply(np.array(joint.handle.centre)))
    door = context.eyes.door(key)
    if door is None:
        if key not in context.swings:
            raise SkillError("handle_not_seen", f"the handle of {key} is not seen")
        return context.swings[key].moved_by(context.eyes.odom_from_map().planar())
    door = replace(door, opening=max(0.0, door.opening))
    if key in context.felt:
        earlier = context.swings[key].moved_by(context.eyes.odom_from_map().planar())
        swing, opening = earlier.seen_again(door)
        door = replace(door, opening=max(0.0, opening))
    elif door.hinge is None:
        swing = Swing.by_looks(door, joint)
        context.guessed.add(key)
    else:
        length = abs(joint.panel.centre[1] - joint.origin[1]) + joint.panel.size[1] / 2.0
        swing = Swing.from_door(door, length)
    context.openings.setdefault(place.name, {})[joint.name] = door.opening
    odom_from_map = context.eyes.odom_from_map()
    context.swings[key] = swing.moved_by(odom_from_map.inverse().planar())
    context.seen_places[place.name] = odom_from_map.inverse() @ place_from_door(
        place, joint, swing
    )
    return swing
