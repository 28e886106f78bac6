"""Piecewise polynomials through waypoints, cubic or quintic, sampled in microseconds."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Spline:
    """Motion of N joints over K waypoints; constant before the first and after the last."""

    times: Array
    """Seconds from the start, shape (K,), strictly increasing."""
    coefficients: Array
    """Per segment c0..c5 of ``sum c_k (t - t_i)^k``, shape (K - 1, 6, N)."""
    _knots: list[float] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_knots", self.times.tolist())

    @property
    def duration(self) -> float:
        """Time of the last waypoint [s]."""
        return self._knots[-1]

    def sample(self, time: float) -> tuple[Array, Array]:
        """Position and velocity at ``time`` [s], each of shape (N,)."""
        knots = self._knots
        clipped = min(max(time, knots[0]), knots[-1])
        index = min(max(bisect_right(knots, clipped) - 1, 0), len(knots) - 2)
        t = clipped - knots[index]
        t2 = t * t
        t3 = t2 * t
        t4 = t2 * t2
        powers = np.array(
            (
                (1.0, t, t2, t3, t4, t4 * t),
                (0.0, 1.0, 2.0 * t, 3.0 * t2, 4.0 * t3, 5.0 * t4),
            )
        )
        both = powers @ self.coefficients[index]
        if clipped != time:
            both[1] = 0.0
        return both[0], both[1]

    def extremes(self, samples: int = 9) -> tuple[Array, Array, Array]:
        """Lowest and highest position and largest speed of every segment, (K - 1, N) each.

        Sampled at ``samples`` instants a segment (ends included), not solved for.
        """
        fractions = np.linspace(0.0, 1.0, samples)
        t = np.diff(self.times)[:, None] * fractions[None, :]
        powers = t[:, :, None] ** np.arange(6)
        position = np.einsum("msk,mkn->msn", powers, self.coefficients)
        slopes = self.coefficients[:, 1:] * np.arange(1, 6)[None, :, None]
        velocity = np.einsum("msk,mkn->msn", powers[:, :, :5], slopes)
        return position.min(axis=1), position.max(axis=1), np.abs(velocity).max(axis=1)


def through(
    times: Array, positions: Array, velocities: Array, accelerations: Array | None = None
) -> Spline:
    """Spline through waypoints.

    Args:
        times: Strictly increasing [s], shape (K,), K >= 2.
        positions: Shape (K, N).
        velocities: Shape (K, N); NaN where unknown (see :func:`fill_velocities`).
        accelerations: Shape (K, N) for quintic segments; None for cubic ones.
    """
    known = fill_velocities(times, positions, velocities)
    h = np.diff(times)[:, None]
    p0, p1, v0, v1 = positions[:-1], positions[1:], known[:-1], known[1:]
    coefficients = np.zeros((len(times) - 1, 6, positions.shape[1]))
    coefficients[:, 0], coefficients[:, 1] = p0, v0
    if accelerations is None:
        coefficients[:, 2] = (3.0 * (p1 - p0) / h - 2.0 * v0 - v1) / h
        coefficients[:, 3] = (v0 + v1 - 2.0 * (p1 - p0) / h) / h**2
        return Spline(np.asarray(times, float), coefficients)
    a0, a1 = accelerations[:-1], accelerations[1:]
    coefficients[:, 2] = 0.5 * a0
    d = p1 - p0
    coefficients[:, 3] = (20 * d - (8 * v1 + 12 * v0) * h - (3 * a0 - a1) * h**2) / (2 * h**3)
    coefficients[:, 4] = (-30 * d + (14 * v1 + 16 * v0) * h + (3 * a0 - 2 * a1) * h**2) / (
        2 * h**4
    )
    coefficients[:, 5] = (12 * d - 6 * (v1 + v0) * h + (a1 - a0) * h**2) / (2 * h**5)
    return Spline(np.asarray(times, float), coefficients)


def fill_velocities(times: Array, positions: Array, velocities: Array) -> Array:
    """Replace unknown velocities (NaN) by slopes that never overshoot; ends stand still.

    Inner slopes are the weighted harmonic mean of the neighbours' (Fritsch and Butland 1984),
    zero where the motion turns round.
    """
    result = np.array(velocities, float)
    unknown = np.isnan(result)
    if not unknown.any():
        return result
    slopes = np.zeros_like(result)
    if len(times) > 2:
        h = np.diff(times)[:, None]
        secants = np.diff(positions, axis=0) / h
        before, after = secants[:-1], secants[1:]
        w1, w2 = 2.0 * h[1:] + h[:-1], h[1:] + 2.0 * h[:-1]
        same = before * after > 0.0
        safe_before, safe_after = np.where(same, before, 1.0), np.where(same, after, 1.0)
        mean = (w1 + w2) / (w1 / safe_before + w2 / safe_after)
        slopes[1:-1] = np.where(same, mean, 0.0)
    result[unknown] = slopes[unknown]
    return result


def fade(offset: Array, rate: Array, duration: float) -> Spline:
    """Quintic that takes an offset moving at ``rate`` smoothly to nothing in ``duration`` [s]."""
    zero = np.zeros_like(offset)
    return through(
        np.array([0.0, duration]),
        np.array([offset, zero]),
        np.array([rate, zero]),
        np.array([zero, zero]),
    )
