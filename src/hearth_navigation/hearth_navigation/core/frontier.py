"""Where to look next: the borders between what is known free and what is not known at all.

Yamauchi 1997: drive to the nearest border; when no border can be reached, the map is done.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from hearth_core.geometry import Pose2, wrap_angle

from hearth_navigation.core.cost_to_go import cost_to_go
from hearth_navigation.core.field import Field, clearance_field, distances
from hearth_navigation.core.footprint import Footprint
from hearth_navigation.core.grid import FREE, OCCUPIED, Grid
from hearth_navigation.core.guide import resample

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class FrontierConfig:
    """What counts as a border, and from where it is looked at."""

    pitch: float = 0.05
    """Cells of the search [m]."""
    smallest: float = 0.35
    """Shortest border worth looking at [m]."""
    sight: float = 5.0
    """Largest distance from which a border is looked at [m]."""
    nearness: float = 1.5
    """Metres of way that being a metre nearer to the border is worth."""
    gap: float = 0.25
    """Unknown strips narrower than this lie between beams, and are no border [m]."""
    radius: float = 0.36
    """Room asked for around the base's centre at a viewpoint [m]."""
    passage: float = 0.29
    """Room asked for on the way [m]."""
    tries: int = 3
    """Viewpoints from which a border that does not change is looked at."""
    gain: float = 0.6
    """Metres of way that a metre of border is worth."""


@dataclass(frozen=True)
class View:
    """A pose from which a border can be looked at."""

    pose: Pose2
    border: tuple[float, float]
    """Middle of the border in map [m]."""
    length: float
    """Of the border [m]."""
    cost: float
    """Way from the robot [m of free driving]."""


def views(
    grid: Grid,
    robot: Pose2,
    footprint: Footprint,
    config: FrontierConfig | None = None,
    avoid: Mask | None = None,
    seen: list[View] | None = None,
) -> list[View]:
    """Viewpoints, the best first; empty: everything that can be reached is known.

    Args:
        grid: The map so far.
        robot: base_footprint in map.
        footprint: Must fit at viewpoints.
        config: What counts.
        avoid: More cells nobody may drive on (furniture on legs).
        seen: Views that have been tried; a border that has not changed since is looked at from
            elsewhere, or given up.
    """
    config = config or FrontierConfig()
    blocked = grid.cells != FREE
    if avoid is not None:
        blocked = blocked | avoid
    clearance = clearance_field(blocked, grid.resolution, grid.origin)
    room = resample(clearance, config.pitch)
    stride = round(config.pitch / grid.resolution)
    height, width = room.shape
    coarse = grid.cells[: height * stride, : width * stride].reshape(height, stride, width, stride)
    occupied = (coarse == OCCUPIED).any(axis=(1, 3))
    free = (coarse == FREE).any(axis=(1, 3)) & ~occupied
    n = max(1, round(config.gap / config.pitch))
    closed = cv2.morphologyEx(free.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((n, n), np.uint8))
    free = closed.astype(np.bool_) & ~occupied
    unknown = ~free & ~occupied
    border = free & cv2.dilate(unknown.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
    way = _way(room, grid, robot, config)
    labels, stats, centroids = cv2.connectedComponentsWithStats(
        border.astype(np.uint8), connectivity=8
    )[1:]
    ground = _Ground(grid, clearance, room, way, occupied, footprint, config)
    result = []
    for label in range(1, len(stats)):
        length = float(stats[label, cv2.CC_STAT_AREA]) * config.pitch
        middle = (
            grid.origin[0] + (float(centroids[label][0]) + 0.5) * config.pitch,
            grid.origin[1] + (float(centroids[label][1]) + 0.5) * config.pitch,
        )
        if length < config.smallest:
            continue
        tried = [
            other.pose
            for other in seen or []
            if math.dist(middle, other.border) < 0.3
            and abs(length - other.length) < 0.25 * max(length, other.length)
        ]
        if len(tried) >= config.tries:
            continue
        view = _view(ground, labels == label, middle, length, tried)
        if view is not None:
            result.append(view)
    return sorted(result, key=lambda item: item.cost - config.gain * min(item.length, 3.0))


def _way(
    room: npt.NDArray[np.float32], grid: Grid, robot: Pose2, config: FrontierConfig
) -> npt.NDArray[np.float32]:
    """Cost of the way from the robot to every coarse cell."""
    price = np.where(room > config.passage, 1.0, np.inf).astype(np.float32)
    price[(room > config.passage) & (room < config.radius)] = 2.0
    row = math.floor((robot.y - grid.origin[1]) / config.pitch)
    column = math.floor((robot.x - grid.origin[0]) / config.pitch)
    # The robot is where it is: its own surroundings count as passable.
    n = math.ceil(0.3 / config.pitch)
    window = price[max(0, row - n) : row + n + 1, max(0, column - n) : column + n + 1]
    np.minimum(window, 3.0, out=window)
    return cost_to_go(price, config.pitch, grid.origin, [(row, column)]).values


@dataclass(frozen=True, eq=False)
class _Ground:
    """What viewpoints are chosen on, in coarse cells."""

    grid: Grid
    clearance: Field
    room: npt.NDArray[np.float32]
    way: npt.NDArray[np.float32]
    occupied: Mask
    footprint: Footprint
    config: FrontierConfig


def _view(
    ground: _Ground,
    border: Mask,
    middle: tuple[float, float],
    length: float,
    tried: list[Pose2],
) -> View | None:
    config, way = ground.config, ground.way
    away = distances(border, config.pitch)
    possible = (away < config.sight) & (ground.room > config.radius) & np.isfinite(way)
    rows, columns = np.nonzero(possible)
    cells = np.argwhere(border)
    worth = way[rows, columns] + config.nearness * np.maximum(away[rows, columns] - 0.6, 0.0)
    for index in np.argsort(worth)[::5][:60]:
        row, column = int(rows[index]), int(columns[index])
        nearest = cells[np.argmin(((cells - (row, column)) ** 2).sum(axis=1))]
        if not _sees(ground.occupied, row, column, int(nearest[0]), int(nearest[1])):
            continue
        x = ground.grid.origin[0] + (column + 0.5) * config.pitch
        y = ground.grid.origin[1] + (row + 0.5) * config.pitch
        if any(math.hypot(x - pose.x, y - pose.y) < 0.5 for pose in tried):
            continue
        toward = math.atan2(nearest[0] - row, nearest[1] - column)
        for k in (0, 1, -1, 2, -2, 3, -3, 4):
            pose = Pose2(x, y, wrap_angle(toward + k * math.pi / 4))
            if ground.footprint.clearance(ground.clearance, pose) > 0.04:
                return View(pose, middle, length, float(way[row, column]))
    return None


def _sees(occupied: Mask, row: int, column: int, to_row: int, to_column: int) -> bool:
    """Whether no occupied cell lies on the straight line."""
    n = max(abs(to_row - row), abs(to_column - column), 1)
    rows = np.round(np.linspace(row, to_row, n + 1)).astype(int)
    columns = np.round(np.linspace(column, to_column, n + 1)).astype(int)
    return not bool(occupied[rows, columns].any())
