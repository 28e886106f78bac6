"""Constraints on a tip's pose while it moves: upright, in a plane, on a line; by projection.

Every step is projected onto the constraint (CBiRRT and task space regions: Berenson, Srinivasa,
Kuffner, IJRR 30(12), 2011).
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from hearth_core.jit import kernel

from hearth_manipulation.core.folding import z_to
from hearth_manipulation.core.kinematics import (
    Array,
    Ints,
    Tree,
    place_links,
    solve_definite,
)


class Strand(NamedTuple):
    """The planned joints on the way from the world to a tip, K of them, first to last.

    Each turns about, or slides along, the z of its own frame.
    """

    rotation: Array
    """Of each joint's frame in the one before it, shape (K, 3, 3)."""
    translation: Array
    """[m], shape (K, 3)."""
    turns: npt.NDArray[np.bool_]
    column: Ints
    """Which of the planned joints moves it, shape (K,)."""
    multiplier: Array
    offset: Array
    tip_rotation: Array
    """Of the tip in the last joint's frame, shape (3, 3)."""
    tip: Array
    """[m], shape (3,)."""


NO_STRAND = Strand(
    np.zeros((0, 3, 3)), np.zeros((0, 3)), np.zeros(0, np.bool_), np.zeros(0, np.int32),
    np.zeros(0), np.zeros(0), np.eye(3), np.zeros(3),
)  # fmt: skip
"""Of what has no constraint."""


class Manifold(NamedTuple):
    """Rows of a tip's pose in a frame of the world that must stay near zero."""

    active: bool
    strand: Strand
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
def strand(tree: Tree, chain: Ints, dofs: Ints, q: Array) -> Strand:
    """Fold a chain for motions of ``dofs`` while the other joints stay as in ``q``.

    Args:
        tree: The robot.
        chain: Links from the root to the tip; none: a tip that stands in the world's origin.
        dofs: Planned joints, shape (n,).
        q: Full configuration, shape (D,).
    """
    links = tree.parent.shape[0]
    rotations, translations = np.empty((links, 3, 3)), np.empty((links, 3))
    place_links(tree, q, chain, rotations, translations)
    most = chain.shape[0]
    rotation, translation = np.empty((most, 3, 3)), np.empty((most, 3))
    turns, column = np.empty(most, np.bool_), np.empty(most, np.int32)
    multiplier, offset = np.empty(most), np.empty(most)
    inside, at, turn = np.eye(3), np.zeros(3), np.empty((3, 3))
    used, parent = 0, -1
    for i in chain:
        planned = -1
        if tree.kind[i] != 0:
            for j in range(dofs.shape[0]):
                if dofs[j] == tree.dof[i]:
                    planned = j
        if planned >= 0:
            z_to(tree.axis[i], turn)
            at = inside @ tree.translation[i] + at
            rotation[used], translation[used] = inside @ (tree.rotation[i] @ turn), at
            turns[used], column[used] = tree.kind[i] == 1, planned
            multiplier[used], offset[used] = tree.multiplier[i], tree.offset[i]
            used += 1
            inside, at = turn.T.copy(), np.zeros(3)
        elif parent < 0:
            inside, at = rotations[i].copy(), translations[i].copy()
        else:
            # A joint that keeps its value: where its link is relative to its parent now.
            back = rotations[parent].T.copy()
            at = inside @ (back @ (translations[i] - translations[parent])) + at
            inside = inside @ (back @ rotations[i])
        parent = i
    return Strand(
        rotation[:used].copy(), translation[:used].copy(), turns[:used].copy(),
        column[:used].copy(), multiplier[:used].copy(), offset[:used].copy(), inside, at,
    )  # fmt: skip


@kernel
def _place(strand: Strand, q: Array, joints: Array, tip: Array) -> None:
    """Place the joints of a strand and its tip.

    Args:
        strand: What is placed.
        q: Planned joints, shape (n,).
        joints: Filled with axes (three numbers) and origins [m] (three), shape (K, 9).
        tip: Filled with rotation (row by row) and translation [m], shape (12,).
    """
    fixed, shift, last, end = strand.rotation, strand.translation, strand.tip_rotation, strand.tip
    count = fixed.shape[0]
    for k in range(count):
        value = q[strand.column[k]] * strand.multiplier[k] + strand.offset[k]
        turns = strand.turns[k]
        joints[k, 6] = np.sin(value) if turns else 0.0
        joints[k, 7] = np.cos(value) if turns else 1.0
        joints[k, 8] = 0.0 if turns else value
    for row in range(3):
        a = 1.0 if row == 0 else 0.0
        b = 1.0 if row == 1 else 0.0
        c = 1.0 if row == 2 else 0.0
        p = 0.0
        for k in range(count):
            f, t = fixed[k], shift[k]
            x = a * f[0, 0] + b * f[1, 0] + c * f[2, 0]
            y = a * f[0, 1] + b * f[1, 1] + c * f[2, 1]
            z = a * f[0, 2] + b * f[1, 2] + c * f[2, 2]
            p += a * t[0] + b * t[1] + c * t[2] + z * joints[k, 8]
            sine, cosine = joints[k, 6], joints[k, 7]
            a, b, c = cosine * x + sine * y, cosine * y - sine * x, z
            joints[k, row], joints[k, 3 + row] = z, p
        for k in range(3):
            tip[3 * row + k] = a * last[0, k] + b * last[1, k] + c * last[2, k]
        tip[9 + row] = a * end[0] + b * end[1] + c * end[2] + p


