"""What is different each time: furniture moved a little, the milk elsewhere, other light.

Everything is drawn from one seed, in a fixed order, so that a seed is the same world everywhere.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from hearth_core.geometry import Pose2
from hearth_core.home import Home, ObjectSpec, Place
from hearth_core.home.catalogue import PLACE_KINDS
from hearth_core.home.plane import contains

from hearth_sim.core.home.footprint import Footprint, may_share, of_leaves, of_object, of_place
from hearth_sim.core.home.light import Light
from hearth_sim.core.home.occupancy import nominal_occupancy

Rng = np.random.Generator
LOOSE = (0.03, math.radians(2.0))
"""Loose furniture is this far [m, rad] from where it was, at most."""
FITTED = 0.015
"""Appliances are this far [m] from where they were."""
THING = (0.02, math.radians(15.0))
START_CLEARANCE = 0.45
"""A robot wakes up this far [m] from everything."""
DRIVE_RADIUS = 0.36
"""A disc this large [m] could have driven there."""
MILK_DEPTH = 0.15
"""The front of the milk is at most this far [m] behind the front edge of its shelf."""
HAND_ROOM = 0.07
"""Free width [m] beside the milk for fingers, and nothing stands in front of it."""
TRIES = 40


@dataclass(frozen=True)
class Scenario:
    """One world to wake up in."""

    seed: int | None
    """None: the nominal world."""
    home: Home
    """The home as it really is this time; robots know only the nominal one."""
    starts: tuple[Pose2, ...]
    """Poses of base_footprint of robot 1, 2, ... when they wake up."""
    light: Light


def scenario(home: Home, seed: int | None = None, robots: int = 4) -> Scenario:
    """Draw a world from a seed; None (or a negative seed): the nominal world.

    ``robots`` start poses are drawn; more robots do not change where the first ones stand.
    In the nominal world robot 1 stands on its charger.
    """
    nominal = seed is None or seed < 0
    rng = np.random.default_rng(0 if seed is None or seed < 0 else seed)
    light = _base_light(home)
    starts: list[Pose2] = []
    if nominal:
        seed = None
        starts.append(home.charger)
    else:
        home = replace(home, places=_moved_places(home, rng))
        home = replace(home, objects=_moved_objects(home, rng))
        light = Light(
            azimuth=float(rng.uniform(-math.pi, math.pi)),
            elevation=float(rng.uniform(0.7, 1.3)),
            intensity=float(light.intensity * rng.uniform(0.75, 1.2)),
            temperature=float(np.clip(light.temperature * rng.uniform(0.75, 1.5), 2700, 6500)),
        )
    return Scenario(seed, home, _starts(home, rng, starts, robots), light)


def _base_light(home: Home) -> Light:
    if not home.lamps:
        return Light()
    return Light(
        intensity=float(np.mean([lamp.intensity for lamp in home.lamps])),
        temperature=float(np.mean([lamp.temperature for lamp in home.lamps])),
    )


def _moved_places(home: Home, rng: Rng) -> tuple[Place, ...]:
    """Furniture and appliances a little off, never into walls or each other."""
    places = list(home.places)
    leaves = of_leaves(home)
    for i, place in enumerate(places):
        kind = PLACE_KINDS[place.kind]
        if not kind.loose and not kind.appliance:
            continue
        shift, turn = LOOSE if kind.loose else (FITTED, 0.0)
        dx, dy = rng.uniform(-shift, shift, 2)
        yaw = float(rng.uniform(-turn, turn)) if turn else 0.0
        # In a row of cabinets only depth is free.
        for move in (Pose2(dx, dy, yaw), Pose2(dx, 0.0, 0.0)):
            moved = replace(place, pose=place.pose @ move)
            if _fits(home, moved, places, leaves):
                places[i] = moved
                break
    return tuple(places)


def _fits(home: Home, moved: Place, places: list[Place], leaves: list[Footprint]) -> bool:
    """Whether a place stands in its room's walls, clear of what it was clear of before."""
    room = home.room(moved.room)
    body = of_place(moved)
    skin = body.grown(home.wall_thickness / 2 - 0.001)
    if not all(contains(room.polygon, corner) for corner in skin.corners()):
        return False
    if any(body.overlaps(leaf) for leaf in leaves):
        return False
    return not any(
        other.name != moved.name and not may_share(moved, other) and body.overlaps(of_place(other))
        for other in places
    )


