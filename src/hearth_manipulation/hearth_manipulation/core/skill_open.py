"""Open a side-hinged door: hook its bar, drive the arc about the hinge, let go, go around."""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import replace

import numpy as np
from hearth_core.frames import SIDES, grasp_frame
from hearth_core.geometry import Pose2, Transform
from hearth_core.home.model import Articulation, Place

from hearth_manipulation.core import hands
from hearth_manipulation.core.context import Context, SkillError
from hearth_manipulation.core.courses import fit_course
from hearth_manipulation.core.doors import (
    Swing,
    hook_pose,
    is_level,
    place_from_door,
    ride,
)
from hearth_manipulation.core.furniture import moved
from hearth_manipulation.core.kinematics import Array
from hearth_manipulation.core.leaving import go_around, tuck
from hearth_manipulation.core.mover import MotionError, arm
from hearth_manipulation.core.placement import Reach, best_reach
from hearth_manipulation.core.planning import PlanningError
from hearth_manipulation.core.scene import Scene
from hearth_manipulation.core.skill_haul import haul_open

AHEAD, ACROSS = 0.024, -0.008
"""Where the bar stands in the grasp frame before the fingers close [m]."""
FINGERTIPS = 0.079
"""Farthest ahead in the grasp frame that straight fingers reach, with a little air [m]."""
LEARN = 0.10
"""How far a part of unknown axis is pulled straight [m]."""
STRAINED = 0.055
"""An arm that gives way so far pulls at a stop [m]."""
SINK = 0.040
"""How much nearer the hand goes once the fingers are behind the bar [m]."""
SPEED = 0.13
"""Of the base along the arc [m/s]."""
SHARES = (1.0, 0.92, 0.85, 0.78, 0.7)
"""Shares of the door's rotation that the base may take, the best first."""
ENOUGH = 1.90
"""Opening that lets the robot reach inside and pass the leaf [rad]."""
ENOUGH_BENT = 0.95
"""Finger flexion with the bar well inside [rad]."""
LOST = 1.62
"""Finger flexion that says the bar is gone [rad]."""


def find_joint(context: Context, name: str) -> tuple[Place, Articulation]:
    """Place and joint meant by ``refrigerator`` or ``refrigerator/door``.

    Raises:
        SkillError: ``unknown_place``, ``not_articulated`` or ``not_supported``.
    """
    place_name, _, joint_name = name.partition("/")
    names = {place.name: place for place in context.home.places}
    if place_name not in names:
        raise SkillError(
            "unknown_place", f"no place {place_name!r}; known: {sorted(names)}", refused=True
        )
    place = names[place_name]
    joints = {joint.name: joint for joint in place.joints}
    if not joints:
        raise SkillError("not_articulated", f"{place_name} has nothing to open", refused=True)
    if joint_name and joint_name not in joints:
        raise SkillError(
            "unknown_joint",
            f"no {joint_name!r} at {place_name}; known: {sorted(joints)}",
            refused=True,
        )
    joint = joints[joint_name] if joint_name else place.joints[0]
    if joint.handle is None:
        raise SkillError(
            "not_supported", f"{place_name}/{joint.name} has no handle to hold", refused=True
        )
    return place, joint


def look_at_door(context: Context, place: Place, joint: Articulation) -> Swing:
    """See the door's handle afresh, else remember it; keeps its opening and the place's pose.

    Raises:
        SkillError: ``handle_not_seen``, now and ever before.
    """
    assert joint.handle is not None
    frame = context.place_frame(place.name)
    known = context.openings.get(place.name, {}).get(joint.name, 0.0)
    key = f"{place.name}/{joint.name}"
    motion = context.motions().get(key)
    part = frame @ moved(joint, known) if motion is None else motion @ frame
    context.eyes.look(part.apply(np.array(joint.handle.centre)))
    door = context.eyes.door(key)
    if door is None:
        if key not in context.swings:
            raise SkillError("handle_not_seen", f"the handle of {key} is not seen")
        return context.swings[key].moved_by(context.eyes.odom_from_map().planar())
    door = replace(door, opening=max(0.0, door.opening))
    if key in context.felt:
        earlier = context.swings[key].moved_by(context.eyes.odom_from_map().planar())
        swing, opening = earlier.seen_again(door)
        door = replace(door, opening=max(0.0, opening))
    elif door.hinge is None:
        swing = Swing.by_looks(door, joint)
        context.guessed.add(key)
    else:
        length = abs(joint.panel.centre[1] - joint.origin[1]) + joint.panel.size[1] / 2.0
        swing = Swing.from_door(door, length)
    context.openings.setdefault(place.name, {})[joint.name] = door.opening
    odom_from_map = context.eyes.odom_from_map()
    context.swings[key] = swing.moved_by(odom_from_map.inverse().planar())
    context.seen_places[place.name] = odom_from_map.inverse() @ place_from_door(
        place, joint, swing
    )
    return swing


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
    side = side or swing.hand
    context.free_side(side)
    now = context.openings[place.name][joint.name]
    enough = min(wanted - 0.12, 1.35)
    if now >= enough:
        report("done", 1.0, now)
        return now
    for attempt in range(4):
        if attempt == 3:
            raise SkillError("handle_lost", f"the handle slipped from the hand at {now:.2f} rad")
        now, swing = _pull(context, place, joint, swing, now, wanted, side)
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
            swing, opening = _learn(context, key, swing, opening, side, trail)
            for stage in (opening + 0.35, opening + 0.8):
                if stage < wanted:
                    opening = _swing(context, swing, opening, stage, side, trail)
                    swing = _refit(context, key, swing, trail)
        opening = _swing(context, swing, opening, wanted, side, trail)
        context.openings[place.name][joint.name] = opening
        context.report("let_go", 0.7, opening)
        _let_go(context, side)
    except (SkillError, PlanningError, MotionError):
        with suppress(PlanningError, MotionError):
            _let_go(context, side)
            tuck(context, side)
        raise
    return opening, swing


