"""Cleaners with batteries."""

from __future__ import annotations

from collections.abc import Sequence

from hearth_appliances.simulator.catalogue.leaves import Json, action, enum, numbers, pushes, span
from hearth_appliances.simulator.machine import Kind, Part
from hearth_appliances.simulator.parts.battery import Battery, Tour

_LEVEL = enum("FULL", "HIGH", "MID", "LOW")
ROBOT_CLEANER: Json = {
    "notification": pushes("CLEANING_IS_COMPLETE", "CLEANING_IS_FAILED"),
    "error": ["MOVE_ERROR", "DUST_BIN_ERROR"],
    "property": {
        "runState": {
            "currentState": enum("CHARGING_COMPLETE", "STANDBY", "CLEANING", "PAUSE", "HOMING",
                                 "CHARGING", "ERROR")
        },
        "robotCleanerJobMode": {
            "currentJobMode": enum("ZIGZAG", "SECTOR_BASE", "EDGE", "SPOT", "MACRO")
        },
        "operation": {"cleanOperationMode": action("START", "PAUSE", "RESUME", "HOMING")},
        "battery": {"level": _LEVEL, "percent": span(0, 100)},
        "timer": {
            "absoluteHourToStart": span(0, 23, write=True),
            "absoluteMinuteToStart": span(0, 59, write=True),
            **numbers("runningHour", "runningMinute"),
        },
    },
}  # fmt: skip
STICK_CLEANER: Json = {
    "notification": pushes("CLEANING_IS_COMPLETE"),
    "property": {
        "runState": {"currentState": enum("CHARGING", "STANDBY", "CLEANING")},
        "stickCleanerJobMode": {"currentJobMode": enum("NORMAL", "TURBO", "MOP")},
        "battery": {"level": _LEVEL, "percent": span(0, 100)},
    },
}


class Handle(Part):
    """Somebody takes the stick cleaner and puts it back."""

    def press(self, button: str) -> bool:
        """``start`` and ``stop``."""
        if button not in {"start", "stop"}:
            return False
        state = "CLEANING" if button == "start" else "CHARGING"
        self.machine.set("MAIN/runState/currentState", state)
        return True


def _robot() -> Sequence[Part]:
    battery = Battery(frozenset({"CLEANING", "HOMING"}), minutes=90.0, charging=150.0)
    return battery, Tour(battery)


KINDS = (
    Kind("DEVICE_ROBOT_CLEANER", ROBOT_CLEANER, _robot, {"MAIN/battery/percent": 100}),
    Kind(
        "DEVICE_STICK_CLEANER",
        STICK_CLEANER,
        lambda: [Battery(frozenset({"CLEANING"}), minutes=40.0, charging=240.0), Handle()],
        {"MAIN/battery/percent": 100},
    ),
)
