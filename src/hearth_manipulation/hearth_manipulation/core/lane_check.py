"""Sixteen configurations against the world and against the robot itself at once.

Sums of depths, no minima: those would keep the compiler from making vector code. Sums of
``e + abs(e)`` would be as fast but may be reordered, and are then not exactly zero.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from hearth_core.jit import kernel

from hearth_manipulation.core.collision import Obstacles
from hearth_manipulation.core.kinematics import Array, Ints
from hearth_manipulation.core.lanes import (
    FAST,
    Floats,
    Lanes,
    f32,
    lane_locals,
    lane_points,
    new_frames,
    place_lanes,
)

ROUNDING = 2e-5
"""Spheres are taken this much larger, for what float32 loses [m]."""


class World(NamedTuple):
    """Obstacles for lanes, and which of them each link can reach at all."""

    kind: Ints
    """0 box, 1 cylinder, 2 capsule, 3 sphere; shape (N,)."""
    data: Floats
    """Centre, half extents (or radius, half length), rotation, shape (N, 15)."""
    near: Ints
    """Obstacles within each body's reach, bodies after each other."""
    near_first: Ints
    """Where each body's begin, shape (N + 1,)."""
    field: npt.NDArray[np.float32]
    origin: Array
    cell: float


class Room(NamedTuple):
    """Memory that checks work in."""

    frames: Floats
    values: Floats
    bounds: Floats
    """Middles of the spheres around each body (N) and then each link (L), shape (N + L, 48)."""
    points: Floats
    others: Floats
    scratch: Floats
    met: Ints
    """Obstacles a body is near to, and those one of its links is near to, shape (2, M)."""


@kernel
def new_room(lanes: Lanes, world: World, joints: int) -> Room:
    """Memory for one robot in one world and so many planned joints."""
    frames = new_frames(lanes)
    bodies, links = lanes.parent.shape[0], lanes.body_of.shape[0]
    bounds = np.zeros((bodies + links, 48), f32)
    for i in range(links):
        if lanes.body_of[i] == 0:  # stands still
            for axis in range(3):
                bounds[bodies + i, 16 * axis : 16 * axis + 16] = lanes.bound[i, axis]
    return Room(
        frames,
        np.zeros((joints, 16), f32),
        bounds,
        np.zeros((1, 48), f32),
        np.zeros((1, 48), f32),
        np.zeros(224, f32),
        np.zeros((2, max(world.kind.shape[0], lanes.solid_kind.shape[0]) + 1), np.int32),
    )


@kernel
def see(lanes: Lanes, obstacles: Obstacles, margin: float) -> World:
    """Pack the world for a robot, leaving out for each link what it cannot reach."""
    boxes, cylinders = obstacles.box_center.shape[0], obstacles.cylinder_center.shape[0]
    spheres = obstacles.sphere.shape[0]
    count = boxes + cylinders + spheres
    kind, data = np.zeros(count, np.int32), np.zeros((count, 15), f32)
    size = np.zeros(count)
    for b in range(boxes):
        for k in range(3):
            data[b, k], data[b, 3 + k] = obstacles.box_center[b, k], obstacles.box_half[b, k]
            size[b] += obstacles.box_half[b, k] ** 2
            for m in range(3):
                data[b, 6 + 3 * k + m] = obstacles.box_rotation[b, k, m]
    for c in range(cylinders):
        i = boxes + c
        kind[i] = 2 if obstacles.cylinder_round[c] else 1
        radius, half = obstacles.cylinder_size[c, 0], obstacles.cylinder_size[c, 1]
        data[i, 3], data[i, 4] = radius, half
        size[i] = (radius + half) ** 2
        for k in range(3):
            data[i, k] = obstacles.cylinder_center[c, k]
            data[i, 6 + 3 * k + 2] = obstacles.cylinder_axis[c, k]
    for c in range(spheres):
        i = boxes + cylinders + c
        kind[i] = 3
        data[i, 3] = obstacles.sphere[c, 3]
        size[i] = obstacles.sphere[c, 3] ** 2
        for k in range(3):
            data[i, k] = obstacles.sphere[c, k]
    bodies = lanes.parent.shape[0]
    first = np.zeros(bodies + 1, np.int32)
    near = np.empty(bodies * max(count, 1), np.int32)
    used = 0
    for b in range(bodies):
        first[b] = used
        if lanes.around[b, 3] < 0.0:
            continue
        for i in range(count):
            gap = 0.0
            for k in range(3):
                gap += (float(data[i, k]) - lanes.reach[b, k]) ** 2
            if np.sqrt(gap) <= lanes.reach[b, 3] + np.sqrt(size[i]) + margin + 0.01:
                near[used] = i
                used += 1
    first[bodies] = used
    return World(
        kind,
        data,
        near[:used].copy(),
        first,
        obstacles.field,
        obstacles.field_origin,
        obstacles.field_cell,
    )


