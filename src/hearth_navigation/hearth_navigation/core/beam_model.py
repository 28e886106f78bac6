"""How likely a scan is at a pose, and where nearby it is likeliest.

Beam models (Thrun, Burgard and Fox 2005, 6.3) take beams as independent. They are not: a sofa
that was moved covers sixty of them, and sixty misses are then sixty proofs against the right
place. Here the beams of a revolution are a hidden Markov chain. Each one ends where the map says,
before that on something new, or behind it because something mapped is gone; what costs is to
begin with one, and every metre of outline that the map does not explain.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from hearth_core.geometry import Pose2, wrap_angle
from hearth_core.jit import kernel

from hearth_navigation.core.field import Field, Values
from hearth_navigation.core.grid import FREE, Grid
from hearth_navigation.core.raycast import march

if TYPE_CHECKING:
    from hearth_navigation.core.relocalizer import Beams

Array = npt.NDArray[np.float64]
Cells = npt.NDArray[np.int8]

_TO_NEW, _TO_GONE = 0.17, 0.05
"""Of beams after one that ended as mapped: those that begin something new, something gone."""
_STAY = 0.5
"""Of beams on something new or gone: those whose next one is on it as well, ..."""
_NEW_AGAIN, _GONE_AGAIN = 0.1, 0.05
"""... on another thing that is new or gone; the others end as mapped."""
_NEW_METRE, _GONE_METRE = 45.0, 15.0
"""What a metre of unexplained outline costs, in the logarithm."""
_FARTHEST = 0.5
"""Ends of neighbouring beams that are farther apart [m] are no outline between them."""
_WIDTH, _WIDER = 0.03, 0.002
"""Width of the peak where the map says [m], and how much of the range is added to it."""
_PEAK = 0.95
"""Of the ranges that end as mapped: those that belong to the peak."""
_FLOOR = 0.007
"""Density of any range at all [1/m]: specks, edges, glass."""
_NEAR = 0.15
"""The next range on one thing is this near to the last one [m], ..."""
_ALIKE = 0.8
"""... of which this is the share."""
_MISSED = 0.1
"""Of beams that meet nothing where the map shows something: what swallowed them is gone."""
_ON_WALL, _UNSEEN, _OPEN = 8.0, 0.4, 0.05
"""Densities of ends behind something gone [1/m]: on what is mapped there, where nobody ever
looked, where the map shows free floor."""
_WALL = 0.1
"""Ends this near to a mapped surface are on it [m]."""
_THROUGH = 0.1
"""Free floor passed behind the first surface that makes it less likely by e [m], if the beam does
not end on the next one: who flies through a wall ends anywhere in the next room."""


@kernel
def _behind(
    values: Values,
    cells: Cells,
    ox: float,
    oy: float,
    inverse: float,
    x: float,
    y: float,
    direction: float,
    first: float,
    end: float,
) -> tuple[float, float]:
    """Densities [1/m] of an end behind the first surface: on what is mapped there, elsewhere."""
    height, width = values.shape
    dx = math.cos(direction) * inverse
    dy = math.sin(direction) * inverse
    u0 = (x - ox) * inverse
    v0 = (y - oy) * inverse
    step = 0.5 / inverse
    passed = 0.0
    t = first + step
    while t < end:
        column, row = int(u0 + t * dx), int(v0 + t * dy)
        if 0 <= row < height and 0 <= column < width and cells[row, column] == FREE:
            passed += step
        t += step
    distance, other = 1.0, _UNSEEN
    column, row = int(u0 + end * dx), int(v0 + end * dy)
    if 0 <= row < height and 0 <= column < width:
        distance = values[row, column]
        if cells[row, column] == FREE:
            other = _OPEN
    share = 1.0 if distance < _WALL else math.exp(-passed / _THROUGH)
    return share * _ON_WALL * math.exp(-distance / (0.5 * _WALL)), share * other


@kernel
def _likelihood(
    values: Values,
    cells: Cells,
    ox: float,
    oy: float,
    inverse: float,
    x: float,
    y: float,
    ranges: Array,
    directions: Array,
    reach: float,
) -> float:
    """Logarithm of the forward recursion, normalised beam by beam."""
    expected = np.empty(directions.shape[0])
    march(values, ox, oy, inverse, x, y, directions, reach, expected)
    mapped, new, gone = 1.0, 0.0, 0.0
    total, last, towards = 0.0, -1.0, 0.0
    for i in range(ranges.shape[0]):
        if math.isnan(ranges[i]):
            last = -1.0
            continue
        wanted, real = min(expected[i], reach), min(ranges[i], reach)
        # What is known of the range if the beam is on the same thing as the one before.
        alike, outline = 1.0 / reach, 0.0
        if 0.0 < last < reach and real < reach:
            alike *= 1.0 - _ALIKE
            alike += _ALIKE * math.exp(-abs(real - last) / _NEAR) / (2.0 * _NEAR)
            square = (
                last * last + real * real - 2.0 * last * real * math.cos(directions[i] - towards)
            )
            outline = min(math.sqrt(max(square, 0.0)), _FARTHEST)
        as_mapped = new_first = new_again = gone_first = gone_again = 0.0
        if real >= reach:
            as_mapped = _PEAK if wanted >= reach else _FLOOR
            gone_first = gone_again = 0.0 if wanted >= reach else _MISSED
        else:
            width = _WIDTH + _WIDER * wanted
            beyond = max(real - wanted, 0.0)
            as_mapped = _FLOOR
            if wanted < reach:
                as_mapped += _PEAK * math.exp(-abs(real - wanted) / width) / (2.0 * width)
            before = math.exp(-beyond / width)
            new_first = before / max(wanted, 0.3)
            new_again = before * alike
            if beyond > 0.0:
                wall, other = _behind(
                    values, cells, ox, oy, inverse, x, y, directions[i], wanted, real
                )
                gone_first = (1.0 - before) * (wall + other)
                gone_again = (1.0 - before) * (wall + other * alike)
        ends = (1.0 - _STAY) * (new + gone)
        on_new = _STAY * math.exp(-_NEW_METRE * outline) * new * new_again
        on_gone = _STAY * math.exp(-_GONE_METRE * outline) * gone * gone_again
        new = on_new + (mapped * _TO_NEW + ends * _NEW_AGAIN) * new_first
        gone = on_gone + (mapped * _TO_GONE + ends * _GONE_AGAIN) * gone_first
        mapped *= 1.0 - _TO_NEW - _TO_GONE
        mapped = (mapped + ends * (1.0 - _NEW_AGAIN - _GONE_AGAIN)) * as_mapped
        scale = max(mapped + new + gone, 1e-300)
        total += math.log(scale)
        mapped, new, gone = mapped / scale, new / scale, gone / scale
        last, towards = real, directions[i]
    return total


class BeamModel:
    """Scans against one map."""

    def __init__(self, grid: Grid, field: Field) -> None:
        """``field`` is :func:`hearth_navigation.core.field.surface_field` of ``grid``."""
        self._field = field
        self._cells = np.ascontiguousarray(grid.cells)

    def likelihood(self, beams: Beams, pose: Pose2, stride: int = 1) -> float:
        """Logarithm, up to a constant, of how likely every ``stride``-th beam is at ``pose``.

        About 40 is a metre of outline explained by one place and not by another.
        """
        lidar = pose @ beams.base_from_lidar
        return float(
            _likelihood(
                self._field.values,
                self._cells,
                *self._field.geometry,
                lidar.x,
                lidar.y,
                np.ascontiguousarray(beams.ranges[::stride], np.float64),
                beams.angles[::stride] + lidar.yaw,
                beams.reach,
            )
        )

    def likeliest(self, beams: Beams, guess: Pose2, count: int = 120) -> Pose2:
        """The likeliest pose within about 0.3 m of ``guess``, by ``count`` of the beams.

        First a coarse window, then uphill along each axis by ever smaller steps.
        """
        stride = max(1, len(beams.ranges) // count)
        tried = [
            Pose2(guess.x + 0.12 * i, guess.y + 0.12 * j, wrap_angle(guess.yaw + 0.05 * k))
            for i in range(-2, 3)
            for j in range(-2, 3)
            for k in range(-1, 2)
        ]
        best, pose = max(
            ((self.likelihood(beams, item, stride), item) for item in tried),
            key=lambda item: item[0],
        )
        step, turn = 0.06, 0.025
        while step > 0.007:
            climbed = False
            for dx, dy, dw in _AXES:
                trial = Pose2(
                    pose.x + step * dx, pose.y + step * dy, wrap_angle(pose.yaw + turn * dw)
                )
                value = self.likelihood(beams, trial, stride)
                if value > best:
                    best, pose, climbed = value, trial, True
            if not climbed:
                step, turn = 0.5 * step, 0.5 * turn
        return pose


_AXES = [(1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1)]
