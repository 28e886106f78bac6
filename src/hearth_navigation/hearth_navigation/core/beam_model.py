"""How likely a scan is at a pose, beam by beam, and where nearby it is likeliest."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from hearth_core.geometry import Pose2, wrap_angle
from hearth_core.jit import kernel

from hearth_navigation.core.field import Field, Values
from hearth_navigation.core.raycast import march

if TYPE_CHECKING:
    from hearth_navigation.core.relocalizer import Beams

Array = npt.NDArray[np.float64]

_OFTEN, _SHORT, _NEVER = 0.7, 0.2, 0.025
"""Of a range: it ends where the map says, before that, and a floor for all."""


@kernel
def _likelihood(
    values: Values,
    ox: float,
    oy: float,
    inverse: float,
    x: float,
    y: float,
    ranges: Array,
    directions: Array,
    reach: float,
) -> float:
    expected = np.empty(directions.shape[0])
    march(values, ox, oy, inverse, x, y, directions, reach, expected)
    total = 0.0
    for i in range(ranges.shape[0]):
        if math.isnan(ranges[i]):
            continue
        wanted = min(expected[i], reach)
        real = min(ranges[i], reach)
        width = 0.03 + 0.01 * wanted
        p = _NEVER + _OFTEN * math.exp(-abs(real - wanted) / width) / (2.0 * width)
        if real < wanted:
            p += _SHORT / max(wanted, 0.1)
        total += math.log(p)
    return total


@kernel
def _climb(
    values: Values,
    ox: float,
    oy: float,
    inverse: float,
    lidar: Array,
    ranges: Array,
    angles: Array,
    reach: float,
    pose: Array,
) -> float:
    """Move ``pose`` (3,) uphill to the likeliest nearby; returns the logarithm.

    ``lidar`` (3,) lies in base_footprint. First a coarse window, then ever smaller steps.
    """
    best = -1e18
    start = pose.copy()
    trial = np.empty(3)
    for i in range(-2, 3):
        for j in range(-2, 3):
            for k in range(-1, 2):
                trial[0] = start[0] + 0.12 * i
                trial[1] = start[1] + 0.12 * j
                trial[2] = start[2] + 0.05 * k
                c, s = math.cos(trial[2]), math.sin(trial[2])
                x = trial[0] + c * lidar[0] - s * lidar[1]
                y = trial[1] + s * lidar[0] + c * lidar[1]
                value = _likelihood(
                    values, ox, oy, inverse, x, y, ranges, angles + (trial[2] + lidar[2]), reach
                )
                if value > best:
                    best = value
                    pose[:] = trial
    step, turn = 0.06, 0.025
    while step > 0.007:
        better = False
        for axis in range(3):
            for sign in (-1.0, 1.0):
                trial[:] = pose
                trial[axis] += sign * (turn if axis == 2 else step)
                c, s = math.cos(trial[2]), math.sin(trial[2])
                x = trial[0] + c * lidar[0] - s * lidar[1]
                y = trial[1] + s * lidar[0] + c * lidar[1]
                value = _likelihood(
                    values, ox, oy, inverse, x, y, ranges, angles + (trial[2] + lidar[2]), reach
                )
                if value > best:
                    best = value
                    pose[:] = trial
                    better = True
        if not better:
            step *= 0.5
            turn *= 0.5
    return best


def likelihood(field: Field, beams: Beams, pose: Pose2) -> float:
    """Sum of the logarithms of every beam's likelihood at ``pose``.

    The beam model of Thrun, Burgard and Fox 2005 (6.3): a peak where the map says, something
    new before it, little behind it. The peak is as wide as a drawn map is exact.
    """
    lidar = pose @ beams.base_from_lidar
    directions = beams.angles + lidar.yaw
    return float(
        _likelihood(
            field.values,
            *field.geometry,
            lidar.x,
            lidar.y,
            np.ascontiguousarray(beams.ranges, np.float64),
            directions,
            beams.reach,
        )
    )


def likeliest(field: Field, beams: Beams, guess: Pose2, count: int = 120) -> Pose2:
    """The likeliest pose within about 0.3 m of ``guess``, by ``count`` of the beams."""
    stride = max(1, len(beams.ranges) // count)
    lidar = beams.base_from_lidar
    pose = np.array([guess.x, guess.y, guess.yaw])
    _climb(
        field.values,
        *field.geometry,
        np.array([lidar.x, lidar.y, lidar.yaw]),
        np.ascontiguousarray(beams.ranges[::stride], np.float64),
        np.ascontiguousarray(beams.angles[::stride], np.float64),
        beams.reach,
        pose,
    )
    return Pose2(float(pose[0]), float(pose[1]), wrap_angle(float(pose[2])))
