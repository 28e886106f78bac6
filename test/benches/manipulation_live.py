"""An obstacle enters a moving arm's path: does it stop in time, and how soon?

Without ROS, in simulated time: the real planner, timing, depth field, check and controller;
truth is where solids and links stand. What takes the processor takes simulated time as well (CPU
time of the thread), and every message between processes ``TRANSPORT``.
"""

from __future__ import annotations

import argparse
import math
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from hearth_cli.bench import Figure, Options, Report
from hearth_core.geometry import Transform
from hearth_core.ports import JointLimits
from hearth_description.core.model import find_model, load_urdf
from hearth_description.core.postures import load_srdf
from hearth_drivers.core.joint_controller import JointController, Phase
from hearth_drivers.core.trajectory import Goal, Tolerances, Waypoint
from hearth_manipulation.core.depth_view import CELL
from hearth_manipulation.core.kinematics import Array
from hearth_manipulation.core.live import LiveScene
from hearth_manipulation.core.mover import arm
from hearth_manipulation.core.planning import Planner, PlanningError
from hearth_manipulation.core.robot_groups import make_model
from hearth_manipulation.core.scene import Scene, SeenSurfaces, Thing
from hearth_manipulation.core.timing import Trajectory
from hearth_manipulation.core.watching import LiveCheck, TrajectoryWatch

TICK = 0.01
"""Period of the controllers [s]."""
FRAMES = 1.0 / 30.0
"""Period of a depth camera [s]."""
TRANSPORT = 0.005
"""From process to process [s]: p99 of an idle machine (notes on middleware)."""
REACTION = 0.1
"""An arm that begins to brake so long [s] after the image, as hard as it may, can stop or not."""
TABLE = Thing(
    "table", "box", np.array([0.7, 1.4, 0.04]), Transform(np.eye(3), np.array([0.95, 0.0, 0.6]))
)


@dataclass(frozen=True, eq=False)
class Intruder:
    """A ball or a box that comes from somewhere and stops in the way."""

    thing: Thing
    """Where it ends up."""
    begin: float
    """When it is first anywhere [s] after the motion began."""
    velocity: Array
    """While it comes [m/s], shape (3,); zeros: it is there at once."""
    arrives: float
    """When it stands still [s]."""

    def at(self, now: float) -> Thing | None:
        """Where it is; None: not there yet."""
        if now < self.begin:
            return None
        shift = self.velocity * min(0.0, now - self.arrives)
        pose = Transform(self.thing.pose.rotation, self.thing.pose.translation + shift)
        return Thing("intruder", self.thing.shape, self.thing.size, pose)


@dataclass(eq=False)
class Tally:
    """What became of the trials."""

    possible: int = 0
    contacts: int = 0
    missed: int = 0
    """Of those in which an arm that brakes at once could have stopped."""
    at_once: int = 0
    braking: list[float] = field(default_factory=list)
    standing: list[float] = field(default_factory=list)
    checks: list[float] = field(default_factory=list)
    samples: list[dict[str, Any]] = field(default_factory=list)


def run(options: Options) -> Report:
    """Run ``--trials`` of them."""
    parser = argparse.ArgumentParser(prog="hearth bench manipulation_live")
    parser.add_argument("--trials", type=int, default=25 if options.quick else 500)
    parser.add_argument("--data", type=Path, default=None, help="not needed")
    own, _ = parser.parse_known_args(list(options.rest))
    description = load_urdf(find_model())
    planner = Planner(make_model(description, load_srdf(description)))
    random = np.random.default_rng((options.seeds or (0,))[0])
    tally = Tally()
    done = 0
    while done < own.trials:
        done += one_trial(planner, random, tally)
    figures = [
        Figure("live check: contacts where stopping was possible", float(tally.contacts), "",
               0.0, "lower", tally.possible),
        Figure("live check: contacts where an instant brake stops", float(tally.missed), "",
               math.nan, "lower", tally.at_once),
        Figure("live check: sensor to braking, p99", 1e3 * quantile(tally.braking, 99), "ms",
               100.0, "lower", len(tally.braking)),
        Figure("live check: sensor to standstill, p50", 1e3 * quantile(tally.standing, 50), "ms",
               math.nan, "lower", len(tally.standing)),
        Figure("live check: sensor to standstill, p99", 1e3 * quantile(tally.standing, 99), "ms",
               math.nan, "lower", len(tally.standing)),
        Figure("live check: one check, median", 1e3 * quantile(tally.checks, 50), "ms", 50.0,
               "lower", len(tally.checks)),
    ]  # fmt: skip
    if options.plots:
        draw(options.plots, tally)
    return Report(figures, tally.samples)


def quantile(values: list[float], percent: float) -> float:
    """NaN of nothing."""
    return float(np.percentile(values, percent)) if values else math.nan


