"""Planning figures: MotionBenchMaker's Panda and Fetch, trajectories, IK, lines, the oracle.

CPU time of the thread, one core. Problems and sphere models are public data (``--data DIR``, by
default ``../shared/data`` beside the clone); nothing of them is in the repository.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from hearth_cli.bench import Figure, Options, Report, load
from hearth_core.errors import BadInputError
from hearth_core.geometry import Transform
from hearth_description.core.model import find_model, load_urdf
from hearth_manipulation.core.kinematics import Array
from hearth_manipulation.core.manifold import project
from hearth_manipulation.core.model import RobotModel
from hearth_manipulation.core.oracle import Oracle
from hearth_manipulation.core.planning import Planner, PlanningError, Target
from hearth_manipulation.core.scene import Scene, SeenSurfaces
from hearth_manipulation.core.timing import Trajectory
from hearth_manipulation.problem_set import Problem, Set, load_set, read_problems, timed

MARGIN = 0.001
"""Distance kept to things where start and goal do [m]."""
ORACLE = 1.0 / 64.0
NAN = float("nan")


@dataclass(eq=False)
class Tally:
    """Results of one kind of query."""

    solved: list[bool] = field(default_factory=list)
    ms: list[float] = field(default_factory=list)
    hits: int = 0
    lengths: list[float] = field(default_factory=list)
    motions: list[float] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def add(self, name: str, ms: float, result: object) -> None:
        """Count one query."""
        self.solved.append(not isinstance(result, PlanningError))
        self.ms.append(ms)
        if isinstance(result, PlanningError):
            self.failed.append(f"{name} ({result.reason})")


def run(options: Options) -> Report:
    """All figures; ``--every N`` takes every Nth problem, ``--quick`` every 25th."""
    parser = argparse.ArgumentParser(prog="hearth bench manipulation")
    default = os.environ.get("HEARTH_DATA") or str(options.root.parent / "shared" / "data")
    parser.add_argument("--data", type=Path, default=Path(default))
    parser.add_argument("--every", type=int, default=25 if options.quick else 1)
    own = parser.parse_args(list(options.rest))
    seed = (options.seeds or (0,))[0]
    folder = own.data / "mbm"
    if not folder.is_dir():
        raise BadInputError(f"no folder {folder}: give the public data's place with --data DIR")
    figures: list[Figure] = []
    samples: list[dict[str, Any]] = []
    panda, fetch = (load_set(folder, name) for name in ("panda", "fetch"))
    problems = list(read_problems(folder, "panda", panda, own.every))
    warm(panda, problems[0])
    figures += paths("Panda", panda, problems, seed, samples, (1.0, 1.0, 6.0))
    figures += trajectories(panda, problems, seed, samples)
    figures += upright(panda, problems, seed)
    figures += inverses(panda, fetch, max(20, 1000 // own.every))
    figures += lines(panda, max(10, 300 // own.every))
    figures.append(cloud())
    problems = list(read_problems(folder, "fetch", fetch, own.every))
    figures += paths("Fetch", fetch, problems, seed, samples, (0.985, 8.0, NAN))
    for part in () if options.quick else ("live", "servo", "ready"):  # quick: gates of their own
        figures += load(options.root, f"manipulation_{part}").run(options).figures
    if options.plots:
        draw(options.plots, samples)
    return Report(figures, samples)


def warm(robot: Set, problem: Problem) -> None:
    """Let every kernel be read from the cache."""
    planner = Planner(robot.model)
    path = planner.plan(robot.joints, problem.start, [problem.goal], problem.scene)
    planner.timed(robot.joints, path, problem.scene, 1.0)
    target = Target(robot.model.pose(problem.start, robot.tip))
    planner.solve(robot.joints, {robot.tip: target}, problem.start)
    planner.plan(
        robot.joints, problem.start, [problem.start], Scene(),
        upright=(robot.tip, tip_up(robot, problem.start), 0.035),
    )  # fmt: skip
    planner.line(robot.joints, robot.tip, problem.start, target, Scene())


def paths(
    name: str,
    robot: Set,
    problems: list[Problem],
    seed: int,
    samples: list[dict[str, Any]],
    targets: tuple[float, float, float],
) -> list[Figure]:
    """Plan, shorten and check, to the joint goal."""
    planner, tally = Planner(robot.model), Tally()
    dofs = robot.model.indices(robot.joints)
    oracle = Oracle(robot.model, robot.joints)
    for problem in problems:
        path, ms = timed(
            lambda p=problem: planner.plan(  # type: ignore[misc]
                robot.joints, p.start, [p.goal], p.scene, margin=MARGIN, seed=seed
            )
        )
        ok = not isinstance(path, PlanningError)
        tally.add(problem.name, ms, path)
        length = NAN
        if not isinstance(path, PlanningError):
            length = float(np.sum(np.linalg.norm(np.diff(path[:, dofs], axis=0), axis=1)))
            tally.hits += oracle.first_hit(problem.scene, path, ORACLE) is not None
        samples.append({"set": name, "problem": problem.name, "ms": ms, "ok": ok, "rad": length})
    _say(f"{name} paths", tally)
    n = len(problems)
    return [
        Figure(f"{name}: solved", float(np.mean(tally.solved)), "", targets[0], "higher", n),
        Figure(f"{name}: plan + simplify (median)", _at(tally, 50), "ms", targets[1], "lower", n),
        Figure(f"{name}: plan + simplify (p95)", _at(tally, 95), "ms", targets[2], "lower", n),
        Figure(f"{name}: paths coal calls collisions", tally.hits, "", 0.0, "lower", n),
    ]


def trajectories(
    robot: Set, problems: list[Problem], seed: int, samples: list[dict[str, Any]]
) -> list[Figure]:
    """To a verified jerk-limited trajectory, for joint goals and for pose goals."""
    planner = Planner(robot.model)
    dofs = robot.model.indices(robot.joints)
    oracle = Oracle(robot.model, robot.joints)
    found: list[Figure] = []
    worst = 0.0
    for kind, goals in (("joint goal", (1.0, 10.0, 25.0)), ("pose goal", (0.998, 25.0, 80.0))):
        tally = Tally()
        for problem in problems:

            def work(p: Problem = problem, pose: bool = kind == "pose goal") -> Trajectory:
                if not pose:
                    path = planner.plan(
                        robot.joints, p.start, [p.goal], p.scene, margin=MARGIN, seed=seed
                    )
                else:
                    target = Target(robot.model.pose(p.goal, robot.tip))
                    path = planner.plan_pose(
                        robot.joints, robot.tip, p.start, target, p.scene, margin=MARGIN,
                        seed=seed,
                    )  # fmt: skip
                return planner.timed(robot.joints, path, p.scene, 1.0)

            motion, ms = timed(work)
            tally.add(problem.name, ms, motion)
            if isinstance(motion, PlanningError):
                continue
            tally.motions.append(motion.duration)
            steps = np.linalg.norm(np.diff(motion.positions, axis=0), axis=1)
            tally.lengths.append(float(np.sum(steps)))
            worst = max(worst, overdone(robot.model, dofs, motion))
            full = np.repeat(problem.start[None], len(motion.times), axis=0)
            full[:, dofs] = motion.positions
            tally.hits += oracle.first_hit(problem.scene, full, ORACLE) is not None
            samples.append({"set": kind, "problem": problem.name, "ms": ms, "s": motion.duration})
        _say(kind, tally)
        n = len(problems)
        found += [
            Figure(f"trajectory, {kind}: solved", float(np.mean(tally.solved)), "", goals[0],
                   "higher", n),
            Figure(f"trajectory, {kind} (median)", _at(tally, 50), "ms", goals[1], "lower", n),
            Figure(f"trajectory, {kind} (p98)", _at(tally, 98), "ms", goals[2], "lower", n),
            Figure(f"trajectory, {kind}: coal collisions", tally.hits, "", 0.0, "lower", n),
        ]  # fmt: skip
        if kind == "pose goal" and tally.lengths:
            mean = float(np.mean(tally.lengths))
            found.append(Figure("pose goal: path (mean)", mean, "rad", 4.0, "lower", n))
            mean = float(np.mean(tally.motions))
            found.append(Figure("pose goal: motion (mean)", mean, "s", 1.4, "lower", n))
    most = 1.0 + 1e-9  # no more than numbers lose
    n = 2 * len(problems)
    found.append(Figure("limits: largest share used", worst, "", most, "lower", n))
    return found


def overdone(model: RobotModel, dofs: Any, motion: Trajectory) -> float:
    """Largest velocity, acceleration or jerk as a share of its limit, by differences."""
    dt = float(motion.times[1] - motion.times[0])
    shares = [np.max(np.abs(motion.velocities) / model.velocity[dofs])]
    speeds = np.concatenate(
        [np.zeros((2, len(dofs))), motion.velocities, np.zeros((2, len(dofs)))]
    )
    pull = np.diff(speeds, axis=0) / dt
    shares.append(np.max(np.abs(pull) / model.acceleration[dofs]))
    shares.append(np.max(np.abs(np.diff(pull, axis=0) / dt) / model.jerk[dofs]))
    return float(max(shares))


def tip_up(robot: Set, q: Array) -> tuple[float, float, float]:
    """The tip's axis that points up in a posture."""
    x, y, z = robot.model.pose(q, robot.tip).rotation.T @ np.array([0.0, 0.0, 1.0])
    return float(x), float(y), float(z)


