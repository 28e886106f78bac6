"""Open and close what has a level bar: flaps and drawers; which of them, the bar's way tells."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from hearth_core.frames import SIDES, grasp_frame
from hearth_core.geometry import Pose2, Transform
from hearth_core.home.model import Articulation, Place

from hearth_manipulation.core import hands
from hearth_manipulation.core.context import Context, SkillError
from hearth_manipulation.core.courses import Course, fit_course
from hearth_manipulation.core.hooking import (
    Bar,
    empty_flexion,
    hand_rotation,
    hook_bar,
    hook_steps,
    leave_bar,
)
from hearth_manipulation.core.kinematics import Array
from hearth_manipulation.core.leaving import tuck
from hearth_manipulation.core.mover import MotionError, arm, split
from hearth_manipulation.core.planning import Planner, PlanningError, Target
from hearth_manipulation.core.scene import Scene
from hearth_manipulation.core.timing import Trajectory

UP = np.array([0.0, 0.0, 1.0])
OPEN_ANGLE, OPEN_WAY = 1.38, 0.50
"""How far flaps [rad] and drawers [m] are opened when nothing else is asked; stops end it sooner."""
LEARN = 0.10
"""Pulled straight before anything is concluded [m]."""
SPEED = 0.07
"""Of the bar along its way [m/s]."""
GRAIN = 0.025
"""Between configurations along the way [m]."""
STRAINED = 0.06
"""An arm that gives way so far pulls or pushes at a stop [m]."""
STILL = 12
"""Cycles in which a bar that moves on moves by more than a few millimetres."""
SHARES = (1.0, 0.75, 0.5, 0.25, 0.0)
"""Shares of a flap's turn that the hand takes."""
JUMP = 0.5
"""Largest joint step between two configurations [rad]."""
PRESS = 0.014
"""How far the fist's way lies inside the bar [m]."""
FIST = (-0.06, -0.02)
"""Middle of the closed fist in the grasp frame: along x, toward the palm's side [m]."""
FIST_RADIUS = 0.042


@dataclass(frozen=True, eq=False)
class Haul:
    """Configurations that carry a hand along a course, the base with it."""

    ways: Array
    """Of the bar [m], shape (N,)."""
    path: Array
    """Full configurations, shape (N, D)."""
    margin: float
    """Smallest distance to a joint limit."""


def bar_of(door: Transform, joint: Articulation) -> Bar:
    """The bar to hook, from its seen pose (odom; x out of the face, z along the bar)."""
    assert joint.handle is not None
    out = door.rotation[:, 0]
    along = door.rotation[:, 2]
    return Bar(
        door.translation, out, along, joint.handle.standoff, joint.handle.diameter
    )


def follow_course(
    planner: Planner,
    side: str,
    start: Array,
    ways: Array,
    hand_at: Callable[[float], Transform],
    base_at: Callable[[float], Pose2],
) -> Haul | None:
    """Inverse kinematics along a course without jumps; None where it ends.

    Args:
        planner: Of the robot.
        side: Arm.
        start: Full configuration at the first of ``ways``.
        ways: Of the bar [m].
        hand_at: Grasp frame (odom) for each way.
        base_at: Base (odom) for each way.
    """
    joints = arm(side)
    dofs = planner.model.indices(joints)
    tip = grasp_frame(side)
    q = start.copy()
    path = []
    margin = math.inf
    for way in ways:
        base = base_at(float(way))
        q = q.copy()
        q[:3] = base.x, base.y, base.yaw
        found = planner.inverse(joints, tip, Target(hand_at(float(way))), q, tries=1)
        if not found or float(np.max(np.abs(found[0].q[dofs] - q[dofs]))) > JUMP:
            return None
        q = found[0].q
        margin = min(margin, found[0].margin)
        path.append(q)
    return Haul(np.asarray(ways), np.array(path), margin)


def retreat(course: Course, base: Pose2, begun: float) -> Callable[[float], Pose2]:
    """The base keeps its distance from the bar, seen from above."""
    level = course.out.copy()
    level[2] = 0.0
    level /= np.linalg.norm(level)
    first = course.point(begun)

    def base_at(way: float) -> Pose2:
        moved = float((course.point(way) - first) @ level)
        return Pose2(base.x + moved * level[0], base.y + moved * level[1], base.yaw)

    return base_at


