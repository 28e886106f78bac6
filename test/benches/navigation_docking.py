"""Docking from +-0.15 m and +-15 degrees beside the staging pose, by the lidar alone.

A flat room with 1 cm of lidar noise and wheels that slip by 2 %. The charger is a box before a
wall that has been moved by up to 5 cm each way and turned by up to 5 degrees since its place was
written down. It charges within 15 mm, 15 mm and 3 degrees. Errors are those of the robot that
has ended its first attempt, against where the charger really is.

Then the same in the simulator (``_home_world``): the apartment, its shipped map, physics, wheels,
lidar, depth camera, localisation, the velocity gate. The robot comes from 0.6 m further away, with
its face to the charger; the battery says whether it charges, then the robot leaves it again.
"""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from hearth_cli.bench import Figure, Options, Report, load
from hearth_core.geometry import Pose2
from hearth_core.home import load_home
from hearth_navigation.core import errands
from hearth_navigation.core import grid as grids
from hearth_navigation.core.dock_motion import DockMotion
from hearth_navigation.core.docking import DockConfig, staging
from hearth_navigation.core.driving import Driving, DrivingConfig
from hearth_navigation.core.errands import Errand
from hearth_navigation.core.footprint import Footprint
from hearth_navigation.core.odometry import OdometryBuffer
from hearth_navigation.core.relocalizer import Beams
from hearth_navigation.core.scan import free_lengths, to_points
from hearth_navigation.fakes.flat_robot import ANGLES, cast
from hearth_navigation.navigator_config import FOOTPRINT as ROBOT
from hearth_navigation.navigator_config import parse_footprint

Array = npt.NDArray[np.float64]
FOOTPRINT = Footprint(
    ((0.42, -0.17), (0.42, 0.17), (0.25, 0.25), (-0.25, 0.25), (-0.25, -0.25), (0.25, -0.25))
)
LIDAR = Pose2(-0.1, 0.0, 0.0)
PERIOD, REACH, WALL = 0.05, 12.0, 0.03
MOVED, TURNED = 0.05, math.radians(5.0)
CONTACTS = (0.015, 0.015, math.radians(3.0))


class Room:
    """Truth: the charger at the origin's side of a room of 4 x 3 m."""

    def __init__(self, dock: Pose2, robot: Pose2, seed: int) -> None:
        self.dock, self.pose, self.now = dock, robot, 0.0
        self.odom, self.velocity = Pose2(), (0.0, 0.0, 0.0)
        self._random = np.random.default_rng([seed, 5])
        back = dock @ Pose2(-0.38, 0.0)
        box = back.apply(np.array([[0.04, 0.15], [-0.04, 0.15], [-0.04, -0.15], [0.04, -0.15]]))
        x = -0.42 - WALL
        room = np.array([[x, -1.5], [4.0, -1.5], [4.0, 1.5], [x, 1.5]])
        self._segments = np.concatenate(
            [np.hstack([corners, np.roll(corners, -1, axis=0)]) for corners in (box, room)]
        )

    def drive(self, command: tuple[float, float, float]) -> None:
        """One period, accelerating at most 1 m/s2 and 2.5 rad/s2."""
        dx, dy = command[0] - self.velocity[0], command[1] - self.velocity[1]
        share = min(1.0, PERIOD / max(math.hypot(dx, dy), 1e-9))
        dw = min(max(command[2] - self.velocity[2], -2.5 * PERIOD), 2.5 * PERIOD)
        vx, vy, wz = self.velocity
        vx, vy, wz = vx + share * dx, vy + share * dy, wz + dw
        self.velocity = vx, vy, wz
        step = Pose2(vx * PERIOD, vy * PERIOD, wz * PERIOD)
        self.pose = self.pose @ step
        slip = 1.0 + self._random.normal(0.0, 0.02, 3)
        self.odom = self.odom @ Pose2(step.x * slip[0], step.y * slip[1], step.yaw * slip[2])
        self.now += PERIOD

    def scan(self) -> tuple[Beams, Array]:
        """What the lidar sees."""
        ranges = cast(self._segments, np.zeros((0, 3)), self.pose @ LIDAR)
        ranges = ranges + self._random.normal(0.0, 0.01, len(ranges))
        ranges[self._random.random(len(ranges)) < 0.002] = np.nan
        single = ranges.astype(np.float32)
        points = to_points(single, ANGLES, LIDAR, 0.05, REACH)
        return Beams(points, ranges, ANGLES, LIDAR, REACH), free_lengths(single, 0.05, REACH)

    @property
    def error(self) -> Pose2:
        """The robot seen from where it should stand."""
        return self.dock.inverse() @ self.pose

    @property
    def charges(self) -> bool:
        """Whether the contacts touch."""
        off = self.error
        return all(
            abs(value) < most
            for value, most in zip((off.x, off.y, off.yaw), CONTACTS, strict=True)
        )


def run(options: Options) -> Report:
    """Random starts and chargers; ``--starts`` says how many."""
    parser = argparse.ArgumentParser(prog="hearth bench navigation_docking")
    parser.add_argument("--starts", type=int, default=12 if options.quick else 200)
    parser.add_argument("--physics", type=int, default=2 if options.quick else 50)
    own, _ = parser.parse_known_args(options.rest)
    seed = options.seeds[0] if options.seeds else 0
    flat = [_told(_dock(seed, k)) for k in range(own.starts)]
    simulated = _Simulated(options.root)
    physics = [_told(simulated.dock(seed, k)) for k in range(own.physics)]
    figures = _figures("docking", flat) + _figures("docking in the simulator", physics)
    if physics:
        left = float(np.mean([s["left"] for s in physics]))
        touched = sum(s["touched"] != "" for s in physics)
        figures += [
            Figure("undocking in the simulator", left, "", 1.0, "higher", len(physics)),
            Figure("contacts while docking, undocking", touched, "", 0, "lower", len(physics)),
        ]
    return Report(figures, flat + physics)


