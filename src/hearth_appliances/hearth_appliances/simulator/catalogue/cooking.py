"""What cooks, and what is around it."""

from __future__ import annotations

from collections.abc import Mapping

from hearth_appliances.core.profile import Json
from hearth_appliances.simulator.catalogue.leaves import (
    DOOR,
    LEFT,
    REMOTE,
    action,
    delayed,
    enum,
    flag,
    numbers,
    pushes,
    span,
    text,
)
from hearth_appliances.simulator.machine import Kind, Part, RefusedError
from hearth_appliances.simulator.parts.course import Course, CourseNames, Phase
from hearth_appliances.simulator.parts.heat import TwoUnits
from hearth_appliances.simulator.parts.oven import Cavity

DISHWASHER: Json = {
    "notification": pushes("WASHING_IS_COMPLETE", "RINSE_IS_NEEDED"),
    "property": {
        "runState": {
            "currentState": enum("INITIAL", "POWER_OFF", "RESERVED", "RUNNING", "RINSING",
                                 "DRYING", "PAUSE", "END", "ERROR")
        },
        "doorStatus": {"doorState": DOOR},
        "operation": {"dishWasherOperationMode": action("START", "STOP", "POWER_OFF")},
        "remoteControlEnable": REMOTE,
        "timer": {**numbers(*LEFT), **delayed("Start", 1, 12)},
        "dishWashingStatus": {"rinseRefill": flag()},
        "preference": {
            "rinseLevel": enum("LEVEL_2", "LEVEL_0", "LEVEL_1"),
            "softeningLevel": enum("LEVEL_1", "LEVEL_0", "LEVEL_2"),
            "mCReminder": enum("ON", "OFF"),
            "signalLevel": enum("ON", "OFF"),
            "cleanLReminder": enum("OFF", "ON"),
        },
        "dishWashingCourse": {
            "currentDishWashingCourse": enum("AUTO", "HEAVY", "QUICK", "ECO")
        },
    },
}  # fmt: skip
OVEN: Json = {
    "notification": pushes("PREHEATING_IS_COMPLETE", "COOKING_IS_COMPLETE"),
    "extensionProperty": {"info": {"type": "OVEN"}},
    "property": [
        {
            "location": {"locationName": "OVEN"},
            "runState": {
                "currentState": enum("INITIAL", "PREHEATING", "COOKING_IN_PROGRESS", "DONE")
            },
            "operation": {"ovenOperationMode": action("START", "STOP")},
            "cook": {
                "cookMode": enum(
                    "BAKE", "CONVECTION_BAKE", "ROAST", "WARM", write=("BAKE", "ROAST", "WARM")
                )
            },
            "remoteControlEnable": REMOTE,
            "temperature": [
                {"unit": "C", "targetTemperature": span(80, 285, write=True, step=5)},
                {"unit": "F", "targetTemperature": span(175, 550, write=True, step=5)},
            ],
            "timer": {
                **numbers("remainHour", "remainMinute", "remainSecond"),
                "targetHour": span(0, 11, write=True),
                "targetMinute": span(0, 59, write=True),
                "targetSecond": span(0, 59),
                "timerHour": span(0, 11, write=True),
                "timerMinute": span(0, 59, write=True),
                "timerSecond": span(0, 59),
            },
        }
    ],
}
MICROWAVE: Json = {
    "notification": pushes("COOKING_IS_COMPLETE"),
    "property": {
        "runState": {"currentState": enum("INITIAL", "COOKING", "PAUSED", "COOKING_COMPLETE")},
        "timer": numbers("remainMinute", "remainSecond"),
        "lamp": {"lampBrightness": span(0, 2, write=True)},
        "ventilation": {"fanSpeed": span(0, 5, write=True)},
    },
}
COOKTOP: Json = {
    "notification": pushes("TIME_TO_TURN_OFF"),
    "extensionProperty": {"operation": {"operationMode": action("POWER_OFF")}},
    "property": [
        {
            "location": {"locationName": where},
            "cookingZone": {"currentState": enum("INITIAL", "ON", "PREHEATING", "RESIDUAL_HEAT")},
            "power": {"powerLevel": span(0, 9, write=True)},
            "remoteControlEnable": REMOTE,
            "timer": {
                "remainHour": span(0, 9, write=True),
                "remainMinute": span(0, 59, write=True),
            },
        }
        for where in ("LEFT_FRONT", "LEFT_REAR", "RIGHT_FRONT", "RIGHT_REAR")
    ],
}
HOOD: Json = {
    "property": {
        "operation": {"hoodOperationMode": enum("POWER_OFF", "POWER_ON", write=True)},
        "ventilation": {"fanSpeed": span(0, 5, write=True)},
        "lamp": {"lampBrightness": span(0, 3, write=True)},
    }
}
HOME_BREW: Json = {
    "notification": pushes("BREWING_IS_COMPLETE"),
    "property": {
        "runState": {
            "currentState": enum("INITIAL", "FERMENTING", "AGING", "SERVING", "CLEANING")
        },
        "recipe": {
            "beerRemain": span(0, 5),
            **{
                name: text()
                for name in (
                    "flavorInfo", "flavorCapsule1", "flavorCapsule2", "hopOilInfo",
                    "hopOilCapsule1", "hopOilCapsule2", "wortInfo", "yeastInfo", "recipeName",
                )
            },
        },
        "timer": numbers("elapsedDayState", "elapsedDayTotal"),
    },
}  # fmt: skip


