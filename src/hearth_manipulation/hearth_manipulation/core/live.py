"""The world while something moves: what was planned with, and what has come into it since."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from hearth_manipulation.core.ports import Sighting
from hearth_manipulation.core.scene import Scene, SeenSurfaces, Thing

PERSON = "person#"
"""Begins the names of balls that stand for people."""
MOVED = 0.03
"""A thing that is seen this far from where it was has been moved [m]; less is noise."""


class LiveScene:
    """The planned scene, with things that came or were moved and what the depth camera saw enter.

    Things that were known but left out of the planned scene (the one about to be grasped, the one
    in the hand) stay out.
    """

    def __init__(
        self,
        planned: Scene,
        known: Iterable[str],
        things: Callable[[], Sequence[Sighting]],
        solid: Callable[[Sighting], Thing],
        entered: Callable[[], SeenSurfaces | None] | None = None,
        people: Callable[[], Sequence[Thing]] = tuple,
    ) -> None:
        """Begin with the world as planned.

        Args:
            planned: Scene of the plan.
            known: Ids of all things known when it was made.
            things: What perception sees now.
            solid: Makes a solid of a thing.
            entered: What the depth camera saw come in since; None: nothing.
            people: Where the arms may not go for people's sake now, as solids.
        """
        self._left_out = set(known) - set(planned.things)
        self._things = things
        self._solid = solid
        self._entered = entered or (lambda: None)
        self._people = people
        self._field: SeenSurfaces | None = None
        self._planned = planned
        self._scene = planned

    def __call__(self) -> Scene:
        """The world now; the same object while nothing has changed."""
        changed = []
        for sighting in self._things():
            if sighting.id in self._left_out:
                continue
            before = self._scene.things.get(sighting.id)
            away = np.inf
            if before is not None:
                away = float(np.linalg.norm(before.pose.translation - sighting.pose.translation))
            if away > MOVED:
                changed.append(self._solid(sighting))
        field = self._entered()
        self._follow_people()
        if changed:
            self._scene = self._scene.with_things(changed)
        if field is not self._field:
            self._field = field
            self._scene = self._scene.with_seen(self._planned.seen if field is None else field)
        return self._scene

    def _follow_people(self) -> None:
        """Put people where they are now; a scene in which nobody moved stays the same object."""
        now = {thing.name: thing for thing in self._people()}
        before = {n: thing for n, thing in self._scene.things.items() if n.startswith(PERSON)}
        moved = [
            thing
            for n, thing in now.items()
            if n not in before
            or np.linalg.norm(before[n].pose.translation - thing.pose.translation) > MOVED
        ]
        gone = [n for n in before if n not in now]
        if gone or moved:
            self._scene = self._scene.without(gone).with_things(moved)
