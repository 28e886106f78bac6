"""Close a side-hinged door: push its bar with the fist while the base follows the arc."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress

import numpy as np
from hearth_core.frames import SIDES, grasp_frame
from hearth_core.geometry import Pose2, Transform
from hearth_core.home.model import Articulation, Place

from hearth_manipulation.core import hands
from hearth_manipulation.core.context import Context, SkillError
from hearth_manipulation.core.doors import Swing, is_level
from hearth_manipulation.core.grasps import heading
from hearth_manipulation.core.kinematics import Array
from hearth_manipulation.core.leaving import tuck
from hearth_manipulation.core.looking import find_joint, look_at_door
from hearth_manipulation.core.mover import MotionError, arm
from hearth_manipulation.core.placement import best_reach
from hearth_manipulation.core.skill_haul import haul_shut

FIST = (-0.06, -0.02)
"""Middle of the closed fist in the grasp frame: along x, toward the palm's side [m]."""
FIST_RADIUS = 0.042
"""Of the ball the fist is taken for, in the plane [m]."""
PRESS = 0.012
"""How far the fist's way lies inside the bar: what the arm gives way is the push [m]."""
BEFORE = (0.62, 0.10)
"""Where the fist is held in base_footprint: ahead, toward its own side [m]."""
TURNS = (0.0, 0.25, 0.45, 0.65, 0.85)
"""Turns toward the free edge that are tried, the best first [rad]."""
CLOSED = 0.04
"""Opening that counts as closed [rad]."""
SPEED = 0.12
"""Of the base along its way [m/s]."""


def close_door(context: Context, name: str, side: str = "") -> float:
    """Close a door; returns the opening left [rad].

    Raises:
        SkillError: With the reason why not.
        PlanningError: No reach.
        MotionError: The robot was kept from moving.
    """
    place, joint = find_joint(context, name)
    if side and side not in SIDES:
        raise SkillError("unknown_side", f"no side {side!r}; known: {list(SIDES)}", refused=True)
    report = context.report
    context.free_side(side)
    if is_level(joint):
        return haul_shut(context, place, joint, side)
    report("look", 0.0)
    opening = math.inf
    for _attempt in range(3):
        swing = look_at_door(context, place, joint)
        opening = context.openings[place.name][joint.name]
        report("look", 0.05, opening)
        if opening < CLOSED:
            break
        _push(context, place, joint, swing, opening, _hand(context, swing, side))
    else:
        look_at_door(context, place, joint)
        opening = context.openings[place.name][joint.name]
    if opening >= CLOSED:
        raise SkillError("not_closed", f"{name} still stands open {opening:.2f} rad")
    context.openings[place.name][joint.name] = 0.0
    report("done", 1.0, opening)
    return opening


def _hand(context: Context, swing: Swing, side: str) -> str:
    """The asked one, else the one on the hinge's side if it is free: the leaf passes its palm."""
    if side:
        return context.free_side(side)
    hinge_side = context.other(swing.hand)
    return hinge_side if hinge_side not in context.held else context.free_side()


def _ways(
    swing: Swing, side: str, turn: float
) -> tuple[Callable[[float], Array], Callable[[float], Pose2]]:
    """Where the fist's middle and the base are for each opening (odom).

    Args:
        swing: The door.
        side: Hand.
        turn: How far the robot is turned toward the free edge [rad]: the base stands nearer to
            the hinge then.
    """
    yaw = swing.facing + math.pi + swing.sign * turn
    lateral = BEFORE[1] if side == "left" else -BEFORE[1]

    def fist(opening: float) -> Array:
        frame = swing.frame(opening)
        normal = np.array([math.cos(frame.yaw), math.sin(frame.yaw)])
        reach = FIST_RADIUS + 0.011 - PRESS
        return np.asarray(swing.bar(opening)[:2] + reach * normal)

    def base(opening: float) -> Pose2:
        x, y = fist(opening)
        return Pose2(float(x), float(y), yaw) @ Pose2(-BEFORE[0], -lateral, 0.0)

    return fist, base


