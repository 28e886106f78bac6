"""Appliances as machines: what they do with time, doors, buttons and commands. No sockets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hearth_core.errors import BadInputError, HearthError

from hearth_appliances.core.profile import (
    Json,
    arrange,
    check_write,
    flatten_state,
    resolve,
    walk_profile,
)
from hearth_appliances.simulator import profiles


class RefusedError(HearthError):
    """The appliance does not do it; the vendor's code says why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass
class Report:
    """What an appliance tells the cloud of its own accord."""

    values: dict[str, Json] = field(default_factory=dict)
    """Flat; only what changed."""
    push_codes: list[str] = field(default_factory=list)


class Appliance:
    """One machine: state, what may be written, what time does."""

    device_type = ""
    model = "SIMULATED"
    profile: Mapping[str, Json] = {}
    door: str | None = None
    """Flat name of the door's state; None: it reports no door."""

    def __init__(self, device_id: str, alias: str) -> None:
        self.device_id = device_id
        self.alias = alias
        self.properties = walk_profile(self.profile)
        self.values: dict[str, Json] = dict(self.defaults())
        self._report = Report()

    def defaults(self) -> dict[str, Json]:
        """State when plugged in, flat."""
        raise NotImplementedError

    def state(self) -> Json:
        """State in the vendor's shape."""
        return self.shaped(self.values)

    def shaped(self, values: Mapping[str, Json]) -> Json:
        """Flat values in the vendor's shape."""
        return arrange({self.properties[name].place: value for name, value in values.items()})

    def set(self, name: str, value: Json) -> None:
        """Change a value; it is reported if it is another."""
        if self.values.get(name) != value:
            self.values[name] = value
            self._report.values[name] = value

    def notify(self, code: str) -> None:
        """Send a push code."""
        self._report.push_codes.append(code)

    def take_report(self) -> Report:
        """What happened since the last call."""
        report, self._report = self._report, Report()
        return report

    def door_moved(self, opened: bool) -> None:
        """Its physical door (any of them) is open or closed now."""
        if self.door is not None:
            self.set(self.door, "OPEN" if opened else "CLOSE")

    def advance(self, elapsed: float) -> None:
        """Let time pass [s]."""

    def control(self, payload: Json) -> None:
        """Carry out a control request in the vendor's shape.

        Raises:
            RefusedError: It is not allowed, or not now.
        """
        wanted = resolve(flatten_state(payload), self.properties)
        unknown = [name for name in wanted if name not in self.properties]
        if unknown or not wanted:
            raise RefusedError("2207", f"invalid command: {unknown or payload}")
        for name, value in wanted.items():
            try:
                check_write(self.properties[name], value)
            except BadInputError as error:
                raise RefusedError("2207", str(error)) from error
        self.admit(wanted)
        for name, value in wanted.items():
            self.write(name, value)

    def admit(self, wanted: Mapping[str, Json]) -> None:
        """Preconditions of a write.

        Raises:
            RefusedError: Not now.
        """

    def write(self, name: str, value: Json) -> None:
        """Carry out one allowed write."""
        if self.properties[name].readable:
            self.set(name, value)


