"""Floor plans from a seed: rooms along a corridor or around an open plan, and their doors."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from hearth_core.home.plane import Point, edges

Rng = np.random.Generator


class Box(NamedTuple):
    """An axis-aligned rectangle of the floor [m]."""

    x0: float
    y0: float
    x1: float
    y1: float

    def overlaps(self, other: Box, slack: float = 1e-6) -> bool:
        """Whether they share area."""
        return (
            self.x0 < other.x1 - slack
            and other.x0 < self.x1 - slack
            and self.y0 < other.y1 - slack
            and other.y0 < self.y1 - slack
        )

    @property
    def centre(self) -> Point:
        """Middle."""
        return (self.x0 + self.x1) / 2, (self.y0 + self.y1) / 2


@dataclass(frozen=True)
class PlannedRoom:
    """A room before furniture."""

    name: str
    kind: str
    polygon: tuple[Point, ...]


@dataclass(frozen=True)
class Plan:
    """Rooms and doors; doors are entries of a home file."""

    rooms: tuple[PlannedRoom, ...]
    doors: tuple[dict[str, Any], ...] = field(default_factory=tuple)


class NoPlanError(Exception):
    """This draw does not work out; draw again."""


MIN_WIDTH = {
    "living": 4.0,
    "kitchen": 3.1,
    "bedroom": 3.0,
    "bathroom": 2.1,
    "utility": 2.1,
    "office": 2.7,
    "storage": 1.8,
}
"""Along its strip [m]."""
WEIGHT = {
    "living": 1.7,
    "kitchen": 1.0,
    "bedroom": 1.2,
    "bathroom": 0.8,
    "utility": 0.75,
    "office": 0.9,
    "storage": 0.6,
}
AREA = {
    3: (40.0, 56.0),
    4: (46.0, 72.0),
    5: (56.0, 90.0),
    6: (66.0, 105.0),
    7: (80.0, 120.0),
    8: (92.0, 135.0),
    9: (104.0, 139.0),
}
"""By number of rooms [m2]."""
EXTRAS = ("bathroom", "bedroom", "utility", "bedroom", "office", "storage")
"""What a home has besides living room and kitchen, in this order."""


def draw_plan(rng: Rng, count: int) -> Plan:
    """One floor plan of so many rooms.

    Raises:
        NoPlanError: This draw does not work out.
    """
    area = float(rng.uniform(*AREA[count]))
    corridor = count >= 6 or (count == 5 and bool(rng.random() < 0.5))
    extras = list(EXTRAS[: count - 2 - corridor])
    rooms = _strips(rng, extras, area, corridor)
    rooms = _turned(rng, rooms)
    return Plan(rooms, tuple(_doors(rng, rooms, corridor)))


def _strips(rng: Rng, extras: list[str], area: float, corridor: bool) -> tuple[PlannedRoom, ...]:
    """Two rows of rooms, with a corridor between them or not."""
    south = float(rng.uniform(3.9, 5.2))
    north = float(rng.uniform(3.0, 3.9))
    hall = float(rng.uniform(1.35, 1.8)) if corridor else 0.0
    length = area / (south + north + hall)
    rows = [["living", "kitchen"], []]
    if rng.random() < 0.5:
        rows[0].reverse()
    for kind in extras:
        used = [sum(MIN_WIDTH[k] for k in row) for row in rows]
        fits = [i for i in (0, 1) if used[i] + MIN_WIDTH[kind] <= length]
        if not corridor:
            fits = [i for i in fits if i == 1]
        if not fits:
            raise NoPlanError(f"no room for a {kind}")
        best = max(fits, key=lambda i: length - used[i])
        rows[best].append(kind)
    if not rows[1]:
        raise NoPlanError("a row is empty")
    rng.shuffle(rows[1])
    cuts = [_widths(rng, row, length) for row in rows]
    absorbed = 0.0
    end_left = rows[0][0] == "living"
    if corridor and rng.random() < 0.4 and "living" in (rows[0][0], rows[0][-1]):
        living = cuts[0][0 if end_left else -1]
        # The living room takes the end of the corridor: an L. Cut between two doors.
        absorbed = float(rng.uniform(0.45, 0.8)) * living
    built = []
    for row, widths, (y0, y1) in zip(
        rows, cuts, ((0.0, south), (south + hall, south + hall + north)), strict=True
    ):
        x = 0.0
        for kind, width in zip(row, widths, strict=True):
            polygon: tuple[Point, ...] = _rect(x, y0, x + width, y1)
            if kind == "living" and absorbed and end_left:
                polygon = (
                    (0.0, 0.0), (width, 0.0), (width, south), (absorbed, south),
                    (absorbed, south + hall), (0.0, south + hall),
                )  # fmt: skip
            elif kind == "living" and absorbed:
                polygon = (
                    (x, 0.0), (length, 0.0), (length, south + hall),
                    (length - absorbed, south + hall), (length - absorbed, south), (x, south),
                )  # fmt: skip
            built.append((kind, polygon))
            x += width
    if corridor:
        x0 = absorbed if end_left else 0.0
        x1 = length if end_left else length - absorbed
        built.append(("hall", _rect(x0, south, x1, south + hall)))
    return tuple(_named(built))


def _rect(x0: float, y0: float, x1: float, y1: float) -> tuple[Point, ...]:
    return ((x0, y0), (x1, y0), (x1, y1), (x0, y1))


def _widths(rng: Rng, row: list[str], length: float) -> list[float]:
    """Share a length among rooms by weight, none below its least width."""
    least = np.array([MIN_WIDTH[kind] for kind in row])
    spare = length - float(least.sum())
    if spare < 0.0:
        raise NoPlanError("the row is too short")
    weights = np.array([WEIGHT[kind] for kind in row]) * rng.uniform(0.7, 1.3, len(row))
    widths = np.round(least + spare * weights / weights.sum(), 2)
    widths[-1] += length - float(widths.sum())
    return [float(width) for width in widths]


def _named(built: list[tuple[str, tuple[Point, ...]]]) -> list[PlannedRoom]:
    rooms: list[PlannedRoom] = []
    for kind, polygon in built:
        same = sum(1 for other, _ in built if other == kind)
        number = sum(1 for room in rooms if room.kind == kind) + 1
        stem = {"living": "living_room", "utility": "utility_room", "storage": "storage_room"}
        name = stem.get(kind, kind)
        rooms.append(PlannedRoom(f"{name}_{number}" if same > 1 else name, kind, polygon))
    return rooms


def _turned(rng: Rng, rooms: tuple[PlannedRoom, ...]) -> tuple[PlannedRoom, ...]:
    """Mirror and turn the whole plan, then move it so that it starts at 0, 0."""
    flip_x, flip_y, swap = (bool(rng.random() < 0.5) for _ in range(3))
    turned = []
    for room in rooms:
        points = [(-x if flip_x else x, -y if flip_y else y) for x, y in room.polygon]
        if swap:
            points = [(y, x) for x, y in points]
        if (flip_x + flip_y + swap) % 2:
            points.reverse()
        turned.append((room, points))
    left = min(x for _, points in turned for x, _ in points)
    low = min(y for _, points in turned for _, y in points)
    return tuple(
        PlannedRoom(
            room.name, room.kind, tuple((round(x - left, 3), round(y - low, 3)) for x, y in points)
        )
        for room, points in turned
    )


def shared_wall(a: PlannedRoom, b: PlannedRoom) -> tuple[Point, Point] | None:
    """The longest straight piece of wall between two rooms, in the direction of a's edges."""
    best: tuple[Point, Point] | None = None
    for p, q in edges(a.polygon):
        for r, s in edges(b.polygon):
            for axis in (0, 1):
                other = 1 - axis
                # Parallel to `axis`, on one line.
                if abs(p[other] - q[other]) > 1e-6 or abs(r[other] - s[other]) > 1e-6:
                    continue
                if abs(p[other] - r[other]) > 1e-3:
                    continue
                low = max(min(p[axis], q[axis]), min(r[axis], s[axis]))
                high = min(max(p[axis], q[axis]), max(r[axis], s[axis]))
                if high - low < 1e-3:
                    continue
                ends = [low, high] if q[axis] > p[axis] else [high, low]
                points = [(end, p[1]) if axis == 0 else (p[0], end) for end in ends]
                if best is None or high - low > math.dist(*best):
                    best = (points[0], points[1])
    return best


