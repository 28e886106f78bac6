"""Bring groups of joints to named postures."""

from __future__ import annotations

import math

import numpy as np
from hearth_core.errors import UnknownNameError
from hearth_core.frames import GROUPS, HEAD_JOINTS, SIDES, TORSO_JOINTS

from hearth_manipulation.core.context import Context, SkillError
from hearth_manipulation.core.mover import arm

PARTS: dict[str, tuple[str, ...]] = {
    "left_arm": ("left_arm",),
    "right_arm": ("right_arm",),
    "both_arms": ("right_arm", "left_arm"),
    "torso": ("torso",),
    "head": ("head",),
    "left_hand": ("left_hand",),
    "right_hand": ("right_hand",),
    "all": ("torso", "right_arm", "left_arm", "head"),
}
"""What each name of a group moves, in order."""
THERE = 0.02
"""Joints nearer than this to the posture are there [rad]."""


def move_to(context: Context, group: str, posture: str, speed: float = 0.0) -> None:
    """Move ``group`` to ``posture``; ``speed`` is a fraction of the limits, 0 the default.

    Raises:
        SkillError: ``unknown_group``, ``unknown_posture`` or ``bad_speed``; nothing moved.
        PlanningError: No way there.
        MotionError: The robot was kept from moving.
    """
    if group not in PARTS:
        known = sorted(PARTS)
        raise SkillError("unknown_group", f"no group {group!r}; known: {known}", refused=True)
    if not (math.isfinite(speed) and 0.0 <= speed <= 1.0):
        raise SkillError("bad_speed", f"speed {speed}: possible are 0 to 1", refused=True)
    try:
        values = context.semantics.posture(posture)
    except UnknownNameError as error:
        raise SkillError("unknown_posture", str(error), refused=True) from error
    wanted = [part for part in PARTS[group] if any(joint in values for joint in GROUPS[part])]
    if not wanted:
        raise SkillError(
            "unknown_posture", f"posture {posture!r} says nothing about {group}", refused=True
        )
    for number, part in enumerate(wanted):
        context.report(part, number / len(wanted))
        _move(context, part, values, speed or None)


def _move(context: Context, part: str, values: dict[str, float], speed: float | None) -> None:
    mover = context.mover
    now = context.body.joints()
    goal = {joint: values[joint] for joint in GROUPS[part] if joint in values}
    if all(abs(now[joint] - value) < THERE for joint, value in goal.items()):
        return
    if part.endswith("_hand"):
        mover.fingers(part.removesuffix("_hand"), goal)
        return
    if part == "head":
        start = mover.configuration()
        end = start.copy()
        for joint, value in goal.items():
            end[mover.planner.model.dof(joint)] = value
        mover.run(HEAD_JOINTS, np.array([start, end]), None, speed)
        return
    if part == "torso":
        mover.go_named(TORSO_JOINTS, goal, context.scene(things=False), speed=speed)
        return
    side = next(side for side in SIDES if part.startswith(side))
    upright = side if side in context.held else None
    joints = arm(side, torso=False)
    scene = context.scene(things=False)
    mover.go_named(joints, goal, scene, upright=upright, speed=speed)