def turning(
    course: Course, grip: Transform, begun: float, share: float
) -> Callable[[float], Transform]:
    """The hand on the bar, turning by a share of what the part turns."""
    middle = course.point(begun)
    offset = grip.translation - middle

    def hand_at(way: float) -> Transform:
        turn = course.turned(way - begun, share)
        return Transform(turn @ grip.rotation, course.point(way) + turn @ offset)

    return hand_at


def plan_haul(
    context: Context, side: str, course: Course, start: Array, grip: Transform, ways: Array
) -> Haul | None:
    """The haul with the most joint margin over shares of the turn, from a grip that stands."""
    base = Pose2(float(start[0]), float(start[1]), float(start[2]))
    best: Haul | None = None
    for share in SHARES if course.hinged else (0.0,):
        haul = follow_course(
            context.planner, side, start, ways, turning(course, grip, float(ways[0]), share),
            retreat(course, base, float(ways[0])),
        )  # fmt: skip
        if haul is not None and (best is None or haul.margin > best.margin + 0.02):
            best = haul
    return best


@dataclass(frozen=True, eq=False)
class Stance:
    """Where to stand and how to hold a bar."""

    side: str
    base: Pose2
    rotation: Array
    """Of the grasp frame on the bar."""
    path: Array
    """Configurations: before the bar, beside it, behind it."""
    score: float


def stances(bar: Bar) -> Iterator[tuple[str, Array, Pose2]]:
    """Hands, palms and base poses to try, the likeliest first."""
    yaw = math.atan2(-bar.out[1], -bar.out[0])
    for turn in (0.0, 0.35, -0.35):
        for ahead in (0.62, 0.55, 0.70, 0.48):
            for aside in (0.12, 0.22, 0.02, 0.3):
                for side in SIDES:
                    own = -1.0 if side == "left" else 1.0
                    x, y = bar.middle[:2]
                    base = Pose2(float(x), float(y), yaw + own * turn) @ Pose2(
                        -ahead, own * aside, 0.0
                    )
                    for palm in (-UP, UP):
                        yield side, palm, base


def choose_stance(
    context: Context, bar: Bar, course: Course, ways: Array, sides: list[str], scene: Scene
) -> Stance:
    """A stance from which the bar is hooked and all of the course can be followed.

    Raises:
        PlanningError: ``unreachable``.
    """
    planner = context.planner
    stands = context.may_stand(scene)
    best: Stance | None = None
    now = context.body.base()
    allowed: dict[tuple[float, float, float], bool] = {}
    for side, palm, base in stances(bar):
        if side not in sides:
            continue
        key = (round(base.x, 4), round(base.y, 4), round(base.yaw, 4))
        if key not in allowed:
            allowed[key] = stands(base)
        if not allowed[key]:
            continue
        level = palm - float(palm @ bar.out) * bar.out
        rotation = hand_rotation(bar.out, level / np.linalg.norm(level), side)
        steps = hook_steps(bar, rotation, side)
        joints = arm(side)
        tip = grasp_frame(side)
        for seed in context.seeds(side)[1:]:
            q = seed.copy()
            q[:3] = base.x, base.y, base.yaw
            found = planner.inverse(joints, tip, Target(steps[2]), q, tries=3)
            for solution in found:
                if solution.margin < 0.02:
                    continue
                haul = plan_haul(context, side, course, solution.q, steps[2], ways)
                if haul is None or haul.margin < 0.01:
                    continue
                margin = min(haul.margin, 0.15)
                score = 2.0 * margin - 0.5 * base.distance(now)
                if best is not None and score <= best.score:
                    continue
                path = _way_in(planner, side, solution.q, steps, scene)
                if path is not None:
                    best = Stance(side, base, rotation, path, score)
    if best is None:
        raise PlanningError("unreachable", "from nowhere can the bar be held all its way")
    return best


def _way_in(
    planner: Planner, side: str, behind: Array, steps: list[Transform], scene: Scene
) -> Array | None:
    """From behind the bar back to before it: configurations in the order they are gone."""
    joints, tip = arm(side), grasp_frame(side)
    try:
        out = planner.line(joints, tip, behind, Target(steps[1]), None)
        away = planner.line(joints, tip, out[-1], Target(steps[0]), None)
    except PlanningError:
        return None
    if planner.collision(joints, away[-1], scene) is not None:
        return None
    return np.array([away[-1], out[-1], behind])


