"""Depth images as cells of space that something is in, and what has come into view since."""

import numpy as np
import numpy.typing as npt
from hearth_core.jit import kernel

from hearth_manipulation.core.collision import Obstacles, world_distance
from hearth_manipulation.core.kinematics import Array

Depth = npt.NDArray[np.float32]
Counts = npt.NDArray[np.uint8]

_NEAREST = 0.05
"""Nothing nearer to the camera is looked at [m]."""


@kernel
def count_cells(
    depth: Depth,
    lens: Array,
    rotation: Array,
    translation: Array,
    stride: int,
    farthest: float,
    low: Array,
    cell: float,
    counts: Counts,
) -> None:
    """Count the pixels that see each cell.

    Args:
        depth: [m] along the optical axis, shape (H, W); 0 or NaN: no measurement.
        lens: fx, fy, cx, cy [px].
        rotation: World from optical frame, shape (3, 3).
        translation: [m], shape (3,).
        stride: Every so many pixels in both directions.
        farthest: Pixels beyond are passed over [m].
        low: Lower corner of the cells [m], shape (3,).
        cell: Edge of a cell [m].
        counts: Added to, up to 255, shape (X, Y, Z).
    """
    for v in range(0, depth.shape[0], stride):
        y = (v - lens[3]) / lens[1]
        for u in range(0, depth.shape[1], stride):
            z = float(depth[v, u])
            if not _NEAREST < z < farthest:
                continue
            x = (u - lens[2]) / lens[0]
            a = rotation[0, 0] * x + rotation[0, 1] * y + rotation[0, 2]
            b = rotation[1, 0] * x + rotation[1, 1] * y + rotation[1, 2]
            c = rotation[2, 0] * x + rotation[2, 1] * y + rotation[2, 2]
            i = int(np.floor((z * a + translation[0] - low[0]) / cell))
            j = int(np.floor((z * b + translation[1] - low[1]) / cell))
            k = int(np.floor((z * c + translation[2] - low[2]) / cell))
            if i < 0 or j < 0 or k < 0:
                continue
            if i >= counts.shape[0] or j >= counts.shape[1] or k >= counts.shape[2]:
                continue
            if counts[i, j, k] < 255:
                counts[i, j, k] += np.uint8(1)


@kernel
def on_spheres(x: float, y: float, z: float, spheres: Array, grown: float) -> bool:
    """Whether a point is nearer than ``grown`` [m] to one of the spheres, shape (S, 4)."""
    for s in range(spheres.shape[0]):
        dx, dy, dz = x - spheres[s, 0], y - spheres[s, 1], z - spheres[s, 2]
        reach = spheres[s, 3] + grown
        if dx * dx + dy * dy + dz * dz < reach * reach:
            return True
    return False


@kernel
def unknown_cells(
    counts: Counts,
    least: int,
    low: Array,
    cell: float,
    spheres: Array,
    known: Obstacles,
    skin: float,
    near: float,
) -> Array:
    """Middles of the cells that are seen and belong neither to the robot nor to known things.

    Args:
        counts: From :func:`count_cells`.
        least: Pixels that make a cell.
        low: Lower corner of the cells [m].
        cell: Edge of a cell [m].
        spheres: Of the robot and what it holds, shape (S, 4).
        known: Solids.
        skin: Cells this near to the robot are its own [m].
        near: Cells this near to known solids are theirs [m].

    Returns:
        [m], shape (N, 3).
    """
    found = np.empty((1024, 3))
    used = 0
    for i in range(counts.shape[0]):
        x = low[0] + (i + 0.5) * cell
        for j in range(counts.shape[1]):
            y = low[1] + (j + 0.5) * cell
            for k in range(counts.shape[2]):
                if counts[i, j, k] < least:
                    continue
                z = low[2] + (k + 0.5) * cell
                if on_spheres(x, y, z, spheres, skin):
                    continue
                if world_distance(known, x, y, z, False) < near:
                    continue
                if used == found.shape[0]:
                    more = np.empty((2 * used, 3))
                    more[:used] = found
                    found = more
                found[used, 0], found[used, 1], found[used, 2] = x, y, z
                used += 1
    return found[:used].copy()


@kernel
def _span(side: float, z: float, radius: float, focal: float, centre: float) -> tuple[int, int]:
    """First and last column (or row) that a sphere at ``side``, ``z`` [m] can be seen in."""
    front, back = max(z - radius, _NEAREST), z + radius
    low, high = side - radius, side + radius
    return (
        int(np.floor(focal * low / (front if low < 0.0 else back) + centre)),
        int(np.ceil(focal * high / (front if high > 0.0 else back) + centre)),
    )