def upright(robot: Set, problems: list[Problem], seed: int) -> list[Figure]:
    """Carry a glass through those scenes: from the start's tilt to another place, upright.

    The problems' own goals tilt the hand as they like; goals here are postures with the same
    axis up as the start, drawn until one is free, as the tip's pose allows.
    """
    dofs = robot.model.indices(robot.joints)
    tally, tilts = Tally(), [0.0]
    oracle = None
    for number, problem in enumerate(problems):
        q = problem.start
        axis = tip_up(robot, q)
        glass = np.array(axis)
        centers = np.array(
            [0.11 * np.array([0.0, 0.0, 1.0]) + k * 0.03 * glass for k in (-1, 0, 1)]
        )
        touching = [name for name in robot.model.links if "hand" in name or "finger" in name]
        model = robot.model.attach(robot.tip, centers, np.full(3, 0.035), touching)
        planner = Planner(model)
        if planner.collision(robot.joints, q, problem.scene) is not None:
            continue  # the glass does not fit where the arm starts
        random = np.random.default_rng(number)
        goal = None
        made = planner.manifold(dofs, q, (robot.tip, axis, math.radians(2.0)), q[dofs][None])
        for _ in range(60):
            values = random.uniform(model.lower[dofs], model.upper[dofs])
            full = q.copy()
            if project(made, model.lower[dofs], model.upper[dofs], values):
                full[dofs] = values
                if planner.collision(robot.joints, full, problem.scene, 0.01) is None:
                    goal = full
                    break
        if goal is None:
            continue
        path, ms = timed(
            lambda p=problem, g=goal, a=axis, w=planner: w.plan(  # type: ignore[misc]
                robot.joints,
                p.start,
                [g],
                p.scene,
                margin=MARGIN,
                seed=seed,
                upright=(robot.tip, a, math.radians(1.9)),
            )
        )
        tally.add(problem.name, ms, path)
        if isinstance(path, PlanningError):
            continue
        oracle = Oracle(model, robot.joints)
        tally.hits += oracle.first_hit(problem.scene, path, ORACLE) is not None
        for a, b in pairwise(path):
            for f in np.linspace(0.0, 1.0, 1 + math.ceil(np.linalg.norm(b - a) * 64.0)):
                up = model.pose(a + f * (b - a), robot.tip).rotation @ np.array(axis)
                tilts.append(math.degrees(math.acos(min(1.0, float(up[2])))))
    _say("upright", tally)
    n = len(tally.solved)
    return [
        Figure(
            "upright with a glass: solved", float(np.mean(tally.solved)), "", 0.995, "higher", n
        ),
        Figure("upright with a glass (median)", _at(tally, 50), "ms", 2.0, "lower", n),
        Figure("upright with a glass: tilt (most)", max(tilts), "deg", 2.0, "lower", n),
        Figure("upright with a glass: coal collisions", tally.hits, "", 0.0, "lower", n),
    ]


