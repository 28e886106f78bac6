"""Whether a view shows that nobody stands at a spot."""

from __future__ import annotations

import numpy as np

from hearth_perception.core.view import View, project

HEIGHTS = (0.6, 0.8, 1.0, 1.2)
BEHIND = 0.45
"""What is seen lies at least this far behind the spot [m]."""


def looks_through(view: View, x: float, y: float) -> bool:
    """Whether a view looks through where a person's trunk would be.

    Args:
        view: Depth image and pose.
        x: Of the spot in map [m].
        y: The same.
    """
    ray = np.array([x, y]) - view.origin[:2]
    distance = float(np.hypot(*ray))
    if distance < 0.5:
        return False
    side = np.array([-ray[1], ray[0]]) / distance
    spots = [(x + s * side[0], y + s * side[1], z) for s in (-0.08, 0.0, 0.08) for z in HEIGHTS]
    pixels, depth = project(view.camera, view.map_from_camera.inverse(), np.array(spots))
    height, width = view.depth.shape
    inside = (depth > 0.3) & (pixels[:, 0] >= 2) & (pixels[:, 0] < width - 2)
    inside &= (pixels[:, 1] >= 2) & (pixels[:, 1] < height - 2)
    if inside.sum() < 6:
        return False
    cells = pixels[inside].astype(int)
    measured = view.depth[cells[:, 1], cells[:, 0]]
    known = np.isfinite(measured) & (measured > 0.0)
    if known.sum() < 6:
        return False
    return bool((measured[known] > depth[inside][known] + BEHIND).mean() > 0.8)
