"""What people ask for, read against what the home has."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hearth_core.errors import BadInputError, UnknownNameError
from hearth_core.geometry import Pose2
from hearth_core.home.model import Articulation, Home, JointKind, Place, Surface
from hearth_core.home.names import Target, canonical, object_label

EXAMPLES = (
    "bring the milk from the refrigerator to the dining table",
    "bring the milk to the dining table",
    "take the milk from the refrigerator",
    "go to the kitchen",
    "go to the charger",
    "open the refrigerator",
    "close the refrigerator",
)


@dataclass(frozen=True)
class Bring:
    """Carry one thing from a place to a surface of another."""

    label: str
    source: Place
    surface: Surface | None
    """Where in the source, when the sentence says so."""
    destination: Place
    onto: Surface | None = None
    """Which surface of the destination, when the sentence says so."""


@dataclass(frozen=True)
class Take:
    """Take one thing from a place and keep it in the hand."""

    label: str
    source: Place
    surface: Surface | None


@dataclass(frozen=True)
class Go:
    """Drive somewhere."""

    target: Target
    pose: Pose2 | None = None
    """Exactly here; None: wherever there is room."""


@dataclass(frozen=True)
class Move:
    """Open or close one door or drawer."""

    place: Place
    joint: Articulation
    opens: bool


Task = Bring | Take | Go | Move

_BRING = re.compile(
    r"(?:bring|carry|take|get|move|put|fetch) (.+?) from (.+?) (?:to|on|onto) (.+)"
)
_PUT = re.compile(r"(?:bring|carry|take|move|put) (.+?) (?:to|on|onto) (.+)")
_TAKE = re.compile(r"(?:take|get|fetch|grab|pick up|pick) (.+?) (?:from|out of|off) (.+)")
_GO = re.compile(r"(?:go|drive|come|move|return) (?:back )?to (.+)")
_HOME = re.compile(r"(?:go|drive|come|return) (?:back )?home|dock|charge")
_MOVE = re.compile(r"(open|close|shut) (.+)")
_CHARGER = {"charger", "charging_station", "dock", "docking_station", "charging_dock"}
_VERBS = re.compile(r"(?:bring|carry|take|get|move|put|fetch|grab|pick up|pick)(?: me)? (.+)")


def parse_task(sentence: str, home: Home) -> Task:
    """Read one sentence.

    Where a sentence does not say from where a thing is to be taken, the home's nominal model
    does, if it has that thing in one place.

    Raises:
        BadInputError: The sentence has no form that is known, or what it asks for is not
            possible by its kind (something that cannot be opened, a place without surface).
        UnknownNameError: Object, place or room is not known; the error lists those that are.
    """
    text = " ".join(sentence.lower().strip(" .!?").removeprefix("please ").split())
    if match := _BRING.fullmatch(text):
        return _bring(home, *match.groups())
    if _HOME.fullmatch(text):
        return _charger(home)
    if match := _GO.fullmatch(text):
        return _charger(home) if canonical(match[1]) in _CHARGER else Go(home.resolve(match[1]))
    if match := _TAKE.fullmatch(text):
        label = object_label(match[1])
        return Take(label, *_source(home, label, match[2]))
    if match := _PUT.fullmatch(text):
        return _bring(home, match[1], "", match[2])
    if match := _MOVE.fullmatch(text):
        place, joint = _articulated(home, match[2])
        return Move(place, joint, match[1] == "open")
    if match := _VERBS.fullmatch(text):
        object_label(match[1])  # a thing that nobody knows is the first thing to say
    examples = "; ".join(repr(example) for example in EXAMPLES)
    raise BadInputError(f"cannot read the task {sentence!r}; examples: {examples}")


def door_of(place: Place, surface: Surface | None = None) -> Articulation | None:
    """What must be opened to reach into ``place``; None: nothing."""
    if surface is not None:
        return place.joint(surface.behind) if surface.behind else None
    behind = [s.behind for s in place.surfaces]
    if behind and all(behind):
        return place.joint(max(set(behind), key=behind.count))
    return None


def can_be_moved(joint: Articulation) -> bool:
    """Whether the robot can open it: a door about an upright axis with a bar to pull."""
    return joint.kind is JointKind.HINGED and abs(joint.axis[2]) > 0.9 and joint.handle is not None


def _bring(home: Home, thing: str, source: str, destination: str) -> Bring:
    label = object_label(thing)
    place, surface = _source(home, label, source)
    to = home.resolve(destination)
    if to.place is None:
        choices = _open_carriers(home, to.room.name) or _open_carriers(home)
        raise BadInputError(f"{destination!r} is a room; say onto which of {choices}")
    if not to.place.surfaces or to.joint is not None or door_of(to.place, to.surface) is not None:
        raise BadInputError(
            f"nothing can be put on {to.name!r} yet; possible: {_open_carriers(home)}"
        )
    return Bring(label, place, surface, to.place, to.surface)


def _source(home: Home, label: str, text: str) -> tuple[Place, Surface | None]:
    """Where a thing is to be taken from: as said, else where the home model has it."""
    target = home.resolve(text) if text else None
    if target is None or target.place is None:
        rooms = [target.room.name] if target is not None else [room.name for room in home.rooms]
        found = _told(home, label, rooms)
        if len(found) != 1:
            choices = found or _carriers(home, rooms)
            where = f"{text!r} is a room" if text else f"where is the {label}"
            raise BadInputError(f"{where}; say from which of {choices}")
        target = home.resolve(found[0])
        assert target.place is not None
    place, surface = target.place, target.surface
    if surface is None and door_of(place) is None:
        # Open above and shut below, as a cupboard: inside, if the model has it only there.
        told = [t.surface for t in home.objects if (t.kind, t.place) == (label, place.name)]
        shut = [place.surface(name) for name in told if place.surface(name).behind]
        surface = shut[0] if shut and len(shut) == len(told) else None
    joint = door_of(place, surface)
    if joint is not None:
        _require_moved(home, place, joint)
    return place, surface


def _told(home: Home, label: str, rooms: list[str]) -> list[str]:
    """Where the home model has things of a kind that can be got at, by place or surface."""
    found = set()
    for thing in home.objects:
        if thing.kind == label and thing.place and home.place(thing.place).room in rooms:
            place = home.place(thing.place)
            joint = door_of(place, place.surface(thing.surface))
            if joint is None or can_be_moved(joint):
                found.add(place.name)
    return sorted(found)


def _charger(home: Home) -> Go:
    pose = home.charger
    room = home.room_at(pose.x, pose.y)
    if room is None:
        raise BadInputError("the charger of this home stands in no room")
    return Go(Target("charger", room), pose)


def _carriers(home: Home, rooms: list[str]) -> list[str]:
    return sorted(place.name for place in home.places if place.surfaces and place.room in rooms)


def _open_carriers(home: Home, room: str = "") -> list[str]:
    return sorted(
        p.name
        for p in home.places
        if p.surfaces and door_of(p) is None and (not room or p.room == room)
    )


def _articulated(home: Home, text: str) -> tuple[Place, Articulation]:
    target = _part(home, text)
    place = target.place
    if place is None or not place.joints:
        raise BadInputError(f"{text!r} has no door or drawer; those that have: {_doors(home)}")
    joint = target.joint or door_of(place, target.surface) or place.joints[0]
    _require_moved(home, place, joint)
    return place, joint


def _part(home: Home, text: str) -> Target:
    """``fridge``, ``the fridge's door``, ``refrigerator freezer``, ``door of the fridge``."""
    if match := re.fullmatch(r"(.+?) of (.+)", text):
        place, part = match[2], canonical(match[1])
    else:
        words = text.replace("'s", "").split()
        place, part = " ".join(words[:-1]), words[-1]
    try:
        return home.resolve(text)
    except UnknownNameError:
        try:
            whole = home.resolve(place)
        except UnknownNameError:
            whole = None
        if whole is None or whole.place is None or whole.joint is not None:
            raise
        if part == "door" and all(j.name != "door" for j in whole.place.joints):
            return whole
        return home.resolve(f"{whole.place.name}/{part}")


def _require_moved(home: Home, place: Place, joint: Articulation) -> None:
    if not can_be_moved(joint):
        raise BadInputError(
            f"{place.name}/{joint.name} cannot be opened or closed yet: flaps and drawers are not "
            f"built; possible: {_doors(home)}"
        )


def _doors(home: Home) -> list[str]:
    return sorted(
        f"{place.name}/{joint.name}"
        for place in home.places
        for joint in place.joints
        if can_be_moved(joint)
    )
