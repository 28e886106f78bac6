"""A door leaf seen edge-on: no face to speak of, only its free edge, an upright post on an arc."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from hearth_perception.core.door_geometry import Door

Array = npt.NDArray[np.float64]

STEP = math.radians(1.0)
TALL = 0.45
"""Length of edge that must be seen [m]."""


def opening_of_edge(points: Array, door: Door, slack: float) -> tuple[float, float] | None:
    """Opening [rad] that puts the panel's free edge where a post stands, and the length seen [m].

    Args:
        points: In the place's frame [m], shape (N, 3).
        door: A hinged door.
        slack: How far the place may stand from where the home model has it [m].

    None when there is no such post, or what stands there goes on beside it (a wall, a counter).
    """
    out = np.array([1.0, 0.0, 0.0])
    side = np.cross(door.axis, out)
    panel = np.array(door.joint.panel.centre)
    size = np.array(door.joint.panel.size)
    outward = panel - door.origin
    toward = float(np.sign(outward @ side)) or 1.0
    width = abs(float(size @ np.abs(side)))
    edge = panel + toward * side * width / 2 - door.origin
    reach = float(np.hypot(edge @ out, edge @ side))
    closed = math.atan2(float(edge @ side), float(edge @ out))
    d = points - door.origin
    x, y = d @ out, d @ side
    along = points @ door.axis
    ends = [float(np.array([0.0, *v]) @ door.axis) for v in (door.low, door.high)]
    near = np.abs(np.hypot(x, y) - reach) < 0.025 + slack
    near &= (along > min(ends) + 0.02) & (along < max(ends) - 0.02)
    if near.sum() < 40:
        return None
    angle = (np.arctan2(y[near], x[near]) - closed + math.pi) % (2 * math.pi) - math.pi
    keep = (angle > 0.1) & (angle < door.joint.limit + 0.1)
    if keep.sum() < 40:
        return None
    bins = np.floor(angle[keep] / STEP).astype(int)
    slots = np.floor((along[near][keep] - min(ends)) / 0.03).astype(int)
    table = np.zeros((bins.max() + 12, slots.max() + 1), bool)
    table[bins, slots] = True
    span = max(2, round(float(size @ np.abs(out)) / reach / STEP))
    best, where = 0.0, -1
    for start in range(max(1, bins.min() - span), bins.max() + 1):
        inside = table[start : start + span].any(axis=0)
        before = table[max(0, start - 4) : start - 1].any(axis=0)
        after = table[start + span + 1 : start + span + 4].any(axis=0)
        score = float(inside.sum() - (inside & (before | after)).sum())
        if score > best:
            best, where = score, start
    if best * 0.03 < TALL:
        return None
    mine = (bins >= where - 1) & (bins <= where + span)
    low, high = np.percentile(angle[keep][mine], [5.0, 95.0])
    return float((low + high) / 2), best * 0.03
