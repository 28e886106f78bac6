"""Kernels of MPPI: roll samples out, charge them, average them.

A block of samples lies in rows of floats, so that a step of all of them is a few loops the
compiler turns into vector instructions. Each loop touches few rows: the compiler gives up when
too many rows might overlap. What a sample costs without obstacles is known before its footprint
is looked at; a sample that is too dear already to weigh anything is not looked at.
"""

import math

import numpy as np
import numpy.typing as npt
from hearth_core.jit import kernel

from hearth_navigation.core.angles import wrap
from hearth_navigation.core.field import Values

Array = npt.NDArray[np.float64]
F = np.float32

CONTACT = 100.0
"""Cost [m] of touching something."""
LEAST_WEIGHT = 1e-4
"""Samples that weigh less than this against the best are left out of the average."""
BLOCK = 512
"""Samples rolled out together: their rows stay in the first-level cache."""


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
def _nearest(x: Values, y: Values, px: float, py: float, i: int, best: Values, at: Values) -> None:
    """Whether path pose ``i`` at (px, py) is nearer than the best of each sample."""
    fx, fy, fi = F(px), F(py), F(i)
    for k in range(x.shape[0]):
        dx = x[k] - fx
        dy = y[k] - fy
        d = dx * dx + dy * dy
        at[k] = fi if d < best[k] else at[k]
        best[k] = min(best[k], d)


