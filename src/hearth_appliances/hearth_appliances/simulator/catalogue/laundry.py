"""Washers, dryers, their combinations, and the styler."""

from __future__ import annotations

from hearth_appliances.simulator.catalogue.leaves import (
    LEFT,
    REMOTE,
    Json,
    action,
    delayed,
    enum,
    number,
    numbers,
    pushes,
)
from hearth_appliances.simulator.machine import Kind
from hearth_appliances.simulator.parts.course import Course, CourseNames, Phase

_WASHING = pushes("WASHING_IS_COMPLETE", "ERROR_DURING_WASHING")
_DRYING = pushes("DRYING_IS_COMPLETE", "ERROR_DURING_DRYING")
WASH = (
    Phase("DETECTING", 60.0, watts=60.0),
    Phase("RUNNING", 900.0, per_kg=120.0, watts=900.0, litres=20.0),
    Phase("RINSING", 600.0, per_kg=60.0, watts=120.0, litres=25.0),
    Phase("SPINNING", 600.0, watts=450.0),
)
"""Weighs what is in it (its length follows), fills and washes, rinses, spins."""
DRY = (
    Phase("RUNNING", 2400.0, per_kg=360.0, watts=900.0),
    Phase("COOLING", 600.0, watts=150.0),
)
STEAM = (Phase("RUNNING", 1800.0, watts=1200.0), Phase("DRYING", 1800.0, watts=600.0))


def _washer(mode: str = "", *, spent: bool = True) -> Json:
    resources: dict[str, Json] = {
        "runState": {
            "currentState": enum(
                "INITIAL", "POWER_OFF", "RESERVED", "DETECTING", "RUNNING", "RINSING",
                "SPINNING", "PAUSE", "END", "ERROR",
            )
        },
        "operation": {"washerOperationMode": action("START", "STOP", "POWER_OFF", "WAKE_UP")},
        "remoteControlEnable": REMOTE,
        "timer": {**numbers(*LEFT), **delayed("Stop", 3), **delayed("Start")},
        "detergent": {"detergentSetting": enum("NORMAL", "LOW", "HIGH")},
    }  # fmt: skip
    if spent:
        resources["cycle"] = {"cycleCount": number()}
    if mode:
        resources["mode"] = {"washerMode": enum("NORMAL", mode, write=True)}
    return resources


def _dryer() -> Json:
    return {
        "runState": {
            "currentState": enum(
                "INITIAL", "POWER_OFF", "RESERVED", "RUNNING", "COOLING", "PAUSE", "END", "ERROR"
            )
        },
        "operation": {"dryerOperationMode": action("START", "STOP", "POWER_OFF", "WAKE_UP")},
        "remoteControlEnable": REMOTE,
        "timer": {**numbers(*LEFT), **delayed("Stop", 3), **delayed("Start")},
    }


def _at(location: str, resources: Json) -> Json:
    return {"location": {"locationName": location}, **resources}


WASHER: Json = {
    "notification": _WASHING,
    "error": ["DOOR_OPEN_ERROR", "WATER_SUPPLY_ERROR"],
    "property": [_at("MAIN", _washer())],
}
DRYER: Json = {"notification": _DRYING, "error": ["DOOR_OPEN_ERROR"], "property": _dryer()}
STYLER: Json = {
    "notification": pushes("STYLING_IS_COMPLETE"),
    "property": {
        "runState": {
            "currentState": enum("INITIAL", "POWER_OFF", "RESERVED", "RUNNING", "DRYING",
                                 "PAUSE", "END", "ERROR")
        },
        "operation": {"stylerOperationMode": action("START", "STOP", "POWER_OFF", "WAKE_UP")},
        "remoteControlEnable": REMOTE,
        "timer": {**numbers(*LEFT), **delayed("Stop", 3)},
    },
}  # fmt: skip


def _names(location: str, operation: str, complete: str) -> CourseNames:
    return CourseNames(location, operation, complete)


def wash(location: str) -> Course:
    """A drum that washes."""
    return Course(_names(location, "washerOperationMode", "WASHING_IS_COMPLETE"), WASH)


def dry(location: str) -> Course:
    """A drum that dries."""
    return Course(_names(location, "dryerOperationMode", "DRYING_IS_COMPLETE"), DRY)


KINDS = (
    Kind("DEVICE_WASHER", WASHER, lambda: [wash("MAIN")], {"MAIN/cycle/cycleCount": 41}),
    Kind("DEVICE_DRYER", DRYER, lambda: [dry("MAIN")]),
    Kind(
        "DEVICE_STYLER",
        STYLER,
        lambda: [Course(_names("MAIN", "stylerOperationMode", "STYLING_IS_COMPLETE"), STEAM)],
    ),
    # A tower is one device with a profile for each of its drums ...
    Kind(
        "DEVICE_WASHTOWER",
        {
            "washer": {"notification": _WASHING, "property": _washer()},
            "dryer": {"notification": _DRYING, "property": _dryer()},
        },
        lambda: [wash("washer"), dry("dryer")],
        {"washer/cycle/cycleCount": 12},
    ),
    # ... or two devices.
    Kind(
        "DEVICE_WASHTOWER_WASHER",
        {"notification": _WASHING, "property": [_at("MAIN", _washer())]},
        lambda: [wash("MAIN")],
        {"MAIN/cycle/cycleCount": 7},
    ),
    Kind(
        "DEVICE_WASHTOWER_DRYER",
        {"notification": _DRYING, "property": _dryer()},
        lambda: [dry("MAIN")],
    ),
    Kind(
        "DEVICE_WASHCOMBO_MAIN",
        {"notification": _WASHING, "property": [_at("MAIN", _washer("WASH_AND_DRY"))]},
        lambda: [wash("MAIN")],
        {"MAIN/cycle/cycleCount": 3},
    ),
    Kind(
        "DEVICE_WASHCOMBO_MINI",
        {"notification": _WASHING, "property": [_at("MINI", _washer("BABY_CARE"))]},
        lambda: [wash("MINI")],
        {"MINI/cycle/cycleCount": 2},
    ),
)
