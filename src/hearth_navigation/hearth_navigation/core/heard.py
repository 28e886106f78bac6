"""The newest of what the sensors said."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from hearth_core.geometry import Pose2

from hearth_navigation.core.relocalizer import Beams

Array = npt.NDArray[np.float64]


@dataclass
class Heard:
    """Newest of everything."""

    scan_stamp: float = -math.inf
    scan_odom: Pose2 = field(default_factory=Pose2)
    points: Array = field(default_factory=lambda: np.zeros((0, 2)))
    base_from_lidar: Pose2 = field(default_factory=Pose2)
    pending: tuple[Pose2, Beams, Array] | None = None
    map_from_odom: Pose2 | None = None
    map_stamp: float = -math.inf

    def scan(self, odom: Pose2) -> Array:
        """The scan's points, seen from the base at ``odom`` [m], shape (N, 2)."""
        return (odom.inverse() @ self.scan_odom).apply(self.points)

    def lidar(self, odom: Pose2) -> tuple[float, float]:
        """Where the scan was taken from, seen from the base at ``odom`` [m]."""
        at = odom.inverse() @ self.scan_odom @ self.base_from_lidar
        return at.x, at.y
