"""Is a thing still where it was? What the depth image says about that piece of space."""

from __future__ import annotations

import numpy as np

from hearth_perception.core.depth import Cloud
from hearth_perception.core.semantic_map import Glance, Track
from hearth_perception.core.view import View, project


def glance_at(view: View, cloud: Cloud, track: Track) -> Glance:
    """Compare the depths along the rays through a thing with where the thing should be."""
    height = track.size[2]
    radius = float(track.size[:2].min()) / 2
    ray = track.position[:2] - view.origin[:2]
    distance = float(np.hypot(*ray))
    if distance < 0.1:
        return Glance.UNSEEN
    across = np.array([-ray[1], ray[0]]) / distance
    samples = []
    for side in (-0.5, 0.0, 0.5):
        for up in (-0.3, 0.0, 0.3):
            xy = track.position[:2] + side * radius * across
            samples.append((xy[0], xy[1], track.position[2] + up * height))
    pixels, depth = project(view.camera, view.map_from_camera.inverse(), np.array(samples))
    empty = filled = seen = 0
    for (u, v), z in zip(pixels, depth, strict=True):
        if not np.isfinite(u) or not (0 <= u < view.camera.width and 0 <= v < view.camera.height):
            continue
        row = min(int(v) // cloud.stride, cloud.depth.shape[0] - 1)
        col = min(int(u) // cloud.stride, cloud.depth.shape[1] - 1)
        measured = float(cloud.depth[row, col])
        if measured == 0.0:
            continue
        seen += 1
        slack = radius + 0.04 + 0.01 * z
        empty += measured > z + slack
        filled += abs(measured - z) <= slack
    if seen < 5:
        return Glance.UNSEEN
    if empty >= 0.75 * len(samples) or (empty >= 0.6 * seen and filled == 0 and seen >= 7):
        return Glance.EMPTY
    return Glance.FILLED if filled >= 0.6 * seen else Glance.UNSEEN
