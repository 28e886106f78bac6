"""Distance to the nearest obstacle, for every cell, with interpolation between cells."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from hearth_core.jit import kernel

from hearth_navigation.core.grid import Grid

Mask = npt.NDArray[np.bool_]
Values = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Field:
    """One number per cell, sampled between the centres of cells."""

    values: Values
    """Shape (rows, columns)."""
    resolution: float
    origin: tuple[float, float]

    @property
    def geometry(self) -> tuple[float, float, float]:
        """Origin x, y [m] and cells per metre: what the kernels take beside the values."""
        return self.origin[0], self.origin[1], 1.0 / self.resolution

    def at(self, x: float, y: float) -> float:
        """Interpolated value; the border's cells say 0 beyond the border."""
        return float(sample(self.values, *self.geometry, x, y))


def distances(occupied: Mask, resolution: float) -> Values:
    """Euclidean distance [m] from every cell's centre to the nearest occupied cell's centre."""
    if not occupied.any():
        height, width = occupied.shape
        return np.full(occupied.shape, resolution * float(np.hypot(height, width)), np.float32)
    source = np.where(occupied, 0, 255).astype(np.uint8)
    result = cv2.distanceTransform(source, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.asarray(result * np.float32(resolution), np.float32)


def surface_field(grid: Grid) -> Field:
    """Distance to the nearest occupied cell: what a lidar's end points should lie on."""
    return Field(distances(grid.cells >= 65, grid.resolution), grid.resolution, grid.origin)


def clearance_field(blocked: Mask, resolution: float, origin: tuple[float, float]) -> Field:
    """Distance to the edge of the nearest blocked cell; what lies beyond the border is blocked."""
    padded = np.ones((blocked.shape[0] + 2, blocked.shape[1] + 2), np.bool_)
    padded[1:-1, 1:-1] = blocked
    values = np.maximum(distances(padded, resolution) - np.float32(0.5 * resolution), 0.0)
    return Field(np.ascontiguousarray(values[1:-1, 1:-1]), resolution, origin)


@kernel
def sample(values: Values, ox: float, oy: float, inverse: float, x: float, y: float) -> float:
    """Bilinear value at (x, y) [m]; 0 outside."""
    u = (x - ox) * inverse - 0.5
    v = (y - oy) * inverse - 0.5
    height, width = values.shape
    if not (u > -0.5 and v > -0.5 and u < width - 0.5 and v < height - 0.5):
        return 0.0
    column = min(max(int(u), 0), width - 2)
    row = min(max(int(v), 0), height - 2)
    a = min(max(u - column, 0.0), 1.0)
    b = min(max(v - row, 0.0), 1.0)
    low = values[row, column] + a * (values[row, column + 1] - values[row, column])
    high = values[row + 1, column] + a * (values[row + 1, column + 1] - values[row + 1, column])
    return float(low + b * (high - low))
