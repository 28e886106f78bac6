"""What a place and one of its doors look like: rectangles, fixed or moving with the door."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from hearth_core.home.model import JointKind, Orientation, Panel

from hearth_perception.core.door_geometry import Door

Array = npt.NDArray[np.float64]
RIM = 0.004
"""A panel's faces end this far before its outline [m]."""


@dataclass(frozen=True, eq=False)
class Face:
    """A rectangle across an axis of the place's frame (fixed) or of its closed state (moving)."""

    moving: bool
    axis: int
    level: float
    sign: float
    """Of its outward normal along the axis."""
    low: Array
    """Least coordinates; on ``axis`` the level, shape (3,)."""
    high: Array


def faces_of(door: Door) -> list[Face]:
    """The door's panel on all sides, the body's outside, and the other doors, closed."""
    found = _box(door.joint.panel, True, (0, 1, 2))
    depth, width, height = door.place.size
    base = door.place.elevation
    body = Panel(
        (-0.02, 0.0, base + height / 2),
        (depth - 0.04, width, height),
    )
    found += [f for f in _box(body, False, (1, 2)) if f.sign > 0 or f.axis == 1]
    for other in door.place.joints:
        if other.name != door.joint.name:
            found += [f for f in _box(other.panel, False, (0,)) if f.sign > 0]
    return found


def _box(panel: Panel, moving: bool, axes: tuple[int, ...]) -> list[Face]:
    centre, size = np.array(panel.centre), np.array(panel.size)
    faces = []
    for axis in axes:
        for sign in (1.0, -1.0):
            low, high = centre - size / 2 + RIM, centre + size / 2 - RIM
            level = float(centre[axis] + sign * size[axis] / 2)
            low[axis] = high[axis] = level
            faces.append(Face(moving, axis, level, sign, low, high))
    return faces


@dataclass(frozen=True, eq=False)
class Rod:
    """The bar of a handle in its door's closed coordinates."""

    centre: Array
    long: int
    """Axis along it; the other two are across."""
    half: float
    radius: float
    face: float
    """Of the panel behind it, on x [m]."""
    standoff: float


def rod_of(door: Door) -> Rod | None:
    """The handle's bar; None: it has none."""
    handle = door.joint.handle
    if handle is None:
        return None
    long = 2 if handle.orientation is Orientation.VERTICAL else 1
    return Rod(
        np.array(handle.centre, float),
        long,
        handle.length / 2,
        handle.diameter / 2,
        door.face,
        handle.standoff,
    )


def openings_of(door: Door, step: float) -> Array:
    """Openings to try [rad or m]: ``step`` radians apart, or as far at the panel's edge."""
    sliding = door.joint.kind is JointKind.SLIDING
    size = step * 0.4 if sliding else step
    return np.arange(0.0, door.joint.limit + 0.5 * size, size)
