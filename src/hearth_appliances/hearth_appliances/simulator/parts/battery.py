"""Cleaners with batteries: they go out, come back and charge."""

from __future__ import annotations

from hearth_appliances.core.profile import Json
from hearth_appliances.simulator.machine import Part

LEVELS = ("LOW", "MID", "HIGH", "FULL")


class Battery(Part):
    """Charge of a machine [%]."""

    def __init__(self, working: frozenset[str], *, minutes: float, charging: float) -> None:
        """``minutes`` of work with a full battery; ``charging``: minutes from empty."""
        self._working = working
        self._minutes = minutes
        self._charging = charging
        self.percent = 100.0

    @property
    def working(self) -> bool:
        """Whether it moves."""
        return self.machine.values["MAIN/runState/currentState"] in self._working

    @property
    def watts(self) -> float:
        """See the base."""
        return 0.0 if self.working or self.percent >= 100.0 else 30.0

    def advance(self, elapsed: float) -> None:
        """See the base."""
        change = -100.0 / self._minutes if self.working else 100.0 / self._charging
        self.percent = min(100.0, max(0.0, self.percent + change * elapsed / 60.0))
        self.machine.set("MAIN/battery/percent", round(self.percent))
        quarter = min(3, int(self.percent // 25.0))
        self.machine.set("MAIN/battery/level", LEVELS[quarter])


class Tour(Part):
    """A robot cleaner's round: cleaning, homing, charging."""

    TOUR = 3000.0
    """[s]."""
    HOMING = 120.0
    """[s]."""

    def __init__(self, battery: Battery) -> None:
        self._battery = battery
        self._cleaned = 0.0
        self._homed = 0.0

    @property
    def running(self) -> bool:
        """Out of its dock."""
        return self.state in {"CLEANING", "HOMING", "PAUSE"}

    @property
    def state(self) -> str:
        """As it tells."""
        return str(self.machine.values["MAIN/runState/currentState"])

    def write(self, name: str, value: Json) -> bool:
        """START, PAUSE, RESUME and HOMING."""
        if name != "MAIN/operation/cleanOperationMode":
            return False
        states = {
            "START": "CLEANING", "RESUME": "CLEANING", "PAUSE": "PAUSE", "HOMING": "HOMING",
            "STOP": "PAUSE",
        }  # fmt: skip
        if value == "START":
            self._cleaned = 0.0
        self._say(states.get(value, "STANDBY"))
        return True

    def advance(self, elapsed: float) -> None:
        """See the base."""
        match self.state:
            case "CLEANING":
                self._cleaned += elapsed
                minutes = int(self._cleaned // 60)
                self.machine.set("MAIN/timer/runningHour", minutes // 60)
                self.machine.set("MAIN/timer/runningMinute", minutes % 60)
                if self._cleaned >= self.TOUR or self._battery.percent < 15.0:
                    self._homed = 0.0
                    self._say("HOMING")
            case "HOMING":
                self._homed += elapsed
                if self._homed >= self.HOMING:
                    self._say("CHARGING")
                    self.machine.notify("CLEANING_IS_COMPLETE")
            case "CHARGING" if self._battery.percent >= 100.0:
                self._say("CHARGING_COMPLETE")

    def _say(self, state: str) -> None:
        self.machine.set("MAIN/runState/currentState", state)
