"""Constraints on a tip's pose while it moves: upright, in a plane, on a line; by projection.

Every step is projected onto the constraint (CBiRRT and task space regions: Berenson, Srinivasa,
Kuffner, IJRR 30(12), 2011).
"""

from typing import NamedTuple

import numpy as np
from hearth_core.jit import kernel

from hearth_manipulation.core.kinematics import Array, Ints, Tree, fill_jacobian, place_links


class Manifold(NamedTuple):
    """Rows of a tip's pose in a frame of the world that must stay near zero."""

    active: bool
    tree: Tree
    chain: Ints
    """Links from the root to the tip."""
    dofs: Ints
    """Planned joints, shape (n,)."""
    q: Array
    """Full configuration: what the other joints stay at, shape (D,)."""
    axis: Array
    """Axis of the tip that must stay along ``direction``; zeros: any, shape (3,)."""
    direction: Array
    """In the world, unit length, shape (3,)."""
    lean: float
    """How far the axis may lean [rad]."""
    normals: Array
    """Directions in which the tip may not leave ``origin``, shape (3, 3); zero rows: free."""
    origin: Array
    """[m], shape (3,)."""
    off: float
    """How far it may [m]."""


@kernel
def deviation(manifold: Manifold, q: Array, error: Array, jacobian: Array) -> tuple[float, float]:
    """Lean [rad] and distance [m] of the planned joints' values ``q`` from the constraint.

    Args:
        manifold: The constraint.
        q: Shape (n,).
        error: Filled: what to turn and to move, shape (6,): moves first.
        jacobian: Filled, shape (6, n).
    """
    full = manifold.q.copy()
    columns = np.full(full.shape[0], -1, np.int32)
    for j in range(q.shape[0]):
        full[manifold.dofs[j]] = q[j]
        columns[manifold.dofs[j]] = j
    links = manifold.tree.parent.shape[0]
    rotations, translations = np.empty((links, 3, 3)), np.empty((links, 3))
    place_links(manifold.tree, full, manifold.chain, rotations, translations)
    tip = manifold.chain[manifold.chain.shape[0] - 1]
    fill_jacobian(manifold.tree, manifold.chain, columns, tip, rotations, translations, jacobian)
    error[:] = 0.0
    lean = 0.0
    if np.any(manifold.axis != 0.0):
        a = rotations[tip] @ manifold.axis
        d = manifold.direction
        turn = np.array(
            [a[1] * d[2] - a[2] * d[1], a[2] * d[0] - a[0] * d[2], a[0] * d[1] - a[1] * d[0]]
        )
        sine = np.sqrt(np.sum(turn * turn))
        lean = np.arctan2(sine, np.sum(a * d))
        if sine > 1e-12:
            error[3:] = turn * (lean / sine)
    away = 0.0
    for row in range(3):
        gap = 0.0
        for k in range(3):
            gap += manifold.normals[row, k] * (manifold.origin[k] - translations[tip, k])
        for k in range(3):
            error[k] += gap * manifold.normals[row, k]
        away += gap * gap
    return lean, np.sqrt(away)


@kernel
def holds(manifold: Manifold, q: Array) -> bool:
    """Whether ``q`` keeps the constraint."""
    if not manifold.active:
        return True
    error, jacobian = np.empty(6), np.empty((6, q.shape[0]))
    lean, away = deviation(manifold, q, error, jacobian)
    return lean <= manifold.lean and away <= manifold.off


@kernel
def holds_between(manifold: Manifold, start: Array, end: Array) -> bool:
    """Whether the straight motion keeps the constraint, seen at points 0.06 rad apart."""
    length = 0.0
    for j in range(start.shape[0]):
        length += (end[j] - start[j]) ** 2
    count = max(2, int(np.ceil(np.sqrt(length) / 0.06)))
    for i in range(1, count):  # noqa: SIM110  kernels have no generators
        if not holds(manifold, start + (i / count) * (end - start)):
            return False
    return True


@kernel
def project(  # noqa: PLR0912  one kernel
    manifold: Manifold, lower: Array, upper: Array, q: Array
) -> bool:
    """Move ``q`` in place onto the constraint; False when it does not get there."""
    n = q.shape[0]
    error, jacobian = np.empty(6), np.empty((6, n))
    before = np.inf
    for _ in range(20):
        lean, away = deviation(manifold, q, error, jacobian)
        if lean <= 0.15 * manifold.lean and away <= 0.15 * manifold.off:
            return True
        energy = lean * lean + 10.0 * away * away
        if energy > 4.0 * before:
            return False
        before = energy
        # Only constrained directions count: rows are the projections of the Jacobian on them.
        rows = 0
        picked, wanted = np.zeros((5, n)), np.zeros(5)
        if np.any(manifold.axis != 0.0):
            d = manifold.direction
            u = np.array([0.0, d[2], -d[1]]) if abs(d[0]) < 0.9 else np.array([-d[2], 0.0, d[0]])
            u /= np.sqrt(np.sum(u * u))
            v = np.array(
                [d[1] * u[2] - d[2] * u[1], d[2] * u[0] - d[0] * u[2], d[0] * u[1] - d[1] * u[0]]
            )
            for axis in (u, v):
                for k in range(3):
                    wanted[rows] += axis[k] * error[3 + k]
                    for j in range(n):
                        picked[rows, j] += axis[k] * jacobian[3 + k, j]
                rows += 1
        for row in range(3):
            if np.any(manifold.normals[row] != 0.0):
                for k in range(3):
                    # Metres count as if a forearm long: 3 rad each.
                    wanted[rows] += 3.0 * manifold.normals[row, k] * error[k]
                    for j in range(n):
                        picked[rows, j] += 3.0 * manifold.normals[row, k] * jacobian[k, j]
                rows += 1
        square = np.zeros((rows, rows))
        for a in range(rows):
            for b in range(rows):
                for j in range(n):
                    square[a, b] += picked[a, j] * picked[b, j]
            square[a, a] += 1e-5 + 1e-3 * energy
        pull = np.linalg.solve(square, wanted[:rows])
        for j in range(n):
            move = 0.0
            for a in range(rows):
                move += picked[a, j] * pull[a]
            q[j] = min(max(q[j] + min(max(move, -0.5), 0.5), lower[j]), upper[j])
    lean, away = deviation(manifold, q, error, jacobian)
    return lean <= 0.5 * manifold.lean and away <= 0.5 * manifold.off
