"""The semantic map in homes whose things are moved, taken and added, without rendering.

What a view shows is decided by geometry alone (field of view, distance, one thing before
another); sightings are drawn with the noise, the misses and the wrong names measured on rendered
views (``hearth bench perception --only detection``). The map under test is the robot's own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from hearth_core.home.catalogue import OBJECT_KINDS
from hearth_core.home.model import Home
from hearth_perception.core.places import Shelf, shelves_of_home
from hearth_perception.core.semantic_map import Glance, SemanticMap, Track
from hearth_perception.core.shapes import Kind, Shape
from hearth_perception.core.sighting import Sighting
from hearth_sim.core.assemble import read_home

EYE = 1.25
FIELD = 0.62
"""Half the horizontal field of view [rad]."""
MISS, WRONG, GHOST = 0.055, 0.065, 0.01
"""Chances of one view: a visible thing is not found; it is misnamed; something is made up."""
GRAIN = 0.015
"""Between the points of a surface that a view shows [m]."""
STANDS, LOOKS, PERIOD = 30, 4, 0.5
"""A patrol: stands, views at each, time between views [s]; 180 s with the driving."""


@dataclass
class Thing:
    """One thing in truth."""

    name: str
    kind: str
    at: np.ndarray
    shelf: Shelf
    blind: dict[int, bool]
    """Whether it is hard to see from a stand: misses of one stand belong together."""


@dataclass(frozen=True)
class Result:
    """What one home gave."""

    home: int
    wanted: int
    """Changes of which the patrol's stands show what is asked for."""
    right: int
    claims: int
    false: int
    unseen: int
    """Changes (or halves of them: where to, where from) that no stand shows."""
    agreement: float
    """Share of true things that the map has right at the end."""


def patrol(number: int) -> Result:
    """One home: look around, change things, look around for three minutes, compare."""
    rng = np.random.default_rng([number, 5])
    home = read_home(f"generated:{number}")
    shelves = [s for s in shelves_of_home(home) if not s.inside and 0.3 < s.height < 1.5]
    things = _fill(home, shelves, rng)
    world = _World(things, shelves, rng)
    believed = SemanticMap()
    now = 0.0
    for stand in world.stands():
        now = world.visit(believed, stand, now)
    now += 60.0
    believed.changes.clear()
    known = {id(t) for t in world.things if world.shown(t)}
    expected, unseen = world.observable(world.change(), known)
    for stand in world.stands():
        now = world.visit(believed, stand, now)
    claims = [(str(c.kind), c.label, c.before, c.after) for c in believed.changes]
    right, open_claims = _compare(expected, list(claims))
    good = sum(_has(believed, t) for t in world.things)
    return Result(
        number,
        len(expected),
        right,
        len(claims),
        len(open_claims),
        unseen,
        good / len(world.things),
    )


Claim = tuple[str, str, "np.ndarray | None", "np.ndarray | None"]
"""Kind of change, class, from where, to where."""


def _compare(expected: list[Claim], claims: list[Claim]) -> tuple[int, list[Claim]]:
    """How many changes were told right, and the claims that are false."""
    right, left = 0, []
    for kind, label, source, target in expected:
        # Of two alike that both changed nobody can tell which is which: any roles will do.
        alike = [e for e in expected if e[1] == label]
        for index, claim in enumerate(claims):
            same = claim[0] == kind and claim[1] == label
            there = any(_near(e[2], claim[2]) for e in alike)
            if same and there and any(_near(e[3], claim[3]) for e in alike):
                del claims[index]
                right += 1
                break
        else:
            left.append((kind, label, source, target))
    for claim in list(claims):  # one gone and one like it come: it looks as if it had moved
        gone = [e for e in left if e[1] == claim[1] and e[3] is None and _near(e[2], claim[2])]
        come = [e for e in left if e[1] == claim[1] and e[2] is None and _near(e[3], claim[3])]
        if claim[0] == "moved" and gone and come:
            claims = [c for c in claims if c is not claim]
            right += 2
    return right, claims


def _near(a: np.ndarray | None, b: np.ndarray | None) -> bool:
    if a is None or b is None:
        return a is None and b is None
    return float(np.linalg.norm(a - b)) < 0.15


def _has(believed: SemanticMap, thing: Thing) -> bool:
    return any(
        t.label == thing.kind and t.existence > 0.4 and _near(t.position, thing.at)
        for t in believed.tracks
    )


def _fill(home: Home, shelves: list[Shelf], rng: np.random.Generator) -> list[Thing]:
    things: list[Thing] = []
    kinds = list(OBJECT_KINDS)
    for k in range(22):
        kind = kinds[int(rng.integers(len(kinds)))]
        spot = _spot(shelves, things, rng)
        if spot is not None:
            at, shelf = spot
            at[2] += OBJECT_KINDS[kind].size[2] / 2
            things.append(Thing(f"{kind}#{k}", kind, at, shelf, {}))
    return things


