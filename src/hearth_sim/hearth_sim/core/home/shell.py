"""Floors, walls with door openings, and door leaves standing open."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import mujoco
from hearth_core.geometry import Pose2
from hearth_core.home import Doorway, Home, Room, Side
from hearth_core.home.plane import Point, edges

from hearth_sim.core.home.workshop import HIDDEN, Workshop, yaw_quat

LEAF = 0.04
"""Thickness of door leaves [m]."""
FLOOR_THICKNESS = 0.02
MIN_PIECE = 1e-3


def add_shell(shop: Workshop, home: Home) -> None:
    """Build everything that does not stand in the home but is it."""
    world = shop.spec.worldbody
    world.add_geom(
        name="floor",
        type=mujoco.mjtGeom.mjGEOM_PLANE,
        size=[0.0, 0.0, 0.05],
        contype=1,
        conaffinity=0,
        group=HIDDEN,
        friction=[0.8, 0.005, 0.0001],
    )
    structure = shop.body("home/structure", Pose2())
    for room in home.rooms:
        add_floor(shop, structure, room)
        add_walls(shop, structure, home, room)
    for door in home.doorways:
        if door.leaf is not None:
            add_leaf(shop, home, door)


def slabs(polygon: tuple[Point, ...]) -> list[tuple[Point, Point, Point, Point]]:
    """Cut a polygon into trapezoids with two sides along x (rectangles where it is square)."""
    levels = sorted({round(y, 6) for _, y in polygon})
    pieces = []
    for low, high in pairwise(levels):
        middle = (low + high) / 2
        crossing = [
            (a, b) for a, b in edges(polygon) if min(a[1], b[1]) < middle < max(a[1], b[1])
        ]

        def at(edge: tuple[Point, Point], y: float) -> float:
            (ax, ay), (bx, by) = edge
            return ax + (y - ay) * (bx - ax) / (by - ay)

        crossing.sort(key=lambda edge: at(edge, middle))
        for left, right in zip(crossing[::2], crossing[1::2], strict=True):
            pieces.append(
                (
                    (at(left, low), low),
                    (at(right, low), low),
                    (at(right, high), high),
                    (at(left, high), high),
                )
            )
    return pieces


def add_floor(shop: Workshop, structure: object, room: Room) -> None:
    """The floor as it is seen; what carries is the plane."""
    for piece in slabs(room.polygon):
        (x0, y0), (x1, _), (x2, y1), (x3, _) = piece
        finish = f"floor_{room.floor}"
        if abs(x0 - x3) < 1e-6 and abs(x1 - x2) < 1e-6:
            centre = ((x0 + x1) / 2, (y0 + y1) / 2, -FLOOR_THICKNESS / 2)
            size = (x1 - x0, y1 - y0, FLOOR_THICKNESS)
            shop.box(structure, centre, size, finish, solid=False)
        else:
            corners = [(x, y, z) for x, y in piece for z in (-FLOOR_THICKNESS, 0.0)]
            shop.hull(structure, (0.0, 0.0, 0.0), corners, finish, solid=False)


@dataclass(frozen=True)
class WallPiece:
    """A straight piece of one room's half of a wall."""

    frame: Pose2
    """At the start of the wall, x along it, y into the room."""
    span: tuple[float, float]
    """From, to along the wall [m]."""
    rise: tuple[float, float]
    """From, to above the floor [m]."""


