"""A* over (x, y, heading) with the true footprint, guided by the goal's cost-to-go field.

The base is omnidirectional: from every state it may step to the eight neighbours, turning by
at most one heading, or turn on the spot. Driving sideways or backwards costs more than forward.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from hearth_core.jit import kernel

from hearth_navigation.core.angles import wrap
from hearth_navigation.core.cost_to_go import _pop, _push, step_cost
from hearth_navigation.core.field import Values
from hearth_navigation.core.footprint import clearance

Array = npt.NDArray[np.float64]
HEADINGS = 16


@dataclass(frozen=True)
class Weights:
    """What a path is charged for."""

    comfort: float = 0.25
    """Clearance [m] from which on a metre costs one."""
    closeness: float = 4.0
    """What a metre at contact costs more than a metre in the open."""
    sideways: float = 0.6
    """What a metre sideways costs more than forward; backward twice that."""
    turn: float = 0.25
    """Metres that a radian on the spot is worth."""


@kernel
def _allowed(x: float, y: float, margin: float, ends: Array) -> float:
    """Clearance asked of a state: ``margin``, less near ends that have less themselves."""
    need = margin
    for k in range(2):
        dx = x - ends[k, 0]
        dy = y - ends[k, 1]
        if dx * dx + dy * dy < 0.36:
            need = min(need, ends[k, 3] - 0.005)
    return need


@kernel
def segment_clear(
    values: Values,
    ox: float,
    oy: float,
    inverse: float,
    discs: Array,
    a: Array,
    b: Array,
    margin: float,
    ends: Array,
) -> bool:
    """Whether the straight motion from pose a (3,) to b (3,) keeps what is asked of it."""
    turn = wrap(b[2] - a[2])
    length = math.hypot(b[0] - a[0], b[1] - a[1])
    steps = max(1, math.ceil(max(length / 0.02, abs(turn) / 0.05)))
    for k in range(steps + 1):
        t = k / steps
        x = a[0] + t * (b[0] - a[0])
        y = a[1] + t * (b[1] - a[1])
        yaw = a[2] + t * turn
        gap = clearance(
            values, ox, oy, inverse, discs, x, y, math.cos(yaw), math.sin(yaw), margin + 0.05
        )
        if gap < _allowed(x, y, margin, ends):
            return False
    return True


@kernel
def search(  # noqa: PLR0912, PLR0915 - one loop of one algorithm
    values: Values,
    ox: float,
    oy: float,
    inverse: float,
    discs: Array,
    heuristic: Values,
    pitch: float,
    start: int,
    goals: npt.NDArray[np.int64],
    ends: Array,
    margin: float,
    comfort: float,
    closeness: float,
    sideways: float,
    turn: float,
    limit: int,
) -> tuple[npt.NDArray[np.int64], float, int]:
    """Cheapest states from ``start`` to one of ``goals``.

    Args:
        values: Clearance field and its geometry (next three).
        ox: Origin of field and lattice in map [m].
        oy: The same along y.
        inverse: Cells per metre of the clearance field.
        discs: Footprint.
        heuristic: Cost-to-go on the lattice's positions, (rows, columns).
        pitch: Distance of lattice positions [m].
        start: State index (row * columns + column) * HEADINGS + heading.
        goals: State indices.
        ends: Start and goal rows (x, y, yaw, clearance).
        margin: Clearance asked for away from the ends [m].
        comfort: See :class:`Weights`, as the next three.
        closeness: Weight.
        sideways: Weight.
        turn: Weight.
        limit: Most states to expand.

    Returns:
        State indices from start to goal (empty: no way), cost, and states expanded.
    """
    height, width = heuristic.shape
    n = height * width * HEADINGS
    cost = np.full(n, np.float32(np.inf), np.float32)
    parent = np.full(n, -1, np.int32)
    gap_of = np.full(n, np.float32(np.nan), np.float32)
    capacity = 1 << 16
    keys = np.empty(capacity, np.float32)
    items = np.empty(capacity, np.int64)
    is_goal = np.zeros(HEADINGS * 16, np.int64)
    count = min(goals.shape[0], is_goal.shape[0])
    for k in range(count):
        is_goal[k] = goals[k]
    step_turn = turn * 2.0 * math.pi / HEADINGS
    cosines = np.empty(HEADINGS)
    sines = np.empty(HEADINGS)
    for h in range(HEADINGS):
        cosines[h] = math.cos(2.0 * math.pi * h / HEADINGS)
        sines[h] = math.sin(2.0 * math.pi * h / HEADINGS)
    size = 0
    cost[start] = 0.0
    size = _push(
        keys,
        items,
        size,
        heuristic[(start // HEADINGS) // width, (start // HEADINGS) % width],
        start,
    )
    expanded = 0
    found = -1
    while size > 0 and expanded < limit:
        key, item, size = _pop(keys, items, size)
        cell = item // HEADINGS
        h = item - cell * HEADINGS
        row = cell // width
        column = cell - row * width
        here = cost[item]
        if key > here + heuristic[row, column] + 1e-3:
            continue
        expanded += 1
        done = False
        for k in range(count):
            if is_goal[k] == item:
                done = True
        if done:
            found = item
            break
        for dr in range(-1, 2):
            for dc in range(-1, 2):
                r = row + dr
                c = column + dc
                if r < 0 or c < 0 or r >= height or c >= width:
                    continue
                to_go = heuristic[r, c]
                if not to_go < np.inf:
                    continue
                length = pitch * math.sqrt(dr * dr + dc * dc)
                for dh in range(-1, 2):
                    if dr == 0 and dc == 0 and dh == 0:
                        continue
                    nh = (h + dh) % HEADINGS
                    index = (r * width + c) * HEADINGS + nh
                    # Cheapest it can be, before the footprint is asked.
                    if here + length >= cost[index]:
                        continue
                    gap = gap_of[index]
                    if np.isnan(gap):
                        x = ox + (c + 0.5) * pitch
                        y = oy + (r + 0.5) * pitch
                        gap = np.float32(
                            clearance(
                                values,
                                ox,
                                oy,
                                inverse,
                                discs,
                                x,
                                y,
                                cosines[nh],
                                sines[nh],
                                comfort,
                            )
                        )
                        if gap < _allowed(x, y, margin, ends):
                            gap = np.float32(-9.0)
                        gap_of[index] = gap
                    if gap == np.float32(-9.0):
                        continue
                    price = length * step_cost(gap, comfort, closeness)
                    if length > 0.0:
                        along = (dc * cosines[h] + dr * sines[h]) * pitch / length
                        price *= 1.0 + sideways * (1.0 - along)
                        if dh != 0:
                            price += 0.5 * step_turn
                    else:
                        price = step_turn * step_cost(gap, comfort, closeness)
                    new = np.float32(here + price)
                    if new < cost[index]:
                        cost[index] = new
                        parent[index] = item
                        if size >= capacity - 1:
                            bigger = np.empty(2 * capacity, np.float32)
                            bigger[:capacity] = keys
                            keys = bigger
                            more = np.empty(2 * capacity, np.int64)
                            more[:capacity] = items
                            items = more
                            capacity *= 2
                        size = _push(keys, items, size, new + to_go, index)
    if found < 0:
        return np.empty(0, np.int64), np.inf, expanded
    length_of = 0
    item = found
    while item >= 0:
        length_of += 1
        item = parent[item]
    path = np.empty(length_of, np.int64)
    item = found
    for k in range(length_of - 1, -1, -1):
        path[k] = item
        item = parent[item]
    return path, float(cost[found]), expanded


@kernel
def smooth(
    values: Values,
    ox: float,
    oy: float,
    inverse: float,
    discs: Array,
    path: Array,
    ends: Array,
    margin: float,
    comfort: float,
    rounds: int,
) -> None:
    """Pull the path (N, 3) straight in place where that brings nothing closer than it was."""
    n = path.shape[0]
    trial = np.empty(3)
    for _ in range(rounds):
        for i in range(1, n - 1):
            back = wrap(path[i - 1, 2] - path[i, 2])
            ahead = wrap(path[i + 1, 2] - path[i, 2])
            trial[0] = path[i, 0] + 0.5 * (0.5 * (path[i - 1, 0] + path[i + 1, 0]) - path[i, 0])
            trial[1] = path[i, 1] + 0.5 * (0.5 * (path[i - 1, 1] + path[i + 1, 1]) - path[i, 1])
            trial[2] = path[i, 2] + 0.25 * (back + ahead)
            new = clearance(
                values,
                ox,
                oy,
                inverse,
                discs,
                trial[0],
                trial[1],
                math.cos(trial[2]),
                math.sin(trial[2]),
                comfort,
            )
            if new < comfort:
                old = clearance(
                    values,
                    ox,
                    oy,
                    inverse,
                    discs,
                    path[i, 0],
                    path[i, 1],
                    math.cos(path[i, 2]),
                    math.sin(path[i, 2]),
                    comfort,
                )
                if new < old - 0.002 or new < _allowed(trial[0], trial[1], margin, ends):
                    continue
            path[i, 0] = trial[0]
            path[i, 1] = trial[1]
            path[i, 2] = trial[2]
