"""Where to stand and how to reach: inverse kinematics over base offsets and grasps, scored."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from hearth_core.frames import grasp_frame
from hearth_core.geometry import Pose2, Transform
from hearth_manipulation.core.kinematics import Array
from hearth_manipulation.core.mover import arm
from hearth_manipulation.core.planning import Planner, PlanningError, Target
from hearth_manipulation.core.scene import Scene

BASE = ("base_x", "base_y", "base_yaw")


@dataclass(frozen=True, eq=False)
class Reach:
    """A base pose from which a chain of poses can be reached."""

    base: Pose2
    """In odom."""
    q: Array
    """Full configuration at the first pose."""
    path: Array
    """Straight ways through all the poses, shape (N, D)."""
    score: float
    index: int
    """Which of the offered chains."""


def offsets(distance: float, turn: float) -> list[Pose2]:
    """Base offsets to try, the standing still first, nearer ones before farther ones."""
    found = [
        Pose2(x, y, yaw)
        for x in np.linspace(-distance, distance, 7)
        for y in np.linspace(-distance, distance, 7)
        for yaw in (-turn, 0.0, turn)
        if math.hypot(x, y) <= distance + 1e-9
    ]
    return sorted(found, key=lambda p: math.hypot(p.x, p.y) + 0.3 * abs(p.yaw))


def best_reach(
    planner: Planner,
    side: str,
    chains: Sequence[tuple[Sequence[Transform], float]],
    start: Array,
    scene: Scene,
    bases: Sequence[Pose2],
    may_stand: Callable[[Pose2], bool],
    *,
    seeds: Sequence[Array],
    soft: Sequence[bool] = (),
    torso: bool = True,
    full_checks: int = 25,
) -> Reach:
    """The best base pose and arm configuration for one of several chains of poses.

    Args:
        planner: Of the robot.
        side: Arm.
        chains: Each: poses of the grasp frame in odom (reached in this order by straight lines;
            the first is reached freely) and a preference added to the score.
        start: Full configuration now.
        scene: The world; not to be touched on any of it.
        bases: Base poses in odom to try, liked ones first.
        may_stand: Whether the base may be there at all.
        seeds: Configurations to start the inverse kinematics from (their base is replaced).
        soft: For each pose of a chain, whether touching the scene there is allowed.
        torso: Whether the torso takes part.
        full_checks: Most candidates whose ways are checked in full.

    Raises:
        PlanningError: ``unreachable`` or the reason of the best candidate's failure.
    """
    joints = arm(side, torso)
    dofs = planner.model.indices(joints)
    tip = grasp_frame(side)
    now = Pose2(float(start[0]), float(start[1]), float(start[2]))
    candidates: list[tuple[float, Pose2, Array, int]] = []
    for base in bases:
        if not may_stand(base):
            continue
        cost = 0.8 * base.distance(now) + 0.25 * abs(math.remainder(base.yaw - now.yaw, math.tau))
        for index, (poses, liking) in enumerate(chains):
            middle = poses[len(poses) // 2]
            for number, seed in enumerate(seeds):
                q = seed.copy()
                q[:3] = base.x, base.y, base.yaw
                found = planner.inverse(joints, tip, Target(middle), q, 2, random_seed=number)
                for solution in found:
                    margin = min(solution.margin, 0.2)
                    tilt = float(solution.q[planner.model.dof("torso_tilt_joint")]) if torso else 0.0
                    score = liking + 2.0 * margin - cost - 0.2 * tilt
                    candidates.append((score, base, solution.q, index))
    if not candidates:
        raise PlanningError("unreachable", "no arm configuration reaches it from where the robot may stand")
    candidates.sort(key=lambda c: -c[0])
    problem: PlanningError | None = None
    for score, base, q, index in candidates[:full_checks]:
        poses = chains[index][0]
        try:
            path = _through(planner, joints, tip, poses, q, scene, soft)
        except PlanningError as error:
            problem = problem or error
            continue
        margin = min(planner.limit_margin(p, dofs) for p in path)
        if margin < 0.01:
            continue
        return Reach(base, path[0], path, score, index)
    raise problem or PlanningError("unreachable", "every reach runs into joint limits")


def _through(
    planner: Planner,
    joints: Sequence[str],
    tip: str,
    poses: Sequence[Transform],
    middle: Array,
    scene: Scene,
    soft: Sequence[bool],
) -> Array:
    """Straight lines from the middle pose back to the first and on to the last, joined."""
    m = len(poses) // 2

    def leg(q: Array, pose: Transform, touch: bool) -> Array:
        return planner.line(joints, tip, q, Target(pose), None if touch else scene)

    touch = list(soft) or [False] * len(poses)
    before, after = [middle[None]], [middle[None]]
    for i in range(m - 1, -1, -1):
        before.append(leg(before[-1][-1], poses[i], touch[i])[1:])
    for i in range(m + 1, len(poses)):
        after.append(leg(after[-1][-1], poses[i], touch[i])[1:])
    return np.concatenate([np.concatenate(before)[::-1], np.concatenate(after)[1:]])
