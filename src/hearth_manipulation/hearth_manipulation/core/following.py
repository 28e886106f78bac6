"""A tip along poses while the base goes along its own, as one kernel."""

import numpy as np
from hearth_core.jit import kernel

from hearth_manipulation.core.kinematics import Array, Ints, Tree, solve_pose


@kernel
def follow_poses(
    tree: Tree,
    chain: Ints,
    dofs: Ints,
    lower: Array,
    upper: Array,
    start: Array,
    bases: Array,
    rotations: Array,
    translations: Array,
    tolerance: Array,
    jump: float,
) -> tuple[int, Array]:
    """Inverse kinematics of one tip pose after the other, each from the one before.

    Args:
        tree: The robot.
        chain: Links from the root to the tip.
        dofs: Degrees of freedom that may move, shape (n,).
        lower: Their lower limits.
        upper: Their upper limits.
        start: Full configuration from which the first is looked for, shape (D,).
        bases: Of the base at each pose: x, y [m], yaw [rad], shape (N, 3).
        rotations: Of the tip, shape (N, 3, 3).
        translations: Of the tip [m], shape (N, 3).
        tolerance: Position [m] and rotation [rad] that count as reached, shape (2,).
        jump: Largest step of a degree of freedom between two poses.

    Returns:
        How many poses were reached, and the configurations, shape (N, D).
    """
    count = bases.shape[0]
    path = np.empty((count, start.shape[0]))
    free = np.zeros(3)
    q = start.copy()
    for i in range(count):
        q[:3] = bases[i]
        reached, found = solve_pose(
            tree, chain, dofs, lower, upper, q, rotations[i], translations[i], free, tolerance, 80
        )
        if not reached:
            return i, path
        for d in dofs:
            if abs(found[d] - q[d]) > jump:
                return i, path
        q = found
        path[i] = q
    return count, path
