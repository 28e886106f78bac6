"""How sure wheel odometry is of itself: uncertainty that grows with the way travelled."""

from __future__ import annotations

import math
from dataclasses import dataclass

from hearth_core.geometry import Pose2, wrap_angle
from hearth_core.ports import BaseReading


@dataclass(frozen=True)
class OdometrySettings:
    """Error model: standard deviations per way travelled, plus the velocity's own."""

    position_per_meter: float = 0.02
    """[m/m]."""
    yaw_per_radian: float = 0.02
    """[rad/rad]."""
    yaw_per_meter: float = 0.01
    """[rad/m]."""
    linear_velocity: float = 0.02
    """[m/s]."""
    angular_velocity: float = 0.03
    """[rad/s]."""


@dataclass(frozen=True)
class OdometryEstimate:
    """Pose of base_footprint in odom and its velocity in base_footprint, with variances."""

    stamp: float
    pose: Pose2
    vx: float
    vy: float
    wz: float
    position_variance: float
    """[m2], of x and of y."""
    yaw_variance: float
    """[rad2]."""


class OdometryModel:
    """Wheel readings in, estimates in the odom frame out (odom: where the driver started)."""

    def __init__(self, settings: OdometrySettings) -> None:
        self._settings = settings
        self._origin: Pose2 | None = None
        self._last: BaseReading | None = None
        self._position_variance = 1e-6
        self._yaw_variance = 1e-6

    def update(self, reading: BaseReading) -> OdometryEstimate:
        """Take the newest reading; the first one defines the origin of odom."""
        wheels = Pose2(reading.x, reading.y, reading.yaw)
        if self._last is not None and reading.stamp < self._last.stamp:
            self._origin = self._last = None  # the clock was reset, and the world with it
        if self._origin is None:
            self._origin = wheels.inverse()
        if self._last is not None:
            way = math.hypot(reading.x - self._last.x, reading.y - self._last.y)
            turn = abs(wrap_angle(reading.yaw - self._last.yaw))
            s = self._settings
            # Errors of a stretch are alike (slip, wheel radius): deviations add up, not variances.
            self._position_variance = (
                math.sqrt(self._position_variance) + s.position_per_meter * way
            ) ** 2
            self._yaw_variance = (
                math.sqrt(self._yaw_variance) + s.yaw_per_radian * turn + s.yaw_per_meter * way
            ) ** 2
        self._last = reading
        return OdometryEstimate(
            reading.stamp,
            self._origin @ wheels,
            reading.vx,
            reading.vy,
            reading.wz,
            self._position_variance,
            self._yaw_variance,
        )

    @property
    def velocity_variances(self) -> tuple[float, float]:
        """Linear [m2/s2] and angular [rad2/s2]."""
        return self._settings.linear_velocity**2, self._settings.angular_velocity**2
