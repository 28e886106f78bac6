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
    patience: float = 1.0
    """How long a track that is not seen is kept [s]."""
    radius: float = 0.25
    """Of a person [m]."""
    likely: int = 5
    """Two legs seen this much oftener than not make a person, though they have not walked."""
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
    legs: int = 0
    since: float = 0.0
    """When it was first seen [s]."""
    person: bool = field(default=False)


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
            if t.person or (t.legs >= self.config.likely and t.seen - t.since < self.config.doubt)
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
        pairs = sorted(
            (float(np.hypot(*(group.middle - track.state[:2]))), i, j)
            for i, group in enumerate(found)
            for j, track in enumerate(self._tracks)
        )
        used_groups: set[int] = set()
        used_tracks: set[int] = set()
        for distance, i, j in pairs:
            if distance > self.config.gate:
                break
            if i not in used_groups and j not in used_tracks:
                used_groups.add(i)
                used_tracks.add(j)
                self._correct(self._tracks[j], found[i].middle, now)
                legs = self._tracks[j].legs + (1 if found[i].two_legs else -1)
                self._tracks[j].legs = min(max(legs, 0), 2 * self.config.likely)
        for i, group in enumerate(found):
            if i not in used_groups:
                self._tracks.append(
                    _Track(
                        self._next,
                        np.array([*group.middle, 0.0, 0.0]),
                        np.diag([0.01, 0.01, 1.0, 1.0]),
                        (float(group.middle[0]), float(group.middle[1])),
                        now,
                        since=now,
                    )
                )
                self._next += 1

    def _correct(self, track: _Track, group: Array, now: float) -> None:
        covariance = track.covariance
        gain = covariance[:, :2] @ np.linalg.inv(
            covariance[:2, :2] + self.config.noise**2 * np.eye(2)
        )
        track.state = track.state + gain @ (group - track.state[:2])
        track.covariance = covariance - gain @ covariance[:2, :]
        track.seen = now
        track.hits += 1
        walked = math.dist(track.origin, track.state[:2])
        if track.hits > 4 and walked > self.config.walked:
            track.person = True


def as_rows(people: tuple[Person, ...], now: float) -> Array:
    """Rows (x, y, vx, vy, radius) at ``now`` for the controller's kernels, (M, 5)."""
    rows = [(*p.at(max(0.0, now - p.seen)), p.vx, p.vy, p.radius) for p in people]
    return np.array(rows, np.float64).reshape(-1, 5)


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
