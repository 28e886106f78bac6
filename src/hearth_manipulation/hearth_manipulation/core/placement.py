"""Where to stand and how to reach: inverse kinematics over base offsets and grasps, scored."""

from __future__ import annotations

import heapq
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

MOST_MARGIN = 0.4
"""Score of a configuration far from all joint limits."""
SLACK = 0.12
"""How much better an answer could be that is not searched for."""


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
    full_checks: int = 60,
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
        soft: For each pose of a chain, whether it may touch the scene (ways that begin or end in
            such a pose are checked only at their free end).
        torso: Whether the torso takes part.
        full_checks: Most candidates whose ways are checked in full.

    Raises:
        PlanningError: ``unreachable`` or the reason of the best candidate's failure.
    """
    joints = arm(side, torso)
    dofs = planner.model.indices(joints)
    tip = grasp_frame(side)
    now = Pose2(float(start[0]), float(start[1]), float(start[2]))
    costs = [
        0.8 * base.distance(now) + 0.25 * abs(math.remainder(base.yaw - now.yaw, math.tau))
        for base in bases
    ]
    order = sorted(range(len(bases)), key=lambda i: costs[i])
    most = max(liking for _, liking in chains) + MOST_MARGIN
    waiting: list[tuple[float, int, Pose2, Array, int]] = []
    problem: PlanningError | None = None
    checks = serial = 0
    recent: list[Array] = []
    for position, i in enumerate(order):
        base = bases[i]
        if may_stand(base):
            for index, (poses, liking) in enumerate(chains):
                middle = poses[len(poses) // 2]
                if not _near(base, middle):
                    continue
                for q in _solve(planner, joints, tip, middle, base, [*recent, *seeds], position):
                    hit = None if _may_touch(soft, poses) else planner.collision(joints, q, scene)
                    if hit is not None:
                        problem = problem or PlanningError("goal_in_collision", hit)
                        continue
                    margin = 2.0 * min(planner.limit_margin(q, dofs), 0.5 * MOST_MARGIN)
                    tilt = float(q[planner.model.dof("torso_tilt_joint")]) if torso else 0.0
                    score = liking + margin - costs[i] - 0.4 * tilt
                    serial += 1
                    heapq.heappush(waiting, (-score, serial, base, q, index))
        bound = most - costs[order[position + 1]] if position + 1 < len(order) else -math.inf
        # Nothing still to come can beat the best that waits: look at that in full.
        while waiting and -waiting[0][0] >= bound - SLACK and checks < full_checks:
            negative, _, at, q, index = heapq.heappop(waiting)
            checks += 1
            try:
                path = _through(planner, joints, tip, chains[index][0], q, scene, soft)
            except PlanningError as error:
                problem = problem or error
                continue
            if min(planner.limit_margin(p, dofs) for p in path) > 0.01:
                return Reach(at, path[0], path, -negative, index)
        if checks >= full_checks:
            break
        if waiting:
            recent = [waiting[0][3]]
    raise problem or PlanningError(
        "unreachable", "no arm configuration reaches it from where the robot may stand"
    )


def _may_touch(soft: Sequence[bool], poses: Sequence[Transform]) -> bool:
    """Whether the middle pose of a chain may touch the scene."""
    return bool(soft) and soft[len(poses) // 2]


def _near(base: Pose2, pose: Transform) -> bool:
    """Whether a pose is anywhere an arm could reach at all, seen from the base."""
    x, y = base.inverse().apply(pose.translation[:2])
    return 0.2 < math.hypot(x, y) < 1.15 and x > 0.0


def _solve(
    planner: Planner,
    joints: Sequence[str],
    tip: str,
    pose: Transform,
    base: Pose2,
    seeds: Sequence[Array],
    number: int,
) -> list[Array]:
    """A few different configurations."""
    found: list[Array] = []
    for k, seed in enumerate(seeds):
        q = seed.copy()
        q[:3] = base.x, base.y, base.yaw
        tries = 3 if k == len(seeds) - 1 else 1
        for solution in planner.inverse(
            joints, tip, Target(pose), q, tries, random_seed=7 * number + k
        ):
            if not any(np.max(np.abs(solution.q - other)) < 0.1 for other in found):
                found.append(solution.q)
    return found


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

    touch = list(soft) or [False] * len(poses)

    def leg(q: Array, start: int, end: int) -> Array:
        # A way that begins or ends in contact is checked only at the end that is free.
        free = not (touch[start] or touch[end])
        path = planner.line(joints, tip, q, Target(poses[end]), scene if free else None)
        hit = None if free or touch[end] else planner.collision(joints, path[-1], scene)
        if hit is not None:
            raise PlanningError("line_in_collision", f"where the line ends, it collides: {hit}")
        return path

    before, after = [middle[None]], [middle[None]]
    for i in range(m - 1, -1, -1):
        before.append(leg(before[-1][-1], i + 1, i)[1:])
    for i in range(m + 1, len(poses)):
        after.append(leg(after[-1][-1], i - 1, i)[1:])
    return np.concatenate([np.concatenate(before)[::-1], np.concatenate(after)[1:]])
