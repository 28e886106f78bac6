"""RRT-Connect over lanes: plan and shorten inside one kernel, several goals, deterministic.

Two trees grow towards each other (Kuffner and LaValle, ICRA 2000); nodes that could not be
extended draw samples only from a shrinking ball (dynamic domain: Jaillet, Yershova, LaValle,
Simeon, IROS 2005). All vectors here hold only the planned joints, n of them.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from hearth_core.jit import kernel

from hearth_manipulation.core.kinematics import Array, Ints
from hearth_manipulation.core.lane_check import Room, World, free_between, new_room
from hearth_manipulation.core.lanes import FAST, Lanes
from hearth_manipulation.core.local_moves import outermost, scattered, straight
from hearth_manipulation.core.manifold import Manifold, holds_between, project

LOCAL = 0.25
"""Share of the samples that are drawn near a node of the tree."""
STRAIGHT = 0.5
"""Share of those that move a hand straight."""
REFUSED = 0.125
"""What a sample costs that is not tried, for being too far from a node that could not be left."""


class Query(NamedTuple):
    """What a search is made of."""

    lanes: Lanes
    world: World
    manifold: Manifold
    lower: Array
    upper: Array
    margin: float
    """Distance kept to the world [m]."""
    resolution: float
    """Largest distance of checked configurations [rad, Euclidean]."""
    step: float
    """Length of one extension [rad]; steps along a manifold are shorter."""


class Trees(NamedTuple):
    """From the start (0) and from the goals (1); room for more nodes than most searches fill."""

    nodes: Array
    """Shape (2, n, capacity)."""
    parents: Ints
    """-1: a root. Shape (2, capacity)."""
    domain: Array
    """Largest distance of samples that a node is tried with [rad], shape (2, capacity)."""
    tried: Ints
    """How often samples were drawn near a node, shape (2, capacity)."""
    counts: npt.NDArray[np.int64]
    """Nodes of each, shape (2,)."""


@kernel
def grow(trees: Trees, side: int, q: Array, parent: int) -> None:
    """Add a node to one of the trees."""
    at = trees.counts[side]
    for j in range(q.shape[0]):
        trees.nodes[side, j, at] = q[j]
    trees.parents[side, at] = parent
    trees.domain[side, at] = np.inf
    trees.tried[side, at] = 0
    trees.counts[side] = at + 1


@kernel(fastmath=FAST)
def nearest(nodes: Array, count: int, q: Array) -> int:
    """Index of the node nearest to ``q``; nodes hold one joint a row, shape (n, capacity)."""
    best, index = 1e30, 0
    away = np.empty(64)
    for first in range(0, count, 64):
        size = min(64, count - first)
        d = nodes[0, first : first + size] - q[0]
        for i in range(size):
            away[i] = d[i] * d[i]
        for j in range(1, q.shape[0]):
            row = nodes[j, first : first + size]
            value = q[j]
            for i in range(size):
                away[i] += (row[i] - value) * (row[i] - value)
        for i in range(size):
            if away[i] < best:
                best, index = away[i], first + i
    return index


@kernel
def distance(a: Array, b: Array) -> float:
    """Euclidean distance in joint space."""
    total = 0.0
    for j in range(a.shape[0]):
        total += (a[j] - b[j]) ** 2
    return float(np.sqrt(total))


@kernel
def advance(
    query: Query, room: Room, start: Array, goal: Array, step: float, out: Array
) -> tuple[bool, bool]:
    """One step from ``start`` towards ``goal``.

    Returns:
        Whether ``out`` was reached, and whether it is the goal.
    """
    n = start.shape[0]
    away = distance(start, goal)
    arrives = away <= step
    f = 1.0 if arrives else step / away
    for j in range(n):
        out[j] = start[j] + f * (goal[j] - start[j])
    if query.manifold.active:
        if not arrives:
            if not project(query.manifold, query.lower, query.upper, out):
                return False, False
            moved = distance(start, out)
            # Slid back or aside: the manifold does not lead there this way.
            if moved > 2.0 * step or distance(out, goal) > away - 0.1 * step:
                return False, False
        if not holds_between(query.manifold, start, out):
            return False, False
    free = free_between(query.lanes, query.world, room, start, out, query.resolution, query.margin)
    return free, free and arrives


@kernel
def search(  # noqa: PLR0912, PLR0915  one kernel
    query: Query, start: Array, goals: Array, most: int, seed: int, longest: float
) -> Array:
    """Find a path from ``start`` to any of ``goals``.

    With a finite ``longest`` only samples are used over which the way is shorter than that
    (informed sampling: Gammell, Srinivasa, Barfoot, IROS 2014).

    Args:
        query: What moves where.
        start: Shape (n,).
        goals: Shape (G, n).
        most: Most samples tried.
        seed: Of the random numbers.
        longest: Length of a path that is known already [rad], or infinity.

    Returns:
        Waypoints, shape (N, n); shape (0, n): none found.
    """
    np.random.seed(seed)
    n = start.shape[0]
    tips = outermost(query.lanes)
    room = new_room(query.lanes, query.world, n)
    constrained = query.manifold.active
    step = min(query.step, 0.25) if constrained else query.step
    informed = np.isfinite(longest)
    for g in range(0 if constrained or informed else goals.shape[0]):
        if free_between(
            query.lanes, query.world, room, start, goals[g], query.resolution, query.margin
        ):
            direct = np.empty((2, n))
            direct[0], direct[1] = start, goals[g]
            return direct
    capacity = min(2 * most, 40000) + 16 * goals.shape[0] + 1024
    nodes = np.empty((2, n, capacity))
    parents = np.empty((2, capacity), np.int32)
    domain = np.empty((2, capacity))
    tried = np.empty((2, capacity), np.int32)
    counts = np.zeros(2, np.int64)
    trees = Trees(nodes, parents, domain, tried, counts)
    grow(trees, 0, start, -1)
    for g in range(goals.shape[0]):
        grow(trees, 1, goals[g], -1)
    q, here, there, out = np.empty(n), np.empty(n), np.empty(n), np.empty(n)
    side, work = 1, 0.0
    while work < most:
        work += 1.0
        # The smaller tree grows.
        side = 1 - side
        if counts[side] > counts[1 - side] + 32:
            side = 1 - side
        other = 1 - side
        near = -1
        if np.random.random() < LOCAL:
            near = _least_tried(tried[side], counts[side])
            tried[side, near] += 1
            here[:] = nodes[side, :, near]
            if tips.shape[0] > 0 and np.random.random() < STRAIGHT:
                body = tips[int(np.random.random() * tips.shape[0])]
                straight(query.lanes, room, body, here, query.lower, query.upper, q)
            else:
                scattered(here, query.lower, query.upper, q)
        else:
            _far(query, start, goals, q)
        if constrained and not project(query.manifold, query.lower, query.upper, q):
            continue
        local = near >= 0
        if informed and _way_over(start, goals, q) >= longest:
            work -= 1.0 - REFUSED
            continue
        if not local:
            near = nearest(nodes[side], counts[side], q)
            here[:] = nodes[side, :, near]
        away = distance(here, q)
        if away < 1e-6 or (not local and away > domain[side, near]):
            work -= 1.0 - REFUSED
            continue
        done, _ = advance(query, room, here, q, step, out)
        if not done:
            if not local:
                shrunk = domain[side, near] * 0.9999
                far = 4.0 * step if not np.isfinite(shrunk) else max(step, shrunk)
                domain[side, near] = far
            continue
        if counts[0] + 2 > capacity or counts[1] + 2 > capacity:
            break
        tip = counts[side]
        grow(trees, side, out, near)
        there[:] = out
        near = nearest(nodes[other], counts[other], there)
        here[:] = nodes[other, :, near]
        met = distance(here, there) < 1e-9
        while not met and counts[other] + 2 < capacity:
            done, met = advance(query, room, here, there, step, out)
            if not done:
                break
            if met:
                break
            grow(trees, other, out, near)
            near = counts[other] - 1
            here[:] = out
        if not met:
            continue
        return _join(nodes, parents, tip if side == 0 else near, tip if side == 1 else near)
    return np.empty((0, n))


@kernel
def _least_tried(tried: Ints, count: int) -> int:
    """Of three random nodes the one that was tried least: fresh ones are where a way out is."""
    best = int(np.random.random() * count)
    for _ in range(2):
        other = int(np.random.random() * count)
        if tried[other] < tried[best]:
            best = other
    return best


@kernel
def _far(query: Query, start: Array, goals: Array, q: Array) -> None:
    """Fill ``q`` with a sample from everywhere, or from around the straight way to a goal."""
    n = start.shape[0]
    if np.random.random() < 0.75:
        for j in range(n):
            q[j] = query.lower[j] + np.random.random() * (query.upper[j] - query.lower[j])
        return
    # Around the straight way: joints that hardly need to move then stay near it.
    g = int(np.random.random() * goals.shape[0])
    f = np.random.random()
    for j in range(n):
        spread = 0.15 * (query.upper[j] - query.lower[j])
        value = start[j] + f * (goals[g, j] - start[j]) + np.random.normal() * spread
        q[j] = min(max(value, query.lower[j]), query.upper[j])


@kernel
def _way_over(start: Array, goals: Array, q: Array) -> float:
    """Length of the shortest way over ``q``, if nothing stood in it."""
    shortest = np.inf
    for g in range(goals.shape[0]):
        shortest = min(shortest, distance(q, goals[g]))
    return distance(start, q) + shortest


@kernel
def _join(nodes: Array, parents: Ints, from_start: int, from_goal: int) -> Array:
    forward, length = 0, 0
    i = from_start
    while i >= 0:
        forward += 1
        i = parents[0, i]
    length = forward
    i = from_goal
    while i >= 0:
        length += 1
        i = parents[1, i]
    path = np.empty((length, nodes.shape[1]))
    i, k = from_start, forward - 1
    while i >= 0:
        path[k] = nodes[0, :, i]
        k -= 1
        i = parents[0, i]
    i, k = from_goal, forward
    while i >= 0:
        path[k] = nodes[1, :, i]
        k += 1
        i = parents[1, i]
    return path
