"""Collision monitor: the newest scan against where the base would be before it can stop.

Independent of map, planner and controller. A command is passed, slowed or stopped; motion that
leads away from everything that is too close is always passed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from hearth_core.jit import kernel

from hearth_navigation.core.footprint import Footprint

Array = npt.NDArray[np.float64]
Velocity = tuple[float, float, float]


@dataclass(frozen=True)
class MonitorConfig:
    """What the monitor assumes."""

    margin: float = 0.015
    """Gap [m] to keep when standing still after braking."""
    delay: float = 0.15
    """Time [s] until braking begins."""
    braking: float = 0.8
    """Deceleration [m/s2]."""


ALONG = 0.1
"""Share of the way that a motion along something too close may lead towards it."""


@kernel
def _signed_distance(outline: Array, x: float, y: float) -> float:
    """Distance from a point to the outline, negative inside."""
    n = outline.shape[0]
    best = 1e18
    inside = False
    for i in range(n):
        ax, ay = outline[i, 0], outline[i, 1]
        bx, by = outline[(i + 1) % n, 0], outline[(i + 1) % n, 1]
        ex, ey = bx - ax, by - ay
        t = ((x - ax) * ex + (y - ay) * ey) / (ex * ex + ey * ey)
        t = min(max(t, 0.0), 1.0)
        dx = ax + t * ex - x
        dy = ay + t * ey - y
        best = min(best, dx * dx + dy * dy)
        if (ay > y) != (by > y) and x < ax + (y - ay) / (by - ay) * ex:
            inside = not inside
    return -math.sqrt(best) if inside else math.sqrt(best)


@kernel
def _clear(
    outline: Array,
    points: Array,
    near: Array,
    vx: float,
    vy: float,
    wz: float,
    time: float,
    margin: float,
) -> bool:
    """Whether driving at this velocity for ``time`` keeps ``margin`` to all points.

    ``near`` holds each point's distance now: points that are too close already must not get
    closer. Slow motion is no excuse, or many small steps would end in contact.
    """
    samples = 6
    rim = 0.0
    for i in range(outline.shape[0]):
        rim = max(rim, math.hypot(outline[i, 0], outline[i, 1]))
    fastest = math.hypot(vx, vy) + abs(wz) * rim
    for k in range(1, samples + 1):
        t = time * k / samples
        yaw = wz * t
        # Constant twist: the arc's chord.
        if abs(yaw) < 1e-6:
            x, y = vx * t, vy * t
        else:
            a = math.sin(yaw) / wz
            b = (1.0 - math.cos(yaw)) / wz
            x = a * vx - b * vy
            y = b * vx + a * vy
        c, s = math.cos(yaw), math.sin(yaw)
        for i in range(points.shape[0]):
            dx = points[i, 0] - x
            dy = points[i, 1] - y
            gap = _signed_distance(outline, c * dx + s * dy, -s * dx + c * dy)
            if gap < margin and gap < near[i] - ALONG * fastest * t:
                return False
    return True


@kernel
def _distances(outline: Array, points: Array) -> Array:
    result = np.empty(points.shape[0])
    for i in range(points.shape[0]):
        result[i] = _signed_distance(outline, points[i, 0], points[i, 1])
    return result


@dataclass(frozen=True)
class Limited:
    """What the monitor lets through."""

    velocity: Velocity
    scale: float
    """1: untouched; 0: stopped."""
    gap: float
    """Distance from the outline to the nearest point now [m]; ``inf`` without points."""


_SCALES = (1.0, 0.75, 0.5, 0.3, 0.15, 0.07)


def limit(
    config: MonitorConfig, footprint: Footprint, points: Array, command: Velocity
) -> Limited:
    """Slow ``command`` until the robot could still stop before anything it sees.

    Args:
        config: Assumptions.
        footprint: The robot.
        points: Newest scan in base_footprint as it is now [m], shape (N, 2).
        command: Wanted (vx, vy, wz).
    """
    if not all(map(math.isfinite, command)):
        return Limited((0.0, 0.0, 0.0), 0.0, math.nan)
    vx, vy, wz = command
    speed = math.hypot(vx, vy)
    rim = abs(wz) * footprint.circumscribed
    reach = (
        footprint.circumscribed
        + 0.05
        + (speed + rim) * (config.delay + (speed + rim) / (2.0 * config.braking))
    )
    close = points[np.hypot(points[:, 0], points[:, 1]) < reach] if len(points) else points
    outline = np.array(footprint.outline)
    near = _distances(outline, close)
    gap = float(near.min()) if len(near) else math.inf
    for scale in _SCALES:
        fastest = scale * (speed + rim)
        # Braking distance at constant twist takes half the braking time.
        time = config.delay + fastest / (2.0 * config.braking)
        if _clear(outline, close, near, scale * vx, scale * vy, scale * wz, time, config.margin):
            return Limited((scale * vx, scale * vy, scale * wz), scale, gap)
    return Limited((0.0, 0.0, 0.0), 0.0, gap)