@kernel(inline="always")
def touch_box(d: Floats, k: int, points: Floats, at: int, radius: float) -> np.float32:
    """See :func:`touches`."""
    c0, c1, c2, h0, h1, h2 = d[k, 0], d[k, 1], d[k, 2], d[k, 3], d[k, 4], d[k, 5]
    r0, r1, r2, r3, r4 = d[k, 6], d[k, 7], d[k, 8], d[k, 9], d[k, 10]
    r5, r6, r7, r8 = d[k, 11], d[k, 12], d[k, 13], d[k, 14]
    limit = f32(4.0) * f32(radius) * f32(radius)
    depth = f32(0.0)
    for i in range(16):
        x, y, z = points[at, i] - c0, points[at, 16 + i] - c1, points[at, 32 + i] - c2
        u = abs(r0 * x + r3 * y + r6 * z) - h0
        v = abs(r1 * x + r4 * y + r7 * z) - h1
        w = abs(r2 * x + r5 * y + r8 * z) - h2
        u, v, w = u + abs(u), v + abs(v), w + abs(w)
        e = limit - (u * u + v * v + w * w)
        depth += f32(0.0) if e <= f32(0.0) else e
    return depth


@kernel(inline="always")
def touch_sphere(d: Floats, k: int, points: Floats, at: int, radius: float) -> np.float32:
    """See :func:`touches`."""
    c0, c1, c2 = d[k, 0], d[k, 1], d[k, 2]
    reach = f32(radius) + d[k, 3]
    limit = f32(4.0) * reach * reach
    depth = f32(0.0)
    for i in range(16):
        x, y, z = points[at, i] - c0, points[at, 16 + i] - c1, points[at, 32 + i] - c2
        # Twice the differences: with them once the compiler's code is four times slower.
        x, y, z = x + x, y + y, z + z
        e = limit - (x * x + y * y + z * z)
        depth += f32(0.0) if e <= f32(0.0) else e
    return depth


@kernel(inline="always")
def touch_round(
    d: Floats, k: int, capsule: bool, points: Floats, at: int, radius: float
) -> np.float32:
    """See :func:`touches`."""
    c0, c1, c2, h0, h1 = d[k, 0], d[k, 1], d[k, 2], d[k, 3], d[k, 4]
    a0, a1, a2 = d[k, 8], d[k, 11], d[k, 14]
    depth = f32(0.0)
    if capsule:
        reach = f32(radius) + h0
        limit = reach * reach
        for i in range(16):
            x, y, z = points[at, i] - c0, points[at, 16 + i] - c1, points[at, 32 + i] - c2
            along = a0 * x + a1 * y + a2 * z
            over = abs(along) - h1
            over = f32(0.5) * (over + abs(over))
            e = limit - (x * x + y * y + z * z - along * along + over * over)
            depth += f32(0.0) if e <= f32(0.0) else e
        return depth
    limit = f32(4.0) * f32(radius) * f32(radius)
    for i in range(16):
        x, y, z = points[at, i] - c0, points[at, 16 + i] - c1, points[at, 32 + i] - c2
        along = a0 * x + a1 * y + a2 * z
        across = np.sqrt(abs(x * x + y * y + z * z - along * along)) - h0
        over = abs(along) - h1
        across, over = across + abs(across), over + abs(over)
        e = limit - (across * across + over * over)
        depth += f32(0.0) if e <= f32(0.0) else e
    return depth


