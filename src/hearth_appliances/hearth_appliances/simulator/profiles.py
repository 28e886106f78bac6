"""Plausible profiles of the appliances a simulated home has, in the vendor's shape.

Field names are those of the vendor's public protocol; ranges and choices are ASSUMED.
"""

from __future__ import annotations

from typing import Any

Json = Any


def enum(*values: str | bool, write: tuple[str | bool, ...] = ()) -> Json:
    """A choice; ``write``: values that can be written."""
    kind = "boolean" if isinstance(values[0], bool) else "enum"
    leaf: dict[str, Json] = {"type": kind, "mode": ["r"], "value": {"r": list(values)}}
    if write:
        leaf["mode"].append("w")
        leaf["value"]["w"] = list(write)
    return leaf


def action(*values: str) -> Json:
    """A command: written, never read."""
    return {"type": "enum", "mode": ["w"], "value": {"w": list(values)}}


def span(low: int, high: int, *, write: bool = False, step: int = 1) -> Json:
    """A number in a range."""
    limits = {"min": low, "max": high, "step": step}
    leaf: dict[str, Json] = {"type": "range", "mode": ["r"], "value": {"r": limits}}
    if write:
        leaf["mode"].append("w")
        leaf["value"]["w"] = limits
    return leaf


def number() -> Json:
    """A number that is only read."""
    return {"type": "number", "mode": ["r"]}


DOOR = enum("OPEN", "CLOSE")
REMOTE = {"remoteControlEnabled": enum(True, False)}


def _timer(**more: Json) -> Json:
    names = ("remainHour", "remainMinute", "totalHour", "totalMinute")
    return {**{name: number() for name in names}, **more}


REFRIGERATOR: Json = {
    "notification": {"push": ["DOOR_IS_OPEN"]},
    "property": {
        "doorStatus": [{"locationName": "MAIN", "doorState": DOOR}],
        "temperatureInUnits": [
            {
                "locationName": "FRIDGE",
                "targetTemperatureC": span(1, 7, write=True),
                "targetTemperatureF": span(33, 46, write=True),
                "unit": "C",
            },
            {
                "locationName": "FREEZER",
                "targetTemperatureC": span(-24, -14, write=True),
                "targetTemperatureF": span(-11, 7, write=True),
                "unit": "C",
            },
        ],
        "refrigeration": {
            "expressMode": enum(True, False, write=(True, False)),
            "freshAirFilter": enum("AUTO", "POWER", "OFF", write=("AUTO", "POWER")),
        },
        "powerSave": {"powerSaveEnabled": enum(True, False)},
        "waterFilterInfo": {"usedTime": number(), "unit": "month"},
    },
}

WASHER: Json = {
    "notification": {"push": ["WASHING_IS_COMPLETE", "ERROR_DURING_WASHING"]},
    "error": ["DOOR_OPEN_ERROR", "WATER_SUPPLY_ERROR"],
    "property": [
        {
            "location": {"locationName": "MAIN"},
            "runState": {
                "currentState": enum(
                    "POWER_OFF", "INITIAL", "DETECTING", "RUNNING", "RINSING", "SPINNING",
                    "PAUSE", "END", "ERROR",
                )
            },
            "operation": {"washerOperationMode": action("START", "STOP", "POWER_OFF")},
            "remoteControlEnable": REMOTE,
            "timer": _timer(relativeHourToStop=span(3, 19, write=True)),
            "cycle": {"cycleCount": number()},
        }
    ],
}  # fmt: skip

DRYER: Json = {
    "notification": {"push": ["DRYING_IS_COMPLETE"]},
    "property": {
        "runState": {
            "currentState": enum("POWER_OFF", "INITIAL", "RUNNING", "COOLING", "PAUSE", "END")
        },
        "operation": {"dryerOperationMode": action("START", "STOP", "POWER_OFF")},
        "remoteControlEnable": REMOTE,
        "timer": _timer(relativeHourToStop=span(3, 19, write=True)),
    },
}

DISHWASHER: Json = {
    "notification": {"push": ["WASHING_IS_COMPLETE"]},
    "property": {
        "runState": {
            "currentState": enum(
                "POWER_OFF", "INITIAL", "RUNNING", "RINSING", "DRYING", "PAUSE", "END"
            )
        },
        "doorStatus": {"doorState": DOOR},
        "operation": {"dishWasherOperationMode": action("START", "STOP", "POWER_OFF")},
        "remoteControlEnable": REMOTE,
        "timer": _timer(relativeHourToStart=span(1, 12, write=True)),
        "dishWashingStatus": {"rinseRefill": enum(True, False)},
        "dishWashingCourse": {"currentDishWashingCourse": enum("AUTO", "HEAVY", "QUICK", "ECO")},
    },
}

OVEN: Json = {
    "notification": {"push": ["PREHEATING_IS_COMPLETE", "COOKING_IS_COMPLETE"]},
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
            "temperature": [{"unit": "C", "targetTemperature": span(80, 285, write=True, step=5)}],
            "timer": {
                "remainHour": number(),
                "remainMinute": number(),
                "targetHour": span(0, 11, write=True),
                "targetMinute": span(0, 59, write=True),
            },
        }
    ],
}

MICROWAVE: Json = {
    "notification": {"push": ["COOKING_IS_COMPLETE"]},
    "property": {
        "runState": {"currentState": enum("INITIAL", "COOKING", "PAUSED", "COOKING_COMPLETE")},
        "timer": {"remainMinute": number(), "remainSecond": number()},
        "lamp": {"lampBrightness": span(0, 2, write=True)},
        "ventilation": {"fanSpeed": span(0, 5, write=True)},
    },
}
