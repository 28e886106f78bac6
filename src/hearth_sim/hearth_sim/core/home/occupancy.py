"""The floor as a grid, from the model: for scenarios, checks and evaluation; never for robots."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from hearth_core.geometry import Pose2
from hearth_core.home import Home
from hearth_core.home.catalogue import PLACE_KINDS
from hearth_core.home.plane import Point, edges
from scipy import ndimage

from hearth_sim.core.home.footprint import Footprint, of_leaves, of_place
from hearth_sim.core.home.shell import slabs, wall_pieces

Mask = npt.NDArray[np.bool_]
OVERHEAD = 1.45
"""What begins this high is in nobody's way [m]."""


@dataclass(frozen=True, eq=False)
class Floor:
    """Occupancy in the home frame; row 0 is at the lowest y, as in nav_msgs/OccupancyGrid."""

    occupied: Mask
    """Shape (rows, columns); outside of rooms counts as occupied."""
    origin: Point
    """Of the corner of cell (0, 0) [m]."""
    resolution: float

    def cell(self, point: Point) -> tuple[int, int]:
        """Row and column of a point."""
        column = int((point[0] - self.origin[0]) / self.resolution)
        row = int((point[1] - self.origin[1]) / self.resolution)
        return row, column

    def point(self, row: int, column: int) -> Point:
        """Middle of a cell."""
        return (
            self.origin[0] + (column + 0.5) * self.resolution,
            self.origin[1] + (row + 0.5) * self.resolution,
        )

    def at(self, mask: npt.NDArray[np.generic], point: Point) -> np.generic | None:
        """Value of a grid of this shape at a point; None outside."""
        row, column = self.cell(point)
        if 0 <= row < mask.shape[0] and 0 <= column < mask.shape[1]:
            return mask[row, column]
        return None

    def clearance(self) -> npt.NDArray[np.float64]:
        """Distance from every cell to the nearest occupied one [m]."""
        return np.asarray(ndimage.distance_transform_edt(~self.occupied) * self.resolution)

    def reachable(self, radius: float, start: Point) -> Mask:
        """Where the middle of a disc can go from ``start`` (or from the free cell next to it)."""
        open_floor = self.clearance() > radius
        labels, _ = ndimage.label(open_floor)
        row, column = self.cell(start)
        rows, columns = np.nonzero(open_floor)
        if len(rows) == 0:
            return np.zeros_like(open_floor)
        nearest = int(np.argmin((rows - row) ** 2 + (columns - column) ** 2))
        return np.asarray(labels == labels[rows[nearest], columns[nearest]])

    def area_within(self, mask: Mask, polygon: tuple[Point, ...]) -> float:
        """Area [m2] of the cells of a mask whose middles lie in a polygon."""
        rows, columns = np.nonzero(mask)
        x = self.origin[0] + (columns + 0.5) * self.resolution
        y = self.origin[1] + (rows + 0.5) * self.resolution
        inside = np.zeros(len(x), bool)
        for (ax, ay), (bx, by) in edges(polygon):
            if ay != by:
                crosses = ((ay > y) != (by > y)) & (x < ax + (y - ay) * (bx - ax) / (by - ay))
                inside ^= crosses
        return float(inside.sum()) * self.resolution**2


def nominal_occupancy(
    home: Home, resolution: float = 0.05, clutter: bool = True, margin: float = 0.3
) -> Floor:
    """Rasterise walls, door leaves and furniture.

    Args:
        home: The home (a nominal or a drawn one).
        resolution: Side of a cell [m].
        clutter: Whether loose things on the floor count.
        margin: Around the outermost walls [m].
    """
    x0, y0, x1, y1 = home.bounds
    origin = (x0 - margin, y0 - margin)
    shape = (
        int(np.ceil((y1 - y0 + 2 * margin) / resolution)),
        int(np.ceil((x1 - x0 + 2 * margin) / resolution)),
    )
    floor = Floor(np.ones(shape, bool), origin, resolution)
    for room in home.rooms:
        for (ax, ay), (bx, _), (cx, cy), (dx, _) in slabs(room.polygon):
            _paint_trapezoid(floor, (ay, cy), (ax, dx), (bx, cx))
    half = home.wall_thickness / 2
    for room in home.rooms:
        for piece in wall_pieces(home, room):
            if piece.rise[0] == 0.0:
                reach = (piece.span[1] - piece.span[0]) / 2
                middle = piece.frame @ Pose2(piece.span[0] + reach, half / 2)
                _paint(floor, Footprint(middle, (reach, half / 2)))
    for leaf in of_leaves(home):
        _paint(floor, leaf)
    for place in home.places:
        if place.elevation < OVERHEAD and not PLACE_KINDS[place.kind].flat:
            _paint(floor, of_place(place))
    if clutter:
        for thing in home.objects:
            if not thing.place:
                _paint(floor, Footprint(thing.pose, (thing.size[0] / 2, thing.size[1] / 2)))
    _paint(floor, Footprint(home.charger @ Pose2(-0.38, 0.0), (0.05, 0.16)))
    return floor


def _paint_trapezoid(floor: Floor, y: Point, left: Point, right: Point) -> None:
    """Free the cells of a trapezoid between two heights of y."""
    rows = np.arange(floor.occupied.shape[0])
    ys = floor.origin[1] + (rows + 0.5) * floor.resolution
    xs = floor.origin[0] + (np.arange(floor.occupied.shape[1]) + 0.5) * floor.resolution
    for row in rows[(ys >= y[0]) & (ys <= y[1])]:
        share = (ys[row] - y[0]) / (y[1] - y[0])
        low = left[0] + share * (left[1] - left[0])
        high = right[0] + share * (right[1] - right[0])
        floor.occupied[row, (xs >= low) & (xs <= high)] = False


def _paint(floor: Floor, shape: Footprint) -> None:
    """Mark every cell that a rectangle touches with its middle (grown by half a cell)."""
    corners = shape.corners()
    res = floor.resolution
    lows = [min(c[i] for c in corners) - res for i in (0, 1)]
    highs = [max(c[i] for c in corners) + res for i in (0, 1)]
    rows, columns = floor.occupied.shape
    c0, c1 = (int((v - floor.origin[0]) / res) for v in (lows[0], highs[0]))
    r0, r1 = (int((v - floor.origin[1]) / res) for v in (lows[1], highs[1]))
    c0, r0 = max(0, c0), max(0, r0)
    c1, r1 = min(columns, c1 + 1), min(rows, r1 + 1)
    if c0 >= c1 or r0 >= r1:
        return
    xs = floor.origin[0] + (np.arange(c0, c1) + 0.5) * res
    ys = floor.origin[1] + (np.arange(r0, r1) + 0.5) * res
    grid = np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2)
    local = shape.pose.inverse().apply(grid)
    inside = (np.abs(local[:, 0]) <= shape.half[0]) & (np.abs(local[:, 1]) <= shape.half[1])
    floor.occupied[r0:r1, c0:c1] |= inside.reshape(r1 - r0, c1 - c0)
