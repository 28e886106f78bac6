"""Where on a table or shelf there is room: a grid per surface, remembered between views."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from hearth_core.geometry import Pose2

from hearth_perception.core.clusters import Segmentation
from hearth_perception.core.depth import Cloud
from hearth_perception.core.places import Shelf
from hearth_perception.core.planes import Support

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

CELL = 0.025
BORDER = 0.20
"""How far a piece of furniture may stand from where the home model has it [m]."""
UNKNOWN, FREE, TAKEN = 0, 1, 2


@dataclass(frozen=True, eq=False)
class Area:
    """What is known of one level surface."""

    id: str
    place: str
    """Furniture it belongs to; empty: not in the home model."""
    pose: Pose2
    """Middle of the seen patch in map."""
    height: float
    size: tuple[float, float]
    """Extents of the seen patch along the axes of ``pose`` [m]."""
    free: Array | None
    """Corners of the largest free rectangle in map, counter-clockwise, shape (4, 2)."""
    stamp: float
    """When it was last seen [s]."""


class SurfaceMemory:
    """Grids of nominal surfaces; what is seen again overwrites what was."""

    def __init__(self, margin: float = 0.02) -> None:
        """``margin`` [m] is kept from edges and from things."""
        self._margin = margin
        self._grids: dict[str, _Grid] = {}

    def update(self, segmentation: Segmentation, stamp: float) -> None:
        """Take what one view shows of nominal surfaces."""
        for index, support in enumerate(segmentation.supports):
            shelf = support.shelf
            if shelf is None:
                continue
            grid = self._grids.get(shelf.name)
            if grid is None:
                grid = self._grids[shelf.name] = _Grid(shelf)
            on = segmentation.support_labels == index
            grid.take(segmentation.cloud, on, support, stamp)

    def areas(self) -> list[Area]:
        """Everything known now."""
        return [a for g in self._grids.values() if (a := g.area(self._margin)) is not None]

    def clear(self) -> None:
        """Forget everything (a new world, a clock that jumped back)."""
        self._grids.clear()


class _Grid:
    """Cells of one surface in the frame of its nominal rectangle."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf
        self.height = shelf.height
        self.stamp = -np.inf
        self.low = -np.array(shelf.size) / 2 - BORDER
        self.shape = tuple(np.ceil((np.array(shelf.size) + 2 * BORDER) / CELL).astype(int))
        self.state = np.zeros(self.shape, np.uint8)

    def take(self, cloud: Cloud, on: Mask, support: Support, stamp: float) -> None:
        seen = self._paint(cloud.points[on][:, :2])
        above = cloud.points[..., 2] - np.float32(support.height)
        ceiling = min(0.45, (self.shelf.clearance or 1.0) - 0.02)
        things = cloud.valid & (above > 0.02) & (above < ceiling) & ~on
        taken = self._paint(cloud.points[things][:, :2])
        kernel = np.ones((3, 3), np.uint8)
        seen = cv2.morphologyEx(seen, cv2.MORPH_CLOSE, kernel)
        self.state[(seen > 0) & (taken == 0)] = FREE
        self.state[taken > 0] = TAKEN
        self.height = support.height
        self.stamp = stamp

    def _paint(self, xy: npt.NDArray[np.floating]) -> npt.NDArray[np.uint8]:
        image = np.zeros(self.shape, np.uint8)
        local = self.shelf.pose.inverse().apply(xy.astype(float))
        cells = np.floor((local - self.low) / CELL).astype(int)
        inside = (cells >= 0).all(axis=1) & (cells < self.shape).all(axis=1)
        image[cells[inside, 0], cells[inside, 1]] = 1
        return image

    def area(self, margin: float) -> Area | None:
        known = self.state == FREE
        if known.sum() < 12:
            return None
        covered = np.argwhere(known)
        low, high = covered.min(axis=0), covered.max(axis=0) + 1
        middle = self.low + (low + high) / 2 * CELL
        size = (high - low) * CELL
        cells = int(np.ceil(margin / CELL))
        kernel = np.ones((2 * cells + 1, 2 * cells + 1), np.uint8)
        free = cv2.erode(known.astype(np.uint8), kernel, borderValue=0) > 0
        rectangle = largest_rectangle(free)
        corners = None
        if rectangle is not None:
            a, b, c, d = rectangle
            x0, y0 = self.low + np.array([a, b]) * CELL
            x1, y1 = self.low + np.array([c, d]) * CELL
            corners = self.shelf.pose.apply(np.array([[x1, y0], [x1, y1], [x0, y1], [x0, y0]]))
        return Area(
            self.shelf.name,
            self.shelf.place,
            self.shelf.pose @ Pose2(float(middle[0]), float(middle[1]), 0.0),
            self.height,
            (float(size[0]), float(size[1])),
            corners,
            self.stamp,
        )


def largest_rectangle(free: Mask) -> tuple[int, int, int, int] | None:
    """Largest axis-aligned rectangle of true cells: row0, col0, row1, col1 (exclusive).

    Stack of histogram bars row by row; linear in the number of cells. None: no cell is free.
    """
    rows, cols = free.shape
    heights = np.zeros(cols + 1, int)
    best, found = 0, None
    for row in range(rows):
        heights[:cols] = np.where(free[row], heights[:cols] + 1, 0)
        stack: list[tuple[int, int]] = []
        for col in range(cols + 1):
            start = col
            while stack and stack[-1][1] >= heights[col]:
                start, height = stack.pop()
                area = height * (col - start)
                if area > best:
                    best, found = area, (row - height + 1, start, row + 1, col)
            stack.append((start, int(heights[col])))
    return found
