"""How driving is set, and how old things may be."""

from __future__ import annotations

from dataclasses import dataclass, field

from hearth_navigation.core.approach import Tolerance
from hearth_navigation.core.costmap import CostmapConfig
from hearth_navigation.core.follower import FollowerConfig
from hearth_navigation.core.planner import PlannerConfig
from hearth_navigation.core.trip import TripConfig


@dataclass(frozen=True)
class DrivingConfig:
    """How the parts are set, and how old things may be."""

    follower: FollowerConfig = field(default_factory=FollowerConfig)
    planner: PlannerConfig = field(default_factory=PlannerConfig)
    costmap: CostmapConfig = field(default_factory=CostmapConfig)
    trip: TripConfig = field(default_factory=TripConfig)
    tolerance: Tolerance = field(default_factory=Tolerance)
    max_age: float = 0.5
    """Age [s] at which scan, odometry and localisation are too old to move by."""
    patience: float = 30.0
    """How long [s] a trip waits for them."""
    search_after: float = 2.0
    """Time [s] without localisation after which the robot looks around."""
    search_time: float = 60.0
    """How long [s] it looks around before the trip fails."""
    unknown_blocks: bool = True
