"""Straight lines and arcs of a tip."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from hearth_core.errors import BadInputError

from hearth_manipulation.core.kinematics import Array, Ints
from hearth_manipulation.core.pathfinder import path_hit
from hearth_manipulation.core.queries import RobotQueries
from hearth_manipulation.core.scene import Scene
from hearth_manipulation.core.targets import PlanningError, Target
from hearth_manipulation.core.tracing import rotation_between, trace_screw

JUMP = 0.35
"""Largest joint step between two waypoints of a line [rad]."""
STRAY = 0.001
"""How far a tip may be off its line midway between two waypoints [m]."""
TOUCHING = 0.012
"""How much smaller spheres are for lines that touch on purpose, against the robot itself [m]."""


class LinePlanner(RobotQueries):
    """Moves tips along screws, checked midway between waypoints."""

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
        axis, angle = rotation_between(begin.rotation, target.pose.rotation)
        shift = target.pose.translation - begin.translation
        result = self._traced(
            dofs, lower, upper, chain, start, (axis, angle, begin.translation, shift),
            free, tolerance, count, f"the straight line of {length:.2f} m",
        )  # fmt: skip
        slim = TOUCHING if scene is None else 0.0
        self._check_line(joints, dofs, result, scene or Scene(), margin, slim, "the straight line")
        return result

    def arc(
        self,
        joints: Sequence[str],
        tip: str,
        start: Array,
        axis: Array,
        pivot: Array,
        angle: float,
        scene: Scene,
        *,
        shift: float = 0.0,
        margin: float = 0.0,
        step: float = 0.01,
    ) -> Array:
        """Turn ``tip`` about an axis of the world, as a door's handle goes (a screw with a shift).

        Args:
            joints: Degrees of freedom that may move.
            tip: Link.
            start: Full configuration.
            axis: Direction, any length but zero, shape (3,).
            pivot: Point on the axis [m], shape (3,).
            angle: [rad].
            scene: The world.
            shift: Along the axis over the whole angle [m].
            margin: Distance kept to the world [m].
            step: Between waypoints [m].

        Raises:
            PlanningError: ``line_unreachable`` or ``line_in_collision``.
            BadInputError: Axis zero or something not finite.
        """
        numbers = np.concatenate([axis, pivot, [angle, shift], start])
        size = float(np.linalg.norm(axis))
        if not np.all(np.isfinite(numbers)) or size < 1e-9:
            raise BadInputError("an arc needs a direction and finite numbers")
        unit = np.asarray(axis, float) / size
        arm = self.model.pose(start, tip).translation - pivot
        way = abs(angle) * float(np.linalg.norm(np.cross(unit, arm))) + abs(shift)
        count = max(2, math.ceil(max(way / step, abs(angle) / 0.05)) + 1)
        dofs = self.model.indices(joints)
        lower, upper = self.model.lower[dofs], self.model.upper[dofs]
        result = self._traced(
            dofs, lower, upper, self.model.chain(tip), start,
            (unit, angle, np.asarray(pivot, float), shift * unit),
            np.zeros(3), np.array([0.0005, 0.005]), count, f"the arc of {way:.2f} m",
        )  # fmt: skip
        self._check_line(joints, dofs, result, scene, margin, 0.0, "the arc")
        return result

    def _traced(
        self,
        dofs: Ints,
        lower: Array,
        upper: Array,
        chain: Ints,
        start: Array,
        screw: tuple[Array, float, Array, Array],
        free: Array,
        tolerance: Array,
        count: int,
        what: str,
    ) -> Array:
        """Waypoints along a screw, twice as many as long as the tip strays between them."""
        start = np.array(start, float)
        for _ in range(4):
            reached, off, path = trace_screw(
                self.model.tree, chain, dofs, lower, upper, start, *screw, free, tolerance,
                count, JUMP,
            )  # fmt: skip
            if reached < count:
                done = round(100 * (reached - 1) / (count - 1))
                raise PlanningError("line_unreachable", f"{what} ends after {done} % of it")
            if off <= STRAY:
                break
            count = 2 * count - 1
        return np.asarray(path)

    def _check_line(
        self,
        joints: Sequence[str],
        dofs: Ints,
        path: Array,
        scene: Scene,
        margin: float,
        slim: float,
        what: str,
    ) -> None:
        index = path_hit(
            self.body(dofs, slim), scene.packed, self.manifold(dofs, path[0], None), dofs,
            self.model.lower[dofs], self.model.upper[dofs], path[0], path[:, dofs],
            1.0 / 64.0, margin,
        )  # fmt: skip
        if index >= 0:
            hit = self.collision(joints, path[index], scene, margin, slim) or "on the way"
            raise PlanningError("line_in_collision", f"{what} collides: {hit}")
