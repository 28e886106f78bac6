"""Open a side-hinged door: hook its bar, drive the arc about the hinge, let go, go around."""

from __future__ import annotations

import math
from contextlib import suppress

import numpy as np
from hearth_core.frames import SIDES, grasp_frame
from hearth_core.geometry import Pose2
from hearth_core.home.model import Articulation, Place

from hearth_manipulation.core import hands
from hearth_manipulation.core.context import Context, SkillError
from hearth_manipulation.core.doors import (
    Swing,
    is_level,
    ride,
)
from hearth_manipulation.core.gripping import grip_bar, is_narrow, let_go
from hearth_manipulation.core.hauling import given_way
from hearth_manipulation.core.kinematics import Array
from hearth_manipulation.core.learning import learn, refit
from hearth_manipulation.core.leaving import go_around, tuck
from hearth_manipulation.core.looking import find_joint, look_at_door
from hearth_manipulation.core.mover import MotionError
from hearth_manipulation.core.planning import PlanningError
from hearth_manipulation.core.skill_haul import haul_open

STRAINED = 0.055
"""An arm that gives way so far pulls at a stop [m]."""
SPEED = 0.13
"""Of the base along the arc [m/s]."""
SHARES = (1.0, 0.92, 0.85, 0.78, 0.7)
"""Shares of the door's rotation that the base may take, the best first."""
ENOUGH = 1.90
"""Opening that lets the robot reach inside and pass the leaf [rad]."""


def open_door(context: Context, name: str, opening: float, side: str = "") -> float:
    """Open a door to at least ``opening`` [rad] (0: enough to reach inside); returns the opening.

    Raises:
        SkillError: With the reason why not.
        PlanningError: No reach.
        MotionError: The robot was kept from moving.
    """
    place, joint = find_joint(context, name)
    if not math.isfinite(opening) or opening < 0.0:
        raise SkillError("bad_opening", f"opening {opening} is not an angle >= 0", refused=True)
    if side and side not in SIDES:
        raise SkillError("unknown_side", f"no side {side!r}; known: {list(SIDES)}", refused=True)
    if is_level(joint):
        return haul_open(context, place, joint, opening, side)
    wanted = min(opening or ENOUGH, joint.limit - 0.12)
    report = context.report
    report("look", 0.0)
    swing = look_at_door(context, place, joint)
    # Bars that are entered from the side are entered from the leaf's: there is no neighbour.
    side = side or (context.other(swing.hand) if is_narrow(joint) else swing.hand)
    context.free_side(side)
    now = context.openings[place.name][joint.name]
    enough = min(wanted - 0.12, 1.35)
    if now >= enough:
        report("done", 1.0, now)
        return now
    problem = SkillError("handle_lost", f"the handle of {name} slipped from the hand")
    for attempt in range(5):
        if attempt == 4:
            raise problem
        try:
            now, swing = _pull(context, place, joint, swing, now, wanted, side)
        except SkillError as error:
            if error.reason not in {"handle_lost", "no_grip"}:
                raise
            problem = error
        if now >= enough:
            break
        swing = look_at_door(context, place, joint)
        now = context.openings[place.name][joint.name]
    report("go_around", 0.8, now)
    with suppress(MotionError):  # Narrow: then from here.
        context.driver.to(
            context.body.base() @ Pose2(-0.20, 0.14 * swing.sign, 0.0),
            tolerance=0.04,
            turn_tolerance=0.1,
        )
    tuck(context, side)
    with suppress(MotionError):  # The door is open; the rest of the way is navigation's.
        go_around(context, place, joint, swing, now)
    report("done", 1.0, now)
    return now


