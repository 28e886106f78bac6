"""What opens and how it looks: joints by name, doors as they are seen or remembered."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from hearth_core.home.model import Articulation, Place

from hearth_manipulation.core.context import Context, SkillError
from hearth_manipulation.core.courses import Course
from hearth_manipulation.core.doors import Swing, place_from_door
from hearth_manipulation.core.furniture import moved
from hearth_manipulation.core.ports import Door

MOVED, TURNED = 0.05, 0.15
"""A handle seen that far [m] and turned that much [rad] from where it was tells its hinge."""


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
    if door.hinge is None:
        swing = _from_two_views(context, key, swing, door)
        opening = max(0.0, swing.opening_of(door.handle.translation))
        door = replace(door, opening=opening)
    else:
        length = abs(joint.panel.centre[1] - joint.origin[1]) + joint.panel.size[1] / 2.0
        swing = Swing.from_door(door, length)
    swing = replace(swing, diameter=joint.handle.diameter)
    context.openings.setdefault(place.name, {})[joint.name] = door.opening
    odom_from_map = context.eyes.odom_from_map()
    context.swings[key] = swing.moved_by(odom_from_map.inverse().planar())
    context.seen_places[place.name] = odom_from_map.inverse() @ place_from_door(
        place, joint, swing
    )
    return swing


def _from_two_views(context: Context, key: str, swing: Swing, door: Door) -> Swing:
    """The door with the hinge that two views of its handle tell, if it has moved between them."""
    odom_from_map = context.eyes.odom_from_map()
    if key not in context.first_seen:
        context.first_seen[key] = odom_from_map.inverse() @ door.handle
        context.first_openings[key] = door.opening
        return swing
    first = odom_from_map @ context.first_seen[key]
    chord = door.handle.translation[:2] - first.translation[:2]
    before, now = first.rotation[:2, 0], door.handle.rotation[:2, 0]
    turn = math.atan2(float(before[0] * now[1] - before[1] * now[0]), float(before @ now))
    if math.hypot(*chord) < MOVED or abs(turn) < TURNED:
        return swing
    bend = 2.0 * math.sin(0.5 * turn) / math.hypot(*chord)
    heading_ = math.atan2(chord[1], chord[0]) - 0.5 * turn
    out = np.array([math.cos(heading_), math.sin(heading_), 0.0])
    course = Course(first.translation, out, np.array([0.0, 0.0, 1.0]), bend)
    began = context.first_openings[key]
    sign = math.copysign(1.0, bend)
    face = math.atan2(float(before[1]), float(before[0]))
    looks = replace(swing, sign=sign, facing=face - sign * began)
    context.guessed.discard(key)
    context.felt.add(key)
    return looks.from_course(course, began)
