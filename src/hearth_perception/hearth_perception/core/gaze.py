"""Where to turn the head to look at a point."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from hearth_core.frames import HEAD_COLOR_OPTICAL, HEAD_JOINTS
from hearth_description.core.model import RobotModel

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Gaze:
    """Head joints that look at a point as well as they can."""

    pan: float
    """[rad]"""
    tilt: float
    """[rad]"""
    error: float
    """Angle [rad] left between the optical axis and the point: joint limits."""


def aim(
    model: RobotModel,
    positions: Mapping[str, float],
    target: Array,
    *,
    camera: str = HEAD_COLOR_OPTICAL,
    joints: tuple[str, ...] = HEAD_JOINTS,
) -> Gaze:
    """Pan and tilt that bring a point onto the optical axis.

    Args:
        model: The robot.
        positions: Its other joints now [rad or m] by name.
        target: Point in the model's root frame [m], shape (3,).
        camera: Optical frame.
        joints: Pan and tilt joints.

    Damped Newton on the point's normalised image coordinates, clamped to the joint limits.
    """
    known = {k: v for k, v in positions.items() if k in model.kinematics.index}
    limits = [model.joint(name).limits for name in joints]
    low = np.array([-np.pi if limit is None else limit.lower for limit in limits])
    high = np.array([np.pi if limit is None else limit.upper for limit in limits])

    def miss(q: Array) -> Array:
        """Angles off the axis, right and down [rad], shape (2,)."""
        pose = model.pose({**known, **dict(zip(joints, q, strict=True))}, camera)
        x, y, z = pose.inverse().apply(np.asarray(target, float))
        return np.array([np.arctan2(x, z), np.arctan2(y, np.hypot(x, z))])

    q = np.clip([known.get(name, 0.0) for name in joints], low, high)
    best, least = q, np.inf
    for _ in range(12):
        error = miss(q)
        size = float(np.hypot(*error))
        if size < least:
            best, least = q, size
        if size < 1e-4:
            break
        step = 1e-4
        jacobian = np.stack(
            [(miss(q + step * np.eye(2)[k]) - error) / step for k in range(2)], axis=1
        )
        change = np.linalg.solve(jacobian.T @ jacobian + 1e-4 * np.eye(2), jacobian.T @ error)
        q = np.clip(q - np.clip(change, -0.8, 0.8), low, high)
    return Gaze(float(best[0]), float(best[1]), least)
