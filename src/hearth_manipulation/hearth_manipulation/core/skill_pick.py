"""Pick a thing up by friction: choose grasp and stand, go in straight, lift, come out."""

from __future__ import annotations

import math
from contextlib import suppress

import numpy as np
from hearth_core.frames import SIDES, grasp_frame
from hearth_core.geometry import Pose2, Transform

from hearth_manipulation.core import hands
from hearth_manipulation.core.context import Context, Held, SkillError
from hearth_manipulation.core.grasps import Grasp, grasps_for
from hearth_manipulation.core.kinematics import Array
from hearth_manipulation.core.leaving import tuck
from hearth_manipulation.core.model import BASE_DOFS
from hearth_manipulation.core.mover import MotionError, arm
from hearth_manipulation.core.placement import Reach, best_reach, offsets
from hearth_manipulation.core.planning import SLIMMER, PlanningError, Target
from hearth_manipulation.core.ports import Sighting
from hearth_manipulation.core.scene import Scene

LIFT = 0.045
"""How far a thing is lifted before the hand comes out [m]."""
OUT = 0.30
"""How far the hand comes straight out [m]."""
BACK = 0.30
"""How far the base helps it out [m]."""
WIDE = 0.072
"""Things wider than this are come upon with a wider hand [m]."""
THUMB_STEP, THUMB_STEPS = 0.06, 5
"""The thumb goes on by so much [rad], so often, while only the fingers feel the thing."""
TIGHTER = 0.1
"""How much farther the thumb goes after a slip [rad]."""
STEP = 0.30
"""Farthest the base goes by itself to reach a thing [m]."""
NUDGES = (0.12, 0.12)
"""How far it corrects its stand where the thing is not reached as was thought [m]."""


def find_thing(context: Context, object_id: str, label: str, place: str) -> Sighting:
    """The thing meant, as perception believes in it.

    Raises:
        SkillError: ``unknown_object``; the choices are in the message.
    """
    things = context.eyes.things()
    if object_id:
        found = [t for t in things if t.id == object_id]
    else:
        found = [
            t
            for t in things
            if (not label or t.label == label)
            and (not place or t.place.split("/")[0] == place.split("/", maxsplit=1)[0])
        ]
    if not found:
        what = object_id or f"{label or 'thing'}{f' in {place}' if place else ''}"
        known = sorted({t.id for t in things})
        raise SkillError("unknown_object", f"no {what!r} is seen; seen: {known}", refused=True)
    base = context.body.base()
    return min(
        found,
        key=lambda t: math.hypot(t.pose.translation[0] - base.x, t.pose.translation[1] - base.y),
    )


def see_again(context: Context, thing: Sighting) -> Sighting:
    """Look at a thing and take its newest pose.

    Raises:
        SkillError: ``object_lost``: it is not seen where it was believed to be.
    """
    for _ in range(3):
        since = context.body.now()
        context.eyes.look(thing.pose.translation)
        fresh = [t for t in context.eyes.things(newer_than=since) if t.id == thing.id]
        if not fresh:  # A new track of the same kind nearby is the same thing.
            fresh = [
                t
                for t in context.eyes.things(newer_than=since)
                if t.label == thing.label
                and np.linalg.norm(t.pose.translation - thing.pose.translation) < 0.12
            ]
        if fresh:
            return fresh[0]
        context.body.pause(0.3)
    raise SkillError("object_lost", f"{thing.id} is not seen where it was")


