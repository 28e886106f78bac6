"""Take hold of an upright bar and let go of it."""

from __future__ import annotations

import math

import numpy as np
from hearth_core.frames import grasp_frame
from hearth_core.geometry import Pose2, Transform
from hearth_core.home.model import Articulation, Place

from hearth_manipulation.core import hands
from hearth_manipulation.core.context import Context, SkillError
from hearth_manipulation.core.doors import Swing, hook_pose
from hearth_manipulation.core.grasps import heading
from hearth_manipulation.core.hooking import Bar, hook_bar, hook_steps, leave_bar
from hearth_manipulation.core.looking import look_at_door
from hearth_manipulation.core.mover import MotionError, arm
from hearth_manipulation.core.placement import Reach, best_reach
from hearth_manipulation.core.planning import PlanningError
from hearth_manipulation.core.scene import Scene

WIDE = 0.05
"""Gaps behind bars that straight fingers go into; narrower ones are entered from the side [m]."""
AHEAD, ACROSS = 0.024, -0.008
"""Where the bar stands in the grasp frame before the fingers close [m]."""
FINGERTIPS = 0.079
"""Farthest ahead in the grasp frame that straight fingers reach, with a little air [m]."""
SINK = 0.040
"""How much nearer the hand goes once the fingers are behind the bar [m]."""
ENOUGH_BENT = 0.95
"""Finger flexion with the bar well inside [rad]."""


def is_narrow(joint: Articulation) -> bool:
    """Whether hardly a finger fits behind its bar."""
    assert joint.handle is not None
    return joint.handle.standoff < WIDE


def grip_bar(
    context: Context, place: Place, joint: Articulation, swing: Swing, opening: float, side: str
) -> Swing:
    """Stand before the handle and hook the bar; returns the door as seen from there.

    Raises:
        SkillError: ``no_grip``: the fingers did not get behind the bar.
    """
    if is_narrow(joint):
        return _grip_narrow(context, place, joint, swing, opening, side)
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
        if ENOUGH_BENT - 0.2 < bent < hands.empty_flexion(swing.diameter) and (
            fingers >= 2 or not context.body.touch()
        ):
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


def _bar(joint: Articulation, swing: Swing, opening: float) -> Bar:
    assert joint.handle is not None
    yaw = swing.frame(opening).yaw
    out = np.array([math.cos(yaw), math.sin(yaw), 0.0])
    up = np.array([0.0, 0.0, 1.0])
    return Bar(swing.bar(opening), out, up, joint.handle.standoff, joint.handle.diameter)


def _grip_narrow(
    context: Context, place: Place, joint: Articulation, swing: Swing, opening: float, side: str
) -> Swing:
    """Hook a bar with hardly a finger's room behind it, from the side."""
    mover, report = context.mover, context.report
    problem: Exception | None = None
    for _attempt in range(3):
        report("approach", 0.1, opening)
        reach = _stand_before(context, place, joint, swing, opening, side)
        context.driver.to(reach.base)
        swing = look_at_door(context, place, joint)
        opening = context.openings[place.name][joint.name]
        report("reach", 0.2, opening)
        mover.fingers(side, hands.hook(side, 0.8), 0.5)
        scene = _scene(context, place, joint)
        bar = _bar(joint, swing, opening)
        rotation = heading(math.atan2(-bar.out[1], -bar.out[0]))
        fresh = best_reach(
            context.planner, side, [(hook_steps(bar, rotation, side), 0.0)],
            mover.configuration(), scene, [context.body.base()], lambda _b: True,
            seeds=[reach.q, *context.seeds(side)], soft=[False, True, True],
        )  # fmt: skip
        mover.go(arm(side), [fresh.path[0]], scene)
        report("hook", 0.3, opening)
        try:
            hook_bar(context, side, bar, rotation)
        except (SkillError, PlanningError, MotionError) as error:
            problem = error
            continue
        return swing
    assert problem is not None
    raise problem


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
    if is_narrow(joint):
        along = _bar(joint, swing, opening)
        steps = hook_steps(along, heading(math.atan2(-along.out[1], -along.out[0])), side)
    start = context.mover.configuration()
    start[:3] = nominal.x, nominal.y, nominal.yaw  # score by distance from the nominal pose
    return best_reach(
        context.planner, side, [(steps, 0.0)], start, scene, options, stands,
        seeds=context.seeds(side), soft=[False, True, True],
    )  # fmt: skip


def let_go(context: Context, side: str, joint: Articulation) -> None:
    """Straighten the fingers and take the hand back the way it came."""
    if is_narrow(joint):
        leave_bar(context, side)
        return
    mover = context.mover
    mover.fingers(side, hands.hook(side, 0.7), 0.4)
    back = mover.pose(grasp_frame(side)) @ Transform(
        np.eye(3), np.array([-SINK - 0.016, 0.0, 0.0])
    )
    mover.line(side, back, None, speed=0.15)
    mover.fingers(side, hands.reach_behind(side), 1.0)
    out = mover.pose(grasp_frame(side)) @ Transform(np.eye(3), np.array([-0.12, 0.0, 0.0]))
    mover.line(side, out, None, speed=0.3)