def _doors(rng: Rng, rooms: tuple[PlannedRoom, ...], corridor: bool) -> list[dict[str, Any]]:
    """A door for every room: to the corridor, else to the living room or the kitchen."""
    by_kind = {room.kind: room for room in rooms}
    living, kitchen = by_kind["living"], by_kind["kitchen"]
    hub = by_kind["hall"] if corridor else living
    doors = []
    wide = rng.random() < (0.35 if corridor else 0.75)
    between = shared_wall(living, kitchen)
    if between is None:
        raise NoPlanError("living room and kitchen do not touch")
    doors.append(
        _opening(rng, living, kitchen, between) if wide else _door(rng, living, kitchen, between)
    )
    for room in rooms:
        if room is hub or (room is living and not corridor):
            continue
        if room is kitchen and (not corridor or rng.random() < 0.4):
            continue
        for neighbour in (hub, living, kitchen):
            wall = shared_wall(neighbour, room) if neighbour is not room else None
            if wall is not None and math.dist(*wall) > 1.25:
                if room is living and math.dist(*wall) < 1.9 and room.polygon[4:]:
                    doors.append(_opening(rng, neighbour, room, wall))
                else:
                    doors.append(_door(rng, neighbour, room, wall))
                break
        else:
            raise NoPlanError(f"{room.name} has no wall for a door")
    return doors


