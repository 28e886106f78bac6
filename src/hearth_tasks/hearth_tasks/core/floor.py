"""How much room the base has at a pose, by the nominal home: for choosing where to stand.

The home model is what the robot was told; what its map and sensors show is navigation's. A
stand that is blocked by this page is not tried first, and none is taken for free by it.
"""

from __future__ import annotations

import math
from collections.abc import Collection

import numpy as np
import numpy.typing as npt
from hearth_core.geometry import Pose2
from hearth_core.home.catalogue import PLACE_KINDS
from hearth_core.home.model import Doorway, Home, Place
from hearth_core.home.plane import Point, contains, edges

Array = npt.NDArray[np.float64]

HALF = 0.25
"""Half the edge of the base [m]."""
OVERHEAD = 1.40
"""What begins this high is over the base and the tucked arms [m]."""


class Floor:
    """Walls and furniture as the home model has them."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._walls = np.array(
            [[*start, *end] for start, end in _walls(home)], dtype=float
        ).reshape(-1, 4)
        self._places = [place for place in home.places if stands(place)]

    def clearance(self, pose: Pose2, without: Collection[str] = ()) -> float:
        """Distance from the base's outline at ``pose`` to what is nearest [m]; negative: inside.

        Args:
            pose: Of base_footprint in the home frame.
            without: Names of places that do not count.
        """
        if self._home.room_at(pose.x, pose.y) is None:
            return -HALF
        outline = pose.apply(_OUTLINE)
        nearest = self._to_walls(outline)
        for place in self._places:
            if place.name not in without:
                nearest = min(nearest, _to_place(outline, place))
        return nearest

    def is_before(self, pose: Pose2, place: Place) -> bool:
        """Whether no wall is between the base and the middle of a place."""
        start, end = (pose.x, pose.y), (place.pose.x, place.pose.y)
        return not any(_cross(start, end, (a, b), (c, d)) for a, b, c, d in self._walls)

    def _to_walls(self, outline: Array) -> float:
        start, end = self._walls[:, None, :2], self._walls[:, None, 2:]
        along = end - start
        length2 = np.maximum(np.sum(along**2, axis=2), 1e-12)
        share = np.clip(np.sum((outline[None] - start) * along, axis=2) / length2, 0.0, 1.0)
        away = np.linalg.norm(outline[None] - start - share[..., None] * along, axis=2)
        crossed = not all(self._home.room_at(float(x), float(y)) for x, y in outline[::10])
        least = float(away.min(initial=math.inf)) - self._home.wall_thickness / 2
        return min(least, -0.05) if crossed else least


def stands(place: Place) -> bool:
    """Whether a place is in the base's way: no rugs, nothing on the wall."""
    kind = PLACE_KINDS.get(place.kind)
    return place.elevation < OVERHEAD and not (kind is not None and kind.flat)


def _cross(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Whether two segments cross."""

    def turn(p: Point, q: Point, r: Point) -> float:
        return (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])

    return turn(a, b, c) * turn(a, b, d) < 0.0 and turn(c, d, a) * turn(c, d, b) < 0.0


def _square(half: float, step: float) -> Array:
    """Points around a square and its middle [m], shape (N, 2)."""
    side = np.linspace(-half, half, max(2, math.ceil(2 * half / step) + 1))[:-1]
    edge = np.full_like(side, half)
    rims = [(side, -edge), (edge, side), (-side, edge), (-edge, -side)]
    return np.concatenate([np.stack(rim, axis=1) for rim in rims] + [np.zeros((1, 2))])


_OUTLINE = _square(HALF, 0.05)


def _to_place(outline: Array, place: Place) -> float:
    """Signed distance of the nearest point of an outline to a footprint [m]."""
    local = np.abs(place.pose.inverse().apply(outline)) - np.array(place.size[:2]) / 2
    outside = np.linalg.norm(np.maximum(local, 0.0), axis=1)
    inside = np.minimum(np.max(local, axis=1), 0.0)
    return float(np.min(outside + inside))


def _walls(home: Home) -> list[tuple[Point, Point]]:
    """Centre lines of the walls, doorways left out."""
    found: list[tuple[Point, Point]] = []
    for room in home.rooms:
        doors = [door for door in home.doorways if room.name in door.between]
        for start, end in edges(room.polygon):
            found += _between_doors(start, end, doors)
    return found


def _between_doors(start: Point, end: Point, doors: list[Doorway]) -> list[tuple[Point, Point]]:
    length = math.dist(start, end)
    if length < 1e-9:
        return []
    ux, uy = (end[0] - start[0]) / length, (end[1] - start[1]) / length
    gaps = []
    for door in doors:
        dx, dy = door.position[0] - start[0], door.position[1] - start[1]
        if abs(ux * dy - uy * dx) < 0.15 and -door.width < ux * dx + uy * dy < length + door.width:
            middle = ux * dx + uy * dy
            gaps.append((middle - door.width / 2, middle + door.width / 2))
    pieces, at = [], 0.0
    for low, high in [*sorted(gaps), (length, length)]:
        if low > at + 1e-6:
            last = min(low, length)
            pieces.append(
                (
                    (start[0] + ux * at, start[1] + uy * at),
                    (start[0] + ux * last, start[1] + uy * last),
                )
            )
        at = max(at, high)
    return pieces


def inside_of(polygon: tuple[Point, ...], step: float) -> list[Point]:
    """Points of a grid inside a polygon."""
    xs, ys = [p[0] for p in polygon], [p[1] for p in polygon]
    return [
        (float(x), float(y))
        for x in np.arange(min(xs) + step / 2, max(xs), step)
        for y in np.arange(min(ys) + step / 2, max(ys), step)
        if contains(polygon, (float(x), float(y)))
    ]
