"""One group of joints following trajectories: phases, tolerances, braking, preemption."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol

import numpy as np
import numpy.typing as npt
from hearth_core.ports import JointLimits

from hearth_drivers.core.braking import Brake, along, straight
from hearth_drivers.core.spline import Spline, fade
from hearth_drivers.core.streaming import StreamTarget
from hearth_drivers.core.trajectory import ErrorCode, Goal, Plan, Tolerances, make_plan

Array = npt.NDArray[np.float64]

LOST = 0.1
"""A reference this far from the joints [rad or m] no longer describes where they are."""


CLOCK_SLACK = 0.5
"""A clock that goes back by more [s] was reset: motions of before are void."""


class Ending(Enum):
    """How a motion ended."""

    SUCCEEDED = auto()
    FAILED = auto()
    CANCELED = auto()
    PREEMPTED = auto()
    STOPPED = auto()


class Phase(Enum):
    """What the controller is doing."""

    HOLDING = auto()
    WAITING = auto()
    TRACKING = auto()
    SETTLING = auto()
    BRAKING = auto()
    STREAMING = auto()


@dataclass(frozen=True)
class Result:
    """End of a motion, with a sentence."""

    ending: Ending
    code: ErrorCode = ErrorCode.SUCCESSFUL
    message: str = ""
    stalled: bool = False
    """Ended by contact (grippers)."""


@dataclass(frozen=True, eq=False)
class Command:
    """Targets for the joints, shape (N,) each."""

    position: Array
    velocity: Array


class Finish(Protocol):
    """Decides when a motion whose reference has arrived is over."""

    def check(self, late: float, target: Array, measured: Array) -> Result | None:
        """Result, or None to go on; ``late`` is the time since the planned end [s]."""


@dataclass(frozen=True, eq=False)
class ToleranceFinish:
    """Over when every joint is within its goal tolerance, failed when that takes too long."""

    names: Sequence[str]
    tolerance: Array
    time: float

    def check(self, late: float, target: Array, measured: Array) -> Result | None:
        """See :class:`Finish`."""
        error = np.abs(target - measured)
        if (error <= self.tolerance).all():
            return Result(Ending.SUCCEEDED)
        if late < self.time:
            return None
        worst = int(np.argmax(error - self.tolerance))
        return Result(
            Ending.FAILED,
            ErrorCode.GOAL_TOLERANCE_VIOLATED,
            f"{self.names[worst]} is {error[worst]:.3f} from its goal "
            f"{self.time:.1f} s after the end; {self.tolerance[worst]:.3f} is allowed",
        )


@dataclass(frozen=True, eq=False)
class Snapshot:
    """Where the motion stands, for feedback."""

    phase: Phase
    time: float
    """[s] into the trajectory."""
    duration: float
    desired: Array
    desired_velocity: Array
    actual: Array
    actual_velocity: Array


class JointController:
    """Turns plans into position targets; the caller owns clock, thread and joints."""

    def __init__(
        self,
        names: Sequence[str],
        limits: Mapping[str, JointLimits],
        tolerances: Tolerances,
        *,
        keep_reference: bool = False,
    ) -> None:
        """Prepare to hold.

        Args:
            names: Joints in command order.
            limits: Limits by joint name.
            tolerances: What goals get that do not say.
            keep_reference: Begin motions at the last target even when contact keeps the
                joints far from it (hands); otherwise at the joints.
        """
        self.names = tuple(names)
        self.limits = dict(limits)
        self._tolerances = tolerances
        self._keep_reference = keep_reference
        self._lower = np.array([limits[name].lower for name in names])
        self._upper = np.array([limits[name].upper for name in names])
        self._max_velocity = np.array([limits[name].velocity for name in names])
        self._max_acceleration = np.array([limits[name].acceleration for name in names])
        self._phase = Phase.HOLDING
        self._reference: Array | None = None
        self._velocity = np.zeros(len(self.names))
        self._plan: Plan | None = None
        self._fade: Spline | None = None
        self._finish: Finish | None = None
        self._begin = 0.0
        self._brake: Brake | None = None
        self._stream: StreamTarget | None = None
        self._brake_result: Result | None = None
        self._last: Snapshot | None = None
        self._ticked = -math.inf

    @property
    def phase(self) -> Phase:
        """What it is doing."""
        return self._phase

    @property
    def idle(self) -> bool:
        """Nothing to compute: the joints hold their last target by themselves."""
        return self._phase is Phase.HOLDING

    @property
    def snapshot(self) -> Snapshot | None:
        """State at the last tick of a motion; None before the first."""
        return self._last

    def reference(self, measured: Array) -> tuple[Array, Array]:
        """Position and velocity from which a new motion begins, shape (N,) each."""
        if self._reference is None:
            return np.clip(measured, self._lower, self._upper), np.zeros(len(self.names))
        lost = not self._keep_reference and bool((np.abs(self._reference - measured) > LOST).any())
        if lost and self.idle:
            return np.clip(measured, self._lower, self._upper), np.zeros(len(self.names))
        return self._reference, self._velocity

    def prepare(self, goal: Goal, measured: Array) -> Plan:
        """Check a goal; changes nothing.

        Raises:
            GoalRefusedError: The goal cannot be carried out.
        """
        position, velocity = self.reference(measured)
        return make_plan(goal, self.names, self.limits, position, velocity, self._tolerances)

    def start(
        self, plan: Plan, now: float, measured: Array, finish: Finish | None = None
    ) -> Result | None:
        """Begin a motion; returns the result of the one it replaces, if one was running."""
        replaced = None
        if not self.idle:
            replaced = self._brake_result or Result(
                Ending.PREEMPTED, ErrorCode.INVALID_GOAL, "preempted by a newer goal"
            )
        position, velocity = self.reference(measured)
        self._brake = self._brake_result = None
        self._plan = plan
        self._finish = finish or ToleranceFinish(self.names, plan.goal_tolerance, plan.goal_time)
        self._begin = now if plan.start is None else max(plan.start, now)
        self._reference, self._velocity = position, velocity
        offset = position - plan.spline.sample(0.0)[0]
        rate = velocity - plan.spline.sample(1e-9)[1]
        # Quintic fade: its speed peaks at 1.9 times offset over duration; use half the limit.
        duration = max(
            0.05,
            float(np.max(3.75 * np.abs(offset) / self._max_velocity)),
            float(np.max(2.0 * np.abs(rate) / self._max_acceleration)),
        )
        self._fade = fade(offset, rate, duration)
        self._phase = Phase.WAITING if self._begin > now else Phase.TRACKING
        return replaced

    def steer(self, target: StreamTarget) -> Result | None:
        """Follow single targets; returns the result of the motion that gives way, if one was."""
        replaced = None
        if self._phase not in {Phase.HOLDING, Phase.STREAMING}:
            replaced = self._brake_result or Result(
                Ending.PREEMPTED, ErrorCode.INVALID_GOAL, "preempted: the joints are steered"
            )
        self._plan = self._brake = self._brake_result = None
        self._stream = target
        self._phase = Phase.STREAMING
        return replaced

    def cancel(self, now: float, result: Result | None = None) -> None:
        """Brake along the path within the acceleration limits, then hold.

        The motion ends with ``result``. A path that was free is so to its end, and where the
        joints came from something else (a motion was replaced) they stop straight on.
        """
        if self.idle or self._phase in {Phase.BRAKING, Phase.STREAMING}:
            return
        assert self._reference is not None
        ending = result or Result(Ending.CANCELED, message="canceled by the client")
        assert self._plan is not None
        assert self._fade is not None
        time = now - self._begin
        if self._phase is Phase.TRACKING and time >= self._fade.duration:
            # From the last tick on: the joints have not been told of anything later.
            behind = max(self._ticked - self._begin, 0.0)
            self._brake = along(self._plan.spline, behind, self._max_acceleration)
        else:
            self._brake = straight(self._reference, self._velocity, self._max_acceleration)
        self._brake_result = ending
        self._begin = now
        self._phase = Phase.BRAKING

    def freeze(self, measured: Array) -> Command | None:
        """Forget the motion and hold where the joints are.

        Returns:
            Targets that keep a hand's grip (its last target, inside what it holds); None for
            other joints: the caller must halt them.
        """
        keep = self._keep_reference and self._reference is not None
        if not keep:
            self._reference = np.clip(measured, self._lower, self._upper)
        self._velocity = np.zeros(len(self.names))
        self._plan = self._brake = self._brake_result = None
        self._phase = Phase.HOLDING
        if not keep or self._reference is None:
            return None
        return Command(self._reference, self._velocity)

    def tick(
        self, now: float, measured: Array, measured_velocity: Array
    ) -> tuple[Command | None, Result | None]:
        """Advance to ``now`` [s]; returns targets and, when the motion ended, its result.

        A result without targets means that the caller must halt the joints: what keeps them
        from their path may be a person.
        """
        before, self._ticked = self._ticked, now
        if self.idle:
            return None, None
        if now < before - CLOCK_SLACK:
            failed = Result(Ending.FAILED, ErrorCode.INVALID_GOAL, "the clock was set back")
            return self.freeze(measured), failed
        if self._phase is Phase.STREAMING:
            self._follow_stream(now)
            if self._phase is Phase.STREAMING:
                return Command(self._reference, self._velocity), None  # type: ignore[arg-type]
        if self._phase is Phase.BRAKING:
            return self._tick_braking(now)
        if self._phase is Phase.WAITING:
            if now < self._begin:
                return None, None  # the joints hold their last target by themselves
            self._phase = Phase.TRACKING
        return self._tick_tracking(now - self._begin, measured, measured_velocity)

    def _tick_tracking(
        self, time: float, measured: Array, measured_velocity: Array
    ) -> tuple[Command | None, Result | None]:
        """Reference at ``time`` [s] into the plan, and what its errors mean."""
        assert self._plan is not None
        assert self._fade is not None
        assert self._finish is not None
        plan = self._plan
        position, velocity = plan.spline.sample(time)
        if time < self._fade.duration:
            offset, rate = self._fade.sample(time)
            position, velocity = position + offset, velocity + rate
        position = np.minimum(np.maximum(position, self._lower), self._upper)
        self._reference, self._velocity = position, velocity
        duration = plan.spline.duration
        self._last = Snapshot(
            self._phase, time, duration, position, velocity, measured, measured_velocity
        )
        error = np.abs(position - measured)
        ended = None
        if (error > plan.path_tolerance).any():
            ended = self._path_violation(error, plan.path_tolerance)
        elif time >= max(duration, self._fade.duration):
            self._phase = Phase.SETTLING
            ended = self._finish.check(time - duration, position, measured)
        if ended is None:
            return Command(position, velocity), None
        if ended.ending is Ending.FAILED:
            return self.freeze(measured), ended
        self._velocity = np.zeros(len(self.names))
        self._plan = None
        self._phase = Phase.HOLDING
        return Command(position, self._velocity), ended

    def _follow_stream(self, now: float) -> None:
        """Reference at ``now``, or the beginning of a brake when nobody steers any more."""
        assert self._stream is not None
        if now > self._stream.end:
            position, velocity = self._stream.sample(now)
            self._brake = straight(position, velocity, self._max_acceleration)
            self._begin, self._phase = self._stream.end, Phase.BRAKING
            return
        position, self._velocity = self._stream.sample(now)
        self._reference = np.minimum(np.maximum(position, self._lower), self._upper)

    def _tick_braking(self, now: float) -> tuple[Command | None, Result | None]:
        assert self._brake is not None
        time = now - self._begin
        position, self._velocity = self._brake.sample(time)
        position = np.minimum(np.maximum(position, self._lower), self._upper)
        self._reference = position
        command = Command(position, self._velocity)
        if time < self._brake.duration:
            return command, None
        result = self._brake_result
        self._plan = self._brake = self._brake_result = None
        self._velocity = np.zeros(len(self.names))
        self._phase = Phase.HOLDING
        return Command(position, self._velocity), result

    def _path_violation(self, error: Array, tolerance: Array) -> Result:
        worst = int(np.argmax(np.where(np.isfinite(tolerance), error - tolerance, -math.inf)))
        return Result(
            Ending.FAILED,
            ErrorCode.PATH_TOLERANCE_VIOLATED,
            f"{self.names[worst]} is {error[worst]:.3f} off its path; "
            f"{tolerance[worst]:.3f} is allowed",
        )
