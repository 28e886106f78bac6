"""Where the base may stand and how far it is to drive, by the map and the home model."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt
from hearth_core.home.catalogue import PLACE_KINDS
from hearth_core.home.model import Home
from hearth_core.home.plane import Point

from hearth_perception.core.search_kernels import travel

Mask = npt.NDArray[np.bool_]
Array = npt.NDArray[np.float64]

COARSE = 2
"""Cells of the map along a side of a cell of the ground."""
RADIUS = 0.30
"""A disc this large passes wherever the base is sent [m]."""
OVERHEAD = 1.40
"""What begins this high is over the base and the tucked arms [m]."""


@dataclass(frozen=True, eq=False)
class Ground:
    """A grid over the map: clearance and ways. Row 0 is at the lowest y."""

    clearance: npt.NDArray[np.float32]
    """From the middle of every cell to the nearest thing in the way [m]."""
    origin: Point
    """Corner of cell (0, 0) [m]."""
    resolution: float
    _fields: dict[tuple[int, int], npt.NDArray[np.float32]] = field(default_factory=dict)

    @classmethod
    def make(cls, blocked: Mask, origin: Point, resolution: float, home: Home) -> Ground:
        """From a map.

        Args:
            blocked: Cells that are occupied or were never seen, row 0 at the lowest y.
            origin: Corner of cell (0, 0) [m].
            resolution: Side of a cell [m].
            home: Its furniture stands in the way too where the lidar looks through below it.
        """
        free = (~blocked).astype(np.uint8)
        for place in home.places:
            kind = PLACE_KINDS.get(place.kind)
            if place.elevation < OVERHEAD and not (kind is not None and kind.flat):
                corners = (np.array(place.footprint()) - np.array(origin)) / resolution - 0.5
                cv2.fillConvexPoly(free, np.round(corners).astype(np.int32), 0)
        free = cv2.copyMakeBorder(free, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
        away = cv2.distanceTransform(free, cv2.DIST_L2, 5)[1:-1, 1:-1] * resolution
        rows, cols = (n // COARSE * COARSE for n in away.shape)
        coarse = away[:rows, :cols].reshape(rows // COARSE, COARSE, cols // COARSE, COARSE)
        room = coarse.max(axis=(1, 3)).astype(np.float32)
        return cls(room, origin, resolution * COARSE)

    @property
    def free(self) -> Mask:
        """Where the base's middle may be."""
        return self.clearance > RADIUS

    def cell(self, point: npt.ArrayLike) -> tuple[int, int]:
        """Row and column of a point, clipped to the grid."""
        x, y = np.asarray(point, float)[:2]
        row = int((y - self.origin[1]) / self.resolution)
        column = int((x - self.origin[0]) / self.resolution)
        rows, cols = self.clearance.shape
        return min(max(row, 0), rows - 1), min(max(column, 0), cols - 1)

    def points(self, least: float, step: int) -> Array:
        """Middles of every ``step``-th cell with so much clearance [m], shape (N, 2)."""
        thin = np.zeros(self.clearance.shape, bool)
        thin[::step, ::step] = True
        rows, cols = np.nonzero(thin & (self.clearance > least))
        return np.stack(
            [
                self.origin[0] + (cols + 0.5) * self.resolution,
                self.origin[1] + (rows + 0.5) * self.resolution,
            ],
            axis=1,
        )

    def ways(self, start: npt.ArrayLike, ends: Array) -> Array:
        """Driving distance from a point to others (N, 2) [m]; inf: there is no way."""
        begin = self._nearest_free(self.cell(start))
        if begin is None:
            return np.full(len(ends), np.inf)
        if begin not in self._fields:
            self._fields[begin] = travel(self.free, *begin)
        far = self._fields[begin]
        cells = [self._nearest_free(self.cell(end)) for end in ends]
        ways = [np.inf if c is None else float(far[c]) * self.resolution for c in cells]
        return np.array(ways, float)

    def _nearest_free(self, cell: tuple[int, int], reach: int = 6) -> tuple[int, int] | None:
        """The free cell next to a cell; None: none within ``reach`` cells."""
        row, column = cell
        low = (max(0, row - reach), max(0, column - reach))
        part = self.free[low[0] : row + reach + 1, low[1] : column + reach + 1]
        rows, cols = np.nonzero(part)
        if not len(rows):
            return None
        best = int(np.argmin((rows + low[0] - row) ** 2 + (cols + low[1] - column) ** 2))
        return int(rows[best] + low[0]), int(cols[best] + low[1])
