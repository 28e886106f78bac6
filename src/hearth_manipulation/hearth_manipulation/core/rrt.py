"""RRT-Connect and shortcutting inside one kernel, with several goals and an upright constraint.

Two trees grow towards each other (Kuffner and LaValle, ICRA 2000); nothing calls back into
Python, after the idea of VAMP (Thomason, Kingston, Kavraki, arXiv 2309.14545). A constraint
keeps one axis of the tip near a direction of the world by projecting every small step onto it
(CBiRRT: Berenson, Srinivasa, Ferguson, Kuffner, ICRA 2009).
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from hearth_manipulation.core.collision import Body, Obstacles, is_free, is_motion_free
from hearth_manipulation.core.kinematics import Array, Ints, Tree, fill_jacobian, place_links


class Upright(NamedTuple):
    """Keep ``axis`` of the tip within ``tolerance`` of the world's z."""

    chain: Ints
    """Links from the root to the tip; empty: no constraint."""
    axis: Array
    """In the tip's frame, shape (3,)."""
    tolerance: float
    """[rad]."""


@njit(cache=True, nogil=True)
def tilt(tree: Tree, upright: Upright, q: Array, rotations: Array, translations: Array) -> float:
    """Angle between the tip's axis and the world's z [rad]; places the chain."""
    place_links(tree, q, upright.chain, rotations, translations)
    r = rotations[upright.chain[upright.chain.shape[0] - 1]]
    a = upright.axis
    x = r[0, 0] * a[0] + r[0, 1] * a[1] + r[0, 2] * a[2]
    y = r[1, 0] * a[0] + r[1, 1] * a[1] + r[1, 2] * a[2]
    z = r[2, 0] * a[0] + r[2, 1] * a[1] + r[2, 2] * a[2]
    return float(np.arctan2(np.sqrt(x * x + y * y), z))


@njit(cache=True, nogil=True)
def project(
    tree: Tree,
    upright: Upright,
    dofs: Ints,
    lower: Array,
    upper: Array,
    q: Array,
    rotations: Array,
    translations: Array,
) -> bool:
    """Move ``q`` in place onto the constraint; False when it does not get there."""
    if upright.chain.shape[0] == 0:
        return True
    n = dofs.shape[0]
    tip = upright.chain[upright.chain.shape[0] - 1]
    column_of = np.full(q.shape[0], -1, np.int32)
    for j in range(n):
        column_of[dofs[j]] = j
    jacobian = np.empty((6, n))
    for _ in range(12):
        angle = tilt(tree, upright, q, rotations, translations)
        if angle <= upright.tolerance * 0.9:
            return True
        r = rotations[tip]
        a = upright.axis
        x = r[0, 0] * a[0] + r[0, 1] * a[1] + r[0, 2] * a[2]
        y = r[1, 0] * a[0] + r[1, 1] * a[1] + r[1, 2] * a[2]
        sine = np.sqrt(x * x + y * y)
        if sine < 1e-6:
            return False
        # Rotation vector that takes the axis to z: (axis x z) scaled to the angle.
        wx, wy = y / sine * angle, -x / sine * angle
        fill_jacobian(tree, upright.chain, column_of, tip, rotations, translations, jacobian)
        # Least squares over two rows: J^T (J J^T + damping)^-1 w.
        aa, ab, bb = 1e-4, 0.0, 1e-4
        for j in range(n):
            aa += jacobian[3, j] * jacobian[3, j]
            ab += jacobian[3, j] * jacobian[4, j]
            bb += jacobian[4, j] * jacobian[4, j]
        det = aa * bb - ab * ab
        u = (bb * wx - ab * wy) / det
        v = (aa * wy - ab * wx) / det
        for j in range(n):
            value = q[dofs[j]] + jacobian[3, j] * u + jacobian[4, j] * v
            q[dofs[j]] = min(max(value, lower[j]), upper[j])
    return tilt(tree, upright, q, rotations, translations) <= upright.tolerance


