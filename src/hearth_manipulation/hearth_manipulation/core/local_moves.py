"""Samples near a node of a tree: out of narrow places, where far ones lead nowhere.

A goal inside a shelf is left by moving the hand straight, all joints together; a random direction
of the joints hardly ever does that. The Jacobian for it comes from one placement of the lanes.
"""

import numpy as np
from hearth_core.jit import kernel

from hearth_manipulation.core.kinematics import Array, Ints, solve_definite
from hearth_manipulation.core.lane_check import Room
from hearth_manipulation.core.lanes import Lanes, f32, place_lanes

NUDGE = 0.01
"""Difference by which the Jacobian is measured [rad or m]."""
REACH = 0.9
"""Longest way of a straight move [m]."""
TURN = 0.5
"""How much the tip is turned meanwhile, in one of three moves [rad]."""
LEVER = 0.3
"""Rotation counts as if at this distance [m], about the size of a forearm."""


@kernel
def outermost(lanes: Lanes) -> Ints:
    """Bodies with spheres that carry no other body: hands, mostly."""
    bodies = lanes.parent.shape[0]
    carries = np.zeros(bodies, np.bool_)
    for b in range(1, bodies):
        carries[lanes.parent[b]] = True
    found = np.empty(bodies, np.int32)
    used = 0
    for b in range(1, bodies):
        if not carries[b] and lanes.around[b, 3] >= 0.0:
            found[used] = b
            used += 1
    return found[:used].copy()


@kernel
def scattered(here: Array, lower: Array, upper: Array, q: Array) -> None:
    """Fill ``q`` with a configuration near ``here``, at a distance of random scale."""
    scale = 0.25 * 2.0 ** (-3.0 * np.random.random())
    for j in range(here.shape[0]):
        value = here[j] + np.random.normal() * scale * (upper[j] - lower[j])
        q[j] = min(max(value, lower[j]), upper[j])


@kernel
def straight(
    lanes: Lanes, room: Room, body: int, here: Array, lower: Array, upper: Array, q: Array
) -> None:
    """Fill ``q`` with where ``here`` goes when a body moves straight in a random direction.

    Args:
        lanes: The robot.
        room: Memory to work in.
        body: What moves straight.
        here: Shape (n,).
        lower: Limits, shape (n,).
        upper: Limits, shape (n,).
        q: Filled, shape (n,).
    """
    n = here.shape[0]
    # Fifteen lanes move one joint each; with more joints, any fifteen neighbours.
    used = min(n, 15)
    offset = int(np.random.random() * (n - used + 1))
    for j in range(n):
        room.values[j, :] = f32(here[j])
        q[j] = here[j]
    for i in range(used):
        room.values[offset + i, i] = f32(here[offset + i] + NUDGE)
    place_lanes(lanes, room.values, room.frames, room.scratch)
    jacobian = np.zeros((6, used))
    _measure(room, lanes.around[body], body, jacobian)
    wanted, size = np.empty(6), 0.0
    for row in range(3):
        wanted[row] = np.random.normal()
        size += wanted[row] ** 2
    way = REACH * np.random.random() / np.sqrt(max(size, 1e-12))
    turn = TURN if np.random.random() < 0.33 else 0.0
    for row in range(3):
        wanted[row] *= way
        wanted[3 + row] = LEVER * turn * np.random.normal()
    square = np.zeros((6, 6))
    for a in range(6):
        for b in range(6):
            for i in range(used):
                square[a, b] += jacobian[a, i] * jacobian[b, i]
        square[a, a] += 1e-3
    solve_definite(square, wanted)
    for i in range(used):
        j, move = offset + i, 0.0
        for row in range(6):
            move += jacobian[row, i] * wanted[row]
        q[j] = min(max(here[j] + move, lower[j]), upper[j])


@kernel
def _measure(room: Room, middle: Array, body: int, jacobian: Array) -> None:
    """Fill a body's Jacobian (6, n) from lanes that differ from the last one by one joint each."""
    frames = room.frames
    for i in range(jacobian.shape[1]):
        for row in range(3):
            moved = frames[body, 144 + 16 * row + i] - frames[body, 144 + 16 * row + 15]
            for k in range(3):
                e = 16 * (3 * row + k)
                moved += (frames[body, e + i] - frames[body, e + 15]) * middle[k]
            jacobian[row, i] = moved / NUDGE
            # The turn from the last lane's rotation to this one's.
            u, v, turned = 16 * 3 * ((row + 2) % 3), 16 * 3 * ((row + 1) % 3), 0.0
            for k in range(3):
                turned += frames[body, u + 16 * k + i] * frames[body, v + 16 * k + 15]
                turned -= frames[body, v + 16 * k + i] * frames[body, u + 16 * k + 15]
            jacobian[3 + row, i] = LEVER * 0.5 * turned / NUDGE