class MicrowaveTimer(Part):
    """Cooks when somebody presses start; nothing of it can be started from afar."""

    def __init__(self) -> None:
        self._left = 0.0

    @property
    def running(self) -> bool:
        """Whether it cooks."""
        return bool(self.machine.values["MAIN/runState/currentState"] == "COOKING")

    @property
    def watts(self) -> float:
        """See the base."""
        return 1100.0 if self.running else 1.0

    def press(self, button: str) -> bool:
        """``start`` adds half a minute."""
        if button not in {"start", "stop"}:
            return False
        if button == "stop":
            self._left = 0.0
            self._say("INITIAL")
        else:
            self._left += 30.0
            self._say("COOKING")
        return True

    def door_moved(self, opened: bool) -> None:
        """It stops at once."""
        if opened and self.running:
            self._say("PAUSED")

    def advance(self, elapsed: float) -> None:
        """See the base."""
        if not self.running:
            return
        self._left -= elapsed
        if self._left <= 0.0:
            self._left = 0.0
            self._say("COOKING_COMPLETE")
            self.machine.notify("COOKING_IS_COMPLETE")
        self.machine.set("MAIN/timer/remainMinute", int(self._left // 60))
        self.machine.set("MAIN/timer/remainSecond", int(self._left % 60))

    def _say(self, state: str) -> None:
        self.machine.set("MAIN/runState/currentState", state)


class Zone(Part):
    """A zone of a cooktop: hotter by the panel only, weaker or off from afar."""

    def __init__(self, location: str) -> None:
        self._location = location
        self._warm = 0.0

    @property
    def watts(self) -> float:
        """See the base."""
        return 220.0 * float(self.machine.values[f"{self._location}/power/powerLevel"])

    def press(self, button: str) -> bool:
        """``LEFT_FRONT+`` and ``LEFT_FRONT-``."""
        name = f"{self._location}/power/powerLevel"
        if button not in {f"{self._location}+", f"{self._location}-"}:
            return False
        value = self.machine.values[name] + (1 if button.endswith("+") else -1)
        self.machine.set(name, min(9, max(0, value)))
        return True

    def admit(self, wanted: Mapping[str, Json]) -> None:
        """Heat from afar needs the panel's word."""
        name = f"{self._location}/power/powerLevel"
        armed = self.machine.values[f"{self._location}/remoteControlEnable/remoteControlEnabled"]
        if wanted.get(name, 0) > self.machine.values[name] and not armed:
            raise RefusedError("2301", "remote control is not armed at the panel")

    def write(self, name: str, value: Json) -> bool:
        """Everything off."""
        if name == "MAIN/operation/operationMode" and value == "POWER_OFF":
            self.machine.set(f"{self._location}/power/powerLevel", 0)
            return True
        return False

    def advance(self, elapsed: float) -> None:
        """A zone that is off stays hot for a while."""
        on = self.machine.values[f"{self._location}/power/powerLevel"] > 0
        self._warm = 600.0 if on else max(0.0, self._warm - elapsed)
        state = "ON" if on else "RESIDUAL_HEAT" if self._warm > 0.0 else "INITIAL"
        self.machine.set(f"{self._location}/cookingZone/currentState", state)


class Brew(Part):
    """Beer takes days."""

    FERMENTING, AGING = 7, 4

    def __init__(self) -> None:
        self._seconds = 0.0

    def press(self, button: str) -> bool:
        """``start``."""
        if button != "start":
            return False
        self._seconds = 0.0
        self.machine.set("MAIN/runState/currentState", "FERMENTING")
        return True

    def advance(self, elapsed: float) -> None:
        """See the base."""
        if self.machine.values["MAIN/runState/currentState"] not in {"FERMENTING", "AGING"}:
            return
        self._seconds += elapsed
        days = int(self._seconds // 86400.0)
        aged = days - self.FERMENTING
        self.machine.set("MAIN/timer/elapsedDayTotal", days)
        self.machine.set("MAIN/timer/elapsedDayState", days if aged < 0 else aged)
        if aged >= self.AGING:
            self.machine.set("MAIN/runState/currentState", "SERVING")
            self.machine.set("MAIN/recipe/beerRemain", 5)
            self.machine.notify("BREWING_IS_COMPLETE")
        elif aged >= 0:
            self.machine.set("MAIN/runState/currentState", "AGING")


KINDS = (
    Kind(
        "DEVICE_DISH_WASHER",
        DISHWASHER,
        lambda: [
            Course(
                CourseNames(
                    "MAIN", "dishWasherOperationMode", "WASHING_IS_COMPLETE",
                    course="dishWashingCourse/currentDishWashingCourse",
                ),
                (
                    Phase("RUNNING", 2400.0, watts=1500.0, litres=4.0),
                    Phase("RINSING", 900.0, watts=300.0, litres=4.0),
                    Phase("DRYING", 1200.0, watts=600.0),
                ),
            )
        ],
        door="MAIN/doorStatus/doorState",
    ),
    Kind(
        "DEVICE_OVEN",
        OVEN,
        lambda: [Cavity("OVEN"), TwoUnits()],
        {"OVEN/temperature:C/targetTemperature": 180},
    ),
    Kind("DEVICE_MICROWAVE_OVEN", MICROWAVE, lambda: [MicrowaveTimer()]),
    Kind(
        "DEVICE_COOKTOP",
        COOKTOP,
        lambda: [
            Zone(where) for where in ("LEFT_FRONT", "LEFT_REAR", "RIGHT_FRONT", "RIGHT_REAR")
        ],
    ),
    Kind("DEVICE_HOOD", HOOD),
    Kind("DEVICE_HOME_BREW", HOME_BREW, lambda: [Brew()]),
)  # fmt: skip
