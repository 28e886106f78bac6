"""Scans that make up a map, and small maps drawn from a few of them to match others to."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt
from hearth_core.geometry import Pose2

from hearth_navigation.core.field import Field
from hearth_navigation.core.relocalizer import Beams
from hearth_navigation.core.scan import thin

Array = npt.NDArray[np.float64]


@dataclass
class Keyframe:
    """A scan that is part of the map."""

    pose: Pose2
    """base_footprint in map; moves when a loop is closed."""
    beams: Beams
    lengths: Array
    """How far each beam certainly flew freely [m]."""
    travelled: float = 0.0
    """Way driven since mapping began [m], turns included."""
    points: Array = field(default_factory=lambda: np.zeros((0, 2)))
    """End points in base_footprint [m] that are matched with maps."""
    walls: Array = field(default_factory=lambda: np.zeros((0, 2)))
    """The same with the walls between them filled in: what submaps are drawn from."""


def near_points(beams: Beams, reach: float, count: int = 360) -> Array:
    """End points within ``reach`` [m] of the robot, at most ``count``."""
    points = beams.points
    return thin(points[(points**2).sum(axis=1) < reach * reach], count)


def along_walls(points: Array, step: float = 0.03, longest: float = 1.0) -> Array:
    """End points in the order of the beams, with points every ``step`` [m] along straight walls.

    At flat angles beams meet a wall far apart; a map of such dots would hold a scan to the dots,
    and a robot in a corridor would believe that it knows how far along it has come.
    """
    if len(points) < 3:
        return points
    gap = np.diff(points, axis=0)
    length = np.hypot(gap[:, 0], gap[:, 1])
    way = gap / np.maximum(length, 1e-9)[:, None]
    straight = (way[1:] * way[:-1]).sum(axis=1) > 0.95
    onward = np.zeros(len(gap), np.bool_)
    onward[:-1] |= straight
    onward[1:] |= straight
    counts = np.where(onward & (length < longest), (length / step).astype(np.int64), 0)
    if not counts.any():
        return points
    which = np.repeat(np.arange(len(gap)), counts)
    order = np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts, counts) + 1
    share = order / (counts[which] + 1)
    return np.concatenate([points, points[which] + share[:, None] * gap[which]])


def scan_information(points: Array) -> Array:
    """What laying this scan over a map can tell, (3, 3), order x, y, yaw in the robot's frame.

    From the directions of the walls it shows (Censi 2007): along a bare corridor it tells nothing,
    in a round room nothing about yaw. The unit is points, as that of ``Match.information``.

    Args:
        points: End points in base_footprint [m] in the order of the beams, shape (N, 2).
    """
    if len(points) < 9:
        return np.zeros((3, 3))
    before, after = points[:-8], points[8:]
    here, chord = points[4:-4], after - before
    length = np.hypot(chord[:, 0], chord[:, 1])
    bend = np.hypot(*(here - 0.5 * (before + after)).T)
    good = (length > 0.05) & (length < 2.0) & (bend < 0.15 * length)
    if not good.any():
        return np.zeros((3, 3))
    normal = np.stack([-chord[good, 1], chord[good, 0]], axis=1) / length[good, None]
    arm = here[good]
    turn = arm[:, 0] * normal[:, 1] - arm[:, 1] * normal[:, 0]
    jacobian = np.column_stack([normal, turn])
    return np.asarray(jacobian.T @ jacobian)


def submap(frames: Sequence[Keyframe], resolution: float, margin: float = 0.5) -> Field | None:
    """Distance to the end points of these keyframes; None: they saw nothing.

    Args:
        frames: Keyframes with poses that agree among each other.
        resolution: Edge of a cell [m].
        margin: Cells around the outermost points [m].
    """
    clouds = [frame.pose.apply(frame.walls) for frame in frames if len(frame.walls)]
    if not clouds:
        return None
    points = np.concatenate(clouds)
    low = np.floor(points.min(axis=0) / resolution) * resolution - margin
    size = points.max(axis=0) + margin - low
    width, height = (math.ceil(float(value) / resolution) + 1 for value in size)
    cells = ((points - low) / resolution).astype(np.int64)
    hits = np.bincount(cells[:, 1] * width + cells[:, 0], minlength=height * width)
    counts = hits.reshape(height, width).astype(np.float32)
    # Noise spreads a wall over several rows of cells: only the rows that most points hit count.
    occupied = counts > 0.5 * cv2.dilate(counts, np.ones((3, 3), np.uint8))
    # The 5 x 5 mask is a few percent off far from walls, where nobody matches, and fast.
    source = np.where(occupied, 0, 255).astype(np.uint8)
    away = cv2.distanceTransform(source, cv2.DIST_L2, cv2.DIST_MASK_5)
    values = np.asarray(away * np.float32(resolution), np.float32)
    return Field(values, resolution, (float(low[0]), float(low[1])))
