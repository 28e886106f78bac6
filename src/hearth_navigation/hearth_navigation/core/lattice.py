"""A* over (x, y, heading) with the true footprint, guided by the goal's cost-to-go field.

What turning will cost is part of the guidance (:mod:`facing`). From every state an
omnidirectional base may step to the eight neighbours, turning by at most one heading, or turn on
the spot; a differential base only along its heading. Driving sideways or backwards costs more
than forward.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from hearth_core.jit import kernel

from hearth_navigation.core.cost_to_go import _pop, _push, step_cost
from hearth_navigation.core.facing import facing
from hearth_navigation.core.field import Values
from hearth_navigation.core.footprint import clearance
from hearth_navigation.core.segments import allowed

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
    rates: Array
    """What :func:`facing` charges."""

    @classmethod
    def of(cls, weights: Weights, pitch: float, sideways: bool) -> Moves:
        """Of an omnidirectional base, or (``sideways`` False) a differential one."""
        turn = weights.turn * math.tau / HEADINGS
        every = [_moves(h, weights, pitch, turn, sideways) for h in range(HEADINGS)]
        steps = np.array([[row[:3] for row in rows] for rows in every], np.int64)
        prices = np.array([[row[3:] for row in rows] for rows in every])
        return cls(steps, prices, np.array([weights.turn, weights.sideways, float(sideways)]))


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


STATE = np.dtype([("cost", "f4"), ("gap", "f4"), ("parent", "i4"), ("stamp", "i4")])
"""What a search knows of a state, side by side in memory; see :class:`Scratch`."""
States = npt.NDArray[np.void]


class Scratch:
    """States of search after search, never cleared: a stamp says which search wrote them.

    The stamp is twice the search's number, and one more once the state was expanded at its cost.
    """

    def __init__(self) -> None:
        self._now = 0
        self._states = np.zeros(0, STATE)

    def of(self, states: int) -> tuple[States, int]:
        """States for one search, and its number."""
        if len(self._states) < states or self._now > 1_000_000_000:
            # Zeros come from the system page by page, when first touched.
            self._states, self._now = np.zeros(states, STATE), 0
        self._now += 1
        return self._states, self._now


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
    goal_yaw: float,
    ends: Array,
    margin: float,
    comfort: float,
    closeness: float,
    greed: float,
    steps: npt.NDArray[np.int64],
    prices: Array,
    rates: Array,
    states: States,
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
        goal_yaw: Heading at the goal [rad].
        ends: Start and goal rows (x, y, yaw, clearance).
        margin: Clearance asked for away from the ends [m].
        comfort: See :class:`Weights`, as the next.
        closeness: Weight.
        greed: What the heuristic (cost-to-go and :func:`facing`) is multiplied by.
        steps: See :class:`Moves`, as the next two.
        prices: Of the moves.
        rates: Of turning.
        states: Of a :class:`Scratch`.
        now: The search's number.
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
    opened, closed = 2 * now, 2 * now + 1
    first = states[start]
    first.cost, first.gap, first.parent, first.stamp = 0.0, ends[0, 3], -1, opened
    begin = start // HEADINGS
    size = _push(keys, items, size, greed * heuristic[begin // width, begin % width], start)
    expanded = 0
    found = -1
    while size > 0 and expanded < limit:
        _, item, size = _pop(keys, items, size)
        cell = item // HEADINGS
        h = item - cell * HEADINGS
        row = cell // width
        column = cell - row * width
        state = states[item]
        if state.stamp == closed:
            continue
        state.stamp = closed
        here = state.cost
        expanded += 1
        for k in range(goals.shape[0]):
            if goals[k] == item:
                found = item
        if found >= 0:
            break
        gap_here = state.gap
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
            other = states[index]
            fresh = other.stamp < opened
            # Cheapest it can be, before the footprint is asked.
            if not fresh and here + prices[h, k, 0] >= other.cost:
                continue
            x = ox + (c + 0.5) * pitch
            y = oy + (r + 0.5) * pitch
            if fresh:
                gap = clearance(
                    values, ox, oy, inverse, discs, x, y, cosines[nh], sines[nh], comfort
                )
                other.stamp = opened
                other.cost = np.inf
                other.gap = gap if gap >= allowed(x, y, margin, ends) else -9.0
            gap = other.gap
            if gap == np.float32(-9.0):
                continue
            new = here + prices[h, k, 0] * step_cost(gap, comfort, closeness) + prices[h, k, 1]
            if new >= other.cost:
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
                    if between < min(0.6 * margin, allowed(px, py, margin, ends)):
                        clear = False
                        break
                if not clear:
                    continue
            other.cost = new
            other.parent = item
            other.stamp = opened
            if size >= capacity - 1:
                bigger = np.empty(2 * capacity, np.float32)
                bigger[:capacity] = keys
                keys = bigger
                more = np.empty(2 * capacity, np.int64)
                more[:capacity] = items
                items = more
                capacity *= 2
            to_go += facing(heuristic, r, c, nh * swing, goal_yaw, rates)
            size = _push(keys, items, size, new + greed * to_go, index)
    if found < 0:
        return np.empty(0, np.int64), np.inf, expanded
    length_of = 0
    item = found
    while item >= 0:
        length_of += 1
        item = states[item].parent
    path = np.empty(length_of, np.int64)
    item = found
    for k in range(length_of - 1, -1, -1):
        path[k] = item
        item = states[item].parent
    return path, float(states[found].cost), expanded
