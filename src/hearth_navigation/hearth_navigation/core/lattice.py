"""A* over (x, y, heading) with the true footprint, guided by the goal's cost-to-go field.

From every state an omnidirectional base may step to the eight neighbours, turning by at most one
heading, or turn on the spot; a differential base only along its heading. Driving sideways or
backwards costs more than forward.
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


@dataclass(frozen=True, eq=False)
class Moves:
    """What a base may do from a state of each heading."""

    steps: npt.NDArray[np.int64]
    """(HEADINGS, moves, 3): rows, columns, headings."""
    prices: Array
    """(HEADINGS, moves, 3): metres charged by clearance, metres for turning, metres moved."""

    @classmethod
    def of(cls, weights: Weights, pitch: float, sideways: bool) -> Moves:
        """Of an omnidirectional base, or (``sideways`` False) a differential one."""
        turn = weights.turn * math.tau / HEADINGS
        every = [_moves(h, weights, pitch, turn, sideways) for h in range(HEADINGS)]
        steps = np.array([[row[:3] for row in rows] for rows in every], np.int64)
        return cls(steps, np.array([[row[3:] for row in rows] for rows in every]))


def _moves(
    heading: int, weights: Weights, pitch: float, turn: float, sideways: bool
) -> list[tuple[float, ...]]:
    yaw = math.tau * heading / HEADINGS
    rows: list[tuple[float, ...]] = [(0, 0, dh, 0.0, turn, 0.0) for dh in (-1, 1)]
    if sideways:
        steps = [(r, c) for r in (-1, 0, 1) for c in (-1, 0, 1) if r or c]
    else:
        # The nearest direction on the grid: at most 4 degrees off the heading.
        reach = 1.0 if heading % 2 == 0 else math.sqrt(5.0)
        scale = math.sqrt(2.0) if heading % 4 == 2 else reach
        row, column = round(scale * math.sin(yaw)), round(scale * math.cos(yaw))
        steps = [(row, column), (-row, -column)]
    for row, column in steps:
        length = pitch * math.hypot(row, column)
        along = (column * math.cos(yaw) + row * math.sin(yaw)) * pitch / length
        price = length * (1.0 + weights.sideways * (1.0 - along))
        rows += [(row, column, dh, price, 0.5 * turn * abs(dh), length) for dh in (-1, 0, 1)]
    return rows


Numbers = tuple[Values, Values, npt.NDArray[np.int32], npt.NDArray[np.int32], int]
"""Cost, clearance, parent and stamp of every state, and the next search's number."""


