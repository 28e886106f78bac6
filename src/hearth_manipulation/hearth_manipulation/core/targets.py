"""What is asked of the planner and what it answers."""

from __future__ import annotations

from dataclasses import dataclass

from hearth_core.errors import HearthError
from hearth_core.geometry import Transform

from hearth_manipulation.core.kinematics import Array


class PlanningError(HearthError):
    """No motion; ``reason`` is machine readable and stable."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, eq=False)
class Target:
    """Where a tip shall be."""

    pose: Transform
    free_axis: tuple[float, float, float] | None = None
    """Axis of the tip about which rotation does not matter."""
    position_tolerance: float = 0.002
    """[m]."""
    rotation_tolerance: float = 0.02
    """[rad]."""


@dataclass(frozen=True, eq=False)
class Solution:
    """One answer of the inverse kinematics."""

    q: Array
    """Full configuration, shape (D,)."""
    margin: float
    """Smallest distance to a joint limit as a fraction of the joint's range."""
