"""Things that warm and cool: one heat capacity, one loss, one heater or compressor."""

from __future__ import annotations

import math
from dataclasses import dataclass

from hearth_appliances.core.profile import Json
from hearth_appliances.simulator.machine import Part

ROOM = 22.0
"""Around every machine [°C]."""


@dataclass
class Body:
    """A lump of heat: dT/dt = (power - loss (T - around)) / capacity."""

    celsius: float
    capacity: float
    """[J/K]."""
    loss: float
    """[W/K]."""

    def advance(
        self, elapsed: float, power: float, around: float = ROOM, loss: float = 0.0
    ) -> None:
        """Exact for constant power [W]; ``loss``: more of it [W/K]."""
        total = self.loss + loss
        settled = around + power / total
        self.celsius = settled + (self.celsius - settled) * math.exp(
            -elapsed * total / self.capacity
        )


def to_fahrenheit(celsius: float) -> int:
    """Rounded, as displays show it."""
    return round(celsius * 1.8 + 32.0)


def to_celsius(fahrenheit: float) -> int:
    """Rounded, as displays show it."""
    return round((fahrenheit - 32.0) / 1.8)


class TwoUnits(Part):
    """Temperatures in °C and °F move together when one of them is written."""

    def write(self, name: str, value: Json) -> bool:
        """Set both."""
        twin = _twin(name)
        if twin is None:
            return False
        other, fahrenheit = twin
        both = {name: value, other: to_fahrenheit(value) if fahrenheit else to_celsius(value)}
        for key in both.keys() & self.machine.values.keys():  # some are told in one unit only
            self.machine.set(key, both[key])
        return True


class Compartment(Part):
    """A cold box with a door: it warms while that is open."""

    ALARM = 60.0
    """[s] after which an open door is complained of."""

    def __init__(
        self, target: str, celsius: float, *, cooling: float = 120.0, alarm: bool = False
    ) -> None:
        """``target``: flat name of the wanted temperature [°C]; ``cooling`` [W]."""
        self._target = target
        self._cooling = cooling
        self._alarm = alarm
        self._on = False
        self._open_for: float | None = None
        self.body = Body(celsius, capacity=60e3, loss=1.5)

    @property
    def watts(self) -> float:
        """See the base."""
        return 0.4 * self._cooling if self._on else 1.0

    def door_moved(self, opened: bool) -> None:
        """See the base."""
        self._open_for = 0.0 if opened else None

    def advance(self, elapsed: float) -> None:
        """Cool with hysteresis; complain once of a door left open."""
        target = float(self.machine.values[self._target])
        if self.body.celsius > target + 1.0:
            self._on = True
        elif self.body.celsius < target - 1.0:
            self._on = False
        is_open = self._open_for is not None
        self.body.advance(
            elapsed, -self._cooling if self._on else 0.0, loss=25.0 if is_open else 0.0
        )
        if self._open_for is None:
            return
        before, self._open_for = self._open_for, self._open_for + elapsed
        if self._alarm and before < self.ALARM <= self._open_for:
            self.machine.notify("DOOR_IS_OPEN")


class Climate(Part):
    """Heats or cools air or water toward what is asked for, and tells how warm it is."""

    def __init__(
        self,
        body: Body,
        *,
        current: tuple[str, ...],
        target: str,
        running: tuple[str, str],
        power: float,
        cools: bool = False,
        around: float = ROOM,
    ) -> None:
        """Describe it.

        Args:
            body: What is warmed or cooled.
            current: Flat names that tell its temperature, °C or °F by their ends.
            target: Flat name of the wanted temperature [°C].
            running: Flat name and value that say it is on.
            power: Of heater or compressor [W].
            cools: It cools, otherwise it heats.
            around: Temperature it drifts to [°C].
        """
        self.body = body
        self._current = current
        self._target = target
        self._running = running
        self._power = power
        self._cools = cools
        self._around = around
        self._on = False

    @property
    def watts(self) -> float:
        """See the base."""
        return (self._power / 3.0 if self._cools else self._power) if self._on else 1.0

    def advance(self, elapsed: float) -> None:
        """See the base."""
        name, value = self._running
        error = float(self.machine.values[self._target]) - self.body.celsius
        error = -error if self._cools else error
        awake = self.machine.values.get(name) == value
        self._on = awake and (error > 0.5 or (self._on and error > -0.2))
        power = -self._power if self._cools else self._power
        self.body.advance(elapsed, power if self._on else 0.0, self._around)
        self.tell()

    def tell(self) -> None:
        """Say how warm it is, in whole degrees."""
        for name in self._current:
            warm = self.body.celsius
            fahrenheit = name.endswith("F") or ":F/" in name
            self.machine.set(name, to_fahrenheit(warm) if fahrenheit else round(warm))


def _twin(name: str) -> tuple[str, bool] | None:
    """The same temperature in the other unit, and whether that is °F."""
    if ":C/" in name:
        return name.replace(":C/", ":F/"), True
    if ":F/" in name:
        return name.replace(":F/", ":C/"), False
    if "emperature" in name and name[-1] in "CF":
        return name[:-1] + ("F" if name[-1] == "C" else "C"), name[-1] == "C"
    return None