def _told(row: dict[str, Any]) -> dict[str, Any]:
    sys.stdout.write(
        f"{'ok  ' if row['first'] else 'FAIL'} lateral {1000 * row['lateral']:5.1f} mm "
        f"yaw {math.degrees(row['yaw']):5.2f} deg  {row['seconds']:.1f} s {row['problem']} "
        f"{row.get('touched', '')}\n"
    )
    sys.stdout.flush()
    return row


def _figures(name: str, samples: list[dict[str, Any]]) -> list[Figure]:
    n = len(samples)
    if not n:
        return []
    there = [s for s in samples if not s["problem"]]
    lateral = 1000.0 * np.abs([s["lateral"] for s in there])
    yaw = np.degrees(np.abs([s["yaw"] for s in there]))
    first = float(np.mean([s["first"] for s in samples]))
    seconds = _p95(np.array([s["seconds"] for s in samples]))
    return [
        Figure(f"{name}: charges at the first try", first, "", 0.98, "higher", n),
        Figure(f"{name}: lateral, p95", _p95(lateral), "mm", 8.0, "lower", len(there)),
        Figure(f"{name}: yaw, p95", _p95(yaw), "deg", 1.0, "lower", len(there)),
        Figure(f"{name}: simulated time, p95", seconds, "s", 30.0, "lower", n),
    ]


def _p95(values: Array) -> float:
    return float(np.percentile(values, 95)) if len(values) else math.inf


def _start(random: np.random.Generator, dock: Pose2) -> Pose2:
    """Somewhere around the staging pose of a charger."""
    return staging(DockConfig(), dock) @ Pose2(
        *random.uniform(-0.15, 0.15, 2), math.radians(random.uniform(-15.0, 15.0))
    )


def _problem(motion: DockMotion, errand: Errand) -> str:
    """Why it did not come onto the charger; empty: it did."""
    message = "took too long" if errand.ending is None else errand.ending.message
    return motion.problem or ("" if message == "done" else message)


class _Simulated:
    """The apartment in the simulator."""

    def __init__(self, root: Path) -> None:
        self._worlds = load(root, "_home_world")
        self._home = load_home(root / "config" / "homes" / "apartment.yaml")
        self._known = grids.load(root / "config" / "maps" / "apartment" / "map.yaml")

    def dock(self, seed: int, k: int) -> dict[str, Any]:
        """One start: onto the charger, and off it again."""
        charger = self._home.charger
        start = _start(np.random.default_rng([seed, k, 1]), charger)
        away = staging(DockConfig(), charger) @ Pose2(0.6, 0.0, math.pi)
        world = self._worlds.HomeWorld(
            self._home, 1000 * seed + k, self._known, parse_footprint(ROBOT), away
        )
        world.look(True)
        for _ in range(10):
            world.tick()
        trip = world.driving.begin([start])
        while trip.ending is None and world.world.now < 60.0:
            world.tick()
        motion = DockMotion(DockConfig(), world.driving.pose(world.world.now).inverse() @ charger)
        seconds, errand = self._do(world, Errand(motion, errands.BACK_UP))
        charges, off = world.charges, charger.inverse() @ world.pose
        problem = _problem(motion, errand)
        leave = errands.Straight(DockConfig().staging, 0.15)
        self._do(world, Errand(leave, errands.DRIVE_ON_HEADING))
        return {
            "first": charges and not problem,
            "lateral": off.y,
            "along": off.x,
            "yaw": off.yaw,
            "seconds": seconds,
            "problem": problem,
            "left": not world.charges and world.pose.distance(charger) > 0.4,
            "touched": "; ".join(world.contacts()[:2]),
        }

    @staticmethod
    def _do(world: Any, errand: Errand) -> tuple[float, Errand]:
        """How long it took [s]; the base stands afterwards."""
        began = world.world.now
        world.driving.begin_errand(errand)
        while errand.ending is None and world.world.now - began < 60.0:
            world.tick()
        seconds = world.world.now - began
        world.driving.finish_errand(errand)
        for _ in range(10):
            world.tick()
        return seconds, errand


def _dock(seed: int, k: int) -> dict[str, Any]:
    random = np.random.default_rng([seed, k])
    dock = Pose2(*random.uniform(-MOVED, MOVED, 2), random.uniform(-TURNED, TURNED))
    # The wall does not give way: the charger is moved along it and off it.
    dock = Pose2(abs(dock.x), dock.y, dock.yaw)
    start = _start(random, Pose2())
    room = Room(dock, start, 1000 * seed + k)
    odometry = OdometryBuffer()
    driving = Driving(DrivingConfig(), FOOTPRINT, odometry)
    motion = DockMotion(DockConfig(), start.inverse())
    errand = Errand(motion, errands.BACK_UP)
    driving.begin_errand(errand)
    ticks = 0
    while errand.ending is None and room.now < 60.0:
        odometry.add(room.now, room.odom, room.velocity)
        if ticks % 2 == 0:
            driving.on_scan(room.now, room.odom, *room.scan())
        room.drive(driving.cycle(room.now) or (0.0, 0.0, 0.0))
        ticks += 1
    problem = _problem(motion, errand)
    off = room.error
    return {
        "first": room.charges and not problem,
        "lateral": off.y,
        "along": off.x,
        "yaw": off.yaw,
        "seconds": room.now,
        "problem": problem,
    }
