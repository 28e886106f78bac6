"""People from lidar: what moves or stands where the map shows nothing, followed over time.

Points that the map does not explain are grouped; groups of a person's width are matched to
tracks, each a Kalman filter of constant velocity. A track counts as a person once it has walked;
before that it may be a chair. It keeps counting while it stands.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from hearth_navigation.core.field import Field

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class PeopleConfig:
    """What a person looks like to a lidar, and how people move."""

    explained: float = 0.15
    """Points this near to the map's obstacles [m] are the map's."""
    reach: float = 6.0
    """Points beyond are too few to tell [m]."""
    joined: float = 0.35
    """Points nearer than this to each other are one group: two legs are [m]."""
    widest: float = 0.9
    """Groups wider than this are no person [m]."""
    fewest: int = 3
    """Points of a group."""
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
        groups = self._groups(points, lidar, explained)
        self._match(now, groups)
        patience = self.config.patience
        self._tracks = [
            track
            for track in self._tracks
            if now - track.seen <= (patience if track.hits > 2 else 0.25)
        ]

    @property
    def people(self) -> tuple[Person, ...]:
        """Everybody who has walked, as of the newest scan."""
        return tuple(
            Person(
                t.number,
                float(t.state[0]),
                float(t.state[1]),
                float(t.state[2]),
                float(t.state[3]),
                self.config.radius,
                t.seen,
            )
            for t in self._tracks
            if t.person
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

    def _groups(self, points: Array, lidar: tuple[float, float], explained: Field) -> list[Array]:
        """Middles (x, y) of groups of a person's width."""
        config = self.config
        away = np.hypot(points[:, 0] - lidar[0], points[:, 1] - lidar[1])
        near = points[away < config.reach]
        cells = np.floor((near - np.array(explained.origin)) / explained.resolution).astype(int)
        rows, columns = explained.values.shape
        inside = (cells >= 0).all(axis=1) & (cells < (columns, rows)).all(axis=1)
        near, cells = near[inside], cells[inside]
        free = explained.values[cells[:, 1], cells[:, 0]] > config.explained
        left = near[free]
        middles = []
        while len(left):
            # Grow a group from its first point.
            member = np.zeros(len(left), np.bool_)
            member[0] = True
            grown = True
            while grown:
                gap = np.hypot(*(left[:, None] - left[member][None]).transpose(2, 0, 1)).min(
                    axis=1
                )
                more = gap < config.joined
                grown = bool((more & ~member).any())
                member |= more
            group, left = left[member], left[~member]
            size = group.max(axis=0) - group.min(axis=0)
            if len(group) >= config.fewest and math.hypot(*size) < config.widest:
                middle = group.mean(axis=0)
                # The lidar sees the near side: the middle lies a little behind it.
                ray = middle - lidar
                middles.append(middle + 0.08 * ray / max(float(np.hypot(*ray)), 1e-6))
        return middles

    def _match(self, now: float, groups: list[Array]) -> None:
        pairs = sorted(
            (float(np.hypot(*(group - track.state[:2]))), i, j)
            for i, group in enumerate(groups)
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
                self._correct(self._tracks[j], groups[i], now)
        for i, group in enumerate(groups):
            if i not in used_groups:
                self._tracks.append(
                    _Track(
                        self._next,
                        np.array([*group, 0.0, 0.0]),
                        np.diag([0.01, 0.01, 1.0, 1.0]),
                        (float(group[0]), float(group[1])),
                        now,
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
