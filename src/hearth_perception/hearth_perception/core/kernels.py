# ruff: noqa: PLR0912, PLR0915 - a loop over pixels is one flat function
"""The few loops over pixels, compiled; float32, single-threaded, without the interpreter's lock.

Images are organised grids: row i, column j of every array belong to the same ray.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from hearth_core.jit import kernel

_LATER = np.array([[0, 1], [1, 0], [1, 1], [1, -1], [0, 2], [2, 0]])
"""Neighbours up to two apart that come later in the image, rows and columns."""


@kernel
def shrink_depth(depth: Any, stride: Any, near: Any, far: Any, edge: Any) -> Any:
    """Depth on a coarser grid: each block keeps the mean of its nearest surface; 0: nothing.

    ``edge`` [m] is how far the depths of one block may spread and still be one surface. Pixels
    hanging between a near and a far neighbour (mixed pixels at edges) become 0.
    """
    rows, cols = depth.shape[0] // stride, depth.shape[1] // stride
    out = np.zeros((rows, cols), np.float32)
    for i in range(rows):
        for j in range(cols):
            nearest = far
            for a in range(stride):
                for b in range(stride):
                    z = depth[i * stride + a, j * stride + b]
                    if near < z < nearest:  # nan compares false
                        nearest = z
            if nearest >= far:
                continue
            total = np.float32(0.0)
            count = 0
            for a in range(stride):
                for b in range(stride):
                    z = depth[i * stride + a, j * stride + b]
                    if nearest <= z <= nearest + edge:
                        total += z
                        count += 1
            if count * 2 >= stride * stride:
                out[i, j] = total / count
    clean = out.copy()
    for i in range(1, rows - 1):
        for j in range(1, cols - 1):
            z = out[i, j]
            if z == 0.0:
                continue
            limit = edge + 0.012 * z
            for k in range(2):
                before = out[i, j - 1] if k == 0 else out[i - 1, j]
                after = out[i, j + 1] if k == 0 else out[i + 1, j]
                if before == 0.0 or after == 0.0:
                    continue
                rise, fall = z - before, after - z
                if (rise > limit and fall > limit) or (rise < -limit and fall < -limit):
                    clean[i, j] = 0.0
    return clean


@kernel(fastmath={"reassoc", "contract", "arcp"})
def points_and_normals(
    depth: Any, fx: Any, fy: Any, cx: Any, cy: Any, rotation: Any, translation: Any, radius: Any
) -> Any:
    """Points and normals in the map of a depth grid.

    On a plane the inverse depth is linear in the pixel, so a masked least squares over a window
    gives the normal directly. Intrinsics are those of the grid. Normals point to the camera;
    (0, 0, 0) where the window holds too little of one surface.
    """
    rows, cols = depth.shape
    points = np.full((rows, cols, 3), np.nan, np.float32)
    normals = np.zeros((rows, cols, 3), np.float32)
    inverse = np.zeros((rows, cols), np.float32)
    for i in range(rows):
        for j in range(cols):
            if depth[i, j] > 0.0:
                inverse[i, j] = np.float32(1.0) / depth[i, j]
    least = (2 * radius + 1) * (2 * radius + 1) * 2 // 5
    for i in range(rows):
        y = np.float32((i - cy) / fy)
        for j in range(cols):
            w0 = inverse[i, j]
            if w0 == 0.0:
                continue
            z = depth[i, j]
            x = np.float32((j - cx) / fx)
            for k in range(3):
                points[i, j, k] = (
                    rotation[k, 0] * x * z
                    + rotation[k, 1] * y * z
                    + rotation[k, 2] * z
                    + translation[k]
                )
            if i < radius or j < radius or i >= rows - radius or j >= cols - radius:
                continue
            allowed = np.float32(0.03) * w0
            n = np.float32(0.0)
            su = np.float32(0.0)
            sv = np.float32(0.0)
            suu = np.float32(0.0)
            svv = np.float32(0.0)
            suv = np.float32(0.0)
            sw = np.float32(0.0)
            suw = np.float32(0.0)
            svw = np.float32(0.0)
            for a in range(-radius, radius + 1):
                fa = np.float32(a)
                for b in range(-radius, radius + 1):
                    fb = np.float32(b)
                    dw = inverse[i + a, j + b] - w0
                    m = np.float32(1.0) if -allowed < dw < allowed else np.float32(0.0)
                    dw *= m
                    n += m
                    su += m * fb
                    sv += m * fa
                    suu += m * fb * fb
                    svv += m * fa * fa
                    suv += m * fa * fb
                    sw += dw
                    suw += fb * dw
                    svw += fa * dw
            if n < least:
                continue
            cuu = suu - su * su / n
            cvv = svv - sv * sv / n
            cuv = suv - su * sv / n
            cuw = suw - su * sw / n
            cvw = svw - sv * sw / n
            det = cuu * cvv - cuv * cuv
            if det < np.float32(1e-3):
                continue
            gu = (cvv * cuw - cuv * cvw) / det
            gv = (cuu * cvw - cuv * cuw) / det
            c = w0 + (sw - gu * su - gv * sv) / n
            a0 = np.float32(gu * fx)
            b0 = np.float32(gv * fy)
            c0 = c - gu * np.float32(j - cx) - gv * np.float32(i - cy)
            norm = math.sqrt(a0 * a0 + b0 * b0 + c0 * c0)
            if norm < 1e-9:
                continue
            for k in range(3):  # the plane's (a, b, c) points away from the camera
                normals[i, j, k] = (
                    -(rotation[k, 0] * a0 + rotation[k, 1] * b0 + rotation[k, 2] * c0) / norm
                )
    return points, normals


@kernel
def _root(parent: Any, i: Any) -> Any:
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i


@kernel
def _join(parent: Any, i: Any, j: Any) -> None:
    x, y = _root(parent, i), _root(parent, j)
    if x != y:
        parent[max(x, y)] = min(x, y)


@kernel
def _number(parent: Any, member: Any) -> Any:
    """Labels (H, W) int32 of joined pixels: -1 outside ``member``, else 0.., and their number."""
    rows, cols = member.shape
    labels = np.full((rows, cols), -1, np.int32)
    count = 0
    for i in range(rows):
        for j in range(cols):
            if not member[i, j]:
                continue
            root = _root(parent, i * cols + j)
            if root == i * cols + j:
                labels[i, j] = count
                count += 1
            else:
                labels[i, j] = labels[root // cols, root % cols]
    return labels, count


@kernel
def connect(ids: Any, points: Any, gap: Any) -> Any:
    """Components of pixels that carry the same id and are neighbours in image and space.

    Two pixels up to two apart are joined when both carry the same id >= 0 and their points are
    closer than ``gap`` [m], an image (H, W). Returns labels (H, W) int32: -1 outside, else 0..
    in order of appearance, and their number.
    """
    rows, cols = ids.shape
    parent = np.arange(rows * cols)
    for i in range(rows):
        for j in range(cols):
            if ids[i, j] < 0:
                continue
            here = i * cols + j
            limit = gap[i, j] * gap[i, j]
            for k in range(len(_LATER)):
                r, c = i + _LATER[k, 0], j + _LATER[k, 1]
                if r >= rows or c < 0 or c >= cols or ids[r, c] != ids[i, j]:
                    continue
                d = np.float32(0.0)
                for m in range(3):
                    e = points[i, j, m] - points[r, c, m]
                    d += e * e
                if d < limit:
                    _join(parent, here, r * cols + c)
    return _number(parent, ids >= 0)


@kernel
def connect_things(free: Any, points: Any, normals: Any, depth: Any) -> Any:
    """Components of free cells that are neighbours on one surface, or nearly touch in space.

    Points closer than 6 mm and 4.5 mm per metre of depth are joined; farther ones, up to 10 mm
    and 9 mm per metre (surfaces seen flatly), only where each lies in the plane of the other.
    Returns labels (H, W) int32: -1 outside, else 0.. in order of appearance, and their number.
    """
    rows, cols = free.shape
    parent = np.arange(rows * cols)
    for i in range(rows):
        for j in range(cols):
            if not free[i, j]:
                continue
            here = i * cols + j
            z = depth[i, j]
            near = np.float32(0.006) + np.float32(0.0045) * z
            wide = np.float32(0.010) + np.float32(0.010) * z
            off = np.float32(0.003) + np.float32(0.0012) * z * z
            for k in range(len(_LATER)):
                r, c = i + _LATER[k, 0], j + _LATER[k, 1]
                if r >= rows or c < 0 or c >= cols or not free[r, c]:
                    continue
                d = np.float32(0.0)
                first = np.float32(0.0)
                second = np.float32(0.0)
                known = np.float32(0.0)
                other = np.float32(0.0)
                for m in range(3):
                    e = points[i, j, m] - points[r, c, m]
                    d += e * e
                    first += e * normals[i, j, m]
                    second += e * normals[r, c, m]
                    known += normals[i, j, m] * normals[i, j, m]
                    other += normals[r, c, m] * normals[r, c, m]
                if d >= wide * wide:
                    continue
                if d >= near * near and (
                    known < 0.5 or other < 0.5 or abs(first) > off or abs(second) > off
                ):
                    continue
                _join(parent, here, r * cols + c)
    return _number(parent, free)


@kernel
def component_statistics(labels: Any, count: Any, points: Any, area: Any) -> Any:
    """Per component: pixels (N,), area (N,) [m2], least and largest coordinates (N, 3) [m]."""
    pixels = np.zeros(count, np.int32)
    total = np.zeros(count, np.float32)
    low = np.full((count, 3), np.inf, np.float32)
    high = np.full((count, 3), -np.inf, np.float32)
    rows, cols = labels.shape
    for i in range(rows):
        for j in range(cols):
            k = labels[i, j]
            if k < 0:
                continue
            pixels[k] += 1
            total[k] += area[i, j]
            for m in range(3):
                v = points[i, j, m]
                low[k, m] = min(low[k, m], v)
                high[k, m] = max(high[k, m], v)
    return pixels, total, low, high


@kernel
def rim_statistics(labels: Any, count: Any, depth: Any, step: Any) -> Any:
    """What lies beyond the rim of each component, ``step`` cells away along rows and columns.

    Returns (N, 3) int32: rim cells whose neighbour is farther (background: the rim is the
    thing's own), nearer (something hides the rest of it), and beyond the image.
    """
    rim = np.zeros((count, 3), np.int32)
    rows, cols = labels.shape
    for i in range(rows):
        for j in range(cols):
            k = labels[i, j]
            if k < 0:
                continue
            z = depth[i, j]
            limit = np.float32(0.015) + np.float32(0.006) * z * z
            for m in range(4):
                a = step if m == 0 else (-step if m == 1 else 0)
                b = step if m == 2 else (-step if m == 3 else 0)
                r, c = i + a, j + b
                if r < 0 or c < 0 or r >= rows or c >= cols:
                    rim[k, 2] += 1
                    continue
                if labels[r, c] == k or depth[r, c] == 0.0:
                    continue
                if depth[r, c] > z + limit:
                    rim[k, 0] += 1
                elif depth[r, c] < z - limit:
                    rim[k, 1] += 1
    return rim


@kernel
def assign_walls(
    free: Any, points: Any, normals: Any, depth: Any, planes: Any, cosine: float
) -> Any:
    """Index of the nearest upright plane each free cell lies on, -1: none; shape (H, W) int32.

    ``planes`` holds level normal x, y and offset, shape (N, 3); normals must agree within the
    angle of ``cosine``, distances within 8 mm and twice the depth noise.
    """
    rows, cols = free.shape
    labels = np.full((rows, cols), -1, np.int32)
    for i in range(rows):
        for j in range(cols):
            if not free[i, j]:
                continue
            nx, ny = normals[i, j, 0], normals[i, j, 1]
            if nx * nx + ny * ny < 0.8:
                continue
            z = depth[i, j]
            best = np.float32(0.011) + np.float32(0.005) * z * z
            for k in range(planes.shape[0]):
                if nx * planes[k, 0] + ny * planes[k, 1] < cosine:
                    continue
                away = abs(
                    points[i, j, 0] * planes[k, 0] + points[i, j, 1] * planes[k, 1] - planes[k, 2]
                )
                if away < best:
                    best = away
                    labels[i, j] = k
    return labels


@kernel
def grow_walls(large: Any, labels: Any, free: Any, points: Any, depth: Any, planes: Any) -> Any:
    """Large parts of walls with the free cells beside them that lie on the same plane."""
    rows, cols = free.shape
    result = large.copy()
    for i in range(rows):
        for j in range(cols):
            if large[i, j] or not free[i, j]:
                continue
            z = depth[i, j]
            limit = np.float32(0.009) + np.float32(0.005) * z * z
            done = False
            for a in range(-4, 5, 2):
                for b in range(-4, 5, 2):
                    r, c = i + a, j + b
                    if r < 0 or c < 0 or r >= rows or c >= cols or not large[r, c]:
                        continue
                    k = labels[r, c]
                    away = abs(
                        points[i, j, 0] * planes[k, 0]
                        + points[i, j, 1] * planes[k, 1]
                        - planes[k, 2]
                    )
                    if away < limit:
                        result[i, j] = True
                        done = True
                        break
                if done:
                    break
    return result
