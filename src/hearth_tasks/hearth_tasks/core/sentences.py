"""What people ask for, read against what the home has."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hearth_core.errors import BadInputError
from hearth_core.home.model import Articulation, Home, Place, Surface
from hearth_core.home.names import Target, object_label

EXAMPLES = (
    "bring the milk from the refrigerator to the dining table",
    "go to the kitchen",
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


@dataclass(frozen=True)
class Go:
    """Drive somewhere."""

    target: Target


@dataclass(frozen=True)
class Move:
    """Open or close one door or drawer."""

    place: Place
    joint: Articulation
    opens: bool


Task = Bring | Go | Move

_BRING = re.compile(r"(?:bring|carry|take|get|move|put) (.+?) from (.+?) (?:to|on|onto|into) (.+)")
_GO = re.compile(r"(?:go|drive|come) to (.+)")
_MOVE = re.compile(r"(open|close|shut) (.+)")


def parse_task(sentence: str, home: Home) -> Task:
    """Read one sentence.

    Raises:
        BadInputError: The sentence has no form that is known, or what it asks for is not
            possible by its kind (something that cannot be opened, a place without surface).
        UnknownNameError: Object, place or room is not known; the error lists those that are.
    """
    text = " ".join(sentence.lower().strip(" .!?").split())
    if match := _BRING.fullmatch(text):
        return _bring(home, *match.groups())
    if match := _GO.fullmatch(text):
        return Go(home.resolve(match[1]))
    if match := _MOVE.fullmatch(text):
        place, joint = _articulated(home, match[2])
        return Move(place, joint, match[1] == "open")
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


def _bring(home: Home, thing: str, source: str, destination: str) -> Bring:
    label = object_label(thing)
    source_target, to = home.resolve(source), home.resolve(destination)
    if source_target.place is None:
        raise BadInputError(f"{source!r} is a room; say from which of {_carriers(home)}")
    if to.place is None:
        raise BadInputError(f"{destination!r} is a room; say onto which of {_carriers(home)}")
    if not to.place.surfaces or door_of(to.place, to.surface) is not None:
        raise BadInputError(
            f"nothing can be put on {to.name!r} yet; possible: {_open_carriers(home)}"
        )
    return Bring(label, source_target.place, source_target.surface, to.place)


def _carriers(home: Home) -> list[str]:
    return sorted(place.name for place in home.places if place.surfaces)


def _open_carriers(home: Home) -> list[str]:
    return sorted(p.name for p in home.places if p.surfaces and door_of(p) is None)


def _articulated(home: Home, text: str) -> tuple[Place, Articulation]:
    target = home.resolve(text)
    place = target.place
    if place is None or not place.joints:
        known = sorted(p.name for p in home.places if p.joints)
        raise BadInputError(f"{text!r} has no door or drawer; those that have: {known}")
    return place, target.joint or door_of(place) or place.joints[0]
