"""Standing on the charger: where to wait before it, and whether the lidar sees its face.

The charger's pose is base_footprint of a robot that charges; its face is behind the robot.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from hearth_core.geometry import Pose2

Array = npt.NDArray[np.float64]

_FEWEST = 6
"""Points on the face that make it a face; more than noise and a chair's leg bring."""


@dataclass(frozen=True)
class DockConfig:
    """The charger, as seen from a robot that stands on it, and how it is approached."""

    staging: float = 0.5
    """How far before the charger the approach begins [m]."""
    face: float = 0.34
    """From base_footprint back to the charger's face [m]."""
    half_width: float = 0.15
    """Half of the face's width [m]."""
    gate: float = 0.08
    """How far the charger may have been moved along its axis [m]."""
    retries: int = 3
    contact: float = 5.0
    """How long [s] the battery may take to say that it charges."""


def staging(config: DockConfig, dock: Pose2) -> Pose2:
    """Where the approach begins, with the back to the charger."""
    return dock @ Pose2(config.staging, 0.0, 0.0)


def find(config: DockConfig, nominal: Pose2, base: Pose2, points: Array) -> Pose2 | None:
    """The charger as the lidar sees it; None: it does not.

    Args:
        config: The charger's shape.
        nominal: Where it should be, in map.
        base: base_footprint in map.
        points: The newest scan in base_footprint [m], shape (N, 2).

    Only the distance is taken from the scan: a face of 0.3 m tells less about heading and
    sideways position than the whole room, on which localisation rests.
    """
    seen = (nominal.inverse() @ base).apply(points)
    off = seen[:, 0] + config.face
    on_face = (np.abs(off) < config.gate) & (np.abs(seen[:, 1]) < config.half_width)
    if int(on_face.sum()) < _FEWEST:
        return None
    return nominal @ Pose2(float(np.median(off[on_face])), 0.0, 0.0)
