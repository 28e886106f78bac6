"""Questions about one robot: where its tips reach, what it touches, how it is constrained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from hearth_core.errors import BadInputError

from hearth_manipulation.core.bodies import make_body
from hearth_manipulation.core.collision import Body, clearance, find_collision
from hearth_manipulation.core.kinematics import Array, Ints, solve_pose
from hearth_manipulation.core.manifold import Manifold, deviation
from hearth_manipulation.core.model import RobotModel
from hearth_manipulation.core.scene import Scene
from hearth_manipulation.core.targets import PlanningError, Solution, Target
from hearth_manipulation.core.tracing import solve_tips

RESOLUTION = 1.0 / 32.0
"""Distance of configurations checked while searching [rad]; the result is checked finer."""


class RobotQueries:
    """Asks about one robot. Pure: no clock, no state but the model; deterministic by seed."""

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

    def solve(
        self,
        joints: Sequence[str],
        targets: Mapping[str, Target],
        seed: Array,
        tries: int = 100,
        random_seed: int = 0,
    ) -> Array:
        """A configuration that puts every tip on its target, near the seed if that leads there.

        Args:
            joints: Degrees of freedom that may move.
            targets: By link; free axes are not looked at.
            seed: Full configuration; joints not named stay there.
            tries: Seeds in all.
            random_seed: Of those after the first.

        Raises:
            PlanningError: ``unreachable``.
            BadInputError: Something is not finite.
        """
        poses = [target.pose for target in targets.values()]
        numbers = np.concatenate([np.ravel(seed), *(pose.matrix().ravel() for pose in poses)])
        if not np.all(np.isfinite(numbers)) or not poses:
            raise BadInputError("targets and seed must be finite, and one target at least")
        dofs = self.model.indices(joints)
        chains = [self.model.chain(tip) for tip in targets]
        first = np.cumsum([0, *(len(chain) for chain in chains)]).astype(np.int32)
        tolerance = np.array(
            [
                min(target.position_tolerance for target in targets.values()),
                min(target.rotation_tolerance for target in targets.values()),
            ]
        )
        used, q = solve_tips(
            self.model.tree, np.concatenate(chains), first, np.unique(np.concatenate(chains)),
            dofs, self.model.lower[dofs], self.model.upper[dofs], np.array(seed, float),
            np.array([pose.rotation for pose in poses]),
            np.array([pose.translation for pose in poses]), tolerance, tries, random_seed,
        )  # fmt: skip
        if used == 0:
            raise PlanningError(
                "unreachable", f"no posture puts {', '.join(targets)} there ({tries} seeds tried)"
            )
        return np.asarray(q)

    def limit_margin(self, q: Array, dofs: Ints) -> float:
        """Smallest distance to a limit as a fraction of the joint's range; base joints skipped.

        ``q``: one or more full configurations, shape (..., D).
        """
        arm = dofs[dofs >= 3]
        span = np.maximum(self.model.upper[arm] - self.model.lower[arm], 1e-9)
        near = np.minimum(q[..., arm] - self.model.lower[arm], self.model.upper[arm] - q[..., arm])
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

    def manifold(
        self,
        dofs: Ints,
        q: Array,
        upright: tuple[str, tuple[float, float, float], float] | None,
        goals: Array | None = None,
    ) -> Manifold:
        """The constraint that keeps an axis of a tip near the world's z.

        Where the start, or every goal, leans farther than asked, so far is allowed.
        """
        tip, axis, tolerance = upright or ("", (0.0, 0.0, 0.0), 0.0)
        chain = self.model.chain(tip) if upright else np.zeros(0, np.int32)
        made = Manifold(
            upright is not None, self.model.tree, chain, dofs, np.array(q, float),
            np.array(axis, float), np.array([0.0, 0.0, 1.0]), tolerance,
            np.zeros((3, 3)), np.zeros(3), 0.0,
        )  # fmt: skip
        if upright is None or goals is None:
            return made
        error, jacobian = np.empty(6), np.empty((6, len(dofs)))
        leans = [deviation(made, values, error, jacobian)[0] for values in (q[dofs], *goals)]
        return made._replace(lean=max(tolerance, leans[0] + 0.01, min(leans[1:]) + 0.01))

    def _limits(
        self, dofs: Ints, joints: Sequence[str], bounds: dict[str, tuple[float, float]] | None
    ) -> tuple[Array, Array]:
        lower, upper = self.model.lower[dofs].copy(), self.model.upper[dofs].copy()
        for i, name in enumerate(joints):
            if bounds and name in bounds:
                lower[i] = max(lower[i], bounds[name][0])
                upper[i] = min(upper[i], bounds[name][1])
        return lower, upper
