"""Docking from +-0.15 m and +-15 degrees beside the staging pose, by the lidar alone.

A flat room with 1 cm of lidar noise and wheels that slip by 2 %. The charger is a box before a
wall that has been moved by up to 5 cm each way and turned by up to 5 degrees since its place was
written down. It charges within 15 mm, 15 mm and 3 degrees. Errors are those of the robot that
has ended its first attempt, against where the charger really is.
"""

from __future__ import annotations

import argparse
import math
import sys
from typing import Any

import numpy as np
import numpy.typing as npt
from hearth_cli.bench import Figure, Options, Report
from hearth_core.geometry import Pose2
from hearth_navigation.core import errands
from hearth_navigation.core.dock_motion import DockMotion
from hearth_navigation.core.docking import DockConfig, staging
from hearth_navigation.core.driving import Driving, DrivingConfig
from hearth_navigation.core.errands import Errand
from hearth_navigation.core.footprint import Footprint
from hearth_navigation.core.odometry import OdometryBuffer
from hearth_navigation.core.relocalizer import Beams
from hearth_navigation.core.scan import free_lengths, to_points
from hearth_navigation.fakes.flat_robot import ANGLES, cast

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
    own, _ = parser.parse_known_args(options.rest)
    seed = options.seeds[0] if options.seeds else 0
    samples = [_dock(seed, k) for k in range(own.starts)]
    for k, row in enumerate(samples):
        sys.stdout.write(
            f"{k:3d} {'ok  ' if row['first'] else 'FAIL'} lateral {1000 * row['lateral']:5.1f} mm "
            f"yaw {math.degrees(row['yaw']):5.2f} deg  {row['seconds']:.1f} s {row['problem']}\n"
        )
    n = len(samples)
    there = [s for s in samples if not s["problem"]]
    lateral = 1000.0 * np.abs([s["lateral"] for s in there])
    yaw = np.degrees(np.abs([s["yaw"] for s in there]))
    return Report(
        [
            Figure(
                "docking: charges at the first try",
                float(np.mean([s["first"] for s in samples])),
                "",
                0.98,
                "higher",
                n,
            ),
            Figure("docking: lateral, p95", _p95(lateral), "mm", 8.0, "lower", len(there)),
            Figure("docking: yaw, p95", _p95(yaw), "deg", 1.0, "lower", len(there)),
            Figure(
                "docking: simulated time, p95",
                _p95(np.array([s["seconds"] for s in samples])),
                "s",
                30.0,
                "lower",
                n,
            ),
        ],
        samples,
    )


def _p95(values: Array) -> float:
    return float(np.percentile(values, 95)) if len(values) else math.inf


def _dock(seed: int, k: int) -> dict[str, Any]:
    random = np.random.default_rng([seed, k])
    dock = Pose2(*random.uniform(-MOVED, MOVED, 2), random.uniform(-TURNED, TURNED))
    # The wall does not give way: the charger is moved along it and off it.
    dock = Pose2(abs(dock.x), dock.y, dock.yaw)
    start = staging(DockConfig(), Pose2()) @ Pose2(
        *random.uniform(-0.15, 0.15, 2), math.radians(random.uniform(-15.0, 15.0))
    )
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
    message = "took 60 s" if errand.ending is None else errand.ending.message
    problem = motion.problem or ("" if message == "done" else message)
    off = room.error
    return {
        "first": room.charges and not problem,
        "lateral": off.y,
        "along": off.x,
        "yaw": off.yaw,
        "seconds": room.now,
        "problem": problem,
    }
