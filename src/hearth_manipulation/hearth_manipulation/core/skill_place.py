"""Put a held thing down: a free spot on a surface near its front, down until it stands, let go."""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from hearth_core.frames import grasp_frame
from hearth_core.geometry import Pose2, Transform

from hearth_manipulation.core import hands
from hearth_manipulation.core.context import Context, Held, SkillError
from hearth_manipulation.core.grasps import heading
from hearth_manipulation.core.kinematics import Array
from hearth_manipulation.core.leaving import tuck
from hearth_manipulation.core.lying import as_standing, upper_end
from hearth_manipulation.core.mover import MotionError, arm
from hearth_manipulation.core.placement import Reach, best_reach, offsets
from hearth_manipulation.core.planning import PlanningError
from hearth_manipulation.core.ports import Sighting
from hearth_manipulation.core.skill_pick import pick

ROOMS = ((0.15, 0.07), (0.10, 0.055), (0.05, 0.04))
"""Distances kept from the thing's side to the surface's edge and to other things [m], the best
first: on a small or crowded surface the next are taken."""
ABOVE = 0.08
"""Height from which a thing is lowered [m]."""
PRESS = 0.004
"""How far the hand goes on when the thing should stand [m]."""
LIES = 0.7
"""Lower than this share of its height, a thing that stood lies."""
FALLEN_WITHIN = 0.25
"""What fell over is looked for that near to where it was put [m]."""
STEP = 0.40
"""Farthest the base goes by itself [m]."""


@dataclass(frozen=True)
class Spot:
    """A place for a thing to stand, in odom."""

    x: float
    y: float
    z: float
    """Height of the surface [m]."""


def put(context: Context, side: str, place: str, pose: Transform | None = None) -> Transform:
    """Put down what a hand holds; returns where its centre stands in odom.

    What falls over is picked up as it lies, once, and put down standing.

    Args:
        context: The robot.
        side: Hand; empty when only one holds something.
        place: Surface by name, ``dining_table`` or ``refrigerator/shelf_2``.
        pose: Instead of a free spot: where the centre shall stand (odom).

    Raises:
        SkillError: With the reason why not; ``fell_over``: it lies there now.
        PlanningError: No reach.
        MotionError: The robot was kept from moving.
    """
    side = context.holding_side(side)
    held = context.held[side]
    stood, fallen = _put_down(context, side, held, place, pose)
    if fallen is None:
        return stood
    context.report("pick_up", 0.3)
    problem = f"{held.label} fell over when it was put down"
    top = upper_end(fallen, stood)
    try:
        side, thing = pick(context, fallen.id, top=top)
    except (SkillError, PlanningError, MotionError) as error:
        raise SkillError("fell_over", f"{problem} and lies there: {error}") from error
    standing = as_standing(context.held[side], thing.pose, top)
    context.hold(side, standing)
    stood, fallen = _put_down(context, side, standing, place, pose)
    if fallen is not None:
        raise SkillError("fell_over", f"{problem}, and when it was stood up again, too")
    return stood


def _put_down(
    context: Context, side: str, held: Held, place: str, pose: Transform | None
) -> tuple[Transform, Sighting | None]:
    """Down, out, and a look: where it was let stand (odom), and it as it lies if it fell over."""
    report = context.report
    report("look", 0.0)
    if pose is not None:
        if not np.all(np.isfinite(pose.matrix())):
            raise SkillError("bad_pose", "the pose is not finite", refused=True)
        x, y, z = pose.translation
        spots = [Spot(float(x), float(y), float(z) - 0.5 * float(held.size[2]))]
    else:
        spots = free_spots(context, place, held)
    report("plan", 0.1)
    spot, reach = _choose(context, side, held, spots)
    report("approach", 0.2)
    if (
        reach.base.distance(context.body.base()) > 0.01
        or abs(reach.base.yaw - context.body.base().yaw) > 0.02
    ):
        context.driver.to(reach.base, tolerance=0.015, turn_tolerance=0.02)
        _, reach = _choose(context, side, held, [spot], stay=True, seed=reach.q)
    mover = context.mover
    joints = arm(side)
    report("reach", 0.4)
    mover.go(joints, [reach.path[0]], context.scene(), upright=side, speed=0.35)
    others = [item for item in context.eyes.things() if item.id != held.id]
    report("lower", 0.6)
    _lower(context, side, held, spot)
    report("let_go", 0.75)
    mover.fingers(side, hands.preshape(side, wide=True), 0.9)
    context.body.pause(0.3)
    stands = mover.pose(grasp_frame(side)) @ held.in_grasp
    context.hold(side, None)
    report("retract", 0.85)
    _withdraw(context, side)
    report("tuck", 0.95)
    tuck(context, side)
    report("look_after", 0.98)
    return stands, fallen_over(context, held, stands, others)


