"""Steps in configuration space that keep one axis of the tip upright, inside kernels."""

from typing import NamedTuple

import numpy as np
from hearth_core.jit import kernel

from hearth_manipulation.core.collision import Body, Obstacles, is_motion_free
from hearth_manipulation.core.kinematics import Array, Ints, Tree, fill_jacobian, place_links


class Upright(NamedTuple):
    """Keep ``axis`` of the tip within ``tolerance`` of the world's z."""

    chain: Ints
    """Links from the root to the tip; empty: no constraint."""
    axis: Array
    """In the tip's frame, shape (3,)."""
    tolerance: float
    """[rad]."""


@kernel
def tilt(tree: Tree, upright: Upright, q: Array, rotations: Array, translations: Array) -> float:
    """Angle between the tip's axis and the world's z [rad]; places the chain."""
    place_links(tree, q, upright.chain, rotations, translations)
    r = rotations[upright.chain[upright.chain.shape[0] - 1]]
    a = upright.axis
    x = r[0, 0] * a[0] + r[0, 1] * a[1] + r[0, 2] * a[2]
    y = r[1, 0] * a[0] + r[1, 1] * a[1] + r[1, 2] * a[2]
    z = r[2, 0] * a[0] + r[2, 1] * a[1] + r[2, 2] * a[2]
    return float(np.arctan2(np.sqrt(x * x + y * y), z))


@kernel
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


@kernel
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