@kernel(inline="always")
def touches(kind: int, d: Floats, k: int, points: Floats, at: int, radius: float) -> bool:
    """Whether any lane's point is nearer to a solid than ``radius`` [m]; NaN counts as near.

    Args:
        kind: 0 box, 1 cylinder, 2 capsule, 3 sphere.
        d: Solids: centre, size, rotation, shape (N, 15).
        k: Which one.
        points: Shape (K, 48).
        at: Which row of them.
        radius: [m].
    """
    if kind == 0:
        depth = touch_box(d, k, points, at, radius)
    elif kind == 3:
        depth = touch_sphere(d, k, points, at, radius)
    else:
        depth = touch_round(d, k, kind == 2, points, at, radius)
    return not depth <= 0.0


@kernel
def touches_field(world: World, points: Floats, at: int, radius: float) -> bool:
    """Whether any lane's point is nearer to a seen surface than ``radius`` [m]."""
    field, cell = world.field, world.cell
    for i in range(16):
        a = int(np.floor((points[at, i] - world.origin[0]) / cell + 0.5))
        b = int(np.floor((points[at, 16 + i] - world.origin[1]) / cell + 0.5))
        c = int(np.floor((points[at, 32 + i] - world.origin[2]) / cell + 0.5))
        inside = 0 <= a < field.shape[0] and 0 <= b < field.shape[1] and 0 <= c < field.shape[2]
        if inside and not field[a, b, c] >= radius:
            return True
    return False


@kernel(fastmath=FAST, forceinline=True)
def lanes_hit(lanes: Lanes, world: World, room: Room, margin: float) -> bool:
    """Whether any of the sixteen configurations in ``room.values`` is in collision.

    What moves as one body is looked at as one ball first, then link by link, then by spheres.
    """
    place_lanes(lanes, room.values, room.frames, room.scratch)
    return _meets_world(lanes, world, room, margin + ROUNDING) or _meets_itself(lanes, room)


@kernel(fastmath=FAST, forceinline=True)
def _meets_world(lanes: Lanes, world: World, room: Room, grown: float) -> bool:
    """Whether spheres ``grown`` larger touch an obstacle; fills ``room.bounds``."""
    # Taken out of the tuples once: every mention there costs a reference count.
    frames, bounds, points, met = room.frames, room.bounds, room.points, room.met
    bound, center, radius, first = lanes.bound, lanes.center, lanes.radius, lanes.first
    around, moving, moving_first = lanes.around, lanes.moving, lanes.moving_first
    near, near_first, kinds, data = world.near, world.near_first, world.kind, world.data
    seen, in_field = world.field.shape[0] > 0, lanes.in_field
    bodies = around.shape[0]
    for turn in range(bodies - 1):
        b = bodies - 1 - turn
        start, end = moving_first[turn], moving_first[turn + 1]
        if start == end:
            continue
        lane_points(frames, b, around[b, 0], around[b, 1], around[b, 2], bounds, b)
        reach = around[b, 3] + grown
        count = 0
        for n in range(near_first[b], near_first[b + 1]):
            k = near[n]
            if touches(kinds[k], data, k, bounds, b, reach):
                met[0, count] = k
                count += 1
        alone = end == start + 1
        for n in range(start, end):
            link = moving[n]
            at = bodies + link
            lane_points(frames, b, bound[link, 0], bound[link, 1], bound[link, 2], bounds, at)
            reach = bound[link, 3] + grown
            left = 0
            for m in range(count):
                k = met[0, m]
                if alone or touches(kinds[k], data, k, bounds, at, reach):
                    met[1, left] = k
                    left += 1
            near_field = (
                seen and in_field[link] and touches_field(world, bounds, at, reach + world.cell)
            )
            if left == 0 and not near_field:
                continue
            for s in range(first[link], first[link + 1]):
                lane_points(frames, b, center[s, 0], center[s, 1], center[s, 2], points, 0)
                size = radius[s] + grown
                for m in range(left):
                    k = met[1, m]
                    if touches(kinds[k], data, k, points, 0, size):
                        return True
                if near_field and touches_field(world, points, 0, size):
                    return True
    return False


