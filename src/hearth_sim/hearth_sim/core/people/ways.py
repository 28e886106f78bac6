"""Where people can walk in a home, and the shortest way between two spots."""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np
import numpy.typing as npt
from hearth_core.home import Home
from hearth_core.home.plane import Point
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from hearth_sim.core.home.occupancy import Floor, nominal_occupancy

Array = npt.NDArray[np.float64]
WIDTH = 0.23
"""People keep this far from walls and furniture, in their middle [m]."""
COMFORT = 0.45
"""Nearer than this to things, a way counts as longer [m]."""
LOOK = 0.04
"""Distance of the points by which a straight line is judged [m]."""


class Ways(Protocol):
    """Where people can walk."""

    def free(self, x: float, y: float) -> bool:
        """Whether a person can stand there."""

    def way(self, start: Point, end: Point, around: Array) -> list[Point]:
        """Way points from ``start`` to ``end`` without ``start``; empty: there is none.

        Args:
            start: [m].
            end: [m].
            around: Discs (x, y, radius) that stand in the way, shape (N, 3).
        """

    def nearest(self, point: Point) -> Point:
        """The nearest spot one can stand on."""


class FloorWays:
    """Ways on a floor: its free part that is connected with ``start``."""

    def __init__(self, floor: Floor, start: Point) -> None:
        self._floor = floor
        self._clearance = floor.clearance()
        self.open = floor.reachable(WIDTH, start)
        """Cells people can stand on."""
        self._graph = self._edges(self.open)

    def _edges(self, open_floor: npt.NDArray[np.bool_]) -> csr_matrix:
        """Neighbouring cells joined by the length of the step, dearer near things."""
        rows, columns = open_floor.shape
        number = np.arange(rows * columns).reshape(rows, columns)
        dear = 1.0 + 2.0 * np.clip(1.0 - self._clearance / COMFORT, 0.0, 1.0)
        heads, tails, costs = [], [], []
        for dr, dc in ((0, 1), (1, 0), (1, 1), (1, -1)):
            here = np.s_[: rows - dr, max(0, -dc) : columns - max(0, dc)]
            there = np.s_[dr:, max(0, dc) : columns + min(0, dc)]
            both = open_floor[here] & open_floor[there]
            heads.append(number[here][both])
            tails.append(number[there][both])
            costs.append(math.hypot(dr, dc) * 0.5 * (dear[here] + dear[there])[both])
        size = rows * columns
        return csr_matrix(
            (np.concatenate(costs), (np.concatenate(heads), np.concatenate(tails))), (size, size)
        )

    def free(self, x: float, y: float) -> bool:
        """Whether a person can stand there."""
        return bool(self._floor.at(self.open, (x, y)))

    def spots(self) -> Array:
        """Middles of all cells people can stand on, shape (N, 2)."""
        cells = np.argwhere(self.open)
        floor = self._floor
        return np.asarray(np.array(floor.origin) + (cells[:, ::-1] + 0.5) * floor.resolution)

    def nearest(self, point: Point) -> Point:
        """The nearest spot one can stand on."""
        spots = self.spots()
        away = np.hypot(spots[:, 0] - point[0], spots[:, 1] - point[1])
        x, y = spots[int(np.argmin(away))]
        return float(x), float(y)

    def way(self, start: Point, end: Point, around: Array) -> list[Point]:
        """Way points from ``start`` to ``end`` without ``start``; empty: there is none."""
        open_floor, graph = self.open, self._graph
        if len(around):
            open_floor = open_floor & ~self._covered(around)
            graph = self._edges(open_floor)
        first, last = self._cell(open_floor, start), self._cell(open_floor, end)
        if first is None or last is None:
            return []
        columns = open_floor.shape[1]
        lengths, before = dijkstra(
            graph, directed=False, indices=last[0] * columns + last[1], return_predecessors=True
        )
        at = first[0] * columns + first[1]
        if not math.isfinite(lengths[at]):
            return []
        points = []
        while at >= 0:
            points.append(self._floor.point(*divmod(at, columns)))
            at = int(before[at])
        return self._straightened(open_floor, points)

    def _covered(self, around: Array) -> npt.NDArray[np.bool_]:
        floor = self._floor
        rows, columns = np.indices(floor.occupied.shape)
        x = floor.origin[0] + (columns + 0.5) * floor.resolution
        y = floor.origin[1] + (rows + 0.5) * floor.resolution
        covered = np.zeros(floor.occupied.shape, bool)
        for cx, cy, radius in around:
            covered |= np.hypot(x - cx, y - cy) < radius + WIDTH
        return covered

    def _cell(self, open_floor: npt.NDArray[np.bool_], point: Point) -> tuple[int, int] | None:
        """The free cell nearest to a point, within 0.6 m."""
        row, column = self._floor.cell(point)
        n = math.ceil(0.6 / self._floor.resolution)
        r0, c0 = max(0, row - n), max(0, column - n)
        cells = np.argwhere(open_floor[r0 : row + n + 1, c0 : column + n + 1])
        cells += np.array([r0, c0])
        if not len(cells):
            return None
        best = cells[int(np.argmin(((cells - (row, column)) ** 2).sum(axis=1)))]
        return int(best[0]), int(best[1])

    def _straightened(self, open_floor: npt.NDArray[np.bool_], points: list[Point]) -> list[Point]:
        """Leave out points that a straight line can do without."""
        result: list[Point] = []
        at = 0
        while at < len(points) - 1:
            ahead = min(len(points) - 1, at + 60)
            while ahead > at + 1 and not self._clear(open_floor, points[at], points[ahead]):
                ahead -= 3 if ahead - at > 4 else 1
                ahead = max(ahead, at + 1)
            result.append(points[ahead])
            at = ahead
        return result or points[-1:]

    def _clear(self, open_floor: npt.NDArray[np.bool_], start: Point, end: Point) -> bool:
        count = max(2, math.ceil(math.dist(start, end) / LOOK))
        return all(
            self._floor.at(
                open_floor,
                (
                    start[0] + (end[0] - start[0]) * k / count,
                    start[1] + (end[1] - start[1]) * k / count,
                ),
            )
            for k in range(1, count)
        )


class HomeWays(FloorWays):
    """Ways in a home: the free floor that is connected with the charger's place."""

    def __init__(self, home: Home) -> None:
        super().__init__(nominal_occupancy(home), (home.charger.x, home.charger.y))
