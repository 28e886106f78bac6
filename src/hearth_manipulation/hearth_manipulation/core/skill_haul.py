"""Open and close what has a level bar: flaps and drawers; which of them, the bar's way tells."""

from __future__ import annotations

import math
from contextlib import suppress

import numpy as np
from hearth_core.frames import SIDES, grasp_frame
from hearth_core.geometry import Transform
from hearth_core.home.model import Articulation, Place

from hearth_manipulation.core import hands
from hearth_manipulation.core.context import Context, SkillError
from hearth_manipulation.core.courses import Course, fit_course
from hearth_manipulation.core.fist import fist_along
from hearth_manipulation.core.hauling import GRAIN, drive_path, given_way, plan_haul
from hearth_manipulation.core.hooking import Bar, hook_bar, leave_bar
from hearth_manipulation.core.kinematics import Array
from hearth_manipulation.core.leaving import step_back, tuck
from hearth_manipulation.core.mover import MotionError, arm
from hearth_manipulation.core.planning import PlanningError
from hearth_manipulation.core.stances import choose_stance, stand_here

SPEED = 0.07
"""Of the bar along its way [m/s]."""
STRAINED = 0.06
"""An arm that gives way so far pulls or pushes at a stop [m]."""
STILL = 12
"""Cycles in which a bar that moves on moves by more than a few millimetres."""
OPEN_ANGLE, OPEN_WAY = 1.31, 0.50
"""How far flaps [rad] and drawers [m] are opened if nothing is asked; stops end it sooner."""
LEARN = 0.10
"""Pulled straight before anything is concluded [m]."""
PRESSABLE = 0.3
"""A flap open so far is pressed down from inside when its bar was lost [rad]."""
LEAF = 0.05
"""Thickness of a flap with its lining, taken for all [m]."""


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
        course = context.courses[key].moved_by(context.eyes.odom_from_map())
        opening = max(0.0, course.opening(course.nearest(bar.middle)))
    context.openings.setdefault(place.name, {})[joint.name] = opening
    return bar, opening


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
        course = _known(context, key)
        if course is not None and opening >= _goal(course, wanted) - _slack(course):
            break
        try:
            if course is not None and course.hinged and opening > PRESSABLE:
                press_open(context, key, joint, bar, course, opening, _goal(course, wanted), sides)
                continue
            opening = _pull(context, place, joint, bar, opening, wanted, sides)
        except SkillError as error:
            if error.reason not in {"no_grip", "handle_lost", "no_reach"}:
                raise
            problem = error
            report(f"again ({error.reason})", 0.1, opening)
            continue
        course = _known(context, key)
        if course is None or opening >= _goal(course, wanted) - _slack(course):
            break
        if not course.hinged:
            break  # A drawer goes as far as its stop.
    else:
        raise problem or SkillError("not_opened", f"{key} stands open {opening:.2f} rad")
    report("done", 1.0, opening)
    return opening


def _known(context: Context, key: str) -> Course | None:
    if key not in context.felt:
        return None
    return context.courses[key].moved_by(context.eyes.odom_from_map())


def _goal(course: Course, wanted: float) -> float:
    return wanted or (OPEN_ANGLE if course.hinged else OPEN_WAY)


def _slack(course: Course) -> float:
    return 0.07 if course.hinged else 0.04


def _by_looks(bar: Bar, joint: Articulation) -> Course:
    """What it may be: a bar near the upper edge of a high front is a flap's."""
    assert joint.handle is not None
    height = joint.panel.size[2]
    above = joint.handle.centre[2] - joint.panel.centre[2]
    if height > 0.35 and above > 0.25 * height:
        return Course(bar.middle, bar.out, _level(bar), 1.0 / (0.5 * height + above))
    return Course(bar.middle, bar.out, _level(bar))


def _level(bar: Bar) -> Array:
    """The bar's direction about which a flap turns down right-handed."""
    along = bar.along - float(bar.along @ bar.out) * bar.out
    along = along / np.linalg.norm(along)
    return along if float(np.cross(along, bar.out)[2]) < 0.0 else -along


