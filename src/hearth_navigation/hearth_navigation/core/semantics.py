"""What the home file adds to the map: furniture that the lidar looks through."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
from hearth_core.home import Home

from hearth_navigation.core.grid import FREE, Grid

Mask = npt.NDArray[np.bool_]


def furniture_mask(grid: Grid, home: Home, robot_height: float = 1.5) -> Mask:
    """Cells below furniture that stands on legs: free for the lidar, not for the robot.

    Only places that the map shows as mostly free count: what the lidar sees stands on the map
    where it really is, which is better than where the home file says.
    """
    mask = np.zeros(grid.cells.shape, np.bool_)
    for place in home.places:
        top = place.elevation + place.size[2]
        if place.elevation >= robot_height or top < 0.08:
            continue
        corners = np.array(place.footprint())
        pixels = np.round((corners - np.array(grid.origin)) / grid.resolution - 0.5).astype(
            np.int32
        )
        area = np.zeros(grid.cells.shape, np.uint8)
        cv2.fillPoly(area, [pixels], 1)
        inside = area.astype(np.bool_)
        if inside.any() and float((grid.cells[inside] == FREE).mean()) > 0.4:
            mask |= inside
    return mask