def _turn(context: Context, swing: Swing, side: str, opening: float) -> float:
    """The turn with which the base has room all the way, by the newest scan."""
    points = context.body.obstacles()
    if points is None:
        raise SkillError("no_scan", "no lidar scan: the way cannot be checked")
    half = context.driver.limits.half_length
    world = context.body.base().apply(points[~np.all(np.abs(points) < half, axis=1)])
    blocked = []
    for turn in TURNS:
        _, base_at = _ways(swing, side, turn)
        count = 0
        for angle in np.linspace(opening, 0.0, 25):
            local = base_at(float(angle)).inverse().apply(world)
            count += bool(np.any(np.all(np.abs(local) < half, axis=1)))
        if count == 0:
            return turn
        blocked.append(count)
    return TURNS[int(np.argmin(blocked))]


def _push(
    context: Context, place: Place, joint: Articulation, swing: Swing, opening: float, side: str
) -> None:
    mover, driver, report = context.mover, context.driver, context.report
    _, base_at = _ways(swing, side, _turn(context, swing, side, opening))
    frame = swing.frame(opening)
    normal = np.array([math.cos(frame.yaw), math.sin(frame.yaw)])
    own = 1.0 if side == "left" else -1.0
    start = base_at(opening)
    clear = Pose2(start.x + 0.08 * float(normal[0]), start.y + 0.08 * float(normal[1]), start.yaw)
    back = clear @ Pose2(-0.42, 0.0, 0.0)
    report("approach", 0.15, opening)
    _get_to(context, swing, opening, back)
    report("reach", 0.3, opening)
    mover.fingers(side, hands.fist(side), 0.6)
    palm = 1.0 if side == "right" else -1.0
    in_base = Transform(np.eye(3), np.array([BEFORE[0], own * BEFORE[1], swing.height]))
    now = context.body.base()
    here = now.lift() @ in_base
    chains = []
    for turn in (0.0, 0.25, -0.25, 0.5, -0.5):
        # Turned inward the forearm keeps clear of the leaf's edge, outward the elbow of the chest.
        level = heading(now.yaw + own * turn)
        at = here.translation - level @ np.array([FIST[0], palm * FIST[1], 0.0])
        chains.append(([Transform(level, at)], -0.2 * abs(turn)))
    scene = context.scene(things=False)
    reach = best_reach(
        context.planner, side, chains, mover.configuration(), scene, [now],
        lambda _b: True, seeds=context.seeds(side),
    )  # fmt: skip
    mover.go(arm(side), [reach.path[0]], scene)
    report("touch", 0.45, opening)
    driver.to(clear, tolerance=0.02, turn_tolerance=0.03)
    tip = grasp_frame(side)
    commanded = reach.path[0]
    state = {"stuck": 0}

    def watch() -> bool:
        q = mover.configuration()
        rigid = commanded.copy()
        rigid[:3] = q[:3]
        model = context.planner.model
        given_way = float(
            np.linalg.norm(model.pose(q, tip).translation - model.pose(rigid, tip).translation)
        )
        state["stuck"] = state["stuck"] + 1 if given_way > 0.05 else 0
        report("push", 0.6, max(0.0, swing.opening_of(model.pose(q, tip).translation)))
        return state["stuck"] > 8

    report("push", 0.5, opening)
    with suppress(MotionError):  # What is left of the opening is looked at next.
        driver.sweep(base_at, opening, 0.0, speed=SPEED, watch=watch, check=False, patience=4.0)
    report("retreat", 0.85)
    with suppress(MotionError):  # In a narrow kitchen the arm is tucked from where it gets to.
        driver.to(driver.body.base() @ Pose2(-0.40, 0.0, 0.0), tolerance=0.04, turn_tolerance=0.1)
    context.openings[place.name][joint.name] = 0.0
    tuck(context, side)


def _get_to(context: Context, swing: Swing, opening: float, goal: Pose2) -> None:
    """Drive to a pose before the open leaf without touching it."""
    driver = context.driver
    here = driver.body.base()
    out = np.array([math.cos(swing.facing), math.sin(swing.facing)])
    edge = swing.edge(opening)
    # Stay beyond the leaf's edge while passing it.
    far = max(float((edge - np.array(swing.hinge)) @ out) + 0.62, 0.62)

    for pose in (here, goal):
        depth = float((np.array([pose.x, pose.y]) - np.array(swing.hinge)) @ out)
        if depth < far:
            shift = far - depth
            beyond = Pose2(pose.x + shift * out[0], pose.y + shift * out[1], pose.yaw)
            driver.to(beyond, tolerance=0.06, turn_tolerance=0.15, speed=2.0)
    driver.to(goal, tolerance=0.02, turn_tolerance=0.03, speed=2.0)
