"""The last half metre: straight to the goal pose, slower and slower, to the centimetre."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from hearth_core.geometry import Pose2, wrap_angle

from hearth_navigation.core.field import Field
from hearth_navigation.core.footprint import Footprint
from hearth_navigation.core.mppi import Limits
from hearth_navigation.core.segments import segment_clear

Velocity = tuple[float, float, float]


@dataclass(frozen=True)
class Tolerance:
    """When a pose counts as reached."""

    distance: float = 0.02
    """[m]."""
    yaw: float = 0.026
    """[rad]."""

    def reached(self, pose: Pose2, goal: Pose2) -> bool:
        """Whether ``pose`` is within both."""
        return (
            pose.distance(goal) <= self.distance
            and abs(wrap_angle(pose.yaw - goal.yaw)) <= self.yaw
        )


@dataclass(frozen=True)
class ApproachConfig:
    """How the last stretch is driven."""

    radius: float = 0.5
    """Distance to the goal [m] from which on the way is straight."""
    speed: float = 0.2
    """[m/s]."""
    turn: float = 0.6
    """[rad/s]."""
    gain: float = 1.6
    """Velocity per error [1/s]."""
    braking: float = 0.3
    """Deceleration planned for [m/s2]."""


def straight_is_clear(
    clearance: Field, footprint: Footprint, pose: Pose2, goal: Pose2, margin: float
) -> bool:
    """Whether the footprint can move straight from ``pose`` to ``goal``, turning evenly."""
    ends = np.array(
        [(end.x, end.y, end.yaw, footprint.clearance(clearance, end)) for end in (pose, goal)]
    )
    if ends[:, 3].min() < 0.0:
        return False
    return bool(
        segment_clear(
            clearance.values,
            *clearance.geometry,
            footprint.discs,
            ends[0, :3].copy(),
            ends[1, :3].copy(),
            margin,
            ends,
        )
    )


def approach(
    config: ApproachConfig, limits: Limits, pose: Pose2, goal: Pose2, last: Velocity, period: float
) -> Velocity:
    """Command (vx, vy, wz) towards ``goal``, within the base's accelerations from ``last``."""
    error = pose.inverse() @ goal
    if limits.sideways <= 0.0:
        return slew(_differential(config, limits, error), last, limits, period)
    distance = math.hypot(error.x, error.y)
    speed = min(config.speed, config.gain * distance, math.sqrt(2.0 * config.braking * distance))
    # Sideways the base may be slower than forward: keep the direction.
    if distance > 1e-6:
        ux, uy = error.x / distance, error.y / distance
        most = limits.sideways / max(abs(uy), 1e-6) if limits.sideways > 0.0 else 0.0
        speed = min(speed, most) if abs(uy) > 0.05 else speed
    else:
        ux = uy = 0.0
    turn = math.copysign(min(config.turn, config.gain * abs(error.yaw)), error.yaw)
    return slew((speed * ux, speed * uy, turn), last, limits, period)


def _differential(config: ApproachConfig, limits: Limits, error: Pose2) -> Velocity:
    """To the goal's point, backwards if it lies behind, then to its heading."""
    distance = math.hypot(error.x, error.y)
    if distance < 0.015:
        turn = error.yaw
        speed = 0.0
    else:
        behind = error.x < 0.0 and distance < 0.3
        turn = math.atan2(-error.y, -error.x) if behind else math.atan2(error.y, error.x)
        ahead = max(0.0, math.cos(turn)) ** 4
        speed = ahead * min(
            config.speed, config.gain * distance, math.sqrt(2.0 * config.braking * distance)
        )
        speed = -min(speed, limits.backward) if behind else speed
    return speed, 0.0, math.copysign(min(config.turn, config.gain * abs(turn)), turn)


def slew(wanted: Velocity, last: Velocity, limits: Limits, period: float) -> Velocity:
    """``wanted``, or as far towards it from ``last`` as one period's acceleration allows."""
    dx, dy = wanted[0] - last[0], wanted[1] - last[1]
    size = math.hypot(dx, dy)
    share = min(1.0, limits.acceleration * period / size) if size > 0.0 else 0.0
    dw = limits.turn_acceleration * period
    return (
        last[0] + share * dx,
        last[1] + share * dy,
        last[2] + min(max(wanted[2] - last[2], -dw), dw),
    )