def _spot(
    shelves: list[Shelf], things: list[Thing], rng: np.random.Generator
) -> tuple[np.ndarray, Shelf] | None:
    for _ in range(50):
        shelf = shelves[int(rng.integers(len(shelves)))]
        half = np.array(shelf.size) / 2 - 0.1
        if (half <= 0.0).any():
            continue
        xy = shelf.pose.apply(rng.uniform(-half, half))
        at = np.array([*xy, shelf.height])
        if all(np.linalg.norm((t.at - at)[:2]) > 0.22 for t in things):
            return at, shelf
    return None


Expected = tuple[str, str, np.ndarray | None, np.ndarray | None]
"""What should be said: kind of change, class, from where, to where."""
Stand = tuple[np.ndarray, list[Shelf]]
"""Where the eye is, and the surfaces of the place it looks at."""


class _World:
    def __init__(
        self, things: list[Thing], shelves: list[Shelf], rng: np.random.Generator
    ) -> None:
        self.things = things
        self._shelves = shelves
        self._rng = rng
        self._spare = 1000

    def stands(self) -> list[Stand]:
        """Where the patrol looks from: before every place, from two sides while time lasts."""
        places: dict[str, list[Shelf]] = {}
        for shelf in self._shelves:
            places.setdefault(shelf.place, []).append(shelf)
        result = []
        for side in (-0.35, 0.35):
            for shelves in places.values():
                first = shelves[0]
                out = first.size[0] / 2 + 0.8
                eye = first.pose.apply(np.array([out, side * first.size[1]]))
                result.append((np.array([*eye, EYE]), shelves))
        return result[:STANDS]

    def shown(self, thing: Thing) -> bool:
        """Whether any stand of the patrol shows it."""
        return any(self._visible(thing, eye, shelves) for eye, shelves in self.stands())

    def observable(
        self, happened: list[tuple[Expected, Thing]], known: set[int]
    ) -> tuple[list[Expected], int]:
        """What of it a patrol can know: gone where it was seen, there where it can be seen."""
        result: list[Expected] = []
        unseen = 0
        for (_, label, before, after), thing in happened:
            source = before if id(thing) in known else None
            target = after if after is not None and self.shown(thing) else None
            unseen += (source is None) != (before is None) or (target is None) != (after is None)
            if source is not None and target is not None:
                result.append(("moved", label, source, target))
            elif source is not None:
                result.append(("taken", label, source, None))
            elif target is not None:
                result.append(("appeared", label, None, target))
        return result, unseen

    def change(self) -> list[tuple[Expected, Thing]]:
        """Move three things, take two, add two."""
        rng = self._rng
        expected: list[tuple[Expected, Thing]] = []
        chosen = rng.permutation(len(self.things))[:5]
        moved = [self.things[k] for k in chosen[:3]]
        gone = [self.things[k] for k in chosen[3:]]
        for thing in moved:
            spot = _spot(self._shelves, self.things, rng)
            if spot is None:
                continue
            before = thing.at.copy()
            thing.at, thing.shelf = spot
            thing.at[2] += OBJECT_KINDS[thing.kind].size[2] / 2
            expected.append((("moved", thing.kind, before, thing.at.copy()), thing))
        for thing in gone:
            self.things.remove(thing)
            expected.append((("taken", thing.kind, thing.at.copy(), None), thing))
        taken = {t.kind for t in gone}
        for _ in range(2):
            free = [k for k in OBJECT_KINDS if k not in taken]
            kind = free[int(rng.integers(len(free)))]
            spot = _spot(self._shelves, self.things, rng)
            if spot is None:
                continue
            at, shelf = spot
            at[2] += OBJECT_KINDS[kind].size[2] / 2
            self._spare += 1
            thing = Thing(f"{kind}#{self._spare}", kind, at, shelf, {})
            self.things.append(thing)
            expected.append((("appeared", kind, None, at.copy()), thing))
        for thing in self.things:
            thing.blind.clear()
        return expected

    def visit(self, believed: SemanticMap, stand: Stand, now: float) -> float:
        """Look a few times from one stand."""
        eye, shelves = stand
        rng = self._rng
        key = hash(eye.tobytes())
        seen = [t for t in self.things if self._visible(t, eye, shelves)]
        for thing in seen:  # half of what is missed is missed by every view from here
            thing.blind.setdefault(key, bool(rng.random() < MISS / 2))
        for shelf in shelves:
            self._survey(believed, shelf, eye, now + PERIOD)
        for _ in range(LOOKS):
            now += PERIOD
            sightings = []
            for thing in seen:
                if not thing.blind[key] and rng.random() > MISS / 2:
                    sightings.append(self._sighting(thing, eye))
            if rng.random() < GHOST:
                sightings.append(self._ghost(shelves[0], eye))
            believed.update(sightings, now, lambda track: self._glance(track, eye, shelves, seen))
        return now + 4.0

    def _survey(self, believed: SemanticMap, shelf: Shelf, eye: np.ndarray, now: float) -> None:
        """What the camera sees of a surface between and behind the things on it."""
        half = np.array(shelf.size) / 2
        grid = np.stack(np.meshgrid(*[np.arange(-h, h, GRAIN) for h in half]), -1).reshape(-1, 2)
        points = shelf.pose.apply(grid)
        bare = np.ones(len(points), bool)
        ray = points - eye[:2]
        for thing in self.things:  # upright cylinders; rays end on the surface
            size = np.array(OBJECT_KINDS[thing.kind].size)
            along = ((thing.at[:2] - eye[:2]) * ray).sum(axis=1) / (ray**2).sum(axis=1)
            along = np.clip(along, 0.0, 1.0)
            off = np.linalg.norm(eye[:2] + along[:, None] * ray - thing.at[:2], axis=1)
            high = eye[2] + along * (shelf.height - eye[2]) - thing.at[2]
            bare &= (off > size[:2].max() / 2) | (np.abs(high) > size[2] / 2 + 0.005)
        if bare.any():
            believed.surveyed.see(shelf.name, points[bare], now)

    def _visible(self, thing: Thing, eye: np.ndarray, shelves: list[Shelf]) -> bool:
        if not self._in_view(thing.at, eye, shelves):
            return False
        ray = thing.at - eye
        away = float(np.linalg.norm(ray))
        for other in self.things:
            if other is thing:
                continue
            d = other.at - eye
            along = float(d @ ray) / away
            if 0.2 < along < away - 0.05 and np.linalg.norm(d - along * ray / away) < 0.04:
                return False
        return True

    @staticmethod
    def _in_view(at: np.ndarray, eye: np.ndarray, shelves: list[Shelf]) -> bool:
        middle = np.array([shelves[0].pose.x, shelves[0].pose.y]) - eye[:2]
        ray = at[:2] - eye[:2]
        turn = math.atan2(ray[1], ray[0]) - math.atan2(middle[1], middle[0])
        turn = (turn + math.pi) % (2 * math.pi) - math.pi
        near = any(s.outside(at[:2]) < 0.1 and abs(at[2] - s.height) < 0.35 for s in shelves)
        return bool(abs(turn) < FIELD and np.linalg.norm(ray) < 2.5 and near)

    def _glance(
        self, track: Track, eye: np.ndarray, shelves: list[Shelf], seen: list[Thing]
    ) -> Glance:
        if not self._in_view(track.position, eye, shelves):
            return Glance.UNSEEN
        if any(np.linalg.norm(t.at - track.position) < 0.08 for t in self.things):
            visible = any(np.linalg.norm(t.at - track.position) < 0.08 for t in seen)
            return Glance.FILLED if visible else Glance.UNSEEN
        ray = track.position - eye
        away = float(np.linalg.norm(ray))
        for other in self.things:
            d = other.at - eye
            along = float(d @ ray) / away
            if 0.2 < along < away and np.linalg.norm(d - along * ray / away) < 0.05:
                return Glance.UNSEEN
        return Glance.EMPTY

    def _sighting(self, thing: Thing, eye: np.ndarray) -> Sighting:
        rng = self._rng
        kind = OBJECT_KINDS[thing.kind]
        away = float(np.linalg.norm(thing.at - eye))
        label, score = thing.kind, float(rng.uniform(0.7, 0.97))
        if rng.random() < WRONG:
            label, score = str(rng.choice(list(OBJECT_KINDS))), float(rng.uniform(0.45, 0.75))
        scores = {label: score}
        if label != thing.kind:
            scores[thing.kind] = 0.9 - score
        return self._made(
            label, scores, thing.at, thing.shelf.name, np.array(kind.size), away, eye
        )

    def _ghost(self, shelf: Shelf, eye: np.ndarray) -> Sighting:
        rng = self._rng
        half = np.array(shelf.size) / 2
        at = np.array([*shelf.pose.apply(rng.uniform(-half, half)), shelf.height + 0.05])
        label = str(rng.choice(list(OBJECT_KINDS)))
        return self._made(label, {label: 0.55}, at, shelf.name, np.full(3, 0.08), 1.5, eye)

    def _made(
        self,
        label: str,
        scores: dict[str, float],
        at: np.ndarray,
        place: str,
        size: np.ndarray,
        away: float,
        eye: np.ndarray,
    ) -> Sighting:
        # Localisation is the same for all views of a stand only in truth: here it is worse.
        noise = self._rng.normal(0.0, 0.006 + 0.004 * away, 3) * [1.0, 1.0, 0.3]
        ray = (at - eye)[:2] / max(1e-6, float(np.linalg.norm((at - eye)[:2])))
        sigma = np.array([0.012, 0.008, 0.004])
        shape = Shape(Kind.BOX, at + noise, 0.0, size, np.full(3, 0.006), sigma, ray, 0.002)
        nominal = OBJECT_KINDS[label].shape
        return Sighting(label, scores, shape, nominal, place, 0.0, (0, 0, 10, 10))
