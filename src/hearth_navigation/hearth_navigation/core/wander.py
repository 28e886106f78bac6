"""Move a little by sight alone, without a map: enough to tell similar places apart."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from hearth_core.geometry import Pose2

from hearth_navigation.core import monitor
from hearth_navigation.core.approach import slew
from hearth_navigation.core.footprint import Footprint
from hearth_navigation.core.mppi import Limits

Array = npt.NDArray[np.float64]
Velocity = tuple[float, float, float]
STOP: Velocity = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class WanderConfig:
    """How far and how fast."""

    speed: float = 0.2
    """[m/s]."""
    leg: float = 0.8
    """Way before another direction is chosen [m]."""
    directions: int = 16


class Wander:
    """Legs in the direction with most room; odom tells how far."""

    def __init__(self, config: WanderConfig | None = None) -> None:
        self.config = config or WanderConfig()
        self._from: Pose2 | None = None
        self._direction = 0.0
        self._last: Velocity = STOP
        self._blocked = 0

    def reset(self) -> None:
        """Start anew."""
        self._from, self._last, self._blocked = None, STOP, 0

    def step(
        self,
        odom: Pose2,
        points: Array,
        footprint: Footprint,
        limits: Limits,
        check: monitor.MonitorConfig,
        period: float,
    ) -> Velocity:
        """Command for the next period, from base_footprint in odom and the newest scan."""
        ended = self._from is not None and self._from.distance(odom) > self.config.leg
        if self._from is None or ended or self._blocked > 5:
            self._direction = odom.yaw + self._roomiest(odom.yaw, points, footprint, ended)
            self._from, self._blocked = odom, 0
        heading = self._direction - odom.yaw
        speed = min(self.config.speed, limits.sideways)
        wanted = (speed * math.cos(heading), speed * math.sin(heading), 0.0)
        wanted = slew(wanted, self._last, limits, period)
        limited = monitor.limit(check, footprint, points, wanted)
        self._blocked = self._blocked + 1 if limited.scale < 0.5 else 0
        self._last = limited.velocity
        return limited.velocity

    def _roomiest(self, yaw: float, points: Array, footprint: Footprint, onward: bool) -> float:
        """Direction in base_footprint [rad] in which the robot may go farthest."""
        best, chosen = -math.inf, 0.0
        for k in range(self.config.directions):
            angle = math.tau * k / self.config.directions
            along = points @ np.array([math.cos(angle), math.sin(angle)])
            across = points @ np.array([-math.sin(angle), math.cos(angle)])
            ahead = (along > 0.0) & (np.abs(across) < footprint.circumscribed)
            room = float(along[ahead].min()) if ahead.any() else 6.0
            # After a leg go on rather than back and forth.
            turned = abs((angle + yaw - self._direction + math.pi) % math.tau - math.pi)
            room = min(room, 3.0) - (0.3 * turned if onward else 0.0)
            if room > best:
                best, chosen = room, angle
        return chosen
