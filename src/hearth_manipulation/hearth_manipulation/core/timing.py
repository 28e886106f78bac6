"""When to be where on a path: corners rounded, then as fast as the limits allow.

The time-optimal pass follows TOPP-RA (Pham and Pham, IEEE T-RO 34(3), 2018): a backward pass
for what can still be stopped, a forward pass that takes the most of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from hearth_core.errors import BadInputError
from hearth_core.jit import kernel

from hearth_manipulation.core.kinematics import Array

WINDOW = 16
"""Samples in the window that limits jerk."""


@dataclass(frozen=True, eq=False)
class Trajectory:
    """Joint positions and velocities over time, T points of n joints."""

    joints: tuple[str, ...]
    times: Array
    """[s] from the start, increasing, shape (T,)."""
    positions: Array
    """[rad or m], shape (T, n)."""
    velocities: Array

    @property
    def duration(self) -> float:
        """[s]."""
        return float(self.times[-1])

    def at(self, time: float) -> Array:
        """Position at ``time`` [s], held before the start and after the end, shape (n,)."""
        t = min(max(time, 0.0), self.duration)
        i = min(max(int(np.searchsorted(self.times, t)) - 1, 0), len(self.times) - 2)
        span = self.times[i + 1] - self.times[i]
        f = (t - self.times[i]) / span
        p0, p1 = self.positions[i], self.positions[i + 1]
        m0, m1 = self.velocities[i] * span, self.velocities[i + 1] * span
        return np.asarray(
            (2 * f**3 - 3 * f**2 + 1) * p0
            + (f**3 - 2 * f**2 + f) * m0
            + (3 * f**2 - 2 * f**3) * p1
            + (f**3 - f**2) * m1
        )


def rounded(
    path: Array, blends: Array, spacing: float = 0.02
) -> tuple[Array, Array, Array, Array]:
    """Round the corners of a polyline with parabolas and sample it.

    Args:
        path: Corners, shape (N, n), N >= 2, no two alike in a row.
        blends: Largest distance from each corner at which its parabola begins [rad], shape (N,).
        spacing: Distance between samples [rad].

    Returns:
        Positions, first and second derivative by path parameter, each of shape (M, n), and the
        steps of the parameter between samples, shape (M - 1,).
    """
    pieces: list[tuple[Array, Array, Array]] = []  # p(u) = a + b u + c u^2, u in 0..1
    cursor = path[0]
    for i in range(1, len(path)):
        end = path[i]
        if i < len(path) - 1:
            into, out = path[i] - path[i - 1], path[i + 1] - path[i]
            before, after = float(np.linalg.norm(into)), float(np.linalg.norm(out))
            reach = min(blends[i], 0.5 * before, 0.5 * after)
            first, last = path[i] - into * (reach / before), path[i] + out * (reach / after)
            if np.linalg.norm(first - cursor) > 1e-9:
                pieces.append((cursor, first - cursor, np.zeros_like(cursor)))
            pieces.append((first, 2 * (path[i] - first), first - 2 * path[i] + last))
            cursor = last
        elif np.linalg.norm(end - cursor) > 1e-9:
            pieces.append((cursor, end - cursor, np.zeros_like(cursor)))
    positions, firsts, seconds, steps = [], [], [], []
    for number, (a, b, c) in enumerate(pieces):
        # Scaled so that every piece begins and ends with unit speed: p' is continuous.
        length = float(np.linalg.norm(b))
        # Corners need samples enough for their speed to be seen to fall and rise.
        count = max(8 if np.any(c) else 2, int(np.ceil(length / spacing)) + 1)
        u = np.linspace(0.0, 1.0, count)[: None if number == len(pieces) - 1 else -1, None]
        positions.append(a + b * u + c * u * u)
        firsts.append((b + 2 * c * u) / length)
        seconds.append(np.repeat(2 * c[None] / length**2, len(u), axis=0))
        steps.append(np.full(count - 1, length / (count - 1)))
    return (
        np.concatenate(positions),
        np.concatenate(firsts),
        np.concatenate(seconds),
        np.concatenate(steps),
    )


@kernel
def _range(
    first: Array, following: Array, second: Array, step: float, x: float, limit: Array
) -> tuple[float, float]:
    """Path accelerations u allowed over a step that begins at squared speed x.

    |q' u + q'' x| <= a is asked at both ends of the step (x grows by 2 u step on it).
    """
    low, high = -1e9, 1e9
    for j in range(first.shape[0]):
        b = second[j] * x
        for end in range(2):
            a = first[j] if end == 0 else following[j] + 2.0 * step * second[j]
            if abs(a) > 1e-9:
                one, two = (limit[j] - b) / a, (-limit[j] - b) / a
                low = max(low, min(one, two))
                high = min(high, max(one, two))
            elif abs(b) > limit[j] + 1e-12:
                return 1.0, -1.0
    return low, high


@kernel
def speed_profile(
    firsts: Array, seconds: Array, steps: Array, velocity: Array, acceleration: Array
) -> Array:
    """Squared path speed at every sample, zero at both ends, shape (M,).

    Args:
        firsts: q' by path parameter, shape (M, n).
        seconds: q'', shape (M, n).
        steps: Parameter between samples, shape (M - 1,).
        velocity: Limits, shape (n,).
        acceleration: Limits, shape (n,).
    """
    count = firsts.shape[0]
    reach = np.zeros(count)
    for i in range(count - 2, -1, -1):
        top = 1e6
        for j in range(firsts.shape[1]):
            a = abs(firsts[i, j])
            if a > 1e-9:
                top = min(top, (velocity[j] / a) ** 2)
        # Largest x from which the next sample's bound can be kept: standing still always can.
        bottom = 0.0
        for trial in range(40):
            x = top if trial == 0 else 0.5 * (bottom + top)
            low, high = _range(firsts[i], firsts[i + 1], seconds[i], steps[i], x, acceleration)
            if low <= high and x + 2.0 * steps[i] * low <= reach[i + 1]:
                bottom = x
                if trial == 0:
                    break
            else:
                top = x
        reach[i] = bottom
    profile = np.zeros(count)
    for i in range(count - 1):
        x = profile[i]
        _low, high = _range(firsts[i], firsts[i + 1], seconds[i], steps[i], x, acceleration)
        profile[i + 1] = min(reach[i + 1], max(0.0, x + 2.0 * steps[i] * high))
    return profile


def time_path(
    joints: tuple[str, ...],
    path: Array,
    velocity: Array,
    acceleration: Array,
    blend: float | Array = 0.15,
    period: float = 0.02,
    jerk: Array | None = None,
) -> Trajectory:
    """Time a polyline of joint positions within velocity, acceleration and jerk limits.

    Jerk: the motion is averaged over a sliding window of 2 a / j seconds. An average of
    velocities and accelerations keeps their limits, and its jerk is the difference of two
    accelerations over the window: at most j. Corners are cut a little more by it.

    Args:
        joints: Names, n of them.
        path: Waypoints [rad or m], shape (N, n).
        velocity: Limits [rad/s], shape (n,).
        acceleration: Limits [rad/s2], shape (n,).
        blend: How far before a waypoint its corner may be cut [rad], one for all or shape (N,);
            where it is 0 the motion stops, and leaves the polyline nowhere near.
        period: Between the points of the result [s].
        jerk: Limits [rad/s3], shape (n,); None: none.

    Raises:
        BadInputError: NaN, wrong shapes or limits that are not positive.
    """
    path = np.asarray(path, float)
    if path.ndim != 2 or path.shape[1] != len(joints) or not np.all(np.isfinite(path)):
        raise BadInputError(f"a path of {len(joints)} joints needs finite (N, {len(joints)})")
    limits = (velocity, acceleration, *(() if jerk is None else (jerk,)))
    if not all(np.all(limit > 0.0) for limit in limits):
        raise BadInputError("velocity, acceleration and jerk limits must be > 0")
    kept = _distinct(path)
    path, blends = path[kept], np.broadcast_to(np.asarray(blend, float), len(path))[kept]
    if len(path) == 1:
        points = np.stack([path[0], path[0]])
        return Trajectory(joints, np.array([0.0, period]), points, np.zeros_like(points))
    stops = [0, *(i for i in range(1, len(path) - 1) if blends[i] <= 0.0), len(path) - 1]
    runs = [
        _Run(path[i : j + 1], velocity, acceleration, blends[i : j + 1])
        for i, j in pairwise(stops)
    ]
    if jerk is None:
        stamps, positions, velocities = [0.0], [path[:1]], [np.zeros((1, path.shape[1]))]
        for run in runs:
            count = max(2, int(np.ceil(run.duration / period)) + 1)
            times = np.linspace(0.0, run.duration, count)
            at, speed = run.sample(times)
            positions.append(at[1:])
            velocities.append(speed[1:])
            stamps.extend(stamps[-1] + times[1:])
        return Trajectory(
            joints, np.array(stamps), np.concatenate(positions), np.concatenate(velocities)
        )
    window = float(np.max(2.0 * acceleration / jerk))
    dt = window / WINDOW
    stride = max(1, round(period / dt))
    samples = [run.sample(np.arange(0.0, run.duration + dt, dt)) for run in runs]
    # Between two runs the window must empty, or it would cut the corner.
    rest = np.zeros((WINDOW, path.shape[1]))
    q = np.concatenate([x for at, _ in samples for x in (at, np.repeat(at[-1:], WINDOW, axis=0))])
    v = np.concatenate([x for _, speed in samples for x in (speed, rest)])
    extra = (-(len(q) - 1)) % stride
    q = np.concatenate([np.repeat(q[:1], WINDOW, axis=0), q, np.repeat(q[-1:], extra, axis=0)])
    v = np.concatenate([rest, v, np.zeros((extra, path.shape[1]))])
    area = np.zeros_like(q)
    area[1:] = np.cumsum(0.5 * dt * (q[1:] + q[:-1]) + dt * dt / 12.0 * (v[:-1] - v[1:]), axis=0)
    positions = (area[WINDOW:] - area[:-WINDOW])[::stride] / window
    velocities = (q[WINDOW:] - q[:-WINDOW])[::stride] / window
    positions[0], positions[-1] = path[0], path[-1]
    velocities[0] = velocities[-1] = 0.0
    slower = _overdone(velocities, dt * stride, velocity, acceleration, jerk)
    times = np.asarray(np.arange(len(positions)) * (dt * stride * slower), np.float64)
    return Trajectory(joints, times, positions, velocities / slower)


def _overdone(
    velocities: Array, period: float, velocity: Array, acceleration: Array, jerk: Array
) -> float:
    """How much longer a motion must take to keep its limits, at least 1.

    Between the samples of the speed profile a corner's limits are exceeded by parts of a
    thousand; here differences of the result say by how much.

    Args:
        velocities: Shape (T, n), at rest at both ends.
        period: Between them [s].
        velocity: Limits, shape (n,).
        acceleration: Limits, shape (n,).
        jerk: Limits, shape (n,).
    """
    rest = np.zeros((2, velocities.shape[1]))
    pulls = np.diff(np.concatenate([rest, velocities, rest]), axis=0) / period
    jerks = np.diff(pulls, axis=0) / period
    shares = (
        np.max(np.abs(velocities) / velocity),
        np.sqrt(np.max(np.abs(pulls) / acceleration)),
        np.cbrt(np.max(np.abs(jerks) / jerk)),
    )
    return max(1.0, float(max(shares)) * (1.0 + 1e-9))


def _distinct(path: Array) -> list[int]:
    """Indices of waypoints that are no near-duplicates; the last one stays."""
    keep = [0]
    for i in range(1, len(path)):
        if np.linalg.norm(path[i] - path[keep[-1]]) > 1e-4:
            keep.append(i)
    if len(keep) > 1 and keep[-1] != len(path) - 1:
        keep[-1] = len(path) - 1
    return keep


class _Run:
    """One motion from rest to rest without jerk limits."""

    def __init__(self, path: Array, velocity: Array, acceleration: Array, blends: Array) -> None:
        self.path = path
        self.positions, self.firsts, seconds, self.steps = rounded(path, blends)
        self.x = speed_profile(self.firsts, seconds, self.steps, velocity, acceleration)
        self.speed = np.sqrt(self.x)
        # Where the profile comes to rest (corners of noise) a step goes from rest to rest instead.
        pull = np.max(np.abs(self.firsts[:-1]) / acceleration, axis=1)
        rest = 2.0 * np.sqrt(self.steps * pull)
        both = self.speed[1:] + self.speed[:-1]
        self.spans = np.minimum(2.0 * self.steps / np.maximum(both, 1e-9), rest)
        self.resting = both < 2.0 * self.steps / rest
        self.stamps = np.concatenate([[0.0], np.cumsum(self.spans)])
        self.duration = float(self.stamps[-1])

    def sample(self, times: Array) -> tuple[Array, Array]:
        """Positions and velocities at ``times`` [s], at rest after the end, shapes (T, n)."""
        steps, speed = self.steps, self.speed
        late = times >= self.duration
        times = np.minimum(times, self.duration)
        index = np.searchsorted(self.stamps, times, side="right") - 1
        index = np.clip(index, 0, len(steps) - 1)
        since = times - self.stamps[index]
        along = (self.x[index + 1] - self.x[index]) / (2.0 * steps[index])
        share = since / self.spans[index]
        resting = self.resting[index]
        smooth = share * share * (3 - 2 * share)
        travelled = speed[index] * since + 0.5 * along * since**2
        fraction = np.where(resting, smooth, travelled / steps[index])
        fraction = np.clip(fraction, 0.0, 1.0)[:, None]
        result = self.positions[index] * (1 - fraction) + self.positions[index + 1] * fraction
        slope = self.firsts[index] * (1 - fraction) + self.firsts[index + 1] * fraction
        now = np.maximum(speed[index] + along * since, 0.0)
        leaving = 6 * share * (1 - share) * steps[index] / self.spans[index]
        velocities = slope * np.where(resting, leaving, now)[:, None]
        result[0], result[late] = self.path[0], self.path[-1]
        velocities[0], velocities[late] = 0.0, 0.0
        return result, velocities
