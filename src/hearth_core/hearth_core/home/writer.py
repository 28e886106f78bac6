"""Write home files that :func:`hearth_core.home.load_home` reads back as the same home."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import yaml

from hearth_core.geometry import Pose2
from hearth_core.home.loader import FLOOR, HINGES
from hearth_core.home.model import Doorway, Home, ObjectSpec, Place, Room


def describe(home: Home) -> dict[str, Any]:
    """The document that :func:`parse_home` makes this home of."""
    return {
        "name": home.name,
        "wall_thickness": home.wall_thickness,
        "wall_height": home.wall_height,
        "charger": _at(home.charger),
        "rooms": [_describe_room(room) for room in home.rooms],
        "doors": [_describe_door(door) for door in home.doorways],
        "places": [_describe_place(place) for place in home.places],
        "objects": [_describe_object(thing) for thing in home.objects],
        "lamps": [
            {
                "name": lamp.name,
                "at": list(lamp.position),
                "intensity": lamp.intensity,
                "temperature": lamp.temperature,
            }
            for lamp in home.lamps
        ],
        "people": [
            {
                "name": person.name,
                "route": [{"at": list(stop.at), "wait": stop.wait} for stop in person.route],
                "speed": person.speed,
                "manners": str(person.manners),
            }
            for person in home.people
        ],
    }


def save_home(home: Home, path: str | Path) -> None:
    """Write a home file that :func:`load_home` reads back as the same home."""
    text = yaml.safe_dump(
        describe(home), sort_keys=False, default_flow_style=None, width=99, allow_unicode=True
    )
    Path(path).write_text(text, encoding="utf-8")


def _at(pose: Pose2, heading: str = "facing") -> dict[str, Any]:
    return {"at": [pose.x, pose.y], heading: round(math.degrees(pose.yaw), 9)}


def _describe_room(room: Room) -> dict[str, Any]:
    document: dict[str, Any] = {
        "name": room.name,
        "kind": room.kind,
        "polygon": [list(corner) for corner in room.polygon],
        "floor": room.floor,
        "wall": room.wall,
    }
    return document | _aliases(room.aliases)


def _describe_door(door: Doorway) -> dict[str, Any]:
    document: dict[str, Any] = {
        "name": door.name,
        "between": list(door.between),
        "at": list(door.position),
        "width": door.width,
    }
    document |= {"open": True} if door.height is None else {"height": door.height}
    if door.leaf is not None:
        document["leaf"] = {
            "hinge": str(door.leaf.hinge),
            "into": door.leaf.into,
            "opening": round(math.degrees(door.leaf.opening), 9),
        }
    return document


def _describe_place(place: Place) -> dict[str, Any]:
    document: dict[str, Any] = {"name": place.name, "kind": place.kind} | _at(place.pose)
    document |= {"size": list(place.size), "elevation": place.elevation, "finish": place.finish}
    if place.model:
        document["model"] = place.model
    for joint in place.joints:
        if joint.side.value in HINGES and not joint.name.startswith("door_"):
            document["hinge"] = str(joint.side)
            break
    if place.permissions:
        document["permissions"] = list(place.permissions)
    return document | _aliases(place.aliases)


def _describe_object(thing: ObjectSpec) -> dict[str, Any]:
    where = f"{thing.place}/{thing.surface}" if thing.place else FLOOR
    document: dict[str, Any] = {"name": thing.name, "kind": thing.kind, "where": where}
    document |= _at(thing.pose, "turned")
    return document | {"size": list(thing.size), "colour": thing.colour}


def _aliases(aliases: tuple[str, ...]) -> dict[str, Any]:
    return {"aliases": list(aliases)} if aliases else {}