def pick(
    context: Context, object_id: str, label: str = "", place: str = "", side: str = ""
) -> tuple[str, Sighting]:
    """Pick a thing up; returns the hand that holds it and the thing.

    Raises:
        SkillError: With the reason why not.
        PlanningError: No reach.
        MotionError: The robot was kept from moving.
    """
    report = context.report
    if side and side not in SIDES:
        raise SkillError("unknown_side", f"no side {side!r}; known: {list(SIDES)}", refused=True)
    sides = [context.free_side(side)] if side else _free_sides(context)
    report("look", 0.0)
    thing = see_again(context, find_thing(context, object_id, label, place))
    if not np.all(np.isfinite(thing.pose.matrix())):
        raise SkillError("bad_pose", f"the pose of {thing.id} is not finite", refused=True)
    problem: Exception | None = None
    for _attempt in range(2):
        thing, side, grasp, reach = _stand(context, thing, sides)
        try:
            _take(context, thing, grasp, reach)
        except SkillError as error:
            if error.reason not in {"grasp_failed", "slipped"}:
                raise
            problem = error
        except (PlanningError, MotionError) as error:
            if side in context.held:
                raise
            problem = error
            _abandon(context, side)
        else:
            return side, thing
        thing = see_again(context, thing)
    assert problem is not None
    raise problem


def _stand(
    context: Context, thing: Sighting, sides: list[str]
) -> tuple[Sighting, str, Grasp, Reach]:
    """Go to where the thing is reached from; returns it as seen from there, and how to take it.

    Raises:
        SkillError: ``no_grasp_found``.
        PlanningError: Nothing reaches.
        MotionError: The base was kept from moving.
    """
    context.report("plan", 0.1)
    side, grasp, reach = _choose(context, thing, sides, offsets(STEP, 0.2))
    for step in (*NUDGES, 0.0):
        if _stands_at(context, reach.base):
            break
        context.report("approach", 0.2)
        context.driver.to(reach.base)
        with suppress(SkillError):  # hidden from here, mostly by an arm: it is where it was
            thing = see_again(context, thing)
        # Seen from near, and from a little beside where it was meant: what was barely reached
        # may not be any more.
        try:
            side, grasp, reach = _choose(context, thing, [side], [Pose2()], seed=reach.q)
        except PlanningError:
            if not step:
                raise
            around = offsets(step, 0.1)
            side, grasp, reach = _choose(context, thing, sides, around, seed=reach.q)
    return thing, side, grasp, reach


def _stands_at(context: Context, goal: Pose2) -> bool:
    base = context.body.base()
    turn = abs(math.remainder(goal.yaw - base.yaw, math.tau))
    return goal.distance(base) < 0.01 and turn < 0.02


def _free_sides(context: Context) -> list[str]:
    free = [side for side in SIDES if side not in context.held]
    if not free:
        raise SkillError("hand_not_free", "both hands hold something", refused=True)
    return free


def _scene(context: Context, thing: Sighting) -> Scene:
    return context.scene(without=[thing.id])


def _choose(
    context: Context,
    thing: Sighting,
    sides: list[str],
    around: list[Pose2],
    seed: Array | None = None,
) -> tuple[str, Grasp, Reach]:
    """The best hand, grasp and base pose, from where the base is or ``around`` it.

    Raises:
        SkillError: ``no_grasp_found``: the thing fits no family.
        PlanningError: Nothing reaches.
    """
    base = context.body.base()
    bearing = math.atan2(
        float(thing.pose.translation[1]) - base.y, float(thing.pose.translation[0]) - base.x
    )
    scene = _scene(context, thing)
    bases = [base @ offset for offset in around]
    stands = context.may_stand(scene) if len(bases) > 1 else (lambda _base: True)
    best: tuple[float, str, Grasp, Reach] | None = None
    problem: PlanningError | None = None
    any_grasp = False
    for side in sides:
        every = grasps_for(thing, side, bearing, context.hand)
        any_grasp |= bool(every)
        liking = _spare(context, thing, side)
        seeds = context.seeds(side) if seed is None else [seed, *context.seeds(side)]
        for down in (False, True):
            grasps = [grasp for grasp in every if grasp.down is down][:6]
            if not grasps:
                continue
            chains = [(_steps(grasp), grasp.liking + liking) for grasp in grasps]
            try:
                # Fingertips that pinch are nearer to what the thing stands on than spheres are.
                reach = best_reach(
                    context.planner, side, chains, context.mover.configuration(), scene, bases,
                    stands, seeds=seeds,
                    soft=[False, down, False, False],
                )  # fmt: skip
            except PlanningError as error:
                problem = error
                continue
            if best is None or reach.score > best[0]:
                best = (reach.score, side, grasps[reach.index], reach)
    if not any_grasp:
        raise SkillError("no_grasp_found", f"{thing.id} fits no grasp of this hand")
    if best is None:
        assert problem is not None
        raise problem
    return best[1], best[2], best[3]