def grip_bar(
    context: Context, place: Place, joint: Articulation, swing: Swing, opening: float, side: str
) -> Swing:
    """Stand before the handle and hook the bar; returns the door as seen from there.

    Raises:
        SkillError: ``no_grip``: the fingers did not get behind the bar.
    """
    mover, report = context.mover, context.report
    for attempt in range(3):
        report("approach", 0.1, opening)
        reach = _stand_before(context, place, joint, swing, opening, side)
        context.driver.to(reach.base)
        if attempt == 0:  # From near the handle is seen better.
            swing = look_at_door(context, place, joint)
            opening = context.openings[place.name][joint.name]
        report("reach", 0.2, opening)
        mover.fingers(side, hands.reach_behind(side))
        scene = _scene(context, place, joint)
        target = hook_pose(swing, opening, side, ahead_of(joint) + 0.012 * attempt, ACROSS)
        back = target @ Transform(np.eye(3), np.array([-0.12, 0.0, 0.0]))
        joints = arm(side)
        fresh = best_reach(
            context.planner, side, [([back, target], 0.0)], mover.configuration(), scene,
            [context.body.base()], lambda _b: True, seeds=[reach.q, *context.seeds(side)],
            soft=[False, True],
        )  # fmt: skip
        mover.go(joints, [fresh.path[0]], scene)
        report("hook", 0.3, opening)
        mover.run(joints, fresh.path, None, 0.2)
        mover.fingers(side, hands.hook(side, 0.7), 0.5)
        bent = _sink(context, side)
        fingers, _ = hands.felt(side, context.body.touch())
        if ENOUGH_BENT - 0.2 < bent < LOST and (fingers >= 2 or not context.body.touch()):
            return swing
        mover.fingers(side, hands.reach_behind(side), 0.4)
        mover.line(
            side,
            mover.pose(grasp_frame(side)) @ Transform(np.eye(3), np.array([-0.12, 0.0, 0.0])),
            None,
        )
        swing = look_at_door(context, place, joint)
        opening = context.openings[place.name][joint.name]
    raise SkillError("no_grip", "the fingers did not get behind the bar in three attempts")


def ahead_of(joint: Articulation) -> float:
    """Where along the grasp frame's x the bar is met: the fingertips stay off the face [m]."""
    assert joint.handle is not None
    behind = joint.handle.standoff + 0.5 * joint.handle.diameter
    return max(AHEAD, FINGERTIPS - behind)


def _sink(context: Context, side: str) -> float:
    """Go nearer and close until the bar lies deep in the fingers; returns how far they bend."""
    mover = context.mover
    bent = 0.0
    for way in (SINK, 0.015, 0.015):
        here = mover.pose(grasp_frame(side))
        deeper = here @ Transform(np.eye(3), np.array([way, 0.0, 0.0]))
        mover.line(side, deeper, None, speed=0.1)
        mover.fingers(side, hands.hook(side), 0.5)
        context.body.pause(0.2)
        bent = hands.flexion(side, context.body.joints())
        if bent > ENOUGH_BENT:
            break
        # Not deep yet: a little room for the bar to slide in.
        mover.fingers(side, hands.hook(side, 0.8), 0.3)
    return bent


def _scene(context: Context, place: Place, joint: Articulation) -> Scene:
    name = f"{place.name}/{joint.name}"
    return context.scene(without=[f"{name}/handle"])


def _stand_before(
    context: Context, place: Place, joint: Articulation, swing: Swing, opening: float, side: str
) -> Reach:
    """The base pose from which the bar is hooked and the arc can be driven."""
    lateral = 0.22 if side == "left" else -0.22
    yaw = swing.facing + swing.sign * opening + math.pi
    bar = swing.bar(opening)
    nominal = Pose2(float(bar[0]), float(bar[1]), yaw) @ Pose2(-0.68, -lateral, 0.0)
    options = [
        nominal @ Pose2(dx, dy, dyaw)
        for dx in (0.0, -0.05, 0.05, -0.1)
        for dy in (0.0, -0.07, 0.07, -0.14, 0.14)
        for dyaw in (0.0, -0.15, 0.15)
    ]
    scene = _scene(context, place, joint)
    stands = context.may_stand(scene)
    target = hook_pose(swing, opening, side, ahead_of(joint), ACROSS)
    steps = [target @ Transform(np.eye(3), np.array([x, 0.0, 0.0])) for x in (-0.12, 0.0, SINK)]
    start = context.mover.configuration()
    start[:3] = nominal.x, nominal.y, nominal.yaw  # score by distance from the nominal pose
    return best_reach(
        context.planner, side, [(steps, 0.0)], start, scene, options, stands,
        seeds=context.seeds(side), soft=[False, True, True],
    )  # fmt: skip


