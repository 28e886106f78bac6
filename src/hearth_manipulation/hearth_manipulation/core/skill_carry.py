"""Bring what is held to where it is carried, upright all the way, and say how far it leaned."""

from __future__ import annotations

import math

import numpy as np
from hearth_core.errors import UnknownNameError
from hearth_core.frames import SIDES, grasp_frame

from hearth_manipulation.core import hands
from hearth_manipulation.core.context import Context, SkillError
from hearth_manipulation.core.kinematics import Array
from hearth_manipulation.core.mover import arm


def carry(context: Context, side: str = "", posture: str = "") -> float:
    """Bring held things to ``posture`` (``carry``); returns how far one leaned [rad].

    Raises:
        SkillError: ``nothing_held``, ``unknown_side``, ``unknown_posture``; ``dropped``: a thing
            is no longer felt.
        PlanningError: No way that keeps it upright: it stays where it is.
        MotionError: The robot was kept from moving.
    """
    if side and side not in SIDES:
        raise SkillError("unknown_side", f"no side {side!r}; known: {list(SIDES)}", refused=True)
    sides = [side] if side else [s for s in SIDES if s in context.held]
    if not sides or any(s not in context.held for s in sides):
        which = f"the {side} hand" if side else "neither hand"
        raise SkillError("nothing_held", f"{which} holds anything", refused=True)
    try:
        goals = {s: context.postures(posture or "carry", arm(s)) for s in sides}
    except UnknownNameError as error:
        raise SkillError("unknown_posture", str(error), refused=True) from error
    worst = 0.0
    for number, holder in enumerate(sides):
        context.report(f"carry_{holder}", number / len(sides))
        worst = max(worst, _bring(context, holder, goals[holder]))
        context.body.pause(0.2)
        if not hands.holds(holder, context.body.joints(), context.body.touch()):
            label = context.held[holder].label
            context.hold(holder, None)
            raise SkillError("dropped", f"{label} is no longer felt in the {holder} hand")
    context.report("done", 1.0)
    return worst


def _bring(context: Context, side: str, goal: dict[str, float]) -> float:
    """Move one arm; returns the farthest lean on its way [rad]."""
    mover = context.mover
    tip = grasp_frame(side)
    up = context.held[side].in_grasp.rotation[:, 2]
    worst = 0.0
    told = mover.on_path

    def lean(q: Array) -> float:
        rotation = context.planner.model.pose(q, tip).rotation
        return math.acos(float(np.clip((rotation @ up)[2], -1.0, 1.0)))

    def watch(path: Array, link: str) -> None:
        nonlocal worst
        worst = max([worst, *(lean(q) for q in path)])
        told(path, link)

    mover.on_path = watch
    try:
        mover.go_named(arm(side), goal, context.scene(things=False), upright=side, speed=0.4)
    finally:
        mover.on_path = told
    return max(worst, lean(mover.configuration()))
