"""Compiled loops of the search for things: distances over a floor, the order of stands."""

from __future__ import annotations

from typing import Any

import numpy as np
from hearth_core.jit import kernel

DIAGONAL = 1.4142135


@kernel
def travel(free: Any, row: Any, column: Any) -> Any:
    """Way from one cell to every other over free cells, 8 neighbours, in cells; inf: no way.

    Sweeps in four directions until nothing changes: homes take about five rounds.
    """
    rows, cols = free.shape
    far = np.full((rows, cols), np.inf, np.float32)
    far[row, column] = 0.0
    changed = True
    while changed:
        changed = False
        for turn in range(4):
            down = 1 if turn % 2 == 0 else -1
            right = 1 if turn // 2 == 0 else -1
            for a in range(rows):
                i = a if down == 1 else rows - 1 - a
                for b in range(cols):
                    j = b if right == 1 else cols - 1 - b
                    if not free[i, j]:
                        continue
                    best = far[i, j]
                    for k in range(4):  # neighbours that this sweep has passed already
                        r = i - down if k < 3 else i
                        c = j - right if k in (0, 3) else (j if k == 1 else j + right)
                        if r < 0 or c < 0 or r >= rows or c >= cols:
                            continue
                        step = np.float32(DIAGONAL if k in (0, 2) else 1.0)
                        if far[r, c] + step < best - np.float32(1e-4):
                            best = far[r, c] + step
                    if best < far[i, j]:
                        far[i, j] = best
                        changed = True
    return far


@kernel
def tour_cost(order: Any, ways: Any, first: Any, gains: Any, whole: Any) -> Any:
    """Expected way until the thing is seen, and ``whole`` times the way of all."""
    total = first[order[0]]
    expected = gains[order[0]] * total
    for k in range(1, len(order)):
        total += ways[order[k - 1], order[k]]
        expected += gains[order[k]] * total
    return expected + whole * total


@kernel
def improve_tour(order: Any, ways: Any, first: Any, gains: Any, whole: Any) -> Any:
    """Turn parts of a tour around and move single stands while that makes it cheaper.

    ``ways`` (N, N) and ``first`` (N,) are ways between stands and from where the robot is;
    ``gains`` (N,) is the probability that the thing is seen from a stand. Returns the order.
    """
    best = order.copy()
    count = len(best)
    least = tour_cost(best, ways, first, gains, whole)
    better = True
    while better:
        better = False
        for i in range(count):
            for j in range(count):
                if i == j:
                    continue
                trial = best.copy()
                if i < j:  # turn i..j around
                    for k in range(j - i + 1):
                        trial[i + k] = best[j - k]
                    cost = tour_cost(trial, ways, first, gains, whole)
                    if cost < least - 1e-6:
                        best, least, better = trial, cost, True
                        continue
                    trial = best.copy()
                moved = best[i]  # take i out, put it in at j
                if i < j:
                    for k in range(i, j):
                        trial[k] = best[k + 1]
                else:
                    for k in range(i, j, -1):
                        trial[k] = best[k - 1]
                trial[j] = moved
                cost = tour_cost(trial, ways, first, gains, whole)
                if cost < least - 1e-6:
                    best, least, better = trial, cost, True
    return best
