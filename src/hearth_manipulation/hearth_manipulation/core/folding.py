"""A robot folded for motions of some of its joints: few bodies, spheres and pairs in them."""

import numpy as np
from hearth_core.jit import kernel

from hearth_manipulation.core.collision import Body
from hearth_manipulation.core.kinematics import Array, Ints, place_links
from hearth_manipulation.core.lanes import Floats, Lanes, f32


@kernel
def z_to(axis: Array, out: Array) -> None:
    """Fill a rotation that takes z to ``axis``."""
    x, y, z = axis[0], axis[1], axis[2]
    if z < -0.999999:
        out[:] = 0.0
        out[0, 0], out[1, 1], out[2, 2] = 1.0, -1.0, -1.0
        return
    k = 1.0 / (1.0 + z)
    out[0, 0], out[0, 1], out[0, 2] = 1.0 - k * x * x, -k * x * y, x
    out[1, 0], out[1, 1], out[1, 2] = -k * x * y, 1.0 - k * y * y, y
    out[2, 0], out[2, 1], out[2, 2] = -x, -y, z


@kernel
def _around(bodies: int, body_of: Ints, bound: Floats) -> tuple[Ints, Ints, Floats]:
    """Links with spheres by body, the last body first, and a sphere around each body's links."""
    links = body_of.shape[0]
    moving, first = np.empty(links, np.int32), np.zeros(bodies, np.int32)
    around = np.zeros((bodies, 4), f32)
    around[:, 3] = f32(-1.0)
    used = 0
    for k in range(bodies - 1):
        b = bodies - 1 - k
        first[k] = used
        for i in range(links):
            if body_of[i] == b and bound[i, 3] >= 0.0:
                moving[used] = i
                used += 1
        if used == first[k]:
            continue
        # In the middle of the box around the links' spheres.
        for axis in range(3):
            low, high = np.inf, -np.inf
            for n in range(first[k], used):
                i = moving[n]
                low = min(low, float(bound[i, axis] - bound[i, 3]))
                high = max(high, float(bound[i, axis] + bound[i, 3]))
            around[b, axis] = 0.5 * (low + high)
        for n in range(first[k], used):
            i, gap = moving[n], 0.0
            for axis in range(3):
                gap += float(bound[i, axis] - around[b, axis]) ** 2
            size = np.sqrt(gap) + float(bound[i, 3])
            around[b, 3] = max(around[b, 3], f32(size * 1.000001))
    first[bodies - 1] = used
    return moving[:used].copy(), first, around


@kernel
def _grouped(bodies: int, body_of: Ints, pairs: Ints) -> tuple[Ints, Ints, Ints]:
    """Pairs sorted so that those between the same two units are neighbours."""
    count = pairs.shape[0]
    units, keys = np.empty((count, 2), np.int32), np.empty(count, np.int64)
    for p in range(count):
        for end in range(2):
            i = pairs[p, end]
            units[p, end] = body_of[i] if body_of[i] > 0 else bodies + i
        low, high = min(units[p, 0], units[p, 1]), max(units[p, 0], units[p, 1])
        units[p, 0], units[p, 1] = low, high
        keys[p] = np.int64(low) * 65536 + high
    order = np.argsort(keys, kind="mergesort")
    first, between = np.zeros(count + 1, np.int32), np.empty((count, 2), np.int32)
    groups = 0
    for n in range(count):
        if n == 0 or keys[order[n]] != keys[order[n - 1]]:
            first[groups] = n
            between[groups] = units[order[n]]
            groups += 1
    first[groups] = count
    return pairs[order], first[: groups + 1].copy(), between[:groups].copy()


