"""Where to stand and how to hold a level bar so that all its way can be followed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from hearth_core.frames import SIDES, grasp_frame
from hearth_core.geometry import Pose2, Transform

from hearth_manipulation.core.context import Context
from hearth_manipulation.core.courses import Course
from hearth_manipulation.core.hauling import plan_haul
from hearth_manipulation.core.hooking import Bar, hand_rotation, hook_steps
from hearth_manipulation.core.kinematics import Array
from hearth_manipulation.core.mover import arm
from hearth_manipulation.core.planning import Planner, PlanningError, Target
from hearth_manipulation.core.scene import Scene

UP = np.array([0.0, 0.0, 1.0])
MOST_MARGIN = 0.15
"""A configuration this far from all joint limits is far enough."""
FROM_ABOVE = 0.15
"""Score of a palm from above: it presses a flap down where fingers would slip off its bar."""
SLACK = 0.08
"""How much better a stance could be that is not searched for."""


@dataclass(frozen=True, eq=False)
class Stance:
    """Where to stand and how to hold a bar."""

    side: str
    base: Pose2
    rotation: Array
    """Of the grasp frame on the bar."""
    path: Array
    """Configurations: before the bar, beside it, behind it."""
    score: float


def stances(bar: Bar, *, sideways: bool = False) -> Iterator[tuple[str, Array, Pose2]]:
    """Hands, palms (also ``sideways``) and base poses to try, the likeliest first."""
    yaw = math.atan2(-bar.out[1], -bar.out[0])
    for turn in (0.0, 0.35, -0.35):
        for ahead in (0.62, 0.55, 0.70, 0.48):
            for aside in (0.12, 0.22, 0.02, 0.3):
                for side in SIDES:
                    own = -1.0 if side == "left" else 1.0
                    x, y = bar.middle[:2]
                    base = Pose2(float(x), float(y), yaw + own * turn) @ Pose2(
                        -ahead, own * aside, 0.0
                    )
                    for palm in (-UP, UP):
                        yield side, palm, base
                    if sideways:
                        yield side, own * np.cross(bar.out, UP) * -1.0, base


def nearest_first(
    context: Context,
    options: Iterable[tuple[str, Array, Pose2]],
    sides: Sequence[str],
    scene: Scene,
) -> list[tuple[float, str, Array, Pose2]]:
    """Of hands, palms and bases those that are free and may stand there, with what it costs."""
    now = context.body.base()
    stands = context.may_stand(scene)
    allowed: dict[tuple[float, float, float], bool] = {}
    found = []
    for side, palm, base in options:
        if side not in sides:
            continue
        spot = (round(base.x, 4), round(base.y, 4), round(base.yaw, 4))
        if spot not in allowed:
            allowed[spot] = stands(base)
        if allowed[spot]:
            found.append((0.5 * base.distance(now), side, palm, base))
    return sorted(found, key=lambda option: option[0])


def choose_stance(
    context: Context, bar: Bar, course: Course, ways: Array, sides: list[str], scene: Scene
) -> Stance:
    """A stance from which the bar is hooked and all of the course can be followed.

    Raises:
        PlanningError: ``unreachable``.
    """
    planner = context.planner
    best: Stance | None = None
    for cost, side, palm, base in nearest_first(context, stances(bar), sides, scene):
        if best is not None and 2.0 * MOST_MARGIN + FROM_ABOVE - cost < best.score + SLACK:
            break
        level = palm - float(palm @ bar.out) * bar.out
        rotation = hand_rotation(bar.out, level / np.linalg.norm(level), side)
        steps = hook_steps(bar, rotation, side)
        for seed in context.seeds(side)[1:]:
            q = seed.copy()
            q[:3] = base.x, base.y, base.yaw
            for solution in planner.inverse(
                arm(side), grasp_frame(side), Target(steps[2]), q, tries=3
            ):
                haul = plan_haul(context, side, course, solution.q, steps[2], ways, (1.0,))
                if haul is None or not haul.whole or haul.margin < 0.01:
                    continue
                margin = min(haul.margin, MOST_MARGIN)
                score = 2.0 * margin - cost - FROM_ABOVE * float(palm @ UP)
                if best is not None and score <= best.score:
                    continue
                path = _way_in(planner, side, solution.q, steps, scene)
                if path is not None:
                    best = Stance(side, base, rotation, path, score)
    if best is None:
        raise PlanningError("unreachable", "from nowhere can the bar be held all its way")
    return best


def _way_in(
    planner: Planner, side: str, behind: Array, steps: list[Transform], scene: Scene
) -> Array | None:
    """From behind the bar back to before it: configurations in the order they are gone."""
    joints, tip = arm(side), grasp_frame(side)
    try:
        out = planner.line(joints, tip, behind, Target(steps[1]), None)
        away = planner.line(joints, tip, out[-1], Target(steps[0]), None)
    except PlanningError:
        return None
    if planner.collision(joints, away[-1], scene) is not None:
        return None
    return np.array([away[-1], out[-1], behind])


def stand_here(context: Context, bar: Bar, side: str, stance: Stance, scene: Scene) -> Stance:
    """The same stance from where the robot really stands, for the bar as seen from there."""
    planner, base = context.planner, context.body.base()
    joints, tip = arm(side), grasp_frame(side)
    palm = stance.rotation[:, 1] if side == "right" else -stance.rotation[:, 1]
    level = palm - float(palm @ bar.out) * bar.out
    rotation = hand_rotation(bar.out, level / np.linalg.norm(level), side)
    steps = hook_steps(bar, rotation, side)
    q = stance.path[2].copy()
    q[:3] = base.x, base.y, base.yaw
    for solution in planner.inverse(joints, tip, Target(steps[2]), q, tries=4):
        path = _way_in(planner, side, solution.q, steps, scene)
        if path is not None:
            return Stance(side, base, rotation, path, stance.score)
    raise PlanningError("unreachable", "the bar cannot be held from where the robot stands")
