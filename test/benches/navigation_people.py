"""Encounters with people: crossing, oncoming in a corridor, standing in a door, overtaking.

A flat world: the robot's outline, lidar, slipping wheels, and people on two swinging legs who
walk by the simulator's own law (``hearth_sim.core.people``): three of five are attentive, the
others walk straight on and stop just before the robot. Localisation, costmap, tracker,
controller and monitor are the robot's own. A contact is judged by who came nearer at that
moment; the gap is from the outline to a disc of 0.23 m; the same drive without anybody gives the
empty time.
"""

from __future__ import annotations

import argparse
import math
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from hearth_cli.bench import Figure, Options, Report, load
from hearth_core.geometry import Pose2
from hearth_core.home import Manners, PersonSpec, Stop
from hearth_navigation.core.grid import FREE, OCCUPIED, Grid
from hearth_navigation.core.raycast import expected_ranges
from hearth_navigation.core.relocalizer import Beams
from hearth_navigation.core.scan import free_lengths, to_points
from hearth_sim.core.home.occupancy import Floor
from hearth_sim.core.people.blame import Cause, cause
from hearth_sim.core.people.body import HIP, HIP_SPREAD, LEG_RADIUS, STRIDE, swing
from hearth_sim.core.people.crowd import ROBOT_RADIUS
from hearth_sim.core.people.walker import RADIUS, Walker
from hearth_sim.core.people.ways import FloorWays
from shapely.geometry import Point, Polygon

Array = npt.NDArray[np.float64]
KINDS = ("crossing", "oncoming", "doorway", "overtaking")
LIDAR_HEIGHT = 0.25
LIMIT = 90.0
"""An encounter takes this long at most [s]."""
MOVING = 0.05
"""Slower [m/s] is standing."""
GAP = 0.4
SIDE = 0.025


@dataclass(frozen=True)
class Encounter:
    """Who meets whom, where."""

    kind: str
    start: Pose2
    goal: Pose2
    person: PersonSpec


def floor() -> Grid:
    """A corridor of 1.8 m and a room, joined by a door of 0.9 m; 8 x 5 m at 2.5 cm."""
    cells = np.full((200, 320), OCCUPIED, np.int8)
    cells[8:80, 8:312] = FREE  # corridor y 0.2 .. 2.0
    cells[84:192, 8:312] = FREE  # room y 2.1 .. 4.8
    cells[80:84, 200:236] = FREE  # door x 5.0 .. 5.9
    return Grid(cells, SIDE, (0.0, 0.0))


def draw(kind: str, random: np.random.Generator) -> Encounter:
    """Start and goal of the robot, and who it meets."""

    def between(low: float, high: float) -> float:
        return float(random.uniform(low, high))

    speed = between(0.6, 1.3)
    manners = Manners.ATTENTIVE if random.random() < 0.6 else Manners.ABSENT
    start, goal = Pose2(0.8, 1.1, 0.0), Pose2(7.0, 1.1, 0.0)
    if kind == "crossing":
        start, goal = Pose2(0.8, 3.4, 0.0), Pose2(7.0, 3.4, 0.0)
        x = between(2.0, 5.0)
        y0, y1 = (4.5, 2.4) if random.random() < 0.5 else (2.4, 4.5)
        route = (Stop((x, y0), between(0.0, 8.0)), Stop((x + between(-1.0, 1.0), y1), LIMIT))
    elif kind == "oncoming":
        y = between(0.5, 1.7)
        route = (Stop((7.4, y), between(0.0, 4.0)), Stop((0.5, y), LIMIT))
    elif kind == "doorway":
        start, goal = Pose2(2.0, 1.1, 0.0), Pose2(2.0, 3.6, math.pi)
        way = ((5.45, between(2.0, 2.2)), (between(3.5, 7.0), between(3.6, 4.5)))
        route = (Stop(way[0], between(4.0, 14.0)), Stop(way[1], LIMIT))
    else:
        start, goal = Pose2(0.8, 3.4, 0.0), Pose2(6.6, 3.4, 0.0)
        y, speed = between(2.9, 3.9), between(0.15, 0.35)
        # On through the room, and out of the way in its corner.
        route = (Stop((2.3, y), between(0.0, 1.0)), Stop((7.4, 4.4), LIMIT))
    return Encounter(kind, start, goal, PersonSpec("person", route, speed, manners))


