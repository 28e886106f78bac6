"""Occupancy drawn from keyframes as log odds; grows with the home."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from hearth_core.geometry import Pose2

from hearth_navigation.core.field import Field, distances
from hearth_navigation.core.grid import FREE, OCCUPIED, UNKNOWN, Grid
from hearth_navigation.core.keyframes import Keyframe
from hearth_navigation.core.raycast import add_beams


@dataclass(frozen=True)
class CanvasConfig:
    """How finely to draw and how much a beam says."""

    resolution: float = 0.025
    half_size: float = 14.0
    """The map reaches this far from the start on all sides [m]; it grows where it must."""
    reach: float = 10.0
    """Beams are drawn up to this length [m]."""
    hit: float = 0.9
    miss: float = -0.35
    most: float = 4.0
    """Log odds of an end, of a passing beam, and the largest magnitude."""


class Canvas:
    """Log odds of occupancy around a start."""

    def __init__(self, start: Pose2, config: CanvasConfig) -> None:
        self.config = config
        resolution = config.resolution
        # Builders like round numbers: centres of cells lie on them, not borders, so that a wall's
        # surface falls into one row of cells and not now into this, now into that one.
        low = [
            (math.floor((value - config.half_size) / resolution) + 0.5) * resolution
            for value in (start.x, start.y)
        ]
        size = math.ceil(2.0 * config.half_size / resolution)
        self._origin = (round(low[0], 6), round(low[1], 6))
        self._log_odds = np.zeros((size, size), np.float32)

    def wipe(self) -> None:
        """Forget everything drawn; the size stays."""
        self._log_odds[:] = 0.0

    def draw(self, frame: Keyframe) -> None:
        """Add one keyframe at its pose."""
        config = self.config
        self._grow(frame.pose)
        lidar = frame.pose @ frame.beams.base_from_lidar
        hits = np.isfinite(frame.beams.ranges) & (frame.lengths > 0.0)
        hits &= frame.lengths <= config.reach
        add_beams(
            self._log_odds,
            *self._origin,
            1.0 / config.resolution,
            lidar.x,
            lidar.y,
            frame.beams.angles + lidar.yaw,
            np.minimum(frame.lengths, config.reach),
            hits,
            config.miss,
            config.hit,
            -config.most,
            config.most,
        )

    def _grow(self, pose: Pose2) -> None:
        """Make room for everything a keyframe at ``pose`` can draw."""
        resolution, reach = self.config.resolution, self.config.reach
        height, width = self._log_odds.shape
        lack = (
            self._origin[1] - (pose.y - reach),
            (pose.y + reach) - (self._origin[1] + height * resolution),
            self._origin[0] - (pose.x - reach),
            (pose.x + reach) - (self._origin[0] + width * resolution),
        )
        if max(lack) <= 0.0:
            return
        # In steps of 4 m, which keep the blocks of the live map in place.
        down, up, left, right = (
            max(0, math.ceil(value / 4.0)) * round(4.0 / resolution) for value in lack
        )
        self._log_odds = np.pad(self._log_odds, ((down, up), (left, right)))
        self._origin = (
            round(self._origin[0] - left * resolution, 6),
            round(self._origin[1] - down * resolution, 6),
        )

    def field(self) -> Field:
        """Distance to what is drawn as occupied."""
        occupied = self._log_odds > 0.8
        return Field(
            distances(occupied, self.config.resolution), self.config.resolution, self._origin
        )

    def live(self) -> Grid:
        """The map so far, in steps of 2 m, so that its cells seldom change place."""
        return self._cut(self._cells(), pad=1.0, block=2.0)

    def finished(self) -> Grid:
        """The map, cleaned of specks and cut to what was seen."""
        cells = clean(self._cells(), self.config.resolution)
        return self._cut(cells, pad=0.5, block=self.config.resolution)

    def _cut(self, cells: npt.NDArray[np.int8], pad: float, block: float) -> Grid:
        """The seen part with ``pad`` [m] around it, on whole blocks [m]."""
        resolution = self.config.resolution
        rows = np.flatnonzero((cells != UNKNOWN).any(axis=1))
        columns = np.flatnonzero((cells != UNKNOWN).any(axis=0))
        if not len(rows):
            return Grid(cells, resolution, self._origin)
        step, margin = round(block / resolution), round(pad / resolution)
        top = max(0, (int(rows[0]) - margin) // step * step)
        left = max(0, (int(columns[0]) - margin) // step * step)
        bottom = -(-(int(rows[-1]) + 1 + margin) // step) * step
        right = -(-(int(columns[-1]) + 1 + margin) // step) * step
        origin = (
            round(self._origin[0] + left * resolution, 6),
            round(self._origin[1] + top * resolution, 6),
        )
        return Grid(np.ascontiguousarray(cells[top:bottom, left:right]), resolution, origin)

    def _cells(self) -> npt.NDArray[np.int8]:
        cells = np.full(self._log_odds.shape, UNKNOWN, np.int8)
        cells[self._log_odds < -0.3] = FREE
        cells[self._log_odds > 0.8] = OCCUPIED
        return cells


def clean(cells: npt.NDArray[np.int8], resolution: float) -> npt.NDArray[np.int8]:
    """Free the specks nobody looked at: unknown islands under 0.02 m2 amid free cells.

    And drop free cells outside the home that single beams through gaps have drawn: free areas
    not connected with the largest one.
    """
    result = cells.copy()
    most = round(0.02 / resolution**2)
    unknown = (cells == UNKNOWN).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(unknown, connectivity=8)
    solid = cv2.dilate((cells == OCCUPIED).astype(np.uint8), np.ones((3, 3), np.uint8))
    for label in range(1, count):
        if stats[label, cv2.CC_STAT_AREA] <= most:
            island = labels == label
            if not solid[island].any():
                result[island] = FREE
    free = (result == FREE).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(free, connectivity=4)
    if count > 2:
        largest = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
        result[(free == 1) & (labels != largest)] = UNKNOWN
    return result
