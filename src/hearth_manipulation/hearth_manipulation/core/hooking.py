"""Hook a bar from the side: bent fingers go in beside it, feel the face, slide behind it, close.

Works where the gap behind the bar is hardly wider than a finger, whichever way the bar runs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from hearth_core.frames import grasp_frame
from hearth_core.geometry import Transform

from hearth_manipulation.core import hands
from hearth_manipulation.core.context import Context, SkillError
from hearth_manipulation.core.kinematics import Array
from hearth_manipulation.core.mover import MotionError, arm
from hearth_manipulation.core.planning import PlanningError, Target

BENT = 0.8
"""Flexion at which the last phalanx stands across the hand [rad]."""
BACK = 0.014
"""Of a finger so bent, along the grasp frame's x [m]."""
LAST = 0.005
"""Middle of the last phalanx, along the grasp frame's x [m]."""
BESIDE = 0.066
"""The bar beside the fingertips, to the palm's side [m]."""
BEHIND = -0.014
"""The bar when the fingers are behind it, to the palm's side [m]."""
AWAY = 0.09
"""Where the hand begins, before the bar [m]."""
FEELS = 1.5
"""Fingertip force that is the face [N]."""
DEEPER = 0.014
"""How much farther than to the middle of the gap the fingers feel for the face [m]."""
OFF_FACE = 0.004
"""Air left between fingers and face [m]."""


@dataclass(frozen=True, eq=False)
class Bar:
    """A bar to hook, in odom."""

    middle: Array
    """[m]."""
    out: Array
    """Unit, out of the face behind it."""
    along: Array
    """Unit, along it."""
    gap: float
    """Free width between bar and face [m]."""
    diameter: float
    """[m]."""


def hand_rotation(out: Array, palm: Array, side: str) -> Array:
    """Grasp frame whose x goes against ``out`` and whose palm faces along ``palm``."""
    x = -np.asarray(out, float)
    y = np.asarray(palm, float) if side == "right" else -np.asarray(palm, float)
    return np.stack([x, y, np.cross(x, y)], axis=1)


def holding(bar: Bar, rotation: Array, side: str, ahead: float, across: float) -> Transform:
    """Grasp frame with the bar at ``ahead`` along x and ``across`` to the palm's side [m]."""
    palm = 1.0 if side == "right" else -1.0
    return Transform(rotation, bar.middle - rotation @ np.array([ahead, palm * across, 0.0]))


def middle_of_gap(bar: Bar) -> float:
    """Where the bar is along the grasp frame's x with the fingers amid the gap [m]."""
    return LAST - 0.5 * bar.diameter - 0.5 * bar.gap


def hook_steps(bar: Bar, rotation: Array, side: str) -> list[Transform]:
    """Before the bar, beside it, and with the fingers behind it."""
    ahead = middle_of_gap(bar)
    return [
        holding(bar, rotation, side, ahead + AWAY, BESIDE),
        holding(bar, rotation, side, ahead, BESIDE),
        holding(bar, rotation, side, ahead, BEHIND),
    ]


def guarded(
    context: Context, side: str, target: Transform, until: Callable[[], bool], speed: float
) -> bool:
    """Move the hand along a line until ``until`` says so; returns whether it did.

    Raises:
        PlanningError: The line leaves the reach.
        MotionError: A controller failed, or ``path_blocked``: somebody is in the way.
    """
    mover = context.mover
    joints = arm(side)
    path = mover.planner.line(
        joints, grasp_frame(side), mover.configuration(), Target(target), None
    )
    trajectory = mover.planner.timed(joints, path, None, speed)
    return mover.execute(joints, trajectory, path, None, until=until)


def hook_bar(context: Context, side: str, bar: Bar, rotation: Array) -> None:
    """From before the bar to holding it; the hand stands at the first of :func:`hook_steps`.

    Raises:
        SkillError: ``no_grip``: the fingers closed on nothing; the hand is off the bar again.
        PlanningError: A line leaves the reach.
        MotionError: A controller failed.
    """
    mover = context.mover
    tips = [f"{side}_{finger}_tip_link" for finger in hands.FINGERS]

    def touches() -> bool:
        touch = context.body.touch()
        return any(touch.get(tip, 0.0) > FEELS for tip in tips)

    ahead = middle_of_gap(bar)
    mover.fingers(side, hands.hook(side, BENT), 0.5)
    felt = guarded(
        context, side, holding(bar, rotation, side, ahead - DEEPER, BESIDE), touches, 0.12
    )
    context.body.pause(0.1)
    here = mover.pose(grasp_frame(side))
    if felt:
        back = here.translation - OFF_FACE * rotation[:, 0]
    else:
        back = holding(bar, rotation, side, ahead, BESIDE).translation
    mover.line(side, Transform(rotation, back), None, speed=0.12)
    palm = rotation[:, 1] if side == "right" else -rotation[:, 1]
    slid = Transform(rotation, back + (BESIDE - BEHIND) * palm)
    mover.line(side, slid, None, speed=0.15)
    mover.fingers(side, hands.hook(side), 0.6)
    context.body.pause(0.2)
    if not hooked(context, side, bar):
        leave_bar(context, side)
        raise SkillError("no_grip", "the fingers closed on nothing")


def hooked(context: Context, side: str, bar: Bar) -> bool:
    """Whether the fingers are closed around a bar: it keeps them from closing wholly."""
    bent = hands.flexion(side, context.body.joints())
    return bent < hands.empty_flexion(bar.diameter)


def leave_bar(context: Context, side: str) -> None:
    """Open the fingers as far as they went in, slide out beside the bar and back."""
    mover = context.mover
    mover.fingers(side, hands.hook(side, BENT), 0.5)
    here = mover.pose(grasp_frame(side))
    palm = here.rotation[:, 1] if side == "right" else -here.rotation[:, 1]
    beside = Transform(here.rotation, here.translation - (BESIDE - BEHIND + 0.01) * palm)
    try:
        mover.line(side, beside, None, speed=0.2)
    except (PlanningError, MotionError):
        # No room aside: stretched fingers come out straight.
        mover.fingers(side, hands.reach_behind(side), 0.8)
        beside = here
    out = Transform(here.rotation, beside.translation - 0.12 * here.rotation[:, 0])
    mover.line(side, out, None, speed=0.25)