def one_trial(planner: Planner, random: np.random.Generator, tally: Tally) -> int:
    """One motion and one intruder; 0 when no such trial could be drawn."""
    side = ("left", "right")[int(random.integers(2))]
    joints = arm(side, torso=False)
    scene = Scene().with_things([TABLE])
    drawn = draw_motion(planner, joints, scene, random)
    if drawn is None:
        return 0
    q, trajectory = drawn
    intruder = draw_intruder(planner, joints, q, trajectory, random)
    if intruder is None:
        return 0
    reference = Run(planner, joints, q, trajectory)
    seen_at = first_block(planner, joints, q, trajectory, scene, intruder, random)
    if seen_at is None:
        return 0  # it never stood in the way
    frame, phase = seen_at
    touched, braked, stood = react(reference, scene, intruder, phase, tally)
    ideal = reference.contact(intruder, frame)
    # Stopping is possible where it helps whenever it begins in the time allowed; who stops may be
    # run into by what would have missed a moving arm.
    late = ideal or any(
        reference.contact(intruder, frame + share * REACTION) for share in (0.25, 0.5, 0.75, 1.0)
    )
    tally.at_once += not ideal
    tally.possible += not late
    tally.contacts += touched and not late
    tally.missed += touched and not ideal
    if math.isfinite(braked):
        tally.braking.append(braked - frame)
        tally.standing.append(stood - frame)
    tally.samples.append(
        {"trial": len(tally.samples), "side": side, "shape": intruder.thing.shape,
         "speed": float(np.linalg.norm(intruder.velocity)), "touched": touched,
         "possible": not late, "possible_at_once": not ideal,
         "braking_ms": 1e3 * (braked - frame), "standing_ms": 1e3 * (stood - frame)}
    )  # fmt: skip
    return 1


def draw_motion(
    planner: Planner, joints: tuple[str, ...], scene: Scene, random: np.random.Generator
) -> tuple[Array, Trajectory] | None:
    """A motion of an arm over the table that takes more than a second."""
    model = planner.model
    dofs = model.indices(joints)
    ends = []
    while len(ends) < 2:
        q = model.neutral()
        q[dofs] = random.uniform(model.lower[dofs], model.upper[dofs])
        if planner.collision(joints, q, scene, 0.02) is None:
            ends.append(q)
    try:
        path = planner.plan(joints, ends[0], [ends[1]], scene, samples=5000)
        trajectory = planner.timed(joints, path, scene, float(random.uniform(0.4, 1.0)))
    except PlanningError:
        return None
    return (ends[0], trajectory) if trajectory.duration > 1.0 else None


def draw_intruder(
    planner: Planner,
    joints: tuple[str, ...],
    q: Array,
    trajectory: Trajectory,
    random: np.random.Generator,
) -> Intruder | None:
    """Something that will stand where a link passes; not drawn into the arm as it stands then."""
    model = planner.model
    begin = float(random.uniform(0.15, 0.6)) * trajectory.duration
    when = begin + float(random.uniform(0.2, 1.0)) * (trajectory.duration - begin)
    there = q.copy()
    there[model.indices(trajectory.joints)] = trajectory.at(when)
    prefix = joints[0].split("_", maxsplit=1)[0]
    links = [n for n in model.links if n.startswith(prefix) and ("forearm" in n or "palm" in n
             or "grasp_frame" in n)]  # fmt: skip
    link = links[int(random.integers(len(links)))]
    middle = model.pose(there, link).translation + random.normal(0.0, 0.03, 3)
    size = float(random.uniform(0.06, 0.22))
    shape = ("sphere", "box")[int(random.integers(2))]
    turn = Transform.from_xyz_quaternion((0, 0, 0), random.normal(size=4)).rotation
    thing = Thing("intruder", shape, np.full(3, size), Transform(turn, middle))
    if random.uniform() < 0.4:
        return Intruder(thing, begin, np.zeros(3), begin)
    direction = random.normal(size=3)
    direction /= np.linalg.norm(direction)
    speed, way = float(random.uniform(0.2, 1.0)), float(random.uniform(0.1, 0.5))
    return Intruder(thing, begin, speed * direction, begin + way / speed)


class Run:
    """The motion on a real controller, from its begin to rest."""

    def __init__(
        self, planner: Planner, joints: tuple[str, ...], q: Array, trajectory: Trajectory
    ) -> None:
        self.planner = planner
        self.joints = joints
        self.q = q
        self.trajectory = trajectory
        model = planner.model
        self.dofs = model.indices(trajectory.joints)
        self.limits = {
            name: JointLimits(
                float(model.lower[i]), float(model.upper[i]), float(model.velocity[i]),
                float(model.acceleration[i]), 100.0,
            )
            for name, i in zip(trajectory.joints, self.dofs, strict=True)
        }  # fmt: skip

    def controller(self) -> JointController:
        """One that has begun the motion at time 0."""
        t = self.trajectory
        made = JointController(t.joints, self.limits, Tolerances(0.5, 0.03, 2.0))
        start = t.positions[0]
        points = [
            Waypoint(float(time), p.tolist(), v.tolist())
            for time, p, v in zip(t.times, t.positions, t.velocities, strict=True)
        ]
        made.start(made.prepare(Goal(t.joints, points), start), 0.0, start)
        return made

    def contact(self, intruder: Intruder, brake_at: float) -> bool:
        """Whether the arm touches it while it moves, if it is told to brake at a time [s]."""
        touched, _, _ = self.drive(intruder, lambda now: now >= brake_at)
        return touched

    def drive(self, intruder: Intruder, brake: Any) -> tuple[bool, float, float]:
        """Run to rest; touched, when braking began and when it stood [s]."""
        controller = self.controller()
        measured = self.trajectory.positions[0]
        now, began, touched = 0.0, math.inf, False
        q = self.q.copy()
        while True:
            now += TICK
            if math.isinf(began) and brake(now):
                controller.cancel(now)
                began = now
            command, result = controller.tick(now, measured, np.zeros(len(measured)))
            moving = command is not None and bool(np.any(np.abs(command.position - measured) > 0))
            if command is not None:
                measured = command.position
            q[self.dofs] = measured
            thing = intruder.at(now)
            if moving and thing is not None and not touched:
                touched = self.touches(q, thing)
            if result is not None or controller.phase is Phase.HOLDING:
                return touched, began, now

    def touches(self, q: Array, thing: Thing) -> bool:
        """Whether the moving links touch it."""
        scene = Scene().with_things([thing])
        return self.planner.clearance(self.joints, q, scene) < 0.0


