"""Localisation in generated flat homes: people walk, furniture has moved since the mapping."""

from __future__ import annotations

import math
import sys
import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from hearth_cli.bench import Figure, Options, Report
from hearth_core.geometry import Pose2, wrap_angle
from hearth_navigation.core.field import surface_field
from hearth_navigation.core.grid import Grid
from hearth_navigation.core.localizer import Localizer, Status
from hearth_navigation.core.particles import ParticleFilter
from hearth_navigation.core.scan import thin
from hearth_navigation.fakes.drawing import draw_curves, draw_distribution, draw_map
from hearth_navigation.fakes.flat_robot import FlatRobot, follow
from hearth_navigation.fakes.floor_plans import Plan, generate, rearrange, tour
from hearth_navigation.fakes.surveys import places, survey

PERIOD = 0.1
WALKERS = 2


@dataclass
class Tally:
    """What was seen so far."""

    errors: list[float] = field(default_factory=list)
    yaws: list[float] = field(default_factory=list)
    updates: list[float] = field(default_factory=list)
    """CPU time of following one scan [s]."""
    starts: list[str] = field(default_factory=list)
    """``right``, ``silent`` or ``wrong``."""
    searches: list[float] = field(default_factory=list)
    """CPU time of a start [s]."""
    noticed: list[float] = field(default_factory=list)
    """Time until a kidnapping was noticed [s]; inf: never."""
    samples: list[dict[str, Any]] = field(default_factory=list)


def run(options: Options) -> Report:
    """Follow, start without a pose, and kidnap, in every home; then time the particle filter."""
    seeds = options.seeds or tuple(range(3 if options.quick else 20))
    tally = Tally()
    for seed in seeds:
        plan = generate(seed)
        grid = survey(plan, seed)
        day = rearrange(plan, seed)
        _follow(tally, options, seed, grid, day, 150 if options.quick else 500)
        _start(tally, options, seed, grid, day, 10 if options.quick else 50)
        _kidnap(tally, seed, grid, day, 2 if options.quick else 5)
        sys.stdout.write(
            f"home {seed}: following {_rms(tally.errors):.3f} m, starts "
            f"{tally.starts.count('right')} right {tally.starts.count('silent')} silent "
            f"{tally.starts.count('wrong')} wrong of {len(tally.starts)}\n"
        )
        sys.stdout.flush()
    cycle = _particles(grid, day, 100 if options.quick else 300)
    if options.plots:
        draw_distribution(
            options.plots / "localization_errors.png",
            "Error while following",
            {"position [m]": np.array(tally.errors)},
            "error [m]",
        )
    return Report(_figures(tally, cycle), tally.samples)


def _follow(tally: Tally, options: Options, seed: int, grid: Grid, day: Plan, steps: int) -> None:
    points = tour(day, seed + 1)
    robot = FlatRobot(day, Pose2(*points[0], 0.3), seed, walkers=WALKERS)
    localizer = Localizer(grid, seed=seed)
    localizer.set_pose(robot.pose)
    truth, found, errors = [], [], []
    for motion in follow(robot, points, stride=0.05, period=PERIOD)[:steps]:
        robot.step(motion, PERIOD)
        beams, _ = robot.look()
        began = time.process_time()
        estimate = localizer.update(robot.time, robot.odom, beams)
        tally.updates.append(time.process_time() - began)
        truth.append(robot.pose)
        if estimate.pose is None:
            tally.samples.append({"home": seed, "lost_at": robot.time})
            continue
        found.append(estimate.pose)
        errors.append(estimate.pose.distance(robot.pose))
        tally.yaws.append(abs(wrap_angle(estimate.pose.yaw - robot.pose.yaw)))
    tally.errors += errors
    tally.samples.append({"home": seed, "rmse": _rms(errors), "worst": max(errors, default=0.0)})
    if options.plots:
        draw_map(
            options.plots / f"localization_{seed}.png",
            f"Home {seed}: following",
            grid,
            {"truth": truth, "localisation": found},
        )
        draw_curves(
            options.plots / f"localization_{seed}_error.png",
            f"Home {seed}: error of position",
            {"error": np.array(errors)},
            "scan",
            "error [m]",
            0.1,
        )


