"""The planning scene over time: layers that know different things, one version for all of them."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from hearth_manipulation.core.scene import Scene, SeenSurfaces, Thing

SAME = 1e-3
"""Solids that moved or grew by less than this have not changed [m]; rotations: by entry."""


@dataclass(frozen=True, eq=False)
class SceneDiff:
    """What became of a scene since a version."""

    since: int
    version: int
    changed: tuple[Thing, ...] = ()
    """Solids that are new or other than they were."""
    removed: tuple[str, ...] = ()
    seen_changed: bool = False
    seen: SeenSurfaces | None = None
    """The distance field now, where it changed."""

    @property
    def empty(self) -> bool:
        """Whether nothing changed."""
        return not (self.changed or self.removed or self.seen_changed)

    def apply(self, scene: Scene) -> Scene:
        """A scene of version ``since`` brought up to date."""
        result = scene.without(self.removed).with_things(self.changed)
        if self.seen_changed:
            result = result.with_seen(self.seen)
        return Scene(result.things, result.seen, self.version)


class WorldModel:
    """Solids in named layers, later layers over earlier ones, and one distance field.

    Thread safe. The version grows only when something really changed.
    """

    def __init__(self, layers: Iterable[str]) -> None:
        """``layers``: their names, the least trusted first."""
        self._lock = threading.Lock()
        self._layers: dict[str, dict[str, Thing]] = {name: {} for name in layers}
        self._hidden: set[str] = set()
        self._seen: SeenSurfaces | None = None
        self._seen_version = 0
        self._changed: dict[str, int] = {}
        self._removed: dict[str, int] = {}
        self._scene = Scene()

    def scene(self) -> Scene:
        """Everything known now; the same object until something changes."""
        with self._lock:
            return self._scene

    def set_layer(self, layer: str, things: Iterable[Thing]) -> int:
        """Replace what a layer knows; returns the version."""
        with self._lock:
            self._layers[layer] = {thing.name: thing for thing in things}
            return self._rebuild()

    def update_layer(
        self, layer: str, things: Iterable[Thing] = (), removed: Iterable[str] = ()
    ) -> int:
        """Add, replace or take away some solids of a layer; returns the version."""
        gone = set(removed)
        with self._lock:
            kept = {n: thing for n, thing in self._layers[layer].items() if n not in gone}
            self._layers[layer] = kept | {thing.name: thing for thing in things}
            return self._rebuild()

    def layer(self, layer: str) -> dict[str, Thing]:
        """Solids of one layer by name."""
        with self._lock:
            return dict(self._layers[layer])

    def hide(self, names: Iterable[str]) -> int:
        """Leave solids out by name whatever layer knows them, until shown again."""
        with self._lock:
            self._hidden |= set(names)
            return self._rebuild()

    def show(self, names: Iterable[str]) -> int:
        """Undo :meth:`hide`."""
        with self._lock:
            self._hidden -= set(names)
            return self._rebuild()

    def set_seen(self, seen: SeenSurfaces | None) -> int:
        """Replace the distance field; returns the version."""
        with self._lock:
            if seen is self._seen:
                return self._scene.version
            self._seen, self._seen_version = seen, self._scene.version + 1
            self._scene = Scene(self._scene.things, seen, self._seen_version)
            return self._seen_version

    def changes(self, since: int) -> SceneDiff:
        """What changed after version ``since``."""
        with self._lock:
            things = self._scene.things
            return SceneDiff(
                since,
                self._scene.version,
                tuple(thing for n, thing in things.items() if self._changed[n] > since),
                tuple(n for n, at in self._removed.items() if at > since),
                self._seen_version > since,
                self._seen,
            )

    def _rebuild(self) -> int:
        merged: dict[str, Thing] = {}
        for layer in self._layers.values():
            merged |= layer
        merged = {n: thing for n, thing in merged.items() if n not in self._hidden}
        before, version = self._scene.things, self._scene.version + 1
        changed = [
            n for n, thing in merged.items() if n not in before or not _same(thing, before[n])
        ]
        removed = [n for n in before if n not in merged]
        if not changed and not removed:
            return self._scene.version
        for n in changed:
            self._changed[n] = version
            self._removed.pop(n, None)
        for n in removed:
            self._removed[n] = version
            self._changed.pop(n, None)
        # What hardly moved stays where it was, or slow creeping would never be a change.
        fresh = set(changed)
        kept = {n: thing if n in fresh else before[n] for n, thing in merged.items()}
        self._scene = Scene(kept, self._seen, version)
        return version


def _same(one: Thing, two: Thing) -> bool:
    return (
        one.shape == two.shape
        and bool(np.all(np.abs(one.size - two.size) < SAME))
        and bool(np.all(np.abs(one.pose.translation - two.pose.translation) < SAME))
        and bool(np.all(np.abs(one.pose.rotation - two.pose.rotation) < SAME))
    )
