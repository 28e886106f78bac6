"""Open and close what has a level bar: flaps and drawers; which of them, the bar's way tells."""

from __future__ import annotations

import math

import numpy as np
from hearth_core.frames import SIDES
from hearth_core.home.model import Articulation, Place

from hearth_manipulation.core.bars import known_course, look_at_bar
from hearth_manipulation.core.context import Context, SkillError
from hearth_manipulation.core.courses import Course
from hearth_manipulation.core.fist import fist_along
from hearth_manipulation.core.hauling import GRAIN
from hearth_manipulation.core.hooking import Bar
from hearth_manipulation.core.kinematics import Array
from hearth_manipulation.core.pulling import goal_of, pull

PRESSABLE = 0.3
"""A flap open so far is pressed down from inside when its bar was lost [rad]."""
LEAF = 0.05
"""Thickness of a flap with its lining, taken for all [m]."""


def haul_open(
    context: Context, place: Place, joint: Articulation, wanted: float, side: str
) -> float:
    """Open a flap or a drawer; returns the opening reached [rad] or [m].

    Raises:
        SkillError: With the reason why not.
        PlanningError: No reach.
        MotionError: The robot was kept from moving.
    """
    report = context.report
    key = f"{place.name}/{joint.name}"
    sides = [context.free_side(side)] if side else [s for s in SIDES if s not in context.held]
    if not sides:
        context.free_side()
    problem: SkillError | None = None
    opening = 0.0
    for _attempt in range(4):
        report("look", 0.0, opening)
        bar, opening = look_at_bar(context, place, joint)
        course = known_course(context, key)
        if course is not None and opening >= goal_of(course, wanted) - _slack(course):
            break
        try:
            if course is not None and course.hinged and opening > PRESSABLE:
                press_open(context, key, bar, course, goal_of(course, wanted), sides)
                continue
            opening, at_stop = pull(context, place, joint, bar, opening, wanted, sides)
        except SkillError as error:
            if error.reason not in {"no_grip", "handle_lost", "no_reach"}:
                raise
            problem = error
            report(f"again ({error.reason})", 0.1, opening)
            continue
        course = known_course(context, key)
        if course is None or opening >= goal_of(course, wanted) - _slack(course):
            break
        if at_stop and not course.hinged:
            break  # A drawer goes as far as its stop.
    else:
        raise problem or SkillError("not_opened", f"{key} stands open {opening:.2f} rad")
    report("done", 1.0, opening)
    return opening


def _slack(course: Course) -> float:
    return 0.05 if course.hinged else 0.04


def haul_shut(context: Context, place: Place, joint: Articulation, side: str) -> float:
    """Push a flap or drawer shut with the fist; returns the opening left.

    Raises:
        SkillError: With the reason why not.
        PlanningError: No reach.
        MotionError: The robot was kept from moving.
    """
    key = f"{place.name}/{joint.name}"
    sides = [context.free_side(side)] if side else [s for s in SIDES if s not in context.held]
    if not sides:
        context.free_side()
    opening = math.inf
    for _attempt in range(3):
        context.report("look", 0.0)
        bar, opening = look_at_bar(context, place, joint)
        course = known_course(context, key)
        if course is None:
            if opening < 0.03:
                return opening
            raise SkillError("axis_unknown", f"{key} was never moved: how it closes is not known")
        if opening < _shut(course):
            break
        _push(context, key, bar, course, sides)
    else:
        _, opening = look_at_bar(context, place, joint)
    course = known_course(context, key)
    assert course is not None
    if opening >= _shut(course):
        raise SkillError("not_closed", f"{key} still stands open {opening:.3f}")
    context.openings[place.name][joint.name] = 0.0
    context.report("done", 1.0, opening)
    return opening


def _shut(course: Course) -> float:
    return 0.04 if course.hinged else 0.012


def _along(course: Course, bar: Bar, end: float) -> tuple[Course, Array]:
    """The course through the bar as it is seen, and its ways from there to ``end`` [m]."""
    here = course.nearest(bar.middle)
    ways = np.linspace(here, end, max(6, math.ceil(abs(end - here) / GRAIN) + 1))
    return course.shifted(bar.middle - course.point(here)), ways


def _push(context: Context, key: str, bar: Bar, course: Course, sides: list[str]) -> None:
    """Push a part shut from outside."""
    course, ways = _along(course, bar, 0.0)
    fist_along(context, key, bar, course, ways, sides, 0.5 * bar.diameter)


def press_open(
    context: Context, key: str, bar: Bar, course: Course, goal: float, sides: list[str]
) -> None:
    """Press a flap on down from its inner side.

    Raises:
        PlanningError: No reach.
        MotionError: The robot was kept from moving.
    """
    course, ways = _along(course, bar, course.way(goal))
    inside = -(0.5 * bar.diameter + bar.gap + LEAF)
    fist_along(context, key, bar, course, ways, sides, inside)