def free_spots(context: Context, place: str, held: Held) -> list[Spot]:
    """Free places on a surface, the easiest to reach first.

    Raises:
        SkillError: ``unknown_place``, ``no_surface`` or ``no_free_spot``.
    """
    place_name, _, surface_name = place.partition("/")
    known = {item.name: item for item in context.home.places}
    if place_name not in known:
        raise SkillError(
            "unknown_place", f"no place {place_name!r}; known: {sorted(known)}", refused=True
        )
    model = known[place_name]
    if not model.surfaces:
        raise SkillError("no_surface", f"{place_name} carries nothing", refused=True)
    surfaces = {s.name: s for s in model.surfaces}
    if surface_name and surface_name not in surfaces:
        raise SkillError(
            "unknown_surface",
            f"no {surface_name!r} at {place_name}; known: {sorted(surfaces)}",
            refused=True,
        )
    open_ones = [s for s in model.surfaces if not s.behind]
    surface = (
        surfaces[surface_name]
        if surface_name
        else max(open_ones or model.surfaces, key=lambda s: s.height)
    )
    frame = context.place_frame(place_name)
    cx, cy = surface.rectangle.centre
    centre = frame @ Transform(np.eye(3), np.array([cx, cy, surface.height]))
    size = np.array(surface.rectangle.size)
    base = context.body.base()
    # Where the robot looks: the near part of the surface.
    near = np.array(base.apply(np.array([0.75, 0.0])))
    local = np.clip(
        (centre.inverse().apply(np.array([*near, surface.height])))[:2], -0.4 * size, 0.4 * size
    )
    context.eyes.look(centre.apply(np.array([*local, 0.0])))
    for seen in context.eyes.surfaces(place_name):
        # Its height is measured; its outline only where it was seen to end.
        if abs(seen.pose.translation[2] - surface.height) < 0.06:
            lifted = centre.translation.copy()
            lifted[2] = seen.pose.translation[2]
            centre = Transform(centre.rotation, lifted)
            break
    for edge, gap in ROOMS:
        spots = _grid(context, centre, size, held, edge, gap)
        if spots:
            return spots
    raise SkillError("no_free_spot", f"there is no free spot on {place}")


def _grid(
    context: Context, centre: Transform, size: Array, held: Held, edge: float, gap: float
) -> list[Spot]:
    """Spots at least ``edge`` from the rim and ``gap`` from other things [m], best first."""
    base = context.body.base()
    radius = 0.5 * float(math.hypot(held.size[0], held.size[1]))
    half = 0.5 * size - edge - radius * 0.8
    if np.any(half < 0.0):
        if edge > ROOMS[-1][0]:
            return []
        half = np.maximum(half, 0.0)  # smaller than that: its middle
    others = [t for t in context.eyes.things() if t.id != held.id]
    found: list[tuple[float, Spot]] = []
    for x in np.linspace(-half[0], half[0], max(1, int(half[0] / 0.03)) + 1):
        for y in np.linspace(-half[1], half[1], max(1, int(half[1] / 0.03)) + 1):
            point = centre.apply(np.array([x, y, 0.0]))
            clear = 1.0
            for thing in others:
                if abs(thing.pose.translation[2] - 0.5 * thing.size[2] - point[2]) > 0.15:
                    continue
                away = math.hypot(*(thing.pose.translation[:2] - point[:2]))
                clear = min(clear, away - radius - 0.5 * float(math.hypot(*thing.size[:2])))
            if clear < gap:
                continue
            bearing = base.inverse().apply(point[:2])
            cost = (
                abs(float(bearing[0]) - 0.66)
                + 0.5 * abs(float(bearing[1]))
                - 0.1 * min(clear, 0.3)
            )
            found.append((cost, Spot(float(point[0]), float(point[1]), float(point[2]))))
    found.sort(key=lambda item: item[0])
    return [spot for _, spot in found[:12]]


