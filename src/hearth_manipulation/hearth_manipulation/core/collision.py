"""Sphere against world and sphere against sphere, for whole configurations and motions.

Links are pruned by one bounding sphere each. Nothing here allocates in the inner loops.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from hearth_core.jit import kernel

from hearth_manipulation.core.kinematics import Array, Ints, Tree, place_links


class Obstacles(NamedTuple):
    """The world in the frame the base moves in: B boxes, C cylinders, a distance field."""

    box_center: Array
    """[m], shape (B, 3)."""
    box_rotation: Array
    """World from box, shape (B, 3, 3)."""
    box_half: Array
    """Half extents [m], shape (B, 3)."""
    cylinder_center: Array
    cylinder_axis: Array
    """Unit vectors in the world, shape (C, 3)."""
    cylinder_size: Array
    """Radius and half length [m], shape (C, 2)."""
    cylinder_round: npt.NDArray[np.bool_]
    """Whether it has round ends beyond its length (a capsule), shape (C,)."""
    sphere: Array
    """Centre and radius [m], shape (Q, 4)."""
    field: npt.NDArray[np.float32]
    """Distance to the nearest seen surface [m], shape (X, Y, Z); (0, 0, 0): none."""
    field_origin: Array
    """Centre of cell (0, 0, 0) [m], shape (3,)."""
    field_cell: float
    """Edge of a cell [m]."""


class Body(NamedTuple):
    """What moves in a query, and what it must not touch of the robot itself."""

    tree: Tree
    order: Ints
    """Links that move, parents first."""
    link_start: Ints
    """First sphere of each link, shape (L + 1,)."""
    center: Array
    """Spheres [m] in their links, shape (S, 3), sorted by link."""
    radius: Array
    bound_center: Array
    """One sphere around each link's spheres [m], in the link, shape (L, 3)."""
    bound_radius: Array
    """Negative: the link has no spheres."""
    solid_start: Ints
    """First solid of each link, shape (L + 1,)."""
    solid_kind: Ints
    """0 box, 1 cylinder, 2 capsule, 3 sphere; shape (G,)."""
    solid_rotation: Array
    """Link from solid, shape (G, 3, 3)."""
    solid_center: Array
    """[m] in the link, shape (G, 3)."""
    solid_size: Array
    """Box: half extents; others: radius, half length, 0 [m]; shape (G, 3)."""
    pairs: Ints
    """Pairs of links: spheres of the first against solids of the second, shape (P, 2)."""
    field_links: npt.NDArray[np.bool_]
    """Links checked against the distance field, shape (L,)."""


@kernel
def _to_world(rotation: Array, translation: Array, point: Array, out: Array) -> None:
    for row in range(3):
        out[row] = (
            rotation[row, 0] * point[0]
            + rotation[row, 1] * point[1]
            + rotation[row, 2] * point[2]
            + translation[row]
        )


@kernel
def box_distance(obstacles: Obstacles, b: int, x: float, y: float, z: float) -> float:
    """Distance from a point to box ``b`` [m], zero inside."""
    r = obstacles.box_rotation[b]
    dx = x - obstacles.box_center[b, 0]
    dy = y - obstacles.box_center[b, 1]
    dz = z - obstacles.box_center[b, 2]
    total = 0.0
    for axis in range(3):
        local = abs(r[0, axis] * dx + r[1, axis] * dy + r[2, axis] * dz)
        over = local - obstacles.box_half[b, axis]
        if over > 0.0:
            total += over * over
    return np.sqrt(total)


@kernel
def cylinder_distance(obstacles: Obstacles, c: int, x: float, y: float, z: float) -> float:
    """Distance from a point to cylinder ``c`` [m], zero inside."""
    dx = x - obstacles.cylinder_center[c, 0]
    dy = y - obstacles.cylinder_center[c, 1]
    dz = z - obstacles.cylinder_center[c, 2]
    axis = obstacles.cylinder_axis[c]
    along = dx * axis[0] + dy * axis[1] + dz * axis[2]
    across = np.sqrt(max(0.0, dx * dx + dy * dy + dz * dz - along * along))
    if obstacles.cylinder_round[c]:
        over = max(0.0, abs(along) - obstacles.cylinder_size[c, 1])
        return max(0.0, np.sqrt(across * across + over * over) - obstacles.cylinder_size[c, 0])
    out = max(0.0, across - obstacles.cylinder_size[c, 0])
    up = max(0.0, abs(along) - obstacles.cylinder_size[c, 1])
    return np.sqrt(out * out + up * up)


