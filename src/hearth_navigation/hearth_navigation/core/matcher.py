"""Lay a scan over a map: Gauss-Newton on the distance field, and a correlative search before it.

Gauss-Newton with a Geman-McClure weight (Kohlbrecher et al. 2011 on an exact distance field);
correlative search after Olson 2009. Poses are (x, y, yaw) of the robot in map [m, rad].
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from hearth_core.geometry import Pose2
from hearth_core.jit import kernel

from hearth_navigation.core.field import Field, Values

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Match:
    """Where a scan fits best."""

    pose: Pose2
    information: Array
    """Weighted Hessian J'WJ of the match, (3, 3), order x, y, yaw in map; unit: points."""
    inliers: float
    """Share of the points within 0.1 m of an obstacle of the map, 0..1."""
    residual: float
    """Mean distance of those points to the obstacle [m]."""


@kernel
def _normal_equations(
    values: Values,
    ox: float,
    oy: float,
    inverse: float,
    points: Array,
    x: float,
    y: float,
    yaw: float,
    scale: float,
    h: Array,
    g: Array,
) -> tuple[float, float, float]:
    """Fill h (3, 3) and g (3,); return summed weight, inliers and their residual."""
    c, s = math.cos(yaw), math.sin(yaw)
    h[:] = 0.0
    g[:] = 0.0
    total = 0.0
    inliers = 0.0
    residual = 0.0
    height, width = values.shape
    for i in range(points.shape[0]):
        rx = c * points[i, 0] - s * points[i, 1]
        ry = s * points[i, 0] + c * points[i, 1]
        u = (x + rx - ox) * inverse - 0.5
        v = (y + ry - oy) * inverse - 0.5
        if not (u >= 0.0 and v >= 0.0 and u < width - 1.001 and v < height - 1.001):
            continue
        col = int(u)
        row = int(v)
        a = u - col
        b = v - row
        d00 = values[row, col]
        d01 = values[row, col + 1]
        d10 = values[row + 1, col]
        d11 = values[row + 1, col + 1]
        d = (1 - b) * ((1 - a) * d00 + a * d01) + b * ((1 - a) * d10 + a * d11)
        if d < 0.1:
            inliers += 1.0
            residual += d
        q = 1.0 + (d / scale) ** 2
        w = 1.0 / (q * q)
        gx = ((1 - b) * (d01 - d00) + b * (d11 - d10)) * inverse
        gy = ((1 - a) * (d10 - d00) + a * (d11 - d01)) * inverse
        gt = -gx * ry + gy * rx
        total += w
        h[0, 0] += w * gx * gx
        h[0, 1] += w * gx * gy
        h[0, 2] += w * gx * gt
        h[1, 1] += w * gy * gy
        h[1, 2] += w * gy * gt
        h[2, 2] += w * gt * gt
        g[0] += w * gx * d
        g[1] += w * gy * d
        g[2] += w * gt * d
    h[1, 0] = h[0, 1]
    h[2, 0] = h[0, 2]
    h[2, 1] = h[1, 2]
    return total, inliers, residual


@kernel
def solve(
    values: Values,
    ox: float,
    oy: float,
    inverse: float,
    points: Array,
    pose: Array,
    prior: Array,
    scales: Array,
    iterations: int,
    h: Array,
) -> tuple[float, float]:
    """Refine ``pose`` (3,) in place, held by ``prior`` (3, 3) information about its start."""
    g = np.zeros(3)
    start = pose.copy()
    a = np.zeros((3, 3))
    for k in range(scales.shape[0]):
        for _ in range(iterations):
            total, _in, _res = _normal_equations(
                values, ox, oy, inverse, points, pose[0], pose[1], pose[2], scales[k], h, g
            )
            if total < 3.0:
                break
            delta = pose - start
            for i in range(3):
                for j in range(3):
                    a[i, j] = h[i, j] + prior[i, j]
                    g[i] += prior[i, j] * delta[j]
                a[i, i] += 1e-6 * h[i, i] + 1e-9
            # Cramer: 3x3, positive definite.
            c00 = a[1, 1] * a[2, 2] - a[1, 2] * a[2, 1]
            c01 = a[1, 2] * a[2, 0] - a[1, 0] * a[2, 2]
            c02 = a[1, 0] * a[2, 1] - a[1, 1] * a[2, 0]
            det = a[0, 0] * c00 + a[0, 1] * c01 + a[0, 2] * c02
            if not det > 1e-12:
                break
            c11 = a[0, 0] * a[2, 2] - a[0, 2] * a[2, 0]
            c12 = a[0, 1] * a[2, 0] - a[0, 0] * a[2, 1]
            c22 = a[0, 0] * a[1, 1] - a[0, 1] * a[1, 0]
            dx = -(c00 * g[0] + c01 * g[1] + c02 * g[2]) / det
            dy = -(c01 * g[0] + c11 * g[1] + c12 * g[2]) / det
            dt = -(c02 * g[0] + c12 * g[1] + c22 * g[2]) / det
            norm = math.sqrt(dx * dx + dy * dy)
            limit = min(1.0, 0.2 / max(norm, 1e-9), 0.2 / max(abs(dt), 1e-9))
            pose[0] += limit * dx
            pose[1] += limit * dy
            pose[2] += limit * dt
            if norm < 2e-4 and abs(dt) < 1e-4:
                break
    _total, inliers, residual = _normal_equations(
        values, ox, oy, inverse, points, pose[0], pose[1], pose[2], scales[-1], h, g
    )
    return inliers / max(1, points.shape[0]), residual / max(1.0, inliers)


