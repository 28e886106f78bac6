"""Build a map by driving: match every scan to the map so far, and add it where it brings news.

Keyframes keep their beams, so that the map can be drawn again from corrected poses. Loop closure
by a pose graph has its place in :meth:`Mapper.relax`: today keyframes are only matched anew to
the map of all the others, which takes out the small drift of a home-sized drive.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from hearth_core.geometry import Pose2, wrap_angle

from hearth_navigation.core.field import Field, distances
from hearth_navigation.core.grid import FREE, OCCUPIED, UNKNOWN, Grid
from hearth_navigation.core.matcher import correlate, refine
from hearth_navigation.core.particles import MotionNoise
from hearth_navigation.core.raycast import add_beams
from hearth_navigation.core.relocalizer import Beams
from hearth_navigation.core.scan import thin

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class MapperConfig:
    """How finely to draw and when to add a scan."""

    resolution: float = 0.025
    half_size: float = 14.0
    """The map reaches this far from the start on all sides [m]; it grows where it must."""
    keyframe_distance: float = 0.2
    keyframe_turn: float = 0.17
    reach: float = 10.0
    """Beams are drawn up to this length [m]."""
    hit: float = 0.9
    miss: float = -0.35
    most: float = 4.0
    """Log odds of an end, of a passing beam, and the largest magnitude."""
    point_sigma: float = 0.02
    """Deviation of a scan point from the map [m]."""
    independent: float = 4.0
    """Scan points per independent measurement."""


@dataclass
class Keyframe:
    """A scan that is part of the map."""

    pose: Pose2
    """base_footprint in map."""
    beams: Beams
    lengths: Array


class Mapper:
    """Feed it every scan with the wheels' pose at that moment."""

    def __init__(self, start: Pose2, config: MapperConfig | None = None) -> None:
        """``start``: base_footprint in map at the first scan."""
        self.config = config or MapperConfig()
        resolution = self.config.resolution
        # Builders like round numbers: centres of cells lie on them, not borders, so that a wall's
        # surface falls into one row of cells and not now into this, now into that one.
        low = [
            (math.floor((value - self.config.half_size) / resolution) + 0.5) * resolution
            for value in (start.x, start.y)
        ]
        size = math.ceil(2.0 * self.config.half_size / resolution)
        self._origin = (round(low[0], 6), round(low[1], 6))
        self._log_odds = np.zeros((size, size), np.float32)
        self._field: Field | None = None
        self._noise = MotionNoise(floor=0.001)
        self._pose = start
        self._covariance: Array = np.diag([1e-6, 1e-6, 1e-6])
        self._odom: Pose2 | None = None
        self.keyframes: list[Keyframe] = []
        self.poor = 0
        """Scans in a row that fitted badly."""

    @property
    def pose(self) -> Pose2:
        """base_footprint in map after the last scan."""
        return self._pose

    def update(self, odom: Pose2, beams: Beams, lengths: Array) -> bool:
        """Take one scan; whether the map changed.

        Args:
            odom: base_footprint in odom at the scan's moment.
            beams: The scan.
            lengths: How far each beam certainly flew freely [m].
        """
        step = Pose2() if self._odom is None else self._odom.inverse() @ odom
        self._odom = odom
        self._predict(step)
        if self._field is not None:
            self._match(beams)
        if not self._is_news():
            return False
        self.keyframes.append(Keyframe(self._pose, beams, lengths))
        self._grow()
        self._draw(self._log_odds, self.keyframes[-1])
        self._refresh()
        return True

    def _predict(self, step: Pose2) -> None:
        distance, yaw = self._noise.deviations(step)
        c, s = math.cos(self._pose.yaw), math.sin(self._pose.yaw)
        jacobian = np.eye(3)
        jacobian[0, 2] = -s * step.x - c * step.y
        jacobian[1, 2] = c * step.x - s * step.y
        self._pose = self._pose @ step
        self._covariance = jacobian @ self._covariance @ jacobian.T + np.diag(
            [distance**2, distance**2, yaw**2]
        )

    def _match(self, beams: Beams) -> None:
        field = self._field
        points = thin(beams.points, 240)
        if field is None or len(points) < 20:
            return
        scale = 1.0 / (self.config.point_sigma**2 * self.config.independent)
        held: Array = np.linalg.inv(self._covariance).astype(np.float64)
        match = refine(field, points, self._pose, prior=held / scale)
        if match.inliers < 0.5:
            guess, _ = correlate(field, thin(points, 80), self._pose)
            other = refine(field, points, guess, prior=held / scale)
            if other.inliers > match.inliers + 0.1:
                match = other
        self.poor = self.poor + 1 if match.inliers < 0.4 else 0
        self._pose = match.pose
        self._covariance = np.linalg.inv(held + match.information * scale).astype(np.float64)

    def _is_news(self) -> bool:
        if not self.keyframes:
            return True
        # The nearest keyframe, not the last: driving back over known ground adds nothing.
        for frame in self.keyframes:
            if (
                frame.pose.distance(self._pose) < self.config.keyframe_distance
                and abs(wrap_angle(frame.pose.yaw - self._pose.yaw)) < self.config.keyframe_turn
            ):
                return False
        return True

    def _grow(self) -> None:
        """Make room for everything the newest keyframe can draw."""
        resolution, reach = self.config.resolution, self.config.reach
        pose = self.keyframes[-1].pose
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

    def _draw(self, log_odds: npt.NDArray[np.float32], frame: Keyframe) -> None:
        config = self.config
        lidar = frame.pose @ frame.beams.base_from_lidar
        hits = np.isfinite(frame.beams.ranges) & (frame.lengths > 0.0)
        hits &= frame.lengths <= config.reach
        add_beams(
            log_odds,
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

    def _refresh(self) -> None:
        occupied = self._log_odds > 0.8
        self._field = Field(
            distances(occupied, self.config.resolution), self.config.resolution, self._origin
        )

    def relax(self, rounds: int = 2) -> float:
        """Match all keyframes anew to the map of all, and draw it again.

        Returns:
            Largest correction of a keyframe's position in the last round [m].
        """
        moved = 0.0
        for _ in range(rounds):
            if self._field is None:
                return 0.0
            moved = 0.0
            for frame in self.keyframes[1:]:
                points = thin(frame.beams.points, 240)
                if len(points) < 20:
                    continue
                held = np.diag([400.0, 400.0, 2000.0])
                match = refine(
                    self._field, points, frame.pose, prior=held, scales=np.array([0.1, 0.05])
                )
                moved = max(moved, match.pose.distance(frame.pose))
                frame.pose = match.pose
            self._log_odds[:] = 0.0
            for frame in self.keyframes:
                self._draw(self._log_odds, frame)
            self._refresh()
        return moved

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