def _poses(
    context: Context, side: str, held: Held, spot: Spot
) -> list[tuple[list[Transform], float]]:
    """Grasp frames (above, there, back) over several headings; the thing as it stood or lay."""
    base = context.body.base()
    bearing = math.atan2(spot.y - base.y, spot.x - base.x)
    thing_from_grasp = held.in_grasp.inverse()
    level = thing_from_grasp.rotation[:2, 0]
    top = from_above(held)
    # Held from above, the palm's direction stands for the hand's.
    own = thing_from_grasp.rotation[:2, 1] if top else level
    ahead = math.atan2(float(own[1]), float(own[0]))
    height = spot.z + 0.5 * float(held.size[2]) + 0.004
    chains = []
    for turn in (0.0, 0.4, -0.4, math.pi) if top else (0.0, 0.4, -0.4):
        stands = Transform(heading(bearing + turn - ahead), np.array([spot.x, spot.y, height]))
        there = stands @ thing_from_grasp
        above = Transform(there.rotation, there.translation + np.array([0.0, 0.0, ABOVE]))
        away = np.array([0.0, 0.0, 0.12]) if top else there.rotation @ [-0.14, 0.0, 0.0]
        back = Transform(there.rotation, there.translation + away)
        chains.append(([above, there, back], -0.15 * min(abs(turn), 0.4)))
    return chains


def from_above(held: Held) -> bool:
    """Whether the hand came from above."""
    return float(held.in_grasp.inverse().rotation[2, 0]) < -0.6


def fallen_over(
    context: Context, held: Held, stood: Transform, before: list[Sighting]
) -> Sighting | None:
    """Look whether what was put down stands as it was put; returns it if it lies."""
    since = context.body.now()
    context.eyes.look(stood.translation)
    known = [item.pose.translation for item in before]
    near = [
        item
        for item in context.eyes.things(newer_than=since)
        if math.hypot(*(item.pose.translation[:2] - stood.translation[:2])) < FALLEN_WITHIN
        and all(float(np.linalg.norm(item.pose.translation - at)) > 0.04 for at in known)
    ]
    if not near:
        return None  # Hidden or not told apart: nothing is known against it.
    floor = float(stood.translation[2]) - 0.5 * float(held.size[2])
    highest = max(float(i.pose.translation[2] + 0.5 * i.size[2]) for i in near) - floor
    if highest >= LIES * float(held.size[2]):
        return None
    return max(near, key=lambda item: (item.label == held.label, float(np.max(item.size))))


def _choose(
    context: Context,
    side: str,
    held: Held,
    spots: list[Spot],
    *,
    stay: bool = False,
    seed: Array | None = None,
) -> tuple[Spot, Reach]:
    scene = context.scene()
    stands = context.may_stand(scene)
    base = context.body.base()
    bases = [base] if stay else [base @ offset for offset in offsets(STEP, 0.25)]
    seeds = context.seeds(side) if seed is None else [seed, *context.seeds(side)]
    chains, owners = [], []
    for rank, spot in enumerate(spots[:6]):
        for poses, liking in _poses(context, side, held, spot):
            chains.append((poses, liking - 0.03 * rank))
            owners.append(spot)
    reach = best_reach(
        context.planner, side, chains, context.mover.configuration(), scene, bases,
        (lambda _b: True) if stay else stands, seeds=seeds, soft=[False, True, True],
    )  # fmt: skip
    return owners[reach.index], reach


def _lower(context: Context, side: str, held: Held, spot: Spot) -> None:
    """Straight down until the thing stands, and a little into the surface: the arm gives way."""
    mover = context.mover
    here = mover.pose(grasp_frame(side))
    bottom = float((here @ held.in_grasp).translation[2]) - 0.5 * float(held.size[2])
    down = bottom - spot.z + PRESS
    target = Transform(here.rotation, here.translation - np.array([0.0, 0.0, max(down, 0.0)]))
    try:
        mover.line(side, target, None, speed=0.12)
    except MotionError as error:
        if error.reason == "path_blocked":
            raise  # Somebody is in the way: it does not stand yet.
        return  # Stopped by the surface.


def _withdraw(context: Context, side: str) -> None:
    """Hand straight back (or up) from the thing, the base too if the arm ends."""
    mover = context.mover
    here = mover.pose(grasp_frame(side))
    up = here.rotation[2, 0] < -0.7
    step = np.array([0.0, 0.0, 0.14]) if up else here.rotation @ np.array([-0.15, 0.0, 0.0])
    try:
        mover.line(side, Transform(here.rotation, here.translation + step), None, speed=0.2)
    except PlanningError:
        if up:
            raise
    with suppress(MotionError):
        context.driver.to(
            context.body.base() @ Pose2(-0.2, 0.0, 0.0), tolerance=0.03, turn_tolerance=0.1
        )
