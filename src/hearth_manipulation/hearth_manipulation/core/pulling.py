"""Pull what has a level bar open: hook it, learn its course, follow it, let go."""

from __future__ import annotations

import math
from collections import deque
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from hearth_core.frames import grasp_frame
from hearth_core.home.model import Articulation, Place

from hearth_manipulation.core import hands
from hearth_manipulation.core.bars import (
    course_by_looks,
    known_course,
    learn_course,
    level_axis,
    look_at_bar,
    looks_of,
)
from hearth_manipulation.core.context import Context, SkillError
from hearth_manipulation.core.courses import Course, Looks
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
"""Cycles in which a hand that moves on moves by more than a few millimetres."""
GONE = 6
"""Cycles after which it is believed that the bar is lost, or stands."""
OPENED = 0.3
"""Fingers bent open so far by the bar do not hold it as they did [rad]."""
OPEN_ANGLE, OPEN_WAY = 1.28, 0.50
"""How far flaps [rad] and drawers [m] are opened if nothing is asked; stops end it sooner."""
LEARN = 0.10
"""Pulled straight before anything is concluded [m]."""


@dataclass(eq=False)
class Hold:
    """A bar in a hand, and where it has been since."""

    side: str
    bar: Bar
    in_hand: Array
    """The bar's middle in the grasp frame [m]."""
    bent: float
    """Flexion of the fingers that hold it [rad]."""
    trail: list[Array]
    """Where the bar was while it was held well (odom) [m]."""
    at_stop: bool = False
    """Whether it was pulled against a stop."""

    @classmethod
    def begin(cls, context: Context, side: str, bar: Bar) -> Hold:
        """Of a bar that was just hooked."""
        in_hand = context.mover.pose(grasp_frame(side)).inverse().apply(bar.middle)
        bent = hands.flexion(side, context.body.joints())
        return cls(side, bar, in_hand, bent, [bar.middle])

    def middle(self, context: Context) -> Array:
        """Where the bar is while it is held (odom) [m]."""
        return context.mover.pose(grasp_frame(self.side)).apply(self.in_hand)


def pull(
    context: Context,
    place: Place,
    joint: Articulation,
    bar: Bar,
    opening: float,
    wanted: float,
    sides: list[str],
) -> tuple[float, bool]:
    """Stand, hook, pull, learn, pull on, let go.

    Returns:
        The opening reached [rad] or [m], and whether a stop ended it.

    Raises:
        SkillError: ``no_grip``, ``handle_lost``, ``no_reach``.
        PlanningError: No reach.
        MotionError: The robot was kept from moving.
    """
    report, mover = context.report, context.mover
    key = f"{place.name}/{joint.name}"
    known = known_course(context, key)
    looks = looks_of(joint)
    course = known or course_by_looks(bar, looks)
    begun = course.nearest(bar.middle) if known else 0.0
    end = course.way(goal_of(course, wanted))
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
    hold = Hold.begin(context, side, bar)
    try:
        if known is None:
            report("learn", 0.4, opening)
            straight = Course(bar.middle, bar.out, level_axis(bar))
            _haul(context, hold, straight, np.linspace(0.0, LEARN, 6))
            course = learn_course(context, key, bar, looks, hold.trail)
        _to_the_end(context, key, hold, course, wanted, looks if known is None else None)
    finally:
        course = known_course(context, key) or course
        opening = max(0.0, course.opening(course.nearest(hold.trail[-1])))
        context.openings.setdefault(place.name, {})[joint.name] = opening
        report("let_go", 0.8, opening)
        _off(context, side)
    return opening, hold.at_stop


def _off(context: Context, side: str) -> None:
    """Hand off the bar, away and tucked, as far as that goes."""
    with suppress(PlanningError, MotionError):
        leave_bar(context, side)
    step_back(context)
    with suppress(PlanningError):
        tuck(context, side)


def goal_of(course: Course, wanted: float) -> float:
    """The opening to reach: what is wanted, else enough to reach inside [rad] or [m]."""
    return wanted or (OPEN_ANGLE if course.hinged else OPEN_WAY)


def _to_the_end(
    context: Context, key: str, hold: Hold, course: Course, wanted: float, looks: Looks | None
) -> None:
    """Follow the course in stretches, telling it again after each where ``looks`` is given."""
    for stretch in (0.12, 0.16, 0.25, 0.4, 0.8):
        here = course.nearest(hold.middle(context))
        goal = course.way(goal_of(course, wanted))
        if here >= goal - 0.01:
            break
        until = min(goal, here + stretch)
        ways = np.linspace(here, until, max(4, math.ceil((until - here) / GRAIN) + 1))
        context.report("pull", 0.4 + 0.4 * min(1.0, here / goal), course.opening(here))
        before = len(hold.trail)
        whole = _haul(context, hold, course, ways)
        if looks is not None and len(hold.trail) > before + 10:
            course = learn_course(context, key, hold.bar, looks, hold.trail)
        if not whole:
            break


def _haul(context: Context, hold: Hold, course: Course, ways: Array) -> bool:
    """Carry the held bar along a stretch; returns whether all of it was gone.

    Raises:
        SkillError: ``handle_lost``, ``no_reach``.
        MotionError: The robot was kept from moving.
    """
    mover, side = context.mover, hold.side
    grip = mover.pose(grasp_frame(side))
    # The course goes through where the bar is held now.
    here = course.shifted(grip.apply(hold.in_hand) - course.point(float(ways[0])))
    haul = plan_haul(context, side, here, mover.configuration(), grip, ways)
    if haul is None:
        raise SkillError("no_reach", "the arm cannot follow the bar any farther from here")
    gone = strained = 0
    lately: deque[Array] = deque(maxlen=STILL)

    def watch(commanded: Array) -> bool:
        nonlocal gone, strained
        bent = hands.flexion(side, context.body.joints())
        gone = gone + 1 if bent > hands.empty_flexion(hold.bar.diameter) else 0
        lately.append(hold.middle(context))
        # Where the hand goes without the bar, or while the bar bends its fingers open, is not
        # the bar's way.
        if gone == 0 and bent > hold.bent - OPENED:
            hold.trail.append(lately[-1])
        lag = float(np.linalg.norm(given_way(context, side, commanded)))
        still = len(lately) == STILL and float(np.linalg.norm(lately[-1] - lately[0])) < 0.004
        stands = lag > STRAINED or (lag > 0.5 * STRAINED and still)
        strained = strained + 1 if stands else 0
        return gone >= GONE or strained >= GONE

    drive_path(context, side, haul.path, np.abs(haul.ways - haul.ways[0]), SPEED, watch)
    if gone >= GONE:
        raise SkillError("handle_lost", "the bar slipped from the hand")
    hold.at_stop = strained >= GONE
    return haul.whole and not hold.at_stop