@kernel
def sphere_distance(obstacles: Obstacles, c: int, x: float, y: float, z: float) -> float:
    """Distance from a point to sphere ``c`` [m], zero inside."""
    s = obstacles.sphere[c]
    away = np.sqrt((x - s[0]) ** 2 + (y - s[1]) ** 2 + (z - s[2]) ** 2)
    return max(0.0, away - s[3])


@kernel
def field_distance(obstacles: Obstacles, x: float, y: float, z: float) -> float:
    """Distance to the nearest seen surface [m]; far outside the field."""
    field = obstacles.field
    if field.shape[0] == 0:
        return 1e3
    cell = obstacles.field_cell
    i = int(np.floor((x - obstacles.field_origin[0]) / cell + 0.5))
    j = int(np.floor((y - obstacles.field_origin[1]) / cell + 0.5))
    k = int(np.floor((z - obstacles.field_origin[2]) / cell + 0.5))
    if i < 0 or j < 0 or k < 0:
        return 1e3
    if i >= field.shape[0] or j >= field.shape[1] or k >= field.shape[2]:
        return 1e3
    return float(field[i, j, k])


@kernel
def world_distance(obstacles: Obstacles, x: float, y: float, z: float, field: bool) -> float:
    """Distance from a point to the nearest of everything [m]."""
    best = 1e3
    for b in range(obstacles.box_center.shape[0]):
        best = min(best, box_distance(obstacles, b, x, y, z))
    for c in range(obstacles.cylinder_center.shape[0]):
        best = min(best, cylinder_distance(obstacles, c, x, y, z))
    for c in range(obstacles.sphere.shape[0]):
        best = min(best, sphere_distance(obstacles, c, x, y, z))
    if field:
        best = min(best, field_distance(obstacles, x, y, z))
    return best


@kernel
def solid_distance(body: Body, g: int, x: float, y: float, z: float) -> float:
    """Distance from a point in the link's frame to its solid ``g`` [m], zero inside."""
    dx = x - body.solid_center[g, 0]
    dy = y - body.solid_center[g, 1]
    dz = z - body.solid_center[g, 2]
    r = body.solid_rotation[g]
    lx = abs(r[0, 0] * dx + r[1, 0] * dy + r[2, 0] * dz)
    ly = abs(r[0, 1] * dx + r[1, 1] * dy + r[2, 1] * dz)
    lz = abs(r[0, 2] * dx + r[1, 2] * dy + r[2, 2] * dz)
    size = body.solid_size[g]
    kind = body.solid_kind[g]
    if kind == 0:
        ox, oy, oz = max(0.0, lx - size[0]), max(0.0, ly - size[1]), max(0.0, lz - size[2])
        return np.sqrt(ox * ox + oy * oy + oz * oz)
    across = np.sqrt(lx * lx + ly * ly)
    along = max(0.0, lz - size[1])
    if kind == 1:
        out = max(0.0, across - size[0])
        return np.sqrt(out * out + along * along)
    return max(0.0, np.sqrt(across * across + along * along) - size[0])


@kernel
def pair_touches(body: Body, p: int, rotations: Array, translations: Array) -> bool:
    """Whether spheres of the pair's first link touch solids of its second, as placed."""
    one, two = body.pairs[p, 0], body.pairs[p, 1]
    point = np.empty(3)
    other = np.empty(3)
    _to_world(rotations[one], translations[one], body.bound_center[one], point)
    _to_world(rotations[two], translations[two], body.bound_center[two], other)
    reach = body.bound_radius[one] + body.bound_radius[two]
    gap2 = (point[0] - other[0]) ** 2 + (point[1] - other[1]) ** 2 + (point[2] - other[2]) ** 2
    if gap2 >= reach * reach:
        return False
    for s in range(body.link_start[one], body.link_start[one + 1]):
        _to_world(rotations[one], translations[one], body.center[s], point)
        # Into the second link's frame, where its solids stand still.
        for row in range(3):
            other[row] = (
                rotations[two, 0, row] * (point[0] - translations[two, 0])
                + rotations[two, 1, row] * (point[1] - translations[two, 1])
                + rotations[two, 2, row] * (point[2] - translations[two, 2])
            )
        for g in range(body.solid_start[two], body.solid_start[two + 1]):
            if solid_distance(body, g, other[0], other[1], other[2]) < body.radius[s]:
                return True
    return False


@kernel
def hits_between(body: Body, rotations: Array, translations: Array) -> Array:
    """1 for every pair of ``body.pairs`` that touches as placed, else 0, shape (P,)."""
    found = np.zeros(body.pairs.shape[0])
    for p in range(body.pairs.shape[0]):
        if pair_touches(body, p, rotations, translations):
            found[p] = 1.0
    return found


