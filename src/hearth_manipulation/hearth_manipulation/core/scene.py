"""What is known of the world around the robot: named solids and seen surfaces, versioned."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from hearth_core.geometry import Transform

from hearth_manipulation.core.collision import Obstacles
from hearth_manipulation.core.distance import mark, square_distances, to_metres
from hearth_manipulation.core.kinematics import Array


@dataclass(frozen=True, eq=False)
class Thing:
    """A named solid in the scene's frame."""

    name: str
    shape: str
    """``box``, ``cylinder``, ``capsule`` (axis z, round ends beyond its length) or ``sphere``."""
    size: Array
    """Full extents along the pose's axes [m], shape (3,)."""
    pose: Transform
    """Of the solid's centre."""


@dataclass(frozen=True, eq=False)
class SeenSurfaces:
    """Distance to the nearest surface the depth camera saw."""

    distance: np.ndarray
    """[m], float32, shape (X, Y, Z)."""
    origin: Array
    """Centre of cell (0, 0, 0) [m]."""
    cell: float
    """Edge of a cell [m]."""

    @classmethod
    def from_points(
        cls, points: Array, low: Array, high: Array, cell: float = 0.02
    ) -> SeenSurfaces:
        """Distance field of a cloud inside a box.

        Args:
            points: In the scene's frame [m], shape (N, 3); not finite ones are passed over.
            low: Lower corner of the box [m].
            high: Upper corner.
            cell: Edge of a cell [m].
        """
        shape = np.maximum(1, np.ceil((high - low) / cell).astype(int))
        distance = np.empty(tuple(shape), np.float32)
        points = np.ascontiguousarray(points, float)
        if mark(points, np.asarray(low, float), cell, distance) == 0:
            distance[:] = 1e3
        else:
            square_distances(distance)
            to_metres(distance, cell)
        return cls(distance, low + 0.5 * cell, cell)


@dataclass(frozen=True, eq=False)
class Scene:
    """Solids by name and at most one distance field. Changing it makes a new one."""

    things: Mapping[str, Thing] = field(default_factory=dict)
    seen: SeenSurfaces | None = None
    version: int = 0

    def with_things(self, things: Iterable[Thing]) -> Scene:
        """Add or replace solids by name."""
        merged = dict(self.things) | {thing.name: thing for thing in things}
        return replace(self, things=merged, version=self.version + 1)

    def without(self, names: Iterable[str]) -> Scene:
        """Take solids out; names that are not there are passed over."""
        gone = set(names)
        kept = {name: thing for name, thing in self.things.items() if name not in gone}
        return replace(self, things=kept, version=self.version + 1)

    def with_seen(self, seen: SeenSurfaces | None) -> Scene:
        """Replace the distance field."""
        return replace(self, seen=seen, version=self.version + 1)

    def names(self, shape: str) -> list[str]:
        """Names of the solids of one shape in the order of :attr:`packed`."""
        shapes = {"cylinder": ("cylinder", "capsule")}.get(shape, (shape,))
        return [name for name, thing in self.things.items() if thing.shape in shapes]

    @cached_property
    def packed(self) -> Obstacles:
        """Arrays for the kernels."""
        boxes = [thing for thing in self.things.values() if thing.shape == "box"]
        cylinders = [self.things[name] for name in self.names("cylinder")]
        spheres = [thing for thing in self.things.values() if thing.shape == "sphere"]
        seen = self.seen
        return Obstacles(
            np.array([b.pose.translation for b in boxes], float).reshape(-1, 3),
            np.array([b.pose.rotation for b in boxes], float).reshape(-1, 3, 3),
            np.array([0.5 * b.size for b in boxes], float).reshape(-1, 3),
            np.array([c.pose.translation for c in cylinders], float).reshape(-1, 3),
            np.array([c.pose.rotation[:, 2] for c in cylinders], float).reshape(-1, 3),
            np.array(
                [(0.25 * (c.size[0] + c.size[1]), 0.5 * c.size[2]) for c in cylinders], float
            ).reshape(-1, 2),
            np.array([c.shape == "capsule" for c in cylinders], bool),
            np.array([(*s.pose.translation, 0.5 * s.size[0]) for s in spheres], float).reshape(
                -1, 4
            ),
            np.zeros((0, 0, 0), np.float32) if seen is None else seen.distance,
            np.zeros(3) if seen is None else np.asarray(seen.origin, float),
            0.02 if seen is None else float(seen.cell),
        )

    def describe_hit(self, kind: int, index: int, links: tuple[str, ...]) -> str:
        """Name what :func:`find_collision` hit."""
        if kind == 1:
            return self.names("box")[index]
        if kind == 2:
            return self.names("cylinder")[index]
        if kind == 3:
            return "something seen by the depth camera"
        if kind == 5:
            return self.names("sphere")[index]
        return f"the robot's own {links[index]}"
