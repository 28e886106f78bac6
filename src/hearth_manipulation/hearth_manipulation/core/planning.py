"""Plan for a group of joints: inverse kinematics, free paths, straight lines, checks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from hearth_core.errors import BadInputError, HearthError
from hearth_core.geometry import Transform, interpolate

from hearth_manipulation.core.bodies import make_body
from hearth_manipulation.core.collision import Body, clearance, find_collision
from hearth_manipulation.core.kinematics import Array, Ints, solve_pose
from hearth_manipulation.core.model import RobotModel
from hearth_manipulation.core.rrt import connect, first_collision, shorten
from hearth_manipulation.core.scene import Scene
from hearth_manipulation.core.steering import Upright
from hearth_manipulation.core.timing import Trajectory, time_path

RESOLUTION = 0.02
"""Largest joint step between two collision checks [rad]."""


SLIMMER = (0.0, 0.008, 0.016, 0.024)
"""How much smaller spheres are taken to be when the robot already stands too near [m]."""
TOUCHING = 0.012
"""The same for lines that touch on purpose, against the robot itself [m]."""


class PlanningError(HearthError):
    """No motion; ``reason`` is machine readable and stable."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, eq=False)
class Target:
    """Where a tip shall be."""

    pose: Transform
    free_axis: tuple[float, float, float] | None = None
    """Axis of the tip about which rotation does not matter."""
    position_tolerance: float = 0.002
    """[m]."""
    rotation_tolerance: float = 0.02
    """[rad]."""


@dataclass(frozen=True, eq=False)
class Solution:
    """One answer of the inverse kinematics."""

    q: Array
    """Full configuration, shape (D,)."""
    margin: float
    """Smallest distance to a joint limit as a fraction of the joint's range."""


