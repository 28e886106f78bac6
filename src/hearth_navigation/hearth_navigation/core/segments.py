"""Straight motions between poses: the clearance they need, and pulling paths of them straight."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from hearth_core.jit import kernel

from hearth_navigation.core.angles import wrap
from hearth_navigation.core.field import Values
from hearth_navigation.core.footprint import clearance

Array = npt.NDArray[np.float64]

_STILL = 2e-4
"""What moves less [m] is left as it is until its neighbours move."""


@kernel
def _gap(
    values: Values, ox: float, oy: float, inverse: float, discs: Array, pose: Array, enough: float
) -> float:
    """Clearance of the footprint at a pose (3,); exact only below ``enough``."""
    c, s = math.cos(pose[2]), math.sin(pose[2])
    return clearance(values, ox, oy, inverse, discs, pose[0], pose[1], c, s, enough)


@kernel
def allowed(x: float, y: float, margin: float, ends: Array) -> float:
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
        if gap < allowed(x, y, margin, ends):
            return False
    return True


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
    rim = math.hypot(discs[0, 0], discs[0, 1]) + discs[0, 2]
    trial = np.empty(3)
    moving = np.ones(path.shape[0], np.bool_)
    gaps = np.array([_gap(values, ox, oy, inverse, discs, pose, comfort) for pose in path])
    for _ in range(rounds):
        for i in range(1, path.shape[0] - 1):
            if not (moving[i - 1] or moving[i] or moving[i + 1]):
                continue
            before, pose, after = path[i - 1], path[i], path[i + 1]
            trial[0] = 0.5 * pose[0] + 0.25 * (before[0] + after[0])
            trial[1] = 0.5 * pose[1] + 0.25 * (before[1] + after[1])
            trial[2] = pose[2] + 0.25 * (wrap(before[2] - pose[2]) + wrap(after[2] - pose[2]))
            shift = max(abs(trial[0] - pose[0]), abs(trial[1] - pose[1]))
            moving[i] = max(shift, 0.25 * abs(trial[2] - pose[2])) > _STILL
            new = _gap(values, ox, oy, inverse, discs, trial, comfort)
            if new < comfort and new < gaps[i] - 0.002:
                moving[i] = False
                continue
            if new < allowed(trial[0], trial[1], margin, ends):
                moving[i] = False
                continue
            clear = True
            for k in (i - 1, i + 1):
                # Half of the motion takes no corner farther than this from one of its ends.
                half = 0.5 * math.hypot(path[k, 0] - trial[0], path[k, 1] - trial[1])
                half += 0.5 * rim * abs(wrap(path[k, 2] - trial[2]))
                if min(new, gaps[k]) < half + 0.6 * margin:
                    clear = clear and segment_clear(
                        values, ox, oy, inverse, discs, path[k], trial, 0.6 * margin, ends
                    )
            if not clear:
                moving[i] = False
                continue
            path[i] = trial
            gaps[i] = new
