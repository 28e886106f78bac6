"""Parameters of the navigator, and what they mean to the core."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace

from hearth_core.errors import BadInputError
from hearth_nodekit.params import param

from hearth_navigation.core.approach import ApproachConfig, Tolerance
from hearth_navigation.core.costmap import CostmapConfig
from hearth_navigation.core.driving import DrivingConfig
from hearth_navigation.core.follower import FollowerConfig
from hearth_navigation.core.footprint import Footprint
from hearth_navigation.core.monitor import MonitorConfig
from hearth_navigation.core.mppi import Limits, MppiConfig
from hearth_navigation.core.planner import PlannerConfig
from hearth_navigation.core.trip import TripConfig

FOOTPRINT = (
    "[[0.42, -0.17], [0.42, 0.17], [0.25, 0.25], [0.08, 0.262], [-0.2, 0.268], [-0.25, 0.255], "
    "[-0.25, -0.255], [-0.2, -0.268], [0.08, -0.262], [0.25, -0.25]]"
)
"""The base with the arms folded before it, elbows beside it [m]."""


@dataclass(frozen=True)
class LimitsConfig:
    """What the base may do."""

    forward: float = param(0.5, "Largest speed forward.", unit="m/s", low=0.05, high=2.0)
    backward: float = param(0.2, "Largest speed backward.", unit="m/s", low=0.0, high=2.0)
    sideways: float = param(0.3, "Largest speed sideways.", unit="m/s", low=0.0, high=2.0)
    turn: float = param(1.0, "Largest yaw rate.", unit="rad/s", low=0.1, high=4.0)
    acceleration: float = param(0.8, "Speeding up and slowing down.", unit="m/s2", low=0.1)
    turn_acceleration: float = param(2.0, "Turning faster or slower.", unit="rad/s2", low=0.1)


@dataclass(frozen=True)
class ControlConfig:
    """The controller."""

    samples: int = param(600, "Samples of the controller.", low=50, high=10000)
    steps: int = param(36, "Steps it looks ahead.", low=8, high=200)
    period: float = param(0.05, "Control period.", unit="s", low=0.01, high=0.2)
    approach_radius: float = param(0.5, "The last stretch is driven straight.", unit="m", low=0.0)
    approach_speed: float = param(0.2, "Speed on the last stretch.", unit="m/s", low=0.02)
    patience: float = param(6.0, "Time without progress that counts as stuck.", unit="s", low=1.0)


@dataclass(frozen=True)
class Config:
    """Parameters of the navigator."""

    limits: LimitsConfig
    control: ControlConfig
    footprint: str = param(
        FOOTPRINT,
        "Outline of the robot in base_footprint [m], as Nav2 writes it.",
    )
    footprint_carrying: str = param("", "Outline while it carries something; empty: the same.")
    home: str = param("", "Home file: furniture the lidar looks through; empty: none.")
    zones: str = param("", "Zones file: where not to go, and where slowly; empty: none.")
    differential: bool = param(False, "The base cannot drive sideways.")
    xy_goal_tolerance: float = param(0.02, "Distance to the goal.", unit="m", low=0.002)
    yaw_goal_tolerance: float = param(0.026, "Heading at the goal.", unit="rad", low=0.002)
    margin: float = param(0.03, "Clearance of plans.", unit="m", low=0.0, high=0.5)
    stop_margin: float = param(0.015, "Gap the monitor keeps.", unit="m", low=0.0, high=0.5)
    max_age: float = param(
        0.5, "Age at which scan, odom and tf are too old to move by.", unit="s", low=0.05
    )
    replan: float = param(2.0, "Time between plans while driving.", unit="s", low=0.2)
    recoveries: int = param(8, "Attempts before giving up.", low=0, high=100)
    unknown_blocks: bool = param(True, "Never drive through what the map does not know.")

    def driving(self) -> DrivingConfig:
        """The same for the core."""
        control = self.control
        limits = Limits(**vars(self.limits))
        if self.differential:
            limits = replace(limits, sideways=0.0)
        return DrivingConfig(
            FollowerConfig(
                MppiConfig(samples=control.samples, steps=control.steps, period=control.period),
                limits,
                ApproachConfig(radius=control.approach_radius, speed=control.approach_speed),
                MonitorConfig(margin=self.stop_margin, braking=self.limits.acceleration),
                control.patience,
            ),
            PlannerConfig(margin=self.margin, sideways=not self.differential),
            CostmapConfig(),
            TripConfig(replan=self.replan, recoveries=self.recoveries),
            Tolerance(self.xy_goal_tolerance, self.yaw_goal_tolerance),
            self.max_age,
            unknown_blocks=self.unknown_blocks,
        )


def parse_footprint(text: str) -> Footprint:
    """Read ``[[x, y], ...]``.

    Raises:
        BadInputError: It is no such list, or no polygon around the base's centre.
    """
    try:
        corners = tuple((float(x), float(y)) for x, y in ast.literal_eval(text))
    except (ValueError, SyntaxError, TypeError) as error:
        raise BadInputError(f"footprint {text!r}: expected [[x, y], ...] ({error})") from error
    return Footprint(corners)
