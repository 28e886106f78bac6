"""Forward kinematics, Jacobians and inverse kinematics as kernels over packed arrays.

A robot is a list of links in topological order, each with the joint to its parent. Three
virtual joints (x, y, yaw) stand before the root, so that base and arm are one mechanism and
everything is expressed in the frame the base moves in (``odom``).
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from hearth_core.jit import kernel

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]

FIXED, REVOLUTE, PRISMATIC = 0, 1, 2


class Tree(NamedTuple):
    """Packed kinematic tree; L links, D degrees of freedom."""

    parent: Ints
    """Index of the parent link, -1 for the root; parents come first, shape (L,)."""
    rotation: Array
    """Joint frame in the parent link, shape (L, 3, 3)."""
    translation: Array
    """[m], shape (L, 3)."""
    axis: Array
    """Joint axis in the joint frame, unit length, shape (L, 3)."""
    kind: Ints
    """FIXED, REVOLUTE or PRISMATIC, shape (L,)."""
    dof: Ints
    """Degree of freedom that moves the joint (a mimic joint has its leader's), or -1."""
    multiplier: Array
    """Joint value = multiplier * q[dof] + offset, shape (L,)."""
    offset: Array
    """[rad or m], shape (L,)."""


@kernel
def place_links(  # noqa: PLR0912  one kernel
    tree: Tree, q: Array, order: Ints, rotations: Array, translations: Array
) -> None:
    """Place the links in ``order`` (parents first or already placed) for configuration ``q``.

    Args:
        tree: The robot.
        q: Configuration [rad or m], shape (D,).
        order: Link indices to place, shape (K,).
        rotations: Filled, shape (L, 3, 3).
        translations: Filled [m], shape (L, 3).
    """
    local = np.empty((3, 3))
    for k in range(order.shape[0]):
        i = order[k]
        p = tree.parent[i]
        kind = tree.kind[i]
        value = 0.0
        if kind != 0:
            value = tree.multiplier[i] * q[tree.dof[i]] + tree.offset[i]
        tx, ty, tz = tree.translation[i, 0], tree.translation[i, 1], tree.translation[i, 2]
        fixed = tree.rotation[i]
        if kind == 1:
            x, y, z = tree.axis[i, 0], tree.axis[i, 1], tree.axis[i, 2]
            c, s = np.cos(value), np.sin(value)
            v = 1.0 - c
            r00, r01, r02 = c + x * x * v, x * y * v - z * s, x * z * v + y * s
            r10, r11, r12 = y * x * v + z * s, c + y * y * v, y * z * v - x * s
            r20, r21, r22 = z * x * v - y * s, z * y * v + x * s, c + z * z * v
            for row in range(3):
                a, b, d = fixed[row, 0], fixed[row, 1], fixed[row, 2]
                local[row, 0] = a * r00 + b * r10 + d * r20
                local[row, 1] = a * r01 + b * r11 + d * r21
                local[row, 2] = a * r02 + b * r12 + d * r22
        else:
            for row in range(3):
                for column in range(3):
                    local[row, column] = fixed[row, column]
            if kind == 2:
                x = tree.axis[i, 0] * value
                y = tree.axis[i, 1] * value
                z = tree.axis[i, 2] * value
                tx += fixed[0, 0] * x + fixed[0, 1] * y + fixed[0, 2] * z
                ty += fixed[1, 0] * x + fixed[1, 1] * y + fixed[1, 2] * z
                tz += fixed[2, 0] * x + fixed[2, 1] * y + fixed[2, 2] * z
        if p < 0:
            for row in range(3):
                for column in range(3):
                    rotations[i, row, column] = local[row, column]
            translations[i, 0], translations[i, 1], translations[i, 2] = tx, ty, tz
        else:
            for row in range(3):
                a, b, d = rotations[p, row, 0], rotations[p, row, 1], rotations[p, row, 2]
                for column in range(3):
                    rotations[i, row, column] = (
                        a * local[0, column] + b * local[1, column] + d * local[2, column]
                    )
                translations[i, row] = a * tx + b * ty + d * tz + translations[p, row]


@kernel
def fill_jacobian(
    tree: Tree,
    chain: Ints,
    column_of: Ints,
    tip: int,
    rotations: Array,
    translations: Array,
    jacobian: Array,
) -> None:
    """Geometric Jacobian of the tip in the world: rows 0..2 linear, 3..5 angular.

    Args:
        tree: The robot.
        chain: Links from root to tip, shape (K,).
        column_of: Column of each degree of freedom in the Jacobian or -1, shape (D,).
        tip: Link index of the tip.
        rotations: From :func:`place_links`.
        translations: From :func:`place_links`.
        jacobian: Filled, shape (6, n).
    """
    jacobian[:, :] = 0.0
    px, py, pz = translations[tip, 0], translations[tip, 1], translations[tip, 2]
    for k in range(chain.shape[0]):
        i = chain[k]
        if tree.kind[i] == 0:
            continue
        column = column_of[tree.dof[i]]
        if column < 0:
            continue
        # The joint's axis is the same in joint frame and link frame: rotation leaves it alone.
        m = tree.multiplier[i]
        x, y, z = tree.axis[i, 0], tree.axis[i, 1], tree.axis[i, 2]
        r = rotations[i]
        ax = (r[0, 0] * x + r[0, 1] * y + r[0, 2] * z) * m
        ay = (r[1, 0] * x + r[1, 1] * y + r[1, 2] * z) * m
        az = (r[2, 0] * x + r[2, 1] * y + r[2, 2] * z) * m
        if tree.kind[i] == 1:
            dx, dy, dz = px - translations[i, 0], py - translations[i, 1], pz - translations[i, 2]
            jacobian[0, column] += ay * dz - az * dy
            jacobian[1, column] += az * dx - ax * dz
            jacobian[2, column] += ax * dy - ay * dx
            jacobian[3, column] += ax
            jacobian[4, column] += ay
            jacobian[5, column] += az
        else:
            jacobian[0, column] += ax
            jacobian[1, column] += ay
            jacobian[2, column] += az


@kernel
def pose_error(
    current: Array, position: Array, wanted: Array, target: Array, free: Array, error: Array
) -> None:
    """Fill the 6-vector from the current pose to the target, in the world.

    Args:
        current: Rotation of the tip, shape (3, 3).
        position: Its position [m], shape (3,).
        wanted: Target rotation, shape (3, 3).
        target: Target position [m], shape (3,).
        free: Axis in the tip's frame about which rotation does not matter; zeros: none.
        error: Filled: translation [m] and rotation vector [rad], shape (6,).
    """
    for row in range(3):
        error[row] = target[row] - position[row]
    if free[0] * free[0] + free[1] * free[1] + free[2] * free[2] > 0.5:
        a = np.empty(3)
        b = np.empty(3)
        for row in range(3):
            a[row] = (
                current[row, 0] * free[0] + current[row, 1] * free[1] + current[row, 2] * free[2]
            )
            b[row] = wanted[row, 0] * free[0] + wanted[row, 1] * free[1] + wanted[row, 2] * free[2]
        error[3] = a[1] * b[2] - a[2] * b[1]
        error[4] = a[2] * b[0] - a[0] * b[2]
        error[5] = a[0] * b[1] - a[1] * b[0]
        dot = a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
        sine = np.sqrt(error[3] ** 2 + error[4] ** 2 + error[5] ** 2)
        if sine > 1e-9:
            scale = np.arctan2(sine, dot) / sine
            error[3] *= scale
            error[4] *= scale
            error[5] *= scale
        elif dot < 0.0:  # Opposite: turn about anything at a right angle.
            error[3], error[4], error[5] = np.pi * a[1], -np.pi * a[0], 0.1
        return
    # Rotation vector of wanted * current^T.
    r = np.empty((3, 3))
    for i in range(3):
        for j in range(3):
            r[i, j] = (
                wanted[i, 0] * current[j, 0]
                + wanted[i, 1] * current[j, 1]
                + wanted[i, 2] * current[j, 2]
            )
    vx, vy, vz = r[2, 1] - r[1, 2], r[0, 2] - r[2, 0], r[1, 0] - r[0, 1]
    sine = 0.5 * np.sqrt(vx * vx + vy * vy + vz * vz)
    cosine = 0.5 * (r[0, 0] + r[1, 1] + r[2, 2] - 1.0)
    angle = np.arctan2(sine, cosine)
    if sine > 1e-9:
        scale = 0.5 * angle / sine
        error[3], error[4], error[5] = vx * scale, vy * scale, vz * scale
    elif cosine < 0.0:
        error[3], error[4], error[5] = np.pi, 0.0, 0.0
    else:
        error[3], error[4], error[5] = 0.5 * vx, 0.5 * vy, 0.5 * vz


@kernel
def solve_definite(square: Array, right: Array) -> None:
    """Solve a small symmetric positive definite system by Cholesky's way, in place.

    Args:
        square: Shape (n, n); overwritten.
        right: Shape (n,); becomes the solution.
    """
    n = right.shape[0]
    for a in range(n):
        for b in range(a + 1):
            total = square[a, b]
            for k in range(b):
                total -= square[a, k] * square[b, k]
            square[a, b] = total / square[b, b] if a > b else np.sqrt(total)
        for k in range(a):
            right[a] -= square[a, k] * right[k]
        right[a] /= square[a, a]
    for back in range(n):
        a = n - 1 - back
        for k in range(a + 1, n):
            right[a] -= square[k, a] * right[k]
        right[a] /= square[a, a]


@kernel
def solve_pose(  # noqa: PLR0912, PLR0915  one kernel
    tree: Tree,
    chain: Ints,
    dofs: Ints,
    lower: Array,
    upper: Array,
    seed: Array,
    wanted: Array,
    target: Array,
    free: Array,
    tolerance: Array,
    iterations: int,
) -> tuple[bool, Array]:
    """Levenberg-Marquardt inverse kinematics from one seed, inside joint limits.

    Damping follows Sugihara (IEEE T-RO 27(5), 2011): proportional to the squared error.

    Args:
        tree: The robot.
        chain: Links from root to tip, shape (K,).
        dofs: Degrees of freedom that may move, shape (n,).
        lower: Lower limits of ``dofs``, shape (n,).
        upper: Upper limits of ``dofs``, shape (n,).
        seed: Full configuration to start from, shape (D,); the others stay as they are.
        wanted: Target rotation, shape (3, 3).
        target: Target position [m], shape (3,).
        free: Axis of the tip about which rotation does not matter, or zeros.
        tolerance: Position [m] and rotation [rad] that count as reached, shape (2,).
        iterations: Most steps.

    Returns:
        Whether it was reached, and the full configuration, shape (D,).
    """
    n = dofs.shape[0]
    links = tree.parent.shape[0]
    tip = chain[chain.shape[0] - 1]
    rotations = np.empty((links, 3, 3))
    translations = np.empty((links, 3))
    column_of = np.full(seed.shape[0], -1, np.int32)
    for j in range(n):
        column_of[dofs[j]] = j
    q = seed.copy()
    for j in range(n):
        q[dofs[j]] = min(max(q[dofs[j]], lower[j]), upper[j])
    jacobian = np.empty((6, n))
    error = np.empty(6)
    # Rotation counts as if at 0.3 m, about the size of a forearm.
    weight = np.array([1.0, 1.0, 1.0, 0.09, 0.09, 0.09])
    best = np.inf
    stalled = 0
    for _ in range(iterations):
        place_links(tree, q, chain, rotations, translations)
        pose_error(rotations[tip], translations[tip], wanted, target, free, error)
        e_p = np.sqrt(error[0] ** 2 + error[1] ** 2 + error[2] ** 2)
        e_r = np.sqrt(error[3] ** 2 + error[4] ** 2 + error[5] ** 2)
        if e_p <= tolerance[0] and e_r <= tolerance[1]:
            return True, q
        energy = 0.0
        for r in range(6):
            energy += weight[r] * error[r] * error[r]
        if energy < 0.98 * best:
            best = energy
            stalled = 0
        else:
            stalled += 1
            if stalled > 12:
                return False, q
        fill_jacobian(tree, chain, column_of, tip, rotations, translations, jacobian)
        # Freeze joints that push against a limit, then solve for the rest.
        active = np.ones(n, np.bool_)
        for _again in range(3):
            h = np.zeros((n, n))
            g = np.zeros(n)
            for a in range(n):
                if not active[a]:
                    h[a, a] = 1.0
                    continue
                for r in range(6):
                    g[a] += jacobian[r, a] * weight[r] * error[r]
                for b in range(a + 1):
                    if active[b]:
                        total = 0.0
                        for r in range(6):
                            total += jacobian[r, a] * weight[r] * jacobian[r, b]
                        h[a, b] = total
                        h[b, a] = total
                h[a, a] += 0.5 * energy + 1e-5
            solve_definite(h, g)
            step = g
            changed = False
            for a in range(n):
                value = q[dofs[a]] + step[a]
                pinned = (q[dofs[a]] <= lower[a] + 1e-9 and value < lower[a]) or (
                    q[dofs[a]] >= upper[a] - 1e-9 and value > upper[a]
                )
                if active[a] and pinned:
                    active[a] = False
                    changed = True
            if not changed:
                break
        largest = 0.0
        for a in range(n):
            largest = max(largest, abs(step[a]))
        scale = min(1.0, 0.7 / largest) if largest > 0.0 else 1.0
        for a in range(n):
            q[dofs[a]] = min(max(q[dofs[a]] + scale * step[a], lower[a]), upper[a])
    return False, q
