"""The robot's outline as discs, so that one distance lookup a disc says how close things are.

A hull of small discs lies just inside the outline (along edges exact to a few millimetres, at
corners 6 mm), bigger ones fill the middle. They stand in a tree: a disc that encloses others
comes before them, and when it is far from everything they are not looked at.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import shapely
from hearth_core.errors import BadInputError
from hearth_core.geometry import Pose2
from hearth_core.jit import kernel
from shapely.geometry import Point, Polygon

from hearth_navigation.core.field import Field, Values, sample

Array = npt.NDArray[np.float64]

_EDGE_RADIUS = 0.06
_CORNER_RADIUS = 0.015


@dataclass(frozen=True)
class Footprint:
    """Outline of the robot in base_footprint [m], counter-clockwise."""

    outline: tuple[tuple[float, float], ...]

    def __post_init__(self) -> None:
        polygon = Polygon(self.outline) if len(self.outline) >= 3 else Polygon()
        if not (polygon.is_valid and polygon.area > 1e-3):
            raise BadInputError(f"not a footprint polygon: {self.outline}")
        if not polygon.contains(Point(0.0, 0.0)):
            raise BadInputError(f"footprint must contain the base's centre: {self.outline}")

    @classmethod
    def rectangle(cls, front: float, back: float, half_width: float) -> Footprint:
        """A box from ``-back`` to ``front`` along x [m]."""
        return cls(
            (
                (front, -half_width),
                (front, half_width),
                (-back, half_width),
                (-back, -half_width),
            )
        )

    @cached_property
    def polygon(self) -> Polygon:
        """The outline in base_footprint."""
        return Polygon(self.outline)

    def at(self, pose: Pose2) -> Polygon:
        """The outline in map with the robot at ``pose``."""
        return Polygon(pose.apply(np.array(self.outline)))

    @cached_property
    def inscribed(self) -> float:
        """Distance from the base's centre to the nearest edge [m]."""
        return float(self.polygon.exterior.distance(Point(0.0, 0.0)))

    @cached_property
    def circumscribed(self) -> float:
        """Distance from the base's centre to the farthest corner [m]."""
        return max(math.hypot(x, y) for x, y in self.outline)

    @cached_property
    def discs(self) -> Array:
        """Rows (x, y, radius, followers) in base_footprint [m].

        The first row encloses the outline. A row with followers encloses that many next rows.
        """
        leaves = self._leaves()
        bound = shapely.minimum_bounding_circle(self.polygon).centroid
        radius = float(shapely.minimum_bounding_radius(self.polygon))
        rows = [np.array([[bound.x, bound.y, radius, len(leaves)]]), leaves[:1]]
        offset = leaves[1:, :2] - (bound.x, bound.y)
        sector = ((np.arctan2(offset[:, 1], offset[:, 0]) / math.tau) % 1.0 * 8).astype(int)
        for k in range(8):
            group = leaves[1:][sector == k]
            if len(group):
                middle = 0.5 * (group[:, :2].min(axis=0) + group[:, :2].max(axis=0))
                reach = float((np.hypot(*(group[:, :2] - middle).T) + group[:, 2]).max())
                rows += [np.array([[*middle, reach, len(group)]]), group]
        return np.concatenate(rows)

    def _leaves(self) -> Array:
        """Discs (x, y, radius, 0) that cover the outline from inside, the largest first."""
        polygon = self.polygon
        deepest = shapely.maximum_inscribed_circle(polygon)
        x, y = deepest.coords[0]
        rows = [(x, y, deepest.length, 0.0)]
        covered = Point(x, y).buffer(deepest.length)
        inner = polygon.buffer(-_EDGE_RADIUS, join_style="mitre")
        while inner.geom_type == "Polygon" and not inner.is_empty:
            # Rings of discs from the outline inwards; each as large as it may be.
            ring = inner.exterior
            count = max(4, math.ceil(ring.length / 0.07))
            for k in range(count):
                point = ring.interpolate(k / count, normalized=True)
                radius = float(polygon.exterior.distance(point))
                disc = point.buffer(radius)
                if disc.difference(covered).area > 1e-5:
                    rows.append((point.x, point.y, radius, 0.0))
                    covered = covered.union(disc)
            inner = inner.buffer(-0.1, join_style="mitre")
        tight = polygon.buffer(-_CORNER_RADIUS, join_style="mitre")
        if tight.geom_type == "Polygon":
            rows += [(x, y, _CORNER_RADIUS, 0.0) for x, y in tight.exterior.coords[:-1]]
        return np.array(rows, np.float64)

    def clearance(self, field: Field, pose: Pose2) -> float:
        """Distance between the outline at ``pose`` and the nearest obstacle [m]; < 0: overlap.

        Exact near obstacles; far from them (more than 0.3 m) a lower bound.
        """
        return float(
            clearance(
                field.values,
                *field.geometry,
                self.discs,
                pose.x,
                pose.y,
                math.cos(pose.yaw),
                math.sin(pose.yaw),
                0.3,
            )
        )


@kernel
def clearance(
    values: Values,
    ox: float,
    oy: float,
    inverse: float,
    discs: Array,
    x: float,
    y: float,
    c: float,
    s: float,
    enough: float,
) -> float:
    """Least distance from a disc's edge to an obstacle [m]; stops looking above ``enough``."""
    least = 1e9
    i = 0
    while i < discs.shape[0]:
        px = x + c * discs[i, 0] - s * discs[i, 1]
        py = y + s * discs[i, 0] + c * discs[i, 1]
        gap = sample(values, ox, oy, inverse, px, py) - discs[i, 2]
        followers = int(discs[i, 3])
        if i == 0 and gap > enough:
            return gap
        if followers == 0:
            least = min(least, gap)
        elif gap >= least:
            i += followers
        i += 1
    return least