@njit(cache=True, nogil=True)
def steer(  # noqa: PLR0911  one kernel
    body: Body,
    obstacles: Obstacles,
    upright: Upright,
    dofs: Ints,
    lower: Array,
    upper: Array,
    start: Array,
    end: Array,
    step: float,
    resolution: float,
    margin: float,
    rotations: Array,
    translations: Array,
    out: Array,
) -> tuple[int, bool]:
    """Go from ``start`` towards ``end`` while it is free.

    Without a constraint each ``step`` is straight; with one each is projected. ``out`` is filled
    with the configurations passed, shape (at least N, D).

    Returns:
        How many configurations were passed, and whether the last one is ``end``.
    """
    n = dofs.shape[0]
    constrained = upright.chain.shape[0] > 0
    current = start.copy()
    following = start.copy()
    count = 0
    remaining_before = np.inf
    while count < out.shape[0]:
        remaining = 0.0
        for j in range(n):
            remaining += (end[dofs[j]] - current[dofs[j]]) ** 2
        remaining = np.sqrt(remaining)
        if remaining < 1e-9:
            return count, True
        if constrained and remaining > remaining_before - 0.1 * step:
            return count, False  # Projection slides back: no progress this way.
        remaining_before = remaining
        f = min(1.0, step / remaining)
        for j in range(n):
            d = dofs[j]
            following[d] = current[d] + f * (end[d] - current[d])
        if constrained and f < 1.0:
            if not project(
                body.tree, upright, dofs, lower, upper, following, rotations, translations
            ):
                return count, False
            jump = 0.0
            for j in range(n):
                jump += (following[dofs[j]] - current[dofs[j]]) ** 2
            if jump > 9.0 * step * step:
                return count, False
        if not is_motion_free(
            body, obstacles, current, following, resolution, margin, rotations, translations
        ):
            return count, False
        out[count] = following
        count += 1
        current[:] = following
        if f >= 1.0:
            return count, True
    return count, False


@njit(cache=True, nogil=True)
def _nearest(nodes: Array, count: int, dofs: Ints, q: Array) -> int:
    best = 1e30
    index = 0
    for i in range(count):
        total = 0.0
        for j in range(dofs.shape[0]):
            d = nodes[i, dofs[j]] - q[dofs[j]]
            total += d * d
        if total < best:
            best = total
            index = i
    return index


@njit(cache=True, nogil=True)
def connect(  # noqa: PLR0912, PLR0915  one kernel
    body: Body,
    obstacles: Obstacles,
    upright: Upright,
    dofs: Ints,
    lower: Array,
    upper: Array,
    start: Array,
    goals: Array,
    margin: float,
    resolution: float,
    step: float,
    most: int,
    seed: int,
) -> Array:
    """Find a path from ``start`` to any of ``goals``.

    Args:
        body: What moves.
        obstacles: The world.
        upright: Constraint.
        dofs: Degrees of freedom that may move, shape (n,).
        lower: Their lower limits.
        upper: Their upper limits.
        start: Full configuration, shape (D,).
        goals: Full configurations, shape (G, D).
        margin: Distance kept to the world [m].
        resolution: Largest joint step between collision checks [rad].
        step: Length of one extension [rad].
        most: Most samples drawn.
        seed: Of the random numbers.

    Returns:
        Waypoints from start to goal, shape (N, D); shape (0, D): none found.
    """
    np.random.seed(seed)
    n, size = dofs.shape[0], start.shape[0]
    links = body.tree.parent.shape[0]
    rotations = np.empty((links, 3, 3))
    translations = np.empty((links, 3))
    every = np.arange(links).astype(np.int32)
    place_links(body.tree, start, every, rotations, translations)
    capacity = 20000
    nodes = np.empty((2, capacity, size))
    parents = np.empty((2, capacity), np.int64)
    counts = np.zeros(2, np.int64)
    nodes[0, 0] = start
    parents[0, 0] = -1
    counts[0] = 1
    for g in range(goals.shape[0]):
        nodes[1, g] = goals[g]
        parents[1, g] = -1
    counts[1] = goals.shape[0]
    buffer = np.empty((64, size))
    q = start.copy()
    target = start.copy()
    side = 0
    for trial in range(most):
        side = 1 - side if trial > 0 else 0
        if trial == 0:
            q[:] = goals[0]
        else:
            # Every other sample lies around the straight way: joints that hardly need to move
            # (the torso) then do not spoil what the others do.
            near_way = trial % 2 == 1
            g = int(np.random.random() * goals.shape[0])
            f = np.random.random()
            for j in range(n):
                d = dofs[j]
                value = lower[j] + np.random.random() * (upper[j] - lower[j])
                if near_way:
                    spread = 0.15 * (upper[j] - lower[j])
                    value = start[d] + f * (goals[g, d] - start[d]) + np.random.normal() * spread
                q[d] = min(max(value, lower[j]), upper[j])
            if not project(body.tree, upright, dofs, lower, upper, q, rotations, translations):
                continue
        near = _nearest(nodes[side], counts[side], dofs, q)
        passed, _reached = steer(
            body,
            obstacles,
            upright,
            dofs,
            lower,
            upper,
            nodes[side, near],
            q,
            step,
            resolution,
            margin,
            rotations,
            translations,
            buffer[: 4 if trial > 0 else 64],
        )
        if passed == 0:
            continue
        if counts[side] + passed + 1 >= capacity:
            break
        for i in range(passed):
            nodes[side, counts[side]] = buffer[i]
            parents[side, counts[side]] = near if i == 0 else counts[side] - 1
            counts[side] += 1
        tip = counts[side] - 1
        target[:] = nodes[side, tip]
        other = 1 - side
        near = _nearest(nodes[other], counts[other], dofs, target)
        passed, reached = steer(
            body,
            obstacles,
            upright,
            dofs,
            lower,
            upper,
            nodes[other, near],
            target,
            step,
            resolution,
            margin,
            rotations,
            translations,
            buffer,
        )
        if counts[other] + passed + 1 >= capacity:
            break
        for i in range(passed):
            nodes[other, counts[other]] = buffer[i]
            parents[other, counts[other]] = near if i == 0 else counts[other] - 1
            counts[other] += 1
        if not reached:
            continue
        end = near if passed == 0 else counts[other] - 1
        from_start = tip if side == 0 else end
        from_goal = end if side == 0 else tip
        length = 0
        i = from_start
        while i >= 0:
            length += 1
            i = parents[0, i]
        forward = length
        i = parents[1, from_goal]
        while i >= 0:
            length += 1
            i = parents[1, i]
        path = np.empty((length, size))
        i = from_start
        k = forward - 1
        while i >= 0:
            path[k] = nodes[0, i]
            k -= 1
            i = parents[0, i]
        i = parents[1, from_goal]
        k = forward
        while i >= 0:
            path[k] = nodes[1, i]
            k += 1
            i = parents[1, i]
        return path
    return np.empty((0, size))