class Somebody:
    """One person in the flat world."""

    def __init__(self, spec: PersonSpec, ways: FloorWays) -> None:
        self.walker = Walker(spec, ways)
        self.at = spec.route[0].at
        self.velocity = (0.0, 0.0)
        self.heading, self._phase = 0.0, 0.0

    def advance(self, now: float, period: float, robot: Pose2, motion: Array, solid: Any) -> None:
        """Walk for a period; nobody walks into what is solid."""
        disc = np.array([[robot.x, robot.y, *motion, ROBOT_RADIUS, 1.0]])
        wanted = self.walker.step(now, period, self.at, disc)
        ahead = self.at[0] + wanted[0] * period, self.at[1] + wanted[1] * period
        before, after = (solid.distance(Point(*p)) - RADIUS for p in (self.at, ahead))
        stopped = after < 0.0 and after < before
        self.at, self.velocity = (self.at, (0.0, 0.0)) if stopped else (ahead, wanted)
        speed = math.hypot(*self.velocity)
        if speed > 0.1:
            self.heading = math.atan2(self.velocity[1], self.velocity[0])
        self._phase += math.tau * speed / STRIDE * period
        self._speed = speed

    def legs(self) -> list[tuple[float, float]]:
        """Where the lidar's plane cuts them."""
        c, s = math.cos(self.heading), math.sin(self.heading)
        angles = swing(self._phase, math.hypot(*self.velocity))
        result = []
        for angle, side in zip(angles, (HIP_SPREAD, -HIP_SPREAD), strict=True):
            ahead = (HIP - LIDAR_HEIGHT) * math.tan(angle)
            result.append((self.at[0] + c * ahead - s * side, self.at[1] + s * ahead + c * side))
        return result


@dataclass
class Course:
    """What happened in one encounter."""

    least: float = math.inf
    """Gap [m] while the robot moved and came nearer by its own motion."""
    moving: int = 0
    close: int = 0
    """Periods in motion, and those with less than the gap."""
    causes: list[str] = field(default_factory=list)
    track: list[tuple[float, ...]] = field(default_factory=list)
    """Robot and person, every period."""


def run(options: Options) -> Report:
    """A quarter of each kind."""
    parser = argparse.ArgumentParser(prog="hearth bench navigation_people")
    parser.add_argument("--encounters", type=int, default=4 if options.quick else 200)
    parser.add_argument("--kind", choices=KINDS)
    own, _ = parser.parse_known_args(options.rest)
    homes = load(options.root, "navigation_homes")
    empty: dict[str, float] = {}
    samples: list[dict[str, Any]] = []
    for k in range(own.encounters):
        kind = own.kind or KINDS[k % len(KINDS)]
        random = np.random.default_rng([options.seeds[0] if options.seeds else 0, k])
        encounter = draw(kind, random)
        if kind not in empty:
            empty[kind] = _meet(homes, encounter, 0, alone=True)[0]["seconds"]
        row, course = _meet(homes, encounter, k)
        row = {"kind": kind, "k": k, **row, "ratio": row["seconds"] / empty[kind]}
        samples.append(row)
        sys.stdout.write(
            f"{k:3d} {kind:10s} {encounter.person.manners:9s} {row['verdict']:14s} gap moving "
            f"{row['gap']:.2f} m  {row['seconds']:.1f} s = {row['ratio']:.2f} x empty  "
            f"{' '.join(row['causes'])}\n"
        )
        sys.stdout.flush()
        if options.plots is not None:
            _plot(options.plots, row, course)
    return Report(_figures(samples), samples)


def _figures(samples: list[dict[str, Any]]) -> list[Figure]:
    n = len(samples)

    def mean(values: list[float]) -> float:
        return float(np.mean(values))

    robots = sum(c != str(Cause.PERSON) for s in samples for c in s["causes"])
    people = sum(c == str(Cause.PERSON) for s in samples for c in s["causes"])
    kept = mean([s["gap"] >= GAP for s in samples])
    share = 1.0 - sum(s["close"] for s in samples) / max(1, sum(s["moving"] for s in samples))
    ratios = [s["ratio"] for s in samples]
    reached = mean([s["verdict"] == "goal reached" for s in samples])
    cpu = sum(s["cpu"] for s in samples) / sum(s["seconds"] for s in samples)
    return [
        Figure("encounters: contacts caused by the robot", robots, "", 0.0, "lower", n),
        Figure("encounters: contacts caused by the person", people, "", 0.0, "lower", n),
        Figure("encounters: gap 0.4 m kept while nearing", kept, "", 0.99, "higher", n),
        Figure("encounters: gap 0.4 m, share of the time in motion", share, "", 0.99, "higher", n),
        Figure("encounters: time over the empty time, mean", mean(ratios), "", 1.4, "lower", n),
        Figure(
            "encounters: at most 1.4 times the empty time",
            mean([ratio <= 1.4 for ratio in ratios]),
            "",
            0.9,
            "higher",
            n,
        ),
        Figure("encounters: goal reached", reached, "", 1.0, "higher", n),
        Figure("encounters: navigation's CPU", cpu, "cores", 0.25, "lower", n),
    ]