def _start(tally: Tally, options: Options, seed: int, grid: Grid, day: Plan, count: int) -> None:
    localizer = Localizer(grid, seed=seed)
    kinds: dict[str, list[Pose2]] = {"right": [], "silent": [], "wrong": []}
    for k, pose in enumerate(places(day, count, seed)):
        robot = FlatRobot(day, pose, 1000 * seed + k, walkers=WALKERS)
        beams, _ = robot.look()
        localizer.forget()
        began = time.process_time()
        estimate = localizer.update(float(k), robot.odom, beams)
        tally.searches.append(time.process_time() - began)
        kind = (
            "silent"
            if estimate.pose is None
            else "right"
            if _near(estimate.pose, pose)
            else "wrong"
        )
        kinds[kind].append(pose)
        tally.starts.append(kind)
        tally.samples.append(
            {
                "home": seed,
                "start": [pose.x, pose.y, pose.yaw],
                "kind": kind,
                "agree": estimate.agree,
                "guesses": estimate.guesses,
            }
        )
    if options.plots:
        draw_map(
            options.plots / f"localization_{seed}_starts.png",
            f"Home {seed}: starts without a pose",
            grid,
            {},
            kinds,
        )


def _kidnap(tally: Tally, seed: int, grid: Grid, day: Plan, count: int) -> None:
    """Carried elsewhere while the wheels stand still."""
    spots = places(day, 2 * count, seed + 500)
    for k in range(count):
        robot = FlatRobot(day, spots[2 * k], 1000 * seed + k, walkers=WALKERS)
        localizer = Localizer(grid, seed=seed)
        localizer.set_pose(robot.pose)
        for _ in range(5):
            robot.step(Pose2(), PERIOD)
            localizer.update(robot.time, robot.odom, robot.look()[0])
        if localizer.status is not Status.LOCALIZED or spots[2 * k].distance(spots[2 * k + 1]) < 1:
            continue
        robot.pose, began = spots[2 * k + 1], robot.time
        noticed = math.inf
        while robot.time - began < 5.0:
            robot.step(Pose2(), PERIOD)
            estimate = localizer.update(robot.time, robot.odom, robot.look()[0])
            if estimate.pose is None or _near(estimate.pose, robot.pose):
                noticed = robot.time - began
                break
        tally.noticed.append(noticed)
        tally.samples.append({"home": seed, "kidnapped": k, "noticed": min(noticed, 99.0)})


def _particles(grid: Grid, day: Plan, cycles: int) -> list[float]:
    """CPU time of whole cycles of the filter with 2000 particles and 60 beams [s]."""
    surface = surface_field(grid)
    pose = places(day, 1, 3)[0]
    points = thin(FlatRobot(day, pose, 1).look()[0].points, 60)
    particles = ParticleFilter(2000, seed=1)
    particles.spread([pose], 0.2, 0.2)
    result = []
    for _ in range(cycles):
        began = time.process_time()
        particles.predict(Pose2(0.05, 0.0, 0.02))
        particles.correct(surface, points)
        result.append(time.process_time() - began)
        particles.spread([pose], 0.2, 0.2)
    return result


def _near(a: Pose2, b: Pose2) -> bool:
    return a.distance(b) < 0.2 and abs(wrap_angle(a.yaw - b.yaw)) < math.radians(5.0)


def _rms(values: list[float]) -> float:
    return math.sqrt(float(np.mean(np.square(values)))) if values else math.nan


def _figures(tally: Tally, cycle: list[float]) -> list[Figure]:
    n, starts = len(tally.errors), len(tally.starts)
    noticed = np.array(tally.noticed)
    following = n / max(1, len(tally.updates))
    return [
        Figure("following: RMSE", _rms(tally.errors), "m", 0.03, "lower", n),
        Figure("following: p99", float(np.quantile(tally.errors, 0.99)), "m", 0.10, "lower", n),
        Figure("following: yaw RMSE", math.degrees(_rms(tally.yaws)), "deg", 0.5, "lower", n),
        Figure("following: share of scans with a pose", following, "", 0.99, "higher", n),
        Figure(
            "following: update, CPU p50",
            1e3 * float(np.median(tally.updates)),
            "ms",
            math.nan,
            "lower",
            n,
        ),
        Figure(
            "particle filter 2000 x 60, CPU p50",
            1e3 * float(np.median(cycle)),
            "ms",
            1.5,
            "lower",
            len(cycle),
        ),
        Figure(
            "start without a pose: right",
            tally.starts.count("right") / starts,
            "",
            0.97,
            "higher",
            starts,
        ),
        Figure(
            "start without a pose: wrong and confident",
            tally.starts.count("wrong") / starts,
            "",
            0.005,
            "lower",
            starts,
        ),
        Figure(
            "start without a pose: ambiguity declared",
            tally.starts.count("silent") / starts,
            "",
            math.nan,
            "lower",
            starts,
        ),
        Figure(
            "start without a pose: CPU p99",
            1e3 * float(np.quantile(tally.searches, 0.99)),
            "ms",
            250.0,
            "lower",
            starts,
        ),
        Figure("kidnapping noticed: worst", float(noticed.max()), "s", 2.0, "lower", len(noticed)),
    ]
