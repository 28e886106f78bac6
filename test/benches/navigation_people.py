"""Encounters with people: crossing, oncoming in a corridor, standing in a door until spoken to.

The flat world of ``navigation_homes``. People walk straight at 0.6 to 1.3 m/s and do not look
where they go, but stop when the robot's outline is 0.3 m before them, as people do. A contact is
the robot's if it was moving. The same drive without anybody gives the empty time.
"""

from __future__ import annotations

import argparse
import math
import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from hearth_cli.bench import Figure, Options, Report, load
from hearth_core.geometry import Pose2
from hearth_navigation.core.grid import FREE, OCCUPIED, Grid
from hearth_navigation.core.mppi_kernels import person_gap

Array = npt.NDArray[np.float64]
RADIUS = 0.2
KINDS = ("crossing", "oncoming", "doorway")


@dataclass
class Walker:
    """One person of the simulation."""

    start: tuple[float, float]
    end: tuple[float, float]
    speed: float
    waits: float
    """Before it walks [s]."""
    along: float = 0.0

    def row(self, now: float, moving: bool) -> tuple[float, float, float, float]:
        """Position and velocity."""
        length = math.dist(self.start, self.end)
        ux, uy = (self.end[0] - self.start[0]) / length, (self.end[1] - self.start[1]) / length
        walks = moving and now >= self.waits and self.along < length
        x, y = self.start[0] + ux * self.along, self.start[1] + uy * self.along
        speed = self.speed if walks else 1e-6
        return x, y, ux * speed, uy * speed

    def advance(self, now: float, free: bool, period: float) -> None:
        """Walk on unless something stands close before it."""
        if free and now >= self.waits and self.along < math.dist(self.start, self.end):
            self.along += self.speed * period


def floor() -> Grid:
    """A corridor of 1.8 m and a room, joined by a door of 0.9 m; 8 x 5 m at 2.5 cm."""
    cells = np.full((200, 320), OCCUPIED, np.int8)
    cells[8:80, 8:312] = FREE  # corridor y 0.2 .. 2.0
    cells[84:192, 8:312] = FREE  # room y 2.1 .. 4.8
    cells[80:84, 200:236] = FREE  # door x 5.0 .. 5.9
    return Grid(cells, 0.025, (0.0, 0.0))


def draw(kind: str, random: np.random.Generator) -> tuple[Pose2, Pose2, Walker]:
    """Start and goal of the robot, and who it meets."""
    speed = float(random.uniform(0.6, 1.3))
    if kind == "crossing":
        x = float(random.uniform(2.5, 5.0))
        y0, y1 = (4.5, 2.4) if random.random() < 0.5 else (2.4, 4.5)
        walker = Walker((x, y0), (x, y1), speed, float(random.uniform(1.0, 8.0)))
        return Pose2(0.8, 3.4, 0.0), Pose2(7.0, 3.4, 0.0), walker
    if kind == "oncoming":
        y = float(random.uniform(0.6, 1.6))
        walker = Walker((7.2, y), (0.6, y), speed, float(random.uniform(0.0, 4.0)))
        return Pose2(0.8, 1.1, 0.0), Pose2(7.0, 1.1, 0.0), walker
    walker = Walker((5.45, 3.2), (5.45, 1.1), speed, float(random.uniform(2.0, 10.0)))
    return Pose2(2.0, 1.1, 0.0), Pose2(2.0, 3.6, math.pi), walker


def run(options: Options) -> Report:
    """A third of each kind."""
    parser = argparse.ArgumentParser(prog="hearth bench navigation_people")
    parser.add_argument("--encounters", type=int, default=3 if options.quick else 200)
    own, _ = parser.parse_known_args(options.rest)
    homes = load(options.root, "navigation_homes")
    empty = {}
    samples: list[dict[str, Any]] = []
    for k in range(own.encounters):
        kind = KINDS[k % 3]
        random = np.random.default_rng([options.seeds[0] if options.seeds else 0, k])
        start, goal, walker = draw(kind, random)
        if kind not in empty:
            empty[kind] = _meet(homes, start, goal, None, 0)["seconds"]
        row = _meet(homes, start, goal, walker, k)
        row = {"kind": kind, **row, "ratio": row["seconds"] / empty[kind]}
        samples.append(row)
        sys.stdout.write(
            f"{k:3d} {kind:9s} {row['verdict']:14s} gap moving {row['gap']:.2f} m  "
            f"{row['seconds']:.1f} s = {row['ratio']:.2f} x empty\n"
        )
        sys.stdout.flush()
    n = len(samples)

    def mean(values: list[float]) -> float:
        return float(np.mean(values))

    contacts = sum(s["contact"] for s in samples)
    kept = mean([s["gap"] >= 0.4 for s in samples])
    ratio = mean([s["ratio"] for s in samples])
    reached = mean([s["verdict"] == "goal reached" for s in samples])
    return Report(
        [
            Figure("encounters: contacts caused by the robot", contacts, "", 0.0, "lower", n),
            Figure("encounters: gap 0.4 m kept while moving", kept, "", 0.99, "higher", n),
            Figure("encounters: time over the empty time", ratio, "", 1.4, "lower", n),
            Figure("encounters: goal reached", reached, "", 1.0, "higher", n),
        ],
        samples,
    )


def _meet(
    homes: Any, start: Pose2, goal: Pose2, walker: Walker | None, seed: int
) -> dict[str, Any]:
    grid = floor()
    world = homes.World(grid, start, seed)
    robot = homes.Robot(grid, world)
    for _ in range(4):
        robot.tick()
    trip = robot.driving.begin([goal])
    began, least, contact = world.now, math.inf, False
    box = homes.FOOTPRINT.box
    while trip.ending is None and world.now - began < 90.0:
        if walker is not None:
            now = world.now - began
            x, y, vx, vy = walker.row(now, moving=True)
            here = _gap(box, world.pose, x, y)
            toward = _gap(box, world.pose, x + 0.1 * vx, y + 0.1 * vy) < here
            walks = not (toward and here < 0.3)
            walker.advance(now, walks, homes.PERIOD)
            world.people = np.array([walker.row(now, moving=walks)])
            gap = _gap(box, world.pose, *walker.row(now, moving=walks)[:2])
            moving = math.hypot(*world.velocity[:2]) > 0.05
            contact = contact or (moving and gap < 0.0)
            if moving and _nears(world, walker, box, homes.PERIOD):
                least = min(least, gap)
        robot.tick()
    ending = trip.ending
    verdict = "took 90 s" if ending is None else ending.message
    return {"verdict": verdict, "gap": least, "contact": contact, "seconds": world.now - began}


def _nears(world: Any, walker: Walker, box: Array, period: float) -> bool:
    """Whether the robot's own motion brings it closer (moving away is what it should do)."""
    x, y, _, _ = walker.row(world.now, moving=False)
    vx, vy, wz = world.velocity
    then = world.pose @ Pose2(vx * period, vy * period, wz * period)
    return _gap(box, then, x, y) < _gap(box, world.pose, x, y)


def _gap(box: Array, pose: Pose2, x: float, y: float) -> float:
    person = np.array([[x, y, 0.0, 0.0, RADIUS]])
    c, s = math.cos(pose.yaw), math.sin(pose.yaw)
    return float(person_gap(person, box, 0.0, pose.x, pose.y, c, s))