def look_at_bar(context: Context, place: Place, joint: Articulation) -> tuple[Bar, float]:
    """See a bar; returns it and how far its part is open.

    Raises:
        SkillError: ``handle_not_seen``.
    """
    assert joint.handle is not None
    key = f"{place.name}/{joint.name}"
    frame = context.place_frame(place.name)
    motion = context.motions().get(key)
    part = frame if motion is None else motion @ frame
    context.eyes.look(part.apply(np.array(joint.handle.centre)))
    door = context.eyes.door(key)
    if door is None:
        raise SkillError("handle_not_seen", f"the handle of {key} is not seen")
    bar = bar_of(door.handle, joint)
    opening = max(0.0, door.opening)
    if key in context.felt:
        course = context.courses[key].moved_by(context.eyes.odom_from_map())
        opening = max(0.0, course.opening(course.nearest(bar.middle)))
    context.openings.setdefault(place.name, {})[joint.name] = opening
    return bar, opening


def haul_open(
    context: Context, place: Place, joint: Articulation, wanted: float, side: str
) -> float:
    """Open a flap or a drawer; returns the opening reached [rad] or [m].

    Raises:
        SkillError: With the reason why not.
        PlanningError: No reach.
        MotionError: The robot was kept from moving.
    """
    report = context.report
    key = f"{place.name}/{joint.name}"
    sides = [context.free_side(side)] if side else [s for s in SIDES if s not in context.held]
    if not sides:
        context.free_side()
    problem: SkillError | None = None
    opening = 0.0
    for _attempt in range(4):
        report("look", 0.0, opening)
        bar, opening = look_at_bar(context, place, joint)
        course = _known(context, key)
        if course is not None and opening >= _goal(course, wanted) - _slack(course):
            break
        try:
            opening = _pull(context, place, joint, bar, opening, wanted, sides)
        except SkillError as error:
            if error.reason not in {"no_grip", "handle_lost", "no_reach"}:
                raise
            problem = error
            continue
        break
    else:
        assert problem is not None
        raise problem
    report("done", 1.0, opening)
    return opening


def _known(context: Context, key: str) -> Course | None:
    if key not in context.felt:
        return None
    return context.courses[key].moved_by(context.eyes.odom_from_map())


def _goal(course: Course, wanted: float) -> float:
    return wanted or (OPEN_ANGLE if course.hinged else OPEN_WAY)


def _slack(course: Course) -> float:
    return 0.15 if course.hinged else 0.04


def _by_looks(bar: Bar, joint: Articulation) -> Course:
    """What it may be: a bar near the upper edge of a high front is a flap's."""
    assert joint.handle is not None
    height = joint.panel.size[2]
    above = joint.handle.centre[2] - joint.panel.centre[2]
    if height > 0.35 and above > 0.25 * height:
        return Course(bar.middle, bar.out, _level(bar), 1.0 / (0.5 * height + above))
    return Course(bar.middle, bar.out, _level(bar))


def _level(bar: Bar) -> Array:
    """The bar's direction about which a flap turns down right-handed."""
    along = bar.along - float(bar.along @ bar.out) * bar.out
    along = along / np.linalg.norm(along)
    return along if float(np.cross(along, bar.out)[2]) < 0.0 else -along


def _pull(
    context: Context,
    place: Place,
    joint: Articulation,
    bar: Bar,
    opening: float,
    wanted: float,
    sides: list[str],
) -> float:
    """Stand, hook, pull, learn, pull on, let go."""
    report, mover = context.report, context.mover
    key = f"{place.name}/{joint.name}"
    known = _known(context, key)
    course = known or _by_looks(bar, joint)
    begun = course.nearest(bar.middle) if known else 0.0
    end = course.way(_goal(course, wanted))
    ways = np.linspace(begun, max(end, begun + LEARN), 14)
    scene = context.scene(without=[key, f"{key}/handle"], things=False)
    report("approach", 0.1, opening)
    stance = choose_stance(context, bar, course, ways, sides, scene)
    side = stance.side
    context.driver.to(stance.base)
    bar, opening = look_at_bar(context, place, joint)
    stance = _stand_here(context, bar, course, ways, side, stance, scene)
    report("reach", 0.2, opening)
    mover.fingers(side, hands.hook(side, 0.8), 0.5)
    mover.go(arm(side), [stance.path[0]], scene)
    report("hook", 0.3, opening)
    hook_bar(context, side, bar, stance.rotation)
    trail: list[Array] = []
    try:
        if known is None:
            report("learn", 0.4, opening)
            straight = Course(bar.middle, bar.out, _level(bar))
            _haul(context, side, bar, straight, np.linspace(0.0, LEARN, 6), trail)
            course = _learned(context, key, bar, trail)
        opening = _to_the_end(context, key, side, bar, course, wanted, trail, known is None)
    finally:
        place_openings = context.openings.setdefault(place.name, {})
        if key in context.felt and trail:
            now = _known(context, key)
            assert now is not None
            opening = max(0.0, now.opening(now.nearest(trail[-1])))
        place_openings[joint.name] = opening
    report("let_go", 0.8, opening)
    leave_bar(context, side)
    _clear(context)
    tuck(context, side)
    return opening


