"""Generated flat homes: two rows of rooms along a hall, doors, furniture; some repeat themselves.

Nothing here is measured from a real home; sizes are those of common flats.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from hearth_core.geometry import Pose2

Array = npt.NDArray[np.float64]
Point = tuple[float, float]
WALL = 0.1
"""Thickness of walls [m]."""


@dataclass(frozen=True)
class Room:
    """Inner rectangle of a room [m]."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def centre(self) -> Point:
        """Middle [m]."""
        return 0.5 * (self.x0 + self.x1), 0.5 * (self.y0 + self.y1)

    def holds(self, x: float, y: float, margin: float = 0.0) -> bool:
        """Whether a point lies inside, ``margin`` [m] from the walls."""
        return self.x0 + margin < x < self.x1 - margin and self.y0 + margin < y < self.y1 - margin


@dataclass(frozen=True)
class Door:
    """An opening between two rooms (by index)."""

    first: int
    second: int
    middle: Point


@dataclass(frozen=True)
class Box:
    """Something the lidar meets: a rectangle, turned."""

    pose: Pose2
    length: float
    width: float

    def corners(self) -> Array:
        """Corners in map, shape (4, 2)."""
        a, b = 0.5 * self.length, 0.5 * self.width
        return self.pose.apply(np.array([[a, b], [-a, b], [-a, -b], [a, -b]]))


@dataclass(frozen=True)
class Plan:
    """A flat home."""

    rooms: tuple[Room, ...]
    """The hall is the first."""
    doors: tuple[Door, ...]
    walls: Array
    """Segments x0, y0, x1, y1 [m], shape (N, 4)."""
    boxes: tuple[Box, ...] = ()
    posts: tuple[tuple[float, float, float], ...] = ()
    """Legs of tables and chairs: x, y, radius [m]."""
    lanes: tuple[tuple[Point, Point], ...] = field(default=())
    """Ways that furniture leaves free: from rooms' centres to their doors."""

    def segments(self) -> Array:
        """Everything straight that the lidar meets, shape (N, 4)."""
        parts = [self.walls]
        for box in self.boxes:
            corners = box.corners()
            parts.append(np.hstack([corners, np.roll(corners, -1, axis=0)]))
        return np.ascontiguousarray(np.concatenate(parts))

    def circles(self) -> Array:
        """Everything round, shape (N, 3): x, y, radius."""
        return np.array(self.posts, dtype=np.float64).reshape(-1, 3)

    def room_at(self, x: float, y: float) -> int | None:
        """Index of the room at a point."""
        for k, room in enumerate(self.rooms):
            if room.holds(x, y):
                return k
        return None


def generate(seed: int, repeated: bool = False) -> Plan:
    """A home of 6 to 11 rooms.

    Args:
        seed: The same seed gives the same home.
        repeated: All rooms of a row are alike to the millimetre, furniture as well.
    """
    random = np.random.default_rng((seed, 7919 if repeated else 17))
    count = int(random.integers(3, 5 if not repeated else 6))
    depth = (float(random.uniform(3.0, 4.4)), float(random.uniform(3.0, 4.4)))
    hall = float(random.uniform(1.3, 2.2))
    if repeated:
        widths = [[float(random.uniform(2.8, 4.0))] * count] * 2
    else:
        widths = [list(random.uniform(2.4, 4.8, count)) for _ in range(2)]
        widths[1][-1] += sum(widths[0]) - sum(widths[1])
        if widths[1][-1] < 2.2:
            widths[1] = [sum(widths[0]) / count] * count
    length = sum(widths[0]) + (count - 1) * WALL
    rooms = [Room(0.0, 0.0, length, hall)]
    doors: list[Door] = []
    openings = [float(random.uniform(0.3, 0.7))] * count
    for row in range(2):
        x = 0.0
        for k in range(count):
            y0 = hall + WALL if row == 0 else -WALL - depth[1]
            y1 = hall + WALL + depth[0] if row == 0 else -WALL
            rooms.append(Room(x, y0, x + widths[row][k], y1))
            share = openings[k] if repeated else float(random.uniform(0.25, 0.75))
            middle = (x + share * widths[row][k], hall + WALL / 2 if row == 0 else -WALL / 2)
            doors.append(Door(0, len(rooms) - 1, middle))
            if k and random.random() < 0.4:
                between = (x - WALL / 2, y0 + float(random.uniform(0.35, 0.65)) * (y1 - y0))
                doors.append(Door(len(rooms) - 2, len(rooms) - 1, between))
            x += widths[row][k] + WALL
    width = float(random.uniform(0.8, 0.9))
    walls = _walls(rooms, doors, width)
    lanes = _lanes(rooms, doors)
    plan = Plan(tuple(rooms), tuple(doors), walls, lanes=lanes)
    return _furnish(plan, random, repeated, count)


