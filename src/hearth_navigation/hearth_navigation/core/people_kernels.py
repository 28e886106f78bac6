"""Kernels of gaps to people who stand, or walk on as they do now.

People are rows (x, y, vx, vy, radius, until): after ``until`` seconds a wall ends their way.
"""

import math

import numpy as np
import numpy.typing as npt
from hearth_core.jit import kernel

from hearth_navigation.core.field import Values

Array = npt.NDArray[np.float64]

STROLL = 0.45
"""Slower people [m/s] are planned around; faster ones are gone before a plan is driven."""
LOOK = 0.25
"""Time between two looks at somebody's way [s]."""


@kernel
def one_gap(person: Array, box: Array, t: float, x: float, y: float, c: float, s: float) -> float:
    """Gap [m] at time ``t`` between a person and the footprint's box (x0, x1, y0, y1).

    Negative: how deep they would overlap, so that there is always a shortest way out.
    """
    walked = min(t, person[5])
    dx = person[0] + walked * person[2] - x
    dy = person[1] + walked * person[3] - y
    u = c * dx + s * dy
    v = c * dy - s * dx
    a = max(box[0] - u, u - box[1])
    b = max(box[2] - v, v - box[3])
    if a < 0.0 and b < 0.0:
        return max(a, b) - float(person[4])
    a = max(a, 0.0)
    b = max(b, 0.0)
    return math.sqrt(a * a + b * b) - float(person[4])


@kernel
def person_gap(
    people: Array, box: Array, t: float, x: float, y: float, c: float, s: float
) -> float:
    """Gap [m] at time ``t`` to the nearest of all people; large: nobody."""
    least = 1e9
    for k in range(people.shape[0]):
        least = min(least, one_gap(people[k], box, t, x, y, c, s))
    return least


@kernel
def meetings(
    people: Array,
    box: Array,
    polite: float,
    price: float,
    period: float,
    seen: Values,
    k: int,
    cost: float,
    dear: float,
) -> float:
    """Cost of sample k with how close it comes to people; stops above ``dear``."""
    for i in range(seen.shape[0]):
        t = (2.0 * i + 2.0) * period
        gap = person_gap(
            people, box, t, seen[i, 0, k], seen[i, 1, k], seen[i, 2, k], seen[i, 3, k]
        )
        if gap < polite:
            lack = 1.0 - max(gap, 0.0) / polite
            cost += price * lack * lack
            if cost > dear:
                break
    return cost


@kernel
def gap_along(people: Array, box: Array, poses: Array, period: float) -> float:
    """Least gap to anybody of a robot that is at ``poses`` (N, 3) one ``period`` after another."""
    least = 1e9
    for i in range(poses.shape[0]):
        x, y, yaw = poses[i]
        gap = person_gap(people, box, i * period, x, y, math.cos(yaw), math.sin(yaw))
        least = min(least, gap)
    return least


@kernel
def gap_of_step(
    people: Array,
    box: Array,
    pose: Array,
    goal: Array,
    seconds: float,
    delay: float,
    horizon: float,
) -> float:
    """Least gap to anybody of a robot that moves straight to ``goal``, and stays there."""
    least = 1e9
    t = 0.0
    while t < horizon:
        share = min(max((t - delay) / max(seconds, 1e-6), 0.0), 1.0)
        x = pose[0] + share * (goal[0] - pose[0])
        y = pose[1] + share * (goal[1] - pose[1])
        yaw = pose[2] + share * (goal[2] - pose[2])
        least = min(least, person_gap(people, box, t, x, y, math.cos(yaw), math.sin(yaw)))
        t += LOOK
    return least
