"""People from lidar: what moves or stands where the map shows nothing, followed over time.

Points that the map does not explain are grouped; groups of a person's width are matched to
tracks, each a Kalman filter of constant velocity. A track counts as a person once it has walked,
and keeps counting while it stands; before that it may be a chair. What stands on two legs of a
person's width is taken for one as well, for as long as it looks so.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
from hearth_core.geometry import Pose2

from hearth_navigation.core.field import Field
from hearth_navigation.core.legs import Group, LegsConfig, groups
from hearth_navigation.core.relocalizer import Beams

Array = npt.NDArray[np.float64]

PREFERENCE = 0.3
"""A person's track takes a group that is this much nearer to another track [m]."""
LEG = 0.25
"""Groups this small may be one leg [m]."""
STRIDE = 0.6
"""Legs are at most this far apart [m]."""
FORESEEN = 10.0
"""Nobody's way is looked at for longer [s]."""
WALL = 0.15
"""Middles of people come no nearer to walls [m]."""


@dataclass(frozen=True)
class PeopleConfig:
    """What a person looks like to a lidar, and how people move."""

    legs: LegsConfig = field(default_factory=LegsConfig)
    gate: float = 0.6
    """Most a group may lie off a track's prediction [m]."""
    acceleration: float = 1.5
    """Standard deviation of how people change their motion [m/s2]."""
    noise: float = 0.06
    """Of a group's middle [m]."""
    walked: float = 0.35
    """Way after which a track is a person [m]."""
    slowest: float = 0.12
    """Slower than this nobody walks [m/s]."""
    steady: int = 4
    """So many scans in a row somebody walks."""
    patience: float = 1.0
    """How long a track that is not seen is kept [s]."""
    radius: float = 0.25
    """Of a person [m]."""
    likely: int = 5
    """Two legs seen this much oftener than not make a person, though they have not walked."""
    remembered: int = 20
    """Legs that were seen are remembered for at most this many scans without them."""
    doubt: float = 40.0
    """After this long without a step [s] two legs may be a thing's."""


@dataclass(frozen=True)
class Person:
    """One tracked person, in map."""

    number: int
    x: float
    y: float
    vx: float
    vy: float
    radius: float
    seen: float
    """When last [s]."""
    walked: bool = True
    """False: only looks like a person."""

    @property
    def speed(self) -> float:
        """[m/s]."""
        return math.hypot(self.vx, self.vy)

    def at(self, seconds: float) -> tuple[float, float]:
        """Where it will be if it goes on like this."""
        return self.x + self.vx * seconds, self.y + self.vy * seconds


@dataclass
class _Track:
    number: int
    state: Array
    """x, y, vx, vy."""
    covariance: Array
    origin: tuple[float, float]
    seen: float
    hits: int = 1
    steady: int = 0
    """Scans in a row in which it moved."""
    legs: int = 0
    since: float = 0.0
    """When it was first seen [s]."""
    person: bool = field(default=False)

    def counts(self, config: PeopleConfig) -> bool:
        """Whether it is taken for a person: it has walked, or stands on two legs."""
        doubtful = self.seen - self.since >= config.doubt
        return self.person or (self.legs >= config.likely and not doubtful)