def _spare(context: Context, thing: Sighting, side: str) -> float:
    """Dislike of the hand on the hinge's side of an open door: it will close it."""
    place = thing.place.split("/")[0]
    for item in context.home.places:
        for joint in item.joints if item.name == place else ():
            if context.openings.get(place, {}).get(joint.name, 0.0) > 0.3:
                # Someone in front has a left hinge at their left.
                return -0.3 if joint.side.value == side else 0.0
    return 0.0


def _steps(grasp: Grasp) -> list[Transform]:
    """Before, there, lifted, out again."""
    up = Transform(np.eye(3), np.array([0.0, 0.0, LIFT])) @ Transform.identity()
    lifted = Transform(grasp.pose.rotation, grasp.pose.translation + up.translation)
    if grasp.down:
        higher = grasp.pose.translation + np.array([0.0, 0.0, grasp.approach])
        return [grasp.pre, grasp.pose, lifted, Transform(grasp.pose.rotation, higher)]
    out = lifted @ Transform(np.eye(3), np.array([-grasp.approach, 0.0, 0.0]))
    return [grasp.pre, grasp.pose, lifted, out]


def _take(context: Context, thing: Sighting, grasp: Grasp, reach: Reach) -> None:
    """Preshape, go in, close, verify, lift, come out, tuck.

    Raises:
        SkillError: ``grasp_failed`` or ``slipped``; the hand is out again and open.
    """
    mover, body, side = context.mover, context.body, grasp.side
    tip, joints, report = grasp_frame(side), arm(grasp.side), context.report
    report("preshape", 0.3)
    wide = grasp.width > WIDE
    open_hand = hands.pinch(side, False) if grasp.down else hands.preshape(side, wide)
    mover.fingers(side, open_hand, 0.6)
    mover.go(joints, [reach.path[0]], context.scene())  # not through the thing itself
    report("reach", 0.45)
    before = mover.configuration()
    way = context.planner.line(joints, tip, before, Target(grasp.pose), None)
    mover.run(joints, way, None, 0.2)
    report("close", 0.55)
    _close(context, grasp)
    if not _held(context, grasp):
        _back_out(context, side, way)
        raise SkillError("grasp_failed", f"the {side} hand closed on nothing")
    in_grasp = mover.pose(tip).inverse() @ thing.pose
    report("lift", 0.65)
    up = mover.pose(tip)
    lifted = Transform(grasp.pose.rotation, up.translation + np.array([0.0, 0.0, LIFT]))
    mover.line(side, lifted, None, speed=0.12)
    if not _held(context, grasp):
        # Slipped: down again, and once more with a tighter hand.
        mover.line(side, up, None, speed=0.12)
        _close(context, grasp, tighter=TIGHTER)
        in_grasp = mover.pose(tip).inverse() @ thing.pose
        if _held(context, grasp):
            report("regrip", 0.65)
            mover.line(side, lifted, None, speed=0.08)
    if not _held(context, grasp):
        mover.line(side, up, None, speed=0.12)
        _back_out(context, side, way)
        raise SkillError("slipped", f"{thing.id} slipped from the {side} hand")
    context.hold(side, Held(thing.id, thing.label, thing.size, thing.shape, in_grasp))
    report("retract", 0.75)
    _come_out(context, side, grasp)
    report("carry", 0.9)
    try:
        tuck(context, side)
    except PlanningError:  # Something near: from farther away there is a way.
        context.driver.to(
            body.base() @ Pose2(-0.15, 0.0, 0.0), tolerance=0.03, turn_tolerance=0.05
        )
        tuck(context, side)
    body.pause(0.2)
    if not _held(context, grasp):
        context.hold(side, None)
        raise SkillError("dropped", f"{thing.id} is no longer felt in the {side} hand")