class Refrigerator(Appliance):
    """One value for all its doors, as the vendor has it."""

    device_type = "DEVICE_REFRIGERATOR"
    profile = profiles.REFRIGERATOR
    door = "MAIN/doorStatus/doorState"
    ALARM = 60.0
    """[s] after which an open door is complained of."""

    def __init__(self, device_id: str, alias: str) -> None:
        super().__init__(device_id, alias)
        self._open_for = 0.0

    def defaults(self) -> dict[str, Json]:
        """See the base."""
        return {
            "MAIN/doorStatus/doorState": "CLOSE",
            "FRIDGE/temperatureInUnits/targetTemperatureC": 3,
            "FRIDGE/temperatureInUnits/targetTemperatureF": 37,
            "FRIDGE/temperatureInUnits/unit": "C",
            "FREEZER/temperatureInUnits/targetTemperatureC": -18,
            "FREEZER/temperatureInUnits/targetTemperatureF": 0,
            "FREEZER/temperatureInUnits/unit": "C",
            "MAIN/refrigeration/expressMode": False,
            "MAIN/refrigeration/freshAirFilter": "AUTO",
            "MAIN/powerSave/powerSaveEnabled": False,
            "MAIN/waterFilterInfo/usedTime": 2,
            "MAIN/waterFilterInfo/unit": "month",
        }

    def advance(self, elapsed: float) -> None:
        """Complain once of a door left open."""
        if self.values[self.door or ""] != "OPEN":
            self._open_for = 0.0
            return
        before, self._open_for = self._open_for, self._open_for + elapsed
        if before < self.ALARM <= self._open_for:
            self.notify("DOOR_IS_OPEN")

    def write(self, name: str, value: Json) -> None:
        """Target temperatures in both units move together."""
        super().write(name, value)
        location, _, key = name.partition("/temperatureInUnits/targetTemperature")
        if key == "C":
            self.set(f"{location}/temperatureInUnits/targetTemperatureF", round(value * 1.8 + 32))
        elif key == "F":
            self.set(
                f"{location}/temperatureInUnits/targetTemperatureC", round((value - 32) / 1.8)
            )