def wall_pieces(home: Home, room: Room) -> list[WallPiece]:
    """The walls of a room with its doorways cut out; what is left above them too."""
    half = home.wall_thickness / 2
    corners = room.polygon
    full = (0.0, home.wall_height)
    pieces = []
    for i, (start, end) in enumerate(edges(corners)):
        length = math.dist(start, end)
        frame = Pose2(*start, math.atan2(end[1] - start[1], end[0] - start[0]))
        before, after = corners[i - 1], corners[(i + 2) % len(corners)]
        # At a reflex corner the inner halves of two walls leave a gap: lengthen them.
        cursor = -half if _reflex(before, start, end) else 0.0
        last = length + (half if _reflex(start, end, after) else 0.0)
        openings = [
            (along, door.width / 2, door.height)
            for door in home.doorways
            if room.name in door.between
            and (along := _along(frame, length, door, half)) is not None
        ]
        for along, reach, height in sorted(openings, key=lambda opening: opening[0]):
            gap = (along - reach, along + reach)
            pieces.append(WallPiece(frame, (cursor, gap[0]), full))
            if height is not None and height < home.wall_height:
                pieces.append(WallPiece(frame, gap, (height, home.wall_height)))
            cursor = gap[1]
        pieces.append(WallPiece(frame, (cursor, last), full))
    return [piece for piece in pieces if piece.span[1] - piece.span[0] > MIN_PIECE]


def add_walls(shop: Workshop, structure: object, home: Home, room: Room) -> None:
    """The room's half of its walls: between two rooms, each has its own colour."""
    half = home.wall_thickness / 2
    for piece in wall_pieces(home, room):
        (left, right), (low, high) = piece.span, piece.rise
        middle = piece.frame @ Pose2((left + right) / 2, half / 2)
        centre = (middle.x, middle.y, (low + high) / 2)
        size = (right - left, half, high - low)
        shop.box(structure, centre, size, room.wall).quat = yaw_quat(piece.frame.yaw)


def _reflex(a: Point, b: Point, c: Point) -> bool:
    return (b[0] - a[0]) * (c[1] - b[1]) - (b[1] - a[1]) * (c[0] - b[0]) < -1e-9


def _along(frame: Pose2, length: float, door: Doorway, tolerance: float) -> float | None:
    """Where along a wall a door is; None if it is in another wall."""
    local = frame.inverse() @ Pose2(*door.position)
    if abs(local.y) > tolerance or not 0.0 <= local.x <= length:
        return None
    return local.x


def leaf_pose(home: Home, door: Doorway) -> Pose2:
    """Hinge of a door leaf in the home frame, x along the leaf as it stands open."""
    if door.leaf is None:
        raise ValueError(f"doorway {door.name!r} has no leaf")
    into = 1.0 if door.leaf.into == door.between[1] else -1.0
    side = 1.0 if door.leaf.hinge is Side.LEFT else -1.0
    hinge = door.pose @ Pose2(into * home.wall_thickness / 2, side * door.width / 2)
    # Shut, it points across the opening; it swings toward the room it opens into.
    shut = -side * math.pi / 2
    return Pose2(hinge.x, hinge.y, door.direction + shut + into * side * door.leaf.opening)


def leaf_offset(door: Doorway) -> float:
    """From the hinge to the middle of the leaf's thickness, along y of :func:`leaf_pose`.

    It lies away from the opening, so that the doorway keeps its width.
    """
    if door.leaf is None:
        raise ValueError(f"doorway {door.name!r} has no leaf")
    into = 1.0 if door.leaf.into == door.between[1] else -1.0
    side = 1.0 if door.leaf.hinge is Side.LEFT else -1.0
    return into * side * LEAF / 2


def add_leaf(shop: Workshop, home: Home, door: Doorway) -> None:
    """A door leaf that stands open and still."""
    pose = leaf_pose(home, door)
    body = shop.body(f"door/{door.name}", pose)
    height = (door.height or home.wall_height) - 0.01
    width = door.width - 0.01
    y = leaf_offset(door)
    shop.box(body, (width / 2, y, height / 2), (width, LEAF, height), "wood_white")
    for face in (-1.0, 1.0):
        grip = (width - 0.06, y + face * (LEAF / 2 + 0.03), 1.02)
        shop.box(body, (grip[0] - 0.04, grip[1], grip[2]), (0.11, 0.018, 0.018), "steel")
        shop.box(
            body, (grip[0], y + face * (LEAF / 2 + 0.015), 1.02), (0.018, 0.04, 0.018), "steel"
        )