def _clear(context: Context) -> None:
    with suppress(MotionError):
        context.driver.to(
            context.body.base() @ Pose2(-0.15, 0.0, 0.0), tolerance=0.04, turn_tolerance=0.1
        )


def _stand_here(
    context: Context, bar: Bar, course: Course, ways: Array, side: str, stance: Stance, scene: Scene
) -> Stance:
    """The same stance from where the robot really stands, for the bar as seen from there."""
    planner, base = context.planner, context.body.base()
    joints, tip = arm(side), grasp_frame(side)
    palm = stance.rotation[:, 1] if side == "right" else -stance.rotation[:, 1]
    level = palm - float(palm @ bar.out) * bar.out
    rotation = hand_rotation(bar.out, level / np.linalg.norm(level), side)
    steps = hook_steps(bar, rotation, side)
    q = stance.path[2].copy()
    q[:3] = base.x, base.y, base.yaw
    for solution in planner.inverse(joints, tip, Target(steps[2]), q, tries=4):
        path = _way_in(planner, side, solution.q, steps, scene)
        if path is not None:
            return Stance(side, base, rotation, path, stance.score)
    raise PlanningError("unreachable", "the bar cannot be held from where the robot stands")


def _learned(context: Context, key: str, bar: Bar, trail: list[Array]) -> Course:
    """The course that the trail tells, remembered."""
    course = fit_course(np.array(trail), bar.out, _level(bar))
    odom_from_map = context.eyes.odom_from_map()
    context.courses[key] = course.moved_by(odom_from_map.inverse())
    context.felt.add(key)
    return course


def _to_the_end(
    context: Context,
    key: str,
    side: str,
    bar: Bar,
    course: Course,
    wanted: float,
    trail: list[Array],
    learning: bool,
) -> float:
    """Follow the course in stretches, fitting it again after each; returns the opening."""
    mover = context.mover
    tip = grasp_frame(side)
    in_hand = mover.pose(tip).inverse().apply(course.point(0.0) if not trail else trail[-1])
    for stretch in (0.12, 0.16, 0.25, 0.4, 0.8):
        here = course.nearest(mover.pose(tip).apply(in_hand))
        goal = course.way(_goal(course, wanted))
        if here >= goal - 0.01:
            break
        until = min(goal, here + stretch)
        ways = np.linspace(here, until, max(4, math.ceil((until - here) / GRAIN) + 1))
        context.report("pull", 0.4 + 0.4 * min(1.0, here / goal), course.opening(here))
        before = len(trail)
        ended = _haul(context, side, bar, course, ways, trail, in_hand)
        if learning and len(trail) > before + 10:
            course = _learned(context, key, bar, trail)
        if ended:
            break
    return max(0.0, course.opening(course.nearest(mover.pose(tip).apply(in_hand))))


def _haul(
    context: Context,
    side: str,
    bar: Bar,
    course: Course,
    ways: Array,
    trail: list[Array],
    in_hand: Array | None = None,
) -> bool:
    """Carry the held bar along a stretch; returns whether a stop ended it.

    Raises:
        SkillError: ``handle_lost``, ``no_reach``.
        MotionError: The robot was kept from moving.
    """
    mover = context.mover
    tip = grasp_frame(side)
    grip = mover.pose(tip)
    if in_hand is None:
        in_hand = grip.inverse().apply(bar.middle)
    held = in_hand
    # The course goes through where the bar is held now.
    shift = grip.apply(held) - course.point(float(ways[0]))
    here = course.shifted(shift)
    haul = plan_haul(context, side, here, mover.configuration(), grip, ways)
    if haul is None:
        raise SkillError("no_reach", "the arm cannot follow the bar any farther from here")
    gone = strained = 0
    if not trail:
        trail.append(grip.apply(held))

    def watch(commanded: Array) -> bool:
        nonlocal gone, strained
        bent = hands.flexion(side, context.body.joints())
        gone = gone + 1 if bent > empty_flexion(bar) else 0
        trail.append(mover.pose(tip).apply(held))
        lag = _given_way(context, side, commanded)
        recent = float(np.linalg.norm(trail[-1] - trail[-STILL])) if len(trail) > STILL else 1.0
        stands = lag > STRAINED or (lag > 0.5 * STRAINED and recent < 0.004)
        strained = strained + 1 if stands else 0
        return gone >= 6 or strained >= 6

    drive_path(context, side, haul.path, np.abs(haul.ways - haul.ways[0]), SPEED, watch)
    if gone >= 6:
        raise SkillError("handle_lost", "the bar slipped from the hand")
    return strained >= 6


