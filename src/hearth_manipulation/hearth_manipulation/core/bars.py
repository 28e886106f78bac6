"""Level bars: as they are seen, and the courses that were told from them."""

from __future__ import annotations

import numpy as np
from hearth_core.geometry import Transform
from hearth_core.home.model import Articulation, Place

from hearth_manipulation.core.context import Context, SkillError
from hearth_manipulation.core.courses import Course, Looks, Trail
from hearth_manipulation.core.hooking import Bar
from hearth_manipulation.core.kinematics import Array


def bar_of(door: Transform, joint: Articulation) -> Bar:
    """The bar to hook, from its seen pose (odom; x out of the face, z along the bar)."""
    assert joint.handle is not None
    out = door.rotation[:, 0]
    along = door.rotation[:, 2]
    return Bar(door.translation, out, along, joint.handle.standoff, joint.handle.diameter)


def look_at_bar(context: Context, place: Place, joint: Articulation) -> tuple[Bar, float]:
    """See a bar; returns it and how far its part is open.

    Raises:
        SkillError: ``handle_not_seen``.
    """
    assert joint.handle is not None
    key = f"{place.name}/{joint.name}"
    frame = context.place_frame(place.name)
    motion = context.motions().get(key)
    part = frame if motion is None else motion @ frame
    context.eyes.look(part.apply(np.array(joint.handle.centre)))
    door = context.eyes.door(key)
    if door is None:
        raise SkillError("handle_not_seen", f"the handle of {key} is not seen")
    bar = bar_of(door.handle, joint)
    opening = max(0.0, door.opening)
    if key in context.felt:
        opening = _see_again(context, key, bar)
    context.openings.setdefault(place.name, {})[joint.name] = opening
    return bar, opening


def _see_again(context: Context, key: str, bar: Bar) -> float:
    """What a new look at a bar that was moved tells of its course; returns the opening."""
    odom_from_map = context.eyes.odom_from_map()
    trail, map_from_odom = context.trails[key], odom_from_map.inverse()
    trail.seen.append((map_from_odom.apply(bar.middle), map_from_odom.rotation @ bar.out))
    context.courses[key] = trail.course()
    course = context.courses[key].moved_by(odom_from_map)
    return max(0.0, course.opening(course.nearest(bar.middle)))


def known_course(context: Context, key: str) -> Course | None:
    """The course of a bar that was moved before (odom); None: it was not."""
    if key not in context.felt:
        return None
    return context.courses[key].moved_by(context.eyes.odom_from_map())


def looks_of(joint: Articulation) -> Looks:
    """What a front lets expect: a bar near the upper edge of a high one is a flap's."""
    assert joint.handle is not None
    height = joint.panel.size[2]
    above = joint.handle.centre[2] - joint.panel.centre[2]
    flap = height > 0.35 and above > 0.25 * height
    standoff = joint.handle.centre[0] - joint.panel.centre[0]
    return Looks(standoff, 1.0 / (0.5 * height + above) if flap else 0.0)


def course_by_looks(bar: Bar, looks: Looks) -> Course:
    """What it may be before it was moved."""
    return Course(bar.middle, bar.out, level_axis(bar), looks.bend)


def level_axis(bar: Bar) -> Array:
    """The bar's direction about which a flap turns down right-handed."""
    along = bar.along - float(bar.along @ bar.out) * bar.out
    along = along / np.linalg.norm(along)
    return along if float(np.cross(along, bar.out)[2]) < 0.0 else -along


def learn_course(context: Context, key: str, bar: Bar, looks: Looks, trail: list[Array]) -> Course:
    """The course that the trail tells, remembered."""
    odom_from_map = context.eyes.odom_from_map()
    map_from_odom = odom_from_map.inverse()
    turn = map_from_odom.rotation
    points = np.array([map_from_odom.apply(point) for point in trail])
    context.trails[key] = Trail(turn @ bar.out, turn @ level_axis(bar), looks, points)
    context.courses[key] = context.trails[key].course()
    context.felt.add(key)
    return context.courses[key].moved_by(odom_from_map)