_SCALES = np.array([0.3, 0.1, 0.05])
_NO_PRIOR = np.zeros((3, 3))


def refine(
    field: Field,
    points: Array,
    guess: Pose2,
    prior: Array | None = None,
    scales: Array = _SCALES,
    iterations: int = 6,
) -> Match:
    """Gauss-Newton from ``guess``.

    Args:
        field: Distance to the map's obstacles.
        points: Scan in base_footprint [m], shape (N, 2).
        guess: Start; must be within about 0.3 m and 10 degrees.
        prior: Information (3, 3) that holds the pose to ``guess`` where the scan says nothing
            (corridors), in the unit of ``Match.information``.
        scales: Width of the robust weight in each round [m].
        iterations: Most steps per round.
    """
    pose = np.array([guess.x, guess.y, guess.yaw])
    information = np.zeros((3, 3))
    inliers, residual = solve(
        field.values,
        *field.geometry,
        points,
        pose,
        _NO_PRIOR if prior is None else prior,
        scales,
        iterations,
        information,
    )
    return Match(
        Pose2(float(pose[0]), float(pose[1]), math.remainder(float(pose[2]), math.tau)),
        information,
        float(inliers),
        float(residual),
    )


@kernel
def _correlate(
    values: Values,
    ox: float,
    oy: float,
    inverse: float,
    points: Array,
    x0: float,
    y0: float,
    yaw0: float,
    steps: int,
    step: float,
    yaw_steps: int,
    yaw_step: float,
    limit: float,
) -> tuple[float, float, float, float]:
    """Best (mean truncated distance, x, y, yaw) of a window around the start."""
    n = points.shape[0]
    height, width = values.shape
    rotated = np.empty((n, 2))
    best = 1e9
    bx, by, bt = x0, y0, yaw0
    for k in range(-yaw_steps, yaw_steps + 1):
        yaw = yaw0 + k * yaw_step
        c, s = math.cos(yaw), math.sin(yaw)
        for i in range(n):
            rotated[i, 0] = (c * points[i, 0] - s * points[i, 1] - ox) * inverse
            rotated[i, 1] = (s * points[i, 0] + c * points[i, 1] - oy) * inverse
        for iy in range(-steps, steps + 1):
            y = (y0 + iy * step) * inverse
            for ix in range(-steps, steps + 1):
                x = (x0 + ix * step) * inverse
                cost = 0.0
                for i in range(n):
                    u = rotated[i, 0] + x
                    v = rotated[i, 1] + y
                    if u >= 0.0 and v >= 0.0 and u < width and v < height:
                        cost += min(values[int(v), int(u)], limit)
                    else:
                        cost += limit
                # Of equals the nearest to the start: corridors must not slide.
                cost = cost / n + 1e-4 * (abs(ix) + abs(iy) + abs(k))
                if cost < best:
                    best = cost
                    bx, by, bt = x0 + ix * step, y0 + iy * step, yaw
    return best, bx, by, bt


def correlate(
    field: Field,
    points: Array,
    guess: Pose2,
    window: float = 0.3,
    yaw_window: float = 0.35,
    step: float = 0.05,
    yaw_step: float = 0.035,
    limit: float = 0.3,
) -> tuple[Pose2, float]:
    """Exhaustive search around ``guess``; the pose and its mean truncated distance [m]."""
    cost, x, y, yaw = _correlate(
        field.values,
        *field.geometry,
        points,
        guess.x,
        guess.y,
        guess.yaw,
        max(0, round(window / step)),
        step,
        max(0, round(yaw_window / yaw_step)),
        yaw_step,
        limit,
    )
    return Pose2(x, y, math.remainder(yaw, math.tau)), float(cost)
