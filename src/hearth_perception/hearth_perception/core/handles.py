"""The bar of a handle in front of a panel."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from hearth_core.geometry import Transform
from hearth_core.home.model import Orientation

from hearth_perception.core.door_geometry import Door

Array = npt.NDArray[np.float64]

LIKELY = 0.04
"""How far from where the home model has it a handle usually is [m]."""


@dataclass(frozen=True, eq=False)
class Bar:
    """A straight bar, in the closed coordinates of its door."""

    centre: Array
    """Middle of the bar's axis [m], shape (3,)."""
    direction: Array
    """Unit, along the bar, z (or y) upwards, shape (3,)."""
    length: float
    diameter: float

    @property
    def frame(self) -> Transform:
        """``closed_from_handle``: x out of the face, z along the bar."""
        out = np.array([1.0, 0.0, 0.0])
        z = self.direction
        x = out - (out @ z) * z
        x /= np.linalg.norm(x)
        return Transform(np.stack([x, np.cross(z, x), z], axis=1), self.centre)

    def moved(self, by: Array) -> Bar:
        """The same bar elsewhere."""
        return replace(self, centre=self.centre + by)


def find_bar(q: Array, door: Door, slack: float = 0.13) -> Bar | None:
    """Find the handle among points in closed coordinates; None when it is not to be seen.

    Args:
        q: Points near the door in its closed coordinates [m], shape (N, 3).
        door: Says where the bar should be and which way it runs.
        slack: How far it may be from there [m].
    """
    handle = door.joint.handle
    if handle is None:
        return None
    upright = handle.orientation is Orientation.VERTICAL
    long, across = (2, 1) if upright else (1, 2)
    centre = np.array(handle.centre)
    front = q[:, 0] - door.face
    near = (front > 0.3 * handle.standoff) & (front < handle.standoff + handle.diameter + 0.04)
    near &= np.abs(q[:, across] - centre[across]) < slack
    near &= np.abs(q[:, long] - centre[long]) < handle.length / 2 + slack
    bar = q[near]
    if len(bar) < 25:
        return None
    # The bar is where many heights share one lateral position.
    bins = np.floor((bar[:, across] - centre[across] + slack) / 0.01).astype(int)
    slots = np.floor((bar[:, long] - centre[long]) / 0.02).astype(int)
    heights = [len(np.unique(slots[np.abs(bins - b) <= 1])) for b in range(bins.max() + 1)]
    # The neighbour's handle is as good a bar: the nearer one to where it should be is meant.
    off = (np.arange(bins.max() + 1) + 0.5) * 0.01 - slack
    near_by = np.exp(-0.5 * (off / LIKELY) ** 2)
    worth = np.where(np.array(heights) * 0.02 < 0.35 * handle.length, 0.0, heights * near_by)
    best = int(np.argmax(worth))
    if worth[best] <= 0.0:
        return None
    mine = bar[np.abs(bins - best) <= 2]
    middle = np.median(mine, axis=0)
    mine = mine[np.abs(mine[:, across] - middle[across]) < handle.diameter / 2 + 0.012]
    slope = _slope(mine[:, long], mine[:, across])
    if abs(slope) > 0.15:
        slope = 0.0
    low, high = np.percentile(mine[:, long], [1.0, 99.0])
    if high - low < 0.35 * handle.length:
        return None
    front_surface = float(np.percentile(mine[:, 0], 60.0))
    where = np.zeros(3)
    where[long] = (low + high) / 2
    if abs(high - low - handle.length) > 0.12 * handle.length:
        # Cut by the image or run into something: the home model knows where along the door.
        half = handle.length / 2
        ends = sorted((high - half, low + half))
        where[long] = float(np.clip(centre[long], *ends))
        low, high = where[long] - half, where[long] + half
    edges = np.percentile(mine[:, across] - slope * (mine[:, long] - where[long]), [3.0, 97.0])
    where[across] = float(edges.mean())
    where[0] = front_surface - 0.4 * handle.diameter
    direction = np.zeros(3)
    direction[long], direction[across] = 1.0, slope
    return Bar(where, direction / np.linalg.norm(direction), float(high - low), handle.diameter)


def _slope(long: Array, across: Array) -> float:
    d = long - long.mean()
    spread = float((d**2).sum())
    return float((d * (across - np.median(across))).sum()) / spread if spread > 1e-6 else 0.0