def _along(wall: tuple[Point, Point], s: float) -> list[float]:
    (ax, ay), (bx, by) = wall
    share = s / math.dist(*wall)
    return [round(ax + share * (bx - ax), 3), round(ay + share * (by - ay), 3)]


def _opening(
    rng: Rng, a: PlannedRoom, b: PlannedRoom, wall: tuple[Point, Point]
) -> dict[str, Any]:
    """An open plan: no leaf, up to the ceiling."""
    length = math.dist(*wall)
    width = min(length - 0.4, float(rng.uniform(1.2, 2.6)))
    if width < 0.9:
        raise NoPlanError("no wall for an opening")
    s = float(rng.uniform(0.2 + width / 2, length - 0.2 - width / 2))
    return {
        "name": f"{a.name}_{b.name}",
        "between": [a.name, b.name],
        "at": _along(wall, s),
        "width": round(width, 2),
        "open": True,
    }


def _door(rng: Rng, a: PlannedRoom, b: PlannedRoom, wall: tuple[Point, Point]) -> dict[str, Any]:
    """A door into ``b``; a leaf, if any, opens toward the nearer corner of the wall."""
    length = math.dist(*wall)
    width = float(rng.choice([0.80, 0.82, 0.85, 0.88, 0.90]))
    margin = width / 2 + 0.16
    if length < 2 * margin:
        raise NoPlanError("no wall for a door")
    if rng.random() < 0.6:
        near = bool(rng.random() < 0.5)
        s = margin if near else length - margin
    else:
        s = float(rng.uniform(margin, length - margin))
    door: dict[str, Any] = {
        "name": f"{a.name}_{b.name}",
        "between": [a.name, b.name],
        "at": _along(wall, s),
        "width": width,
        "height": round(float(rng.uniform(2.0, 2.1)), 2),
    }
    if rng.random() < 0.65:
        # Going from a into b, the wall of counter-clockwise a runs from right to left.
        hinge = "right" if s < length / 2 else "left"
        door["leaf"] = {
            "hinge": hinge,
            "into": b.name,
            "opening": round(float(rng.uniform(84.0, 92.0)), 1),
        }
    return door
