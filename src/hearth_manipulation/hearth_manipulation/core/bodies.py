"""What a collision query checks: the spheres that move, and the links that could meet."""

from __future__ import annotations

import numpy as np

from hearth_manipulation.core.collision import Body
from hearth_manipulation.core.kinematics import Ints
from hearth_manipulation.core.model import RobotModel
from hearth_manipulation.core.spheres import Solid

SOLID_KINDS = {"box": 0, "cylinder": 1, "capsule": 2, "sphere": 3}


def make_body(model: RobotModel, dofs: Ints, slim: float = 0.0) -> Body:
    """What a query over ``dofs`` checks: moving spheres, and pairs of links that could meet.

    Args:
        model: The robot.
        dofs: Degrees of freedom that move.
        slim: How much smaller spheres are taken to be [m].
    """
    radii = np.maximum(model.sphere_radius - slim, 0.004)
    count = len(model.links)
    order = model.moved_by(dofs)
    starts = np.searchsorted(model.sphere_link, np.arange(count + 1)).astype(np.int32)
    bound_center, bound_radius = np.zeros((count, 3)), np.full(count, -1.0)
    for i in range(count):
        center = model.sphere_center[starts[i] : starts[i + 1]]
        radius = radii[starts[i] : starts[i + 1]]
        if len(radius):
            middle = 0.5 * ((center - radius[:, None]).min(0) + (center + radius[:, None]).max(0))
            bound_center[i] = middle
            bound_radius[i] = np.max(np.linalg.norm(center - middle, axis=1) + radius)
    solids = model.solids
    solid_start = np.searchsorted([i for i, _ in solids], np.arange(count + 1)).astype(np.int32)
    moving = {int(i) for i in dofs}
    pairs = []
    for i in range(count):
        for j in range(i + 1, count):
            if bound_radius[i] < 0.0 or bound_radius[j] < 0.0 or (i, j) in model.may_touch:
                continue
            if _between(model, i, j, moving):
                # Spheres of the finer link against the exact solids of the coarser one.
                has_solids = [solid_start[k] < solid_start[k + 1] for k in (i, j)]
                first = i if (bound_radius[i] < bound_radius[j] and has_solids[1]) else j
                if not has_solids[0]:
                    first = i
                pairs.append((first, i + j - first))
    return Body(
        model.tree,
        order,
        starts,
        model.sphere_center,
        radii,
        bound_center,
        bound_radius,
        solid_start,
        np.array([SOLID_KINDS[s.kind] for _, s in solids], np.int32),
        np.array([s.pose.rotation for _, s in solids], float).reshape(-1, 3, 3),
        np.array([s.pose.translation for _, s in solids], float).reshape(-1, 3),
        np.array([_half(s) for _, s in solids], float).reshape(-1, 3),
        np.array(pairs, np.int32).reshape(-1, 2),
        np.ones(count, bool),
    )


def _half(solid: Solid) -> tuple[float, float, float]:
    if solid.kind == "box":
        x, y, z = 0.5 * solid.size
        return float(x), float(y), float(z)
    length = float(solid.size[1]) if len(solid.size) > 1 else 0.0
    return float(solid.size[0]), 0.5 * length, 0.0


def _between(model: RobotModel, one: int, two: int, dofs: set[int]) -> bool:
    """Whether a joint of ``dofs`` moves one link against the other."""
    a, b = model.ancestors(one), model.ancestors(two)
    return any(int(model.tree.dof[i]) in dofs for i in set(a) ^ set(b))