def first_block(
    planner: Planner,
    joints: tuple[str, ...],
    q: Array,
    trajectory: Trajectory,
    scene: Scene,
    intruder: Intruder,
    random: np.random.Generator,
) -> tuple[float, float] | None:
    """Stamp of the first image in which it stands in the way, and the phase of the images [s]."""
    phase = float(random.uniform(0.0, FRAMES))
    for k in range(int(trajectory.duration / FRAMES)):
        stamp = phase + k * FRAMES
        if intruder.at(stamp) is None:
            continue
        watch = TrajectoryWatch(planner, joints, trajectory, q, scene)
        if watch.blind:
            return None
        if watch.blocked(stamp + 0.1, scene.with_seen(look(intruder, stamp))):
            return stamp, phase
    return None


def look(intruder: Intruder, now: float) -> SeenSurfaces | None:
    """The distance field of the side of it that the head sees."""
    thing = intruder.at(now)
    if thing is None:
        return None
    grid = np.linspace(-0.5, 0.5, 12)
    u, v = (a.ravel() for a in np.meshgrid(grid, grid))
    faces = []
    for axis in range(3):
        for sign in (-0.5, 0.5):
            face = np.empty((len(u), 3))
            face[:, axis] = sign
            face[:, (axis + 1) % 3], face[:, (axis + 2) % 3] = u, v
            faces.append(face)
    points = np.concatenate(faces)
    if thing.shape == "sphere":
        points *= 0.5 / np.linalg.norm(points, axis=1, keepdims=True)
    normals = points if thing.shape == "sphere" else np.round(points / 0.5 * 0.999)
    points = thing.pose.apply(points * thing.size)
    eye = np.array([0.1, 0.0, 1.3])
    outward = normals @ thing.pose.rotation.T
    points = points[np.sum(outward * (eye - points), axis=1) > 0.0]
    low, high = points.min(axis=0) - 0.3, points.max(axis=0) + 0.3
    return SeenSurfaces.from_points(points, low, high, CELL)


def react(
    reference: Run, scene: Scene, intruder: Intruder, phase: float, tally: Tally
) -> tuple[bool, float, float]:
    """The motion with the live check; touched, braking and standing [s]."""
    watch = TrajectoryWatch(
        reference.planner, reference.joints, reference.trajectory, reference.q, scene
    )
    frames: list[tuple[float, SeenSurfaces | None]] = []
    newest: list[SeenSurfaces | None] = [None]
    live = LiveScene(scene, [], list, lambda _: TABLE, lambda: newest[0])
    check = LiveCheck(watch, live, 0.0)
    told: list[float] = []
    taken = [phase]

    def brake(now: float) -> bool:
        """What runs beside the controller: images, their fields, checks, the cancel's way."""
        while taken[0] + TRANSPORT <= now:
            begin = time.thread_time()
            field_ = look(intruder, taken[0])
            spent = time.thread_time() - begin
            frames.append((taken[0] + TRANSPORT + spent, field_))
            taken[0] += FRAMES
        ready = [field_ for at, field_ in frames if at <= now]
        if ready and ready[-1] is not newest[0]:
            newest[0] = ready[-1]
        if not told:
            begin = time.thread_time()
            blocked = check(now)
            spent = time.thread_time() - begin
            if spent > 1e-4:
                tally.checks.append(spent)
            if blocked:
                told.append(now + spent + TRANSPORT)
        return bool(told) and now >= told[0]

    return reference.drive(intruder, brake)


def draw(folder: Path, tally: Tally) -> None:
    """Distributions."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 4))
    axes.hist(1e3 * np.array(tally.braking), bins=40, alpha=0.7, label="braking begins")
    axes.hist(1e3 * np.array(tally.standing), bins=40, alpha=0.7, label="standstill")
    axes.axvline(100.0, color="k", linestyle="--", label="asked")
    axes.set_xlabel("after the image that shows the obstacle in the way [ms]")
    axes.legend()
    folder.mkdir(parents=True, exist_ok=True)
    figure.savefig(folder / "live_check.png", dpi=120)
