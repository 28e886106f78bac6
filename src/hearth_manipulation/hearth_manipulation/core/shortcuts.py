"""Make a free path shorter, and check a whole path finely."""

import numpy as np
from hearth_core.jit import kernel

from hearth_manipulation.core.kinematics import Array
from hearth_manipulation.core.lane_check import Room, free_at, free_between, new_room
from hearth_manipulation.core.manifold import holds_between
from hearth_manipulation.core.rapid import Query, advance, distance


@kernel
def path_length(path: Array) -> float:
    """Euclidean length in joint space."""
    total = 0.0
    for i in range(1, path.shape[0]):
        total += distance(path[i - 1], path[i])
    return total


@kernel
def bridge(query: Query, room: Room, start: Array, goal: Array, longest: float) -> Array:
    """Way from ``start`` to ``goal`` as direct as the constraint allows, without ``start``.

    Returns:
        Shape (N, n), the last one is ``goal``; shape (0, n): not free, or longer than ``longest``.
    """
    n = start.shape[0]
    if not query.manifold.active:
        if distance(start, goal) >= longest or not free_between(
            query.lanes, query.world, room, start, goal, query.resolution, query.margin
        ):
            return np.empty((0, n))
        direct = np.empty((1, n))
        direct[0] = goal
        return direct
    passed = np.empty((200, n))
    here, out = start.copy(), np.empty(n)
    travelled = 0.0
    for k in range(200):
        done, arrived = advance(query, room, here, goal, min(query.step, 0.25), out)
        travelled += distance(here, out)
        if not done or travelled >= longest:
            return np.empty((0, n))
        passed[k] = out
        if arrived:
            return passed[: k + 1].copy()
        here[:] = out
    return np.empty((0, n))


@kernel
def _straighten(query: Query, room: Room, path: Array) -> Array:
    """Go from every waypoint directly to the farthest one that can be reached so."""
    i = 0
    while i < path.shape[0] - 2:
        j = path.shape[0] - 1
        while j > i + 1:
            old = 0.0
            for k in range(i, j):
                old += distance(path[k], path[k + 1])
            piece = bridge(query, room, path[i], path[j], old - 1e-6)
            if piece.shape[0] > 0:
                path = np.concatenate((path[: i + 1], piece, path[j + 1 :]))
                i += piece.shape[0] - 1
                break
            j = i + (j - i) // 2 if j - i > 4 else j - 1
        i += 1
    return path


@kernel
def shorten(query: Query, path: Array, trials: int, patience: int, seed: int) -> Array:
    """Replace pieces of the path by direct ones while those are free and shorter.

    Pieces between waypoints first, then between random points, then between those that are left.

    Args:
        query: What moves where.
        path: Free waypoints, shape (N, n).
        trials: Most random pieces tried.
        patience: So many pieces without gain end it.
        seed: Of the random numbers.
    """
    np.random.seed(seed)
    n = path.shape[1]
    room = new_room(query.lanes, query.world, n)
    path = _straighten(query, room, path)
    useless = 0
    for _ in range(trials):
        count = path.shape[0]
        if count < 3 or useless >= patience:
            break
        along = np.empty(count)
        along[0] = 0.0
        for k in range(1, count):
            along[k] = along[k - 1] + distance(path[k - 1], path[k])
        a, b = np.random.random() * along[-1], np.random.random() * along[-1]
        a, b = min(a, b), max(a, b)
        i = min(np.searchsorted(along, a, side="right") - 1, count - 2)
        j = min(np.searchsorted(along, b, side="right") - 1, count - 2)
        useless += 1
        if i == j:
            continue
        f = (a - along[i]) / max(along[i + 1] - along[i], 1e-12)
        g = (b - along[j]) / max(along[j + 1] - along[j], 1e-12)
        first = path[i] + f * (path[i + 1] - path[i])
        last = path[j] + g * (path[j + 1] - path[j])
        if b - a - distance(first, last) < 0.01 * (b - a):
            continue
        piece = bridge(query, room, first, last, b - a - 1e-6)
        if piece.shape[0] == 0:
            continue
        fresh = np.empty((i + 2 + piece.shape[0] + count - 1 - j, n))
        fresh[: i + 1] = path[: i + 1]
        fresh[i + 1] = first
        fresh[i + 2 : i + 2 + piece.shape[0]] = piece
        fresh[i + 2 + piece.shape[0] :] = path[j + 1 :]
        path = fresh
        useless = 0
    return _straighten(query, room, path)


@kernel
def tighten(query: Query, path: Array, trials: int, seed: int) -> Array:
    """Move waypoints nearer to the straight way between their neighbours, around obstacles too.

    Shortcuts lead only over points between those of the path; here a waypoint may leave it in
    any direction, as long as the way over it gets shorter.

    Args:
        query: What moves where, without a constraint.
        path: Free waypoints, shape (N, n).
        trials: Moves tried.
        seed: Of the random numbers.
    """
    np.random.seed(seed)
    count, n = path.shape
    if count < 3:
        return path
    path = path.copy()
    room = new_room(query.lanes, query.world, n)
    foot, moved = np.empty(n), np.empty(n)
    for _ in range(trials):
        i = 1 + int(np.random.random() * (count - 2))
        before, here, after = path[i - 1], path[i], path[i + 1]
        span, along = 0.0, 0.0
        for j in range(n):
            span += (after[j] - before[j]) ** 2
            along += (here[j] - before[j]) * (after[j] - before[j])
        f = along / max(span, 1e-12)
        for j in range(n):
            foot[j] = before[j] + f * (after[j] - before[j])
        height = distance(foot, here)
        slid, lower = 0.3 * np.random.normal() * height, height * (1.0 - 0.5 * np.random.random())
        size = 0.0
        spread = np.random.random() * height / np.sqrt(n)
        for j in range(n):
            moved[j] = here[j] - foot[j] + spread * np.random.normal()
            size += moved[j] ** 2
        for j in range(n):
            value = foot[j] + slid * (after[j] - before[j]) / np.sqrt(max(span, 1e-12))
            value += moved[j] * lower / np.sqrt(max(size, 1e-12))
            moved[j] = min(max(value, query.lower[j]), query.upper[j])
        old = distance(before, here) + distance(here, after)
        if distance(before, moved) + distance(moved, after) >= old - 1e-4:
            continue
        if free_between(
            query.lanes, query.world, room, before, moved, query.resolution, query.margin
        ) and free_between(
            query.lanes, query.world, room, after, moved, query.resolution, query.margin
        ):
            path[i] = moved
    return path


@kernel
def first_hit(query: Query, path: Array, resolution: float, margin: float) -> int:
    """Index of the first waypoint that is in collision or not reached freely, or -1.

    Args:
        query: What moves where.
        path: Shape (N, n).
        resolution: Largest distance of checked configurations [rad].
        margin: Distance kept to the world [m].
    """
    room = new_room(query.lanes, query.world, path.shape[1])
    if not free_at(query.lanes, query.world, room, path[0], margin):
        return 0
    for i in range(1, path.shape[0]):
        if not free_between(
            query.lanes, query.world, room, path[i - 1], path[i], resolution, margin
        ):
            return i
        if query.manifold.active and not holds_between(query.manifold, path[i - 1], path[i]):
            return i
    return -1
