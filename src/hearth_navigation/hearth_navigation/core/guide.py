"""The field that leads to a goal: made once a goal, and again when ways may have opened."""

from __future__ import annotations

import math
from enum import Enum, auto

import numpy as np
import numpy.typing as npt
from hearth_core.geometry import Pose2
from hearth_core.jit import kernel

from hearth_navigation.core.cost_to_go import cost_to_go, step_cost
from hearth_navigation.core.field import Field, Values, sample
from hearth_navigation.core.lattice import Weights


@kernel
def _prices(
    values: Values,
    inverse: float,
    pitch: float,
    height: int,
    width: int,
    inscribed: float,
    comfort: float,
    weight: float,
) -> Values:
    """Cost of a metre for the base's centre on the lattice; ``inf`` within ``inscribed``."""
    result = np.empty((height, width), np.float32)
    for row in range(height):
        y = (row + 0.5) * pitch
        for column in range(width):
            x = (column + 0.5) * pitch
            gap = sample(values, 0.0, 0.0, inverse, x, y) - inscribed
            result[row, column] = (
                np.inf if gap < 0.0 else np.float32(step_cost(gap, comfort, weight))
            )
    return result


@kernel
def _opened(old: Values, new: Values) -> bool:
    """Whether a cell that was blocked is free now."""
    for row in range(old.shape[0]):
        for column in range(old.shape[1]):
            if old[row, column] <= 0.0 and new[row, column] > 0.0:
                return True
    return False


class Effort(Enum):
    """How much is done for a field."""

    KEEP = auto()
    RENEW = auto()
    EVERYWHERE = auto()


class Guide:
    """Cost-to-go fields of one goal after another."""

    def __init__(self, weights: Weights, pitch: float, corridor: float) -> None:
        self._weights = weights
        self._pitch = pitch
        self._corridor = corridor
        self._kept: dict[float, tuple[tuple[object, ...], Field, Field]] = {}

    def to(
        self, clearance: Field, inscribed: float, goal: Pose2, start: Pose2, effort: Effort
    ) -> tuple[Field, bool]:
        """Cost from the lattice's positions to ``goal`` [m of free driving]; whether it is old.

        Kept while goal and base are the same, the start lies where it is known and nothing that
        was blocked has become free; what became blocked is the lattice's business.

        Args:
            clearance: Distance to the nearest blocked cell.
            inscribed: Clearance [m] below which the base's centre cannot be.
            goal: In map.
            start: In map; the field need not be known far beyond it.
            effort: Keep it if possible, make it anew, or make it anew and know it everywhere.
        """
        key = (goal.x, goal.y, clearance.values.shape, clearance.geometry)
        old_key, old, kept = self._kept.get(inscribed, (None, None, None))
        if kept is not None and old is not None and old_key == key and effort is Effort.KEEP:
            known = np.isfinite(kept.values[cell(kept, start)])
            if known and (old is clearance or not _opened(old.values, clearance.values)):
                return kept, old is not clearance
        if len(self._kept) > 3:
            self._kept.clear()
        result = self._compute(clearance, inscribed, goal, start, effort is Effort.EVERYWHERE)
        self._kept[inscribed] = (key, clearance, result)
        return result, False

    def _compute(
        self, clearance: Field, inscribed: float, goal: Pose2, start: Pose2, everywhere: bool
    ) -> Field:
        weights, pitch = self._weights, self._pitch
        rows, columns = clearance.values.shape
        height = max(2, math.floor(rows * clearance.resolution / pitch))
        width = max(2, math.floor(columns * clearance.resolution / pitch))
        price = _prices(
            clearance.values,
            1.0 / clearance.resolution,
            pitch,
            height,
            width,
            inscribed,
            weights.comfort,
            weights.closeness,
        )
        frame = Field(price, pitch, clearance.origin)
        row, column = cell(frame, goal)
        # Around the goal the lattice may be closer than the margin: it is checked exactly.
        near = np.s_[max(0, row - 1) : row + 2, max(0, column - 1) : column + 2]
        price[near] = np.minimum(price[near], 1.0 + weights.closeness)
        watch = None if everywhere else cell(frame, start)
        return cost_to_go(
            price, pitch, clearance.origin, [(row, column)], math.inf, watch, self._corridor
        )


def cell(field: Field, pose: Pose2) -> tuple[int, int]:
    """Row and column of a pose, or the nearest inside the field."""
    rows, columns = field.values.shape
    row = math.floor((pose.y - field.origin[1]) / field.resolution)
    column = math.floor((pose.x - field.origin[0]) / field.resolution)
    return min(max(row, 0), rows - 1), min(max(column, 0), columns - 1)


def resample(field: Field, pitch: float) -> npt.NDArray[np.float32]:
    """Field values at the centres of cells of ``pitch`` [m] with the same origin."""
    rows, columns = field.values.shape
    height = max(2, math.floor(rows * field.resolution / pitch))
    width = max(2, math.floor(columns * field.resolution / pitch))
    v = np.clip((np.arange(height) + 0.5) * pitch / field.resolution - 0.5, 0, rows - 1.001)
    u = np.clip((np.arange(width) + 0.5) * pitch / field.resolution - 0.5, 0, columns - 1.001)
    i, j = v.astype(np.int64), u.astype(np.int64)
    b, a = (v - i)[:, None], (u - j)[None, :]
    f = field.values
    low = (1 - a) * f[np.ix_(i, j)] + a * f[np.ix_(i, j + 1)]
    high = (1 - a) * f[np.ix_(i + 1, j)] + a * f[np.ix_(i + 1, j + 1)]
    return np.ascontiguousarray((1 - b) * low + b * high, np.float32)
