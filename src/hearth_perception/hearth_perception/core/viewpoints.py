"""Which points to look at so that all surfaces of a place come into view."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from hearth_perception.core.places import Shelf

Array = npt.NDArray[np.float64]

MOST = 8
"""Gazes from one stand."""


def gaze_points(
    shelves: Sequence[Shelf], eye: Array, *, half_up: float = 0.33, half_side: float = 0.42
) -> list[Array]:
    """Points of the map that cover the middles of the shelves, the easiest to see first.

    Args:
        shelves: Surfaces to see.
        eye: Where the camera is about [m], shape (3,).
        half_up: Half the usable vertical field of view [rad].
        half_side: Half the usable horizontal field of view [rad].

    Wide surfaces are split.
    """
    samples = np.array([p for s in shelves for p in _samples(s)])
    return gazes_over(samples, eye, half_up=half_up, half_side=half_side)


def gazes_over(
    samples: Array, eye: Array, *, half_up: float = 0.33, half_side: float = 0.42
) -> list[Array]:
    """Few points to look at so that all samples (N, 3) come into view, picked greedily."""
    if not len(samples):
        return []
    d = samples - eye
    yaw = np.arctan2(d[:, 1], d[:, 0])
    middle = float(np.angle(np.exp(1j * yaw).mean()))
    side = (yaw - middle + np.pi) % (2 * np.pi) - np.pi
    up = np.arctan2(d[:, 2], np.hypot(d[:, 0], d[:, 1]))
    left = np.ones(len(samples), bool)
    gazes: list[Array] = []
    while left.any() and len(gazes) < MOST:
        best: npt.NDArray[np.bool_] | None = None
        for k in np.flatnonzero(left):
            for down in (0.0, half_up * 0.8, -half_up * 0.8):
                cover = left & (np.abs(up - up[k] - down) <= half_up)
                cover &= np.abs(side - side[k]) <= half_side
                if best is None or cover.sum() > best.sum():
                    best = cover
        assert best is not None
        gazes.append((samples[best].min(axis=0) + samples[best].max(axis=0)) / 2)
        left &= ~best
    return gazes


def _samples(shelf: Shelf) -> list[Array]:
    """Its middle, and points along it when it is wide; a little above, where things stand."""
    x, y = shelf.size
    nx, ny = (max(1, round(v / 0.7)) for v in (x, y))
    offsets = [
        ((i + 0.5) / nx * x - x / 2, (j + 0.5) / ny * y - y / 2)
        for i in range(nx)
        for j in range(ny)
    ]
    points = shelf.pose.apply(np.array(offsets))
    return [np.array([a, b, shelf.height + 0.08]) for a, b in points]
