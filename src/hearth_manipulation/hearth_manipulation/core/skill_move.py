"""Bring groups of joints to named postures."""

from __future__ import annotations

import math

from hearth_core.errors import UnknownNameError
from hearth_core.frames import GROUPS, SIDES
from hearth_manipulation.core.context import Context, SkillError

COMPOUND = {
    "both_arms": ("left_arm", "right_arm"),
    "all": ("head", "torso", "left_arm", "right_arm"),
}
DEFAULT_SPEED = 0.5


def move_to(context: Context, group: str, posture: str, speed: float = 0.0) -> None:
    """Move a group (or ``both_arms``, ``all``) to a posture of the SRDF.

    Args:
        context: The robot.
        group: A group of ``hearth_core.frames.GROUPS``, ``both_arms`` or ``all``.
        posture: Name in the SRDF.
        speed: Fraction of the limits; 0: default.

    Raises:
        SkillError: ``unknown_group``, ``unknown_posture``, ``bad_speed`` or ``hand_not_free``.
        PlanningError: No free way.
        MotionError: A controller failed.
    """
    known = [*GROUPS, *COMPOUND]
    if group not in known:
        raise SkillError("unknown_group", f"no group {group!r}; known: {sorted(known)}", refused=True)
    if not math.isfinite(speed) or not 0.0 <= speed <= 1.0:
        raise SkillError("bad_speed", f"speed {speed} is not in 0..1", refused=True)
    groups = COMPOUND.get(group, (group,))
    wanted: dict[str, dict[str, float]] = {}
    for name in groups:
        try:
            values = context.semantics.posture(posture, name if name.endswith("_hand") else None)
        except UnknownNameError as error:
            raise SkillError("unknown_posture", str(error), refused=True) from error
        wanted[name] = {j: v for j, v in values.items() if j in GROUPS[name]}
    if not any(wanted.values()):
        raise SkillError("unknown_posture", f"{posture!r} says nothing about {group}", refused=True)
    for name in groups:
        side = next((s for s in SIDES if name == f"{s}_hand"), None)
        if side is not None and side in context.held:
            holds = context.held[side].label
            raise SkillError("hand_not_free", f"the {side} hand holds {holds}", refused=True)
    rate = speed or DEFAULT_SPEED
    done = 0
    for name, values in wanted.items():
        context.report(name, done / len(wanted))
        done += 1
        if not values:
            continue
        if name.endswith("_hand"):
            context.mover.fingers(name.removesuffix("_hand"), values, 0.8)
        elif name == "head":
            context.mover.straight(tuple(GROUPS[name]), values, rate)
        else:
            side = next((s for s in SIDES if name == f"{s}_arm" and s in context.held), None)
            scene = context.scene(things=False)
            context.mover.go_named(GROUPS[name], values, scene, upright=side, speed=rate)
    context.report("done", 1.0)
