"""Leave a place tidily: arm to the driving posture, base around an open leaf."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
from hearth_core.frames import grasp_frame
from hearth_core.geometry import Pose2, Transform
from hearth_core.home.model import Articulation, Place

from hearth_manipulation.core.context import Context
from hearth_manipulation.core.doors import Swing, front_pose
from hearth_manipulation.core.kinematics import Array
from hearth_manipulation.core.model import BASE_DOFS
from hearth_manipulation.core.mover import MotionError, arm
from hearth_manipulation.core.planning import SLIMMER, PlanningError, Target
from hearth_manipulation.core.scene import Scene

OUT = (0.30, 0.22, 0.15)
"""How far a hand comes straight out with a thing, the best first [m]."""
BACK = 0.30
"""How far the base helps it out [m]."""


def tuck(context: Context, side: str) -> None:
    """Arm (and torso) to the posture in which the robot drives.

    Raises:
        PlanningError: No way, however the thing in the hand is tilted.
        MotionError: A controller failed.
    """
    joints = arm(side)
    scene = context.scene(things=False)
    goal = context.postures("carry", joints)
    if side in context.held:
        try:
            context.mover.go_named(joints, goal, scene, upright=side)
        except PlanningError:
            context.mover.go_named(joints, goal, scene)
        return
    context.mover.go_named(joints, goal, scene)


def come_out(context: Context, side: str, direction: Array | None) -> None:
    """A hand with a thing out of where it was; the base helps where the arm ends.

    Args:
        context: The robot.
        side: Hand.
        direction: The straight way out in odom, unit; None: the base alone, for a hand from above.
    """
    if direction is not None:
        _draw_back(context, side, direction)
    back = _room_behind(context)
    if back > 0.0:
        with suppress(MotionError):  # something behind: the arm is out as far as it goes
            context.driver.to(
                context.body.base() @ Pose2(-back, 0.0, 0.0), tolerance=0.03, turn_tolerance=0.05
            )


def _draw_back(context: Context, side: str, direction: Array) -> None:
    """The hand straight out, but not so far that it comes too near to head or chest."""
    mover, joints, tip = context.mover, arm(side), grasp_frame(side)
    here = mover.pose(tip)
    for distance in OUT:
        away = Transform(here.rotation, here.translation + distance * direction)
        try:
            way = context.planner.line(joints, tip, mover.configuration(), Target(away), None)
        except PlanningError:
            continue
        if context.planner.collision(joints, way[-1], Scene()) is None:
            mover.line(side, away, None, speed=0.2)
            return


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


def step_back(context: Context, way: float = 0.15) -> None:
    """The base straight back by ``way`` [m], as far as there is room."""
    with suppress(MotionError):
        context.driver.to(
            context.body.base() @ Pose2(-way, 0.0, 0.0), tolerance=0.04, turn_tolerance=0.1
        )


def go_around(
    context: Context, place: Place, joint: Articulation, swing: Swing, opening: float
) -> None:
    """From behind the open leaf around its edge to the front of what it hides."""
    frame = context.place_frame(place.name)
    driver = context.driver
    edge, hinge = swing.edge(opening), np.array(swing.hinge)
    leaf = (edge - hinge) / np.linalg.norm(edge - hinge)
    normal = swing.frame(opening).apply(np.array([1.0, 0.0])) - hinge
    goal = front_pose(place, frame, joint, 0.80)
    # Beside the leaf, beyond its edge, before what it hides, and in.
    corner = edge + 0.60 * leaf
    beside = corner + 0.45 * normal
    inside = goal @ Pose2(-0.35, 0.0, 0.0)
    yaw = driver.body.base().yaw
    driver.to(
        Pose2(float(beside[0]), float(beside[1]), yaw),
        tolerance=0.06,
        turn_tolerance=0.15,
        speed=2.0,
    )
    driver.to(
        Pose2(float(corner[0]), float(corner[1]), goal.yaw),
        tolerance=0.06,
        turn_tolerance=0.15,
        speed=2.0,
    )
    driver.to(inside, tolerance=0.06, turn_tolerance=0.15, speed=2.0)
    driver.to(goal, tolerance=0.02, turn_tolerance=0.03, speed=2.0)