def _walls(rooms: list[Room], doors: list[Door], width: float) -> Array:
    """Inner faces of all rooms with gaps at doors, and the jambs."""
    result: list[tuple[float, float, float, float]] = []
    for k, room in enumerate(rooms):
        own = [door.middle for door in doors if k in (door.first, door.second)]
        for y, inward in ((room.y0, -1.0), (room.y1, 1.0)):
            gaps = [x for x, v in own if abs(v - (y + inward * WALL / 2)) < 1e-6]
            for a, b in _pieces(room.x0, room.x1, gaps, width):
                result.append((a, y, b, y))
            for x in gaps:
                for side in (-0.5 * width, 0.5 * width):
                    result.append((x + side, y, x + side, y + inward * WALL / 2))
        for x, inward in ((room.x0, -1.0), (room.x1, 1.0)):
            gaps = [v for u, v in own if abs(u - (x + inward * WALL / 2)) < 1e-6]
            for a, b in _pieces(room.y0, room.y1, gaps, width):
                result.append((x, a, x, b))
            for v in gaps:
                for side in (-0.5 * width, 0.5 * width):
                    result.append((x, v + side, x + inward * WALL / 2, v + side))
    return np.array(result)


def _pieces(low: float, high: float, gaps: list[float], width: float) -> list[Point]:
    """What gaps leave of an interval."""
    result, at = [], low
    for gap in sorted(gaps):
        result.append((at, gap - 0.5 * width))
        at = gap + 0.5 * width
    return [*result, (at, high)]


def _lanes(rooms: list[Room], doors: list[Door]) -> tuple[tuple[Point, Point], ...]:
    return tuple(
        (lane_point(room, door.middle), door.middle)
        for k, room in enumerate(rooms)
        for door in doors
        if k in (door.first, door.second)
    ) + tuple(
        (lane_point(room, door.middle), room.centre)
        for k, room in enumerate(rooms)
        for door in doors
        if k in (door.first, door.second)
    )


def lane_point(room: Room, door: Point) -> Point:
    """Where to turn on the way from a door into a room: half a metre inside, straight ahead."""
    x, y = door
    inside_x = min(max(x, room.x0 + 0.6), room.x1 - 0.6)
    inside_y = min(max(y, room.y0 + 0.6), room.y1 - 0.6)
    return inside_x, inside_y


def _furnish(plan: Plan, random: np.random.Generator, repeated: bool, count: int) -> Plan:
    boxes: list[Box] = []
    posts: list[tuple[float, float, float]] = []
    templates: dict[int, tuple[list[Box], list[tuple[float, float, float]]]] = {}
    for k, room in enumerate(plan.rooms):
        row = 0 if k <= count else 1
        if repeated and k and row in templates:
            own, legs = templates[row]
        else:
            own, legs = _furniture(room, plan.lanes, random, few=k == 0)
        if repeated and k:
            templates[row] = (own, legs)
        for box in own:
            placed = Box(
                Pose2(box.pose.x + room.x0, box.pose.y + room.y0, box.pose.yaw),
                box.length,
                box.width,
            )
            if _free(plan.lanes, placed.pose.x, placed.pose.y, _radius(placed)):
                boxes.append(placed)
        for x, y, r in legs:
            if _free(plan.lanes, x + room.x0, y + room.y0, r):
                posts.append((x + room.x0, y + room.y0, r))
    return Plan(plan.rooms, plan.doors, plan.walls, tuple(boxes), tuple(posts), plan.lanes)


def _radius(box: Box) -> float:
    return 0.5 * min(box.length, box.width) + 0.15


def _free(lanes: tuple[tuple[Point, Point], ...], x: float, y: float, radius: float) -> bool:
    return all(_to_segment(x, y, a, b) > radius + 0.32 for a, b in lanes)


def _to_segment(x: float, y: float, a: Point, b: Point) -> float:
    dx, dy = b[0] - a[0], b[1] - a[1]
    square = dx * dx + dy * dy
    t = 0.0 if square < 1e-12 else ((x - a[0]) * dx + (y - a[1]) * dy) / square
    t = min(1.0, max(0.0, t))
    return math.hypot(x - a[0] - t * dx, y - a[1] - t * dy)


