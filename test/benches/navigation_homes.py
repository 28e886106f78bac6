"""Random goals in generated homes whose furniture has moved since the map was made.

A flat world: the robot's outline, lidar with 1 cm of noise and wheels that slip by 2 %. The robot
knows the map of the nominal home and its start pose; localisation, costmap, planner, controller
and monitor are the robot's own. Truth judges: contacts of the outline, the way driven, the goal.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from hearth_cli.bench import Figure, Options, Report
from hearth_core.geometry import Pose2
from hearth_navigation.core.driving import Driving, DrivingConfig
from hearth_navigation.core.field import Field, clearance_field, surface_field
from hearth_navigation.core.footprint import Footprint
from hearth_navigation.core.grid import FREE, OCCUPIED, Grid
from hearth_navigation.core.localizer import Localizer
from hearth_navigation.core.odometry import OdometryBuffer
from hearth_navigation.core.planner import PlanError, Planner
from hearth_navigation.core.raycast import expected_ranges
from hearth_navigation.core.relocalizer import Beams
from hearth_navigation.core.scan import free_lengths, to_points
from hearth_sim.core.home import generate_home, scenario
from hearth_sim.core.home.occupancy import nominal_occupancy

Array = npt.NDArray[np.float64]
FOOTPRINT = Footprint(
    ((0.42, -0.17), (0.42, 0.17), (0.25, 0.25), (-0.25, 0.25), (-0.25, -0.25), (0.25, -0.25))
)
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
    parser.add_argument("--goals", type=int, default=1 if options.quick else 25, help="a home")
    own, _ = parser.parse_known_args(options.rest)
    samples: list[dict[str, Any]] = []
    for number in options.seeds or range(own.homes):
        samples += _home(number, own.goals)
    n = len(samples)
    wins = float(np.mean([s["success"] for s in samples]))
    contacts = sum(s["contact"] for s in samples)
    spl = [s["success"] * s["shortest"] / max(s["shortest"], s["driven"], 1e-6) for s in samples]
    seconds = sum(s["seconds"] for s in samples)
    return Report(
        [
            Figure("goals in generated homes reached", wins, "", 0.99, "higher", n),
            Figure("contacts caused by the robot", contacts, "", 0.0, "lower", n),
            Figure("SPL in generated homes", float(np.mean(spl)), "", 0.9, "higher", n),
            Figure(
                "navigation's CPU while driving",
                sum(s["cpu"] for s in samples) / seconds,
                "cores",
                0.25,
                "lower",
                n,
            ),
        ],
        samples,
    )


def _home(number: int, goals: int) -> list[dict[str, Any]]:
    nominal = generate_home(number)
    floor = nominal_occupancy(nominal, RESOLUTION, clutter=False)
    known = to_grid(floor.occupied, floor.origin)
    drawn = scenario(nominal, number + 1)
    truth = to_grid(nominal_occupancy(drawn.home, RESOLUTION).occupied, floor.origin)
    if truth.cells.shape != known.cells.shape:
        raise ValueError(f"home {number}: map and truth differ in size")
    world = World(truth, drawn.starts[0], number)
    robot, random, planner = Robot(known, world), np.random.default_rng(number), Planner()
    rows = []
    for k in range(goals):
        goal, shortest = _draw(random, world, robot.driving, planner)
        rows.append({"home": number, "goal": k, **_drive(robot, goal, shortest)})
        row = rows[-1]
        sys.stdout.write(
            f"home {number:2d} goal {k:2d}  {'ok  ' if row['success'] else 'FAIL'} "
            f"{row['seconds']:5.1f} s  {row['driven']:5.1f} of {row['shortest']:5.1f} m  "
            f"{row['message']}\n"
        )
        sys.stdout.flush()
    return rows


def _draw(
    random: np.random.Generator, world: World, driving: Driving, planner: Planner
) -> tuple[Pose2, float]:
    """A pose that is free and can be reached in truth, and the way there [m]."""
    known = driving.snapshot
    assert known is not None
    room = np.minimum(world.clearance.values, known.clearance.values)
    cells = np.argwhere(room > FOOTPRINT.inscribed + 0.03)
    while True:
        x, y = world.grid.center(*cells[random.integers(len(cells))])
        goal = Pose2(x, y, float(random.uniform(-math.pi, math.pi)))
        fields: tuple[Field, ...] = (world.clearance, known.clearance)
        if min(FOOTPRINT.clearance(item, goal) for item in fields) < 0.05:
            continue
        if goal.distance(world.pose) < 1.0:
            continue
        try:
            return goal, planner.plan(world.clearance, FOOTPRINT, world.pose, goal).length
        except PlanError:
            continue


def _drive(robot: Robot, goal: Pose2, shortest: float) -> dict[str, Any]:
    world = robot.world
    began, driven, cpu, contact = world.now, world.driven, robot.cpu, False
    trip = robot.driving.begin([goal])
    while trip.ending is None and world.now - began < 180.0:
        robot.tick()
        touching = FOOTPRINT.clearance(world.clearance, world.pose) < -0.5 * RESOLUTION
        contact = contact or (touching and math.hypot(*world.velocity) > 0.01)
    code = trip.ending.code if trip.ending is not None else -1
    robot.driving.finish(trip)
    for _ in range(12):
        robot.tick()
    off = world.pose.distance(goal)
    return {
        "success": code == 0 and off < 0.1 and not contact,
        "contact": contact,
        "seconds": world.now - began,
        "driven": world.driven - driven,
        "shortest": shortest,
        "off": off,
        "cpu": robot.cpu - cpu,
        "message": trip.ending.message if trip.ending is not None else "took 180 s",
    }
