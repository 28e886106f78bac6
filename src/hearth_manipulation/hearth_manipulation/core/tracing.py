"""Tips along screws (lines, arcs, turns) and inverse kinematics of several tips, as kernels."""

import numpy as np
import numpy.typing as npt
from hearth_core.jit import kernel

from hearth_manipulation.core.kinematics import (
    Array,
    Ints,
    Tree,
    fill_jacobian,
    place_links,
    pose_error,
    solve_pose,
)


@kernel
def rotation_between(start: Array, end: Array) -> tuple[Array, float]:
    """Axis (unit vector) and angle [rad] of the shortest turn from one rotation to another."""
    r = end @ start.T
    axis = np.array([r[2, 1] - r[1, 2], r[0, 2] - r[2, 0], r[1, 0] - r[0, 1]])
    sine = 0.5 * np.sqrt(np.sum(axis * axis))
    angle = np.arctan2(sine, 0.5 * (r[0, 0] + r[1, 1] + r[2, 2] - 1.0))
    if sine > 1e-7:
        return axis / (2.0 * sine), angle
    if angle < 1.0:
        return np.array([0.0, 0.0, 1.0]), angle
    # Half a turn: the axis is the largest column of R + 1.
    best = 0
    for k in range(3):
        if r[k, k] > r[best, best]:
            best = k
    axis = r[:, best].copy()
    axis[best] += 1.0
    return axis / np.sqrt(np.sum(axis * axis)), angle


@kernel
def turn_about(axis: Array, angle: float) -> Array:
    """Rotation by ``angle`` [rad] about a unit vector, shape (3, 3) (Rodrigues)."""
    c, s = np.cos(angle), np.sin(angle)
    x, y, z = axis[0], axis[1], axis[2]
    v = 1.0 - c
    return np.array(
        [
            [c + x * x * v, x * y * v - z * s, x * z * v + y * s],
            [y * x * v + z * s, c + y * y * v, y * z * v - x * s],
            [z * x * v - y * s, z * y * v + x * s, c + z * z * v],
        ]
    )


@kernel
def trace_screw(
    tree: Tree,
    chain: Ints,
    dofs: Ints,
    lower: Array,
    upper: Array,
    start: Array,
    axis: Array,
    angle: float,
    pivot: Array,
    shift: Array,
    free: Array,
    tolerance: Array,
    count: int,
    jump: float,
) -> tuple[int, float, Array]:
    """Follow a screw with a tip: turn about ``axis`` through ``pivot`` while shifting.

    Args:
        tree: The robot.
        chain: Links from the root to the tip.
        dofs: Degrees of freedom that may move, shape (n,).
        lower: Their lower limits.
        upper: Their upper limits.
        start: Full configuration, shape (D,).
        axis: Unit vector in the world, shape (3,).
        angle: Of the whole turn [rad].
        pivot: Point on the axis [m], shape (3,).
        shift: Of the whole way [m], shape (3,).
        free: Axis of the tip about which rotation does not matter, or zeros.
        tolerance: Position [m] and rotation [rad] at waypoints, shape (2,).
        count: Waypoints in all.
        jump: Largest joint step between two of them [rad].

    Returns:
        How many waypoints were reached, how far the tip is off the screw midway between two at
        most [m], and the configurations, shape (count, D).
    """
    links = tree.parent.shape[0]
    rotations, translations = np.empty((links, 3, 3)), np.empty((links, 3))
    tip = chain[chain.shape[0] - 1]
    place_links(tree, start, chain, rotations, translations)
    first, origin = rotations[tip].copy(), translations[tip] - pivot
    path = np.empty((count, start.shape[0]))
    path[0] = start
    worst = 0.0
    for i in range(1, count):
        f = i / (count - 1)
        turn = turn_about(axis, f * angle)
        # Guess: the last step once more.
        guess = path[i - 1].copy()
        if i > 1:
            guess += path[i - 1] - path[i - 2]
        reached, q = solve_pose(
            tree, chain, dofs, lower, upper, guess, turn @ first,
            turn @ origin + pivot + f * shift, free, tolerance, 40,
        )  # fmt: skip
        if not reached or np.max(np.abs(q - path[i - 1])) > jump:
            return i, worst, path
        path[i] = q
        middle = (i - 0.5) / (count - 1)
        place_links(tree, 0.5 * (path[i - 1] + q), chain, rotations, translations)
        wanted = turn_about(axis, middle * angle) @ origin + pivot + middle * shift
        worst = max(worst, np.sqrt(np.sum((translations[tip] - wanted) ** 2)))
    return count, worst, path


