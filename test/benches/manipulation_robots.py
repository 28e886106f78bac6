"""Planning for robots that this project does not own, from generated files; needs no data.

A six-axis arm with the UR5's joints and a torso with Baxter's two arms go through the same loader
as any; both arms are planned together. CPU time of the thread, one core.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
from hearth_cli.bench import Figure, Options, Report
from hearth_core.geometry import Transform
from hearth_manipulation.core.kinematics import Array
from hearth_manipulation.core.loading import load_robot
from hearth_manipulation.core.model import Group, RobotModel
from hearth_manipulation.core.oracle import Oracle
from hearth_manipulation.core.planning import Planner, PlanningError, Target
from hearth_manipulation.core.scene import Scene, SeenSurfaces, Thing
from hearth_manipulation.sample_robots import write_six_axis_arm, write_two_arms

NAN = float("nan")
T = TypeVar("T")


def run(options: Options) -> Report:
    """All figures; ``--quick`` takes fewer problems."""
    count = 24 if options.quick else 200
    seed = (options.seeds or (0,))[0]
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as folder:
        arm = load_robot(*write_six_axis_arm(Path(folder)))
        figures += _plans("six-axis arm", arm, arm.group("manipulator"), count, seed, NAN)
        two = load_robot(*write_two_arms(Path(folder)))
        figures += _plans("two arms together", two, two.group("both_arms"), count, seed, 2.0)
    figures.append(_cloud())
    return Report(figures)


def _timed(work: Callable[[], T]) -> tuple[T | PlanningError, float]:
    begin = time.thread_time()
    try:
        result: T | PlanningError = work()
    except PlanningError as error:
        result = error
    return result, 1e3 * (time.thread_time() - begin)


def _room() -> Scene:
    """A table before the robot and a post on it."""
    low = Transform(np.eye(3), np.array([0.8, 0.0, -0.1]))
    high = Transform(np.eye(3), np.array([0.55, 0.1, 0.3]))
    return Scene().with_things(
        [
            Thing("table", "box", np.array([0.8, 1.6, 0.04]), low),
            Thing("post", "box", np.array([0.1, 0.1, 0.6]), high),
        ]
    )


def _free(model: RobotModel, group: Group, scene: Scene, count: int, seed: int) -> list[Array]:
    """Random free postures."""
    planner, dofs = Planner(model), model.indices(group.joints)
    random = np.random.default_rng(seed)
    lower, upper = np.maximum(model.lower[dofs], -np.pi), np.minimum(model.upper[dofs], np.pi)
    found: list[Array] = []
    while len(found) < count:
        q = model.neutral()
        q[dofs] = random.uniform(lower, upper)
        if planner.collision(group.joints, q, scene, 0.01) is None:
            found.append(q)
    return found


def _plans(
    name: str, model: RobotModel, group: Group, count: int, seed: int, target: float
) -> list[Figure]:
    """Plans between free postures, their trajectories, and inverse kinematics of all tips."""
    planner, scene = Planner(model), _room()
    dofs = model.indices(group.joints)
    oracle = Oracle(model, group.joints)
    ends = _free(model, group, scene, 2 * count, seed)
    plans, inverses, hits, solved, reached = [], [], 0, 0, 0
    for i in range(-1, count):  # the first one reads the kernels
        start, goal = ends[2 * max(i, 0)], ends[2 * max(i, 0) + 1]
        path, ms = _timed(lambda a=start, b=goal, i=i: planner.plan(  # type: ignore[misc]
            group.joints, a, [b], scene, seed=seed + i + 1))  # fmt: skip
        poses = {tip: Target(model.pose(goal, tip), None, 1e-4, 1e-3) for tip in group.tips}
        answer, spent = _timed(lambda a=start, p=poses, i=i: planner.solve(  # type: ignore[misc]
            group.joints, p, a, 100, i + 1))  # fmt: skip
        if i < 0:
            continue
        plans.append(ms)
        inverses.append(spent)
        reached += not isinstance(answer, PlanningError)
        if isinstance(path, PlanningError):
            sys.stdout.write(f"{name} {i}: {path.reason}\n")
            continue
        solved += 1
        motion = planner.timed(group.joints, path, scene, 1.0)
        full = np.repeat(start[None], len(motion.times), axis=0)
        full[:, dofs] = motion.positions
        hits += oracle.first_hit(scene, path, 1.0 / 64.0) is not None
        hits += oracle.first_hit(scene, full, 1.0 / 64.0) is not None
    return [
        Figure(f"{name}: solved", solved / count, "", 0.98, "higher", count),
        Figure(f"{name}: plan (median)", float(np.median(plans)), "ms", NAN, "lower", count),
        Figure(f"{name}: coal collisions", hits, "", 0.0, "lower", 2 * count),
        Figure(f"{name}: IK solved", reached / count, "", 0.99, "higher", count),
        Figure(f"{name}: IK (median)", float(np.median(inverses)), "ms", target, "lower", count),
    ]


def _cloud() -> Figure:
    """A head camera's depth image to a field of 2 cm cells."""
    random = np.random.default_rng(3)
    points = random.uniform((0.2, -1.0, 0.3), (1.4, 1.0, 1.4), (307200, 3))
    points[:, 2] = np.where(points[:, 0] < 0.8, 0.75, points[:, 2])
    low = np.array([0.0, -1.2, 0.1])
    times = [_timed(lambda: SeenSurfaces.from_points(points, low, low + 2.4))[1] for _ in range(6)]
    return Figure(
        "depth cloud to field (median)", float(np.median(times[1:])), "ms", 80.0, "lower", 5
    )
