"""The charger: its shape, where the approach begins, and how exact it is to end.

The charger's pose is base_footprint of a robot that charges; its face is behind the robot.
"""

from __future__ import annotations

from dataclasses import dataclass

from hearth_core.geometry import Pose2


@dataclass(frozen=True)
class DockConfig:
    """The charger, as seen from a robot that stands on it, and how it is approached."""

    staging: float = 0.5
    """How far before the charger the approach begins [m]."""
    face: float = 0.34
    """From base_footprint back to the charger's face [m]."""
    half_width: float = 0.15
    """Half of the face's width [m]."""
    gate: float = 0.10
    """How far the charger may have been moved, each way [m]."""
    turn: float = 0.26
    """How far it may have been turned [rad]."""
    looks: int = 5
    """Scans before the robot moves."""
    missed: int = 10
    """Scans without the charger after which the approach ends."""
    patience: float = 4.0
    """How long it is looked for, and half of the time for coming onto its axis [s]."""
    longest: float = 25.0
    """How long the way back may take [s]."""
    turning: float = 0.35
    """At least this far before the charger the robot comes onto its axis [m]."""
    on_axis: float = 0.012
    """[m]."""
    straight: float = 0.026
    """[rad]."""
    funnel: float = 0.03
    """How far beside the axis the robot may be near the end [m]."""
    there: float = 0.006
    """[m]."""
    exact: float = 0.004
    """[m]."""
    exact_turn: float = 0.006
    """[rad]."""
    settling: float = 4.0
    """[s]."""
    speed: float = 0.10
    """Backwards [m/s]."""
    aside: float = 0.15
    """Onto the axis [m/s]."""
    turn_speed: float = 0.4
    """[rad/s]."""
    gain: float = 1.5
    """[1/s]."""
    retries: int = 3
    contact: float = 5.0
    """How long [s] the battery may take to say that it charges."""


def staging(config: DockConfig, dock: Pose2) -> Pose2:
    """Where the approach begins, with the back to the charger."""
    return dock @ Pose2(config.staging, 0.0, 0.0)
