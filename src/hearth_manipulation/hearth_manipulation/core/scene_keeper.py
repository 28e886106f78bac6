"""The planning scene that clients look at and change: what the robot knows, and what they add."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from hearth_core.errors import HearthError, UnknownNameError
from hearth_core.geometry import Transform

from hearth_manipulation.core.context import Context
from hearth_manipulation.core.model import RobotModel
from hearth_manipulation.core.planning import Planner
from hearth_manipulation.core.ports import SeenSurface
from hearth_manipulation.core.scene import Scene, SeenSurfaces, Thing
from hearth_manipulation.core.spheres import Solid, cover
from hearth_manipulation.core.world_model import WorldModel

KNOWN, SURFACES, CLIENT = "known", "surfaces", "client"
PLATE = 0.02
"""Thickness that seen surfaces are taken to have [m]."""
SUNK = 0.004
"""They lie this much lower than seen, so that what stands on them does not touch them [m]."""


class Sight(Protocol):
    """What the senses add to what is known by name."""

    def surfaces(self) -> Sequence[SeenSurface]:
        """Level patches that perception has seen, in odom."""

    def unknown(self, known: Scene) -> SeenSurfaces | None:
        """What the depth camera sees besides ``known`` and the robot; None: no fresh image."""

    def watch(self, known: Scene) -> Callable[[], SeenSurfaces | None]:
        """What comes into view from now on, whenever asked; None: nothing did."""


@dataclass(frozen=True, eq=False)
class Attached:
    """Something a client has fixed to a link."""

    name: str
    link: str
    things: tuple[Thing, ...]
    """Its solids in the link's frame."""
    touches: tuple[str, ...]
    """Links that may touch it."""


class SceneKeeper:
    """Scene and robot as planning services see them. Thread safe."""

    def __init__(self, context: Context, sight: Sight | None = None) -> None:
        self._context = context
        self._sight = sight
        self._lock = threading.Lock()
        self.world = WorldModel((SURFACES, KNOWN, CLIENT))
        self._attached: dict[str, Attached] = {}
        self._allowed: frozenset[tuple[str, str]] = frozenset()
        self._planner: Planner | None = None
        self._made_of: RobotModel | None = None
        self.localised = False
        """Whether home and things seen were in the last scene; without a place they cannot be."""

    def scene(self, look: bool = True) -> Scene:
        """The world around the robot now, in odom.

        Args:
            look: Whether a fresh depth image is asked for; the one before stays otherwise.
        """
        try:
            known = list(self._context.scene().things.values())
            self.localised = True
        except HearthError:
            known, self.localised = [self._floor()], False
        self.world.set_layer(KNOWN, known)
        if self._sight is not None:
            with suppress(HearthError):  # surfaces are in map: without a place they are nowhere
                self.world.set_layer(
                    SURFACES, [_plate(k, s) for k, s in enumerate(self._sight.surfaces())]
                )
            if look:
                self.world.set_seen(self._sight.unknown(self.world.scene()))
        return self.world.scene()

    def watch(self) -> Callable[[], Scene]:
        """The world while something moves: what is known, and what the camera saw come in."""
        entered = None if self._sight is None else self._sight.watch(self.world.scene())
        last: list[tuple[Scene, SeenSurfaces | None, Scene]] = []

        def newest() -> Scene:
            scene = self.scene(look=False)
            field = entered() if entered else None
            if not last or last[0][0] is not scene or last[0][1] is not field:
                last[:] = [(scene, field, scene if field is None else scene.with_seen(field))]
            return last[0][2]

        return newest

    def planner(self) -> Planner:
        """Plans for the robot with all that it holds."""
        with self._lock:
            base = self._context.planner.model
            if self._planner is None or self._made_of is not base:
                self._planner, self._made_of = Planner(self._dressed(base)), base
            return self._planner

    def attached(self) -> list[Attached]:
        """What clients have fixed to the robot."""
        with self._lock:
            return list(self._attached.values())

    def attach(self, item: Attached) -> None:
        """Fix something to a link; it is no thing of the world any more.

        Raises:
            UnknownNameError: A link is not there.
        """
        model = self._context.planner.model
        for link in (item.link, *item.touches):
            model.link(link)
        with self._lock:
            self._attached[item.name] = item
            self._planner = None
        self.remove([item.name])

    def detach(self, name: str) -> Attached:
        """Take something off the robot again.

        Raises:
            UnknownNameError: It is not attached.
        """
        with self._lock:
            if name not in self._attached:
                raise UnknownNameError("attached object", name, self._attached)
            self._planner = None
            return self._attached.pop(name)

    def add(self, things: Iterable[Thing]) -> None:
        """Add or replace things of the client's."""
        things = list(things)
        self.world.show(thing.name for thing in things)
        self.world.update_layer(CLIENT, things)

    def remove(self, names: Sequence[str]) -> list[str]:
        """Take things out by name, with the pieces of meshes; returns what was taken out."""
        present = self.world.scene().things
        gone = [n for n in present if n in names or n.partition("#")[0] in names]
        self.world.update_layer(CLIENT, removed=gone)
        self.world.hide([n for n in gone if n in self.world.layer(KNOWN)])
        return gone

    def clear(self) -> None:
        """Forget everything that clients added or took out."""
        self.world.set_layer(CLIENT, [])
        hidden = list(self.world.layer(KNOWN))
        self.world.show(hidden)

    def allow(self, pairs: Iterable[tuple[str, str]], allowed: bool = True) -> None:
        """Let links touch each other, or not any more what was let before.

        Raises:
            UnknownNameError: A link is not there.
        """
        model = self._context.planner.model
        given = set()
        for pair in pairs:
            one, two = sorted(pair)
            model.link(one), model.link(two)
            given.add((one, two))
        with self._lock:
            now = self._allowed | given if allowed else self._allowed - given
            self._allowed, self._planner = frozenset(now), None

    def _dressed(self, model: RobotModel) -> RobotModel:
        for item in self._attached.values():
            pieces = [cover(as_cover(thing), 0.008, 0.012) for thing in item.things]
            model = model.attach(
                item.link,
                np.concatenate([centers for centers, _ in pieces]),
                np.concatenate([radii for _, radii in pieces]),
                item.touches,
                item.name,
            )
        pairs = {
            (min(model.link(a), model.link(b)), max(model.link(a), model.link(b)))
            for a, b in self._allowed
        }
        return replace(model, may_touch=model.may_touch | pairs)

    def _floor(self) -> Thing:
        base = self._context.body.base()
        pose = Transform(np.eye(3), np.array([base.x, base.y, -0.05]))
        return Thing("floor", "box", np.array([6.0, 6.0, 0.1]), pose)


def _plate(number: int, surface: SeenSurface) -> Thing:
    place = surface.place.replace("#", "_") or "surface"
    size = np.array([surface.size[0], surface.size[1], PLATE])
    middle = Transform(np.eye(3), np.array([0.0, 0.0, -SUNK - 0.5 * PLATE]))
    return Thing(f"{place}#seen{number}", "box", size, surface.pose @ middle)


def as_cover(thing: Thing) -> Solid:
    """A thing of the scene as a solid that spheres are fitted to."""
    size = np.asarray(thing.size, float)
    if thing.shape == "box":
        return Solid("box", size, thing.pose)
    if thing.shape == "sphere":
        return Solid("sphere", np.array([0.5 * size[0]]), thing.pose)
    return Solid(thing.shape, np.array([0.25 * (size[0] + size[1]), size[2]]), thing.pose)
