"""Kernels of MPPI: roll samples out, charge them, average them."""

import math

import numpy as np
import numpy.typing as npt

from hearth_navigation.core.field import Values
from hearth_navigation.core.jit import kernel, wrap

Array = npt.NDArray[np.float64]

CONTACT = 100.0
"""Cost [m] of touching something."""


@kernel
def footprint_gap(
    values: Values,
    ox: float,
    oy: float,
    inverse: float,
    discs: Array,
    x: float,
    y: float,
    c: float,
    s: float,
    enough: float,
) -> float:
    """Clearance by the nearest cell: coarser than the planner's, five times faster."""
    height, width = values.shape
    x = (x - ox) * inverse
    y = (y - oy) * inverse
    c *= inverse
    s *= inverse
    least = enough
    i = 0
    n = discs.shape[0]
    while i < n:
        u = int(x + c * discs[i, 0] - s * discs[i, 1])
        v = int(y + s * discs[i, 0] + c * discs[i, 1])
        if u < 0 or v < 0 or u >= width or v >= height:
            return -1.0
        gap = values[v, u] - discs[i, 2]
        if i == 0:
            if gap > enough:
                return gap
        elif discs[i, 3] == 0.0:
            if gap < -0.02:
                return gap  # contact is contact; how deep does not matter
            least = min(least, gap)
        elif gap >= least:
            i += int(discs[i, 3])
        i += 1
    return least


@kernel
def _clip(u: Array, limits: Array) -> None:
    """Put a command (3,) inside the limits (forward, backward, sideways, turn, ...)."""
    u[0] = min(max(u[0], -limits[1]), limits[0])
    u[1] = min(max(u[1], -limits[2]), limits[2])
    u[2] = min(max(u[2], -limits[3]), limits[3])
    square = u[0] * u[0] + u[1] * u[1]
    if square > limits[0] * limits[0]:
        share = limits[0] / math.sqrt(square)
        u[0] *= share
        u[1] *= share


@kernel
def _sampled(
    mean: Array, noise: Values, row: int, t: int, k: int, sigma: Array, limits: Array, u: Array
) -> None:
    """Command ``u`` (3,) of sample k at step t; sample 0 is the mean and sample 1 stops."""
    if k == 0:
        u[0], u[1], u[2] = mean[t, 0], mean[t, 1], mean[t, 2]
    elif k == 1:
        u[0], u[1], u[2] = 0.0, 0.0, 0.0
    else:
        u[0] = mean[t, 0] + sigma[0] * noise[row, t, 0]
        u[1] = mean[t, 1] + sigma[1] * noise[row, t, 1]
        u[2] = mean[t, 2] + sigma[2] * noise[row, t, 2]
        _clip(u, limits)


@kernel
def _remaining(
    path: Array, travelled: Array, first: int, last: int, x: float, y: float, yaw: float
) -> tuple[float, float, float]:
    """(way left, distance beside, heading error) of the path pose nearest to (x, y, yaw)."""
    best = 1e18
    index = first
    for i in range(first, last):
        dx = path[i, 0] - x
        dy = path[i, 1] - y
        d = dx * dx + dy * dy
        if d < best:
            best = d
            index = i
    turn = wrap(path[index, 2] - yaw)
    return travelled[-1] - travelled[index], math.sqrt(best), abs(turn)