def _meet(
    homes: Any, encounter: Encounter, seed: int, alone: bool = False
) -> tuple[dict[str, Any], Course]:
    grid = floor()
    world = _street(homes)(grid, encounter.start, seed)
    robot = homes.Robot(grid, world)
    plan = Floor(grid.cells != FREE, (0.0, 0.0), SIDE)
    somebody = Somebody(encounter.person, FloorWays(plan, (1.0, 1.0)))
    course, outline = Course(), Polygon(homes.FOOTPRINT.outline)
    trip, began = None, world.now
    touching = False
    for tick in range(4 + round(LIMIT / homes.PERIOD)):
        if tick == 4:
            trip, began = robot.driving.begin([encounter.goal]), world.now
        if trip is not None and trip.ending is not None:
            break
        if not alone:
            solid = _placed(outline, world.pose)
            motion = _moved(world.pose, world.velocity)
            somebody.advance(world.now, homes.PERIOD, world.pose, motion, solid)
            world.legs = somebody.legs()
            touching = _judge(course, somebody, solid, world, touching)
        robot.tick()
    ending = None if trip is None else trip.ending
    verdict = f"took {LIMIT:.0f} s" if ending is None else ending.message
    row = {
        "verdict": verdict,
        "gap": course.least,
        "moving": course.moving,
        "close": course.close,
        "causes": course.causes,
        "seconds": world.now - began,
        "cpu": robot.cpu,
    }
    return row, course


def _street(homes: Any) -> Any:
    """The flat world with legs that swing."""

    class Street(homes.World):  # type: ignore[misc]
        legs: tuple[tuple[float, float], ...] = ()

        def scan(self) -> tuple[Beams, Array]:
            lidar = self.pose @ homes.LIDAR
            ranges = expected_ranges(self.surface, lidar, self.angles, homes.REACH)
            c, s = np.cos(self.angles + lidar.yaw), np.sin(self.angles + lidar.yaw)
            for x, y in self.legs:
                dx, dy = x - lidar.x, y - lidar.y
                along, across = dx * c + dy * s, -dx * s + dy * c
                hit = (np.abs(across) < LEG_RADIUS) & (along > 0.0)
                depth = np.sqrt(np.maximum(LEG_RADIUS**2 - across**2, 0.0))
                ranges = np.minimum(ranges, np.where(hit, along - depth, np.inf))
            ranges = ranges + self.random.normal(0.0, 0.01, len(ranges))
            single = ranges.astype(np.float32)
            points = to_points(single, self.angles, homes.LIDAR, 0.05, homes.REACH)
            beams = Beams(points, ranges, self.angles, homes.LIDAR, homes.REACH)
            return beams, free_lengths(single, 0.05, homes.REACH)

    return Street


def _placed(outline: Polygon, pose: Pose2) -> Polygon:
    return Polygon(pose.apply(np.array(outline.exterior.coords)))


def _moved(pose: Pose2, velocity: tuple[float, float, float]) -> Array:
    """Velocity in the map."""
    c, s = math.cos(pose.yaw), math.sin(pose.yaw)
    return np.array([c * velocity[0] - s * velocity[1], s * velocity[0] + c * velocity[1]])


def _judge(course: Course, somebody: Somebody, solid: Polygon, world: Any, touching: bool) -> bool:
    """Take down gap and contact of this moment; whether they touch."""
    at = Point(*somebody.at)
    gap = solid.distance(at) - RADIUS
    vx, vy, wz = world.velocity
    speed = math.hypot(vx, vy)
    then = _placed(
        Polygon(world.pose.inverse().apply(np.array(solid.exterior.coords))),
        world.pose @ Pose2(0.1 * vx, 0.1 * vy, 0.1 * wz),
    )
    closing = 10.0 * (solid.distance(at) - then.distance(at))
    if speed > MOVING:
        course.moving += 1
        course.close += gap < GAP
        if closing > 0.02:
            course.least = min(course.least, gap)
    if gap <= 0.0 and not touching:
        ux, uy = somebody.velocity
        came = 10.0 * (
            solid.distance(at) - solid.distance(Point(at.x + 0.1 * ux, at.y + 0.1 * uy))
        )
        course.causes.append(str(cause(closing, came)))
    pose = world.pose
    course.track.append((pose.x, pose.y, pose.yaw, *somebody.at, gap, speed))
    return bool(gap <= 0.0)


def _plot(folder: Path, row: dict[str, Any], course: Course) -> None:
    """Both tracks, joined every second."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    track = np.array(course.track)
    figure, (plan, gaps) = plt.subplots(2, 1, figsize=(9, 9), height_ratios=(3, 1))
    plan.imshow(floor().cells, origin="lower", extent=(0, 8, 0, 5), cmap="Greys", alpha=0.4)
    plan.plot(track[:, 0], track[:, 1], "b.-", markersize=2, label="robot")
    plan.plot(track[:, 3], track[:, 4], "r.-", markersize=2, label="person")
    for k in range(0, len(track), 20):
        plan.plot(track[k, [0, 3]], track[k, [1, 4]], color="0.6", linewidth=0.5)
    plan.legend()
    plan.set_title(f"{row['k']} {row['kind']}: {row['verdict']}, {row['ratio']:.2f} x empty")
    seconds = 0.05 * np.arange(len(track))
    gaps.plot(seconds, np.minimum(track[:, 5], 2.0), label="gap [m]")
    gaps.plot(seconds, track[:, 6], label="speed [m/s]")
    gaps.axhline(GAP, color="0.6")
    gaps.legend()
    gaps.set_xlabel("s")
    figure.tight_layout()
    folder.mkdir(parents=True, exist_ok=True)
    figure.savefig(folder / f"people_{row['k']:03d}_{row['kind']}.png", dpi=80)
    plt.close(figure)