class Planner:
    """Plans for one robot. Pure: no clock, no state but the model; deterministic by seed."""

    def __init__(self, model: RobotModel, resolution: float = RESOLUTION) -> None:
        self.model = model
        self._resolution = resolution
        self._bodies: dict[tuple[float, tuple[int, ...]], Body] = {}

    def body(self, dofs: Ints, slim: float = 0.0) -> Body:
        """What moves with ``dofs`` (kept), its spheres ``slim`` [m] smaller."""
        key = (slim, tuple(int(i) for i in dofs))
        if key not in self._bodies:
            self._bodies[key] = make_body(self.model, dofs, slim)
        return self._bodies[key]

    def inverse(
        self,
        joints: Sequence[str],
        tip: str,
        target: Target,
        seed: Array,
        tries: int = 24,
        random_seed: int = 0,
        bounds: dict[str, tuple[float, float]] | None = None,
    ) -> list[Solution]:
        """Configurations that put ``tip`` on ``target``, the first from the seed itself.

        Args:
            joints: Degrees of freedom that may move.
            tip: Link.
            target: Wanted pose.
            seed: Full configuration; joints not named stay there.
            tries: Seeds in all.
            random_seed: Of the others.
            bounds: Tighter limits for some joints (the base's, for example).

        Returns:
            Distinct ones, empty when none was found.

        Raises:
            BadInputError: The target is not finite.
        """
        if not np.all(np.isfinite(target.pose.matrix())):
            raise BadInputError("the target pose is not finite")
        dofs = self.model.indices(joints)
        lower, upper = self._limits(dofs, joints, bounds)
        chain = self.model.chain(tip)
        free = np.zeros(3) if target.free_axis is None else np.array(target.free_axis, float)
        tolerance = np.array([target.position_tolerance, target.rotation_tolerance])
        random = np.random.default_rng(random_seed)
        found: list[Solution] = []
        start = np.asarray(seed, float).copy()
        for trial in range(tries):
            if trial > 0:
                start = np.asarray(seed, float).copy()
                low, high = np.maximum(lower, -np.pi), np.minimum(upper, np.pi)
                start[dofs] = random.uniform(low, high)
            reached, q = solve_pose(
                self.model.tree,
                chain,
                dofs,
                lower,
                upper,
                start,
                target.pose.rotation,
                target.pose.translation,
                free,
                tolerance,
                80,
            )
            if reached and not any(np.max(np.abs(q - s.q)) < 0.05 for s in found):
                found.append(Solution(q, self.limit_margin(q, dofs)))
        return found

    def limit_margin(self, q: Array, dofs: Ints) -> float:
        """Smallest distance to a limit as a fraction of the joint's range; base joints skipped."""
        arm = dofs[dofs >= 3]
        span = np.maximum(self.model.upper[arm] - self.model.lower[arm], 1e-9)
        near = np.minimum(q[arm] - self.model.lower[arm], self.model.upper[arm] - q[arm])
        return float(np.min(near / span)) if len(arm) else 0.5

    def collision(
        self,
        joints: Sequence[str],
        q: Array,
        scene: Scene,
        margin: float = 0.0,
        slim: float = 0.0,
    ) -> str | None:
        """What ``q`` collides with, as "link with thing", or None."""
        body = self.body(self.model.indices(joints), slim)
        rotations, translations = self.model.place(q)
        obstacles = scene.packed
        kind, index, link = find_collision(body, obstacles, rotations, translations, margin)
        if kind == 0:
            return None
        links = self.model.links
        return f"{links[link]} with {scene.describe_hit(kind, index, links)}"

    def clearance(self, joints: Sequence[str], q: Array, scene: Scene) -> float:
        """Smallest distance of what moves with ``joints`` to the world [m]."""
        body = self.body(self.model.indices(joints))
        rotations, translations = self.model.place(q)
        return float(clearance(body, scene.packed, rotations, translations, True))

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
        samples: int = 4000,
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

        Returns:
            Waypoints, shape (N, D).

        Raises:
            PlanningError: ``start_in_collision``, ``goal_in_collision`` or ``no_path``.
        """
        dofs = self.model.indices(joints)
        obstacles = scene.packed
        lower, upper = self.model.lower[dofs], self.model.upper[dofs]
        start = np.asarray(start, float).copy()
        start[dofs] = np.clip(start[dofs], lower, upper)
        ends = []
        for goal in goals:  # What may not move stays as it is at the start.
            ends.append(start.copy())
            ends[-1][dofs] = goal[dofs]
        goals = ends
        # Spheres are larger than what they cover: where the robot stands already, they may be
        # taken smaller, by no more than they stick out.
        for slim in SLIMMER:
            hit = self.collision(joints, start, scene, slim=slim)
            if hit is None:
                break
        if hit is not None:
            raise PlanningError("start_in_collision", f"the arm stands in collision: {hit}")
        body = self.body(dofs, slim)
        free = [g for g in goals if self.collision(joints, g, scene, slim=slim) is None]
        if not free:
            why = self.collision(joints, goals[0], scene, slim=slim) if goals else "no goal"
            raise PlanningError("goal_in_collision", f"the goal is in collision: {why}")
        here = self.clearance(joints, start, scene) + slim
        away = {id(g): self.clearance(joints, g, scene) + slim for g in free}
        margin = min(margin, max(0.0, min(here, max(away.values())) - 1e-4))
        free = [g for g in free if away[id(g)] > margin]
        # Near things small steps are needed, since the margin no longer covers what lies between.
        resolution = self._resolution if margin > 0.006 else 0.5 * self._resolution
        constraint = self._upright(upright)
        free.sort(key=lambda g: float(np.linalg.norm(g[dofs] - start[dofs])))
        path = connect(
            body, obstacles, constraint, dofs, lower, upper, start, np.array(free),
            margin, resolution, 0.25, samples, seed,
        )  # fmt: skip
        if len(path) == 0:
            raise PlanningError("no_path", f"no free path found in {samples} samples")
        return shorten(
            body, obstacles, constraint, dofs, lower, upper, path,
            margin, resolution, 0.25, 60, seed + 1,
        )  # fmt: skip

    def line(
        self,
        joints: Sequence[str],
        tip: str,
        start: Array,
        target: Target,
        scene: Scene | None,
        *,
        margin: float = 0.0,
        step: float = 0.01,
        bounds: dict[str, tuple[float, float]] | None = None,
    ) -> Array:
        """Move ``tip`` straight to the target, midpoints checked to lie on the line.

        Args:
            joints: Degrees of freedom that may move.
            tip: Link.
            start: Full configuration.
            target: Where the line ends.
            scene: The world, or None to touch on purpose (only the robot itself is then checked).
            margin: Distance kept to the world [m].
            step: Between waypoints [m].
            bounds: Tighter limits for some joints.

        Raises:
            PlanningError: ``line_unreachable`` or ``line_in_collision``.
        """
        begin = self.model.pose(start, tip)
        length = float(np.linalg.norm(target.pose.translation - begin.translation))
        turn = 2.0 * math.acos(min(1.0, abs(float(begin.quaternion() @ target.pose.quaternion()))))
        count = max(2, math.ceil(max(length / step, turn / 0.05)) + 1)
        dofs = self.model.indices(joints)
        lower, upper = self._limits(dofs, joints, bounds)
        chain = self.model.chain(tip)
        free = np.zeros(3) if target.free_axis is None else np.array(target.free_axis, float)
        tolerance = np.array([min(0.001, target.position_tolerance), 0.005])
        path = [np.asarray(start, float).copy()]
        for i in range(1, count):
            wanted = interpolate(begin, target.pose, i / (count - 1))
            reached, q = solve_pose(
                self.model.tree, chain, dofs, lower, upper, path[-1],
                wanted.rotation, wanted.translation, free, tolerance, 60,
            )  # fmt: skip
            jump = float(np.max(np.abs(q - path[-1])))
            if not reached or jump > 0.35:
                done = round(100 * (i - 1) / (count - 1))
                raise PlanningError(
                    "line_unreachable",
                    f"the straight line ends after {done} % of its {length:.2f} m",
                )
            path.append(q)
        result = np.array(path)
        slim = TOUCHING if scene is None else 0.0
        scene = scene or Scene()
        body = self.body(dofs, slim)
        index = first_collision(body, scene.packed, result, margin, self._resolution)
        if index >= 0:
            hit = self.collision(joints, result[index], scene, margin, slim) or "on the way"
            raise PlanningError("line_in_collision", f"the straight line collides: {hit}")
        return result

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
        for blend in (0.2, 0.05, 0.01):
            result = time_path(names, path[:, dofs], velocity, acceleration, blend)
            if scene is None:
                return result
            full = np.repeat(path[:1], len(result.times), axis=0)
            full[:, dofs] = result.positions
            body = self.body(dofs, TOUCHING)
            if first_collision(body, scene.packed, full, margin, self._resolution) < 0:
                return result
        raise PlanningError("path_in_collision", "the path collides when its corners are rounded")

    def _limits(
        self, dofs: Ints, joints: Sequence[str], bounds: dict[str, tuple[float, float]] | None
    ) -> tuple[Array, Array]:
        lower, upper = self.model.lower[dofs].copy(), self.model.upper[dofs].copy()
        for i, name in enumerate(joints):
            if bounds and name in bounds:
                lower[i] = max(lower[i], bounds[name][0])
                upper[i] = min(upper[i], bounds[name][1])
        return lower, upper

    def _upright(self, upright: tuple[str, tuple[float, float, float], float] | None) -> Upright:
        if upright is None:
            return Upright(np.zeros(0, np.int32), np.zeros(3), 0.0)
        tip, axis, tolerance = upright
        return Upright(self.model.chain(tip), np.array(axis, float), tolerance)