def _learn(
    context: Context, key: str, swing: Swing, opening: float, side: str, trail: list[Array]
) -> tuple[Swing, float]:
    """Pull the bar straight out a little and see to which side it goes: there is the hinge.

    Raises:
        SkillError: ``handle_lost``, ``not_hinged``.
    """
    mover = context.mover
    tip = grasp_frame(side)
    base = context.body.base()
    in_hand = mover.pose(tip).inverse().apply(swing.bar(opening))
    frame = swing.frame(opening)
    out, aside = (np.array([math.cos(a), math.sin(a)]) for a in (frame.yaw, frame.yaw + math.pi / 2))
    commanded = mover.configuration()
    gone = 0
    drift = np.zeros(2)

    def watch() -> bool:
        nonlocal gone
        gone = gone + 1 if hands.flexion(side, context.body.joints()) > LOST else 0
        trail.append(mover.pose(tip).apply(in_hand))
        return gone >= 5

    def correction() -> tuple[float, float]:
        drift[:] = np.clip(
            drift + 0.04 * aside * float(_given_way(context, side, commanded)[:2] @ aside), -0.1, 0.1
        )
        return float(drift[0]), float(drift[1])

    trail.append(mover.pose(tip).apply(in_hand))
    context.report("learn", 0.38, opening)
    context.driver.sweep(
        lambda way: Pose2(base.x + way * out[0], base.y + way * out[1], base.yaw), 0.0, LEARN,
        speed=0.05, watch=watch, correction=correction,
    )  # fmt: skip
    if gone >= 5:
        raise SkillError("handle_lost", "the handle slipped from the hand as it was pulled")
    context.openings[key.split("/")[0]][key.split("/")[1]] = opening
    learned = _refit(context, key, swing, trail, opening)
    return learned, learned.opening_of(trail[-1])


def _refit(
    context: Context, key: str, swing: Swing, trail: list[Array], began: float | None = None
) -> Swing:
    """The door with the hinge that the bar's way tells, remembered."""
    if began is None:
        began = swing.opening_of(trail[0])
    frame = swing.frame(began)
    out = np.array([math.cos(frame.yaw), math.sin(frame.yaw), 0.0])
    course = fit_course(np.array(trail), out, np.array([0.0, 0.0, 1.0]))
    if not course.hinged:
        return swing
    learned = swing.from_course(course, began)
    odom_from_map = context.eyes.odom_from_map()
    context.swings[key] = learned.moved_by(odom_from_map.inverse().planar())
    context.guessed.discard(key)
    context.felt.add(key)
    return learned


def _given_way(context: Context, side: str, commanded: Array) -> Array:
    """How far the hand is from where the arm holds it, in odom [m], shape (3,)."""
    q = context.mover.configuration()
    rigid = commanded.copy()
    rigid[:3] = q[:3]
    model, tip = context.planner.model, grasp_frame(side)
    return np.asarray(model.pose(q, tip).translation - model.pose(rigid, tip).translation)


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
        gone = hands.flexion(side, joints) > LOST
        state["lost"] = state["lost"] + 1 if gone else 0
        state["opening"] = max(state["opening"], now_open()) if not gone else state["opening"]
        if trail is not None:
            trail.append(mover.pose(tip).apply(bar_in_hand))
        context.report("swing", 0.4 + 0.3 * min(1.0, state["opening"] / wanted), state["opening"])
        strain = float(np.linalg.norm(_given_way(context, side, commanded)))
        state["strained"] = state["strained"] + 1 if strain > STRAINED else 0
        return state["lost"] >= 5 or state["strained"] >= 12

    def correction() -> tuple[float, float]:
        # The arm gives way where the real hinge is not where it was thought to be: follow it
        # along the leaf, so that the hand is neither pulled off the bar nor the arm overloaded.
        felt = _given_way(context, side, commanded)
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


def _let_go(context: Context, side: str) -> None:
    """Straighten the fingers and take the hand back the way it came."""
    mover = context.mover
    mover.fingers(side, hands.hook(side, 0.7), 0.4)
    back = mover.pose(grasp_frame(side)) @ Transform(
        np.eye(3), np.array([-SINK - 0.016, 0.0, 0.0])
    )
    mover.line(side, back, None, speed=0.15)
    mover.fingers(side, hands.reach_behind(side), 1.0)
    out = mover.pose(grasp_frame(side)) @ Transform(np.eye(3), np.array([-0.12, 0.0, 0.0]))
    mover.line(side, out, None, speed=0.3)
