"""When an idle robot goes home to charge."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class BatteryLimits:
    """When the battery is low, and how long nobody must want anything."""

    low: float = 0.25
    """Charge 0..1 below which the robot goes home; 0: never."""
    idle: float = 20.0
    """Time without a task [s]."""
    again: float = 60.0
    """Time [s] after a failure before the next attempt."""
    stale: float = 10.0
    """A battery that has said nothing for so long [s] is not known."""


class BatteryWatch:
    """Decides from what the battery says and what the robot does. Time is an argument."""

    def __init__(self, limits: BatteryLimits, now: float) -> None:
        self.limits = limits
        self._heard: tuple[float, float, bool] | None = None
        self._idle_since: float | None = now
        self._not_before = -math.inf

    def battery(self, now: float, charge: float, charging: bool) -> None:
        """Take a reading; ``charge`` is nan where nobody knows it."""
        self._heard = (now, charge, charging)

    def busy(self) -> None:
        """A task has begun."""
        self._idle_since = None

    def free(self, now: float) -> None:
        """It has ended."""
        self._idle_since = now

    def failed(self, now: float) -> None:
        """Going home did not work: not again at once."""
        self._not_before = now + self.limits.again

    def charge(self, now: float) -> float | None:
        """Charge 0..1; None: not known, or heard too long ago."""
        if self._heard is None or not -1.0 <= now - self._heard[0] <= self.limits.stale:
            return None
        return None if math.isnan(self._heard[1]) else self._heard[1]

    def wants_home(self, now: float) -> bool:
        """Whether to go to the charger now."""
        charge = self.charge(now)
        if charge is None or self._heard is None or self._heard[2] or self._idle_since is None:
            return False
        self._idle_since = min(self._idle_since, now)  # the clock may jump back
        if now < self._not_before - 2.0 * self.limits.again:
            self._not_before = -math.inf
        rested = now - self._idle_since >= self.limits.idle
        return charge < self.limits.low and rested and now >= self._not_before
