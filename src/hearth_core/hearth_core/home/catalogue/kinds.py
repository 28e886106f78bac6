"""What a kind is: the shape of the catalogue's entries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from hearth_core.home.model import Articulation, Side, Surface, Vec3


class Shape(StrEnum):
    """Nearest simple body."""

    BOX = "box"
    CYLINDER = "cylinder"
    SPHERE = "sphere"
    OTHER = "other"


@dataclass(frozen=True)
class ObjectKind:
    """A household class: what a robot may expect of a thing before it has seen it."""

    label: str
    shape: Shape
    size: Vec3
    """Nominal full extents, standing or lying as usual [m]."""
    mass: float
    """[kg]"""
    colours: tuple[str, ...]
    """Usual colours, the commonest first."""
    aliases: tuple[str, ...] = ()
    friction: float = 0.7
    """Sliding, against a rubber fingertip or a table."""
    cold: bool = False
    """Kept in a refrigerator."""


@dataclass(frozen=True)
class Variant:
    """What a file may choose about one place."""

    model: str
    hinge: Side


@dataclass(frozen=True)
class Layout:
    """Surfaces and joints of a place of some size, in its own frame."""

    surfaces: tuple[Surface, ...] = ()
    joints: tuple[Articulation, ...] = ()


LayoutRule = Callable[[Vec3, float, Variant], Layout]
"""(size, elevation, variant) -> layout."""


def bare(_size: Vec3, _elevation: float, _variant: Variant) -> Layout:
    """Nothing to put things on, nothing to open."""
    return Layout()


@dataclass(frozen=True)
class PlaceKind:
    """A kind of furniture or appliance."""

    name: str
    size: Vec3
    """Usual depth, width, height [m]."""
    layout: LayoutRule = bare
    aliases: tuple[str, ...] = ()
    rooms: tuple[str, ...] = ()
    """Kinds of room it is usually found in."""
    models: tuple[str, ...] = ("",)
    finishes: tuple[str, ...] = ("white",)
    elevation: float = 0.0
    loose: bool = False
    """People push it about (chairs, tables), so it is never exactly where it was."""
    appliance: bool = False
    flat: bool = False
    """Lies on the floor and is driven over (rugs)."""
    spread: Vec3 = (0.0, 0.0, 0.0)
    """How much sizes vary between homes, as a fraction each way."""
