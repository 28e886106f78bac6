"""What turning costs from a pose to the goal, guessed from the cost-to-go of the base's centre.

The cost-to-go knows no headings. A search that follows it alone drives off as the robot stands,
sideways or backwards, and looks at every heading on the way before it turns.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from hearth_core.jit import kernel

from hearth_navigation.core.angles import wrap
from hearth_navigation.core.field import Values

Array = npt.NDArray[np.float64]

_REACH = 3
"""Cells to each side between which the fall is measured."""


@kernel
def _fall(to_go: Values, row: int, column: int) -> tuple[float, float]:
    """Direction (x, y) in which the cost-to-go falls, of any length; (0, 0): nowhere lower."""
    height, width = to_go.shape
    left, right = max(column - _REACH, 0), min(column + _REACH, width - 1)
    below, above = max(row - _REACH, 0), min(row + _REACH, height - 1)
    x = to_go[row, left] - to_go[row, right]
    y = to_go[below, column] - to_go[above, column]
    if abs(x) + abs(y) < np.inf:  # no cell among them is blocked
        return float(x), float(y)
    least = to_go[row, column]
    x, y = 0.0, 0.0
    for r in range(max(row - 1, 0), min(row + 2, height)):
        for c in range(max(column - 1, 0), min(column + 2, width)):
            if to_go[r, c] < least:
                least = to_go[r, c]
                x, y = float(c - column), float(r - row)
    return x, y


@kernel
def facing(
    to_go: Values, row: int, column: int, yaw: float, goal_yaw: float, rates: Array
) -> float:
    """Cost [m of free driving] of a heading, beyond the cost-to-go of its position.

    The least of: turn to the way ahead, later to the goal's heading; for an omnidirectional base,
    turn to the goal's heading and drive as that stands; for a differential one, go backwards.

    Args:
        to_go: Cost-to-go [m] on the lattice's positions.
        row: Position, as the next.
        column: Position.
        yaw: Heading [rad].
        goal_yaw: Heading at the goal [rad].
        rates: Metres that a radian on the spot is worth, what a metre sideways costs more than
            forward (backward twice that), and whether the base can drive sideways.
    """
    turn, sideways, strafes = rates[0], rates[1], rates[2] > 0.0
    left = abs(wrap(goal_yaw - yaw))
    x, y = _fall(to_go, row, column)
    if x == 0.0 and y == 0.0:
        return float(turn * left)
    way = math.atan2(y, x)
    off, after = abs(wrap(way - yaw)), abs(wrap(goal_yaw - way))
    far = float(to_go[row, column])
    if strafes:
        other = turn * left + sideways * (1.0 - math.cos(off)) * far
    else:
        other = turn * (2.0 * math.pi - off - after) + 2.0 * sideways * far
    return float(min(turn * (off + after), other))
