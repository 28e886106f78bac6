"""Pieces of furniture and floor where a thing may be, and from where they can be seen."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from hearth_core.geometry import Pose2
from hearth_core.home.catalogue import PLACE_KINDS
from hearth_core.home.model import Home, Place, Room
from hearth_core.home.plane import contains

from hearth_perception.core.ground import Ground
from hearth_perception.core.likely import weight
from hearth_perception.core.places import Shelf, shelves_of

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

EYE = 1.38
"""Height of the camera [m]."""
ABOVE = 0.06
"""Things are looked for this far above their surface [m]."""
NEAR, FAR = 0.5, 1.9
"""Level distance at which small things are told apart [m]."""
SIDE = math.radians(55.0)
"""How far off its front a board with others above it is looked into."""
TILT = (-1.25, 0.22)
"""Elevations that the head reaches, and at which a thing on a board still shows [rad]."""
PATCH = 0.45
"""Side of a piece of surface [m]."""
FLOOR_STEP = 8
"""Cells of the ground between pieces of floor."""


@dataclass(frozen=True, eq=False)
class Spots:
    """Pieces of surface, each with the probability that the thing is there."""

    points: Array
    """Where to look [m], shape (S, 3)."""
    names: tuple[str, ...]
    """Place, or room for pieces of floor."""
    rooms: tuple[str, ...]
    shelves: tuple[Shelf | None, ...]
    """None: floor."""
    weights: Array
    """Sum to 1, shape (S,)."""


def spots_of(
    home: Home,
    ground: Ground,
    label: str,
    *,
    only: Collection[str] = (),
    seen: dict[str, Pose2] | None = None,
    opened: Collection[str] = (),
    believed: Sequence[tuple[Array, float]] = (),
) -> Spots:
    """Where a thing of class ``label`` may be, closed furniture left out.

    Args:
        home: Nominal.
        ground: Where there is floor.
        label: Class.
        only: Names of places and rooms to which the search is confined; empty: the whole home.
        seen: Better poses of places by name.
        opened: Places whose doors stand open.
        believed: Where it was seen before: position (3,) [m] and probability.
    """
    points: list[Array] = []
    names: list[str] = []
    rooms: list[str] = []
    shelves: list[Shelf | None] = []
    weights: list[float] = []
    for place in home.places:
        if only and place.name not in only and place.room not in only:
            continue
        room = home.room(place.room)
        for shelf in shelves_of(place, (seen or {}).get(place.name)):
            if shelf.inside and place.name not in opened:
                continue
            patches = _patches(shelf)
            share = max(0.05, shelf.size[0] * shelf.size[1]) / len(patches)
            for patch in patches:
                points.append(patch)
                names.append(place.name)
                rooms.append(room.name)
                shelves.append(shelf)
                weights.append(share * weight(label, room.kind, floor=False))
    for point, room in _floor(home, ground, only):
        points.append(np.array([*point, 0.04]))
        names.append(room.name)
        rooms.append(room.name)
        shelves.append(None)
        area = (FLOOR_STEP * ground.resolution) ** 2
        weights.append(area * weight(label, room.kind, floor=True))
    table, total = np.array(points).reshape(-1, 3), np.array(weights)
    total /= max(1e-12, float(total.sum()))
    for position, probability in believed:
        near = np.linalg.norm(table - position, axis=1) < 0.45
        if near.any():
            total[near] += probability / near.sum() * 3.0
    return Spots(
        table, tuple(names), tuple(rooms), tuple(shelves), total / max(1e-12, float(total.sum()))
    )


def _patches(shelf: Shelf) -> list[Array]:
    nx, ny = (max(1, round(v / PATCH)) for v in shelf.size)
    x = (np.arange(nx) + 0.5) / nx * shelf.size[0] - shelf.size[0] / 2
    y = (np.arange(ny) + 0.5) / ny * shelf.size[1] - shelf.size[1] / 2
    grid = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    return [np.array([a, b, shelf.height + ABOVE]) for a, b in shelf.pose.apply(grid)]


def _floor(home: Home, ground: Ground, only: Collection[str]) -> list[tuple[Array, Room]]:
    if only and not any(room.name in only for room in home.rooms):
        return []
    found = []
    for point in ground.points(0.08, FLOOR_STEP):
        room = home.room_at(float(point[0]), float(point[1]))
        if room is not None and (not only or room.name in only):
            found.append((point, room))
    return found


def visible(home: Home, spots: Spots, stands: Array) -> Mask:
    """Which pieces can be seen from which stands (C, 2), by the home model; shape (C, S)."""
    ray = spots.points[None, :, :2] - stands[:, None, :]
    away = np.hypot(ray[..., 0], ray[..., 1])
    rise = np.arctan2(spots.points[None, :, 2] - EYE, np.maximum(away, 1e-6))
    result = (away > NEAR) & (away < FAR) & (rise > TILT[0]) & (rise < TILT[1])
    result &= _same_room(home, spots, stands)
    by_name = {place.name: place for place in home.places}
    for column, shelf in enumerate(spots.shelves):
        if shelf is not None and shelf.clearance is not None:
            result[:, column] &= _into(shelf, spots.points[column], stands)
    for place in home.places:
        if place.size[2] + place.elevation > 0.3 and not PLACE_KINDS[place.kind].flat:
            _hide(result, by_name[place.name], spots, stands)
    return np.asarray(result)


def _same_room(home: Home, spots: Spots, stands: Array) -> Mask:
    """Walls are not looked through: both ends and the way between lie in one room."""
    result = np.zeros((len(stands), len(spots.names)), bool)
    for room in home.rooms:
        of = np.array([name == room.name for name in spots.rooms])
        here = _contains(room, stands)
        if not (of.any() and here.any()):
            continue
        part = np.ones((int(here.sum()), int(of.sum())), bool)
        if len(room.polygon) > 4:
            for share in (0.25, 0.5, 0.75):
                middle = (
                    stands[here][:, None] * (1 - share) + spots.points[of][None, :, :2] * share
                )
                part &= np.array(
                    [
                        [contains(room.polygon, (float(x), float(y))) for x, y in row]
                        for row in middle
                    ]
                )
        result[np.ix_(here, of)] = part
    return result


def _contains(room: Room, points: Array) -> Mask:
    return np.array([contains(room.polygon, (float(x), float(y))) for x, y in points], bool)


def _into(shelf: Shelf, point: Array, stands: Array) -> Mask:
    """Whether the ray passes below the board above, from before the place."""
    local = shelf.pose.inverse().apply(stands)
    front = shelf.size[0] / 2
    depth = local[:, 0] - float(shelf.pose.inverse().apply(point[None, :2])[0, 0])
    before = (local[:, 0] > front) & (np.abs(local[:, 1]) < np.tan(SIDE) * np.maximum(depth, 0.0))
    inner = front - float(shelf.pose.inverse().apply(point[None, :2])[0, 0])
    at_edge = point[2] + (EYE - point[2]) * inner / np.maximum(depth, 1e-6)
    assert shelf.clearance is not None
    return np.asarray(before & (at_edge < shelf.height + shelf.clearance))


def _hide(result: Mask, place: Place, spots: Spots, stands: Array) -> None:
    """Take out what a piece of furniture stands before."""
    low, high = place.elevation, place.elevation + place.size[2]
    half = np.array(place.size[:2]) / 2
    other = np.array([name != place.name for name in spots.names])
    near = np.hypot(*(stands - [place.pose.x, place.pose.y]).T) < FAR + float(np.hypot(*half))
    rows, cols = np.nonzero(result & other[None] & near[:, None])
    if not len(rows):
        return
    blocked = np.zeros(len(rows), bool)
    for share in np.linspace(0.08, 0.92, 8):
        xy = stands[rows] * (1 - share) + spots.points[cols, :2] * share
        z = EYE * (1 - share) + spots.points[cols, 2] * share
        local = np.abs(place.pose.inverse().apply(xy))
        blocked |= (local < half).all(axis=1) & (z > low) & (z < high)
    result[rows[blocked], cols[blocked]] = False
