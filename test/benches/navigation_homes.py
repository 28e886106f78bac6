"""Random goals in generated homes whose furniture has moved since the map was made.

The simulator's physics, lidar, wheels and depth camera (``_home_world``); the robot knows a map of
the home as it was, its home file and its start pose. Truth judges: every contact of any part of
the robot, the way driven, the goal. Goals are free and can be reached in truth, at least 1 m off.

``World`` and ``Robot`` below are a flat world that ``navigation_people`` drives in: outline, lidar
with 1 cm of noise and wheels that slip by 2 %.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from hearth_cli.bench import Figure, Options, Report, load
from hearth_core.geometry import Pose2
from hearth_navigation.core.driving import Driving, DrivingConfig
from hearth_navigation.core.field import Field, clearance_field, surface_field
from hearth_navigation.core.grid import FREE, OCCUPIED, Grid
from hearth_navigation.core.localizer import Localizer
from hearth_navigation.core.odometry import OdometryBuffer
from hearth_navigation.core.planner import PlanError, Planner
from hearth_navigation.core.raycast import expected_ranges
from hearth_navigation.core.relocalizer import Beams
from hearth_navigation.core.scan import free_lengths, to_points
from hearth_navigation.fakes.drawing import draw_map
from hearth_navigation.navigator_config import FOOTPRINT as DEFAULT_FOOTPRINT
from hearth_navigation.navigator_config import parse_footprint
from hearth_sim.core.home import generate_home, scenario
from hearth_sim.core.home.occupancy import nominal_occupancy

Array = npt.NDArray[np.float64]
FOOTPRINT = parse_footprint(DEFAULT_FOOTPRINT)
LIDAR = Pose2(-0.1, 0.0, 0.0)
REACH, PERIOD, RESOLUTION = 12.0, 0.05, 0.025
LEG = 0.07
"""Radius of a leg [m]; a person has two, 0.2 m apart."""


def to_grid(occupied: npt.NDArray[np.bool_], origin: tuple[float, float]) -> Grid:
    """A map of what a home's file shows."""
    cells = np.where(occupied, OCCUPIED, FREE).astype(np.int8)
    return Grid(cells, RESOLUTION, origin)


@dataclass
class World:
    """Truth."""

    grid: Grid
    pose: Pose2
    seed: int
    people: Array = field(default_factory=lambda: np.zeros((0, 4)))
    """Rows x, y, vx, vy."""
    velocity: tuple[float, float, float] = (0.0, 0.0, 0.0)
    odom: Pose2 = field(default_factory=Pose2)
    now: float = 0.0
    driven: float = 0.0

    def __post_init__(self) -> None:
        self.random = np.random.default_rng(self.seed)
        self.angles = np.linspace(-math.pi, math.pi, 360, endpoint=False)
        self.surface = surface_field(self.grid)
        blocked = self.grid.cells != FREE
        self.clearance = clearance_field(blocked, self.grid.resolution, self.grid.origin)

    def drive(self, command: tuple[float, float, float]) -> None:
        """One period, accelerating at most 1 m/s2 and 2.5 rad/s2."""
        dx, dy = command[0] - self.velocity[0], command[1] - self.velocity[1]
        share = min(1.0, PERIOD / max(math.hypot(dx, dy), 1e-9))
        dw = min(max(command[2] - self.velocity[2], -2.5 * PERIOD), 2.5 * PERIOD)
        vx, vy, wz = self.velocity
        self.velocity = vx, vy, wz = vx + share * dx, vy + share * dy, wz + dw
        half = Pose2(0.0, 0.0, 0.5 * wz * PERIOD)
        step = half @ Pose2(vx * PERIOD, vy * PERIOD, 0.0) @ half
        self.pose = self.pose @ step
        slip = 1.0 + self.random.normal(0.0, 0.02, 3)
        self.odom = self.odom @ Pose2(step.x * slip[0], step.y * slip[1], step.yaw * slip[2])
        self.driven += math.hypot(step.x, step.y)
        self.now += PERIOD

    def scan(self) -> tuple[Beams, Array]:
        """What the lidar sees: the home and people's legs."""
        lidar = self.pose @ LIDAR
        ranges = expected_ranges(self.surface, lidar, self.angles, REACH)
        for x, y, vx, vy in self.people:
            heading = math.atan2(vy, vx)
            for side in (-0.1, 0.1):
                leg = x - side * math.sin(heading), y + side * math.cos(heading)
                ranges = np.minimum(ranges, self._circle(lidar, leg))
        ranges = ranges + self.random.normal(0.0, 0.01, len(ranges))
        single = ranges.astype(np.float32)
        points = to_points(single, self.angles, LIDAR, 0.05, REACH)
        return Beams(points, ranges, self.angles, LIDAR, REACH), free_lengths(single, 0.05, REACH)

    def _circle(self, lidar: Pose2, centre: tuple[float, float]) -> Array:
        dx, dy = centre[0] - lidar.x, centre[1] - lidar.y
        c, s = np.cos(self.angles + lidar.yaw), np.sin(self.angles + lidar.yaw)
        along, across = dx * c + dy * s, -dx * s + dy * c
        hit = (np.abs(across) < LEG) & (along > 0.0)
        return np.where(hit, along - np.sqrt(np.maximum(LEG**2 - across**2, 0.0)), np.inf)