def _moved_objects(home: Home, rng: Rng) -> tuple[ObjectSpec, ...]:
    things: dict[str, ObjectSpec] = {}
    # The milk first: what shares its shelf makes room for it.
    order = sorted(home.objects, key=lambda thing: not _is_chilled_milk(home, thing))
    for thing in order:
        if not thing.place:
            shift = rng.uniform(-THING[0], THING[0], 2)
            moved = Pose2(thing.pose.x + shift[0], thing.pose.y + shift[1], thing.pose.yaw)
            things[thing.name] = replace(thing, pose=moved)
            continue
        draw = _milk_pose if _is_chilled_milk(home, thing) else _thing_pose
        things[thing.name] = thing
        settled = set(things) - {thing.name}
        for attempt in range(TRIES):
            pose = draw(home, thing, rng, attempt)
            if _clear(home, thing, pose, [things.get(o.name, o) for o in order], settled):
                things[thing.name] = replace(thing, pose=pose)
                break
    return tuple(things[thing.name] for thing in home.objects)


def _is_chilled_milk(home: Home, thing: ObjectSpec) -> bool:
    return (
        thing.kind == "milk_carton"
        and bool(thing.place)
        and home.place(thing.place).kind == "refrigerator"
    )


def _milk_pose(home: Home, thing: ObjectSpec, rng: Rng, _attempt: int) -> Pose2:
    """Anywhere on its shelf that is near the front and leaves room for a hand."""
    rect = home.place(thing.place).surface(thing.surface).rectangle
    front = rect.x_max - thing.size[0] / 2
    side = rect.size[1] / 2 - thing.size[1] / 2 - HAND_ROOM
    return Pose2(
        float(front - rng.uniform(0.03, MILK_DEPTH - 0.01)),
        float(rect.centre[1] + rng.uniform(-side, side)),
        float(rng.uniform(-0.3, 0.3)),
    )


def _thing_pose(home: Home, thing: ObjectSpec, rng: Rng, attempt: int) -> Pose2:
    """Near where it was; after some tries, anywhere on its surface."""
    dx, dy = rng.uniform(-THING[0], THING[0], 2)
    turn = float(rng.uniform(-THING[1], THING[1]))
    if attempt < TRIES // 4:
        return Pose2(thing.pose.x + float(dx), thing.pose.y + float(dy), thing.pose.yaw + turn)
    rect = home.place(thing.place).surface(thing.surface).rectangle
    x, y = rng.uniform((rect.x_min, rect.y_min), (rect.x_max, rect.y_max))
    return Pose2(float(x), float(y), thing.pose.yaw + turn)


def _clear(
    home: Home, thing: ObjectSpec, pose: Pose2, others: list[ObjectSpec], settled: set[str]
) -> bool:
    """Whether a thing stands wholly on its surface and apart from its neighbours.

    Neighbours that are not ``settled`` yet will make room for the milk, but not for others.
    """
    place = home.place(thing.place)
    rect = place.surface(thing.surface).rectangle
    body = of_object(thing, pose)
    if not all(
        rect.x_min <= x <= rect.x_max and rect.y_min <= y <= rect.y_max for x, y in body.corners()
    ):
        return False
    milk = _is_chilled_milk(home, thing)
    for other in others:
        if other.name == thing.name or (other.place, other.surface) != (
            thing.place,
            thing.surface,
        ):
            continue
        if milk and other.name not in settled:
            continue
        gap = body.grown(0.01)
        if _is_chilled_milk(home, other):
            reach = rect.x_max - other.pose.x
            lane = Footprint(
                Pose2(other.pose.x + reach / 2, other.pose.y),
                (reach / 2 + other.size[0] / 2, other.size[1] / 2 + HAND_ROOM),
            )
            if gap.overlaps(lane):
                return False
        elif gap.overlaps(of_object(other)):
            return False
    height = place.surface(thing.surface).height
    stands = Footprint(
        place.pose @ pose, body.half, height + 0.005, height + max(0.02, thing.size[2])
    )
    return not any(
        other.name != place.name
        and other.elevation > 0.0
        and stands.grown(0.01).overlaps(of_place(other))
        for other in home.places
    )


def _starts(home: Home, rng: Rng, first: list[Pose2], count: int) -> tuple[Pose2, ...]:
    """Free poses that a robot could have driven to."""
    floor = nominal_occupancy(home)
    reachable = floor.reachable(DRIVE_RADIUS, (home.charger.x, home.charger.y))
    cells = np.argwhere(reachable & (floor.clearance() > START_CLEARANCE))
    starts = list(first)
    while len(starts) < count and len(cells):
        row, column = cells[int(rng.integers(len(cells)))]
        x, y = floor.point(int(row), int(column))
        start = Pose2(x, y, float(rng.uniform(-math.pi, math.pi)))
        if all(start.distance(other) > 1.0 for other in starts):
            starts.append(start)
    return tuple(starts)
