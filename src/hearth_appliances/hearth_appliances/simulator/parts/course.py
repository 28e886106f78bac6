"""A course with phases: started from afar only when armed at the panel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hearth_appliances.core.profile import Json
from hearth_appliances.simulator.machine import Part, RefusedError

HOUR = 3600.0


@dataclass(frozen=True)
class Phase:
    """One phase of a course."""

    state: str
    seconds: float
    per_kg: float = 0.0
    """Longer by this with each kilogram in the drum [s/kg]."""
    watts: float = 0.0
    litres: float = 0.0
    """Water in it at the end of the phase [l]; it flows evenly."""


@dataclass(frozen=True)
class CourseNames:
    """How one vendor's machine calls things; names are relative to the location."""

    location: str
    operation: str
    """Property of the operation resource."""
    complete: str
    """Push code at the end."""
    idle: str = "INITIAL"
    end: str = "END"
    pause: str = "PAUSE"
    off: str = "POWER_OFF"
    reserved: str = "RESERVED"
    course: str = ""
    """Property with the course chosen at the panel, which a remote START drops; "": none."""


class Course(Part):
    """Runs its phases; the door, the panel and the cloud all have a say."""

    def __init__(self, names: CourseNames, phases: tuple[Phase, ...]) -> None:
        self._names = names
        self._phases = phases
        self._ran = 0.0
        self._delay: float | None = None
        self._wait: float | None = None
        self.load = 0.0
        """What is in it [kg]."""
        self.water = 0.0
        """[l]."""
        self.door_is_open = False
        """The physical door: most machines do not report it."""

    def name(self, path: str) -> str:
        """Flat name of ``resource/property`` at its location."""
        return f"{self._names.location}/{path}"

    @property
    def state(self) -> str:
        """As it tells."""
        return str(self.machine.values[self.name("runState/currentState")])

    @property
    def running(self) -> bool:
        """In a phase of its course."""
        return any(self.state == phase.state for phase in self._phases)

    @property
    def armed(self) -> bool:
        """Whether it may be started from afar."""
        return bool(self.machine.values[self.name("remoteControlEnable/remoteControlEnabled")])

    @property
    def watts(self) -> float:
        """See the base."""
        if not self.running:
            return 0.5
        return next(phase.watts for phase in self._phases if phase.state == self.state)

    @property
    def total(self) -> float:
        """Length of the whole course with what is in it now [s]."""
        return sum(self._length(phase) for phase in self._phases)

    def press(self, button: str) -> bool:
        """``remote_start`` arms it, ``power``, ``start`` and ``stop`` are what they say."""
        match button:
            case "remote_start":
                if self.state == self._names.off:
                    self._say(self._names.idle)
                self._arm(value=not self.door_is_open)
            case "power":
                self._say(self._names.off if self.state != self._names.off else self._names.idle)
                self._arm(value=False)
            case "start" if not self.door_is_open:
                self._start()
            case "start":
                pass
            case "stop":
                self._halt()
            case _:
                return False
        return True

    def admit(self, wanted: Mapping[str, Json]) -> None:
        """START needs power, an armed panel and a closed door."""
        if wanted.get(self.name(f"operation/{self._names.operation}")) != "START":
            return
        if self.state == "ERROR":
            raise RefusedError("2303", "it has an error")
        if self.state == self._names.off:
            raise RefusedError("2304", "it is off")
        if not self.armed:
            raise RefusedError("2301", "remote start is not armed at the panel")
        if self.door_is_open:
            raise RefusedError("2302", "the door is open")

    def write(self, name: str, value: Json) -> bool:
        """Start, stop, power, and a delayed start."""
        if name == self.name("timer/relativeHourToStart"):
            self.machine.set(name, value)
            self._delay = float(value) * HOUR
            return True
        if name == self.name("timer/relativeHourToStop"):
            self.machine.set(name, value)
            self._delay = max(0.0, float(value) * HOUR - self.total)
            return True
        if name != self.name(f"operation/{self._names.operation}"):
            return False
        if value == "START":
            if self._names.course and not self.running:
                choices = self.machine.properties[self.name(self._names.course)].read_values
                self.machine.set(self.name(self._names.course), choices[0])
            if self._delay:
                self._wait, self._delay = self._delay, None
                self._say(self._names.reserved)
            else:
                self._start()
        elif value == "STOP":
            self._halt()
        elif value in {"POWER_OFF", "POWER_ON", "WAKE_UP"}:
            self._say(self._names.off if value == "POWER_OFF" else self._names.idle)
            self._arm(value=False)
        return True

    def door_moved(self, opened: bool) -> None:
        """Opening pauses the course and disarms it."""
        self.door_is_open = opened
        if opened:
            self._arm(value=False)
            if self.running:
                self._say(self._names.pause)

    def advance(self, elapsed: float) -> None:
        """Go on with the course."""
        if self._wait is not None and self.state == self._names.reserved:
            self._wait -= elapsed
            if self._wait <= 0.0:
                self._wait = None
                self._start()
        elif self.running:
            self._ran += elapsed
            self._show()

    def _start(self) -> None:
        if self.state != self._names.pause:
            self._ran = 0.0
        self._show()

    def _halt(self) -> None:
        self._wait = None
        self._say(self._names.pause if self.running else self._names.idle)

    def _say(self, state: str) -> None:
        self.machine.set(self.name("runState/currentState"), state)

    def _arm(self, *, value: bool) -> None:
        self.machine.set(self.name("remoteControlEnable/remoteControlEnabled"), value)

    def _length(self, phase: Phase) -> float:
        return phase.seconds + phase.per_kg * self.load

    def _show(self) -> None:
        total = self.total
        self._timer("remain", max(0.0, total - self._ran))
        self._timer("total", total)
        begin, litres = 0.0, 0.0
        for phase in self._phases:
            end = begin + self._length(phase)
            if self._ran < end:
                part = (self._ran - begin) / max(1e-9, end - begin)
                self.water = litres + part * (phase.litres - litres)
                self._say(phase.state)
                return
            begin, litres = end, phase.litres
        self._finish()

    def _finish(self) -> None:
        self.water = 0.0
        self._say(self._names.end)
        self._arm(value=False)
        count = self.name("cycle/cycleCount")
        if count in self.machine.values:
            self.machine.set(count, self.machine.values[count] + 1)
        self.machine.notify(self._names.complete)

    def _timer(self, which: str, seconds: float) -> None:
        minutes = int(-(-seconds // 60))
        shown = {
            f"{which}Hour": minutes // 60,
            f"{which}Minute": minutes % 60,
        }
        if self.name(f"timer/{which}Hour") not in self.machine.values:
            shown[f"{which}Minute"] = minutes
        if self.name(f"timer/{which}Second") in self.machine.values:
            shown[f"{which}Minute"] = int(seconds // 60) % 60
            shown[f"{which}Second"] = int(seconds % 60)
        for key, value in shown.items():
            if self.name(f"timer/{key}") in self.machine.values:
                self.machine.set(self.name(f"timer/{key}"), value)