class Robot:
    """The robot's own software around a world."""

    def __init__(self, known: Grid, world: World) -> None:
        self.world = world
        self.odometry = OdometryBuffer()
        self.driving = Driving(DrivingConfig(), FOOTPRINT, self.odometry)
        self.driving.set_grid(known)
        self.localizer = Localizer(known)
        self.localizer.set_pose(world.pose)
        self.cpu = 0.0
        self._ticks = 0

    def tick(self) -> None:
        """One control period; scans come every second one."""
        world = self.world
        seen = world.scan() if self._ticks % 2 == 0 else None
        began = time.thread_time()
        self.odometry.add(world.now, world.odom, world.velocity)
        if seen is not None:
            estimate = self.localizer.update(world.now, world.odom, seen[0])
            if estimate.map_from_odom is not None:
                self.driving.on_localization(world.now, estimate.map_from_odom)
            self.driving.on_scan(world.now, world.odom, *seen)
        velocity = self.driving.cycle(world.now)
        self.driving.plan(world.now)
        self.cpu += time.thread_time() - began
        world.drive(velocity or (0.0, 0.0, 0.0))
        self._ticks += 1


def run(options: Options) -> Report:
    """Goals in turn in each home; ``--homes`` and ``--goals`` say how many."""
    parser = argparse.ArgumentParser(prog="hearth bench navigation_homes")
    parser.add_argument("--homes", type=int, default=1 if options.quick else 20)
    parser.add_argument("--goals", type=int, default=2 if options.quick else 25, help="a home")
    own, _ = parser.parse_known_args(options.rest)
    simulated = load(options.root, "_home_world")
    samples: list[dict[str, Any]] = []
    for number in options.seeds or range(own.homes):
        samples += _home(simulated, number, own.goals, options.plots)
    n = len(samples)
    wins = float(np.mean([s["success"] for s in samples]))
    contacts = sum(s["contact"] != "" for s in samples)
    spl = [s["success"] * s["shortest"] / max(s["shortest"], s["driven"], 1e-6) for s in samples]
    cpu = sum(s["cpu"] for s in samples) / sum(s["seconds"] for s in samples)
    return Report(
        [
            Figure("goals in generated homes reached", wins, "", 0.99, "higher", n),
            Figure("contacts caused by the robot", contacts, "", 0.0, "lower", n),
            Figure("SPL in generated homes", float(np.mean(spl)), "", 0.9, "higher", n),
            Figure("navigation's CPU while driving", cpu, "cores", 0.25, "lower", n),
        ],
        samples,
    )


def _home(simulated: Any, number: int, goals: int, plots: Path | None) -> list[dict[str, Any]]:
    nominal = generate_home(number)
    known = simulated.survey(nominal, number)
    drawn = scenario(nominal, number + 1)
    floor = nominal_occupancy(drawn.home, RESOLUTION)
    truth = clearance_field(floor.occupied, RESOLUTION, floor.origin)
    robot = simulated.HomeWorld(nominal, number + 1, known, FOOTPRINT)
    random, planner = np.random.default_rng(number), Planner()
    for _ in range(10):
        robot.tick()
    robot.contacts()
    rows, tracks = [], []
    for k in range(goals):
        goal, shortest = _draw(random, truth, robot, planner)
        row, track = _drive(robot, goal, shortest)
        rows.append({"home": number, "goal": k, **row})
        tracks.append(track)
        sys.stdout.write(
            f"home {number:2d} goal {k:2d}  {'ok  ' if row['success'] else 'FAIL'} "
            f"{row['seconds']:5.1f} s  {row['driven']:5.1f} of {row['shortest']:5.1f} m  "
            f"{row['message']} {row['contact']}\n"
        )
        sys.stdout.flush()
    if plots is not None:
        names = {f"goal {k}": track for k, track in enumerate(tracks[:12])}
        draw_map(plots / f"homes_{number}.png", f"Home {number}: driven", known, names)
    return rows


def _draw(
    random: np.random.Generator, truth: Field, robot: Any, planner: Planner
) -> tuple[Pose2, float]:
    """A pose that is free and can be reached in truth, and the way there [m]."""
    known = robot.driving.snapshot.clearance
    cells = np.argwhere(truth.values > FOOTPRINT.inscribed + 0.03)
    while True:
        row, column = cells[random.integers(len(cells))]
        x = truth.origin[0] + (column + 0.5) * truth.resolution
        y = truth.origin[1] + (row + 0.5) * truth.resolution
        goal = Pose2(float(x), float(y), float(random.uniform(-math.pi, math.pi)))
        if min(FOOTPRINT.clearance(item, goal) for item in (truth, known)) < 0.05:
            continue
        if goal.distance(robot.pose) < 1.0:
            continue
        try:
            return goal, planner.plan(truth, FOOTPRINT, robot.pose, goal).length
        except PlanError:
            continue


def _drive(robot: Any, goal: Pose2, shortest: float) -> tuple[dict[str, Any], list[Pose2]]:
    began, driven, cpu = robot.world.now, robot.driven, robot.cpu
    trip = robot.driving.begin([goal])
    robot.look(True)
    track = []
    while trip.ending is None and robot.world.now - began < 240.0:
        robot.tick()
        track.append(robot.pose)
    code = trip.ending.code if trip.ending is not None else -1
    message = trip.ending.message if trip.ending is not None else "took 240 s"
    seconds = robot.world.now - began
    robot.driving.finish(trip)
    for _ in range(12):
        robot.tick()
    robot.look(False)
    off = robot.pose.distance(goal)
    touched = "; ".join(robot.contacts()[:2])
    return {
        "success": code == 0 and off < 0.1 and not touched,
        "contact": touched,
        "seconds": seconds,
        "driven": robot.driven - driven,
        "shortest": shortest,
        "off": off,
        "cpu": robot.cpu - cpu,
        "message": message,
    }, track
