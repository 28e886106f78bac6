"""Level surfaces that carry things, and the walls, panels and doors that do not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from hearth_perception.core.depth import Cloud, Mask
from hearth_perception.core.kernels import (
    assign_walls,
    component_statistics,
    connect,
    grow_walls,
)
from hearth_perception.core.places import Shelf
from hearth_perception.core.quantiles import between, median

Labels = npt.NDArray[np.int32]
Array = npt.NDArray[np.float64]

BIN = 0.005
CELL = 0.03


@dataclass(frozen=True, eq=False)
class Support:
    """A level patch seen in one view."""

    height: float
    """Of its middle [m]."""
    slope: tuple[float, float]
    """Rise along x and y of the map: the camera's pose is never exact."""
    middle: Array
    """Centroid (2,) [m]."""
    points: Array
    """A sample of the patch, shape (N, 2) [m]."""
    area: float
    """Seen [m2]."""
    shelf: Shelf | None
    """The nominal surface it matches."""

    def height_at(self, xy: npt.NDArray[np.floating]) -> Array:
        """Height of the plane at points (..., 2) [m]."""
        d = np.asarray(xy, float) - self.middle
        return np.asarray(self.height + d[..., 0] * self.slope[0] + d[..., 1] * self.slope[1])


def noise(depth: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    """Expected depth noise of a stereo or structured-light camera [m] at ``depth`` [m]."""
    return np.asarray(0.0015 + 0.0025 * depth * depth)


def find_supports(cloud: Cloud, shelves: Sequence[Shelf]) -> tuple[list[Support], Labels]:
    """Level patches, and for every grid cell the index of the patch it lies on (-1: none).

    Heights come from a histogram along gravity. A patch counts when it matches a nominal
    surface or is too large to be the top of a thing.
    """
    level = cloud.valid & (cloud.normals[..., 2] > 0.85)
    z = cloud.points[..., 2]
    supports: list[Support] = []
    labels = np.full(z.shape, -1, np.int32)
    if not level.any():
        return supports, labels
    steep = np.where(cloud.valid, np.abs(cloud.normals[..., 2]), 0.0)
    tolerance = 0.005 + 2.0 * noise(cloud.depth)
    low = 0.007 + 0.0008 * cloud.depth * cloud.depth
    peaks = _peaks(z[level], cloud.area[level], BIN, 0.004, 6)
    for number, peak in enumerate([*peaks, *_beside(peaks, shelves)]):
        near = level & (np.abs(z - peak) < 0.012)
        if number >= len(peaks):
            near &= labels < 0
        if not near.any():
            continue
        for part in _patches(cloud.points[near], cloud.area[near], shelves):
            if _stands_on(part, supports) or (number >= len(peaks) and _known(part, supports)):
                continue
            index = len(supports)
            offset = z - _plane_image(cloud, part)
            on = (np.abs(offset) < tolerance) & (labels < 0) & ((steep > 0.4) | (steep == 0.0))
            # Remotes and plates are lower than the noise of one cell, not than that of many.
            on &= (np.abs(offset) < 0.006) | (_smooth(offset, cloud.valid) < low)
            on &= _within(cloud, part, on)
            labels[on] = index
            supports.append(part)
    return supports, labels


def _beside(peaks: Sequence[float], shelves: Sequence[Shelf]) -> list[float]:
    """Heights of nominal surfaces that hide beside a peak: one counter a little higher."""
    heights = sorted({shelf.height for shelf in shelves})
    return [h for h in heights if any(0.004 < abs(h - peak) < 0.035 for peak in peaks)]


def _known(part: Support, supports: Sequence[Support]) -> bool:
    """Whether a patch is no nominal surface, or one that was found already."""
    shelf = part.shelf
    if shelf is None or float(shelf.outside(part.middle)) > 0.0:
        return True
    return any(s.shelf is not None and s.shelf.name == shelf.name for s in supports)


def _stands_on(part: Support, supports: Sequence[Support]) -> bool:
    """Whether a patch is the top of something low on a larger patch: a book is no table.

    A patch where the home model has a surface of its own is that surface: the lowest board of a
    shelf is hardly higher than the floor.
    """
    own = part.shelf
    if own is not None and float(own.outside(part.middle)) == 0.0:
        supports = [s for s in supports if s.shelf is not None and s.shelf.name == own.name]
    for other in supports:
        rise = part.height - float(other.height_at(part.middle))
        if not 0.010 < rise < 0.10 or part.area > min(0.12, 0.6 * other.area):
            continue
        step = max(1, len(part.points) // 60)
        away = part.points[::step, None, :] - other.points[None, ::4, :]
        if np.median(np.sqrt((away**2).sum(axis=2)).min(axis=1)) < 0.10:
            return True
    return False


def _smooth(offset: npt.NDArray[np.floating], valid: Mask) -> npt.NDArray[np.float32]:
    """Mean over 5x5 cells of the offsets that may belong to a surface or what lies on it [m]."""
    near = valid & (np.abs(offset) < 0.05)
    weight = cv2.blur(near.astype(np.float32), (5, 5))
    total = cv2.blur(np.where(near, offset, 0.0).astype(np.float32), (5, 5))
    return np.asarray(total / np.maximum(weight, 1e-3), np.float32)


def _peaks(
    values: npt.NDArray[np.floating],
    weights: npt.NDArray[np.floating],
    width: float,
    least: float,
    apart: int,
) -> list[float]:
    """Modes of a weighted histogram, refined, largest first; ``apart`` bins apart."""
    low = float(values.min()) - 2 * width
    bins = np.floor((values - low) / width).astype(np.int64)
    if bins.max() > 100_000:
        return []
    histogram = np.bincount(bins, weights, minlength=int(bins.max()) + 3)
    smooth = np.convolve(histogram, [1.0, 1.0, 1.0], "same")
    result: list[float] = []
    while True:
        best = int(np.argmax(smooth))
        if smooth[best] < least:
            return result
        chosen = np.abs(bins - best) <= 1
        result.append(median(values[chosen]))
        smooth[max(0, best - apart) : best + apart + 1] = 0.0


def _patches(
    points: npt.NDArray[np.floating], area: npt.NDArray[np.floating], shelves: Sequence[Shelf]
) -> list[Support]:
    """Split the points of one height where they are far apart in the plane."""
    if abs(median(points[:, 2])) < 0.02:  # the floor is one, whatever stands on it
        floor = _support(points, float(area.sum()), shelves)
        return [] if floor is None else [floor]
    xy = points[:, :2].astype(float)
    low = xy.min(axis=0)
    cells = np.floor((xy - low) / CELL).astype(np.int64) + 3
    shape = cells.max(axis=0) + 4
    if shape.prod() > 4_000_000:
        return []
    image = np.zeros(shape, np.uint8)
    image[cells[:, 0], cells[:, 1]] = 1
    image = cv2.dilate(image, np.ones((5, 5), np.uint8))
    _, regions = cv2.connectedComponents(image)
    of = regions[cells[:, 0], cells[:, 1]]
    areas = np.bincount(of, area)
    result = []
    for region in np.flatnonzero(areas > 0.004):
        part = of == region
        support = _support(points[part], float(areas[region]), shelves)
        if support is not None:
            result.append(support)
    return result


def _support(
    points: npt.NDArray[np.floating], area: float, shelves: Sequence[Shelf]
) -> Support | None:
    xyz = points.astype(float)
    middle = xyz[:, :2].mean(axis=0)
    height = median(xyz[:, 2])
    extent = np.subtract(*between(xyz[:, :2], 98, 2))
    shelf = _match(middle, height, shelves)
    if shelf is not None and shelf.inside and height > shelf.height + 0.014 and area < 0.05:
        shelf = None  # a book on a glass plate that returns no depth
    floor = abs(height) < 0.05
    if shelf is None and not floor and (extent.max() < 0.40 or area < 0.05):
        return None
    slope = (0.0, 0.0)
    if extent.min() > 0.15:
        slope, height = _plane(xyz, middle, height)
    step = max(1, len(xyz) // 4000)
    return Support(height, slope, middle, xyz[::step, :2], area, shelf)


def _plane(xyz: Array, middle: Array, height: float) -> tuple[tuple[float, float], float]:
    """Slope and height at ``middle`` of a nearly level plane; what lies on it is trimmed off."""
    rows = np.column_stack([xyz[:, :2] - middle, np.ones(len(xyz))])
    rows, z = rows[:: max(1, len(rows) // 6000)], xyz[:: max(1, len(rows) // 6000), 2]
    slope, keep = (0.0, 0.0), np.ones(len(z), bool)
    for trim in (0.008, 0.006):
        solution = np.linalg.lstsq(rows[keep], z[keep], rcond=None)[0]
        if np.hypot(solution[0], solution[1]) > 0.04:
            break
        slope, height = (float(solution[0]), float(solution[1])), float(solution[2])
        near = np.abs(rows @ solution - z) < trim
        if near.sum() < 20:
            break
        keep = near
    return slope, height


def _match(middle: Array, height: float, shelves: Sequence[Shelf]) -> Shelf | None:
    best, least = None, 0.15
    for shelf in shelves:
        if abs(shelf.height - height) < 0.035:
            away = float(shelf.outside(middle)) + abs(shelf.height - height)
            if away < least:
                best, least = shelf, away
    return best


def _plane_image(cloud: Cloud, support: Support) -> npt.NDArray[np.float32]:
    d = cloud.points[..., :2] - support.middle.astype(np.float32)
    plane = support.height + d[..., 0] * support.slope[0] + d[..., 1] * support.slope[1]
    return np.asarray(plane, np.float32)


def _within(cloud: Cloud, support: Support, candidates: Mask) -> Mask:
    """Candidates inside the outline of the patch, with what things on it hide filled in."""
    low, high = support.points.min(axis=0) - 0.1, support.points.max(axis=0) + 0.1
    shape = np.ceil((high - low) / CELL).astype(int) + 1
    image = np.zeros(shape, np.uint8)
    cells = np.floor((support.points - low) / CELL).astype(int)
    image[cells[:, 0], cells[:, 1]] = 1
    image = cv2.morphologyEx(image, cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8))
    image = cv2.dilate(image, np.ones((3, 3), np.uint8))
    flat = np.flatnonzero(candidates)
    xy = cloud.points.reshape(-1, 3)[flat, :2]
    index = np.floor((xy - low.astype(np.float32)) / CELL).astype(np.int64)
    near = (index >= 0).all(axis=1) & (index < shape).all(axis=1)
    result = np.zeros(candidates.shape, bool)
    result.reshape(-1)[flat[near]] = image[index[near, 0], index[near, 1]] > 0
    return result


@dataclass(frozen=True, eq=False)
class Wall:
    """A large upright plane: normal . p = offset; the normal is level and faces the camera."""

    normal: Array
    """Shape (2,)."""
    offset: float
    """[m]"""
    area: float
    """Seen [m2]."""


def find_walls(cloud: Cloud, free: Mask, *, least: float = 0.05) -> tuple[list[Wall], Labels]:
    """Upright planes with their cells (-1: none).

    Args:
        cloud: Points with normals.
        free: Cells to look at.
        least: Area [m2] below which a plane is not looked for.
    """
    walls: list[Wall] = []
    candidates = np.zeros(free.shape, bool)
    candidates[::2, ::2] = True  # a quarter of the cells is enough to vote
    flat = np.flatnonzero(candidates & free & (np.abs(cloud.normals[..., 2]) < 0.35))
    flat = flat[np.abs(cloud.normals.reshape(-1, 3)[flat]).sum(axis=1) > 0.5]
    points = cloud.points.reshape(-1, 3)[flat]
    normals = cloud.normals.reshape(-1, 3)[flat]
    area = cloud.area.reshape(-1)[flat] * 4.0
    yaw = np.arctan2(normals[:, 1], normals[:, 0])
    left = np.ones(len(flat), bool)
    for _ in range(8):
        direction = _direction(yaw[left], area[left], least)
        if direction is None:
            break
        away = np.abs((yaw - direction + np.pi) % (2 * np.pi) - np.pi)
        alike = left & (away < np.radians(14.0))
        normal = np.array([np.cos(direction), np.sin(direction)])
        offset = points[:, :2] @ normal
        left &= ~(away < np.radians(8.0))
        for peak in _peaks(offset[alike], area[alike], 0.01, least, 2):
            on = alike & (np.abs(offset - peak) < 0.02)
            if on.sum() >= 12:
                n, d = _refine(points[on, :2], normal)
                on = alike & (np.abs(points[:, :2] @ n - d) < 0.015)
                walls.append(Wall(n, d, float(area[on].sum())))
                alike &= ~on
                left &= ~on
    labels = assign_walls(
        free, cloud.points, cloud.normals, cloud.depth, _table(walls), float(np.cos(0.25))
    )
    return walls, labels


def _table(walls: Sequence[Wall]) -> npt.NDArray[np.float32]:
    """Normals and offsets, shape (N, 3)."""
    return np.array([[*w.normal, w.offset] for w in walls], np.float32).reshape(-1, 3)


def _direction(
    yaw: npt.NDArray[np.floating], area: npt.NDArray[np.floating], least: float
) -> float | None:
    if len(yaw) < 40:
        return None
    bins = (np.floor((yaw + np.pi) / (2 * np.pi) * 90).astype(int)) % 90
    histogram = np.bincount(bins, area, minlength=90)
    smooth = histogram + np.roll(histogram, 1) + np.roll(histogram, -1)
    best = int(np.argmax(smooth))
    if smooth[best] < least:
        return None
    near = np.abs((bins - best + 45) % 90 - 45) <= 1
    return float(
        np.arctan2((np.sin(yaw[near]) * area[near]).sum(), (np.cos(yaw[near]) * area[near]).sum())
    )


def _refine(xy: npt.NDArray[np.floating], normal: Array) -> tuple[Array, float]:
    """Least squares line through points of an upright plane, trimmed once."""
    points = xy.astype(float)
    n = normal
    for trim in (0.02, 0.01):
        middle = points.mean(axis=0)
        d = points - middle
        _, vectors = np.linalg.eigh(d.T @ d)
        candidate = vectors[:, 0] * np.sign(vectors[:, 0] @ normal)
        if candidate @ normal > 0.97:
            n = candidate
        keep = np.abs(d @ n) < trim
        if keep.sum() > 10:
            points = points[keep]
    return n, median(points @ n)


def structure(cloud: Cloud, walls: Sequence[Wall], labels: Labels, free: Mask) -> Mask:
    """Cells of upright planes too large to be the side of a thing one could carry."""
    gap = (0.02 + 0.02 * cloud.depth).astype(np.float32)
    parts, count = connect(labels, cloud.points, gap)
    if not count:
        return np.zeros(free.shape, bool)
    _, area, low, high = component_statistics(parts, count, cloud.points, cloud.area)
    extent = high - low
    large = (area > 0.10) | (extent[:, 2] > 0.42) | (np.hypot(extent[:, 0], extent[:, 1]) > 0.42)
    part_large = np.append(large, False)[parts]
    grown = grow_walls(part_large, labels, free, cloud.points, cloud.depth, _table(walls))
    return np.asarray(grown, bool)