def _close(context: Context, grasp: Grasp, tighter: float = 0.0) -> None:
    """Close until the fingers feel the thing, then press; ``tighter`` by that much [rad]."""
    mover, body, side = context.mover, context.body, grasp.side
    if grasp.down:
        closed = hands.pinch(side, True)
        closed[f"{side}_thumb_flexion_joint"] += tighter
    else:
        closed = hands.squeeze(side, grasp.width - 0.2 * tighter)
    mover.fingers(side, closed, 0.9)
    body.pause(0.25)
    for _ in range(THUMB_STEPS):
        fingers, thumb = hands.felt(side, body.touch())
        if thumb or fingers < 2:
            break  # held, or nothing there
        closed[f"{side}_thumb_flexion_joint"] += THUMB_STEP
        mover.fingers(side, closed, 0.2)
        body.pause(0.1)


def _come_out(context: Context, side: str, grasp: Grasp) -> None:
    """Straight out with the thing; the base helps where the arm ends or must not rise."""
    mover = context.mover
    here = mover.pose(grasp_frame(side))
    if not grasp.down:
        direction = -grasp.pose.rotation[:, 0]
        for distance in (OUT, 0.22, 0.15):
            target = Transform(here.rotation, here.translation + direction * distance)
            try:
                mover.line(side, target, None, speed=0.2)
            except PlanningError:
                continue
            break
    back = _room_behind(context)
    if back > 0.0:
        with suppress(MotionError):  # something behind: the arm is out as far as it goes
            context.driver.to(
                context.body.base() @ Pose2(-back, 0.0, 0.0), tolerance=0.03, turn_tolerance=0.05
            )


def _room_behind(context: Context) -> float:
    """How far the base may go straight back with its arms as they are [m]."""
    scene = context.scene(things=False).without(["floor"])
    planner = context.planner
    q = context.mover.configuration()
    base = context.body.base()
    slims = [s for s in SLIMMER if planner.collision(BASE_DOFS, q, scene, slim=s) is None]
    free = 0.0
    for way in np.arange(0.05, BACK + 0.01, 0.05) if slims else ():
        at = base @ Pose2(-float(way), 0.0, 0.0)
        q[:3] = at.x, at.y, at.yaw
        if planner.collision(BASE_DOFS, q, scene, slim=slims[0]) is not None:
            break
        free = float(way)
    return free


def _back_out(context: Context, side: str, way: Array) -> None:
    """Open, leave the way it came and go out of the camera's view."""
    mover = context.mover
    mover.fingers(side, hands.preshape(side, wide=True), 0.6)
    mover.run(arm(side), way[::-1], None, 0.25)
    with suppress(PlanningError):
        tuck(context, side)


def _abandon(context: Context, side: str) -> None:
    """Leave with an open hand from wherever the reach ended."""
    mover = context.mover
    mover.fingers(side, hands.preshape(side, wide=True), 0.6)
    here = mover.pose(grasp_frame(side))
    back = here @ Transform(np.eye(3), np.array([-0.18, 0.0, 0.0]))
    with suppress(PlanningError, MotionError):
        mover.line(side, back, None, speed=0.2)
    with suppress(PlanningError, MotionError):
        tuck(context, side)


def _held(context: Context, grasp: Grasp) -> bool:
    body = context.body
    return hands.holds(grasp.side, body.joints(), body.touch(), grasp.width)
