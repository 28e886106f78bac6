"""Whether a home can be lived and worked in: nothing overlaps, everything can be reached."""

from __future__ import annotations

import math

import numpy as np
from hearth_core.geometry import Pose2
from hearth_core.home import Articulation, Doorway, Home, JointKind, Place, Side
from hearth_core.home.catalogue import PLACE_KINDS
from hearth_core.home.plane import contains

from hearth_sim.core.home.footprint import Footprint, may_share, of_leaves, of_object, of_place
from hearth_sim.core.home.occupancy import Floor, nominal_occupancy

OVERLAP = 0.004
"""Overlaps below this [m] are rounding and jitter."""
FOOTPRINT_RADIUS = 0.36
"""Of a disc around a robot with a base of 0.5 x 0.5 m."""
ENTERED = 0.35
"""A room is entered when the middle of a disc can be on so much of its floor [m2]."""
FRIDGE_DEPTH = 1.4
"""Free floor wanted in front of a refrigerator [m]."""
FRIDGE_SIDE = 1.0
"""Free floor wanted on its hinge side, in front of the neighbours [m]."""
DOOR_OPENING = math.radians(95.0)
"""A refrigerator's door must open this far."""


def check_home(home: Home, footprint_radius: float = FOOTPRINT_RADIUS) -> list[str]:
    """Sentences on what is wrong with a home; empty: nothing.

    Args:
        home: Nominal or drawn.
        footprint_radius: Of a disc that must reach every room [m].
    """
    floor = nominal_occupancy(home, 0.04)
    return [
        *_standing(home),
        *_lying(home),
        *_reachable(home, floor, footprint_radius),
        *_refrigerators(home, floor),
    ]


def _standing(home: Home) -> list[str]:
    """Places in walls, in door leaves, in doorways or in each other."""
    problems = []
    leaves = of_leaves(home)
    places = [place for place in home.places if not PLACE_KINDS[place.kind].flat]
    for place in places:
        skin = of_place(place).grown(home.wall_thickness / 2 - OVERLAP)
        room = home.room(place.room)
        if not all(contains(room.polygon, corner) for corner in skin.corners()):
            problems.append(f"{place.name} stands in a wall of {room.name}")
        problems += [
            f"{place.name} stands in the way of a door leaf"
            for leaf in leaves
            if of_place(place).overlaps(leaf, OVERLAP)
        ]
        problems += [
            f"{place.name} stands in the doorway {door.name}"
            for door in home.doorways
            if of_place(place).overlaps(_threshold(home, door), OVERLAP)
        ]
    for i, one in enumerate(places):
        for other in places[i + 1 :]:
            if not may_share(one, other) and of_place(one).overlaps(of_place(other), OVERLAP):
                problems.append(f"{one.name} and {other.name} overlap")
    return problems


def _threshold(home: Home, door: Doorway) -> Footprint:
    """The floor of a doorway and a step on both sides."""
    return Footprint(door.pose, (home.wall_thickness / 2 + 0.35, door.width / 2), 0.0, 2.0)


def _lying(home: Home) -> list[str]:
    """Loose things over edges, through boards or in each other."""
    problems = []
    for i, thing in enumerate(home.objects):
        body = of_object(thing)
        if thing.place:
            place = home.place(thing.place)
            surface = place.surface(thing.surface)
            rect = surface.rectangle
            where = f"{place.name}/{surface.name}"
            if not all(
                rect.x_min - OVERLAP <= x <= rect.x_max + OVERLAP
                and rect.y_min - OVERLAP <= y <= rect.y_max + OVERLAP
                for x, y in body.corners()
            ):
                problems.append(f"{thing.name} reaches over the edge of {where}")
            if surface.clearance is not None and thing.size[2] > surface.clearance - 0.005:
                problems.append(f"{thing.name} is too high for {where}")
            low = surface.height + OVERLAP
            stands = Footprint(place.pose @ thing.pose, body.half, low, low + thing.size[2])
            problems += [
                f"{thing.name} on {where} is inside {other.name}"
                for other in home.places
                if other.name != place.name
                and not may_share(place, other)
                and stands.overlaps(of_place(other), OVERLAP)
            ]
        else:
            problems += [
                f"{thing.name} on the floor is inside {other.name}"
                for other in home.places
                if not PLACE_KINDS[other.kind].flat
                and Footprint(thing.pose, body.half, 0.0, thing.size[2]).overlaps(of_place(other))
            ]
        for other_thing in home.objects[i + 1 :]:
            same = (other_thing.place, other_thing.surface) == (thing.place, thing.surface)
            if same and body.overlaps(of_object(other_thing)):
                problems.append(f"{thing.name} and {other_thing.name} overlap")
    return problems


def _reachable(home: Home, floor: Floor, radius: float) -> list[str]:
    """Rooms that a disc cannot enter."""
    reach = floor.reachable(radius, (home.charger.x, home.charger.y))
    problems = [
        f"a disc of {radius:.2f} m cannot enter {room.name}"
        for room in home.rooms
        if floor.area_within(reach, room.polygon) < ENTERED
    ]
    at_charger = home.charger @ Pose2(0.6, 0.0)
    if not floor.at(reach, (at_charger.x, at_charger.y)):
        problems.append("the floor in front of the charger is not free")
    for kind in ("refrigerator", "dining_table"):
        for place in home.places:
            if place.kind == kind:
                stand = place.approach(radius + 0.12)
                if not floor.at(reach, (stand.x, stand.y)):
                    problems.append(f"nobody can stand in front of {place.name}")
    return problems


def _refrigerators(home: Home, floor: Floor) -> list[str]:
    """Floor in front for a robot that swings the door along an arc, and room for the door."""
    problems = []
    for place in home.places:
        if place.kind != "refrigerator":
            continue
        side = 1.0 if place.joint("door").side is Side.RIGHT else -1.0
        depth = place.size[0] / 2
        half = place.size[1] / 2
        spots = [
            place.to_home((depth + x, side * y))
            for x in np.arange(0.08, FRIDGE_DEPTH, 0.1)
            for y in np.arange(-half, half + (FRIDGE_SIDE if x > 0.1 else 0.0), 0.1)
        ]
        if any(floor.at(floor.occupied, spot) for spot in spots):
            problems.append(f"the floor in front of {place.name} is not free")
        problems += _swing(home, place, place.joint("door"), DOOR_OPENING)
    return problems


def _swing(home: Home, place: Place, joint: Articulation, opening: float) -> list[str]:
    """Whether a side-hinged door can open this far."""
    if joint.kind is not JointKind.HINGED or joint.side not in {Side.LEFT, Side.RIGHT}:
        return []
    hinge = Pose2(joint.origin[0], joint.origin[1])
    offset = hinge.inverse() @ Pose2(joint.panel.centre[0], joint.panel.centre[1])
    half = (joint.panel.size[0] / 2, joint.panel.size[1] / 2)
    low = joint.panel.centre[2] - joint.panel.size[2] / 2
    high = low + joint.panel.size[2]
    others = [other for other in home.places if other.name != place.name]
    for angle in np.arange(0.2, opening, 0.1):
        turned = place.pose @ hinge @ Pose2(0.0, 0.0, joint.axis[2] * float(angle)) @ offset
        leaf = Footprint(turned, half, low, high)
        room = home.room(place.room)
        if not all(contains(room.polygon, corner) for corner in leaf.corners()):
            return [f"{place.name}/{joint.name} opens into a wall"]
        for other in others:
            if leaf.overlaps(of_place(other), OVERLAP):
                return [f"{place.name}/{joint.name} opens into {other.name}"]
    return []
