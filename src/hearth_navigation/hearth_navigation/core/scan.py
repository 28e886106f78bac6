"""A lidar revolution as points in the robot's frame."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from hearth_core.geometry import Pose2

Points = npt.NDArray[np.float64]


def beam_angles(angle_min: float, angle_increment: float, count: int) -> Points:
    """Direction of every beam in the lidar's frame [rad], shape (count,)."""
    return angle_min + angle_increment * np.arange(count, dtype=np.float64)


def to_points(
    ranges: npt.NDArray[np.float32],
    angles: Points,
    base_from_lidar: Pose2,
    range_min: float,
    range_max: float,
) -> Points:
    """End points of the beams that hit something, in base_footprint [m], shape (M, 2)."""
    hit = np.isfinite(ranges) & (ranges >= range_min) & (ranges < range_max)
    distance, angle = ranges[hit].astype(np.float64), angles[hit]
    points = np.stack([distance * np.cos(angle), distance * np.sin(angle)], axis=1)
    return base_from_lidar.apply(points)


def free_lengths(
    ranges: npt.NDArray[np.float32], range_min: float, range_max: float
) -> npt.NDArray[np.float64]:
    """How far every beam certainly flew through nothing [m]; 0 when nothing was measured.

    ``inf`` is a beam that met nothing within ``range_max``; ``nan`` measured nothing.
    """
    length = np.where(np.isfinite(ranges), ranges, 0.0).astype(np.float64)
    length[np.isposinf(ranges)] = range_max
    length[(length < range_min) | np.isnan(ranges)] = 0.0
    return np.minimum(length, range_max)


def thin(points: Points, count: int) -> Points:
    """At most ``count`` of the points, evenly chosen in beam order."""
    if len(points) <= count:
        return points
    return points[np.linspace(0, len(points) - 1, count).astype(np.int64)]
