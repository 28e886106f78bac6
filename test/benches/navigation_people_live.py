"""People who walk about in simulated homes while the robot drives: physics, lidar, wheels, camera.

Homes, map and goals are those of ``navigation_homes``, people those of ``./hearth sim --people``.
Every goal is driven twice from the same place: with nobody there, which gives the empty time, and
among people. Gaps are judged as in ``navigation_people``; contacts are the physics' own.
"""

from __future__ import annotations

import argparse
import math
import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
from hearth_cli.bench import Figure, Options, Report, load
from hearth_core.geometry import Pose2
from hearth_navigation.core.field import clearance_field
from hearth_navigation.core.planner import Planner
from hearth_sim.core.home import generate_home, scenario
from hearth_sim.core.home.occupancy import nominal_occupancy
from hearth_sim.core.people.blame import Cause
from shapely.geometry import Polygon

LIMIT = 240.0
"""A goal takes this long at most [s]."""
MEETING = 1.5
"""Whoever comes nearer than this [m] is met."""
SAME = 0.1
"""Starts of both drives lie at most this far apart [m], or the times say nothing."""


def run(options: Options) -> Report:
    """``--homes``, ``--goals`` in each, ``--people`` in each."""
    parser = argparse.ArgumentParser(prog="hearth bench navigation_people_live")
    parser.add_argument("--homes", type=int, default=1 if options.quick else 4)
    parser.add_argument("--goals", type=int, default=1 if options.quick else 5, help="a home")
    parser.add_argument("--people", type=int, default=2, help="in a home")
    own, _ = parser.parse_known_args(options.rest)
    samples: list[dict[str, Any]] = []
    for number in options.seeds or range(own.homes):
        samples += _home(options, number, own.goals, own.people)
    return Report(_figures(samples), samples)


def _home(options: Options, number: int, goals: int, people: int) -> list[dict[str, Any]]:
    simulated = load(options.root, "_home_world")
    homes, flat = (load(options.root, f"navigation_{name}") for name in ("homes", "people"))
    nominal = generate_home(number)
    known = simulated.survey(nominal, number)
    floor = nominal_occupancy(scenario(nominal, number + 1).home, homes.RESOLUTION)
    truth = clearance_field(floor.occupied, homes.RESOLUTION, floor.origin)
    alone, among = (
        simulated.HomeWorld(nominal, number + 1, known, homes.FOOTPRINT, people=count)
        for count in (0, people)
    )
    for world in (alone, among):
        for _ in range(10):
            world.tick()
    random, planner = np.random.default_rng(number), Planner()
    rows = []
    for k in range(goals):
        goal, _ = homes._draw(random, truth, alone, planner)
        same = alone.pose.distance(among.pose) < SAME
        empty = _drive(flat, homes, alone, goal)
        row = {"home": number, "goal": k, **_drive(flat, homes, among, goal)}
        row["ratio"] = row["seconds"] / empty["seconds"] if same and empty["reached"] else math.nan
        rows.append(row)
        sys.stdout.write(
            f"home {number:2d} goal {k:2d}  {row['message']:14s} {row['seconds']:5.1f} s = "
            f"{row['ratio']:.2f} x empty  nearest {row['nearest']:.2f} m, while nearing "
            f"{row['gap']:.2f} m  {' '.join(row['causes'])}\n"
        )
        sys.stdout.flush()
    for world in (alone, among):
        world.world.close()
    return rows


def _drive(flat: Any, homes: Any, robot: Any, goal: Pose2) -> dict[str, Any]:
    """One goal, and what happened on the way to it."""
    robot.world.people()
    began, course, outline = robot.world.now, flat.Course(), Polygon(homes.FOOTPRINT.outline)
    causes: list[str] = []
    trip = robot.driving.begin([goal])
    robot.look(True)
    nearest, before = math.inf, robot.pose
    while trip.ending is None and robot.world.now - began < LIMIT:
        robot.tick()
        step, before = before.inverse() @ robot.pose, robot.pose
        velocity = tuple(value / homes.PERIOD for value in (step.x, step.y, step.yaw))
        moving = SimpleNamespace(pose=robot.pose, velocity=velocity)
        solid = flat._placed(outline, robot.pose)
        seen = robot.world.people()
        causes += [str(contact.caused_by) for contact in seen.contacts]
        for state in seen.people.values():
            person = SimpleNamespace(at=(state.x, state.y), velocity=(state.vx, state.vy))
            flat._judge(course, person, solid, moving, True)
            nearest = min(nearest, course.track[-1][5])
    robot.driving.finish(trip)
    robot.look(False)
    return {
        "message": f"took {LIMIT:.0f} s" if trip.ending is None else trip.ending.message,
        "reached": trip.ending is not None and trip.ending.code == 0,
        "seconds": robot.world.now - began,
        "nearest": nearest,
        "gap": course.least,
        "moving": course.moving,
        "close": course.close,
        "causes": causes,
    }


def _figures(samples: list[dict[str, Any]]) -> list[Figure]:
    n = len(samples)
    met = [s for s in samples if s["nearest"] < MEETING]
    causes = [cause for s in samples for cause in s["causes"]]
    robots = sum(cause != str(Cause.PERSON) for cause in causes)
    close, moving = (sum(s[name] for s in samples) for name in ("close", "moving"))
    ratios = [s["ratio"] for s in met if not math.isnan(s["ratio"])]
    kept = [s["gap"] >= 0.4 for s in met]
    reached = _mean([s["reached"] for s in samples])
    name = "people in simulated homes:"
    return [
        Figure(f"{name} contacts caused by the robot", robots, "", 0.0, "lower", n),
        Figure(f"{name} contacts caused by a person", len(causes) - robots, "", 0.0, "lower", n),
        Figure(f"{name} goals reached", reached, "", 1.0, "higher", n),
        Figure(f"{name} gap 0.4 m kept while nearing", _mean(kept), "", 0.99, "higher", len(met)),
        Figure(
            f"{name} gap 0.4 m, share of the time in motion",
            1.0 - close / max(1, moving),
            "",
            0.99,
            "higher",
            n,
        ),
        Figure(f"{name} time over the empty time", _mean(ratios), "", 1.4, "lower", len(ratios)),
    ]


def _mean(values: list[Any]) -> float:
    return float(np.mean(values)) if values else math.nan