@kernel
def find_collision(  # noqa: PLR0912  one kernel
    body: Body, obstacles: Obstacles, rotations: Array, translations: Array, margin: float
) -> tuple[int, int, int]:
    """First collision of the moving links as placed.

    Args:
        body: What moves.
        obstacles: The world.
        rotations: Of all links, shape (L, 3, 3).
        translations: [m], shape (L, 3).
        margin: Distance to the world that counts as a collision [m].

    Returns:
        (0, 0, 0) when free; else what was hit, its index and the link: 1 box, 2 cylinder, 3 field,
        4 another link, 5 sphere.
    """
    point = np.empty(3)
    for k in range(body.order.shape[0]):
        link = body.order[k]
        if body.bound_radius[link] < 0.0:
            continue
        _to_world(rotations[link], translations[link], body.bound_center[link], point)
        bx, by, bz = point[0], point[1], point[2]
        reach = body.bound_radius[link] + margin
        first, last = body.link_start[link], body.link_start[link + 1]
        for b in range(obstacles.box_center.shape[0]):
            if box_distance(obstacles, b, bx, by, bz) >= reach:
                continue
            for s in range(first, last):
                _to_world(rotations[link], translations[link], body.center[s], point)
                gap = box_distance(obstacles, b, point[0], point[1], point[2])
                if gap < body.radius[s] + margin:
                    return 1, b, link
        for c in range(obstacles.cylinder_center.shape[0]):
            if cylinder_distance(obstacles, c, bx, by, bz) >= reach:
                continue
            for s in range(first, last):
                _to_world(rotations[link], translations[link], body.center[s], point)
                gap = cylinder_distance(obstacles, c, point[0], point[1], point[2])
                if gap < body.radius[s] + margin:
                    return 2, c, link
        for c in range(obstacles.sphere.shape[0]):
            if sphere_distance(obstacles, c, bx, by, bz) >= reach:
                continue
            for s in range(first, last):
                _to_world(rotations[link], translations[link], body.center[s], point)
                gap = sphere_distance(obstacles, c, point[0], point[1], point[2])
                if gap < body.radius[s] + margin:
                    return 5, c, link
        if body.field_links[link] and field_distance(obstacles, bx, by, bz) < reach + 0.02:
            for s in range(first, last):
                _to_world(rotations[link], translations[link], body.center[s], point)
                gap = field_distance(obstacles, point[0], point[1], point[2])
                if gap < body.radius[s] + margin:
                    return 3, 0, link
    for p in range(body.pairs.shape[0]):
        if pair_touches(body, p, rotations, translations):
            return 4, body.pairs[p, 1], body.pairs[p, 0]
    return 0, 0, 0


@kernel
def is_free(
    body: Body,
    obstacles: Obstacles,
    q: Array,
    margin: float,
    rotations: Array,
    translations: Array,
) -> bool:
    """Whether ``q`` touches nothing; links that do not move must be placed already."""
    place_links(body.tree, q, body.order, rotations, translations)
    return find_collision(body, obstacles, rotations, translations, margin)[0] == 0


@kernel
def is_motion_free(
    body: Body,
    obstacles: Obstacles,
    start: Array,
    end: Array,
    resolution: float,
    margin: float,
    rotations: Array,
    translations: Array,
) -> bool:
    """Whether the straight motion in joint space is free; ``start`` itself is not checked."""
    largest = 0.0
    for j in range(start.shape[0]):
        largest = max(largest, abs(end[j] - start[j]))
    steps = max(1, int(np.ceil(largest / resolution)))
    q = np.empty_like(start)
    # The far end first, then ever finer: collisions are found early.
    stride = 1
    while stride * 2 <= steps:
        stride *= 2
    if not is_free(body, obstacles, end, margin, rotations, translations):
        return False
    first = True
    while stride >= 1:
        i = stride
        while i < steps:
            if first or (i // stride) % 2 == 1:
                f = i / steps
                for j in range(start.shape[0]):
                    q[j] = start[j] + f * (end[j] - start[j])
                if not is_free(body, obstacles, q, margin, rotations, translations):
                    return False
            i += stride
        stride //= 2
        first = False
    return True


@kernel
def clearance(
    body: Body, obstacles: Obstacles, rotations: Array, translations: Array, field: bool
) -> float:
    """Smallest distance of the moving links to the world as placed [m], negative inside."""
    best = 1e3
    point = np.empty(3)
    for k in range(body.order.shape[0]):
        link = body.order[k]
        for s in range(body.link_start[link], body.link_start[link + 1]):
            _to_world(rotations[link], translations[link], body.center[s], point)
            gap = world_distance(obstacles, point[0], point[1], point[2], field)
            best = min(best, gap - body.radius[s])
    return best
