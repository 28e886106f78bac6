"""Hauls: a hand carried along a course by arm, torso and base together."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from hearth_core.frames import grasp_frame
from hearth_core.geometry import Pose2, Transform

from hearth_manipulation.core.context import Context
from hearth_manipulation.core.courses import Course
from hearth_manipulation.core.following import follow_poses
from hearth_manipulation.core.kinematics import Array
from hearth_manipulation.core.mover import arm, split
from hearth_manipulation.core.planning import Planner, Target
from hearth_manipulation.core.timing import Trajectory

SHARES = (1.0, 0.75, 0.5, 0.25, 0.0)
"""Shares of a flap's turn that the hand takes."""
PACES = (1.0, 0.8, 1.15)
"""Of the base, over the bar's, that are tried with flaps."""
JUMP = 0.5
"""Largest joint step between two configurations [rad]."""
GRAIN = 0.025
"""Between configurations along the way [m]."""


@dataclass(frozen=True, eq=False)
class Haul:
    """Configurations that carry a hand along a course, the base with it."""

    ways: Array
    """Of the bar [m], shape (N,)."""
    path: Array
    """Full configurations, shape (N, D)."""
    margin: float
    """Smallest distance to a joint limit."""
    whole: bool
    """Whether it leads all the way."""


def follow_course(
    planner: Planner,
    side: str,
    start: Array,
    ways: Array,
    hand_at: Callable[[float], Transform],
    base_at: Callable[[float], Pose2],
) -> Haul | None:
    """Inverse kinematics along a course without jumps, as far as it leads; None: nowhere.

    Args:
        planner: Of the robot.
        side: Arm.
        start: Full configuration at the first of ``ways``.
        ways: Of the bar [m].
        hand_at: Grasp frame (odom) for each way.
        base_at: Base (odom) for each way.
    """
    model = planner.model
    tip = grasp_frame(side)
    dofs = model.indices(arm(side))
    poses = [hand_at(float(way)) for way in ways]
    bases = [base_at(float(way)) for way in ways]
    asked = Target(poses[0])
    reached, path = follow_poses(
        model.tree, model.chain(tip), dofs, model.lower[dofs], model.upper[dofs],
        np.array(start, float), np.array([[base.x, base.y, base.yaw] for base in bases]),
        np.array([pose.rotation for pose in poses]),
        np.array([pose.translation for pose in poses]),
        np.array([asked.position_tolerance, asked.rotation_tolerance]), JUMP,
    )  # fmt: skip
    if reached < 3:
        return None
    # The torso may stand at its end: upright is one.
    arm_dofs = model.indices(arm(side, torso=False))
    margin = planner.limit_margin(path[:reached], arm_dofs)
    return Haul(np.asarray(ways[:reached]), path[:reached], margin, reached == len(ways))


def retreat(
    course: Course, base: Pose2, begun: float, pace: float = 1.0
) -> Callable[[float], Pose2]:
    """The base goes with the bar, seen from above: ``pace`` 1 keeps its distance."""
    level = course.out.copy()
    level[2] = 0.0
    level /= np.linalg.norm(level)
    first = course.point(begun)

    def base_at(way: float) -> Pose2:
        moved = pace * float((course.point(way) - first) @ level)
        return Pose2(base.x + moved * level[0], base.y + moved * level[1], base.yaw)

    return base_at


def turning(
    course: Course, grip: Transform, begun: float, share: float
) -> Callable[[float], Transform]:
    """The hand on the bar, turning by a share of what the part turns."""
    middle = course.point(begun)
    offset = grip.translation - middle

    def hand_at(way: float) -> Transform:
        turn = course.turned(way - begun, share)
        return Transform(turn @ grip.rotation, course.point(way) + turn @ offset)

    return hand_at


