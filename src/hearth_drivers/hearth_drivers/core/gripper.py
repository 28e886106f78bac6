"""A five-finger hand as a gripper: one opening fraction, contact, and how hard to press."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from hearth_core.ports import JointLimits

from hearth_drivers.core.joint_controller import Ending, Result
from hearth_drivers.core.trajectory import ErrorCode, Goal, GoalRefusedError, Waypoint

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class GripperSettings:
    """How a hand opens and closes."""

    thumb_opposition: float = 0.9
    """Thumb opposition joint as a fraction of its range, kept while opening and closing."""
    thumb_flexion: float = 0.37
    """Where the thumb stands as an anvil when the hand is closed, of its range (a thing 6 cm
    wide; measured, ``urdf/README.md``)."""
    finger_flexion: float = 0.83
    """Where the fingers of a closed hand stand, of their range."""
    speed: float = 0.5
    """Fraction of the joints' velocity limits."""
    fingertip_lever: float = 0.09
    """[m] from the flexion axis to the fingertip: turns fingertip force into torque."""
    tolerance: float = 0.03
    """Opening counts as reached within this fraction of the span."""
    stall_time: float = 0.25
    """[s] without motion that count as contact."""
    stall_motion: float = 0.01
    """Fraction of the span that counts as motion."""
    timeout: float = 4.0
    """[s] after the reference has arrived: neither reached nor stalled is a failure."""


class HandSynergy:
    """Opening fraction (0 closed .. 1 open) <-> joint targets of one hand."""

    def __init__(
        self, names: Sequence[str], limits: Mapping[str, JointLimits], settings: GripperSettings
    ) -> None:
        """Derive the open and the closed hand from the joints' limits.

        Flexion joints (``*_flexion_joint``) run from their lower limit (open) to a fraction
        of their range (closed), which for the thumb is where it stands as an anvil; others
        (thumb opposition) stand still at a fraction of their range.
        """
        self.names = tuple(names)
        self._settings = settings
        flexes = np.array(["flexion" in name for name in names])
        thumb = np.array(["thumb" in name for name in names])
        self._fingers = flexes & ~thumb
        if not self._fingers.any():
            raise ValueError(f"no flexion joint among {list(names)}")
        lower = np.array([limits[name].lower for name in names])
        upper = np.array([limits[name].upper for name in names])
        still = lower + settings.thumb_opposition * (upper - lower)
        share = np.where(thumb, settings.thumb_flexion, settings.finger_flexion)
        self.open = np.where(flexes, lower, still)
        self.closed = np.where(flexes, lower + share * (upper - lower), still)
        self._speed = settings.speed * np.array([limits[name].velocity for name in names])
        rated = [
            limits[n].effort for n, flexes in zip(names, self._fingers, strict=True) if flexes
        ]
        self.rated_force = min(rated) / settings.fingertip_lever
        """Force of the weakest fingertip at full effort [N]."""

    def targets(self, opening: float) -> Array:
        """Joint targets for an opening fraction, shape (N,)."""
        return self.closed + opening * (self.open - self.closed)

    def opening(self, position: Array) -> float:
        """Mean opening fraction of the fingers (without thumb) at ``position``, shape (N,)."""
        span = self.open[self._fingers] - self.closed[self._fingers]
        return float(np.mean((position[self._fingers] - self.closed[self._fingers]) / span))

    def effort_scale(self, max_effort: float) -> float:
        """Effort limit as a fraction of the rating, for ``max_effort`` [N] at the fingertips.

        0 or less asks for all the hand can.
        """
        if max_effort <= 0.0:
            return 1.0
        return min(1.0, max(0.05, max_effort / self.rated_force))

    def goal(self, opening: float, start: Array) -> Goal:
        """Trajectory from the present reference to an opening, at the gripper's speed.

        Raises:
            GoalRefusedError: The opening is not in 0..1.
        """
        if not 0.0 <= opening <= 1.0:  # NaN compares false
            raise GoalRefusedError(
                ErrorCode.INVALID_GOAL,
                f"opening must be between 0 (closed) and 1 (open), got {opening}",
            )
        end = self.targets(opening)
        # A cubic from rest to rest peaks at 1.5 times its mean speed.
        duration = max(0.15, float(np.max(1.5 * np.abs(end - start) / self._speed)))
        none = dict.fromkeys(self.names, -1.0)
        point = Waypoint(duration, end.tolist(), [0.0] * len(self.names))
        return Goal(self.names, [point], path_tolerance=none, goal_tolerance=none)


class GripperFinish:
    """Over when the opening is reached, or when contact has stopped the fingers."""

    def __init__(self, hand: HandSynergy, settings: GripperSettings) -> None:
        self._hand = hand
        self._settings = settings
        self._anchor: tuple[float, float] | None = None

    def check(self, late: float, target: Array, measured: Array) -> Result | None:
        """See :class:`hearth_drivers.core.joint_controller.Finish`."""
        opening, wanted = self._hand.opening(measured), self._hand.opening(target)
        if abs(opening - wanted) <= self._settings.tolerance:
            return Result(Ending.SUCCEEDED)
        if self._anchor is None or abs(opening - self._anchor[1]) > self._settings.stall_motion:
            self._anchor = (late, opening)
        if late - self._anchor[0] >= self._settings.stall_time:
            return Result(Ending.SUCCEEDED, message="stopped by contact", stalled=True)
        if late < self._settings.timeout:
            return None
        return Result(
            Ending.FAILED,
            ErrorCode.GOAL_TOLERANCE_VIOLATED,
            f"still moving at opening {opening:.2f} on the way to {wanted:.2f} after "
            f"{self._settings.timeout:.1f} s",
        )
