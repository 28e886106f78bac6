"""What of the space the home model explains: walls and furniture, as columns on a floor grid."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from hearth_core.geometry import Pose2
from hearth_core.home.model import Home, JointKind, Place
from hearth_core.home.plane import Point, edges

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

CELL = 0.05
WALL = 0.12
"""Points this near to a wall's face are the wall's [m]."""
SIDE = 0.08
"""Furniture stands this far from where the model has it [m]."""
ABOVE = 0.06
"""And is this much higher, with its handles and covers [m]."""
WHOLE = 3.0
"""Height of a wall's column [m]."""
LEAF = 0.26
"""Thicker than this is no door leaf, with its shelves and handle [m]."""
NOT_SOLID = {"rug"}


@dataclass(frozen=True, eq=False)
class KnownSpace:
    """Top and bottom of what is known to stand in each cell of the floor."""

    origin: tuple[float, float]
    bottom: npt.NDArray[np.float32]
    """[m], shape (rows, columns); inf: nothing."""
    top: npt.NDArray[np.float32]
    """[m]; -inf: nothing."""
    hinges: tuple[tuple[float, float, float], ...] = ()
    """Upright axes of doors in map, and how far their leaves reach: x, y, length [m]."""

    def is_leaf(self, points: npt.NDArray[np.floating]) -> bool:
        """Whether points lie on one door's leaf, however far it stands open.

        Args:
            points: In map [m], shape (N, 2 or 3).
        """
        for x, y, length in self.hinges:
            d = points[:, :2] - np.array([x, y])
            away = np.hypot(d[:, 0], d[:, 1])
            if (away < length + 0.12).mean() < 0.9:
                continue
            # A leaf is thin across the line from its hinge, and begins near it.
            way = d[away > 0.3 * length].mean(axis=0) if (away > 0.3 * length).any() else d[0]
            way = way / max(float(np.hypot(*way)), 1e-6)
            across = d @ np.array([-way[1], way[0]])
            along = d @ way
            low, high = np.percentile(across, [5.0, 95.0])
            if high - low < LEAF and np.percentile(along, 5.0) < 0.5 * length:
                return True
        return False

    def explains(self, points: npt.NDArray[np.floating]) -> Mask:
        """Which points belong to walls and furniture, or lie outside the home.

        Args:
            points: In map [m], shape (N, 3); nan is explained.
        """
        finite = np.isfinite(points).all(axis=1)
        safe = np.where(finite[:, None], points, 0.0)
        cells = np.floor((safe[:, :2] - np.array(self.origin)) / CELL).astype(int)
        rows, columns = self.top.shape
        inside = (cells >= 0).all(axis=1) & (cells < (columns, rows)).all(axis=1)
        cells = np.clip(cells, 0, (columns - 1, rows - 1))
        bottom, top = self.bottom[cells[:, 1], cells[:, 0]], self.top[cells[:, 1], cells[:, 0]]
        z = safe[:, 2]
        return np.asarray(~finite | ~inside | ((z > bottom) & (z < top)))


def known_space(home: Home, poses: dict[str, Pose2] | None = None) -> KnownSpace:
    """Columns of a home.

    Args:
        home: Its nominal model.
        poses: Places by name that were seen to stand elsewhere.
    """
    corners = np.array([corner for room in home.rooms for corner in room.polygon])
    low, high = corners.min(axis=0) - 0.5, corners.max(axis=0) + 0.5
    shape = tuple(int(v) for v in np.ceil((high - low) / CELL)[::-1])
    rooms = np.zeros(shape, np.uint8)
    for room in home.rooms:
        cv2.fillPoly(rooms, [_pixels(room.polygon, low)], 1)
    walls = np.zeros(shape, np.uint8)
    width = max(1, round((home.wall_thickness + 2 * WALL) / CELL))
    for room in home.rooms:
        for a, b in edges(room.polygon):
            start, end = _pixels((a, b), low).tolist()
            cv2.line(walls, start, end, 1, width)
    for door in home.doorways:
        # Who stands in a doorway is no wall: only its posts are.
        half = max(0.1, door.width / 2 - 0.05)
        along = door.direction + math.pi / 2
        ends = [
            (
                door.position[0] + s * half * math.cos(along),
                door.position[1] + s * half * math.sin(along),
            )
            for s in (-1, 1)
        ]
        rectangle = _thick(ends[0], ends[1], home.wall_thickness / 2 + 2 * WALL)
        cv2.fillPoly(walls, [_pixels(rectangle, low)], 0)
    solid = (walls > 0) | (rooms == 0)
    bottom = np.where(solid, -1.0, np.inf).astype(np.float32)
    top = np.where(solid, WHOLE, -np.inf).astype(np.float32)
    for place in home.places:
        if place.kind in NOT_SOLID:
            continue
        mask = np.zeros(shape, np.uint8)
        cv2.fillPoly(mask, [_pixels(_outline(place, poses or {}), low)], 1)
        inside = mask > 0
        base = place.elevation - ABOVE
        bottom[inside] = np.minimum(bottom[inside], base)
        top[inside] = np.maximum(top[inside], place.elevation + place.size[2] + ABOVE)
    origin = float(low[0]), float(low[1])
    return KnownSpace(origin, bottom, top, _hinges(home, poses or {}))


def _hinges(home: Home, poses: dict[str, Pose2]) -> tuple[tuple[float, float, float], ...]:
    found = []
    for place in home.places:
        pose = poses.get(place.name, place.pose)
        for joint in place.joints:
            if joint.kind is JointKind.HINGED and abs(joint.axis[2]) > 0.9:
                at = pose @ Pose2(joint.origin[0], joint.origin[1])
                found.append((at.x, at.y, float(np.hypot(*joint.panel.size[:2]))))
    for door in home.doorways:
        if door.leaf is not None:
            for side in (-1.0, 1.0):
                at = door.pose @ Pose2(0.0, side * door.width / 2)
                found.append((at.x, at.y, door.width))
    return tuple(found)


def _outline(place: Place, poses: dict[str, Pose2]) -> list[Point]:
    pose = poses.get(place.name, place.pose)
    depth, width = place.size[0] / 2 + SIDE, place.size[1] / 2 + SIDE
    corners = ((depth, -width), (depth, width), (-depth, width), (-depth, -width))
    return [((pose @ Pose2(x, y)).x, (pose @ Pose2(x, y)).y) for x, y in corners]


def _thick(a: Point, b: Point, half: float) -> list[Point]:
    length = max(1e-6, math.dist(a, b))
    nx, ny = -(b[1] - a[1]) / length * half, (b[0] - a[0]) / length * half
    return [
        (a[0] + nx, a[1] + ny),
        (b[0] + nx, b[1] + ny),
        (b[0] - nx, b[1] - ny),
        (a[0] - nx, a[1] - ny),
    ]


def _pixels(points: object, low: Array) -> npt.NDArray[np.int32]:
    return np.floor((np.asarray(points, float) - low) / CELL).astype(np.int32)