def _furniture(
    room: Room,
    lanes: tuple[tuple[Point, Point], ...],
    random: np.random.Generator,
    few: bool,
) -> tuple[list[Box], list[tuple[float, float, float]]]:
    """Boxes against the walls, perhaps a table on legs; relative to the room's lower corner."""
    boxes: list[Box] = []
    wide, deep = room.x1 - room.x0, room.y1 - room.y0
    for _ in range(2 if few else int(random.integers(4, 8))):
        length = float(random.uniform(0.4, 2.0 if not few else 0.9))
        width = float(random.uniform(0.3, 0.75 if not few else 0.35))
        side = int(random.integers(4))
        if side < 2:
            at = float(random.uniform(0.5 * length, max(0.51 * length, wide - 0.5 * length)))
            y = 0.5 * width + 0.01 if side == 0 else deep - 0.5 * width - 0.01
            box = Box(Pose2(at, y, 0.0), length, width)
        else:
            at = float(random.uniform(0.5 * length, max(0.51 * length, deep - 0.5 * length)))
            x = 0.5 * width + 0.01 if side == 2 else wide - 0.5 * width - 0.01
            box = Box(Pose2(x, at, math.pi / 2), length, width)
        corners = box.corners() + np.array([room.x0, room.y0])
        edges = np.concatenate(
            [
                corners + f * (np.roll(corners, -1, axis=0) - corners)
                for f in (0.0, 0.25, 0.5, 0.75)
            ]
        )
        inside = all(room.holds(float(x), float(y), -0.02) for x, y in corners)
        if inside and all(_free(lanes, float(x), float(y), 0.0) for x, y in edges):
            boxes.append(box)
    legs: list[tuple[float, float, float]] = []
    if not few and random.random() < 0.6:
        x, y = float(random.uniform(0.8, wide - 0.8)), float(random.uniform(0.8, deep - 0.8))
        a, b = float(random.uniform(0.3, 0.7)), float(random.uniform(0.25, 0.45))
        legs = [(x + i * a, y + j * b, 0.03) for i in (-1, 1) for j in (-1, 1)]
    return boxes, legs


def rearrange(plan: Plan, seed: int, moved: float = 0.2, gone: float = 0.07) -> Plan:
    """The same home on another day: some furniture moved, gone or new, all table legs shifted.

    Args:
        plan: The home as it was mapped.
        seed: The same seed gives the same day.
        moved: Share of the boxes that stand elsewhere (0.1 to 0.5 m).
        gone: Share that is gone; as many new ones appear.
    """
    random = np.random.default_rng((seed, 4099))
    boxes: list[Box] = []
    for box in plan.boxes:
        chance = random.random()
        if chance < gone:
            room = plan.rooms[int(random.integers(1, len(plan.rooms)))]
            x = float(random.uniform(room.x0 + 0.4, room.x1 - 0.4))
            y = float(random.uniform(room.y0 + 0.4, room.y1 - 0.4))
            fresh = Box(Pose2(x, y, float(random.uniform(-3, 3))), 0.5, 0.4)
            if _free(plan.lanes, x, y, 0.35):
                boxes.append(fresh)
        elif chance < gone + moved:
            shift, way = float(random.uniform(0.1, 0.5)), float(random.uniform(-3.14, 3.14))
            pose = Pose2(
                box.pose.x + shift * math.cos(way),
                box.pose.y + shift * math.sin(way),
                box.pose.yaw + float(random.normal(0.0, 0.1)),
            )
            other = Box(pose, box.length, box.width)
            kept = all(_free(plan.lanes, float(x), float(y), 0.0) for x, y in other.corners())
            boxes.append(other if kept else box)
        else:
            boxes.append(box)
    posts = []
    for k in range(0, len(plan.posts), 4):
        dx, dy = random.normal(0.0, 0.12, 2)
        posts += [(x + float(dx), y + float(dy), r) for x, y, r in plan.posts[k : k + 4]]
    posts = [item for item in posts if _free(plan.lanes, *item)]
    return Plan(plan.rooms, plan.doors, plan.walls, tuple(boxes), tuple(posts), plan.lanes)


def tour(plan: Plan, seed: int, again: int = 4) -> list[Point]:
    """Way points through all rooms and back, then to ``again`` rooms once more."""
    random = np.random.default_rng((seed, 31))
    order = list(range(1, len(plan.rooms)))
    random.shuffle(order)
    order += [int(value) for value in random.choice(order, again)]
    points: list[Point] = [plan.rooms[order[0]].centre]
    here = order[0]
    for target in order[1:]:
        for door in _route(plan, here, target):
            other = door.second if door.first == here else door.first
            points += [
                lane_point(plan.rooms[here], door.middle),
                door.middle,
                lane_point(plan.rooms[other], door.middle),
            ]
            if other:
                points.append(plan.rooms[other].centre)
            here = other
    return points


def _route(plan: Plan, start: int, goal: int) -> list[Door]:
    """Fewest doors from room to room."""
    paths: dict[int, list[Door]] = {start: []}
    queue = [start]
    while queue:
        room = queue.pop(0)
        if room == goal:
            return paths[room]
        for door in plan.doors:
            if room in (door.first, door.second):
                other = door.second if door.first == room else door.first
                if other not in paths:
                    paths[other] = [*paths[room], door]
                    queue.append(other)
    raise ValueError(f"no way from room {start} to room {goal}")