class Scratch:
    """Numbers of every state, kept from search to search; a stamp says which are meant."""

    def __init__(self) -> None:
        self._now = 0
        self._resize(0)

    def of(self, states: int) -> Numbers:
        """Numbers for a search over this many states."""
        if len(self._stamp) < states or self._now > 2_000_000_000:
            self._resize(states)
        self._now += 1
        return self._cost, self._gap, self._parent, self._stamp, self._now

    def _resize(self, states: int) -> None:
        # Zeros come from the system page by page, when first touched.
        self._cost = np.zeros(states, np.float32)
        self._gap = np.zeros(states, np.float32)
        self._parent = np.zeros(states, np.int32)
        self._stamp = np.zeros(states, np.int32)
        self._now = 0


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
    greed: float,
    steps: npt.NDArray[np.int64],
    prices: Array,
    cost: Values,
    gap_of: Values,
    parent: npt.NDArray[np.int32],
    stamp: npt.NDArray[np.int32],
    now: int,
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
        comfort: See :class:`Weights`, as the next.
        closeness: Weight.
        greed: What the heuristic is multiplied by.
        steps: See :class:`Moves`, as the next.
        prices: Of the moves.
        cost: Scratch of one number a state, as the next two; never cleared.
        gap_of: Scratch.
        parent: Scratch.
        stamp: When a state's scratch was written; what is not ``now`` is not read.
        now: A number greater than in any earlier search.
        limit: Most states to expand.

    Returns:
        State indices from start to goal (empty: no way), cost, and states expanded.
    """
    height, width = heuristic.shape
    capacity = 1 << 14
    keys = np.empty(capacity, np.float32)
    items = np.empty(capacity, np.int64)
    cosines = np.empty(HEADINGS)
    sines = np.empty(HEADINGS)
    for h in range(HEADINGS):
        cosines[h] = math.cos(2.0 * math.pi * h / HEADINGS)
        sines[h] = math.sin(2.0 * math.pi * h / HEADINGS)
    rim = math.hypot(discs[0, 0], discs[0, 1]) + discs[0, 2]
    swing = 2.0 * math.pi / HEADINGS
    size = 0
    cost[start], parent[start], stamp[start], gap_of[start] = 0.0, -1, now, ends[0, 3]
    begin = start // HEADINGS
    size = _push(keys, items, size, greed * heuristic[begin // width, begin % width], start)
    expanded = 0
    found = -1
    while size > 0 and expanded < limit:
        key, item, size = _pop(keys, items, size)
        cell = item // HEADINGS
        h = item - cell * HEADINGS
        row = cell // width
        column = cell - row * width
        here = cost[item]
        if key > here + greed * heuristic[row, column] + 1e-3:
            continue
        expanded += 1
        for k in range(goals.shape[0]):
            if goals[k] == item:
                found = item
        if found >= 0:
            break
        gap_here = gap_of[item]
        for k in range(steps.shape[1]):
            dr, dc, dh = steps[h, k, 0], steps[h, k, 1], steps[h, k, 2]
            r, c = row + dr, column + dc
            if r < 0 or c < 0 or r >= height or c >= width:
                continue
            to_go = heuristic[r, c]
            if not to_go < np.inf:
                continue
            nh = (h + dh) % HEADINGS
            index = (r * width + c) * HEADINGS + nh
            fresh = stamp[index] != now
            # Cheapest it can be, before the footprint is asked.
            if not fresh and here + prices[h, k, 0] >= cost[index]:
                continue
            x = ox + (c + 0.5) * pitch
            y = oy + (r + 0.5) * pitch
            if fresh:
                gap = clearance(
                    values, ox, oy, inverse, discs, x, y, cosines[nh], sines[nh], comfort
                )
                stamp[index] = now
                cost[index] = np.inf
                gap_of[index] = gap if gap >= _allowed(x, y, margin, ends) else -9.0
            gap = gap_of[index]
            if gap == np.float32(-9.0):
                continue
            new = here + prices[h, k, 0] * step_cost(gap, comfort, closeness) + prices[h, k, 1]
            if new >= cost[index]:
                continue
            # What lies between, unless both ends have more room than a corner moves.
            moved = prices[h, k, 2] + abs(dh) * swing * rim
            if gap + gap_here < moved + 2.0 * margin:
                a, b = x - dc * pitch, y - dr * pitch
                clear = True
                for i in range(1, 3):
                    t = i / 3.0
                    yaw = (h + t * dh) * swing
                    px, py = a + t * (x - a), b + t * (y - b)
                    between = clearance(
                        values, ox, oy, inverse, discs, px, py, math.cos(yaw), math.sin(yaw), 0.1
                    )
                    if between < min(0.6 * margin, _allowed(px, py, margin, ends)):
                        clear = False
                        break
                if not clear:
                    continue
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
            size = _push(keys, items, size, cost[index] + greed * to_go, index)
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
            # Far from everything nothing between two poses comes close either.
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
                if not (
                    segment_clear(
                        values, ox, oy, inverse, discs, path[i - 1], trial, 0.6 * margin, ends
                    )
                    and segment_clear(
                        values, ox, oy, inverse, discs, trial, path[i + 1], 0.6 * margin, ends
                    )
                ):
                    continue
            path[i, 0] = trial[0]
            path[i, 1] = trial[1]
            path[i, 2] = trial[2]
