"""Kernels of MPPI: charge samples, average them; rolling out is in ``mppi_rollout``.

What a sample costs without obstacles is known before its footprint
is looked at; a sample that is too dear already to weigh anything is not looked at.
"""

import math

import numpy as np
import numpy.typing as npt
from hearth_core.jit import kernel

from hearth_navigation.core.angles import wrap
from hearth_navigation.core.field import Values
from hearth_navigation.core.mppi_rollout import BLOCK, knot, nearest, roll
from hearth_navigation.core.people_kernels import meetings

Array = npt.NDArray[np.float64]
F = np.float32

CONTACT = 100.0
"""Cost [m] of touching something."""
LEAST_WEIGHT = 1e-4
"""Samples that weigh less than this against the best are left out of the average."""


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
def path_gap(
    values: Values,
    ox: float,
    oy: float,
    inverse: float,
    discs: Array,
    path: Array,
    first: int,
    last: int,
    enough: float,
) -> float:
    """Least clearance of the footprint on the poses ``first`` to ``last`` of a path."""
    least = enough
    for i in range(first, min(last, path.shape[0])):
        c, s = math.cos(path[i, 2]), math.sin(path[i, 2])
        x, y = path[i, 0], path[i, 1]
        least = min(least, footprint_gap(values, ox, oy, inverse, discs, x, y, c, s, enough))
    return least


@kernel
def _way_left(
    path: Array,
    travelled: Array,
    first: int,
    last: int,
    x: Values,
    y: Values,
    yaw: Values,
    c: Values,
    s: Values,
    away: Values,
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
        nearest(x, y, c, s, path[i], i, away, best, at)
    for k in range(x.shape[0]):
        i = int(at[k])
        cost[k] += F(
            lateral * math.hypot(path[i, 0] - x[k], path[i, 1] - y[k])
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
    people: Array,
    box: Array,
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
    gap, politeness and its price. Samples that cannot weigh ``LEAST_WEIGHT`` may be charged too
    little, but never so little that they would.
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
        roll(
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
        best, at_pose, away = state[10][:n], state[11][:n], state[12][:n]
        middle = seen[steps // 4]
        _way_left(
            path,
            travelled,
            first,
            last,
            middle[0][:n],
            middle[1][:n],
            state[9][:n],
            middle[2][:n],
            middle[3][:n],
            away,
            best,
            at_pose,
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
            state[6][:n],
            state[7][:n],
            away,
            best,
            at_pose,
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
            if people.shape[0] > 0 and total < least + cut:
                total = meetings(
                    people,
                    box,
                    weights[8],
                    weights[9] * 2.0 * period,
                    period,
                    seen,
                    k,
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
