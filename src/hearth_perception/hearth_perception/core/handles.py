"""Where the bar of a handle may be in front of a panel."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from hearth_core.home.model import Handle, Orientation

from hearth_perception.core.door_geometry import Door

Array = npt.NDArray[np.float64]

SLACK = 0.15
"""How far aside from where the home model has it a bar is looked for [m]."""
GRAIN = 0.005
"""Between the positions that are tried [m]."""
APART = 0.02
"""Between two that are told apart [m]."""
MOST = 3
LEAST = 0.4
"""Less of a bar is none."""
SLOT = 0.02
"""A bar is covered by slots so long [m]."""
END = (0.01, 0.04)
"""Beyond a bar's ends, from where to where nothing stands [m]."""
FEW = 12
"""Fewer points are no bar."""


def siblings(door: Door) -> tuple[float, ...]:
    """How far beside the door's handle those of its closed neighbours are [m]."""
    mine = door.joint.handle
    if mine is None or mine.orientation is not Orientation.VERTICAL:
        return ()
    found = []
    for joint in door.place.joints:
        other = joint.handle
        if joint.name == door.joint.name or other is None or other.orientation != mine.orientation:
            continue
        off = np.abs(np.subtract(other.centre, mine.centre))
        if off[0] < 0.02 and off[2] < 0.05 and off[1] < 0.35:
            found.append(float(other.centre[1] - mine.centre[1]))
    return tuple(found)


def bar_shifts(q: Array, door: Door, beside: tuple[float, ...] = ()) -> list[float]:
    """How far aside a door's bar may be, the likeliest first; none: it is not to be seen.

    A bar is where points stand before the panel along all its length and nothing stands around
    it: a wall beside the panel goes on beyond its ends.

    Args:
        q: Points near the door in its closed coordinates [m], shape (N, 3).
        door: Says where the bar should be and which way it runs.
        beside: See :func:`siblings`, if they are closed: where they are seen, too, is likelier.

    Returns:
        Along y of the closed coordinates [m].
    """
    handle = door.joint.handle
    if handle is None:
        return []
    band = _band(q, door, handle, beside)
    tried = np.arange(-SLACK, SLACK + 0.5 * GRAIN, GRAIN)
    worth = np.array([_barness(band, float(y), handle) for y in tried])
    likely = worth + np.array(
        [sum(0.2 * max(0.0, _barness(band, float(y + b), handle)) for b in beside) for y in tried]
    )
    found: list[float] = []
    for k in np.argsort(-likely):
        if len(found) == MOST:
            break
        if worth[k] < LEAST:
            continue
        y = _centred(band, float(tried[k]), handle)
        if all(abs(y - other) > APART for other in found):
            found.append(y)
    return found


def bars_at(q: Array, door: Door, aside: tuple[float, ...]) -> list[float]:
    """How much of bars is seen where they should be.

    Args:
        q: As for :func:`bar_shifts`.
        door: Its bar is looked for ...
        aside: ... so far beside its own place [m], several times.

    Returns:
        0..1 each; empty: the door has no handle.
    """
    handle = door.joint.handle
    if handle is None:
        return []
    band = _band(q, door, handle, aside)
    return [max(0.0, _barness(band, y, handle)) for y in aside]


def _band(q: Array, door: Door, handle: Handle, aside: tuple[float, ...]) -> Array:
    """What stands before the panel where bars may be: y, z from the bar's middle, (N, 2)."""
    front = q[:, 0] - door.face
    deep = (front > 0.3 * handle.standoff) & (front < handle.standoff + handle.diameter + 0.04)
    band = (q[deep] - np.array(handle.centre))[:, 1:]
    wide = SLACK + handle.length + max((abs(y) for y in aside), default=0.0)
    return np.asarray(band[(np.abs(band) < wide).all(axis=1)])


def _barness(band: Array, y: float, handle: Handle) -> float:
    """How much of a bar at ``y`` is seen, less what stands around it; at most 1."""
    along, across = _ways(band, y, handle)
    half, radius = handle.length / 2, handle.diameter / 2
    on = (across < radius + 0.006) & (np.abs(along) < half + 0.004)
    count = int(on.sum())
    if count < FEW:
        return 0.0
    aside = (across > radius + 0.012) & (across < radius + 0.03) & (np.abs(along) < half)
    beyond = (np.abs(along) > half + END[0]) & (np.abs(along) < half + END[1])
    beyond &= across < radius + 0.012
    # What goes on beyond the ends is as dense there as it is between them.
    ends = float(beyond.sum()) / count * half / (END[1] - END[0])
    slots = len(np.unique(np.floor(along[on] / SLOT)))
    # A level bar's ends tell where it is.
    off = 0.0 if _upright(handle) else abs(_centred(band, y, handle) - y)
    around = float(aside.sum()) / count + ends + off / APART
    return min(1.0, slots * SLOT / handle.length) - min(1.0, around)


def _centred(band: Array, y: float, handle: Handle) -> float:
    """The middle of what is seen of a bar near ``y``."""
    along, across = _ways(band, y, handle)
    mine = (across < handle.diameter / 2 + 0.008) & (np.abs(along) < handle.length / 2 + 0.02)
    low, high = np.percentile(band[mine, 0], [2.0, 98.0])
    if _upright(handle) or high - low > 0.9 * handle.length:
        return float(low + high) / 2
    return y


def _ways(band: Array, y: float, handle: Handle) -> tuple[Array, Array]:
    """Along a bar at ``y``, and how far across it."""
    aside, up = band[:, 0] - y, band[:, 1]
    return (up, np.abs(aside)) if _upright(handle) else (aside, np.abs(up))


def _upright(handle: Handle) -> bool:
    return handle.orientation is Orientation.VERTICAL