def _pull(
    context: Context,
    place: Place,
    joint: Articulation,
    bar: Bar,
    opening: float,
    wanted: float,
    sides: list[str],
) -> float:
    """Stand, hook, pull, learn, pull on, let go."""
    report, mover = context.report, context.mover
    key = f"{place.name}/{joint.name}"
    known = _known(context, key)
    course = known or _by_looks(bar, joint)
    begun = course.nearest(bar.middle) if known else 0.0
    end = course.way(_goal(course, wanted))
    ways = np.linspace(begun, max(end, begun + LEARN), 14)
    scene = context.scene(without=[key, f"{key}/handle"], things=False)
    report("approach", 0.1, opening)
    stance = choose_stance(context, bar, course, ways, sides, scene)
    side = stance.side
    context.driver.to(stance.base)
    bar, opening = look_at_bar(context, place, joint)
    stance = stand_here(context, bar, side, stance, scene)
    report("reach", 0.2, opening)
    mover.fingers(side, hands.hook(side, 0.8), 0.5)
    mover.go(arm(side), [stance.path[0]], scene)
    report("hook", 0.3, opening)
    try:
        hook_bar(context, side, bar, stance.rotation)
    except SkillError:
        step_back(context)
        tuck(context, side)
        raise
    trail: list[Array] = []
    try:
        if known is None:
            report("learn", 0.4, opening)
            straight = Course(bar.middle, bar.out, _level(bar))
            _haul(context, side, bar, straight, np.linspace(0.0, LEARN, 6), trail)
            course = _learned(context, key, bar, trail)
        opening = _to_the_end(context, key, side, bar, course, wanted, trail, known is None)
    finally:
        place_openings = context.openings.setdefault(place.name, {})
        if key in context.felt and trail:
            now = _known(context, key)
            assert now is not None
            opening = max(0.0, now.opening(now.nearest(trail[-1])))
        place_openings[joint.name] = opening
        report("let_go", 0.8, opening)
        _off(context, side)
    return opening


def _off(context: Context, side: str) -> None:
    """Hand off the bar, away and tucked, as far as that goes."""
    with suppress(PlanningError, MotionError):
        leave_bar(context, side)
    step_back(context)
    with suppress(PlanningError):
        tuck(context, side)


def _learned(context: Context, key: str, bar: Bar, trail: list[Array]) -> Course:
    """The course that the trail tells, remembered."""
    course = fit_course(np.array(trail), bar.out, _level(bar))
    odom_from_map = context.eyes.odom_from_map()
    context.courses[key] = course.moved_by(odom_from_map.inverse())
    context.felt.add(key)
    return course


def _to_the_end(
    context: Context,
    key: str,
    side: str,
    bar: Bar,
    course: Course,
    wanted: float,
    trail: list[Array],
    learning: bool,
) -> float:
    """Follow the course in stretches, fitting it again after each; returns the opening."""
    mover = context.mover
    tip = grasp_frame(side)
    in_hand = mover.pose(tip).inverse().apply(course.point(0.0) if not trail else trail[-1])
    for stretch in (0.12, 0.16, 0.25, 0.4, 0.8):
        here = course.nearest(mover.pose(tip).apply(in_hand))
        goal = course.way(_goal(course, wanted))
        if here >= goal - 0.01:
            break
        until = min(goal, here + stretch)
        ways = np.linspace(here, until, max(4, math.ceil((until - here) / GRAIN) + 1))
        context.report("pull", 0.4 + 0.4 * min(1.0, here / goal), course.opening(here))
        before = len(trail)
        ended = _haul(context, side, bar, course, ways, trail, in_hand)
        if learning and len(trail) > before + 10:
            course = _learned(context, key, bar, trail)
        if ended:
            break
    return max(0.0, course.opening(course.nearest(mover.pose(tip).apply(in_hand))))


