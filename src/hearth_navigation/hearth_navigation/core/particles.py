"""Particle filter over poses (Thrun, Burgard, Fox 2005, ch. 8): carries several guesses."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from hearth_core.geometry import Pose2
from hearth_core.jit import kernel

from hearth_navigation.core.field import Field, Values

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class MotionNoise:
    """How far the wheels may be wrong."""

    distance: float = 0.08
    """Per metre driven [m]."""
    turn_per_distance: float = 0.06
    """Per metre driven [rad]."""
    turn: float = 0.06
    """Per radian turned [rad]."""
    distance_per_turn: float = 0.02
    """Per radian turned [m]."""
    floor: float = 0.002
    """At every step [m, rad], so that guesses never collapse onto one point."""

    def deviations(self, step: Pose2) -> tuple[float, float]:
        """Standard deviations of one step [m, rad]."""
        way, turn = math.hypot(step.x, step.y), abs(step.yaw)
        return (
            self.distance * way + self.distance_per_turn * turn + self.floor,
            self.turn_per_distance * way + self.turn * turn + self.floor,
        )


@kernel
def _weigh(
    values: Values,
    ox: float,
    oy: float,
    inverse: float,
    points: Array,
    poses: Array,
    sigma: float,
    result: Array,
) -> None:
    """Log likelihood of the scan for every pose (N, 3), up to a constant."""
    height, width = values.shape
    n = points.shape[0]
    scale = -0.5 / (sigma * sigma)
    # exp and log once per distance, not once per beam.
    bins = 64
    limit = 4.0 * sigma
    table = np.empty(bins + 1)
    for b in range(bins + 1):
        d = limit * b / bins
        table[b] = math.log(0.85 * math.exp(scale * d * d) + 0.15)
    to_bin = bins / limit
    for k in range(poses.shape[0]):
        c, s = math.cos(poses[k, 2]) * inverse, math.sin(poses[k, 2]) * inverse
        x = (poses[k, 0] - ox) * inverse
        y = (poses[k, 1] - oy) * inverse
        total = 0.0
        for i in range(n):
            u = x + c * points[i, 0] - s * points[i, 1]
            v = y + s * points[i, 0] + c * points[i, 1]
            if u >= 0.0 and v >= 0.0 and u < width and v < height:
                b = int(values[int(v), int(u)] * to_bin)
                total += table[b if b < bins else bins]
            else:
                total += table[bins]
        result[k] = total


@dataclass(frozen=True)
class Cluster:
    """Particles that mean the same place."""

    pose: Pose2
    weight: float
    """Share of all weight, 0..1."""


class ParticleFilter:
    """Poses (N, 3) in map with weights that sum to one."""

    def __init__(self, count: int, seed: int = 0, noise: MotionNoise | None = None) -> None:
        self.count = count
        self.noise = noise or MotionNoise()
        self._random = np.random.default_rng(seed)
        self.poses: Array = np.zeros((0, 3))
        self.weights: Array = np.zeros(0)

    @property
    def empty(self) -> bool:
        """Whether nothing is believed yet."""
        return len(self.poses) == 0

    def spread(self, guesses: list[Pose2], distance: float, yaw: float) -> None:
        """Start again around these guesses, with standard deviations [m, rad]."""
        if not guesses:
            raise ValueError("no guesses to spread particles around")
        centres = np.array([(g.x, g.y, g.yaw) for g in guesses])
        chosen = centres[np.arange(self.count) % len(centres)]
        scatter = self._random.normal(size=(self.count, 3)) * (distance, distance, yaw)
        self.poses = chosen + scatter
        self.weights = np.full(self.count, 1.0 / self.count)

    def predict(self, step: Pose2) -> None:
        """Move every particle by ``step`` (in base_footprint) with the wheels' noise."""
        distance, yaw = self.noise.deviations(step)
        noise = self._random.normal(size=self.poses.shape) * (distance, distance, yaw)
        c, s = np.cos(self.poses[:, 2]), np.sin(self.poses[:, 2])
        dx, dy = step.x + noise[:, 0], step.y + noise[:, 1]
        self.poses[:, 0] += c * dx - s * dy
        self.poses[:, 1] += s * dx + c * dy
        self.poses[:, 2] = wrap_all(self.poses[:, 2] + step.yaw + noise[:, 2])

    def correct(
        self, field: Field, points: Array, sigma: float = 0.08, independent: float = 12.0
    ) -> None:
        """Weigh by a scan, and draw again when few particles carry most of the weight.

        Args:
            field: Distance to the map's obstacles.
            points: Scan in base_footprint [m], shape (M, 2); 40 to 130 points are enough.
            sigma: Deviation of an end point from the map's obstacle [m].
            independent: How many of the beams count as independent evidence.
        """
        if not len(points):
            return
        score = np.empty(len(self.poses))
        _weigh(field.values, *field.geometry, points, self.poses, sigma, score)
        score *= min(1.0, independent / len(points))
        weights = self.weights * np.exp(score - score.max())
        self.weights = weights / weights.sum()
        if 1.0 / float((self.weights**2).sum()) < 0.5 * len(self.poses):
            self._resample()

    def clusters(self, distance: float = 0.5, yaw: float = 0.5) -> list[Cluster]:
        """Groups of particles, the heaviest first."""
        left = np.ones(len(self.poses), np.bool_)
        result = []
        order = np.argsort(-self.weights)
        for index in order:
            if not left[index]:
                continue
            near = (
                left
                & (np.hypot(*(self.poses[:, :2] - self.poses[index, :2]).T) < distance)
                & (np.abs(wrap_all(self.poses[:, 2] - self.poses[index, 2])) < yaw)
            )
            left &= ~near
            weights = self.weights[near]
            total = float(weights.sum())
            if total > 0.0:
                poses = self.poses[near]
                heading = math.atan2(
                    float(weights @ np.sin(poses[:, 2])), float(weights @ np.cos(poses[:, 2]))
                )
                x, y = (weights @ poses[:, :2]) / total
                result.append(Cluster(Pose2(float(x), float(y), heading), total))
            if len(result) >= 30:
                break
        return sorted(result, key=lambda cluster: -cluster.weight)

    def _resample(self) -> None:
        """Low-variance resampling."""
        n = self.count
        positions = (self._random.random() + np.arange(n)) / n
        indices = np.minimum(
            np.searchsorted(np.cumsum(self.weights), positions), len(self.poses) - 1
        )
        self.poses = self.poses[indices]
        self.weights = np.full(n, 1.0 / n)


def wrap_all(angles: Array) -> Array:
    """Same angles in [-pi, pi)."""
    return np.asarray((angles + math.pi) % math.tau - math.pi)