@kernel
def evaluate(  # noqa: PLR0915 - one loop, kept in scalars
    values: Values,
    ox: float,
    oy: float,
    inverse: float,
    discs: Array,
    pose: Array,
    velocity: Array,
    mean: Array,
    noise: Values,
    rough: Array,
    offset: int,
    sigma: Array,
    limits: Array,
    path: Array,
    travelled: Array,
    first: int,
    last: int,
    period: float,
    weights: Array,
    costs: Array,
) -> None:
    """Cost of every sample.

    ``weights``: comfort, closeness, margin, lateral, heading, sideways, smoothness, start gap.
    """
    steps = mean.shape[0]
    # Scalars: what lies in arrays is loaded anew at every step.
    comfort, closeness = weights[0], weights[1]
    # A robot that is already closer than the margin may move if that brings it no closer.
    margin = min(weights[2], weights[7] - 0.003)
    lateral, heading, sideways = weights[3], weights[4], weights[5]
    forward, backward, side, turn = limits[0], limits[1], limits[2], limits[3]
    fastest = forward * forward
    dv, dw = limits[4] * period, limits[5] * period
    dv_square = dv * dv
    cos, sin = math.cos(pose[2]), math.sin(pose[2])
    for k in range(costs.shape[0]):
        row = (offset + k) % noise.shape[0]
        # Sample 0 is the mean, sample 1 stops.
        base = 0.0 if k == 1 else 1.0
        s0, s1, s2 = sigma[0], sigma[1], sigma[2]
        if k < 2:
            s0, s1, s2 = 0.0, 0.0, 0.0
        x, y, yaw = pose[0], pose[1], pose[2]
        vx, vy, wz = velocity[0], velocity[1], velocity[2]
        c, s = cos, sin
        cost = 0.0
        for t in range(steps):
            u0 = min(max(base * mean[t, 0] + s0 * noise[row, t, 0], -backward), forward)
            u1 = min(max(base * mean[t, 1] + s1 * noise[row, t, 1], -side), side)
            u2 = min(max(base * mean[t, 2] + s2 * noise[row, t, 2], -turn), turn)
            square = u0 * u0 + u1 * u1
            if square > fastest:
                share = forward / math.sqrt(square)
                u0 *= share
                u1 *= share
            ax, ay, aw = u0 - vx, u1 - vy, u2 - wz
            square = ax * ax + ay * ay
            if square > dv_square:
                share = dv / math.sqrt(square)
                ax *= share
                ay *= share
            vx += ax
            vy += ay
            wz += min(max(aw, -dw), dw)
            # Half a turn, the way, half a turn; a series instead of sine and cosine.
            half = 0.5 * wz * period
            yaw += 2.0 * half
            ch = 1.0 - 0.5 * half * half
            sh = half * (1.0 - half * half / 6.0)
            c, s = c * ch - s * sh, s * ch + c * sh
            x += (c * vx - s * vy) * period
            y += (s * vx + c * vy) * period
            c, s = c * ch - s * sh, s * ch + c * sh
            cost += sideways * (abs(vy) + 3.0 * max(0.0, -vx)) * period
            if t % 2 == 1:
                gap = footprint_gap(values, ox, oy, inverse, discs, x, y, c, s, comfort)
                if gap < margin:
                    cost += CONTACT * (2.0 - t / steps)
                    break
                if gap < comfort:
                    lack = 1.0 - max(gap, 0.0) / comfort
                    cost += closeness * lack * lack * 2.0 * period
            if t == steps // 2:
                _left, beside, off = _remaining(path, travelled, first, last, x, y, yaw)
                cost += lateral * beside + heading * off
        left, beside, off = _remaining(path, travelled, first, last, x, y, yaw)
        cost += left + lateral * beside + heading * off
        if k > 1:
            cost += weights[6] * rough[row]
        costs[k] = cost


@kernel
def average(
    mean: Array, noise: Values, offset: int, sigma: Array, limits: Array, costs: Array, heat: float
) -> float:
    """Replace ``mean`` by the weighted mean of the samples; returns the least cost."""
    steps = mean.shape[0]
    least = costs.min()
    total = 0.0
    result = np.zeros((steps, 3))
    u = np.empty(3)
    for k in range(costs.shape[0]):
        w = math.exp(-(costs[k] - least) / heat)
        if w < 1e-4:
            continue
        total += w
        row = (offset + k) % noise.shape[0]
        for t in range(steps):
            _sampled(mean, noise, row, t, k, sigma, limits, u)
            for j in range(3):
                result[t, j] += w * u[j]
    for t in range(steps):
        for j in range(3):
            mean[t, j] = result[t, j] / total
        _clip(mean[t], limits)
    return float(least)
