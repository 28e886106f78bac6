"""Beams through a grid: what a lidar would measure, and which cells it passes."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from hearth_core.geometry import Pose2
from hearth_core.jit import kernel

from hearth_navigation.core.field import Field, Values

Array = npt.NDArray[np.float64]


@kernel
def march(
    values: Values,
    ox: float,
    oy: float,
    inverse: float,
    x: float,
    y: float,
    directions: Array,
    reach: float,
    result: Array,
) -> None:
    """Sphere tracing on the distance to occupied centres; ``inf`` where nothing is met."""
    height, width = values.shape
    size = 1.0 / inverse
    for i in range(directions.shape[0]):
        dx = math.cos(directions[i])
        dy = math.sin(directions[i])
        t = 0.0
        result[i] = math.inf
        while t < reach:
            u = (x + t * dx - ox) * inverse
            v = (y + t * dy - oy) * inverse
            if not (u >= 0.0 and v >= 0.0 and u < width and v < height):
                break
            d = values[int(v), int(u)]
            if d <= 0.0:
                result[i] = t
                break
            # A point of this cell is at most 1.42 cells' half diagonals nearer than its centre.
            t += max(d - 1.42 * size, 0.3 * size)


def expected_ranges(field: Field, origin: Pose2, angles: Array, reach: float) -> Array:
    """Range of each beam [m] from ``origin`` in map; ``inf``: nothing within ``reach``.

    Args:
        field: Distance to the occupied cells' centres (:func:`field.surface_field`).
        origin: The lidar in map.
        angles: Directions in the lidar's frame [rad], shape (N,).
        reach: Longest range [m].
    """
    result = np.empty(len(angles))
    march(field.values, *field.geometry, origin.x, origin.y, angles + origin.yaw, reach, result)
    return result


@kernel
def add_beams(
    log_odds: Values,
    ox: float,
    oy: float,
    inverse: float,
    x: float,
    y: float,
    directions: Array,
    lengths: Array,
    hits: npt.NDArray[np.bool_],
    free: float,
    occupied: float,
    low: float,
    high: float,
) -> None:
    """Lower the cells a beam passed and raise the one it ended in, each clamped to [low, high].

    The two cells before the end are left alone: at flat angles the beam grazes its own wall.
    """
    height, width = log_odds.shape
    for i in range(directions.shape[0]):
        length = lengths[i]
        if length <= 0.0:
            continue
        dx = math.cos(directions[i])
        dy = math.sin(directions[i])
        u = (x - ox) * inverse
        v = (y - oy) * inverse
        column = math.floor(u)
        row = math.floor(v)
        end_u = u + length * dx * inverse
        end_v = v + length * dy * inverse
        end_column = math.floor(end_u)
        end_row = math.floor(end_v)
        step_u = 1 if dx > 0 else -1
        step_v = 1 if dy > 0 else -1
        next_u = ((column + (step_u > 0)) - u) / dx if dx != 0.0 else math.inf
        next_v = ((row + (step_v > 0)) - v) / dy if dy != 0.0 else math.inf
        delta_u = abs(1.0 / dx) if dx != 0.0 else math.inf
        delta_v = abs(1.0 / dy) if dy != 0.0 else math.inf
        stop = length * inverse - (2.0 if hits[i] else 0.0)
        t = 0.0
        while t < stop:
            if column == end_column and row == end_row:
                break
            if 0 <= row < height and 0 <= column < width:
                log_odds[row, column] = max(low, log_odds[row, column] + free)
            if next_u < next_v:
                t = next_u
                next_u += delta_u
                column += step_u
            else:
                t = next_v
                next_v += delta_v
                row += step_v
        if hits[i] and 0 <= end_row < height and 0 <= end_column < width:
            log_odds[end_row, end_column] = min(high, log_odds[end_row, end_column] + occupied)
