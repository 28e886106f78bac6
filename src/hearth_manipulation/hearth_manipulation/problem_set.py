"""Motion planning problems as MotionBenchMaker's sets are published: a robot, scenes, two ends.

C. Chamzas et al., "MotionBenchMaker: A Tool to Generate and Benchmark Motion Planning Datasets",
IEEE Robotics and Automation Letters 7(2), 2022.
"""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from hearth_core.geometry import Transform

from hearth_manipulation.core.kinematics import Array
from hearth_manipulation.core.loading import load_robot
from hearth_manipulation.core.model import RobotModel
from hearth_manipulation.core.queries import RobotQueries
from hearth_manipulation.core.scene import Scene, Thing
from hearth_manipulation.core.targets import PlanningError

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Problem:
    """One problem of the set."""

    name: str
    scene: Scene
    start: Array
    goal: Array


@dataclass(frozen=True, eq=False)
class Set:
    """A robot and the joints its problems are about."""

    model: RobotModel
    joints: tuple[str, ...]
    tip: str


def load_set(folder: Path, name: str) -> Set:
    """Load one of the robots through the same loader as any."""
    place = folder / name
    model = load_robot(
        place / f"{name}.urdf", place / f"{name}.srdf", shapes=place / f"{name}_spherized.urdf"
    )
    with gzip.open(place / "problems.json.gz") as file:
        joints = tuple(json.load(file)["joints"])
    group = next(g for g in model.groups.values() if set(g.joints) == set(joints))
    return Set(model, joints, group.tips[0])


def read_problems(folder: Path, name: str, robot: Set, every: int) -> Iterator[Problem]:
    """The valid problems; cylinders are boxes in family ``box`` and capsules elsewhere.

    Valid are those whose start and goal are free and within limits for the robot's spheres. (The
    file's own mark says less for Fetch: it leaves out 140 problems that are.)
    """
    with gzip.open(folder / name / "problems.json.gz") as file:
        families = json.load(file)["problems"]
    dofs = robot.model.indices(robot.joints)
    planner = RobotQueries(robot.model)
    number = 0
    for family, item in ((f, p) for f, items in families.items() for p in items):
        round_shape = "box" if family == "box" else "capsule"
        things = [
            Thing(b["name"], "box", 2.0 * np.array(b["half_extents"]), _pose(b))
            for b in item["box"]
        ]
        things += [
            Thing(
                c["name"],
                round_shape,
                np.array([2.0 * c["radius"], 2.0 * c["radius"], c["length"]]),
                _pose(c),
            )
            for c in item["cylinder"]
        ]
        things += [
            Thing(s["name"], "sphere", np.full(3, 2.0 * s["radius"]), _pose(s))
            for s in item["sphere"]
        ]
        ends = []
        for values in (item["start"], item["goals"][0]):
            q = robot.model.neutral()
            q[dofs] = values
            ends.append(q)
        scene = Scene().with_things(things)
        if any(
            np.any(q < robot.model.lower - 1e-3)
            or np.any(q > robot.model.upper + 1e-3)
            or planner.collision(robot.joints, q, scene) is not None
            for q in ends
        ):
            continue
        if number % every == 0:
            yield Problem(f"{family} {item['index']}", scene, ends[0], ends[1])
        number += 1


def timed(work: Callable[[], T]) -> tuple[T | PlanningError, float]:
    """What a query answers, or its refusal, and the CPU time of this thread [ms]."""
    begin = time.thread_time()
    try:
        result: T | PlanningError = work()
    except PlanningError as error:
        result = error
    return result, 1e3 * (time.thread_time() - begin)


def _pose(item: dict[str, Any]) -> Transform:
    quaternion = item.get("orientation_quat_xyzw", (0.0, 0.0, 0.0, 1.0))
    return Transform.from_xyz_quaternion(tuple(item["position"]), tuple(quaternion))
