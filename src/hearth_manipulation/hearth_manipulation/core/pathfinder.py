"""From a start and goals to a checked path, all in one kernel call."""

import numpy as np
from hearth_core.jit import kernel

from hearth_manipulation.core.collision import Body, Obstacles
from hearth_manipulation.core.folding import fold
from hearth_manipulation.core.kinematics import Array, Ints
from hearth_manipulation.core.lane_check import free_at, new_room, see
from hearth_manipulation.core.manifold import Manifold, holds
from hearth_manipulation.core.rapid import Query, distance, search
from hearth_manipulation.core.shortcuts import first_hit, path_length, shorten, tighten

FOUND, START_HIT, GOALS_HIT, NO_PATH = 0, 1, 2, 3
FINE = 1.0 / 128.0
"""Distance of configurations in the last check of a path [rad]."""
HOPELESS = 1.15
"""Paths longer than this share of the best one are not worked on."""
SHORTER = 100
"""Most samples drawn for a path shorter than one that is known."""
REFUSALS = 5
"""So many paths that the fine check refuses end it."""


@kernel
def find_path(  # noqa: PLR0912, PLR0915  one kernel
    body: Body,
    obstacles: Obstacles,
    manifold: Manifold,
    dofs: Ints,
    lower: Array,
    upper: Array,
    q: Array,
    goals: Array,
    margin: float,
    resolution: float,
    most: int,
    tries: int,
    seed: int,
) -> tuple[int, Array]:
    """Plan, shorten and check.

    Where start or goals stand nearer to things than ``margin``, less is kept. A path that the
    last, fine check refuses is planned again with smaller steps between checks.

    Args:
        body: What moves.
        obstacles: The world.
        manifold: Constraint on the tip.
        dofs: Planned joints, shape (n,).
        lower: Their limits.
        upper: Their limits.
        q: Start, full configuration, shape (D,).
        goals: Values of the planned joints, shape (G, n).
        margin: Distance kept to the world [m].
        resolution: Distance of configurations while searching [rad].
        most: Most samples drawn.
        tries: Searches whose shortest result is taken.
        seed: Of the random numbers.

    Returns:
        FOUND, START_HIT, GOALS_HIT or NO_PATH, and waypoints of shape (N, n).
    """
    n = dofs.shape[0]
    start = np.empty(n)
    for j in range(n):
        start[j] = q[dofs[j]]
    nothing = np.empty((0, n))
    lanes = fold(body, dofs, lower, upper, q)
    world = see(lanes, obstacles, margin)
    room = new_room(lanes, world, n)
    kept = np.empty_like(goals)
    used, state = 0, START_HIT
    for share in (1.0, 0.5, 0.2, 0.0):
        kept_margin = share * margin
        if not free_at(lanes, world, room, start, kept_margin):
            continue
        state, used = GOALS_HIT, 0
        for g in range(goals.shape[0]):
            if holds(manifold, goals[g]) and free_at(lanes, world, room, goals[g], kept_margin):
                kept[used] = goals[g]
                used += 1
        if used > 0:
            state = FOUND
            break
    if state != FOUND:
        return state, nothing
    best, shortest, found = nothing, np.inf, 0
    refused, spent, trial = 0, 0, 0
    fine = FINE if kept_margin > 0.0 else 0.5 * FINE
    while found < tries and refused < REFUSALS and spent < most:
        finer = resolution / (1.0 + 0.7 * refused)
        query = Query(lanes, world, manifold, lower, upper, kept_margin, finer, 1.0)
        # Goals come nearest first: those farther than a known path is long are no better.
        while used > 0 and distance(start, kept[used - 1]) >= shortest:
            used -= 1
        if used == 0:
            break
        # Other trees often find at once what one tree looks for in vain; the last one may grow.
        part = most // 5 + 1 if 5 * spent < 3 * most else most - spent
        if found > 0:
            part = min(part, SHORTER)
        path = search(query, start, kept[:used], part, seed + 7 * trial, shortest)
        trial += 1
        if path.shape[0] == 0:
            found += 1 if found > 0 else 0
            spent += part
            continue
        short = shorten(query, path, 100, 20, seed + 7 * trial + 1)
        hopeful = path_length(short) < HOPELESS * shortest
        if tries > 1 and hopeful and not manifold.active:
            short = tighten(query, short, 200, seed + 7 * trial + 2)
        if path_length(short) >= shortest:
            found += 1
            continue
        if first_hit(query, short, fine, 0.5 * kept_margin) >= 0:
            refused += 1
            continue
        found += 1
        best, shortest = short, path_length(short)
    return (FOUND, best) if best.shape[0] > 0 else (NO_PATH, nothing)


@kernel
def path_hit(
    body: Body,
    obstacles: Obstacles,
    manifold: Manifold,
    dofs: Ints,
    lower: Array,
    upper: Array,
    q: Array,
    path: Array,
    resolution: float,
    margin: float,
) -> int:
    """Index of the first waypoint in collision or not reached freely, or -1.

    Args as in :func:`find_path`; ``path`` has shape (N, n).
    """
    lanes = fold(body, dofs, lower, upper, q)
    world = see(lanes, obstacles, margin)
    query = Query(lanes, world, manifold, lower, upper, margin, resolution, 1.0)
    return first_hit(query, path, resolution, margin)
