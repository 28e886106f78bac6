"""What the robot believes to be where: things over time, with doubt."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

import numpy as np
import numpy.typing as npt
from hearth_core.home.catalogue import Shape as Nominal

from hearth_perception.core.changes import ChangeLog
from hearth_perception.core.detector import UNKNOWN
from hearth_perception.core.sighting import Sighting
from hearth_perception.core.surveyed import Surveyed

Array = npt.NDArray[np.float64]

BESIDE = 0.04
"""Things nearer to each other than this are taken for one another by a glance [m]."""


class Glance(Enum):
    """What a view says about the place where a thing should be."""

    UNSEEN = auto()
    """Out of view or behind something."""
    EMPTY = auto()
    """The view looks through it: it is gone."""
    FILLED = auto()
    """Something is there, but it was not recognised."""


@dataclass
class Track:
    """One thing over time."""

    id: str
    scores: dict[str, float]
    """Probability by label; the rest to 1 is unknown."""
    position: Array
    """Middle in map [m], shape (3,)."""
    covariance: Array
    """[m2], shape (3, 3)."""
    yaw: float
    size: Array
    nominal: Nominal
    existence: float
    last_seen: float
    place: str
    hits: int = 1
    carried: str = ""
    """Hand that holds it: ``left``, ``right``; empty: it stands somewhere."""
    first_seen: float = 0.0
    """[s]"""
    odd: int = 0
    """Sightings in a row of something of another class and size at its place."""
    settled: bool = False
    """It is part of the known home: what happens to it is a change."""

    @property
    def label(self) -> str:
        """Likeliest class."""
        rest = 1.0 - sum(self.scores.values())
        best = max(self.scores, key=lambda k: self.scores[k], default=UNKNOWN)
        return best if self.scores.get(best, 0.0) > rest else UNKNOWN

    @property
    def confidence(self) -> float:
        """Probability that the label is right."""
        return self.scores.get(self.label, max(0.0, 1.0 - sum(self.scores.values())))


@dataclass(frozen=True)
class Rules:
    """How quickly beliefs change."""

    gate: float = 0.10
    """Farthest a thing may seem to have moved between two looks and be the same [m]."""
    first: float = 0.6
    """Existence after one sighting."""
    miss: float = 0.35
    """Factor on existence when its place is seen empty."""
    beside: float = 0.7
    """Factor when what is seen there may be the thing recognised next to it."""
    doubt: float = 0.9
    """Factor when something is there that was not recognised."""
    half_life: float = 1800.0
    """Time unseen after which existence halves [s]."""
    drop: float = 0.08
    """Existence at which a thing is forgotten."""
    doubt_floor: float = 0.4
    """That something fills its place never makes it less likely than this."""
    process: float = 0.003
    """Standard deviation added to the position between two looks [m]."""
    gone: float = 0.3
    """Existence below which a thing whose place was seen empty is reported as taken."""
    odd: int = 3
    """So many odd sightings in a row are another thing at the same place."""
    survey_age: float = 15.0
    """A spot is known when it was seen this long before a thing appears on it [s]."""


@dataclass
class SemanticMap:
    """Associates sightings with things, lets what is missed fade, answers where things are."""

    rules: Rules = field(default_factory=Rules)
    tracks: list[Track] = field(default_factory=list)
    changes: ChangeLog = field(default_factory=ChangeLog)
    surveyed: Surveyed = field(default_factory=Surveyed)
    _numbers: dict[str, int] = field(default_factory=dict)
    _now: float = -math.inf

    def update(
        self,
        sightings: Sequence[Sighting],
        stamp: float,
        glance: Callable[[Track], Glance],
    ) -> None:
        """Take what one view showed.

        Args:
            sightings: Things in the view.
            stamp: When [s]; time may jump back (a reset world), which forgets everything.
            glance: What the view says about a track that was not among the sightings.
        """
        if stamp < self._now - 1.0:
            self.forget()
        elapsed = max(0.0, stamp - self._now) if math.isfinite(self._now) else 0.0
        self._now = stamp
        fade = 0.5 ** (elapsed / self.rules.half_life)
        for track in self.tracks:
            track.existence *= fade
        standing = [t for t in self.tracks if not t.carried]
        pairs = self._associate(standing, sightings)
        matched = {id(track) for track, _ in pairs}
        used = {id(sighting) for _, sighting in pairs}
        for track, sighting in pairs:
            if track.existence < self.rules.gone and not track.settled and track.hits > 1:
                self.changes.back(track.id)
                track.settled = True
            if not self._replaced(track, sighting, stamp):
                self._merge(track, sighting, stamp)
        for track in standing:
            if id(track) in matched:
                continue
            self._unmatched(track, glance(track), [t for t, _ in pairs], stamp)
        for sighting in sightings:
            if id(sighting) not in used:
                self._appear(sighting, stamp)
        self.tracks = [t for t in self.tracks if t.existence > self.rules.drop or t.carried]

    def _unmatched(
        self, track: Track, seen: Glance, others: Sequence[Track], stamp: float
    ) -> None:
        """It was not among the sightings: out of sight, gone, or not recognised."""
        rival = next((t for t in others if _overlap(t, track)), None)
        if seen is Glance.FILLED and rival is not None:  # two things are not in one place
            if rival.label == track.label:
                track.settled = False  # one thing, believed twice
            seen = Glance.EMPTY
        if seen is Glance.EMPTY:
            self._missed(track, stamp, self.rules.miss)
        elif seen is Glance.FILLED and any(_beside(t, track) for t in others):
            self._missed(track, stamp, self.rules.beside)
        elif seen is Glance.FILLED:
            floor = min(track.existence, self.rules.doubt_floor)
            track.existence = max(floor, track.existence * self.rules.doubt)

    def forget(self) -> None:
        """Everything."""
        self.tracks.clear()
        self.changes.clear()
        self.surveyed.clear()

    def restore(self, tracks: Sequence[Track]) -> None:
        """Take things of an earlier run; names go on where they ended."""
        self.tracks = list(tracks)
        for track in tracks:
            stem, _, number = track.id.rpartition("_")
            if number.isdecimal():
                self._numbers[stem] = max(self._numbers.get(stem, 0), int(number))

    def _missed(self, track: Track, stamp: float, factor: float) -> None:
        """Its place was seen once more, and nothing there that it could be."""
        track.existence *= factor
        if track.existence < self.rules.gone and track.settled:
            track.settled = False
            self.changes.taken(track.id, track.label, stamp, track.position, track.place)

    def _replaced(self, track: Track, sighting: Sighting, stamp: float) -> bool:
        """Whether another thing has taken the place of this one: other class and other size."""
        off = np.abs(np.sort(track.size[:2]) - np.sort(sighting.shape.size[:2])).max()
        rise = abs(track.size[2] - sighting.shape.size[2])
        other = max(float(off), float(rise)) > 0.015 + 0.15 * float(track.size.max())
        odd = other and track.settled and UNKNOWN not in (track.label, sighting.label)
        if not odd or _alike(track, sighting) > 0.4:
            track.odd = 0
            return False
        track.odd += 1
        track.last_seen = stamp
        if track.odd < self.rules.odd:
            return True
        self.changes.taken(track.id, track.label, stamp, track.position, track.place)
        self.tracks = [t for t in self.tracks if t is not track]
        self._appear(sighting, stamp)
        return True

    def _settle(self, track: Track) -> None:
        """A thing seen twice belongs to the home; where its spot was known free, it is new."""
        track.settled = True
        before = track.first_seen - self.rules.survey_age
        free = self.surveyed.free(track.place, track.position, track.size, before)
        self.surveyed.cover(track.place, track.position, track.size, track.last_seen)
        # What was there and not recognised hid the surface under it: that is not new.
        if free and track.label != UNKNOWN:
            self.changes.appeared(
                track.id, track.label, track.last_seen, track.position, track.place
            )

    def carry(self, name: str, side: str) -> None:
        """A hand took a thing: where it was is empty now."""
        for track in self.tracks:
            if track.id == name:
                track.carried, track.place = side, f"{side}_hand"

    def release(self, side: str, position: Array | None = None) -> None:
        """A hand let go; ``position`` [m] is where its thing probably is now, if known."""
        for track in self.tracks:
            if track.carried == side:
                track.carried, track.place = "", ""
                track.covariance = np.eye(3) * 0.05**2
                track.existence = min(track.existence, 0.5)
                if position is not None:
                    track.position = np.asarray(position, float)

    def find(
        self, label: str, place: str = "", max_age: float = 0.0, now: float | None = None
    ) -> list[Track]:
        """Things that may be ``label``, the best first.

        Args:
            label: Class; empty: any.
            place: ``refrigerator`` or ``refrigerator/shelf_2``; empty: anywhere.
            max_age: Oldest acceptable last sight [s]; 0: any.
            now: Time [s] the age is counted to.
        """
        found = []
        for track in self.tracks:
            score = track.existence * (track.scores.get(label, 0.0) if label else 1.0)
            if score < 0.05 or not _at(track.place, place):
                continue
            if max_age > 0.0 and now is not None and now - track.last_seen > max_age:
                continue
            found.append((score, track))
        return [t for _, t in sorted(found, key=lambda item: -item[0])]

    def _associate(
        self, tracks: Sequence[Track], sightings: Sequence[Sighting]
    ) -> list[tuple[Track, Sighting]]:
        options = []
        for track in tracks:
            for sighting in sightings:
                away = float(np.linalg.norm(track.position - sighting.shape.middle))
                alike = _alike(track, sighting)
                gate = self.rules.gate * (0.4 + 0.6 * alike)
                if track.existence < 0.5 and alike > 0.5:
                    gate = max(gate, 3.0 * math.sqrt(float(np.trace(track.covariance))))
                if away < gate:
                    options.append((away + 0.1 * (1.0 - alike), track, sighting))
        pairs: list[tuple[Track, Sighting]] = []
        taken: set[int] = set()
        for _, track, sighting in sorted(options, key=lambda option: option[0]):
            if id(track) not in taken and id(sighting) not in taken:
                taken |= {id(track), id(sighting)}
                pairs.append((track, sighting))
        return pairs

    def _merge(self, track: Track, sighting: Sighting, stamp: float) -> None:
        shape = sighting.shape
        measured = shape.covariance() * (1.0 + 3.0 * sighting.hidden)
        moved = float(np.linalg.norm(track.position - shape.middle))
        predicted = track.covariance + np.eye(3) * self.rules.process**2
        if moved > 0.05:
            predicted = predicted + np.eye(3) * moved**2
        gain = predicted @ np.linalg.inv(predicted + measured)
        track.position = track.position + gain @ (shape.middle - track.position)
        track.covariance = (np.eye(3) - gain) @ predicted
        weight = 1.0 / min(5, track.hits + 1)
        same = np.allclose(track.size, shape.size, atol=0.05)
        track.size = track.size + weight * (shape.size - track.size) if same else shape.size
        track.yaw = shape.yaw
        track.scores = blend(track.scores, sighting.scores)
        track.nominal = sighting.nominal
        track.existence = 1.0 - (1.0 - track.existence) * 0.35
        track.last_seen = stamp
        track.place = sighting.place or track.place
        track.hits += 1
        if not track.settled:
            self._settle(track)

    def _appear(self, sighting: Sighting, stamp: float) -> None:
        """A thing that was not there: one that went missing elsewhere, or a new one."""
        if sighting.label != UNKNOWN:
            for track in self.tracks:
                # What was seen only once may never have been there.
                lost = not track.carried and track.existence < 0.3 and track.hits > 1
                if lost and track.label == sighting.label and track.last_seen < stamp:
                    self.changes.back(track.id)
                    places = (track.place, sighting.place)
                    at = sighting.shape.middle
                    self.changes.moved(track.id, track.label, stamp, track.position, at, places)
                    track.settled = True
                    track.position = sighting.shape.middle.copy()
                    track.covariance = sighting.shape.covariance()
                    track.existence = self.rules.first
                    self._merge(track, sighting, stamp)
                    track.place = sighting.place
                    return
        number = self._numbers.get(sighting.label, 0) + 1
        self._numbers[sighting.label] = number
        self.tracks.append(
            Track(
                f"{sighting.label}_{number}",
                dict(sighting.scores),
                sighting.shape.middle.copy(),
                sighting.shape.covariance(),
                sighting.shape.yaw,
                sighting.shape.size.copy(),
                sighting.nominal,
                self.rules.first,
                stamp,
                sighting.place,
                first_seen=stamp,
            )
        )


def blend(before: dict[str, float], seen: object) -> dict[str, float]:
    """Class scores after one more look: a geometric mean that never becomes certain."""
    now = dict(seen)  # type: ignore[call-overload]
    labels = set(before) | set(now)
    rest = [max(1e-3, 1.0 - sum(p.values())) for p in (before, now)]
    weights = {
        k: math.sqrt(max(before.get(k, 0.0), 1e-3) ** 1.2 * max(now.get(k, 0.0), 1e-3))
        for k in labels
    }
    unknown = math.sqrt(rest[0] ** 1.2 * rest[1])
    total = sum(weights.values()) + unknown
    return {k: w / total for k, w in weights.items() if w / total > 2e-3}


def _overlap(a: Track, b: Track) -> bool:
    """Whether two bodies would be in each other."""
    level = float(np.linalg.norm(a.position[:2] - b.position[:2]))
    rise = abs(float(a.position[2] - b.position[2]))
    wide = float(a.size[:2].min() + b.size[:2].min()) / 2
    return level < 0.7 * wide and rise < 0.5 * float(a.size[2] + b.size[2])


def _beside(a: Track, b: Track) -> bool:
    """Whether a glance at one body may meet the other instead."""
    level = float(np.linalg.norm(a.position[:2] - b.position[:2]))
    wide = float(a.size[:2].min() + b.size[:2].min()) / 2
    return level < wide + BESIDE and abs(float(a.position[2] - b.position[2])) < 0.3


def _alike(track: Track, sighting: Sighting) -> float:
    """How well two class distributions agree, 0..1."""
    overlap = sum(math.sqrt(p * sighting.scores.get(k, 0.0)) for k, p in track.scores.items())
    rest = max(0.0, 1 - sum(track.scores.values())) * max(0.0, 1 - sum(sighting.scores.values()))
    return min(1.0, overlap + math.sqrt(rest))


def _at(place: str, wanted: str) -> bool:
    return not wanted or place == wanted or place.startswith(wanted + "/")
