"""Follows people over time from two kinds of evidence: bodies in views, and the lidar's tracks.

Each person is a Kalman filter of constant velocity with a probability of being a person. The
camera says what somebody looks like and that nobody is there; the lidar says who moves.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from hearth_perception.core.people.upright import Body

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class PeopleRules:
    """How people move and how evidence counts."""

    acceleration: float = 1.2
    """Standard deviation of how people change their motion [m/s2]."""
    gate: float = 0.7
    """Most a sight may lie off a prediction [m]."""
    lidar_sigma: float = 0.10
    """Of a lidar track's position [m]."""
    lidar_odds: float = 1.5
    """Log odds that a lidar track is a person: it has walked, or stands on two legs."""
    miss_odds: float = -1.2
    """Log odds of a look through where somebody should be."""
    most_odds: float = 5.0
    patience: float = 3.0
    """A person nobody sees is kept this long [s]."""
    told: float = 0.6
    """Probability from which somebody is told."""
    told_for: float = 1.2
    """Who was not seen for longer is not told, but still followed [s]."""
    stops: float = 0.6
    """Time constant with which who is not seen is thought to stop [s]."""


@dataclass
class Walker:
    """One person."""

    number: int
    state: Array
    """x, y, vx, vy in map."""
    covariance: Array
    seen: float
    """When last, by either [s]."""
    by_camera: float = -math.inf
    by_lidar: float = -math.inf
    odds: float = 0.0
    """Log odds of being a person."""
    height: float | None = None
    """Top of the head [m]; None: never seen by the camera."""
    looks: int = 0
    points: npt.NDArray[np.float32] = field(
        default_factory=lambda: np.zeros((0, 3), np.float32), repr=False
    )
    """Of the newest view, in map."""

    @property
    def probability(self) -> float:
        """Of being a person."""
        return 1.0 / (1.0 + math.exp(-self.odds))

    @property
    def speed(self) -> float:
        """[m/s]."""
        return float(math.hypot(self.state[2], self.state[3]))


class PeopleFusion:
    """Takes both kinds of evidence in the order of their times."""

    def __init__(self, rules: PeopleRules | None = None) -> None:
        self.rules = rules or PeopleRules()
        self.walkers: list[Walker] = []
        self._next = 1
        self._now = -math.inf

    def reset(self) -> None:
        """Forget everybody."""
        self.walkers, self._now = [], -math.inf

    @property
    def people(self) -> list[Walker]:
        """Who is likely enough a person to be told."""
        rules = self.rules
        return [
            w
            for w in self.walkers
            if w.probability >= rules.told and self._now - w.seen <= rules.told_for
        ]

    def camera(
        self,
        now: float,
        bodies: Sequence[Body],
        empty: Callable[[float, float], bool] = lambda x, y: False,
    ) -> None:
        """Take what a view of moment ``now`` [s] showed.

        Args:
            now: When.
            bodies: Found in it.
            empty: Whether the view looks through a spot where a body should stand.
        """
        self._advance(now)
        sights = [(b.x, b.y, b.sigma) for b in bodies]
        pairs = self._pairs(sights)
        matched = set()
        for k, walker in pairs:
            body = bodies[k]
            self._correct(walker, sights[k], now)
            walker.odds = self._bounded(walker.odds + 2.5 * (body.score - 0.25))
            walker.by_camera = now
            walker.height = body.top if walker.height is None else max(walker.height, body.top)
            walker.points = body.points
            walker.looks += 1
            matched.add(id(walker))
        for walker in self.walkers:
            if id(walker) not in matched and empty(float(walker.state[0]), float(walker.state[1])):
                walker.odds = self._bounded(walker.odds + self.rules.miss_odds)
        used = {k for k, _ in pairs}
        for k, body in enumerate(bodies):
            if k not in used:
                walker = self._begin(sights[k], now, 2.5 * (body.score - 0.6))
                walker.by_camera, walker.height, walker.points = now, body.top, body.points
                walker.looks = 1
        self._drop(now)

    def lidar(self, now: float, tracks: Sequence[tuple[float, float]]) -> None:
        """Take the lidar's people (x, y in map) of moment ``now`` [s]."""
        self._advance(now)
        sights = [(x, y, self.rules.lidar_sigma) for x, y in tracks]
        pairs = self._pairs(sights)
        for k, walker in pairs:
            self._correct(walker, sights[k], now)
            if now - walker.by_lidar > 0.5 or walker.odds < self.rules.lidar_odds:
                walker.odds = self._bounded(max(walker.odds, self.rules.lidar_odds))
            walker.by_lidar = now
        used = {k for k, _ in pairs}
        for k in range(len(tracks)):
            if k not in used:
                self._begin(sights[k], now, self.rules.lidar_odds).by_lidar = now
        self._drop(now)

    def _bounded(self, odds: float) -> float:
        return max(-self.rules.most_odds, min(self.rules.most_odds, odds))

    def _advance(self, now: float) -> None:
        if now < self._now - 1.0:
            self.reset()
        period = now - self._now if math.isfinite(self._now) else 0.0
        if period <= 0.0:
            self._now = max(self._now, now)
            return
        self._now = now
        step = np.eye(4)
        step[0, 2] = step[1, 3] = period
        spread = np.array([[0.5 * period**2], [period]]) * self.rules.acceleration
        block = spread @ spread.T
        noise = np.zeros((4, 4))
        noise[np.ix_([0, 2], [0, 2])] = noise[np.ix_([1, 3], [1, 3])] = block
        for walker in self.walkers:
            walker.state = step @ walker.state
            if now - walker.seen > 0.3:
                walker.state[2:] *= math.exp(-period / self.rules.stops)
            walker.covariance = step @ walker.covariance @ step.T + noise

    def _pairs(self, sights: Sequence[tuple[float, float, float]]) -> list[tuple[int, Walker]]:
        options = []
        for k, (x, y, sigma) in enumerate(sights):
            for walker in self.walkers:
                off = math.hypot(x - walker.state[0], y - walker.state[1])
                spread = math.sqrt(sigma**2 + float(walker.covariance[:2, :2].trace()) / 2)
                if off < min(self.rules.gate, 0.3 + 3.0 * spread):
                    options.append((off, k, walker))
        pairs: list[tuple[int, Walker]] = []
        used: set[int] = set()
        taken: set[int] = set()
        for _, k, walker in sorted(options, key=lambda option: option[0]):
            if k not in used and id(walker) not in taken:
                used.add(k)
                taken.add(id(walker))
                pairs.append((k, walker))
        return pairs

    def _begin(self, sight: tuple[float, float, float], now: float, odds: float) -> Walker:
        x, y, sigma = sight
        walker = Walker(
            self._next,
            np.array([x, y, 0.0, 0.0]),
            np.diag([sigma**2, sigma**2, 0.6, 0.6]),
            now,
            odds=odds,
        )
        self._next += 1
        self.walkers.append(walker)
        return walker

    @staticmethod
    def _correct(walker: Walker, sight: tuple[float, float, float], now: float) -> None:
        x, y, sigma = sight
        covariance = walker.covariance
        gain = covariance[:, :2] @ np.linalg.inv(covariance[:2, :2] + sigma**2 * np.eye(2))
        walker.state = walker.state + gain @ (np.array([x, y]) - walker.state[:2])
        walker.covariance = covariance - gain @ covariance[:2, :]
        walker.seen = now

    def _drop(self, now: float) -> None:
        self.walkers = [
            w
            for w in self.walkers
            if now - w.seen <= (self.rules.patience if w.probability > 0.5 else 1.0)
            and w.odds > -2.5
        ]