@kernel
def _roll(
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


@kernel
def _way_left(
    path: Array,
    travelled: Array,
    first: int,
    last: int,
    x: Values,
    y: Values,
    yaw: Values,
    best: Values,
    at: Values,
    lateral: float,
    heading: float,
    left: float,
    cost: Values,
) -> None:
    """Charge the distance beside the path, the heading off it, and ``left`` times the rest."""
    best[:] = F(1e18)
    at[:] = F(first)
    for i in range(first, last):
        _nearest(x, y, path[i, 0], path[i, 1], i, best, at)
    for k in range(x.shape[0]):
        i = int(at[k])
        cost[k] += F(
            lateral * math.sqrt(best[k])
            + heading * abs(wrap(path[i, 2] - yaw[k]))
            + left * (travelled[-1] - travelled[i])
        )


@kernel
def _contact(
    values: Values,
    ox: float,
    oy: float,
    inverse: float,
    discs: Array,
    seen: Values,
    k: int,
    margin: float,
    comfort: float,
    reach: float,
    price: float,
    cost: float,
    dear: float,
) -> float:
    """Cost of sample k with what its footprint comes close to; stops above ``dear``."""
    checks = seen.shape[0]
    i = 0
    while i < checks:
        gap = footprint_gap(
            values,
            ox,
            oy,
            inverse,
            discs,
            seen[i, 0, k],
            seen[i, 1, k],
            seen[i, 2, k],
            seen[i, 3, k],
            comfort,
        )
        if gap < margin:
            return cost + CONTACT * (2.0 - i / checks)
        if gap < comfort:
            lack = 1.0 - max(gap, 0.0) / comfort
            cost += price * lack * lack
            if cost > dear:
                return cost
        # In the open nothing can come close for a while.
        i += 1 + max(0, int((gap - comfort - 2.0 / inverse) / reach))
    return cost


@kernel
def evaluate(
    values: Values,
    ox: float,
    oy: float,
    inverse: float,
    discs: Array,
    start: Values,
    mean: Values,
    noise: Values,
    rough: Array,
    offset: int,
    sigma: Values,
    limits: Values,
    path: Array,
    travelled: Array,
    first: int,
    last: int,
    period: float,
    weights: Array,
    heat: float,
    state: Values,
    seen: Values,
    costs: Array,
) -> float:
    """Cost of every sample; returns the least.

    ``noise`` is (knots, 3, pool); sample k > 1 takes column ``offset + k - 2``. ``limits`` holds
    speeds (forward, backward, sideways, turn) and what acceleration allows a step (linear,
    turn). ``weights``: comfort, closeness, margin, lateral, heading, sideways, smoothness, start
    gap. Samples that cannot weigh ``LEAST_WEIGHT`` may be charged too little, but never so little
    that they would.
    """
    steps = mean.shape[0]
    comfort, closeness = weights[0], weights[1]
    # A robot that is already closer than the margin may move if that brings it no closer.
    margin = min(weights[2], weights[7] - 0.003)
    cut = -heat * math.log(LEAST_WEIGHT)
    zero = np.zeros_like(mean)
    still = np.zeros((noise.shape[0], 3, 1), np.float32)
    # How far a disc may move between two looks at the footprint, with a cell's rounding.
    reach = 2.0 * period * (limits[0] + limits[3] * math.hypot(discs[0, 0], discs[0, 1]))
    least = 1e18
    begin = 0
    while begin < costs.shape[0]:
        # Sample 0 is the mean, sample 1 stops, the others are the mean and noise.
        n = 1 if begin < 2 else min(BLOCK, costs.shape[0] - begin)
        at = begin if begin < 2 else offset + begin - 2
        _roll(
            start,
            zero if begin == 1 else mean,
            still if begin < 2 else noise,
            sigma,
            limits,
            F(period),
            F(weights[5] * period),
            state,
            seen,
            0 if begin < 2 else at,
            n,
        )
        cost = state[8][:n]
        best, nearest = state[10][:n], state[11][:n]
        middle = seen[steps // 4]
        _way_left(
            path,
            travelled,
            first,
            last,
            middle[0][:n],
            middle[1][:n],
            state[9][:n],
            best,
            nearest,
            weights[3],
            weights[4],
            0.0,
            cost,
        )
        _way_left(
            path,
            travelled,
            first,
            last,
            state[0][:n],
            state[1][:n],
            state[2][:n],
            best,
            nearest,
            weights[3],
            weights[4],
            1.0,
            cost,
        )
        for k in range(n):
            total = float(cost[k])
            if begin > 1:
                total += weights[6] * rough[at + k]
            if total < least + cut:
                total = _contact(
                    values,
                    ox,
                    oy,
                    inverse,
                    discs,
                    seen,
                    k,
                    margin,
                    comfort,
                    reach,
                    closeness * 2.0 * period,
                    total,
                    least + cut,
                )
            costs[begin + k] = total
            least = min(least, total)
        begin += n
    return least


@kernel
def average(
    mean: Values,
    noise: Values,
    offset: int,
    sigma: Values,
    limits: Values,
    costs: Array,
    least: float,
    heat: float,
) -> None:
    """Replace ``mean`` by the weighted mean of the samples."""
    chosen = np.empty(costs.shape[0], np.int64)
    weight = np.empty(costs.shape[0], np.float32)
    count = 0
    total = 0.0
    for k in range(costs.shape[0]):
        w = math.exp(-(costs[k] - least) / heat)
        if w < LEAST_WEIGHT:
            continue
        chosen[count] = k
        weight[count] = F(w)
        total += w
        count += 1
    scale = F(1.0 / total)
    tiny = F(1e-12)
    steps, knots = mean.shape[0], noise.shape[0]
    for t in range(steps):
        low, share = knot(t, steps, knots)
        one = F(1.0)
        result = np.zeros(3, np.float32)
        for i in range(count):
            k = chosen[i]
            w = weight[i]
            if k == 1:
                continue
            at = max(offset + k - 2, 0)
            size = F(0.0) if k == 0 else one
            a, b = size * (one - share), size * share
            u0 = mean[t, 0] + sigma[0] * (a * noise[low, 0, at] + b * noise[low + 1, 0, at])
            u1 = mean[t, 1] + sigma[1] * (a * noise[low, 1, at] + b * noise[low + 1, 1, at])
            u2 = mean[t, 2] + sigma[2] * (a * noise[low, 2, at] + b * noise[low + 1, 2, at])
            u0 = min(max(u0, -limits[1]), limits[0])
            u1 = min(max(u1, -limits[2]), limits[2])
            u2 = min(max(u2, -limits[3]), limits[3])
            w2 = w * min(one, limits[0] / math.sqrt(u0 * u0 + u1 * u1 + tiny))
            result[0] += w2 * u0
            result[1] += w2 * u1
            result[2] += w * u2
        for j in range(3):
            mean[t, j] = result[j] * scale
