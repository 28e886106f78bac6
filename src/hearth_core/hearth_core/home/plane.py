"""Polygons of the floor plan: points are (x, y) tuples [m]."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

Point = tuple[float, float]
Polygon = Sequence[Point]


def edges(polygon: Polygon) -> Iterator[tuple[Point, Point]]:
    """Pairs of neighbouring corners, closing at the end."""
    yield from zip(polygon, [*polygon[1:], polygon[0]], strict=True)


def area(polygon: Polygon) -> float:
    """Signed area [m2], positive when counter-clockwise."""
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in edges(polygon)) / 2.0


def contains(polygon: Polygon, point: Point) -> bool:
    """Whether a point is inside (crossing number; points on the rim may go either way)."""
    x, y = point
    inside = False
    for (ax, ay), (bx, by) in edges(polygon):
        if (ay > y) != (by > y) and x < ax + (y - ay) * (bx - ax) / (by - ay):
            inside = not inside
    return inside


def centroid(polygon: Polygon) -> Point:
    """Centre of area; of a polygon without area, the mean of its corners."""
    doubled = 2.0 * area(polygon)
    if abs(doubled) < 1e-12:
        return (
            sum(p[0] for p in polygon) / len(polygon),
            sum(p[1] for p in polygon) / len(polygon),
        )
    x = y = 0.0
    for a, b in edges(polygon):
        cross = a[0] * b[1] - b[0] * a[1]
        x += (a[0] + b[0]) * cross
        y += (a[1] + b[1]) * cross
    return x / (3.0 * doubled), y / (3.0 * doubled)


def distance_to_segment(point: Point, start: Point, end: Point) -> float:
    """Distance from a point to a segment [m]."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    length2 = dx * dx + dy * dy
    t = 0.0 if length2 == 0.0 else ((point[0] - start[0]) * dx + (point[1] - start[1]) * dy)
    t = min(1.0, max(0.0, t / length2)) if length2 else 0.0
    return math.hypot(point[0] - start[0] - t * dx, point[1] - start[1] - t * dy)
