"""Wheel odometry that slips: the true motion, seen through imperfect wheels."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from hearth_core.geometry import Pose2, wrap_angle
from hearth_core.ports import BaseReading


@dataclass(frozen=True)
class OdometryErrors:
    """How badly the wheels measure. ASSUMED: typical of an omnidirectional base on parquet."""

    scale: float = 0.01
    """Standard deviation of the scale of each axis, drawn once a run."""
    walk: float = 0.006
    """Random walk of position [m per sqrt(m)]."""
    walk_yaw: float = 0.006
    """Random walk of heading [rad per sqrt(rad)]."""
    walk_yaw_travel: float = 0.004
    """Random walk of heading by travel [rad per sqrt(m)]."""
    grip: float = 1.2
    """Acceleration [m/s2] above which the wheels slip."""
    slip: float = 0.06
    """Share of the motion that is misread while they slip."""
    spin: float = 0.4
    """Share of the missing motion that is counted when the base is blocked and wheels spin."""
    velocity_noise: float = 0.004
    """[m/s] and [rad/s]."""


class WheelOdometry:
    """Integrates displacements of the base in its own frame, with errors drawn from a seed."""

    SMOOTHING = 0.1
    """Time constant [s] of what counts as acceleration."""
    BLOCKED = 0.15
    """Lasting difference [m/s] between command and motion that means blocked."""

    def __init__(
        self, rng: np.random.Generator, pose: Pose2, errors: OdometryErrors | None = None
    ) -> None:
        """Power on while base_footprint stands at ``pose`` (home frame)."""
        self._rng = rng
        self._errors = errors or OdometryErrors()
        self._scale = 1.0 + self._errors.scale * rng.standard_normal(3)
        self._last = pose
        self._stamp: float | None = None
        self._pose = Pose2()
        self._speed = np.zeros(2)
        self._acceleration = 0.0
        self._missing = np.zeros(2)
        self.reading = BaseReading(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)

    def update(self, stamp: float, pose: Pose2, commanded: tuple[float, float, float]) -> None:
        """The base stands at ``pose`` (home frame) at ``stamp`` [s]; wheels turn as commanded."""
        if self._stamp is None:
            self._stamp, self._last = stamp, pose
        dt = stamp - self._stamp
        if dt <= 0.0:
            return
        errors = self._errors
        move = self._last.inverse() @ pose
        motion = np.array([move.x, move.y])
        velocity = motion / dt
        blend = min(1.0, dt / self.SMOOTHING)
        change = float(np.linalg.norm(velocity - self._speed)) / dt
        self._acceleration += blend * (change - self._acceleration)
        self._missing += 0.3 * blend * (np.array(commanded[:2]) - velocity - self._missing)
        self._speed = velocity

        share = 1.0
        if self._acceleration > errors.grip:
            share -= errors.slip * float(self._rng.uniform(0.0, 1.0))
        travel, turn = float(np.linalg.norm(motion)), abs(move.yaw)
        noise = self._rng.standard_normal(3)
        measured = motion * self._scale[:2] * share + errors.walk * math.sqrt(travel) * noise[:2]
        yaw = move.yaw * self._scale[2] + noise[2] * (
            errors.walk_yaw * math.sqrt(turn) + errors.walk_yaw_travel * math.sqrt(travel)
        )
        if float(np.linalg.norm(self._missing)) > self.BLOCKED:
            measured = measured + errors.spin * self._missing * dt
        self._pose = self._pose @ Pose2(float(measured[0]), float(measured[1]), float(yaw))
        self._last, self._stamp = pose, stamp
        jitter = errors.velocity_noise * self._rng.standard_normal(3) * (travel + turn > 1e-6)
        self.reading = BaseReading(
            stamp,
            self._pose.x,
            self._pose.y,
            wrap_angle(self._pose.yaw),
            float(measured[0] / dt + jitter[0]),
            float(measured[1] / dt + jitter[1]),
            float(yaw / dt + jitter[2]),
        )