def _given_way(context: Context, side: str, commanded: Array) -> float:
    """How far the hand is from where it is commanded to be, the base aside [m]."""
    q = context.mover.configuration()
    rigid = commanded.copy()
    rigid[:3] = q[:3]
    model, tip = context.planner.model, grasp_frame(side)
    return float(np.linalg.norm(model.pose(q, tip).translation - model.pose(rigid, tip).translation))


def drive_path(
    context: Context,
    side: str,
    path: Array,
    ways: Array,
    speed: float,
    watch: Callable[[Array], bool],
) -> None:
    """Arm, torso and base together along configurations, in step with each other.

    Args:
        context: The robot.
        side: Arm.
        path: Full configurations, shape (N, D).
        ways: From 0 up, where they belong [m], shape (N,).
        speed: Along ``ways`` [m/s]; less where a joint would be too fast.
        watch: Told what is commanded, every cycle; True ends the motion.
    """
    mover = context.mover
    model = mover.planner.model
    joints = arm(side)
    dofs = model.indices(joints)
    rates = np.abs(np.diff(path[:, dofs], axis=0)) / np.maximum(np.diff(ways)[:, None], 1e-6)
    if len(rates):
        fastest = float(np.max(rates / (0.5 * model.velocity[dofs])))
        speed = min(speed, 1.0 / max(fastest, 1e-6))
    length = float(ways[-1])
    ramp = 0.6
    duration = length / speed + ramp

    def along(t: float) -> float:
        """Way after ``t``: a ramp up, even speed, a ramp down."""
        if t >= duration:
            return length
        if duration < 2.0 * ramp:
            return length * 0.5 * (1.0 - math.cos(math.pi * t / duration))
        if t < ramp:
            return 0.5 * speed * t * t / ramp
        if t < duration - ramp:
            return speed * (t - 0.5 * ramp)
        return length - 0.5 * speed * (duration - t) ** 2 / ramp

    def at(way: float) -> Array:
        return np.array([np.interp(way, ways, path[:, i]) for i in range(path.shape[1])])

    times = np.linspace(0.0, duration, max(3, math.ceil(duration / 0.1) + 1))
    rows = np.array([at(along(float(t)))[dofs] for t in times])
    speeds = np.gradient(rows, times, axis=0)
    speeds[0] = speeds[-1] = 0.0
    trajectory = Trajectory(tuple(joints), times[1:], rows[1:], speeds[1:])
    motions = [mover.body.follow(group, part) for group, part in split(trajectory).items()]

    def base_at(t: float) -> tuple[Pose2, tuple[float, float, float], bool]:
        q, ahead = at(along(t)), at(along(t + 0.04))
        feed = (ahead[:3] - q[:3]) / 0.04
        pose = Pose2(float(q[0]), float(q[1]), float(q[2]))
        return pose, (float(feed[0]), float(feed[1]), float(feed[2])), t >= duration

    begin = mover.body.now()
    try:
        context.driver.track(
            base_at, tolerance=0.02, turn_tolerance=0.03, speed=2.0, timeout=duration + 6.0,
            check=False, watch=lambda: watch(at(along(mover.body.now() - begin))),
        )  # fmt: skip
    finally:
        for motion in motions:
            if not motion.done():
                motion.cancel()


def haul_shut(context: Context, place: Place, joint: Articulation, side: str) -> float:
    """Push a flap or drawer shut with the fist; returns the opening left.

    Raises:
        SkillError: With the reason why not.
        PlanningError: No reach.
        MotionError: The robot was kept from moving.
    """
    key = f"{place.name}/{joint.name}"
    sides = [context.free_side(side)] if side else [s for s in SIDES if s not in context.held]
    if not sides:
        context.free_side()
    opening = math.inf
    for _attempt in range(3):
        context.report("look", 0.0)
        bar, opening = look_at_bar(context, place, joint)
        course = _known(context, key)
        if course is None:
            if opening < 0.03:
                return opening
            raise SkillError("axis_unknown", f"{key} was never moved: how it closes is not known")
        if opening < _shut(course):
            break
        _push(context, key, bar, course, opening, sides)
    else:
        _, opening = look_at_bar(context, place, joint)
    course = _known(context, key)
    assert course is not None
    if opening >= _shut(course):
        raise SkillError("not_closed", f"{key} still stands open {opening:.3f}")
    context.openings[place.name][joint.name] = 0.0
    context.report("done", 1.0, opening)
    return opening


