"""Joint controllers on their ports, safe to use from two threads.

Goals come from the executor's thread, ticks from the hardware's; a lock is held only for
microseconds, and planning happens outside of it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence

from hearth_core.ports import JointGroupPort, RobotHardware, TouchReading

from hearth_drivers.core.gripper import GripperFinish, GripperSettings, HandSynergy
from hearth_drivers.core.joint_controller import (
    Ending,
    Finish,
    JointController,
    Result,
    Snapshot,
)
from hearth_drivers.core.streaming import make_target
from hearth_drivers.core.trajectory import (
    ErrorCode,
    Goal,
    GoalRefusedError,
    Plan,
    Tolerances,
)

OnResult = Callable[[Result], None]
"""Called once per motion, in the hardware's or the caller's thread."""


class GroupDriver:
    """One group of joints: a controller, its port and the motion that runs."""

    def __init__(
        self, name: str, port: JointGroupPort, tolerances: Tolerances, *, hand: bool = False
    ) -> None:
        self.name = name
        self.port = port
        self._lock = threading.Lock()
        self._controller = JointController(
            port.names, port.limits, tolerances, keep_reference=hand
        )
        self._on_result: OnResult | None = None
        self._motion = 0
        self._stopped = False
        self.failures = 0
        """Motions that ended FAILED since the start."""

    @property
    def snapshot(self) -> Snapshot | None:
        """Newest state of the running or last motion."""
        return self._controller.snapshot

    def follow(self, goal: Goal, on_result: OnResult) -> int:
        """Begin a trajectory; returns the motion's number.

        Raises:
            GoalRefusedError: Bad goal, or the emergency stop is engaged; nothing has moved.
        """
        reading = self.port.read()
        with self._lock:
            self._refuse_when_stopped()
            busy = not self._controller.idle
        if goal.start is not None:
            _check_start(goal, goal.start, reading.stamp, busy)
        plan = self._controller.prepare(goal, reading.position)
        self.port.set_effort_scale(1.0)
        return self._start(plan, on_result)

    def _start(self, plan: Plan, on_result: OnResult, finish: Finish | None = None) -> int:
        with self._lock:
            self._refuse_when_stopped()
            reading = self.port.read()
            replaced = self._controller.start(plan, reading.stamp, reading.position, finish)
            previous, self._on_result = self._on_result, on_result
            self._motion += 1
            motion = self._motion
        if replaced is not None and previous is not None:
            previous(replaced)
        return motion

    def steer(
        self, names: Sequence[str], positions: Sequence[float], velocities: Sequence[float]
    ) -> None:
        """Follow one target now; a motion that runs gives way.

        Raises:
            GoalRefusedError: Bad target, or the emergency stop is engaged.
        """
        with self._lock:
            self._refuse_when_stopped()
            reading = self.port.read()
            reference, _ = self._controller.reference(reading.position)
            target = make_target(
                names, positions, velocities, self._controller.names, self._controller.limits,
                reference, reading.stamp,
            )  # fmt: skip
            replaced = self._controller.steer(target)
            previous, self._on_result = self._on_result, None
        if replaced is not None and previous is not None:
            previous(replaced)

    def _refuse_when_stopped(self) -> None:
        if self._stopped:
            raise GoalRefusedError(
                ErrorCode.INVALID_GOAL, "the emergency stop is engaged; release it first"
            )

    def cancel(self, motion: int) -> None:
        """Brake and hold, if ``motion`` is the one that runs."""
        with self._lock:
            if motion == self._motion:
                self._controller.cancel(self.port.read().stamp)

    def stop(self, engaged: bool, message: str = "emergency stop") -> None:
        """Engage or release the emergency stop: hold at once and refuse goals until released.

        Hands keep their grip: what they let go of falls.
        """
        with self._lock:
            self._stopped = engaged
            if not engaged:
                return
            running = None if self._controller.idle else self._on_result
            hold = self._controller.freeze(self.port.read().position)
            if hold is None:
                self.port.halt()
            else:
                self.port.command(hold.position, hold.velocity)
            self._on_result = None
        if running is not None:
            running(Result(Ending.STOPPED, ErrorCode.INVALID_GOAL, message))

    def tick(self, now: float) -> None:
        """Advance the motion; called in the hardware's thread."""
        if self._controller.idle:
            return
        with self._lock:
            reading = self.port.read()
            command, result = self._controller.tick(now, reading.position, reading.velocity)
            if command is not None:
                self.port.command(command.position, command.velocity)
            elif result is not None:
                self.port.halt()
            if result is None:
                return
            on_result, self._on_result = self._on_result, None
            self.failures += result.ending is Ending.FAILED
        if on_result is not None:
            on_result(result)


class HandDriver(GroupDriver):
    """A hand: trajectories, and a gripper with contact detection and limited force."""

    def __init__(
        self,
        name: str,
        port: JointGroupPort,
        tolerances: Tolerances,
        settings: GripperSettings,
        touch: Callable[[], TouchReading],
    ) -> None:
        super().__init__(name, port, tolerances, hand=True)
        self._settings = settings
        self._touch = touch
        self._side = name.split("_", maxsplit=1)[0]
        self.synergy = HandSynergy(port.names, port.limits, settings)

    def grip(self, opening: float, max_effort: float, on_result: OnResult) -> int:
        """Open or close to a fraction of the span; returns the motion's number.

        Args:
            opening: 0 closed .. 1 open.
            max_effort: Force at a fingertip [N]; 0 or less: all the hand can.
            on_result: Called when it has arrived, stalled on contact, or failed.

        Raises:
            GoalRefusedError: Opening outside 0..1, or the emergency stop is engaged.
        """
        measured = self.port.read().position
        with self._lock:
            self._refuse_when_stopped()
            start, _ = self._controller.reference(measured)
        plan = self._controller.prepare(self.synergy.goal(opening, start), measured)
        self.port.set_effort_scale(self.synergy.effort_scale(max_effort))
        return self._start(plan, on_result, GripperFinish(self.synergy, self._settings))

    def opening(self) -> float:
        """Measured opening fraction."""
        return self.synergy.opening(self.port.read().position)

    def force(self) -> float:
        """Sum of this hand's fingertip pressures [N]."""
        prefix = f"{self._side}_"
        return sum(f for name, f in self._touch().force.items() if name.startswith(prefix))


def _check_start(goal: Goal, start: float, now: float, busy: bool) -> None:
    """Refuse a start too far in the past or the future [s]."""
    late = now - start
    if goal.points and late > goal.points[-1].time + 1.0:
        raise GoalRefusedError(
            ErrorCode.OLD_HEADER_TIMESTAMP, f"the trajectory ended {late:.1f} s ago"
        )
    if -late > 5.0 or (busy and -late > 0.1):
        raise GoalRefusedError(
            ErrorCode.INVALID_GOAL,
            f"begins {-late:.1f} s from now; at most 5 s, and 0.1 s while joints move",
        )


def make_drivers(
    hardware: RobotHardware,
    tolerances: Tolerances,
    gripper: GripperSettings,
) -> Mapping[str, GroupDriver]:
    """A driver for every group the hardware has."""
    drivers: dict[str, GroupDriver] = {}
    loose = Tolerances(goal_time=tolerances.goal_time)  # fingers meet things: that is their job
    for name, port in hardware.groups.items():
        if name.endswith("_hand"):
            drivers[name] = HandDriver(name, port, loose, gripper, hardware.touch)
        else:
            drivers[name] = GroupDriver(name, port, tolerances)
    return drivers