@kernel(fastmath=FAST, forceinline=True)
def _meets_itself(lanes: Lanes, room: Room) -> bool:
    """Whether links that could meet do; ``room.bounds`` is filled."""
    frames, bounds, points, others, met = (
        room.frames, room.bounds, room.points, room.others, room.met,
    )  # fmt: skip
    bound, center, radius, first = lanes.bound, lanes.center, lanes.radius, lanes.first
    around, body_of, pairs = lanes.around, lanes.body_of, lanes.pairs
    group_first, group_units = lanes.group_first, lanes.group_units
    solid_first, solid_kind, solid = lanes.solid_first, lanes.solid_kind, lanes.solid
    bodies = around.shape[0]
    for group in range(group_units.shape[0]):
        start, end = group_first[group], group_first[group + 1]
        if end > start + 1:
            one, two = group_units[group, 0], group_units[group, 1]
            reach = around[one, 3] if one < bodies else bound[one - bodies, 3]
            reach += around[two, 3] if two < bodies else bound[two - bodies, 3]
            if not near_lanes(bounds, one, two, reach + ROUNDING):
                continue
        for p in range(start, end):
            one, two = pairs[p, 0], pairs[p, 1]
            reach = bound[one, 3] + bound[two, 3] + ROUNDING
            if not near_lanes(bounds, bodies + one, bodies + two, reach):
                continue
            body, other = body_of[one], body_of[two]
            lane_locals(frames, other, bounds, bodies + one, others)
            left = 0
            for g in range(solid_first[two], solid_first[two + 1]):
                if touches(solid_kind[g], solid, g, others, 0, bound[one, 3] + ROUNDING):
                    met[0, left] = g
                    left += 1
            if left == 0:
                continue
            for s in range(first[one], first[one + 1]):
                lane_points(frames, body, center[s, 0], center[s, 1], center[s, 2], points, 0)
                lane_locals(frames, other, points, 0, others)
                size = radius[s] + ROUNDING
                for m in range(left):
                    g = met[0, m]
                    if touches(solid_kind[g], solid, g, others, 0, size):
                        return True
    return False


@kernel(inline="always")
def near_lanes(bounds: Floats, one: int, two: int, reach: float) -> bool:
    """Whether two points are nearer to each other than ``reach`` in any lane."""
    limit = f32(reach) * f32(reach)
    depth = f32(0.0)
    for i in range(16):
        x, y = bounds[one, i] - bounds[two, i], bounds[one, 16 + i] - bounds[two, 16 + i]
        z = bounds[one, 32 + i] - bounds[two, 32 + i]
        e = limit - (x * x + y * y + z * z)
        depth += f32(0.0) if e <= f32(0.0) else e
    return not depth <= 0.0


@kernel
def free_at(lanes: Lanes, world: World, room: Room, q: Array, margin: float) -> bool:
    """Whether one configuration of the planned joints is free."""
    for j in range(q.shape[0]):
        room.values[j, :] = f32(q[j])
    return not lanes_hit(lanes, world, room, margin)


@kernel
def free_between(
    lanes: Lanes,
    world: World,
    room: Room,
    start: Array,
    end: Array,
    resolution: float,
    margin: float,
) -> bool:
    """Whether the straight motion is free; ``end`` is checked, ``start`` is not.

    Lanes are spread over the whole motion, so that the first block already sees all of it.
    """
    n = start.shape[0]
    length = 0.0
    for j in range(n):
        length += (end[j] - start[j]) ** 2
    blocks = max(1, int(np.ceil(np.sqrt(length) / (16.0 * resolution))))
    step = 1.0 / (16.0 * blocks)
    for k in range(blocks):
        for j in range(n):
            span = end[j] - start[j]
            for i in range(16):
                f = (i * blocks + (blocks - k)) * step
                room.values[j, i] = f32(start[j] + f * span)
        if lanes_hit(lanes, world, room, margin):
            return False
    return True