@kernel
def _fill_jacobian(strand: Strand, joints: Array, tip: Array, jacobian: Array) -> None:
    """Fill the tip's Jacobian, shape (6, n), moves first; see :func:`_place`."""
    jacobian[:] = 0.0
    for k in range(strand.column.shape[0]):
        j, scale = strand.column[k], strand.multiplier[k]
        if not strand.turns[k]:
            for row in range(3):
                jacobian[row, j] += scale * joints[k, row]
            continue
        for row in range(3):
            one, two = (row + 1) % 3, (row + 2) % 3
            lever = joints[k, one] * (tip[9 + two] - joints[k, 3 + two])
            lever -= joints[k, two] * (tip[9 + one] - joints[k, 3 + one])
            jacobian[row, j] += scale * lever
            jacobian[3 + row, j] += scale * joints[k, row]


@kernel
def _errors(manifold: Manifold, tip: Array, error: Array) -> tuple[float, float]:
    """Lean [rad] and distance [m] of a tip; ``error`` is filled: what to move, then to turn."""
    axis, d, origin, normals = (
        manifold.axis, manifold.direction, manifold.origin, manifold.normals,
    )  # fmt: skip
    error[:] = 0.0
    lean, away = 0.0, 0.0
    if axis[0] != 0.0 or axis[1] != 0.0 or axis[2] != 0.0:
        x = tip[0] * axis[0] + tip[1] * axis[1] + tip[2] * axis[2]
        y = tip[3] * axis[0] + tip[4] * axis[1] + tip[5] * axis[2]
        z = tip[6] * axis[0] + tip[7] * axis[1] + tip[8] * axis[2]
        u, v, w = y * d[2] - z * d[1], z * d[0] - x * d[2], x * d[1] - y * d[0]
        sine = np.sqrt(u * u + v * v + w * w)
        lean = np.arctan2(sine, x * d[0] + y * d[1] + z * d[2])
        if sine > 1e-12:
            share = lean / sine
            error[3], error[4], error[5] = u * share, v * share, w * share
    for row in range(3):
        gap = 0.0
        for k in range(3):
            gap += normals[row, k] * (origin[k] - tip[9 + k])
        for k in range(3):
            error[k] += gap * normals[row, k]
        away += gap * gap
    return lean, np.sqrt(away)


@kernel
def deviation(manifold: Manifold, q: Array) -> tuple[float, float]:
    """Lean [rad] and distance [m] of the planned joints' values ``q`` from the constraint."""
    joints, tip, error = np.empty((manifold.strand.column.shape[0], 9)), np.empty(12), np.empty(6)
    _place(manifold.strand, q, joints, tip)
    return _errors(manifold, tip, error)


@kernel
def holds(manifold: Manifold, q: Array) -> bool:
    """Whether ``q`` keeps the constraint."""
    if not manifold.active:
        return True
    lean, away = deviation(manifold, q)
    return lean <= manifold.lean and away <= manifold.off


@kernel
def holds_between(manifold: Manifold, start: Array, end: Array) -> bool:
    """Whether the straight motion keeps the constraint, seen at points 0.06 rad apart."""
    length = 0.0
    for j in range(start.shape[0]):
        length += (end[j] - start[j]) ** 2
    count = max(2, int(np.ceil(np.sqrt(length) / 0.06)))
    between = np.empty_like(start)
    for i in range(1, count):
        for j in range(start.shape[0]):
            between[j] = start[j] + (i / count) * (end[j] - start[j])
        if not holds(manifold, between):
            return False
    return True


@kernel
def project(  # noqa: PLR0912  one kernel
    manifold: Manifold, lower: Array, upper: Array, q: Array
) -> bool:
    """Move ``q`` in place onto the constraint; False when it does not get there."""
    n = q.shape[0]
    joints, tip = np.empty((manifold.strand.column.shape[0], 9)), np.empty(12)
    error, jacobian = np.empty(6), np.empty((6, n))
    picked, wanted, square = np.empty((5, n)), np.empty(5), np.empty((5, 5))
    before = np.inf
    for _ in range(20):
        _place(manifold.strand, q, joints, tip)
        lean, away = _errors(manifold, tip, error)
        if lean <= 0.15 * manifold.lean and away <= 0.15 * manifold.off:
            return True
        energy = lean * lean + 10.0 * away * away
        if energy > 4.0 * before:
            return False
        before = energy
        # Only constrained directions count: rows are the projections of the Jacobian on them.
        _fill_jacobian(manifold.strand, joints, tip, jacobian)
        rows = 0
        picked[:], wanted[:], square[:] = 0.0, 0.0, 0.0
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
        for a in range(rows):
            for b in range(rows):
                for j in range(n):
                    square[a, b] += picked[a, j] * picked[b, j]
            square[a, a] += 1e-5 + 1e-3 * energy
        solve_definite(square[:rows, :rows], wanted[:rows])
        for j in range(n):
            move = 0.0
            for a in range(rows):
                move += picked[a, j] * wanted[a]
            q[j] = min(max(q[j] + min(max(move, -0.5), 0.5), lower[j]), upper[j])
    lean, away = deviation(manifold, q)
    return lean <= 0.5 * manifold.lean and away <= 0.5 * manifold.off
