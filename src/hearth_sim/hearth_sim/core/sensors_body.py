"""What a robot feels of itself: inertia, charge, fingertips."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from hearth_core.geometry import Pose2, Transform, wrap_angle
from hearth_core.ports import BatteryReading, ImuReading, TouchReading

from hearth_sim.core.stage import Array


class Imu:
    """Gyroscope with bias, accelerometer, and a heading that starts at zero and drifts."""

    GYRO_NOISE = 0.003
    """[rad/s]."""
    GYRO_BIAS = 0.0005
    """[rad/s], standard deviation of the bias, drawn once a run."""
    ACCELERATION_NOISE = 0.04
    """[m/s2]."""

    def __init__(self, rng: np.random.Generator, yaw: float, stamp: float) -> None:
        """Power on at heading ``yaw`` [rad] of the home frame."""
        self._rng = rng
        self._bias = self.GYRO_BIAS * rng.standard_normal(3)
        self._yaw = yaw
        self._start = stamp

    def read(self, stamp: float, wxyz: Array, gyro: Array, acceleration: Array) -> ImuReading:
        """Measure; ``wxyz`` is MuJoCo's quaternion of the IMU in the home frame."""
        w, x, y, z = wxyz
        drift = wrap_angle(self._bias[2] * (stamp - self._start) - self._yaw)
        turned = Pose2(0.0, 0.0, drift).lift() @ Transform.from_xyz_quaternion(
            (0.0, 0.0, 0.0), (x, y, z, w)
        )
        rng = self._rng
        return ImuReading(
            stamp,
            turned.quaternion(),
            gyro + self._bias + self.GYRO_NOISE * rng.standard_normal(3),
            acceleration + self.ACCELERATION_NOISE * rng.standard_normal(3),
        )


@dataclass(frozen=True)
class BatteryConfig:
    """ASSUMED: a 26 V lithium pack."""

    capacity: float = 650.0
    """[Wh]."""
    idle_power: float = 70.0
    """Computers and sensors [W]."""
    charge_power: float = 250.0
    """[W]."""
    reach: float = 0.08
    """Distance [m] from the charger's pose within which the contacts touch."""
    turn: float = 0.25
    """Largest angle [rad] to the charger's direction."""
    empty_voltage: float = 22.4
    full_voltage: float = 28.8


class Battery:
    """Counts energy; charges while the base stands on the charger."""

    def __init__(self, percentage: float, config: BatteryConfig | None = None) -> None:
        """Start at ``percentage`` (0..1)."""
        self._config = config or BatteryConfig()
        self._percentage = percentage
        self._stamp: float | None = None
        self.charging = False
        self._power = self._config.idle_power

    def update(
        self, stamp: float, mechanical_power: float, pose: Pose2, charger: Pose2 | None
    ) -> None:
        """Account for the time since the last call; ``mechanical_power`` of all motors [W]."""
        config = self._config
        dt = 0.0 if self._stamp is None else max(0.0, stamp - self._stamp)
        self._stamp = stamp
        self.charging = charger is not None and (
            pose.distance(charger) < config.reach
            and abs(wrap_angle(pose.yaw - charger.yaw)) < config.turn
        )
        self._power = config.idle_power + 1.4 * mechanical_power
        gained = (config.charge_power if self.charging else 0.0) - self._power
        step = gained * dt / (3600.0 * config.capacity)
        self._percentage = min(1.0, max(0.0, self._percentage + step))

    def read(self, stamp: float) -> BatteryReading:
        """State of the pack."""
        config = self._config
        span = config.full_voltage - config.empty_voltage
        voltage = config.empty_voltage + span * self._percentage
        power = (config.charge_power if self.charging else 0.0) - self._power
        return BatteryReading(stamp, self._percentage, voltage, power / voltage, self.charging)


TOUCH_RESOLUTION = 0.05
"""Smallest step of a fingertip's pressure [N]."""


def touch(stamp: float, sensors: Array, slices: Mapping[str, slice]) -> TouchReading:
    """Fingertip pressures from the sensor vector, quantised."""
    return TouchReading(
        stamp,
        {
            link: float(np.round(sensors[where].sum() / TOUCH_RESOLUTION) * TOUCH_RESOLUTION)
            for link, where in slices.items()
        },
    )
