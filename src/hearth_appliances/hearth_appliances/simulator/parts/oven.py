"""A cavity that heats up and then cooks for as long as it was told."""

from __future__ import annotations

import math
from collections.abc import Mapping

from hearth_appliances.core.profile import Json
from hearth_appliances.simulator.machine import Part, RefusedError
from hearth_appliances.simulator.parts.heat import ROOM, Body

_HEATER = 2500.0
_DEFAULT_TIME = 1200.0
_STEP = 5.0


class Cavity(Part):
    """One oven; it heats only after START, whatever temperature is set."""

    def __init__(self, location: str) -> None:
        self._location = location
        self._cooked = 0.0
        self._heating = False
        self.body = Body(ROOM, capacity=9e3, loss=4.0)
        self.door_is_open = False

    def name(self, path: str) -> str:
        """Flat name of ``resource/property`` of this cavity."""
        return f"{self._location}/{path}"

    @property
    def state(self) -> str:
        """As it tells."""
        return str(self.machine.values[self.name("runState/currentState")])

    @property
    def running(self) -> bool:
        """Heating up or cooking."""
        return self.state in {"PREHEATING", "COOKING_IN_PROGRESS"}

    @property
    def watts(self) -> float:
        """See the base."""
        return _HEATER if self._heating else 1.0

    @property
    def target(self) -> float:
        """Wanted temperature [°C]."""
        return float(self.machine.values[self.name("temperature:C/targetTemperature")])

    @property
    def time(self) -> float:
        """How long it cooks [s]."""
        hours, minutes = (
            self.machine.values[self.name(f"timer/target{unit}")] for unit in ("Hour", "Minute")
        )
        return float(hours * 3600 + minutes * 60) or _DEFAULT_TIME

    def press(self, button: str) -> bool:
        """``remote_start``, ``start`` and ``stop``."""
        if button == "remote_start":
            self._arm(value=not self.door_is_open)
        elif button == "start":
            self._start()
        elif button == "stop":
            self._say("INITIAL")
        else:
            return False
        return True

    def admit(self, wanted: Mapping[str, Json]) -> None:
        """START needs an armed panel and a closed door."""
        if wanted.get(self.name("operation/ovenOperationMode")) != "START":
            return
        if not self.machine.values[self.name("remoteControlEnable/remoteControlEnabled")]:
            raise RefusedError("2301", "remote start is not armed at the panel")
        if self.door_is_open:
            raise RefusedError("2302", "the door is open")

    def write(self, name: str, value: Json) -> bool:
        """Start and stop."""
        if name != self.name("operation/ovenOperationMode"):
            return False
        if value == "START":
            self._start()
        else:
            self._say("INITIAL")
        return True

    def door_moved(self, opened: bool) -> None:
        """Open: the heater is off and the panel disarmed."""
        self.door_is_open = opened
        if opened:
            self._arm(value=False)

    def advance(self, elapsed: float) -> None:
        """Heat with hysteresis; count the time once it is hot."""
        steps = max(1, math.ceil(elapsed / _STEP))
        for _ in range(steps):
            self._advance(elapsed / steps)

    def _advance(self, elapsed: float) -> None:
        warm = self.body.celsius
        wants = self.running and not self.door_is_open
        self._heating = wants and (
            warm < self.target - 4.0 or (self._heating and warm < self.target)
        )
        self.body.advance(
            elapsed, _HEATER if self._heating else 0.0, loss=30.0 if self.door_is_open else 0.0
        )
        if self.state == "PREHEATING" and self.body.celsius >= self.target - 4.0:
            self._say("COOKING_IN_PROGRESS")
            self.machine.notify("PREHEATING_IS_COMPLETE")
        elif self.state == "COOKING_IN_PROGRESS":
            self._cooked += elapsed
            self._show(max(0.0, self.time - self._cooked))
            if self._cooked >= self.time:
                self._say("DONE")
                self._arm(value=False)
                self.machine.notify("COOKING_IS_COMPLETE")

    def _start(self) -> None:
        if not self.running:
            self._cooked = 0.0
            self._say("PREHEATING")
            self._show(self.time)

    def _say(self, state: str) -> None:
        self.machine.set(self.name("runState/currentState"), state)

    def _arm(self, *, value: bool) -> None:
        self.machine.set(self.name("remoteControlEnable/remoteControlEnabled"), value)

    def _show(self, seconds: float) -> None:
        minutes = int(-(-seconds // 60))
        self.machine.set(self.name("timer/remainHour"), minutes // 60)
        self.machine.set(self.name("timer/remainMinute"), minutes % 60)