def inverses(panda: Set, fetch: Set, count: int) -> list[Figure]:
    """Inverse kinematics to poses that random postures have, from a random posture."""
    cloid = RobotModel.from_description(load_urdf(find_model()))
    arms = [j for j in cloid.dofs if "torso" in j or any(
        part in j for part in ("shoulder", "elbow", "wrist"))]  # fmt: skip
    found: list[Figure] = []
    for name, model, joints, tips, share, ms in (
        ("IK Panda 7 DoF", panda.model, panda.joints, (panda.tip,), 0.999, 0.2),
        ("IK Fetch torso + arm", fetch.model, fetch.joints, (fetch.tip,), 0.999, NAN),
        ("IK torso + both arms", cloid, tuple(arms), ("left_grasp_frame", "right_grasp_frame"),
         0.99, 2.0),
    ):  # fmt: skip
        planner, tally = Planner(model), Tally()
        dofs = model.indices(joints)
        random = np.random.default_rng(1)
        for i in range(count + 1):
            ends = []
            for _ in range(2):
                q = model.neutral()
                q[dofs] = random.uniform(model.lower[dofs], model.upper[dofs])
                ends.append(q)
            poses = {tip: Target(model.pose(ends[1], tip), None, 1e-4, 1e-3) for tip in tips}
            answer, took = timed(
                lambda w=planner, j=joints, a=ends[0], p=poses, i=i: w.solve(j, p, a, 100, i)  # type: ignore[misc]
            )
            if i > 0:  # the first one reads the kernel
                tally.add(str(i), took, answer)
        found += [
            Figure(f"{name}: solved", float(np.mean(tally.solved)), "", share, "higher", count),
            Figure(f"{name} (median)", _at(tally, 50), "ms", ms, "lower", count),
        ]
    return found


