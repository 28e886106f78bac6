"""How moving joints come to rest: along the path they are on, or else straight on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from hearth_drivers.core.spline import Spline

Array = npt.NDArray[np.float64]

SHORTEST = 1e-3
"""[s]."""
LONGEST = 2.5
"""A brake along a bend may take this many times as long as one straight on."""
GROWTH = 1.15
INSTANTS = 12


class Brake(Protocol):
    """A motion that ends at rest."""

    @property
    def duration(self) -> float:
        """[s]."""

    def sample(self, time: float) -> tuple[Array, Array]:
        """Position and velocity at ``time`` [s] since it began, shape (N,) each."""


@dataclass(frozen=True, eq=False)
class StraightBrake:
    """Every joint slows down evenly, all of them at rest together."""

    position: Array
    velocity: Array
    duration: float

    def sample(self, time: float) -> tuple[Array, Array]:
        """See :class:`Brake`."""
        t = min(max(time, 0.0), self.duration)
        travelled = self.velocity * (t - 0.5 * t * t / self.duration)
        return self.position + travelled, self.velocity * (1.0 - t / self.duration)


@dataclass(frozen=True, eq=False)
class PathBrake:
    """Time on the path slows down evenly, so that the joints stay on it."""

    spline: Spline
    begin: float
    """Time into the spline when braking begins [s]."""
    duration: float

    def sample(self, time: float) -> tuple[Array, Array]:
        """See :class:`Brake`."""
        t = min(max(time, 0.0), self.duration)
        position, velocity = self.spline.sample(self.begin + t - 0.5 * t * t / self.duration)
        return position, velocity * (1.0 - t / self.duration)


def straight(position: Array, velocity: Array, acceleration: Array) -> StraightBrake:
    """The shortest even brake within the acceleration limits [rad/s2], shape (N,)."""
    duration = float(np.max(np.abs(velocity) / acceleration))
    return StraightBrake(position, velocity, max(duration, SHORTEST))


def along(spline: Spline, begin: float, acceleration: Array) -> PathBrake:
    """A brake that stays on the path and within the acceleration limits.

    Where a bend asks for more than the limits even at twice the time, it is taken so: standing
    soon matters more.

    Args:
        spline: The path.
        begin: Where on it [s].
        acceleration: Limits [rad/s2], shape (N,).
    """
    _, velocity = spline.sample(begin)
    shortest = max(float(np.max(np.abs(velocity) / acceleration)), SHORTEST)
    brake = PathBrake(spline, begin, shortest)
    while brake.duration < LONGEST * shortest and _acceleration(brake, acceleration) > 1.0 + 1e-3:
        brake = PathBrake(spline, begin, brake.duration * GROWTH)
    return brake


def _acceleration(brake: PathBrake, limits: Array) -> float:
    """Largest acceleration as a fraction of the limits."""
    times = np.linspace(0.0, brake.duration, INSTANTS)
    speeds = np.array([brake.sample(float(t))[1] for t in times])
    return float(np.max(np.abs(np.diff(speeds, axis=0)) / (times[1] * limits)))