def _pull(
    context: Context,
    place: Place,
    joint: Articulation,
    swing: Swing,
    opening: float,
    wanted: float,
    side: str,
) -> tuple[float, Swing]:
    """Hook the bar, swing the door and let go; whatever fails, the hand is off the bar after."""
    try:
        swing = grip_bar(context, place, joint, swing, opening, side)
        opening = context.openings[place.name][joint.name]
        context.report("swing", 0.4, opening)
        key = f"{place.name}/{joint.name}"
        trail: list[Array] = []
        if key in context.guessed:
            looks = swing.looks()
            swing, opening = learn(context, key, swing, looks, opening, side, trail)
            for stage in (opening + 0.35, opening + 0.8):
                if stage < wanted:
                    opening = _swing(context, swing, opening, stage, side, trail)
                    swing = refit(context, key, swing, looks, trail)
        opening = _swing(context, swing, opening, wanted, side, trail)
        context.openings[place.name][joint.name] = opening
        context.report("let_go", 0.7, opening)
        let_go(context, side, joint)
    except (SkillError, PlanningError, MotionError):
        with suppress(PlanningError, MotionError):
            let_go(context, side, joint)
            tuck(context, side)
        raise
    return opening, swing


def _swing(
    context: Context,
    swing: Swing,
    opening: float,
    wanted: float,
    side: str,
    trail: list[Array] | None = None,
) -> float:
    """Drive the arc with the bar in the hand; returns the opening reached.

    ``trail`` gets where the bar was on the way.
    """
    mover, body = context.mover, context.body
    tip = grasp_frame(side)
    bar_in_hand = mover.pose(tip).inverse().apply(swing.bar(opening))
    commanded = mover.configuration()
    state = {"lost": 0, "opening": opening, "strained": 0}
    offset = np.zeros(2)

    def now_open() -> float:
        return swing.opening_of(mover.pose(tip).apply(bar_in_hand))

    def watch() -> bool:
        joints = body.joints()
        gone = hands.flexion(side, joints) > hands.empty_flexion(swing.diameter)
        state["lost"] = state["lost"] + 1 if gone else 0
        state["opening"] = max(state["opening"], now_open()) if not gone else state["opening"]
        if trail is not None:
            trail.append(mover.pose(tip).apply(bar_in_hand))
        context.report("swing", 0.4 + 0.3 * min(1.0, state["opening"] / wanted), state["opening"])
        strain = float(np.linalg.norm(given_way(context, side, commanded)))
        state["strained"] = state["strained"] + 1 if strain > STRAINED else 0
        return state["lost"] >= 5 or state["strained"] >= 12

    def correction() -> tuple[float, float]:
        # The arm gives way where the real hinge is not where it was thought to be: follow it
        # along the leaf, so that the hand is neither pulled off the bar nor the arm overloaded.
        felt = given_way(context, side, commanded)
        bar = swing.bar(state["opening"])[:2] - np.array(swing.hinge)
        along = bar / np.linalg.norm(bar)
        offset[:] = np.clip(offset + 0.04 * along * float(felt[:2] @ along), -0.08, 0.08)
        return float(offset[0]), float(offset[1])

    share, reachable = _room(context, swing, opening, wanted + 0.03)
    if reachable - opening < 0.15:
        raise SkillError("no_room", "there is no room to swing the robot around the hinge")
    try:
        context.driver.sweep(
            ride(swing, body.base(), opening, share), opening, reachable,
            speed=SPEED, watch=watch, correction=correction, check=False,
        )  # fmt: skip
    except MotionError as error:
        if state["opening"] < 1.2:
            raise SkillError(error.reason, str(error)) from error
    return state["opening"]


def _room(context: Context, swing: Swing, opening: float, wanted: float) -> tuple[float, float]:
    """Share of the rotation for the base, and how far the door can be swung with it."""
    base = context.body.base()
    points = context.body.obstacles()
    if points is None:
        raise SkillError("no_scan", "no lidar scan: the way cannot be checked")
    half = context.driver.limits.half_length
    world = base.apply(points[~np.all(np.abs(points) < half, axis=1)])
    best = (1.0, opening)
    for share in SHARES:
        pose_at = ride(swing, base, opening, share)
        reachable = opening
        for angle in np.linspace(opening, wanted, 40)[1:]:
            local = pose_at(float(angle)).inverse().apply(world)
            if np.any(np.all(np.abs(local) < half, axis=1)):
                break
            reachable = float(angle)
        if reachable > best[1] + 0.02:
            best = (share, reachable)
        if reachable >= wanted - 1e-6:
            break
    return best
