"""Targets that come one by one, a hundred a second, from whoever steers the joints by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from hearth_core.ports import JointLimits

from hearth_drivers.core.trajectory import POSITION_SLACK, ErrorCode, GoalRefusedError

Array = npt.NDArray[np.float64]

STALE = 0.06
"""So long a target's velocity is trusted beyond it [s]; then the joints brake."""
STEP = 0.1
"""A target may lie as far away as the joints get in this time [s]."""


@dataclass(frozen=True, eq=False)
class StreamTarget:
    """Where the joints shall be now, and how fast they shall be there."""

    position: Array
    velocity: Array
    stamp: float
    """When it came [s]."""

    def sample(self, now: float) -> tuple[Array, Array]:
        """Position and velocity at ``now`` [s]."""
        ahead = min(max(now - self.stamp, 0.0), STALE)
        return self.position + ahead * self.velocity, self.velocity

    @property
    def end(self) -> float:
        """When nobody steers any more [s]."""
        return self.stamp + STALE


def make_target(
    given: Sequence[str],
    positions: Sequence[float],
    velocities: Sequence[float],
    names: Sequence[str],
    limits: Mapping[str, JointLimits],
    reference: Array,
    now: float,
) -> StreamTarget:
    """Check a target.

    Args:
        given: Joints it names, all of the controller's in any order.
        positions: [rad or m].
        velocities: [rad/s or m/s]; empty: none.
        names: The controller's joints in command order.
        limits: By joint name.
        reference: Where they are told to be now, shape (N,).
        now: [s].

    Raises:
        GoalRefusedError: Wrong joints, not finite, outside the limits, or too far away.
    """
    if sorted(given) != sorted(names):
        raise GoalRefusedError(
            ErrorCode.INVALID_JOINTS, f"a target names {list(given)}; wanted {list(names)}"
        )
    if len(positions) != len(given) or len(velocities) not in {0, len(given)}:
        raise GoalRefusedError(
            ErrorCode.INVALID_GOAL, f"{len(positions)} positions for {len(given)} joints"
        )
    order = [list(given).index(name) for name in names]
    position = np.array(positions, float)[order]
    velocity = np.array(velocities, float)[order] if len(velocities) else np.zeros(len(names))
    if not (np.isfinite(position).all() and np.isfinite(velocity).all()):
        raise GoalRefusedError(ErrorCode.INVALID_GOAL, "a target is not finite")
    for k, name in enumerate(names):
        limit = limits[name]
        if not limit.lower - POSITION_SLACK <= position[k] <= limit.upper + POSITION_SLACK:
            raise GoalRefusedError(
                ErrorCode.INVALID_GOAL, f"{name} at {position[k]:.3f} is outside its limits"
            )
        if abs(velocity[k]) > 1.1 * limit.velocity:
            raise GoalRefusedError(ErrorCode.INVALID_GOAL, f"{name} is asked to be too fast")
        if abs(position[k] - reference[k]) > STEP * limit.velocity + POSITION_SLACK:
            raise GoalRefusedError(
                ErrorCode.INVALID_GOAL,
                f"{name} is told to jump by {position[k] - reference[k]:.3f}",
            )
    return StreamTarget(position, velocity, now)