def _haul(
    context: Context,
    side: str,
    bar: Bar,
    course: Course,
    ways: Array,
    trail: list[Array],
    in_hand: Array | None = None,
) -> bool:
    """Carry the held bar along a stretch; returns whether a stop ended it.

    Raises:
        SkillError: ``handle_lost``, ``no_reach``.
        MotionError: The robot was kept from moving.
    """
    mover = context.mover
    tip = grasp_frame(side)
    grip = mover.pose(tip)
    if in_hand is None:
        in_hand = grip.inverse().apply(bar.middle)
    held = in_hand
    # The course goes through where the bar is held now.
    shift = grip.apply(held) - course.point(float(ways[0]))
    here = course.shifted(shift)
    haul = plan_haul(context, side, here, mover.configuration(), grip, ways)
    if haul is None:
        raise SkillError("no_reach", "the arm cannot follow the bar any farther from here")
    gone = strained = 0
    palm = grip.rotation[:, 1] if side == "right" else -grip.rotation[:, 1]

    def presses(point: Array) -> bool:
        """Whether the palm, not the fingers, moves the bar: then it cannot slip off."""
        return float(here.turned(here.nearest(point)) @ here.out @ palm) > 0.45

    if not trail:
        trail.append(grip.apply(held))

    def watch(commanded: Array) -> bool:
        nonlocal gone, strained
        bent = hands.flexion(side, context.body.joints())
        gone = gone + 1 if bent > hands.empty_flexion(bar.diameter) else 0
        trail.append(mover.pose(tip).apply(held))
        lag = float(np.linalg.norm(given_way(context, side, commanded)))
        recent = float(np.linalg.norm(trail[-1] - trail[-STILL])) if len(trail) > STILL else 1.0
        stands = lag > STRAINED or (lag > 0.5 * STRAINED and recent < 0.004)
        strained = strained + 1 if stands else 0
        if presses(trail[-1]):
            gone = 0
        return gone >= 6 or strained >= 6

    drive_path(context, side, haul.path, np.abs(haul.ways - haul.ways[0]), SPEED, watch)
    if gone >= 6:
        raise SkillError("handle_lost", "the bar slipped from the hand")
    return strained >= 6 or not haul.whole


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
        course = _known(context, key)
        if course is None:
            if opening < 0.03:
                return opening
            raise SkillError("axis_unknown", f"{key} was never moved: how it closes is not known")
        if opening < _shut(course):
            break
        _push(context, key, bar, course, opening, sides)
    else:
        _, opening = look_at_bar(context, place, joint)
    course = _known(context, key)
    assert course is not None
    if opening >= _shut(course):
        raise SkillError("not_closed", f"{key} still stands open {opening:.3f}")
    context.openings[place.name][joint.name] = 0.0
    context.report("done", 1.0, opening)
    return opening


def _shut(course: Course) -> float:
    return 0.04 if course.hinged else 0.012


def _push(
    context: Context, key: str, bar: Bar, course: Course, opening: float, sides: list[str]
) -> None:
    """Push a part shut from outside."""
    here = course.nearest(bar.middle)
    course = course.shifted(bar.middle - course.point(here))
    ways = np.linspace(here, 0.0, max(6, math.ceil(here / GRAIN) + 1))
    fist_along(context, key, bar, course, ways, sides, 0.5 * bar.diameter)
    place_name, _, joint_name = key.partition("/")
    context.openings[place_name][joint_name] = 0.0  # until it is looked at


def press_open(
    context: Context,
    key: str,
    joint: Articulation,
    bar: Bar,
    course: Course,
    opening: float,
    goal: float,
    sides: list[str],
) -> None:
    """Press a flap on down from its inner side.

    Raises:
        PlanningError: No reach.
        MotionError: The robot was kept from moving.
    """
    here = course.nearest(bar.middle)
    course = course.shifted(bar.middle - course.point(here))
    end = course.way(goal)
    ways = np.linspace(here, end, max(6, math.ceil(abs(end - here) / GRAIN) + 1))
    inside = -(0.5 * bar.diameter + bar.gap + LEAF)
    fist_along(context, key, bar, course, ways, sides, inside)
    place_name, _, joint_name = key.partition("/")
    context.openings[place_name][joint_name] = goal