def _shut(course: Course) -> float:
    return 0.04 if course.hinged else 0.012


def _push(
    context: Context, key: str, bar: Bar, course: Course, opening: float, sides: list[str]
) -> None:
    mover, report = context.mover, context.report
    here = course.nearest(bar.middle)
    shift = bar.middle - course.point(here)
    course = course.shifted(shift)
    ways = np.linspace(here, -PRESS, max(6, math.ceil(here / GRAIN) + 1))
    scene = context.scene(without=[key, f"{key}/handle"], things=False)
    report("approach", 0.1, opening)
    stands = context.may_stand(scene)
    best: tuple[float, str, Haul, Array] | None = None
    planner = context.planner
    now = context.body.base()
    out = course.turned(here) @ course.out
    level = course.out.copy()
    level[2] = 0.0
    level /= np.linalg.norm(level)
    there = Bar(bar.middle, level, bar.along, bar.gap, bar.diameter)
    allowed: dict[tuple[float, float, float], bool] = {}
    for side, palm, base in stances(there):
        spot = (round(base.x, 4), round(base.y, 4), round(base.yaw, 4))
        if spot not in allowed:
            allowed[spot] = stands(base)
        if side not in sides or not allowed[spot]:
            continue
        for lean in (1.0, 0.7, 0.4):
            x = -(lean * out + (1.0 - lean) * level)
            x /= np.linalg.norm(x)
            flat = palm - float(palm @ x) * x
            rotation = hand_rotation(-x, flat / np.linalg.norm(flat), side)
            palmward = 1.0 if side == "right" else -1.0
            middle = rotation @ np.array([FIST[0], palmward * FIST[1], 0.0])
            touch = bar.middle + out * (FIST_RADIUS + 0.5 * bar.diameter - PRESS)
            grip = Transform(rotation, touch - middle)
            before = Transform(rotation, grip.translation + 0.09 * out)
            for seed in context.seeds(side)[1:]:
                q = seed.copy()
                q[:3] = base.x, base.y, base.yaw
                for solution in planner.inverse(
                    arm(side), grasp_frame(side), Target(before), q, tries=2
                ):
                    try:
                        line = planner.line(
                            arm(side), grasp_frame(side), solution.q, Target(grip), None
                        )
                    except PlanningError:
                        continue
                    haul = plan_haul(context, side, course, line[-1], grip, ways)
                    if haul is None or haul.margin < 0.01:
                        continue
                    score = 2.0 * min(haul.margin, 0.15) - 0.5 * base.distance(now)
                    if (best is None or score > best[0]) and planner.collision(
                        arm(side), solution.q, scene
                    ) is None:
                        best = (score, side, haul, line)
    if best is None:
        raise PlanningError("unreachable", "from nowhere can the part be pushed all its way")
    _, side, haul, line = best
    start = Pose2(float(line[0][0]), float(line[0][1]), float(line[0][2]))
    context.driver.to(start, tolerance=0.015, turn_tolerance=0.02)
    report("reach", 0.3, opening)
    mover.fingers(side, hands.fist(side), 0.6)
    mover.go(arm(side), [line[0]], scene)
    report("touch", 0.45, opening)
    mover.run(arm(side), line, None, 0.25)
    strained = 0

    def watch(commanded: Array) -> bool:
        nonlocal strained
        strained = strained + 1 if _given_way(context, side, commanded) > 0.08 else 0
        return strained >= 12

    report("push", 0.6, opening)
    with suppress(MotionError):  # What is left of the opening is looked at next.
        drive_path(context, side, haul.path, np.abs(haul.ways - haul.ways[0]), 0.10, watch)
    report("retreat", 0.85)
    place_name, _, joint_name = key.partition("/")
    context.openings[place_name][joint_name] = 0.0  # until it is looked at
    back = mover.pose(grasp_frame(side))
    with suppress(PlanningError, MotionError):
        mover.line(
            side, Transform(back.rotation, back.translation + 0.10 * course.out), None, speed=0.25
        )
    _clear(context)
    tuck(context, side)
