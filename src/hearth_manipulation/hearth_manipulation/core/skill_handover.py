"""Give a thing to a person, or take one: hold out a hand, feel the person, let go or close."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress

import numpy as np
from hearth_core.frames import grasp_frame
from hearth_core.geometry import Transform

from hearth_manipulation.core import hands
from hearth_manipulation.core.context import Context, Held, SkillError
from hearth_manipulation.core.grasps import heading
from hearth_manipulation.core.leaving import tuck
from hearth_manipulation.core.mover import MotionError, arm
from hearth_manipulation.core.placement import best_reach
from hearth_manipulation.core.planning import PlanningError

MEET = (0.62, 0.16, 1.00)
"""Where hands meet in base_footprint: ahead, to the hand's side, up [m]."""
NEAREST, FARTHEST = 0.35, 0.9
"""Meeting points nearer or farther than this are refused [m]."""
PATIENCE = 20.0
"""How long a person is waited for [s]."""
PULLED = 0.008
"""The hand displaced by this much, beyond how it hangs: somebody pulls [m]."""
LASTS = 6
"""Looks in a row that must agree: a bump is no pull."""
PERIOD = 0.05
"""Between two looks [s]."""
GIVEN_SIZE = np.array([0.06, 0.06, 0.10])
"""What was taken is planned with as this until it is seen [m]."""


def give(
    context: Context, side: str = "", meet: np.ndarray | None = None, timeout: float = 0.0
) -> str:
    """Hold out what a hand holds and let go when it is pulled; returns the hand.

    Args:
        context: The robot.
        side: Hand; empty when only one holds something.
        meet: Where hands meet in odom [m]; None: before the robot.
        timeout: How long the person is waited for [s]; 0: the default.

    Raises:
        SkillError: ``nothing_held``, ``which_hand``, ``too_far``; ``not_taken``: nobody pulled,
            the thing is held still; ``dropped``: it was no longer felt though nobody pulled.
        PlanningError: No reach.
        MotionError: The robot was kept from moving.
    """
    wait = _patience(timeout)
    side = context.holding_side(side)
    mover, body, report = context.mover, context.body, context.report
    _hold_out(context, side, meet, upright=True)
    rest = mover.pose(grasp_frame(side)).translation
    report("wait", 0.5)

    def pulled() -> bool:
        away = float(np.linalg.norm(mover.pose(grasp_frame(side)).translation - rest))
        return away > PULLED

    taken = _until(context, pulled, wait)
    gone = not hands.holds(side, body.joints(), body.touch())
    if not taken and not gone:
        with suppress(PlanningError, MotionError):
            tuck(context, side)
        raise SkillError("not_taken", f"nobody took it within {wait:.0f} s; it is held still")
    report("let_go", 0.7)
    mover.fingers(side, hands.preshape(side, wide=True), 0.5)
    context.hold(side, None)
    body.pause(0.5)
    _retract(context, side)
    if gone and not taken:
        raise SkillError("dropped", "it was no longer felt though nobody was felt to take it")
    return side


def take(
    context: Context,
    label: str = "",
    side: str = "",
    meet: np.ndarray | None = None,
    timeout: float = 0.0,
) -> str:
    """Hold out an open hand and close it on what is put in; returns the hand.

    Args:
        context: The robot.
        label: What it is, if that is known.
        side: Hand; empty: one that is free.
        meet: Where hands meet in odom [m]; None: before the robot.
        timeout: How long the person is waited for [s]; 0: the default.

    Raises:
        SkillError: ``hand_not_free``, ``too_far``; ``not_given``: nothing was put in.
        PlanningError: No reach.
        MotionError: The robot was kept from moving.
    """
    wait = _patience(timeout)
    side = context.free_side(side)
    mover, body, report = context.mover, context.body, context.report
    _hold_out(context, side, meet, upright=False)
    mover.fingers(side, hands.preshape(side, wide=True), 0.6)
    report("wait", 0.5)
    tips = [f"{side}_{finger}_tip_link" for finger in (*hands.FINGERS, "thumb")]
    for _attempt in range(3):

        def touched() -> bool:
            touch = body.touch()
            return any(touch.get(tip, 0.0) > hands.FELT for tip in tips)

        if not _until(context, touched, wait):
            break
        report("close", 0.7)
        mover.fingers(side, hands.squeeze(side, 0.06), 0.9)
        body.pause(0.3)
        if hands.holds(side, body.joints(), body.touch()):
            name = label or "thing"
            context.hold(side, Held(name, name, GIVEN_SIZE, "box", Transform.identity()))
            with suppress(PlanningError, MotionError):
                tuck(context, side)
            return side
        mover.fingers(side, hands.preshape(side, wide=True), 0.6)
    with suppress(PlanningError, MotionError):
        tuck(context, side)
    raise SkillError("not_given", f"nothing was put into the {side} hand within {wait:.0f} s")


def _patience(timeout: float) -> float:
    if not (math.isfinite(timeout) and 0.0 <= timeout <= 600.0):
        raise SkillError(
            "bad_timeout", f"timeout {timeout} s: possible are 0 to 600", refused=True
        )
    return timeout or PATIENCE


def _hold_out(context: Context, side: str, meet: np.ndarray | None, *, upright: bool) -> None:
    """The hand to where hands meet, level; what it holds upright."""
    base = context.body.base()
    own = 1.0 if side == "left" else -1.0
    if meet is None:
        local = np.array([MEET[0], own * MEET[1], MEET[2]])
        meet = base.lift().apply(local)
    meet = np.asarray(meet, float)
    away = math.hypot(meet[0] - base.x, meet[1] - base.y)
    if not (np.all(np.isfinite(meet)) and NEAREST <= away <= FARTHEST):
        raise SkillError(
            "too_far",
            f"the meeting point is {away:.2f} m away: possible are {NEAREST} to {FARTHEST}",
            refused=True,
        )
    context.report("look", 0.0)
    context.eyes.look(meet)
    context.report("reach", 0.2)
    scene = context.scene(things=False)
    bearing = math.atan2(meet[1] - base.y, meet[0] - base.x)
    chains = [
        ([Transform(heading(bearing + turn), meet)], -0.1 * abs(turn))
        for turn in (0.0, own * -0.4, own * 0.4, own * -0.8)
    ]
    reach = best_reach(
        context.planner, side, chains, context.mover.configuration(), scene, [base],
        lambda _b: True, seeds=context.seeds(side),
    )  # fmt: skip
    context.mover.go(
        arm(side), [reach.path[0]], scene, upright=side if upright else None, speed=0.3
    )
    context.body.pause(0.5)


def _until(context: Context, said: Callable[[], bool], seconds: float) -> bool:
    """Wait until something holds for a while; False when it did not in ``seconds``."""
    end = context.body.now() + seconds
    count = 0
    while context.body.now() < end:
        count = count + 1 if said() else 0
        if count >= LASTS:
            return True
        context.body.pause(PERIOD)
    return False


def _retract(context: Context, side: str) -> None:
    """Straight back from the person's hand, then tucked."""
    mover = context.mover
    here = mover.pose(grasp_frame(side))
    back = here @ Transform(np.eye(3), np.array([-0.12, 0.0, 0.0]))
    with suppress(PlanningError, MotionError):
        mover.line(side, back, None, speed=0.2)
    with suppress(PlanningError, MotionError):
        tuck(context, side)
