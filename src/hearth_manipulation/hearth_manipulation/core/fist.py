"""Push parts with the fist along their course, from outside or from inside."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress

import numpy as np
from hearth_core.frames import grasp_frame
from hearth_core.geometry import Pose2, Transform

from hearth_manipulation.core import hands
from hearth_manipulation.core.context import Context
from hearth_manipulation.core.courses import Course
from hearth_manipulation.core.hauling import Haul, drive_path, follow_course, given_way, retreat
from hearth_manipulation.core.hooking import Bar, hand_rotation
from hearth_manipulation.core.kinematics import Array
from hearth_manipulation.core.leaving import step_back, tuck
from hearth_manipulation.core.mover import MotionError, arm
from hearth_manipulation.core.planning import Planner, PlanningError, Target
from hearth_manipulation.core.scene import Scene
from hearth_manipulation.core.stances import MOST_MARGIN, SLACK, UP, nearest_first, stances

PRESS = 0.014
"""How far the fist's way lies inside the bar [m]."""
MOST_MISSING = 0.6
"""Share of a way that may be left for another push."""
FIST = (-0.055, -0.036)
"""Middle of the closed fist in the grasp frame: along x, toward the palm's side [m]."""
FROM_OUTSIDE = (0.0, -0.35, -0.7, 0.35)
"""Pitches of the hand to try [rad]; fingers down reach beneath what lies low."""
FROM_INSIDE = (-0.5, -0.9, 0.0)
"""The same for pressing a part open."""
FIST_HALF = np.array([0.035, 0.049, 0.045])
"""Half of its extents along the grasp frame's axes [m]."""


def fist_at(
    course: Course, rotation: Array, side: str, surface: float
) -> Callable[[float], Transform]:
    """A fist, its attitude kept, that lies against a part, a little inside it."""
    palmward = 1.0 if side == "right" else -1.0
    middle = rotation @ np.array([FIST[0], palmward * FIST[1], 0.0])

    def hand_at(way: float) -> Transform:
        out = course.turned(way) @ course.out
        thick = float(np.abs(rotation.T @ out) @ FIST_HALF)
        ball = course.point(way) + (surface + math.copysign(thick - PRESS, surface)) * out
        return Transform(rotation, ball - middle)

    return hand_at


def fist_along(
    context: Context,
    key: str,
    bar: Bar,
    course: Course,
    ways: Array,
    sides: list[str],
    surface: float,
) -> None:
    """Push with the fist along a course, the base with it.

    Args:
        context: The robot.
        key: Of the part, ``place/joint``.
        bar: As seen now.
        course: Through the bar as it is now.
        ways: Of the bar [m].
        sides: Hands that are free.
        surface: Where the fist touches, out of the bar's middle along its normal [m]; negative:
            the part's inner side.

    Raises:
        PlanningError: No reach.
        MotionError: The robot was kept from moving.
    """
    mover, report = context.mover, context.report
    opening = course.opening(float(ways[0]))
    scene = context.scene(without=[f"{key}/handle"], things=False)
    report("approach", 0.1, opening)
    side, haul, line = _choose(context, bar, course, ways, sides, surface, scene)
    start = Pose2(float(line[0][0]), float(line[0][1]), float(line[0][2]))
    context.driver.to(start, tolerance=0.015, turn_tolerance=0.02)
    report("reach", 0.3, opening)
    mover.fingers(side, hands.fist(side), 0.6)
    mover.go(arm(side), [line[0]], scene)
    report("touch", 0.45, opening)
    mover.run(arm(side), line, None, 0.25)
    strained = 0

    def watch(commanded: Array) -> bool:
        nonlocal strained
        strained = (
            strained + 1
            if float(np.linalg.norm(given_way(context, side, commanded))) > 0.08
            else 0
        )
        return strained >= 12

    report("push", 0.6, opening)
    with suppress(MotionError):  # What is left of the opening is looked at next.
        drive_path(context, side, haul.path, np.abs(haul.ways - haul.ways[0]), 0.10, watch)
    place_name, _, joint_name = key.partition("/")
    # Until it is looked at, it is where it was pushed to.
    context.openings[place_name][joint_name] = max(0.0, course.opening(float(haul.ways[-1])))
    report("retreat", 0.85)
    back = mover.pose(grasp_frame(side))
    with suppress(PlanningError, MotionError):
        mover.line(
            side, Transform(back.rotation, back.translation + 0.10 * course.out), None, speed=0.25
        )
    step_back(context)
    tuck(context, side)


def _choose(
    context: Context,
    bar: Bar,
    course: Course,
    ways: Array,
    sides: list[str],
    surface: float,
    scene: Scene,
) -> tuple[str, Haul, Array]:
    """Hand, haul and the straight way to where it begins."""
    planner = context.planner
    here = float(ways[0])
    best: tuple[float, str, Haul, Array] | None = None
    out = course.turned(here) @ course.out
    level = course.out.copy()
    level[2] = 0.0
    level /= np.linalg.norm(level)
    there = Bar(bar.middle, level, bar.along, bar.gap, bar.diameter)
    inward = 1.0 if surface > 0.0 else -1.0
    pitches = FROM_INSIDE if inward < 0.0 else FROM_OUTSIDE
    options = nearest_first(context, stances(there, sideways=True), sides, scene)
    for cost, side, palm, base in options:
        if best is not None and 2.0 * MOST_MARGIN - cost < best[0] + SLACK:
            break
        for pitch in pitches:
            x = -math.cos(pitch) * level + math.sin(pitch) * UP
            flat = palm - float(palm @ x) * x
            rotation = hand_rotation(-x, flat / np.linalg.norm(flat), side)
            hand_at = fist_at(course, rotation, side, surface)
            grip = hand_at(here)
            before = Transform(rotation, grip.translation - 0.14 * x + 0.02 * inward * out)
            for seed in context.seeds(side)[1:]:
                q = seed.copy()
                q[:3] = base.x, base.y, base.yaw
                for solution in planner.inverse(
                    arm(side), grasp_frame(side), Target(grip), q, tries=2
                ):
                    haul = follow_course(
                        planner, side, solution.q, ways, hand_at, retreat(course, base, here)
                    )
                    if haul is None or haul.margin < 0.01:
                        continue
                    # Half of the way is better than none: from there it is looked at again.
                    missing = 1.0 - len(haul.ways) / len(ways)
                    if missing > MOST_MISSING:
                        continue
                    score = 2.0 * min(haul.margin, MOST_MARGIN) - cost - 2.0 * missing
                    if best is not None and score <= best[0]:
                        continue
                    line = _way_in(planner, side, solution.q, before, scene)
                    if line is not None:
                        best = (score, side, haul, line)
    if best is None:
        raise PlanningError("unreachable", "from nowhere can the part be pushed all its way")
    return best[1:]


def _way_in(
    planner: Planner, side: str, touching: Array, before: Transform, scene: Scene
) -> Array | None:
    """The straight way to where the fist touches; None when it is not free."""
    joints = arm(side)
    try:
        line = planner.line(joints, grasp_frame(side), touching, Target(before), None)[::-1]
    except PlanningError:
        return None
    if all(planner.collision(joints, q, scene, slim=0.012) is None for q in line):
        return line
    return None
