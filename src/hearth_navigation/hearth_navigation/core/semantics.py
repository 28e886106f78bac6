"""What the home file adds to the map: furniture that the lidar looks through."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
from hearth_core.errors import BadInputError
from hearth_core.geometry import Pose2
from hearth_core.home import Home
from hearth_core.home.model import Room

from hearth_navigation.core.field import Field
from hearth_navigation.core.grid import FREE, Grid

Mask = npt.NDArray[np.bool_]


_SEEN_THROUGH = 0.12
"""Share of free cells from which on a place has legs, or a top that juts out; the inside of what
stands on the floor is unknown, and where it is a little off some cells beside it are free."""


def furniture_mask(grid: Grid, home: Home, robot_height: float = 1.5) -> Mask:
    """Cells below furniture that stands on legs: free for the lidar, not for the robot.

    Only places under which the map shows free floor count: what the lidar sees stands on the map
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
        if inside.any() and float((grid.cells[inside] == FREE).mean()) > _SEEN_THROUGH:
            mask |= inside
    return mask


def middle_of_room(clearance: Field, room: Room) -> Pose2:
    """The place of a room that is farthest from everything, looking along x.

    Raises:
        BadInputError: No free cell of the map lies in it.
    """
    corners = np.array(room.polygon)
    inverse = 1.0 / clearance.resolution
    pixels = np.round((corners - np.array(clearance.origin)) * inverse - 0.5).astype(np.int32)
    area = np.zeros(clearance.values.shape, np.uint8)
    cv2.fillPoly(area, [pixels], 1)
    room_there = np.where(area.astype(np.bool_), np.minimum(clearance.values, 1.0), 0.0)
    if float(room_there.max(initial=0.0)) <= 0.0:
        raise BadInputError(f"the map shows no free floor in {room.name!r}")
    # Of the places with room enough, the one nearest to the middle.
    middle = corners.mean(axis=0)
    rows, columns = np.nonzero(room_there >= 0.9 * room_there.max())
    x = clearance.origin[0] + (columns + 0.5) * clearance.resolution
    y = clearance.origin[1] + (rows + 0.5) * clearance.resolution
    best = int(np.argmin((x - middle[0]) ** 2 + (y - middle[1]) ** 2))
    return Pose2(float(x[best]), float(y[best]), 0.0)