@kernel
def solve_tips(  # noqa: PLR0912  one kernel
    tree: Tree,
    chains: Ints,
    chain_first: Ints,
    order: Ints,
    dofs: Ints,
    lower: Array,
    upper: Array,
    seed: Array,
    wanted: Array,
    targets: Array,
    tolerance: Array,
    tries: int,
    random_seed: int,
) -> tuple[int, Array]:
    """Inverse kinematics of several tips at once, from one seed and then random ones.

    Levenberg-Marquardt with damping by the squared error (Sugihara, IEEE T-RO 27(5), 2011), joints
    that push against a limit held there.

    Args:
        tree: The robot.
        chains: Links from the root to each tip, tips after each other.
        chain_first: Where each tip's begin, shape (K + 1,).
        order: All those links once, parents first.
        dofs: Degrees of freedom that may move, shape (n,).
        lower: Their lower limits.
        upper: Their upper limits.
        seed: Full configuration, shape (D,).
        wanted: Rotations, shape (K, 3, 3).
        targets: Positions [m], shape (K, 3).
        tolerance: Position [m] and rotation [rad], shape (2,).
        tries: Seeds in all.
        random_seed: Of the random ones.

    Returns:
        Seeds used (0: none led there) and the full configuration.
    """
    np.random.seed(random_seed)
    n, tips = dofs.shape[0], targets.shape[0]
    links = tree.parent.shape[0]
    rotations, translations = np.empty((links, 3, 3)), np.empty((links, 3))
    columns = np.full(seed.shape[0], -1, np.int32)
    for j in range(n):
        columns[dofs[j]] = j
    free, error = np.zeros(3), np.empty(6)
    jacobian = np.empty((6, n))
    h, g = np.empty((n, n)), np.empty(n)
    held = np.zeros(n, np.bool_)
    for trial in range(tries):
        q = seed.copy()
        for j in range(n):
            if trial > 0:
                low, high = max(lower[j], -np.pi), min(upper[j], np.pi)
                q[dofs[j]] = low + np.random.random() * (high - low)
            q[dofs[j]] = min(max(q[dofs[j]], lower[j]), upper[j])
        best, stalled = np.inf, 0
        for _ in range(60):
            place_links(tree, q, order, rotations, translations)
            energy, reached = 0.0, True
            h[:, :] = 0.0
            g[:] = 0.0
            for k in range(tips):
                chain = chains[chain_first[k] : chain_first[k + 1]]
                tip = chain[chain.shape[0] - 1]
                pose_error(rotations[tip], translations[tip], wanted[k], targets[k], free, error)
                away = np.sqrt(error[0] ** 2 + error[1] ** 2 + error[2] ** 2)
                turn = np.sqrt(error[3] ** 2 + error[4] ** 2 + error[5] ** 2)
                reached = reached and away <= tolerance[0] and turn <= tolerance[1]
                # Rotation counts as if at 0.3 m, about the size of a forearm.
                energy += away * away + 0.09 * turn * turn
                fill_jacobian(tree, chain, columns, tip, rotations, translations, jacobian)
                for r in range(6):
                    weight = 1.0 if r < 3 else 0.09
                    for a in range(n):
                        scaled = weight * jacobian[r, a]
                        g[a] += scaled * error[r]
                        for b in range(a + 1):
                            h[a, b] += scaled * jacobian[r, b]
            if reached:
                return trial + 1, q
            stalled = 0 if energy < 0.95 * best else stalled + 1
            best = min(best, energy)
            if stalled > 8 or not np.isfinite(energy):
                break
            for a in range(n):
                value = q[dofs[a]]
                at_low = value <= lower[a] + 1e-9 and g[a] < 0.0
                held[a] = at_low or (value >= upper[a] - 1e-9 and g[a] > 0.0)
                h[a, a] += 0.3 * energy + 1e-6
            largest = _solve(h, g, held)
            scale = min(1.0, 0.8 / largest) if largest > 0.0 else 1.0
            for a in range(n):
                if not held[a]:
                    q[dofs[a]] = min(max(q[dofs[a]] + scale * g[a], lower[a]), upper[a])
    return 0, seed.copy()


@kernel
def _solve(h: Array, g: Array, held: npt.NDArray[np.bool_]) -> float:
    """Solve h x = g in place of ``g`` by Cholesky, rows held left out; returns the largest |x|."""
    n = g.shape[0]
    for a in range(n):
        if held[a]:
            g[a] = 0.0
            h[a, :a] = 0.0
            h[a + 1 :, a] = 0.0
            h[a, a] = 1.0
    for a in range(n):
        for b in range(a + 1):
            total = h[a, b]
            for k in range(b):
                total -= h[a, k] * h[b, k]
            h[a, b] = np.sqrt(max(total, 1e-12)) if a == b else total / h[b, b]
    for a in range(n):
        for k in range(a):
            g[a] -= h[a, k] * g[k]
        g[a] /= h[a, a]
    largest = 0.0
    for i in range(n):
        a = n - 1 - i
        for k in range(a + 1, n):
            g[a] -= h[k, a] * g[k]
        g[a] /= h[a, a]
        largest = max(largest, abs(g[a]))
    return largest
