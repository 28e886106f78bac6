"""Press a button with a stretched index finger: up to it, until it is felt, in, and back."""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from hearth_core.frames import SIDES, grasp_frame
from hearth_core.geometry import Transform

from hearth_manipulation.core import hands
from hearth_manipulation.core.context import Context, SkillError
from hearth_manipulation.core.hooking import guarded
from hearth_manipulation.core.leaving import tuck
from hearth_manipulation.core.mover import MotionError, arm
from hearth_manipulation.core.placement import Reach, best_reach, offsets
from hearth_manipulation.core.planning import PlanningError

FINGERTIP = (0.075, -0.053, 0.033)
"""End of the stretched index finger in the grasp frame: x, to the palm's side, z [m]."""
BEFORE, FAR_SIDE = 0.08, 0.03
"""Where the fingertip begins before the button, and how far behind it is felt for [m]."""
TRAVEL, MOST_TRAVEL = 0.004, 0.02
"""How far a button is pushed in by default, and at most [m]."""
FEELS = 1.0
"""Fingertip force that is the button [N]."""
STEP = 0.30
"""Farthest the base goes by itself [m]."""


@dataclass(frozen=True)
class Pressed:
    """What came of it."""

    felt: bool
    travel: float
    """How far the fingertip went in after it felt the button [m]."""


def press(context: Context, button: Transform, travel: float = 0.0, side: str = "") -> Pressed:
    """Press a button; returns how far it was pushed in.

    Args:
        context: The robot.
        button: Its middle in odom, x out of the face.
        travel: How far in once felt [m]; 0: a few millimetres.
        side: Hand; empty: any that is free.

    Raises:
        SkillError: ``bad_pose``, ``bad_travel``, ``not_felt``, or no free hand.
        PlanningError: No reach.
        MotionError: The robot was kept from moving.
    """
    if not np.all(np.isfinite(button.matrix())):
        raise SkillError("bad_pose", "the button's pose is not finite", refused=True)
    if not (math.isfinite(travel) and 0.0 <= travel <= MOST_TRAVEL):
        raise SkillError(
            "bad_travel", f"travel {travel} m: possible are 0 to {MOST_TRAVEL}", refused=True
        )
    sides = [context.free_side(side)] if side else [s for s in SIDES if s not in context.held]
    if not sides:
        context.free_side()
    report, mover = context.report, context.mover
    report("look", 0.0)
    context.eyes.look(button.translation)
    report("plan", 0.1)
    side, reach = _choose(context, sides, button)
    report("approach", 0.2)
    if reach.base.distance(context.body.base()) > 0.01:
        context.driver.to(reach.base)
        side, reach = _choose(context, [side], button, stay=True)
    report("reach", 0.4)
    mover.fingers(side, hands.point(side), 0.6)
    mover.go(arm(side), [reach.path[0]], context.scene())
    try:
        return _push(context, side, button, travel or TRAVEL)
    finally:
        report("retreat", 0.85)
        with suppress(PlanningError, MotionError):
            here = mover.pose(grasp_frame(side))
            away = Transform(here.rotation, here.translation + BEFORE * button.rotation[:, 0])
            mover.line(side, away, None, speed=0.25)
        with suppress(PlanningError, MotionError):
            tuck(context, side)


def _push(context: Context, side: str, button: Transform, travel: float) -> Pressed:
    mover, report = context.mover, context.report
    tip = f"{side}_index_tip_link"
    out = button.rotation[:, 0]
    start = mover.pose(grasp_frame(side))

    def touches() -> bool:
        return context.body.touch().get(tip, 0.0) > FEELS

    report("feel", 0.6)
    end = Transform(start.rotation, start.translation - (BEFORE + FAR_SIDE) * out)
    if not guarded(context, side, end, touches, 0.06):
        raise SkillError("not_felt", "nothing was felt where the button was said to be")
    report("press", 0.75)
    met = mover.pose(grasp_frame(side))
    pushed = Transform(met.rotation, met.translation - travel * out)
    try:
        mover.line(side, pushed, None, speed=0.06)
    except MotionError as error:  # A button at its stop keeps the arm from going on.
        if error.reason == "path_blocked":
            raise
    context.body.pause(0.15)
    went = float((met.translation - mover.pose(grasp_frame(side)).translation) @ out)
    return Pressed(True, max(0.0, went))


def _choose(
    context: Context, sides: list[str], button: Transform, *, stay: bool = False
) -> tuple[str, Reach]:
    """Hand, stand and way to the button."""
    scene = context.scene()
    stands = context.may_stand(scene)
    base = context.body.base()
    bases = [base] if stay else [base @ offset for offset in offsets(STEP, 0.2)]
    best: tuple[str, Reach] | None = None
    problem: PlanningError | None = None
    for side in sides:
        palm = 1.0 if side == "right" else -1.0
        finger = np.array([FINGERTIP[0], palm * FINGERTIP[1], FINGERTIP[2]])
        chains = []
        for roll in (0.0, palm * 0.5, palm * 1.0, palm * 1.57):
            rotation = _toward(button.rotation[:, 0], roll)
            at = button.translation - rotation @ finger
            poses = [
                Transform(rotation, at + way * button.rotation[:, 0])
                for way in (BEFORE, 0.01, -0.01)
            ]
            chains.append((poses, -0.05 * abs(roll)))
        try:
            reach = best_reach(
                context.planner, side, chains, context.mover.configuration(), scene, bases,
                (lambda _b: True) if stay else stands, seeds=context.seeds(side),
                soft=[False, True, True],
            )  # fmt: skip
        except PlanningError as error:
            problem = error
            continue
        if best is None or reach.score > best[1].score:
            best = side, reach
    if best is None:
        assert problem is not None
        raise problem
    return best


def _toward(out: np.ndarray, roll: float) -> np.ndarray:
    """Rotation whose x goes against ``out``, level at ``roll`` 0 and turned about x by it."""
    x = -np.asarray(out, float) / np.linalg.norm(out)
    up = np.array([0.0, 0.0, 1.0]) if abs(x[2]) < 0.9 else np.array([1.0, 0.0, 0.0])
    y = np.cross(up, x)
    y /= np.linalg.norm(y)
    z = np.cross(x, y)
    c, s = math.cos(roll), math.sin(roll)
    return np.stack([x, c * y + s * z, c * z - s * y], axis=1)
