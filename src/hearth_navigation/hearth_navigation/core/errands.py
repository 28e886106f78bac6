"""Small motions without a map: turn, drive straight, stand. Odometry measures, the monitor guards.

Error codes are Nav2's, which differ from behaviour to behaviour; 0 is success.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt
from hearth_core.errors import BadInputError
from hearth_core.geometry import Pose2, wrap_angle

from hearth_navigation.core import monitor
from hearth_navigation.core.approach import slew
from hearth_navigation.core.footprint import Footprint
from hearth_navigation.core.mppi import Limits
from hearth_navigation.core.trip import Ending

Array = npt.NDArray[np.float64]
Velocity = tuple[float, float, float]
STOP: Velocity = (0.0, 0.0, 0.0)

_BLOCKED_FOR = 0.6
"""How long [s] the monitor may hold an errand before it is over."""


@dataclass(frozen=True)
class Codes:
    """Nav2's numbers of one behaviour."""

    timeout: int
    unavailable: int
    """No fresh odometry or scan (``TF_ERROR``)."""
    collision: int


SPIN = Codes(701, 702, 703)
BACK_UP = Codes(711, 712, 714)
DRIVE_ON_HEADING = Codes(721, 722, 723)
WAIT = Codes(741, 740, 740)
ASSISTED_TELEOP = Codes(731, 732, 730)


@dataclass(frozen=True, eq=False)
class Surroundings:
    """What an errand needs to know."""

    now: float
    odom: Pose2
    """base_footprint in odom."""
    points: Array
    """All that stands around, of the scan and the depth camera, in base_footprint [m], (N, 2)."""
    footprint: Footprint
    limits: Limits
    monitor: monitor.MonitorConfig
    period: float
    scan: Array = field(default_factory=lambda: np.zeros((0, 2)))
    """The newest scan alone, in base_footprint [m], shape (N, 2)."""
    scan_stamp: float = -math.inf
    """When it was taken [s]."""
    lidar: tuple[float, float] = (0.0, 0.0)
    """Where it was taken from, in base_footprint now [m]."""


class Motion(Protocol):
    """What an errand wants."""

    def wanted(self, around: Surroundings) -> Velocity | None:
        """Velocity to have; None: it is done."""
        ...

    @property
    def done(self) -> float:
        """How much of it is done [m, rad or s]."""
        ...


class Turn:
    """Turn on the spot by an angle [rad]; more than a whole turn is possible."""

    def __init__(self, angle: float) -> None:
        if not math.isfinite(angle):
            raise BadInputError(f"angle refused: {angle}")
        self._angle = angle
        self._last: float | None = None
        self._turned = 0.0

    @property
    def done(self) -> float:
        """[rad], with sign."""
        return self._turned

    def wanted(self, around: Surroundings) -> Velocity | None:
        """Turn, slower and slower at the end."""
        yaw = around.odom.yaw
        if self._last is not None:
            self._turned += wrap_angle(yaw - self._last)
        self._last = yaw
        left = self._angle - self._turned
        if abs(left) < 0.01:
            return None
        fastest = math.sqrt(2.0 * 0.5 * around.limits.turn_acceleration * abs(left))
        return 0.0, 0.0, math.copysign(min(around.limits.turn, fastest, 3.0 * abs(left)), left)


class Straight:
    """Drive along the heading it began with; negative distances go back."""

    def __init__(self, distance: float, speed: float) -> None:
        if not (math.isfinite(distance) and math.isfinite(speed) and speed > 0.0):
            raise BadInputError(
                f"refused: distance {distance} m at {speed} m/s; speed must be > 0"
            )
        self._distance = distance
        self._speed = speed
        self._start: Pose2 | None = None
        self._driven = 0.0

    @property
    def done(self) -> float:
        """[m]."""
        return abs(self._driven)

    def wanted(self, around: Surroundings) -> Velocity | None:
        """Drive, slower and slower at the end, and stay on the line."""
        if self._start is None:
            self._start = around.odom
        at = self._start.inverse() @ around.odom
        self._driven = at.x
        left = self._distance - at.x
        if left * math.copysign(1.0, self._distance) < 0.005:
            return None
        limits = around.limits
        most = limits.forward if left > 0.0 else limits.backward
        fastest = math.sqrt(2.0 * 0.5 * limits.acceleration * abs(left))
        speed = math.copysign(min(self._speed, most, fastest, 3.0 * abs(left) + 0.01), left)
        return speed, 0.0, -1.0 * at.yaw