def lines(robot: Set, count: int) -> list[Figure]:
    """Lines of 0.3 m that exist: both ends of the same straight way, 31 and more waypoints."""
    planner, tally = Planner(robot.model), Tally()
    dofs = robot.model.indices(robot.joints)
    random = np.random.default_rng(2)
    off, jump, cost = 0.0, 0.0, []
    for i in range(count):
        q = robot.model.neutral()
        middle = 0.5 * (robot.model.lower[dofs] + robot.model.upper[dofs])
        q[dofs] = middle + random.uniform(-0.3, 0.3, len(dofs))
        begin = robot.model.pose(q, robot.tip)
        way = random.normal(size=3)
        end = begin.translation + 0.12 * way / np.linalg.norm(way)
        target = Target(Transform(begin.rotation, end))
        path, ms = timed(
            lambda q=q, t=target: planner.line(robot.joints, robot.tip, q, t, None, step=0.002)  # type: ignore[misc]
        )
        tally.add(str(i), ms, path)
        if isinstance(path, PlanningError):
            continue
        cost.append(ms * 60.0 / len(path))
        jump = max(jump, float(np.max(np.abs(np.diff(path, axis=0)))))
        unit = way / np.linalg.norm(way)
        for a, b in pairwise(path):
            gap = robot.model.pose(0.5 * (a + b), robot.tip).translation - begin.translation
            off = max(off, float(np.linalg.norm(gap - unit * (unit @ gap))))
    return [
        Figure("lines: followed", float(np.mean(tally.solved)), "", NAN, "higher", count),
        Figure("lines: off between waypoints (most)", 1e3 * off, "mm", 1.0, "lower", count),
        Figure("lines: joint step (most)", jump, "rad", 0.35, "lower", count),
        Figure("lines: 60 waypoints (median)", float(np.median(cost)), "ms", 5.0, "lower", count),
    ]


def cloud() -> Figure:
    """A head camera's depth image to a field of 2 cm cells."""
    random = np.random.default_rng(3)
    points = random.uniform((0.2, -1.0, 0.3), (1.4, 1.0, 1.4), (307200, 3))
    points[:, 2] = np.where(points[:, 0] < 0.8, 0.75, points[:, 2])
    low = np.array([0.0, -1.2, 0.1])
    times = [timed(lambda: SeenSurfaces.from_points(points, low, low + 2.4))[1] for _ in range(6)]
    median = float(np.median(times[1:]))  # the first one reads the kernels
    return Figure("depth cloud to field (median)", median, "ms", 80.0, "lower", 5)


def _at(tally: Tally, percent: float) -> float:
    return float(np.percentile(tally.ms, percent))


def _say(name: str, tally: Tally) -> None:
    if tally.failed:
        sys.stdout.write(f"{name}: not solved: {', '.join(tally.failed[:12])}\n")


def draw(folder: Path, samples: list[dict[str, Any]]) -> None:
    """Distributions of the times."""
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot as plt

    folder.mkdir(parents=True, exist_ok=True)
    figure, axes = plt.subplots(figsize=(7, 4))
    for name in dict.fromkeys(sample["set"] for sample in samples):
        times = np.sort([sample["ms"] for sample in samples if sample["set"] == name])
        axes.step(times, np.arange(1, len(times) + 1) / len(times), label=name)
    axes.set_xscale("log")
    axes.set_xlabel("CPU time [ms]")
    axes.set_ylabel("share of problems")
    axes.legend()
    figure.tight_layout()
    figure.savefig(folder / "manipulation.png", dpi=120)
