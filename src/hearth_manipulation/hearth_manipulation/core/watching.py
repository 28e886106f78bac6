"""A running trajectory checked against the world as it is now, until it ends or is blocked."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from hearth_manipulation.core.kinematics import Array
from hearth_manipulation.core.pathfinder import path_hit
from hearth_manipulation.core.planning import SLIMMER
from hearth_manipulation.core.queries import RobotQueries
from hearth_manipulation.core.scene import Scene
from hearth_manipulation.core.timing import Trajectory

PERIOD = 0.02
"""Between two looks at whether the world has changed [s]: a camera gives 30 images a second."""
BEHIND = 0.1
"""The joints may be this far behind the plan [s]."""
STEP = 1.0 / 32.0
"""Distance of configurations checked [rad]."""


class TrajectoryWatch:
    """Looks at what is still to come of one trajectory. Not thread safe; time is an argument."""

    def __init__(
        self,
        planner: RobotQueries,
        joints: Sequence[str],
        trajectory: Trajectory,
        reference: Array,
        planned: Scene,
    ) -> None:
        """Prepare; nothing is checked yet.

        Args:
            planner: Of the robot that moves.
            joints: Those that move, in the trajectory's order.
            trajectory: What is carried out.
            reference: Full configuration that gives the other joints, shape (D,).
            planned: The world the trajectory was planned in.
        """
        self._planner = planner
        self._joints = tuple(joints)
        self._trajectory = trajectory
        self._reference = np.array(reference, float)
        self._dofs = planner.model.indices(trajectory.joints)
        self._manifold = planner.manifold(self._dofs, self._reference, None)
        self._seen: Scene | None = planned
        self._slim = self._leniency(planned)

    @property
    def blind(self) -> bool:
        """Whether the trajectory touches something as planned, so that nothing can be told."""
        return self._slim is None

    def blocked(self, elapsed: float, scene: Scene) -> str | None:
        """What the rest of the trajectory would run into, or None.

        A scene that is the same object as at the last call is not looked at again: what is still
        to come has been checked against it.

        Args:
            elapsed: Since the trajectory began [s].
            scene: The world now.
        """
        if self._slim is None or scene is self._seen:
            return None
        self._seen = scene
        return self._hit(self._rest(elapsed), scene, self._slim)

    def _rest(self, elapsed: float) -> Array:
        """Positions from now on, shape (N, n)."""
        times = self._trajectory.times
        first = int(np.searchsorted(times, max(0.0, elapsed - BEHIND), side="right")) - 1
        return self._trajectory.positions[max(0, min(first, len(times) - 1)) :]

    def _hit(self, positions: Array, scene: Scene, slim: float) -> str | None:
        model, dofs = self._planner.model, self._dofs
        q = self._reference.copy()
        q[dofs] = positions[0]
        path = positions if len(positions) > 1 else np.repeat(positions, 2, axis=0)
        index = path_hit(
            self._planner.body(dofs, slim), scene.packed, self._manifold, dofs,
            model.lower[dofs], model.upper[dofs], q, path, STEP, 0.0,
        )  # fmt: skip
        if index < 0:
            return None
        q[dofs] = path[index]
        return self._planner.collision(self._joints, q, scene, 0.0, slim) or "on the way"

    def _leniency(self, planned: Scene) -> float | None:
        """How much smaller spheres are taken, so that the trajectory is free as planned."""
        for slim in SLIMMER:
            if self._hit(self._trajectory.positions, planned, slim) is None:
                return slim
        return None


class LiveCheck:
    """Calls a watch every ``PERIOD`` with the newest world; says once what blocks the way."""

    def __init__(
        self, watch: TrajectoryWatch, world: Callable[[], Scene | None], begin: float
    ) -> None:
        """``world`` gives the newest scene (None: nothing new); motion began at ``begin`` [s]."""
        self._watch = watch
        self._world = world
        self._begin = begin
        self._checked = -np.inf

    def __call__(self, now: float) -> str | None:
        """What blocks the way at ``now`` [s], or None; cheap between two checks."""
        if now - self._checked < PERIOD - 1e-6:
            return None
        self._checked = now
        scene = self._world()
        return None if scene is None else self._watch.blocked(now - self._begin, scene)
