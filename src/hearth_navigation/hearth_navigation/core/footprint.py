"""The robot's outline as discs, so that one distance lookup a disc says how close things are.

The fewest discs found that reach to 5 mm inside every edge (7 mm at corners). They stand in a
tree: a disc that encloses others comes before them, and when it is far from everything they are
not looked at.
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

_CORNER_RADIUS = 0.015
_SLACK = 0.005
"""How far inside the outline the discs may end [m]."""


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
    def box(self) -> Array:
        """Bounds (x0, x1, y0, y1) in base_footprint [m]."""
        corners = np.array(self.outline)
        (x0, y0), (x1, y1) = corners.min(axis=0), corners.max(axis=0)
        return np.array([x0, x1, y0, y1])

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
        """Discs (x, y, radius, 0) that cover the outline from inside, the largest first.

        Greedy: of all discs that just fit, always the one that covers most of what is left. All
        but ``_SLACK`` along the edges is covered, so few lookups are exact to that.
        """
        polygon = self.polygon
        x0, y0, x1, y1 = polygon.bounds
        pitch = max(0.02, 0.02 * max(x1 - x0, y1 - y0))
        x, y = np.meshgrid(np.arange(x0, x1, pitch), np.arange(y0, y1, pitch))
        inside = np.stack([x.ravel(), y.ravel()], axis=1)
        deepest = shapely.maximum_inscribed_circle(polygon).coords[0]
        rim = polygon.buffer(-_CORNER_RADIUS, join_style="mitre")
        middles = np.concatenate([[deepest], inside, _along(rim, 0.01)])
        points = shapely.points(middles)
        radii = np.where(
            shapely.contains(polygon, points), shapely.distance(polygon.exterior, points), 0.0
        )
        fits = radii >= _CORNER_RADIUS - 1e-6
        middles, radii = middles[fits], radii[fits]
        covered = polygon.buffer(-_SLACK, join_style="mitre")
        targets = np.concatenate(
            [_along(covered, 0.006), inside[shapely.contains(covered, shapely.points(inside))]]
        )
        away = np.hypot(*(targets[:, None, :] - middles[None, :, :]).transpose(2, 0, 1))
        covers = away <= radii[None, :]
        left = covers.any(axis=1)
        chosen: list[int] = []
        while left.any():
            chosen.append(0 if not chosen else int(np.argmax(covers[left].sum(axis=0))))
            left &= ~covers[:, chosen[-1]]
        return np.column_stack([middles[chosen], radii[chosen], np.zeros(len(chosen))])

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


def _along(polygon: Polygon, spacing: float) -> Array:
    """Points on the outline, corners among them; none of a polygon that shrank to nothing."""
    if polygon.is_empty or polygon.geom_type != "Polygon":
        return np.zeros((0, 2))
    line = polygon.exterior
    places = np.arange(0.0, line.length, spacing)
    return np.concatenate([shapely.get_coordinates(line.interpolate(places)), line.coords[:-1]])


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
    least = enough
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