class Stand:
    """Do nothing for a while [s]."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._since: float | None = None
        self._stood = 0.0

    @property
    def done(self) -> float:
        """[s]."""
        return self._stood

    def wanted(self, around: Surroundings) -> Velocity | None:
        """Zero."""
        if self._since is None:
            self._since = around.now
        self._stood = around.now - self._since
        return None if self._stood >= self._seconds else STOP


class Steered:
    """Drive as somebody commands, within the limits, until they say that they are done."""

    def __init__(self, timeout: float = 0.3) -> None:
        """``timeout``: age [s] at which a command counts no longer."""
        self._timeout = timeout
        self._command: tuple[Velocity, float] | None = None
        self._since: float | None = None
        self._drove = 0.0
        self._over = False

    @property
    def done(self) -> float:
        """[s]."""
        return self._drove

    def steer(self, command: Velocity, now: float) -> None:
        """Take a command (vx, vy, wz) heard at ``now`` [s]; NaN stops."""
        self._command = (command, now) if all(map(math.isfinite, command)) else None

    def finish(self) -> None:
        """Come to a stand and end well."""
        self._over = True

    def wanted(self, around: Surroundings) -> Velocity | None:
        """The newest command, if it is fresh."""
        if self._since is None:
            self._since = around.now
        self._drove = around.now - self._since
        command = self._command
        if self._over:
            return None
        if command is None or not 0.0 <= around.now - command[1] <= self._timeout:
            return STOP
        (vx, vy, wz), limits = command[0], around.limits
        return (
            min(max(vx, -limits.backward), limits.forward),
            min(max(vy, -limits.sideways), limits.sideways),
            min(max(wz, -limits.turn), limits.turn),
        )


class Errand:
    """One motion with what may go wrong with it."""

    def __init__(
        self, motion: Motion, codes: Codes, allowance: float = 0.0, *, patient: bool = False
    ) -> None:
        """``allowance``: time [s] it may take; 0: any. ``patient``: may be held for ever."""
        self.motion = motion
        self.ending: Ending | None = None
        self._codes = codes
        self._allowance = allowance
        self._patient = patient
        self._began: float | None = None
        self._held_since: float | None = None
        self._last: Velocity = STOP
        self._finished = False

    def step(self, around: Surroundings) -> Velocity:
        """Command for the next period."""
        if self.ending is not None:
            return STOP
        if self._began is None:
            self._began = around.now
        took = around.now - self._began
        if self._allowance > 0.0 and took > self._allowance:
            self.ending = Ending(self._codes.timeout, f"not done after {took:.1f} s")
            return STOP
        wanted = None if self._finished else self.motion.wanted(around)
        self._finished = wanted is None
        command = slew(wanted or STOP, self._last, around.limits, around.period)
        limited = monitor.limit(around.monitor, around.footprint, around.points, command)
        self._last = limited.velocity
        if self._finished:
            if math.hypot(*self._last) < 1e-6:
                self.ending = Ending(0, "done")
            return self._last
        held = not self._patient and limited.scale < 0.5 and math.hypot(*command) > 1e-6
        self._held_since = (self._held_since or around.now) if held else None
        if self._held_since is not None and around.now - self._held_since > _BLOCKED_FOR:
            self.ending = Ending(
                self._codes.collision, f"something is in the way, {limited.gap:.2f} m off"
            )
            return STOP
        return self._last

    def blind(self, reason: str) -> None:
        """End it: there is nothing fresh to move by."""
        if self.ending is None:
            self.ending = Ending(self._codes.unavailable, reason)
