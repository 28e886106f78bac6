"""Who walks about in a home: in simulation they do, and a physical deployment ignores it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hearth_core.home.plane import Point


class Manners(StrEnum):
    """How somebody treats a robot in the way."""

    ATTENTIVE = "attentive"
    """Walks around it, and does not let it wait in a door for ever."""
    ABSENT = "absent"
    """Walks straight on, and stops just before it."""
    BLIND = "blind"
    """Walks on as if nobody were there."""


@dataclass(frozen=True)
class Stop:
    """A place of a person's round."""

    at: Point
    """In the home frame [m]; the simulator takes the nearest spot one can stand on."""
    wait: float = 0.0
    """How long the person stands there [s]."""


@dataclass(frozen=True)
class PersonSpec:
    """One person and the round they walk, again and again; they begin at its first stop."""

    name: str
    route: tuple[Stop, ...]
    speed: float = 0.9
    """[m/s]."""
    manners: Manners = Manners.ATTENTIVE
