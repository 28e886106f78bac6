"""Kernels that roll samples of MPPI out, a block at a time.

A block of samples lies in rows of floats, so that a step of all of them is a few loops the
compiler turns into vector instructions. Each loop touches few rows: the compiler gives up when
too many rows might overlap.
"""

import math

import numpy as np
import numpy.typing as npt
from hearth_core.jit import kernel

from hearth_navigation.core.field import Values

Array = npt.NDArray[np.float64]
F = np.float32

TURN = F(2.0 * 0.25**2)
"""A radian counts as 0.25 m, as along a path; twice, as 1 - cos is half the square."""

BLOCK = 512
"""Samples rolled out together: their rows stay in the cache."""


@kernel
def knot(t: int, steps: int, knots: int) -> tuple[int, F]:
    """Knot before step ``t`` and how far on to the next one it lies, 0..1."""
    at = t * (knots - 1) / (steps - 1)
    low = min(int(at), knots - 2)
    return low, F(at - low)


@kernel
def _mix(command: Values, low: Values, high: Values, mean: F, a: F, b: F) -> None:
    """Commands of a block: the mean, and noise between two knots."""
    for k in range(command.shape[0]):
        command[k] = mean + a * low[k] + b * high[k]


@kernel
def _speed_up(vx: Values, vy: Values, u: Values, w: Values, limits: Values) -> None:
    """Linear velocities of a block towards its commands, within speeds and acceleration."""
    forward, backward, side, dv = limits[0], -limits[1], limits[2], limits[4]
    one, tiny = F(1.0), F(1e-12)
    for k in range(vx.shape[0]):
        u0 = min(max(u[k], backward), forward)
        u1 = min(max(w[k], -side), side)
        share = min(one, forward / math.sqrt(u0 * u0 + u1 * u1 + tiny))
        a0 = u0 * share - vx[k]
        a1 = u1 * share - vy[k]
        share = min(one, dv / math.sqrt(a0 * a0 + a1 * a1 + tiny))
        vx[k] += a0 * share
        vy[k] += a1 * share


@kernel
def _turn(wz: Values, yaw: Values, command: Values, limit: F, dw: F, period: F) -> None:
    """Yaw rates and headings of a block."""
    for k in range(wz.shape[0]):
        u = min(max(command[k], -limit), limit)
        wz[k] += min(max(u - wz[k], -dw), dw)
        yaw[k] += wz[k] * period


@kernel
def _rotate(c: Values, s: Values, wz: Values, half: F) -> None:
    """Half a step's turn; a series instead of sine and cosine."""
    one, p5, sixth = F(1.0), F(0.5), F(1.0 / 6.0)
    for k in range(c.shape[0]):
        h = wz[k] * half
        ch = one - p5 * h * h
        sh = h * (one - sixth * h * h)
        a = c[k] * ch - s[k] * sh
        s[k] = s[k] * ch + c[k] * sh
        c[k] = a


@kernel
def _move(x: Values, a: Values, p: Values, b: Values, q: Values, period: F) -> None:
    """``x += (a p + b q) period``."""
    for k in range(x.shape[0]):
        x[k] += (a[k] * p[k] + b[k] * q[k]) * period


@kernel
def _move_back(x: Values, a: Values, p: Values, b: Values, q: Values, period: F) -> None:
    """``x += (a p - b q) period``."""
    for k in range(x.shape[0]):
        x[k] += (a[k] * p[k] - b[k] * q[k]) * period


@kernel
def _charge(cost: Values, vx: Values, vy: Values, price: F) -> None:
    """Driving sideways, and backwards three times that."""
    zero, three = F(0.0), F(3.0)
    for k in range(cost.shape[0]):
        cost[k] += price * (abs(vy[k]) + three * max(zero, -vx[k]))


@kernel
def _away(x: Values, y: Values, px: F, py: F, away: Values) -> None:
    """Squared distances to (px, py)."""
    for k in range(x.shape[0]):
        dx = x[k] - px
        dy = y[k] - py
        away[k] = dx * dx + dy * dy


@kernel
def _add_turn(c: Values, s: Values, pc: F, ps: F, away: Values) -> None:
    """Add what headings differ."""
    for k in range(c.shape[0]):
        away[k] += TURN * (F(1.0) - c[k] * pc - s[k] * ps)


@kernel
def _keep(away: Values, i: F, best: Values, at: Values) -> None:
    for k in range(away.shape[0]):
        at[k] = i if away[k] < best[k] else at[k]
        best[k] = min(best[k], away[k])


@kernel
def nearest(
    x: Values,
    y: Values,
    c: Values,
    s: Values,
    pose: Array,
    i: int,
    away: Values,
    best: Values,
    at: Values,
) -> None:
    """Whether path pose ``i`` is nearer than the best of each sample, headings counted.

    Without them the many poses of a turn on the spot would all be as near.
    """
    _away(x, y, F(pose[0]), F(pose[1]), away)
    _add_turn(c, s, F(math.cos(pose[2])), F(math.sin(pose[2])), away)
    _keep(away, F(i), best, at)


@kernel
def roll(
    start: Values,
    mean: Values,
    noise: Values,
    sigma: Values,
    limits: Values,
    period: F,
    sideways: F,
    state: Values,
    seen: Values,
    at: int,
    n: int,
) -> None:
    """Drive ``n`` samples, of noise from column ``at``, from ``start`` (x, y, yaw, vx, vy, wz).

    ``state`` rows: x, y, yaw, vx, vy, wz, c, s, cost, yaw halfway, three of scratch; (13, BLOCK).
    ``seen`` gets x, y, c, s at every second step: (steps // 2, 4, BLOCK). Rows are cut to ``n``
    one by one: a cut of the whole array is not contiguous, and its loops not vectors.
    """
    for j in range(6):
        state[j, :] = start[j]
    state[6, :] = F(math.cos(start[2]))
    state[7, :] = F(math.sin(start[2]))
    state[8, :] = F(0.0)
    x, y, yaw = state[0][:n], state[1][:n], state[2][:n]
    vx, vy, wz = state[3][:n], state[4][:n], state[5][:n]
    c, s, cost = state[6][:n], state[7][:n], state[8][:n]
    u, v, w = state[10][:n], state[11][:n], state[12][:n]
    half = F(0.5) * period
    steps = mean.shape[0]
    knots = noise.shape[0]
    for t in range(steps):
        low, share = knot(t, steps, knots)
        before, after = noise[low], noise[low + 1]
        rest = F(1.0) - share
        m0, m1, m2 = mean[t, 0], mean[t, 1], mean[t, 2]
        s0, s1, s2 = sigma[0], sigma[1], sigma[2]
        _mix(u, before[0][at : at + n], after[0][at : at + n], m0, s0 * rest, s0 * share)
        _mix(v, before[1][at : at + n], after[1][at : at + n], m1, s1 * rest, s1 * share)
        _mix(w, before[2][at : at + n], after[2][at : at + n], m2, s2 * rest, s2 * share)
        _speed_up(vx, vy, u, v, limits)
        _turn(wz, yaw, w, limits[3], limits[5], period)
        _rotate(c, s, wz, half)
        _move_back(x, c, vx, s, vy, period)
        _move(y, s, vx, c, vy, period)
        _rotate(c, s, wz, half)
        _charge(cost, vx, vy, sideways)
        if t % 2 == 1:
            i = t // 2
            seen[i, 0, :n] = x
            seen[i, 1, :n] = y
            seen[i, 2, :n] = c
            seen[i, 3, :n] = s
            if i == steps // 4:
                state[9, :n] = yaw
