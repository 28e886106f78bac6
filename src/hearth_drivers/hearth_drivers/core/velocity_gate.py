"""Last check before the wheels: choose, clamp, smooth, and stop when commands stop coming."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum

from hearth_core.health import Health, Level


class Source(IntEnum):
    """Who may drive; the lowest number with a fresh command wins."""

    ASSISTED = 0
    """A person's command, guarded: while it comes, the bare one is not used."""
    TELEOP = 1
    MANIPULATION = 2
    NAVIGATION = 3


@dataclass(frozen=True)
class Velocity:
    """Planar velocity of base_footprint, expressed in base_footprint (REP 103)."""

    vx: float
    """Forward [m/s]."""
    vy: float
    """To the left [m/s]."""
    wz: float
    """Yaw rate [rad/s], counter-clockwise positive."""

    @property
    def finite(self) -> bool:
        """Whether every component is a number."""
        return math.isfinite(self.vx) and math.isfinite(self.vy) and math.isfinite(self.wz)

    @property
    def speed(self) -> float:
        """Linear speed [m/s]."""
        return math.hypot(self.vx, self.vy)


STOP = Velocity(0.0, 0.0, 0.0)


@dataclass(frozen=True)
class GateLimits:
    """What the base may do; all magnitudes, all positive."""

    linear: float = 0.8
    """Speed in any direction [m/s]."""
    angular: float = 1.5
    """[rad/s]."""
    linear_acceleration: float = 1.0
    """[m/s2]."""
    linear_braking: float = 2.0
    """When slowing down [m/s2]."""
    angular_acceleration: float = 3.0
    """[rad/s2], both ways."""
    timeout: float = 0.3
    """Age at which a command expires [s]."""

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not value > 0.0:
                raise ValueError(f"{name} must be > 0, got {value}")


class VelocityGate:
    """Passes on the fresh command of highest priority, clamped and within accelerations.

    Silence, a clock that jumps back, and NaN all mean the same thing: come to a stand. An
    emergency stop is a level, not a pulse: it stands until released, and cuts to zero at once.
    """

    def __init__(self, limits: GateLimits) -> None:
        self._limits = limits
        self._commands: dict[Source, tuple[Velocity, float]] = {}
        self._output = STOP
        self._time: float | None = None
        self._stopped = False
        self._refused = 0
        self._active: Source | None = None

    @property
    def stopped(self) -> bool:
        """Whether the emergency stop is engaged."""
        return self._stopped

    @property
    def active(self) -> Source | None:
        """Whose command was used at the last update; None: nobody's."""
        return self._active

    def accept(self, source: Source, command: Velocity, now: float) -> None:
        """Take a new command that arrived at ``now`` [s]; NaN and inf drop the source's last."""
        if command.finite:
            self._commands[source] = (command, now)
        else:
            self._commands.pop(source, None)
            self._refused += 1

    def stop(self, engaged: bool) -> None:
        """Engage or release the emergency stop; commands from before a release are void."""
        self._stopped = engaged
        self._commands.clear()

    def update(self, now: float) -> Velocity:
        """Velocity the base drives at from ``now`` [s] on."""
        elapsed = 0.0 if self._time is None else min(max(now - self._time, 0.0), 0.1)
        self._time = now
        if self._stopped:
            self._output, self._active = STOP, None
            return STOP
        wanted = self._clamp(self._choose(now))
        self._output = self._approach(wanted, elapsed)
        return self._output

    def health(self) -> Health:
        """Report the stop, refused commands and who drives."""
        values: dict[str, float | int | str | bool] = {
            "refused_commands": self._refused,
            "source": self._active.name.lower() if self._active is not None else "",
            "stopped": self._stopped,
        }
        if self._stopped:
            return Health(Level.WARN, "emergency stop is engaged", values)
        if self._refused:
            return Health(Level.ERROR, "non-finite commands refused", values)
        if self._active is None:
            return Health(Level.OK, "no fresh command, standing still", values)
        return Health(Level.OK, "driving", values)

    def _choose(self, now: float) -> Velocity:
        self._active = None
        for source in Source:
            command = self._commands.get(source)
            if command is not None and 0.0 <= now - command[1] <= self._limits.timeout:
                self._active = source
                return command[0]
        return STOP

    def _clamp(self, velocity: Velocity) -> Velocity:
        """Keep the direction of travel, shorten to the limits."""
        scale = min(1.0, self._limits.linear / max(velocity.speed, 1e-12))
        wz = max(-self._limits.angular, min(self._limits.angular, velocity.wz))
        return Velocity(velocity.vx * scale, velocity.vy * scale, wz)

    def _approach(self, wanted: Velocity, elapsed: float) -> Velocity:
        limits, last = self._limits, self._output
        dx, dy = wanted.vx - last.vx, wanted.vy - last.vy
        gap = math.hypot(dx, dy)
        braking = wanted.speed < last.speed
        step = (limits.linear_braking if braking else limits.linear_acceleration) * elapsed
        scale = 1.0 if gap <= step else step / gap
        turn = limits.angular_acceleration * elapsed
        dw = max(-turn, min(turn, wanted.wz - last.wz))
        return Velocity(last.vx + dx * scale, last.vy + dy * scale, last.wz + dw)
