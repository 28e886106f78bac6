"""Whether a view shows a place, or something stands before it that no model knows of."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from hearth_perception.core.view import View, project

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

SLACK = 0.3
"""What is so much nearer than a place is not the thing there [m]."""
MOST = 0.8
"""Share of the picture around a place that is nearer when the place is hidden."""
MARGIN = 4
"""Pixels at the border of the picture that show nothing whole."""


def screened(view: View, points: Array, around: float) -> tuple[Mask, Mask]:
    """Which places are in a picture, and which of these are hidden.

    Args:
        view: The picture.
        points: Places in map [m], shape (N, 3).
        around: How far to the sides of a place anything may show of it [m].

    Returns:
        In the picture, shape (N,); of these hidden, shape (N,). What gave no depth hides nothing.
    """
    pixels, z = project(view.camera, view.map_from_camera.inverse(), points)
    height, width = view.depth.shape
    inside, hidden = np.zeros(len(points), bool), np.zeros(len(points), bool)
    for k, ((u, v), away) in enumerate(zip(pixels, z, strict=True)):
        if not (MARGIN <= u < width - MARGIN and MARGIN <= v < height - MARGIN):
            continue
        inside[k] = True
        wide = max(1, round(view.camera.fx * around / away))
        row, column = int(v), int(u)
        part = view.depth[
            max(0, row - wide) : row + wide + 1, max(0, column - wide) : column + wide + 1
        ]
        measured = part[np.isfinite(part) & (part > 0.0)]
        hidden[k] = len(measured) > 0 and float((measured < away - SLACK).mean()) > MOST
    return inside, hidden