def plan_haul(
    context: Context,
    side: str,
    course: Course,
    start: Array,
    grip: Transform,
    ways: Array,
    paces: Sequence[float] = PACES,
) -> Haul | None:
    """The haul that leads farthest, from a grip that stands."""
    base = Pose2(float(start[0]), float(start[1]), float(start[2]))
    best: Haul | None = None
    for share in SHARES if course.hinged else (0.0,):
        for pace in paces if course.hinged else (1.0,):
            haul = follow_course(
                context.planner, side, start, ways, turning(course, grip, float(ways[0]), share),
                retreat(course, base, float(ways[0]), pace),
            )  # fmt: skip
            if haul is not None and (best is None or _better(haul, best)):
                best = haul
    return best


def _better(haul: Haul, than: Haul) -> bool:
    if len(haul.ways) != len(than.ways):
        return len(haul.ways) > len(than.ways)
    return haul.margin > than.margin + 0.02


def drive_path(
    context: Context,
    side: str,
    path: Array,
    ways: Array,
    speed: float,
    watch: Callable[[Array], bool],
) -> None:
    """Arm, torso and base together along configurations, in step with each other.

    Args:
        context: The robot.
        side: Arm.
        path: Full configurations, shape (N, D).
        ways: From 0 up, where they belong [m], shape (N,).
        speed: Along ``ways`` [m/s]; less where a joint would be too fast.
        watch: Told what is commanded, every cycle; True ends the motion.
    """
    mover = context.mover
    model = mover.planner.model
    joints = arm(side)
    dofs = model.indices(joints)
    rates = np.abs(np.diff(path[:, dofs], axis=0)) / np.maximum(np.diff(ways)[:, None], 1e-6)
    if len(rates):
        fastest = float(np.max(rates / (0.5 * model.velocity[dofs])))
        speed = min(speed, 1.0 / max(fastest, 1e-6))
    length = float(ways[-1])
    ramp = 0.6
    duration = length / speed + ramp

    def along(t: float) -> float:
        """Way after ``t``: a ramp up, even speed, a ramp down."""
        if t >= duration:
            return length
        if duration < 2.0 * ramp:
            return length * 0.5 * (1.0 - math.cos(math.pi * t / duration))
        if t < ramp:
            return 0.5 * speed * t * t / ramp
        if t < duration - ramp:
            return speed * (t - 0.5 * ramp)
        return length - 0.5 * speed * (duration - t) ** 2 / ramp

    def at(way: float) -> Array:
        return np.array([np.interp(way, ways, path[:, i]) for i in range(path.shape[1])])

    times = np.linspace(0.0, duration, max(3, math.ceil(duration / 0.1) + 1))
    rows = np.array([at(along(float(t)))[dofs] for t in times])
    speeds = np.gradient(rows, times, axis=0)
    speeds[0] = speeds[-1] = 0.0
    trajectory = Trajectory(tuple(joints), times[1:], rows[1:], speeds[1:])
    motions = [mover.body.follow(group, part) for group, part in split(trajectory).items()]

    def base_at(t: float) -> tuple[Pose2, tuple[float, float, float], bool]:
        q, ahead = at(along(t)), at(along(t + 0.04))
        feed = (ahead[:3] - q[:3]) / 0.04
        pose = Pose2(float(q[0]), float(q[1]), float(q[2]))
        return pose, (float(feed[0]), float(feed[1]), float(feed[2])), t >= duration

    begin = mover.body.now()
    try:
        context.driver.track(
            base_at, tolerance=0.02, turn_tolerance=0.03, speed=2.0, timeout=duration + 6.0,
            check=False, watch=lambda: watch(at(along(mover.body.now() - begin))),
        )  # fmt: skip
    finally:
        for motion in motions:
            if not motion.done():
                motion.cancel()


def given_way(context: Context, side: str, commanded: Array) -> Array:
    """How far the hand is from where the arm is told to hold it, in odom [m], shape (3,)."""
    q = context.mover.configuration()
    rigid = commanded.copy()
    rigid[:3] = q[:3]
    model, tip = context.planner.model, grasp_frame(side)
    return np.asarray(model.pose(q, tip).translation - model.pose(rigid, tip).translation)
