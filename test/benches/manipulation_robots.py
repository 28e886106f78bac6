"""Planning for robots that this project does not own; needs no data.

A six-axis arm with the UR5's joints and a torso with Baxter's two arms, from generated files, go
through the same loader as any; both arms are planned together. ``--urdf`` takes another robot
instead. CPU time of the thread, one core.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np
from hearth_cli.bench import Figure, Options, Report, load
from hearth_core.errors import BadInputError
from hearth_core.geometry import Transform
from hearth_manipulation.core.kinematics import Array
from hearth_manipulation.core.loading import load_robot
from hearth_manipulation.core.model import Group, RobotModel
from hearth_manipulation.core.oracle import Oracle
from hearth_manipulation.core.planning import Planner, PlanningError, Target
from hearth_manipulation.core.scene import Scene, Thing
from hearth_manipulation.problem_set import timed
from hearth_manipulation.sample_robots import write_six_axis_arm, write_two_arms

NAN = float("nan")


def run(options: Options) -> Report:
    """All figures; ``--quick`` takes fewer problems.

    ``--urdf FILE [--srdf FILE] [--group G ...] [--package NAME=DIR ...] [--arg NAME:=VALUE ...]``
    measures that robot's groups. ``--fine`` is the judge's step [rad]: with a maker's meshes, the
    judge takes most of the time.
    """
    count = 5 if options.quick else 200
    seed = (options.seeds or (0,))[0]
    parser = argparse.ArgumentParser(prog="hearth bench manipulation_robots")
    parser.add_argument("--urdf", type=Path, metavar="FILE", help="URDF or xacro")
    parser.add_argument("--srdf", type=Path, metavar="FILE", help="default: a group a leaf")
    parser.add_argument("--group", action="append", help="default: all")
    parser.add_argument("--package", action="append", default=[], metavar="NAME=DIR")
    parser.add_argument("--arg", action="append", default=[], metavar="NAME:=VALUE")
    parser.add_argument("--count", type=int, default=count, help="problems a group")
    parser.add_argument("--fine", type=float, default=1.0 / 64.0, help="judge's step [rad]")
    own = parser.parse_args(list(options.rest))
    if own.urdf is not None:
        model = load_robot(
            own.urdf,
            own.srdf,
            packages={k: Path(v) for k, v in (_pair(text, "=") for text in own.package)},
            arguments=dict(_pair(text, ":=") for text in own.arg),
        )
        groups = [model.group(name) for name in own.group or model.groups]
        return Report(
            [
                figure
                for group in groups
                for figure in _plans(group.name, model, group, own.count, seed, NAN, own.fine)
            ]
        )
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as folder:
        arm = load_robot(*write_six_axis_arm(Path(folder)))
        figures += _plans("six-axis arm", arm, arm.group("manipulator"), own.count, seed, NAN)
        two = load_robot(*write_two_arms(Path(folder)))
        figures += _plans("two arms together", two, two.group("both_arms"), own.count, seed, 2.0)
        if options.plots:
            _strip(options.plots, two, two.group("both_arms"), seed)
    figures.append(load(options.root, "manipulation").cloud())
    return Report(figures)


def _pair(text: str, sign: str) -> tuple[str, str]:
    name, found, value = text.partition(sign)
    if not (name and found):
        raise BadInputError(f"{text!r} is not NAME{sign}VALUE")
    return name, value


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
    for _ in range(1000 * count):
        if len(found) == count:
            return found
        q = model.neutral()
        q[dofs] = random.uniform(lower, upper)
        if planner.collision(group.joints, q, scene, 0.01) is None:
            found.append(q)
    raise BadInputError(f"{group.name}: hardly any random posture is free of collisions")


def _plans(
    name: str,
    model: RobotModel,
    group: Group,
    count: int,
    seed: int,
    target: float,
    fine: float = 1.0 / 64.0,
) -> list[Figure]:
    """Plans between free postures, their trajectories, and inverse kinematics of all tips."""
    planner, scene = Planner(model), _room()
    dofs = model.indices(group.joints)
    oracle = Oracle(model, group.joints)
    ends = _free(model, group, scene, 2 * count, seed)
    plans, inverses, hits, solved, reached = [], [], 0, 0, 0
    for i in range(-1, count):  # the first one reads the kernels
        start, goal = ends[2 * max(i, 0)], ends[2 * max(i, 0) + 1]
        path, ms = timed(lambda a=start, b=goal, i=i: planner.plan(  # type: ignore[misc]
            group.joints, a, [b], scene, seed=seed + i + 1))  # fmt: skip
        poses = {tip: Target(model.pose(goal, tip), None, 1e-4, 1e-3) for tip in group.tips}
        answer, spent = timed(lambda a=start, p=poses, i=i: planner.solve(  # type: ignore[misc]
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
        hits += oracle.first_hit(scene, path, fine) is not None
        hits += oracle.first_hit(scene, full, fine) is not None
    return [
        Figure(f"{name}: solved", solved / count, "", 0.98, "higher", count),
        Figure(f"{name}: plan (median)", float(np.median(plans)), "ms", NAN, "lower", count),
        Figure(f"{name}: coal collisions", hits, "", 0.0, "lower", 2 * count),
        Figure(f"{name}: IK solved", reached / count, "", 0.99, "higher", count),
        Figure(f"{name}: IK (median)", float(np.median(inverses)), "ms", target, "lower", count),
    ]


def _strip(folder: Path, model: RobotModel, group: Group, seed: int) -> None:
    """Draw one plan as five moments: the robot's spheres from the front left, the post between."""
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot as plt

    folder.mkdir(parents=True, exist_ok=True)
    planner, scene = Planner(model), _room()
    start, goal = _free(model, group, scene, 2, seed + 7)
    motion = planner.timed(group.joints, planner.plan(group.joints, start, [goal], scene), scene)
    figure = plt.figure(figsize=(15, 3.4))
    for column, share in enumerate(np.linspace(0.0, 1.0, 5)):
        q = start.copy()
        q[model.indices(group.joints)] = motion.at(share * motion.duration)
        rotations, translations = model.place(q)
        link = model.sphere_link
        points = np.einsum("sij,sj->si", rotations[link], model.sphere_center) + translations[link]
        axes = figure.add_subplot(1, 5, column + 1, projection="3d")
        colours = ["tab:blue" if "left" in model.links[i] else "tab:orange" for i in link]
        axes.scatter(*points.T, s=(260.0 * model.sphere_radius) ** 2, c=colours, alpha=0.5)
        for thing in scene.things.values():
            low = thing.pose.translation - 0.5 * thing.size
            axes.bar3d(*low, *thing.size, color="grey", alpha=0.3)
        axes.set_xlim(-0.3, 1.3)
        axes.set_ylim(-0.8, 0.8)
        axes.set_zlim(-0.6, 1.0)
        axes.view_init(25, 35)
        axes.set_axis_off()
        axes.set_title(f"{share * motion.duration:.1f} s")
    figure.tight_layout()
    figure.savefig(folder / "manipulation_two_arms.png", dpi=110)
    plt.close(figure)
