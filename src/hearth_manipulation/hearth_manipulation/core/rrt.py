"""RRT-Connect and shortcutting inside one kernel, with several goals and an upright constraint.

Two trees grow towards each other (Kuffner and LaValle, ICRA 2000); nothing calls back into
Python, after the idea of VAMP (Thomason, Kingston, Kavraki, arXiv 2309.14545). A constraint
keeps one axis of the tip near a direction of the world by projecting every small step onto it
(CBiRRT: Berenson, Srinivasa, Ferguson, Kuffner, ICRA 2009).
"""

import numpy as np
from hearth_core.jit import kernel

from hearth_manipulation.core.collision import Body, Obstacles, is_free, is_motion_free
from hearth_manipulation.core.kinematics import Array, Ints, place_links
from hearth_manipulation.core.steering import Upright, project, steer


@kernel
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


@kernel
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


@kernel
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


@kernel
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