class CycleMachine(Appliance):
    """A machine that runs a course: started from afar only when armed at its panel."""

    location = "MAIN"
    operation = ""
    """Property of the operation resource."""
    phases: tuple[tuple[str, float], ...] = ()
    """State and duration [s] of every phase of the course."""
    complete = ""
    """Push code at the end."""

    def __init__(self, device_id: str, alias: str) -> None:
        self._ran = 0.0
        super().__init__(device_id, alias)

    def name(self, path: str) -> str:
        """Flat name of ``resource/property`` at this machine's location."""
        return f"{self.location}/{path}"

    def defaults(self) -> dict[str, Json]:
        """See the base."""
        timer = dict.fromkeys(("remainHour", "remainMinute", "totalHour", "totalMinute"), 0)
        return {
            self.name("runState/currentState"): "INITIAL",
            self.name("remoteControlEnable/remoteControlEnabled"): False,
            **{self.name(f"timer/{key}"): value for key, value in timer.items()},
        }

    @property
    def running(self) -> bool:
        """In a phase of its course."""
        state = self.values[self.name("runState/currentState")]
        return any(state == phase for phase, _ in self.phases)

    def press_remote_start(self) -> None:
        """Somebody arms remote start at the panel."""
        self.set(self.name("remoteControlEnable/remoteControlEnabled"), True)

    def admit(self, wanted: Mapping[str, Json]) -> None:
        """START needs an armed panel and a closed door."""
        if wanted.get(self.name(f"operation/{self.operation}")) != "START":
            return
        if not self.values[self.name("remoteControlEnable/remoteControlEnabled")]:
            raise RefusedError("2301", "remote start is not armed at the panel")
        if self.door is not None and self.values[self.door] == "OPEN":
            raise RefusedError("2302", "the door is open")

    def write(self, name: str, value: Json) -> None:
        """Start and stop."""
        if name != self.name(f"operation/{self.operation}"):
            super().write(name, value)
            return
        if value == "START":
            if not self.running:
                self._ran = 0.0
            self._show()
        elif value == "STOP":
            self.set(self.name("runState/currentState"), "PAUSE" if self.running else "INITIAL")
        else:
            self.set(self.name("runState/currentState"), "POWER_OFF")

    def door_moved(self, opened: bool) -> None:
        """Opening pauses the course."""
        super().door_moved(opened)
        if opened and self.door is not None and self.running:
            self.set(self.name("runState/currentState"), "PAUSE")

    def advance(self, elapsed: float) -> None:
        """Go on with the course."""
        if self.running:
            self._ran += elapsed
            self._show()

    def _show(self) -> None:
        total = sum(duration for _, duration in self.phases)
        left = max(0.0, total - self._ran)
        minutes, all_minutes = -(-left // 60), -(-total // 60)
        self.set(self.name("timer/remainHour"), int(minutes // 60))
        self.set(self.name("timer/remainMinute"), int(minutes % 60))
        self.set(self.name("timer/totalHour"), int(all_minutes // 60))
        self.set(self.name("timer/totalMinute"), int(all_minutes % 60))
        end = 0.0
        for state, duration in self.phases:
            end += duration
            if self._ran < end:
                self.set(self.name("runState/currentState"), state)
                return
        self.set(self.name("runState/currentState"), "END")
        self.set(self.name("remoteControlEnable/remoteControlEnabled"), False)
        self.notify(self.complete)


class Washer(CycleMachine):
    """Weighs, washes, rinses, spins."""

    device_type = "DEVICE_WASHER"
    profile = profiles.WASHER
    operation = "washerOperationMode"
    phases = (("DETECTING", 60.0), ("RUNNING", 1500.0), ("RINSING", 900.0), ("SPINNING", 600.0))
    complete = "WASHING_IS_COMPLETE"

    def defaults(self) -> dict[str, Json]:
        """See the base."""
        return {**super().defaults(), "MAIN/cycle/cycleCount": 41}


class Dryer(CycleMachine):
    """Dries and cools."""

    device_type = "DEVICE_DRYER"
    profile = profiles.DRYER
    operation = "dryerOperationMode"
    phases = (("RUNNING", 4200.0), ("COOLING", 600.0))
    complete = "DRYING_IS_COMPLETE"


class Dishwasher(CycleMachine):
    """The only machine besides the refrigerator that reports its door."""

    device_type = "DEVICE_DISH_WASHER"
    profile = profiles.DISHWASHER
    operation = "dishWasherOperationMode"
    phases = (("RUNNING", 2400.0), ("RINSING", 900.0), ("DRYING", 1200.0))
    complete = "WASHING_IS_COMPLETE"
    door = "MAIN/doorStatus/doorState"

    def defaults(self) -> dict[str, Json]:
        """See the base."""
        return {
            **super().defaults(),
            "MAIN/doorStatus/doorState": "CLOSE",
            "MAIN/dishWashingStatus/rinseRefill": False,
            "MAIN/dishWashingCourse/currentDishWashingCourse": "AUTO",
        }


class Oven(CycleMachine):
    """Preheats, then cooks for the target time."""

    device_type = "DEVICE_OVEN"
    profile = profiles.OVEN
    location = "OVEN"
    operation = "ovenOperationMode"
    phases = (("PREHEATING", 480.0), ("COOKING_IN_PROGRESS", 1200.0))
    complete = "COOKING_IS_COMPLETE"

    def defaults(self) -> dict[str, Json]:
        """See the base."""
        return {
            "OVEN/runState/currentState": "INITIAL",
            "OVEN/cook/cookMode": "BAKE",
            "OVEN/remoteControlEnable/remoteControlEnabled": False,
            "OVEN/temperature:C/targetTemperature": 180,
            **{
                f"OVEN/timer/{key}": 0
                for key in ("remainHour", "remainMinute", "targetHour", "targetMinute")
            },
        }

    def set(self, name: str, value: Json) -> None:
        """An oven shows no total time and ends DONE."""
        if name.startswith("OVEN/timer/total"):
            return
        super().set(name, "DONE" if value == "END" else value)

    def write(self, name: str, value: Json) -> None:
        """STOP ends cooking."""
        if name == "OVEN/operation/ovenOperationMode" and value == "STOP":
            self.set("OVEN/runState/currentState", "INITIAL")
            return
        super().write(name, value)


class Microwave(Appliance):
    """Tells what it does; lamp and fan can be set."""

    device_type = "DEVICE_MICROWAVE_OVEN"
    profile = profiles.MICROWAVE

    def defaults(self) -> dict[str, Json]:
        """See the base."""
        return {
            "MAIN/runState/currentState": "INITIAL",
            "MAIN/timer/remainMinute": 0,
            "MAIN/timer/remainSecond": 0,
            "MAIN/lamp/lampBrightness": 0,
            "MAIN/ventilation/fanSpeed": 0,
        }


KINDS: dict[str, type[Appliance]] = {
    "refrigerator": Refrigerator,
    "washing_machine": Washer,
    "dryer": Dryer,
    "dishwasher": Dishwasher,
    "oven": Oven,
    "microwave": Microwave,
}
"""By kind of place in ``hearth_core.home``."""
