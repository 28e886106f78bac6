"""Which parts of surfaces were seen, and since when: what stands there later has appeared."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

SPOT = 0.025
"""Side of the cells in which seen surfaces are remembered [m]."""
PROBES = 3
"""Places under a thing that are asked for, along each axis."""
BARE = 6
"""So many of them, the middle among them, have to have been free for a thing to be new."""
FAR = 1 << 20
"""More cells than any home is wide."""


class Surveyed:
    """Cells of surfaces by place, each with the time it was first known [s]."""

    def __init__(self) -> None:
        """Nothing was seen."""
        self._since: dict[str, dict[int, float]] = {}

    def clear(self) -> None:
        """Forget all."""
        self._since.clear()

    def see(self, place: str, points: Array, stamp: float) -> None:
        """Free parts of a surface were seen.

        Args:
            place: As ``Track.place`` says it.
            points: Of the surface in map [m], shape (N, 2).
            stamp: When [s].
        """
        since = self._since.setdefault(place, {})
        for key in np.unique(_keys(points)).tolist():
            since.setdefault(key, stamp)

    def cover(self, place: str, middle: Array, size: Array, stamp: float) -> None:
        """What is under a known thing is known, too: see :meth:`free` for the arguments."""
        reach = float(size[:2].max()) / 2 + 2 * SPOT
        line = np.arange(-reach, reach, SPOT)
        grid = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
        self.see(place, middle[:2] + grid, stamp)

    def free(self, place: str, middle: Array, size: Array, before: float) -> bool:
        """Whether the surface under a thing was known before some time.

        What was overlooked hid its surface: it is not new when it is recognised at last.

        Args:
            place: As ``Track.place`` says it.
            middle: Of the thing in map [m], shape (2,) or (3,).
            size: Of the thing [m], shape (2,) or (3,).
            before: When [s].
        """
        since = self._since.get(place, {})
        line = np.linspace(-1.0, 1.0, PROBES) * float(size[:2].min()) / 3
        grid = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
        known = [since.get(k, math.inf) < before for k in _keys(middle[:2] + grid).tolist()]
        return known[len(known) // 2] and sum(known) >= BARE


def _keys(points: Array) -> npt.NDArray[np.int64]:
    """One number for each cell."""
    cells = np.floor(points / SPOT).astype(np.int64)
    return np.asarray(cells[:, 0] * FAR + cells[:, 1])