@kernel
def forget_robot(
    depth: Depth, lens: Array, rotation: Array, translation: Array, spheres: Array, skin: float
) -> None:
    """Set pixels that see the robot to NaN: what was behind it is not known.

    Args as in :func:`count_cells` and :func:`unknown_cells`; every sphere's disc in the image is
    looked at once.
    """
    height, width = depth.shape
    for s in range(spheres.shape[0]):
        dx = spheres[s, 0] - translation[0]
        dy = spheres[s, 1] - translation[1]
        dz = spheres[s, 2] - translation[2]
        x = rotation[0, 0] * dx + rotation[1, 0] * dy + rotation[2, 0] * dz
        y = rotation[0, 1] * dx + rotation[1, 1] * dy + rotation[2, 1] * dz
        z = rotation[0, 2] * dx + rotation[1, 2] * dy + rotation[2, 2] * dz
        radius = spheres[s, 3] + skin
        if z + radius < _NEAREST:
            continue
        u_low, u_high = _span(x, z, radius, lens[0], lens[2])
        v_low, v_high = _span(y, z, radius, lens[1], lens[3])
        for v in range(max(0, v_low), min(height, v_high + 1)):
            b = (v - lens[3]) / lens[1]
            for u in range(max(0, u_low), min(width, u_high + 1)):
                d = float(depth[v, u])
                if not d > 0.0:
                    continue
                a = (u - lens[2]) / lens[0]
                gap = (d * a - x) ** 2 + (d * b - y) ** 2 + (d - z) ** 2
                if gap < radius * radius:
                    depth[v, u] = np.nan


@kernel
def saw_through(before: Depth, row: int, column: int, depth: float, around: int) -> bool:
    """Whether a pixel and all near it saw farther than ``depth`` [m]; edges are not sharp."""
    if row < around or column < around:
        return False
    if row >= before.shape[0] - around or column >= before.shape[1] - around:
        return False
    if not float(before[row, column]) > depth:
        return False
    for i in range(row - around, row + around + 1):
        for j in range(column - around, column + around + 1):
            if not float(before[i, j]) > depth:
                return False
    return True


@kernel
def entered_points(
    depth: Depth,
    lens: Array,
    rotation: Array,
    translation: Array,
    before: Depth,
    before_rotation: Array,
    before_translation: Array,
    stride: int,
    around: int,
    nearer: float,
    low: Array,
    high: Array,
    spheres: Array,
    known: Obstacles,
    skin: float,
    near: float,
) -> Array:
    """Points that stand where the camera has seen through before.

    Args:
        depth: Image now [m], shape (H, W).
        lens: fx, fy, cx, cy [px], of both images.
        rotation: World from optical frame now.
        translation: [m].
        before: Image of before, without the robot (see :func:`forget_robot`).
        before_rotation: World from optical frame then.
        before_translation: [m].
        stride: Every so many pixels.
        around: So many pixels around must have seen through, too: camera and joints are not known
            to the pixel.
        nearer: A pixel must be so much nearer than what was seen there before [m].
        low: Lower corner of what is looked at [m].
        high: Upper corner.
        spheres: The robot now, shape (S, 4).
        known: Solids.
        skin: Points this near to the robot are its own [m].
        near: Points this near to known solids are theirs [m].

    Returns:
        [m], shape (N, 3).
    """
    rows = (depth.shape[0] + stride - 1) // stride
    columns = (depth.shape[1] + stride - 1) // stride
    found = np.empty((rows * columns, 3))
    used = 0
    r, o = before_rotation, before_translation
    for v in range(0, depth.shape[0], stride):
        for u in range(0, depth.shape[1], stride):
            z = float(depth[v, u])
            if not z > _NEAREST:
                continue
            x, y = z * (u - lens[2]) / lens[0], z * (v - lens[3]) / lens[1]
            a = rotation[0, 0] * x + rotation[0, 1] * y + rotation[0, 2] * z + translation[0]
            b = rotation[1, 0] * x + rotation[1, 1] * y + rotation[1, 2] * z + translation[1]
            c = rotation[2, 0] * x + rotation[2, 1] * y + rotation[2, 2] * z + translation[2]
            if not (low[0] < a < high[0] and low[1] < b < high[1] and low[2] < c < high[2]):
                continue
            dx, dy, dz = a - o[0], b - o[1], c - o[2]
            ahead = r[0, 2] * dx + r[1, 2] * dy + r[2, 2] * dz
            if ahead < _NEAREST:
                continue
            p = (r[0, 0] * dx + r[1, 0] * dy + r[2, 0] * dz) / ahead * lens[0] + lens[2]
            q = (r[0, 1] * dx + r[1, 1] * dy + r[2, 1] * dz) / ahead * lens[1] + lens[3]
            i, j = int(np.round(q)), int(np.round(p))
            if not saw_through(before, i, j, ahead + nearer, around):
                continue
            if on_spheres(a, b, c, spheres, skin):
                continue
            if world_distance(known, a, b, c, False) < near:
                continue
            found[used, 0], found[used, 1], found[used, 2] = a, b, c
            used += 1
    return found[:used].copy()