class PeopleTracker:
    """Follows people from scan to scan."""

    def __init__(self, config: PeopleConfig | None = None) -> None:
        self.config = config or PeopleConfig()
        self._tracks: list[_Track] = []
        self._next = 1
        self._now = -math.inf

    def reset(self) -> None:
        """Forget everybody."""
        self._tracks, self._now = [], -math.inf

    def update(
        self, now: float, points: Array, lidar: tuple[float, float], explained: Field
    ) -> None:
        """Take a scan.

        Args:
            now: Its moment [s]; one that is not later than the last starts anew.
            points: In map [m], shape (N, 2), in the beams' order.
            lidar: Where it was taken from, in map.
            explained: Distance to the map's obstacles.
        """
        if now <= self._now:
            self.reset()
        period = now - self._now if math.isfinite(self._now) else 0.1
        self._now = now
        for track in self._tracks:
            self._predict(track, period)
        self._match(now, groups(self.config.legs, points, lidar, explained))
        patience = self.config.patience
        self._tracks = [
            track
            for track in self._tracks
            if now - track.seen <= (patience if track.hits > 2 else 0.25)
        ]

    @property
    def people(self) -> tuple[Person, ...]:
        """Everybody, as of the newest scan."""
        return tuple(
            Person(
                t.number,
                float(t.state[0]),
                float(t.state[1]),
                float(t.state[2]),
                float(t.state[3]),
                self.config.radius,
                t.seen,
                t.person,
            )
            for t in self._tracks
            if t.counts(self.config)
        )

    def _predict(self, track: _Track, period: float) -> None:
        step = np.eye(4)
        step[0, 2] = step[1, 3] = period
        spread = np.array([[0.5 * period**2], [period]]) * self.config.acceleration
        block = spread @ spread.T
        noise = np.zeros((4, 4))
        noise[np.ix_([0, 2], [0, 2])] = noise[np.ix_([1, 3], [1, 3])] = block
        track.state = step @ track.state
        track.covariance = step @ track.covariance @ step.T + noise

    def _match(self, now: float, found: list[Group]) -> None:
        # Whoever is a person already comes first: in a stride one leg may look like a new track.
        pairs = sorted(
            (distance - PREFERENCE * track.counts(self.config), distance, i, j)
            for i, group in enumerate(found)
            for j, track in enumerate(self._tracks)
            if (distance := float(np.hypot(*(group.middle - track.state[:2])))) < self.config.gate
        )
        used: set[int] = set()
        matched: set[int] = set()
        for _, _, i, j in pairs:
            if i in used or j in matched:
                continue
            track, group = self._tracks[j], found[i]
            used.add(i)
            matched.add(j)
            middle = group.middle
            other = self._other_leg(track, i, found, used)
            if other is not None:
                used.add(other)
                middle = 0.5 * (middle + found[other].middle)
            self._correct(track, middle, now)
            legs = track.legs + (1 if group.two_legs else -1)
            track.legs = min(max(legs, 0), self.config.remembered)
        for i, group in enumerate(found):
            if i in used:
                continue
            middle = group.middle
            track = _Track(
                self._next,
                np.array([*middle, 0.0, 0.0]),
                np.diag([0.01, 0.01, 1.0, 1.0]),
                (float(middle[0]), float(middle[1])),
                now,
                since=now,
            )
            other = self._other_leg(track, i, found, used | {i})
            if other is not None:
                used.add(other)
                track.state[:2] = 0.5 * (middle + found[other].middle)
                track.origin = (float(track.state[0]), float(track.state[1]))
            self._tracks.append(track)
            self._next += 1
        self._drop_doubles()

    def _other_leg(self, track: _Track, i: int, found: list[Group], used: set[int]) -> int | None:
        """The second leg of somebody in a long stride: a group of its own."""
        if found[i].extent > LEG:
            return None
        best, choice = STRIDE, None
        for k, group in enumerate(found):
            away = float(np.hypot(*(group.middle - found[i].middle)))
            near = float(np.hypot(*(group.middle - track.state[:2]))) < STRIDE
            if k not in used and group.extent < LEG and near and away < best:
                best, choice = away, k
        return choice

    def _drop_doubles(self) -> None:
        """Two tracks of one person's legs: the older one stays."""
        people = [track for track in self._tracks if track.counts(self.config)]
        doubles = set()
        for old in people:
            for track in self._tracks:
                if track.number <= old.number or old.number in doubles:
                    continue
                away = float(np.hypot(*(track.state[:2] - old.state[:2])))
                drift = float(np.hypot(*(track.state[2:] - old.state[2:])))
                if away < STRIDE and drift < 0.6 and old.seen >= track.seen:
                    doubles.add(track.number)
        self._tracks = [track for track in self._tracks if track.number not in doubles]

    def _correct(self, track: _Track, group: Array, now: float) -> None:
        covariance = track.covariance
        gain = covariance[:, :2] @ np.linalg.inv(
            covariance[:2, :2] + self.config.noise**2 * np.eye(2)
        )
        track.state = track.state + gain @ (group - track.state[:2])
        track.covariance = covariance - gain @ covariance[:2, :]
        track.seen = now
        track.hits += 1
        # Legs of a chair that come into sight one by one make a jump, not a walk.
        walks = math.hypot(track.state[2], track.state[3]) > self.config.slowest
        track.steady = track.steady + 1 if walks else 0
        walked = math.dist(track.origin, track.state[:2])
        if track.steady >= self.config.steady and walked > self.config.walked:
            track.person = True


def as_rows(people: tuple[Person, ...], now: float, mapped: Field) -> Array:
    """Rows (x, y, vx, vy, radius, until) at ``now`` for the controller's kernels, (M, 6).

    ``until``: when [s] from now the map's walls end their way (``mapped``: distance to them).
    """
    rows = []
    for p in people:
        x, y = p.at(max(0.0, now - p.seen))
        rows.append((x, y, p.vx, p.vy, p.radius, _until_wall(p, x, y, mapped)))
    return np.array(rows, np.float64).reshape(-1, 6)


def _until_wall(person: Person, x: float, y: float, mapped: Field) -> float:
    """How long somebody can walk on [s]; ``FORESEEN`` at most."""
    times = np.arange(0.0, FORESEEN, WALL / max(person.speed, 0.1))
    for t in times[1:]:
        if mapped.at(x + t * person.vx, y + t * person.vy) < WALL:
            return float(t)
    return FORESEEN


def without_people(
    people: tuple[Person, ...], lidar: Pose2, beams: Beams, lengths: Array
) -> tuple[Beams, tuple[Pose2, ...]]:
    """A scan for the costmap: people are no obstacles, they are somebody to be asked.

    Plans go around them by :func:`hearth_navigation.core.courtesy.around_people` as far as there
    is room; where there is none the robot drives up to them and waits.

    Args:
        people: Of this scan.
        lidar: In map.
        beams: The scan.
        lengths: How far each beam flew [m].

    Returns:
        The scan with beams on people that hit nothing, and where they are: traces there are to
        be wiped.
    """
    if not people:
        return beams, ()
    directions = beams.angles + lidar.yaw
    x, y = lidar.x + lengths * np.cos(directions), lidar.y + lengths * np.sin(directions)
    mask = np.zeros(len(lengths), np.bool_)
    for person in people:
        mask |= np.hypot(x - person.x, y - person.y) < 0.4
    spots = tuple(Pose2(person.x, person.y) for person in people)
    return replace(beams, ranges=np.where(mask, np.nan, beams.ranges)), spots
