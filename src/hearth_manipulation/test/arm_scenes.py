"""Robot, planner and a few small scenes that tests share."""

from __future__ import annotations

from functools import cache

import numpy as np
from hearth_core.geometry import Transform
from hearth_description.core.model import RobotModel as Description
from hearth_description.core.model import find_model, load_urdf
from hearth_description.core.postures import Semantics, load_srdf
from hearth_manipulation.core.kinematics import Array
from hearth_manipulation.core.model import RobotModel
from hearth_manipulation.core.planning import Planner
from hearth_manipulation.core.scene import Scene, Thing


@cache
def description() -> Description:
    return load_urdf(find_model())


@cache
def semantics() -> Semantics:
    return load_srdf(description())


@cache
def model() -> RobotModel:
    return RobotModel.from_description(description(), semantics().disabled)


@cache
def planner() -> Planner:
    return Planner(model())


def posture(name: str) -> Array:
    return model().configuration(semantics().posture(name))


def box(name: str, size: tuple[float, float, float], at: tuple[float, float, float]) -> Thing:
    return Thing(name, "box", np.array(size), Transform(np.eye(3), np.array(at)))


def table() -> Scene:
    """A table top before the robot with a post on it."""
    return Scene().with_things(
        [
            box("table", (0.6, 1.4, 0.04), (0.75, 0.0, 0.72)),
            box("post", (0.06, 0.06, 0.5), (0.60, -0.28, 0.99)),
        ]
    )


def shelf() -> Scene:
    """Two boards and a side wall."""
    return Scene().with_things(
        [
            box("board_low", (0.35, 0.8, 0.02), (0.80, 0.0, 0.85)),
            box("board_high", (0.35, 0.8, 0.02), (0.80, 0.0, 1.35)),
            box("side", (0.35, 0.02, 0.5), (0.80, -0.42, 1.10)),
        ]
    )
