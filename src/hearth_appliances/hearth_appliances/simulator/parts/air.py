"""Air of a room: dust that settles where a fan runs, water that comes and goes."""

from __future__ import annotations

import math
from collections.abc import Callable

from hearth_appliances.simulator.machine import Appliance, Part

LEVELS = ("GOOD", "NORMAL", "BAD", "VERY_BAD")
_DIRTY = 12.0
"""Fine dust that comes into a room by itself [ug/m3 in an hour]."""
_CLEANS = 600.0
"""Time constant of a machine that filters [s]."""


def level(dust: float) -> str:
    """Word for fine dust [ug/m3]."""
    for limit, word in zip((15.0, 35.0, 75.0), LEVELS, strict=False):
        if dust <= limit:
            return word
    return LEVELS[-1]


class Dust(Part):
    """Fine dust, measured and filtered."""

    def __init__(self, filters: Callable[[Appliance], bool], location: str = "MAIN") -> None:
        """``filters``: whether the machine filters now."""
        self._filters = filters
        self._prefix = f"{location}/airQualitySensor/"
        self.dust = 30.0
        """PM2.5 [ug/m3]."""

    @property
    def watts(self) -> float:
        """See the base."""
        return 35.0 if self._filters(self.machine) else 0.5

    def advance(self, elapsed: float) -> None:
        """See the base."""
        clean = self._filters(self.machine)
        rate = 1.0 / _CLEANS if clean else 1.0 / 86400.0
        settled = _DIRTY / 3600.0 / rate
        self.dust = settled + (self.dust - settled) * math.exp(-elapsed * rate)
        told = {"PM1": 0.6, "PM2": 1.0, "PM10": 1.6, "totalPollution": 0.04, "odor": 0.02}
        for key, share in told.items():
            self._tell(key, round(self.dust * share))
            self._tell(f"{key}Level", level(self.dust * min(1.0, share * 25.0)))

    def _tell(self, key: str, value: int | str) -> None:
        name = self._prefix + key
        if name not in self.machine.values:
            return
        item = self.machine.properties[name]
        if isinstance(value, str) and value not in (item.read_values or [value]):
            return
        self.machine.set(name, value)


class Moisture(Part):
    """Humidity of a room that a machine brings to what was asked for [%]."""

    def __init__(
        self,
        current: str,
        target: str,
        running: Callable[[Appliance], bool],
        *,
        rate: float,
        settles: float,
    ) -> None:
        """``rate``: what the machine does [%/h]; ``settles``: where it drifts to [%]."""
        self._current = current
        self._target = target
        self._running = running
        self._rate = rate
        self._settles = settles
        self.humidity = settles

    @property
    def watts(self) -> float:
        """See the base."""
        return 250.0 if self._working() else 1.0

    def advance(self, elapsed: float) -> None:
        """See the base."""
        drift = (self._settles - self.humidity) / 7200.0
        work = self._rate / 3600.0 if self._working() else 0.0
        self.humidity = min(100.0, max(0.0, self.humidity + elapsed * (drift + work)))
        self.machine.set(self._current, round(self.humidity))

    def _working(self) -> bool:
        gap = float(self.machine.values[self._target]) - self.humidity
        return self._running(self.machine) and gap * self._rate > 0.0
