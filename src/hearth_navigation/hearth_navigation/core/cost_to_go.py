"""Dijkstra from the goal over the whole map: one field serves planner, controller and ETA."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from hearth_core.jit import kernel

from hearth_navigation.core.field import Field, Values

Mask = npt.NDArray[np.bool_]
Keys = npt.NDArray[Any]
"""Of float32 or float64."""


@kernel
def step_cost(clearance: float, comfort: float, weight: float) -> float:
    """Cost of a metre at this clearance: 1 from ``comfort`` [m] on, 1 + weight at contact."""
    if clearance >= comfort:
        return 1.0
    lack = 1.0 - max(clearance, 0.0) / comfort
    return 1.0 + weight * lack * lack


@kernel
def _push(keys: Keys, items: npt.NDArray[np.int64], size: int, key: float, item: int) -> int:
    """Add to a binary heap; returns the new size."""
    i = size
    while i > 0:
        parent = (i - 1) >> 1
        if keys[parent] <= key:
            break
        keys[i] = keys[parent]
        items[i] = items[parent]
        i = parent
    keys[i] = key
    items[i] = item
    return size + 1


@kernel
def _pop(keys: Keys, items: npt.NDArray[np.int64], size: int) -> tuple[float, int, int]:
    """Remove the least; returns (key, item, new size)."""
    key = keys[0]
    item = items[0]
    size -= 1
    last_key = keys[size]
    last = items[size]
    i = 0
    while True:
        child = 2 * i + 1
        if child >= size:
            break
        if child + 1 < size and keys[child + 1] < keys[child]:
            child += 1
        if keys[child] >= last_key:
            break
        keys[i] = keys[child]
        items[i] = items[child]
        i = child
    keys[i] = last_key
    items[i] = last
    return key, item, size


@kernel
def _dijkstra(  # noqa: PLR0912 - one loop of one algorithm
    multiplier: Values,
    seeds: npt.NDArray[np.int64],
    resolution: float,
    limit: float,
    watch: int,
    beyond: float,
) -> Values:
    """Cost [m of free driving] from every cell to the nearest seed; ``inf``: no way.

    ``multiplier`` is the cost of a metre in each cell, ``inf`` where nobody may go. Diagonal
    steps do not squeeze between two blocked cells. Once the cell ``watch`` is reached, only cells
    up to ``beyond`` times its cost and 4 m are.
    """
    height, width = multiplier.shape
    cost = np.full(height * width, np.float32(np.inf), np.float32)
    capacity = 8 * height * width + 16
    keys = np.empty(capacity, np.float32)
    items = np.empty(capacity, np.int64)
    size = 0
    for k in range(seeds.shape[0]):
        cost[seeds[k]] = 0.0
        size = _push(keys, items, size, 0.0, seeds[k])
    while size > 0:
        key, item, size = _pop(keys, items, size)
        if key > cost[item]:
            continue
        if key > limit:
            break
        if item == watch:
            limit = min(limit, beyond * key + 4.0)
        row = item // width
        column = item - row * width
        here = multiplier[row, column]
        for dr in range(-1, 2):
            r = row + dr
            if r < 0 or r >= height:
                continue
            for dc in range(-1, 2):
                c = column + dc
                if (dr == 0 and dc == 0) or c < 0 or c >= width:
                    continue
                there = multiplier[r, c]
                if not there < np.inf:
                    continue
                length = resolution
                if dr != 0 and dc != 0:
                    if not (multiplier[row, c] < np.inf and multiplier[r, column] < np.inf):
                        continue
                    length = resolution * 1.4142135623730951
                new = np.float32(key + length * 0.5 * (here + there))
                index = r * width + c
                if new < cost[index]:
                    cost[index] = new
                    size = _push(keys, items, size, float(new), index)
    return cost.reshape(height, width)


def multipliers(clearance: Values, inscribed: float, comfort: float, weight: float) -> Values:
    """Cost of a metre for the base's centre in every cell; ``inf`` within ``inscribed``."""
    gap = clearance - np.float32(inscribed)
    lack = np.clip(1.0 - gap / comfort, 0.0, 1.0)
    result = (1.0 + weight * lack * lack).astype(np.float32)
    result[gap < 0.0] = np.inf
    return result


def cost_to_go(
    multiplier: Values,
    resolution: float,
    origin: tuple[float, float],
    goals: list[tuple[int, int]],
    limit: float = math.inf,
    watch: tuple[int, int] | None = None,
    beyond: float = math.inf,
) -> Field:
    """Cost from every cell to the nearest goal cell (row, column), in metres of free driving.

    Goals that are blocked themselves still count as reached from their neighbours' side only if
    they are passable; a list without passable goals gives ``inf`` everywhere else. With ``watch``
    (row, column) cells that cost more than ``beyond`` times that one, and 4 m, may stay ``inf``.
    """
    width = multiplier.shape[1]
    seeds = np.array([row * width + column for row, column in goals], np.int64)
    item = -1 if watch is None else watch[0] * width + watch[1]
    values = _dijkstra(multiplier, seeds, resolution, limit, item, beyond)
    return Field(values, resolution, origin)


@kernel
def _descend(values: Values, row: int, column: int) -> npt.NDArray[np.int64]:
    """Cells from (row, column) down to a seed."""
    height, width = values.shape
    path = np.empty((height * width, 2), np.int64)
    n = 0
    while n < height * width:
        path[n, 0] = row
        path[n, 1] = column
        n += 1
        here = values[row, column]
        if here <= 0.0:
            break
        best = here
        br, bc = row, column
        for dr in range(-1, 2):
            for dc in range(-1, 2):
                r, c = row + dr, column + dc
                if r < 0 or c < 0 or r >= height or c >= width or (dr == 0 and dc == 0):
                    continue
                diagonal = dr != 0 and dc != 0
                if diagonal and not (values[row, c] < np.inf and values[r, column] < np.inf):
                    continue
                if values[r, c] < best:
                    best = values[r, c]
                    br, bc = r, c
        if br == row and bc == column:
            break
        row, column = br, bc
    return path[:n]


def descend(field: Field, row: int, column: int) -> npt.NDArray[np.int64]:
    """Cells (N, 2) from (row, column) along the steepest descent; empty if there is no way."""
    if not np.isfinite(field.values[row, column]):
        return np.zeros((0, 2), np.int64)
    return _descend(field.values, row, column)
