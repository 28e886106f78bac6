"""Servo at 100 Hz: what it costs, and whether limits and distances are kept while it is pushed.

Without ROS: an arm between a table, a wall and a post is steered by random velocities for a
while, by poses for a while; every state is judged by the kernels' clearance and by the limits.
"""

from __future__ import annotations

import argparse
import math
import time
from pathlib import Path

import numpy as np
from hearth_cli.bench import Figure, Options, Report
from hearth_core.geometry import Transform
from hearth_description.core.model import find_model, load_urdf
from hearth_description.core.postures import load_srdf
from hearth_manipulation.core.kinematics import Array
from hearth_manipulation.core.planning import Planner
from hearth_manipulation.core.robot_groups import make_model
from hearth_manipulation.core.scene import Scene, Thing
from hearth_manipulation.core.servo import Servo

DT = 0.01
PUSH = np.array([0.15, -0.05, 0.0])
"""Where the tip is mostly pushed [m/s]: to the wall."""


def run(options: Options) -> Report:
    """Steer for ``--seconds`` of simulated time."""
    parser = argparse.ArgumentParser(prog="hearth bench manipulation_servo")
    parser.add_argument("--seconds", type=float, default=20.0 if options.quick else 120.0)
    parser.add_argument("--data", type=Path, default=None, help="not needed")
    own, _ = parser.parse_known_args(list(options.rest))
    description = load_urdf(find_model())
    model = make_model(description, load_srdf(description))
    planner, scene = Planner(model), surroundings()
    group = model.groups["right_arm"]
    dofs = model.indices(group.joints)
    q = model.configuration({"right_elbow_joint": 1.5, "right_shoulder_pitch_joint": 0.2})
    servo = Servo(planner, group.joints, group.tips[0], q)
    random = np.random.default_rng((options.seeds or (0,))[0])
    servo.follow_twist(np.array([0.0, 0.0, 0.05, 0.0, 0.0, 0.0]), DT, scene)  # compiled by now
    ms, gaps, over, turned_away = [], [], 0.0, 0
    twist, before = np.zeros(6), servo.state
    start = servo.tip()
    for cycle in range(int(own.seconds / DT)):
        if cycle % 200 == 0:
            twist = np.concatenate([random.normal(PUSH, 0.2), random.normal(0.0, 0.4, 3)])
        begin = time.thread_time()
        if cycle // 500 % 4 == 3:  # five seconds in twenty, back to where it began
            state = servo.follow_pose(start, DT, scene)
        else:
            state = servo.follow_twist(twist, DT, scene)
        ms.append(1e3 * (time.thread_time() - begin))
        gaps.append(planner.clearance(group.joints, servo.configuration, scene))
        turned_away += bool(state.obstacle)
        over = max(
            over,
            worst(state.velocity, model.velocity[dofs]),
            worst(state.acceleration, model.acceleration[dofs]),
            worst((state.acceleration - before.acceleration) / DT, model.jerk[dofs]),
        )
        before = state
    count = len(ms)
    figures = [
        Figure("servo: a cycle, median", float(np.median(ms)), "ms", math.nan, "lower", count),
        Figure("servo: a cycle, p99", float(np.percentile(ms, 99)), "ms", 10.0, "lower", count),
        Figure("servo: one core at 100 Hz", float(np.mean(ms)) / 10.0 * 100.0, "%", math.nan,
               "lower", count),
        Figure("servo: least distance to things", 1e3 * min(gaps), "mm", 0.0, "higher", count),
        Figure("servo: largest share of a limit", over, "", 1.0 + 1e-6, "lower", count),
        Figure("servo: cycles held back by things", turned_away / count, "", math.nan, "higher",
               count),
    ]  # fmt: skip
    return Report(
        figures, [{"cycle_ms": round(value, 3)} for value in ms[:: max(1, count // 500)]]
    )


def worst(values: Array, limits: Array) -> float:
    """Largest share of a limit."""
    return float(np.max(np.abs(values) / limits))


def surroundings() -> Scene:
    """A table below, a wall ahead, a post beside."""

    def at(x: float, y: float, z: float) -> Transform:
        return Transform(np.eye(3), np.array([x, y, z]))

    return Scene().with_things(
        [
            Thing("table", "box", np.array([0.7, 1.4, 0.04]), at(0.7, 0.0, 0.6)),
            Thing("wall", "box", np.array([0.05, 3.0, 2.0]), at(0.7, 0.0, 1.0)),
            Thing("post", "cylinder", np.array([0.1, 0.1, 2.0]), at(0.35, -0.65, 1.0)),
        ]
    )
