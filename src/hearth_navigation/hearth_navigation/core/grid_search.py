"""A* on a grid: the shortest way of a point over eight neighbours, without squeezing corners.

Planner ``grid`` of ``compute_path_to_pose``, for robots that are round; and MovingAI's file
formats, so that it can be measured on the maps everybody uses (Sturtevant 2012).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from hearth_core.errors import FileFormatError
from hearth_core.jit import kernel

from hearth_navigation.core.cost_to_go import _pop, _push

Mask = npt.NDArray[np.bool_]
Cells = npt.NDArray[np.int64]

_DIAGONAL = math.sqrt(2.0)
_PASSABLE = b".GS"
"""Ground and swamp; trees, water and walls are not."""


@kernel
def _octile(rows: int, columns: int) -> float:
    a, b = abs(rows), abs(columns)
    return max(a, b) + (math.sqrt(2.0) - 1.0) * min(a, b)


@kernel
def _astar(free: Mask, start: int, goal: int) -> tuple[Cells, float]:
    height, width = free.shape
    cost = np.full(height * width, np.inf)
    parent = np.full(height * width, -1, np.int64)
    closed = np.zeros(height * width, np.bool_)
    capacity = 1 << 14
    keys = np.empty(capacity, np.float64)
    items = np.empty(capacity, np.int64)
    goal_row, goal_column = goal // width, goal % width
    cost[start] = 0.0
    size = _push(keys, items, 0, 0.0, start)
    while size > 0:
        _, item, size = _pop(keys, items, size)
        if closed[item]:
            continue
        closed[item] = True
        if item == goal:
            break
        row, column = item // width, item % width
        for dr in range(-1, 2):
            for dc in range(-1, 2):
                r, c = row + dr, column + dc
                if r < 0 or c < 0 or r >= height or c >= width or not free[r, c]:
                    continue
                if dr != 0 and dc != 0 and not (free[row, c] and free[r, column]):
                    continue
                index = r * width + c
                new = cost[item] + math.sqrt(float(dr * dr + dc * dc))
                if closed[index] or new >= cost[index]:
                    continue
                cost[index] = new
                parent[index] = item
                if size >= capacity - 1:
                    more_keys = np.empty(2 * capacity, np.float64)
                    more_keys[:capacity] = keys
                    keys = more_keys
                    more_items = np.empty(2 * capacity, np.int64)
                    more_items[:capacity] = items
                    items = more_items
                    capacity *= 2
                key = new + _octile(r - goal_row, c - goal_column)
                size = _push(keys, items, size, key, index)
    if not closed[goal]:
        return np.empty(0, np.int64), np.inf
    count, item = 0, goal
    while item >= 0:
        count += 1
        item = parent[item]
    path = np.empty(count, np.int64)
    item = goal
    for k in range(count - 1, -1, -1):
        path[k] = item
        item = parent[item]
    return path, cost[goal]


@dataclass(frozen=True, eq=False)
class GridPath:
    """A shortest way."""

    cells: Cells
    """Row and column from start to goal, (N, 2); empty: there is none."""
    length: float
    """[cells]; ``inf``: there is none."""


def shortest(free: Mask, start: tuple[int, int], goal: tuple[int, int]) -> GridPath:
    """Shortest way between two cells (row, column).

    Raises:
        ValueError: A cell lies outside the grid.
    """
    height, width = free.shape
    for name, (row, column) in (("start", start), ("goal", goal)):
        if not (0 <= row < height and 0 <= column < width):
            raise ValueError(f"{name} ({row}, {column}) lies outside the grid {free.shape}")
    if not (free[start] and free[goal]):
        return GridPath(np.zeros((0, 2), np.int64), math.inf)
    items, length = _astar(free, start[0] * width + start[1], goal[0] * width + goal[1])
    return GridPath(np.stack([items // width, items % width], axis=1), float(length))


def read_movingai_map(path: Path) -> Mask:
    """Passable cells of a ``.map`` file; row 0 is the file's first.

    Raises:
        FileFormatError: It has another form.
    """
    lines = path.read_bytes().splitlines()
    head = dict(line.split(None, 1) for line in lines[:3] if len(line.split(None, 1)) == 2)
    try:
        height, width = int(head[b"height"]), int(head[b"width"])
    except (KeyError, ValueError):
        raise FileFormatError(str(path), "", "expected type, height, width and map") from None
    rows = lines[4 : 4 + height]
    if lines[3].strip() != b"map" or any(len(row) < width for row in rows) or len(rows) < height:
        raise FileFormatError(str(path), "map", f"expected {height} rows of {width} cells")
    cells = np.array([np.frombuffer(row[:width], np.uint8) for row in rows])
    return np.isin(cells, np.frombuffer(_PASSABLE, np.uint8))


@dataclass(frozen=True)
class Problem:
    """A line of a ``.scen`` file."""

    map: str
    start: tuple[int, int]
    """Row, column."""
    goal: tuple[int, int]
    length: float
    """Of the shortest way [cells]."""


def read_movingai_problems(path: Path) -> list[Problem]:
    """Problems of a ``.scen`` file.

    Raises:
        FileFormatError: A line has another form.
    """
    problems = []
    for number, line in enumerate(path.read_text().splitlines()):
        words = line.split()
        if not words or words[0] == "version":
            continue
        try:
            sx, sy, gx, gy = map(int, words[4:8])
            problems.append(Problem(words[1], (sy, sx), (gy, gx), float(words[8])))
        except (IndexError, ValueError):
            raise FileFormatError(str(path), f"line {number + 1}", "expected 9 fields") from None
    return problems
