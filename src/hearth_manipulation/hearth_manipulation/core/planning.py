"""Plan for a group of joints: free paths to several goals, timed within limits and checked."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hearth_core.errors import BadInputError

from hearth_manipulation.core.kinematics import Array, Ints
from hearth_manipulation.core.lines import TOUCHING, LinePlanner
from hearth_manipulation.core.pathfinder import (
    GOALS_HIT,
    NO_PATH,
    START_HIT,
    find_path,
    path_hit,
)
from hearth_manipulation.core.queries import RESOLUTION
from hearth_manipulation.core.scene import Scene
from hearth_manipulation.core.targets import PlanningError, Solution, Target
from hearth_manipulation.core.timing import Trajectory, time_path

__all__ = ["RESOLUTION", "Planner", "PlanningError", "Solution", "Target"]

LIMIT_SLACK = 1e-3
"""Goals this far outside the limits are taken to be at them [rad or m]."""
SLIMMER = (0.0, 0.008, 0.016, 0.024)
"""How much smaller spheres are taken to be when the robot already stands too near [m]."""

BLEND = 0.4
"""How far before a waypoint its corner is cut where there is room [rad]."""
LEAST_BLEND = 0.01
"""Corners that may be cut by no more are stopped at [rad]."""


class Planner(LinePlanner):
    """Plans for one robot; see :class:`RobotQueries` and :class:`LinePlanner` for the rest."""

    def plan(
        self,
        joints: Sequence[str],
        start: Array,
        goals: Sequence[Array],
        scene: Scene,
        *,
        margin: float = 0.01,
        upright: tuple[str, tuple[float, float, float], float] | None = None,
        seed: int = 0,
        samples: int = 100000,
        tries: int = 1,
    ) -> Array:
        """A free path from ``start`` to one of ``goals``.

        Args:
            joints: Degrees of freedom that may move.
            start: Full configuration.
            goals: Full configurations; those in collision are left out.
            scene: The world.
            margin: Distance kept to the world [m]; less is tried when start or goal is nearer.
            upright: (tip, axis of the tip, tolerance [rad]): keep the axis near the world's z.
            seed: Of the random numbers.
            samples: Most samples drawn before giving up.
            tries: Searches whose shortest result is taken.

        Returns:
            Waypoints, shape (N, D).

        Raises:
            PlanningError: ``start_in_collision``, ``goal_in_collision``, ``goal_out_of_limits`` or
                ``no_path``.
            BadInputError: Start or goals are not finite.
        """
        dofs = self.model.indices(joints)
        lower, upper = self.model.lower[dofs], self.model.upper[dofs]
        q = np.array(start, float)
        ends = np.array([np.asarray(goal, float)[dofs] for goal in goals]).reshape(-1, len(dofs))
        if not (np.all(np.isfinite(q)) and np.all(np.isfinite(ends))):
            raise BadInputError("start and goals must be finite")
        q[dofs] = np.clip(q[dofs], lower, upper)
        inside = np.all((ends >= lower - LIMIT_SLACK) & (ends <= upper + LIMIT_SLACK), axis=1)
        if not inside.any():
            raise PlanningError("goal_out_of_limits", self._beyond(joints, dofs, ends))
        ends = np.clip(ends[inside], lower, upper)
        ends = ends[np.argsort(np.linalg.norm(ends - q[dofs], axis=1), kind="stable")]
        manifold = self.manifold(dofs, q, upright, ends)
        # Spheres are larger than what they cover: where the robot stands already, they may be
        # taken smaller, by no more than they stick out.
        for slim in SLIMMER:
            state, path = find_path(
                self.body(dofs, slim), scene.packed, manifold, dofs, lower, upper, q, ends,
                margin, self._resolution, samples, tries, seed,
            )  # fmt: skip
            if state != START_HIT:
                break
        if state == START_HIT:
            hit = self.collision(joints, q, scene, slim=slim)
            raise PlanningError("start_in_collision", f"the arm stands in collision: {hit}")
        if state == GOALS_HIT:
            goal = q.copy()
            goal[dofs] = ends[0]
            why = self.collision(joints, goal, scene, slim=slim) or "the tip leans too far"
            raise PlanningError("goal_in_collision", f"the goal is in collision: {why}")
        if state == NO_PATH:
            raise PlanningError("no_path", f"no free path found in {samples} samples")
        full = np.repeat(q[None], len(path), axis=0)
        full[:, dofs] = path
        return full

    def plan_pose(
        self,
        joints: Sequence[str],
        tip: str,
        start: Array,
        target: Target,
        scene: Scene,
        *,
        margin: float = 0.01,
        seed: int = 0,
        postures: int = 16,
        tries: int = 16,
    ) -> Array:
        """A free path that puts ``tip`` on ``target`` in whatever posture is reached best.

        Args:
            joints: Degrees of freedom that may move.
            tip: Link.
            start: Full configuration.
            target: Wanted pose.
            scene: The world.
            margin: Distance kept to it [m].
            seed: Of the random numbers.
            postures: Seeds of the inverse kinematics; more are tried where none of them is free.
            tries: Searches whose shortest result is taken.

        Returns:
            Waypoints, shape (N, D).

        Raises:
            PlanningError: ``unreachable``, or as :meth:`plan`.
        """
        last = PlanningError("unreachable", f"no posture puts {tip} there")
        for factor in (1, 4, 8):
            found = self.inverse(joints, tip, target, start, factor * postures, seed)
            if not found:
                continue
            dofs = self.model.indices(joints)
            found.sort(key=lambda s: float(np.linalg.norm(s.q[dofs] - start[dofs])))
            goals = [solution.q for solution in found]
            try:
                return self.plan(
                    joints, start, goals, scene, margin=margin, seed=seed, tries=tries
                )
            except PlanningError as error:
                last = error
                if error.reason == "start_in_collision":
                    break
        raise last

    def timed(
        self,
        joints: Sequence[str],
        path: Array,
        scene: Scene | None = None,
        speed: float = 0.5,
        margin: float = 0.0,
    ) -> Trajectory:
        """Time a path; with a scene the timed path (its corners are cut) is checked again.

        Args:
            joints: Joints of the trajectory.
            path: Waypoints, shape (N, D).
            scene: The world to check against, or None.
            speed: Fraction of the velocity limits, 0 < speed <= 1.
            margin: Distance to the world [m].

        Raises:
            PlanningError: ``path_in_collision``.
            BadInputError: Speed outside (0, 1].
        """
        if not 0.0 < speed <= 1.0:
            raise BadInputError(f"speed {speed} is not in (0, 1]")
        dofs = self.model.indices(joints)
        names = tuple(self.model.dofs[i] for i in dofs)
        velocity = self.model.velocity[dofs] * speed
        acceleration = self.model.acceleration[dofs] * speed
        jerk = self.model.jerk[dofs]
        lower, upper = self.model.lower[dofs], self.model.upper[dofs]
        free = self.manifold(dofs, path[0], None)
        # First as strict as the planner, then as lenient as where the robot stands may ask for.
        for slim in (0.0, TOUCHING):
            blends = np.full(len(path), BLEND)
            while True:
                result = time_path(names, path[:, dofs], velocity, acceleration, blends, jerk=jerk)
                if scene is None:
                    return result
                hit = path_hit(
                    self.body(dofs, slim), scene.packed, free, dofs, lower, upper, path[0],
                    result.positions, 1.0 / 64.0, margin,
                )  # fmt: skip
                if hit < 0:
                    return result
                if not _sharpen(blends, path[:, dofs], result.positions[hit]):
                    break
        raise PlanningError("path_in_collision", "the path collides when its corners are rounded")

    def _beyond(self, joints: Sequence[str], dofs: Ints, ends: Array) -> str:
        """Which joint of the first goal lies how far outside."""
        if len(ends) == 0:
            return "no goal was given"
        lower, upper = self.model.lower[dofs], self.model.upper[dofs]
        over = np.maximum(lower - ends[0], ends[0] - upper)
        j = int(np.argmax(over))
        return (
            f"{joints[j]} = {ends[0][j]:.3f} is outside its limits "
            f"{lower[j]:.3f} .. {upper[j]:.3f}"
        )


def _sharpen(blends: Array, path: Array, hit: Array) -> bool:
    """Cut the corner next to a collision less, and the last time not at all; False: none is left.

    Args:
        blends: How far each corner is cut [rad], changed in place, shape (N,).
        path: Waypoints, shape (N, n).
        hit: Where the rounded path collides, shape (n,).
    """
    cut = [i for i in range(1, len(path) - 1) if blends[i] > 0.0]
    if not cut:
        return False
    near = cut[int(np.argmin(np.linalg.norm(path[cut] - hit, axis=1)))]
    # No more is cut than half of the pieces beside it, whatever the blend.
    beside = np.linalg.norm(path[[near - 1, near + 1]] - path[near], axis=1)
    blends[near] = min(blends[near], 0.5 * float(np.min(beside))) / 2.0
    if blends[near] < LEAST_BLEND:
        blends[near] = 0.0
    return True