@kernel
def fold(  # noqa: PLR0912, PLR0915  one kernel
    body: Body, dofs: Ints, lower: Array, upper: Array, q: Array
) -> Lanes:
    """Fold a robot for motions of ``dofs`` while the other joints stay as in ``q``.

    Args:
        body: What moves and is checked.
        dofs: Planned joints, shape (n,).
        lower: Their lower limits (how far slides reach), shape (n,).
        upper: Their upper limits, shape (n,).
        q: Full configuration, shape (D,).
    """
    tree = body.tree
    count = tree.parent.shape[0]
    rotations, translations = np.empty((count, 3, 3)), np.empty((count, 3))
    place_links(tree, q, np.arange(count).astype(np.int32), rotations, translations)
    column_of = np.full(q.shape[0], -1, np.int32)
    for j in range(dofs.shape[0]):
        column_of[dofs[j]] = j
    body_of = np.zeros(count, np.int32)
    bodies = 1
    for i in range(count):
        moved = tree.kind[i] != 0 and column_of[tree.dof[i]] >= 0
        if moved:
            body_of[i] = bodies
            bodies += 1
        elif tree.parent[i] >= 0:
            body_of[i] = body_of[tree.parent[i]]
    parent, kind = np.zeros(bodies, np.int32), np.zeros(bodies, np.int32)
    column = np.zeros(bodies, np.int32)
    rotation, translation = np.zeros((bodies, 9), f32), np.zeros((bodies, 3), f32)
    multiplier, offset = np.zeros(bodies, f32), np.zeros(bodies, f32)
    # Links in their bodies: rotation and translation.
    inside, at = np.empty((count, 3, 3)), np.empty((count, 3))
    root, slack = np.zeros((bodies, 3)), np.zeros(bodies)
    turn = np.empty((3, 3))
    for i in range(count):
        b, p = body_of[i], tree.parent[i]
        if b == 0:
            inside[i], at[i] = rotations[i], translations[i]
            continue
        if tree.kind[i] != 0 and column_of[tree.dof[i]] >= 0:
            z_to(tree.axis[i], turn)
            inside[i], at[i] = turn.T, np.zeros(3)
            parent[b], kind[b] = body_of[p] if p >= 0 else 0, tree.kind[i]
            column[b] = column_of[tree.dof[i]]
            multiplier[b], offset[b] = tree.multiplier[i], tree.offset[i]
            fixed, where = tree.rotation[i] @ turn, tree.translation[i].copy()
            if p >= 0:
                fixed = inside[p] @ fixed
                where = inside[p] @ where + at[p]
            for row in range(3):
                translation[b, row] = where[row]
                for k in range(3):
                    rotation[b, 3 * row + k] = fixed[row, k]
            if parent[b] == 0:
                root[b], slack[b] = where, 0.0
            else:
                root[b] = root[parent[b]]
                slack[b] = slack[parent[b]] + np.sqrt(np.sum(where * where))
            if kind[b] == 2:
                j = column[b]
                far = max(abs(lower[j]), abs(upper[j])) * abs(multiplier[b])
                slack[b] += far + abs(offset[b])
        else:
            # A joint that keeps its value: where its link is relative to its parent now.
            relative = rotations[p].T @ rotations[i]
            shift = rotations[p].T @ (translations[i] - translations[p])
            inside[i], at[i] = inside[p] @ relative, inside[p] @ shift + at[p]
    spheres = body.center.shape[0]
    center, radius = np.empty((spheres, 3), f32), np.empty(spheres, f32)
    bound = np.zeros((count, 4), f32)
    for i in range(count):
        for s in range(body.link_start[i], body.link_start[i + 1]):
            point = inside[i] @ body.center[s] + at[i]
            center[s, 0], center[s, 1], center[s, 2] = point[0], point[1], point[2]
            radius[s] = body.radius[s]
        bound[i, 3] = -1.0
        if body.bound_radius[i] < 0.0:
            continue
        point = inside[i] @ body.bound_center[i] + at[i]
        for k in range(3):
            bound[i, k] = point[k]
        bound[i, 3] = body.bound_radius[i]
    moving, moving_first, around = _around(bodies, body_of, bound)
    reach = np.zeros((bodies, 4), f32)
    for b in range(bodies):
        far = 0.0
        for k in range(3):
            reach[b, k] = root[b, k]
            far += float(around[b, k]) ** 2
        reach[b, 3] = slack[b] + np.sqrt(far) + float(around[b, 3])
    pairs, group_first, group_units = _grouped(bodies, body_of, body.pairs)
    solids = body.solid_kind.shape[0]
    solid = np.zeros((solids, 15), f32)
    for i in range(count):
        for g in range(body.solid_start[i], body.solid_start[i + 1]):
            point = inside[i] @ body.solid_center[g] + at[i]
            fixed = inside[i] @ body.solid_rotation[g]
            for row in range(3):
                solid[g, row] = point[row]
                solid[g, 3 + row] = body.solid_size[g, row]
                for k in range(3):
                    solid[g, 6 + 3 * row + k] = fixed[row, k]
    return Lanes(
        parent,
        rotation,
        translation,
        kind,
        column,
        multiplier,
        offset,
        body_of,
        body.link_start,
        center,
        radius,
        bound,
        moving,
        moving_first,
        around,
        reach,
        body.field_links,
        pairs,
        group_first,
        group_units,
        body.solid_start,
        body.solid_kind,
        solid,
    )