@njit(cache=True, nogil=True)
def shorten(  # noqa: PLR0912  one kernel
    body: Body,
    obstacles: Obstacles,
    upright: Upright,
    dofs: Ints,
    lower: Array,
    upper: Array,
    path: Array,
    margin: float,
    resolution: float,
    step: float,
    trials: int,
    seed: int,
) -> Array:
    """Replace random pieces of the path by direct ones while those are free and shorter.

    Args and result as :func:`connect`; ``trials`` is how many pieces are tried.
    """
    np.random.seed(seed)
    n = dofs.shape[0]
    links = body.tree.parent.shape[0]
    rotations = np.empty((links, 3, 3))
    translations = np.empty((links, 3))
    every = np.arange(links).astype(np.int32)
    place_links(body.tree, path[0], every, rotations, translations)
    constrained = upright.chain.shape[0] > 0
    buffer = np.empty((400, path.shape[1]))
    for trial in range(trials):
        count = path.shape[0]
        if count < 3:
            break
        if trial == 0:
            i, j = 0, count - 1
        else:
            i = int(np.random.random() * (count - 2))
            j = i + 2 + int(np.random.random() * (count - i - 2))
        passed = 1
        if constrained:
            passed, reached = steer(
                body,
                obstacles,
                upright,
                dofs,
                lower,
                upper,
                path[i],
                path[j],
                step,
                resolution,
                margin,
                rotations,
                translations,
                buffer,
            )
            if not reached:
                continue
            old, new = 0.0, 0.0
            for k in range(i, j):
                d = 0.0
                for m in range(n):
                    d += (path[k + 1, dofs[m]] - path[k, dofs[m]]) ** 2
                old += np.sqrt(d)
            for k in range(passed):
                d = 0.0
                for m in range(n):
                    before = path[i, dofs[m]] if k == 0 else buffer[k - 1, dofs[m]]
                    d += (buffer[k, dofs[m]] - before) ** 2
                new += np.sqrt(d)
            if new > old - 1e-6:
                continue
        else:
            if not is_motion_free(
                body, obstacles, path[i], path[j], resolution, margin, rotations, translations
            ):
                continue
            buffer[0] = path[j]
        fresh = np.empty((i + 1 + passed + count - 1 - j, path.shape[1]))
        fresh[: i + 1] = path[: i + 1]
        fresh[i + 1 : i + 1 + passed] = buffer[:passed]
        fresh[i + 1 + passed :] = path[j + 1 :]
        path = fresh
    return path


@njit(cache=True, nogil=True)
def first_collision(
    body: Body,
    obstacles: Obstacles,
    path: Array,
    margin: float,
    resolution: float,
) -> int:
    """Index of the first waypoint whose motion from the one before is in collision, or -1."""
    links = body.tree.parent.shape[0]
    rotations = np.empty((links, 3, 3))
    translations = np.empty((links, 3))
    every = np.arange(links).astype(np.int32)
    place_links(body.tree, path[0], every, rotations, translations)
    if not is_free(body, obstacles, path[0], margin, rotations, translations):
        return 0
    for i in range(1, path.shape[0]):
        if not is_motion_free(
            body, obstacles, path[i - 1], path[i], resolution, margin, rotations, translations
        ):
            return i
    return -1
