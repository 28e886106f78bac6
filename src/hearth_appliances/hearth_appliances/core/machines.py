"""Vendor-neutral state machines: what a washer, an oven or a burner is doing, whoever made it.

A unit is a location of an appliance (one oven of two, the dryer of a wash tower). Words nobody
knows become ``Phase.UNKNOWN`` and are kept beside it; what an appliance does not say is None.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from hearth_appliances.core.profile import MAIN, Json

Names = Mapping[str, Json]


class Phase(IntEnum):
    """Numbered as in hearth_interfaces/msg/ApplianceUnit."""

    UNKNOWN = 0
    OFF = 1
    IDLE = 2
    DELAYED = 3
    RUNNING = 4
    PAUSED = 5
    FINISHED = 6
    ERROR = 7


class Door(IntEnum):
    """Numbered as in hearth_interfaces/msg/ApplianceUnit."""

    UNKNOWN = 0
    CLOSED = 1
    OPEN = 2


class Remote(IntEnum):
    """Numbered as in hearth_interfaces/msg/ApplianceUnit."""

    UNKNOWN = 0
    DISARMED = 1
    ARMED = 2


@dataclass(frozen=True)
class Unit:
    """One machine of an appliance."""

    name: str
    phase: Phase = Phase.UNKNOWN
    phase_text: str = ""
    remaining: float | None = None
    """Until the end of the course [s]."""
    total: float | None = None
    """[s]."""
    door: Door = Door.UNKNOWN
    remote: Remote = Remote.UNKNOWN
    hazards: tuple[str, ...] = ()


_VOCABULARY: Mapping[Phase, str] = {
    Phase.OFF: "POWER_OFF OFF SLEEP TURN_OFF NOT_USED",
    Phase.IDLE: """INITIAL STANDBY IDLE READY CHARGING CHARGING_COMPLETE POWER_ON DOCKED NORMAL
        STOP CANCEL INITIALIZING DIAGNOSIS SMART_DIAGNOSIS FIRMWARE SETTING PREFERENCE
        CHARGE_COMPLETE WAITING_FOR_COMMAND""",
    Phase.DELAYED: "RESERVED DELAYED DELAYED_START DELAY_START",
    Phase.PAUSED: "PAUSE PAUSED PREPARATION_PAUSE",
    Phase.FINISHED: "END DONE COMPLETE FINISHED COOKING_COMPLETE ENDED",
    Phase.ERROR: "ERROR FAULT FAIL MACROSECTOR_ERROR",
    Phase.RUNNING: """RUNNING DETECTING RINSING SPINNING DRYING COOLING WASHING STEAMING PREHEATING
        PREHEATING_IS_DONE COOKING_IN_PROGRESS COOKING CLEANING HOMING REFRESHING WRINKLE_CARE
        SOAKING DISPENSING START ON ADD_DRAIN FROZEN_PREVENT_RUNNING FROZEN_PREVENT_INITIAL
        RINSE_HOLD SHOES_MODULE PREWASH STEAM_SOFTENING DISPLAY_LOADSIZE LOAD_SIZE NIGHT_DRYING
        COOL_DOWN BREWING WORT_INSTALL FERMENTATION AGING""",
}
_WORDS = {word: phase for phase, words in _VOCABULARY.items() for word in words.split()}
_PATTERNS: tuple[tuple[re.Pattern[str], Phase], ...] = (
    (re.compile(r"ERROR|FAULT|FAIL"), Phase.ERROR),
    (re.compile(r"PAUSE"), Phase.PAUSED),
    (re.compile(r"RESERV|DELAY"), Phase.DELAYED),
    (re.compile(r"(^|_)(END|ENDED|DONE|COMPLETED?|FINISH(ED)?)(_|$)"), Phase.FINISHED),
    (re.compile(r"(^|_)(POWER_)?OFF($|_)"), Phase.OFF),
    (re.compile(r"[A-Z]{2,}ING(_|$)"), Phase.RUNNING),
)
_COOKING = {"DEVICE_OVEN", "DEVICE_COOKTOP", "DEVICE_MICROWAVE_OVEN"}
_NO_ERROR = {None, "", "NO_ERROR", "NONE", "NORMAL", False}
_UNIT_KEYS = (
    "runState/currentState", "currentState", "doorStatus/doorState", "remoteControlEnabled",
    "remainHour", "remainMinute", "powerLevel", "OperationMode", "operationMode",
)  # fmt: skip


def phase_of(word: str) -> Phase:
    """Phase of a run state's word, by the vendor's vocabulary first and by its parts then."""
    word = word.upper()
    if word in _WORDS:
        return _WORDS[word]
    for pattern, phase in _PATTERNS:
        if pattern.search(word):
            return phase
    return Phase.UNKNOWN


def units_of(values: Names, device_type: str = "") -> list[Unit]:
    """Units of an appliance from its flat values, the main one first."""
    places = sorted({_location(name) for name in values if name.endswith(_UNIT_KEYS)})
    if not places:
        return []
    places.sort(key=lambda place: place != MAIN)
    shared = _errors(values, MAIN)
    return [_unit(place, values, device_type, shared) for place in places]


def remaining_of(values: Names, unit: str) -> float | None:
    """Time until the end of a unit's course [s]; None: it does not say."""
    return _time(values, unit, "remain")


def _unit(place: str, values: Names, device_type: str, shared: tuple[str, ...]) -> Unit:
    word = _run_state(place, values)
    phase = phase_of(word) if word else _level_phase(place, values)
    total = _time(values, place, "total")
    return Unit(
        place,
        phase,
        word,
        _time(values, place, "remain"),
        _time(values, place, "target") if total is None else total,
        _door(place, values),
        _remote(place, values),
        _hazards(place, phase, word, values, device_type) + shared,
    )


def _run_state(place: str, values: Names) -> str:
    for key in ("runState", "cookingZone", "state", "operation"):
        value = values.get(f"{place}/{key}/currentState")
        if isinstance(value, str):
            return value
    for name, value in values.items():
        if _location(name) == place and isinstance(value, str) and name.endswith("currentState"):
            return value
    for name, value in values.items():
        own = _location(name) == place
        if own and isinstance(value, str) and name.lower().endswith("operationmode"):
            return {"POWER_ON": "ON", "START": "ON"}.get(value, value)
    return ""


def _level_phase(place: str, values: Names) -> Phase:
    level = values.get(f"{place}/power/powerLevel")
    if isinstance(level, bool) or not isinstance(level, int | float):
        return Phase.UNKNOWN
    return Phase.RUNNING if level > 0 else Phase.OFF


def _time(values: Names, place: str, kind: str) -> float | None:
    seconds, said = 0.0, False
    for part, factor in (("Hour", 3600.0), ("Minute", 60.0), ("Second", 1.0)):
        value = values.get(f"{place}/timer/{kind}{part}")
        if isinstance(value, int | float) and not isinstance(value, bool):
            seconds, said = seconds + factor * value, True
    return seconds if said else None


def _door(place: str, values: Names) -> Door:
    value = values.get(f"{place}/doorStatus/doorState", values.get(f"{place}/door/doorState"))
    if not isinstance(value, str):
        return Door.UNKNOWN
    return {"OPEN": Door.OPEN, "CLOSE": Door.CLOSED, "CLOSED": Door.CLOSED}.get(
        value.upper(), Door.UNKNOWN
    )


def _remote(place: str, values: Names) -> Remote:
    name = "remoteControlEnable/remoteControlEnabled"
    value = values.get(f"{place}/{name}")
    if value is None and place != MAIN:
        value = values.get(f"{MAIN}/{name}")
    if not isinstance(value, bool):
        return Remote.UNKNOWN
    return Remote.ARMED if value else Remote.DISARMED


def _hazards(
    place: str, phase: Phase, word: str, values: Names, device_type: str
) -> tuple[str, ...]:
    hazards: list[str] = []
    level = values.get(f"{place}/power/powerLevel")
    powered = isinstance(level, int | float) and not isinstance(level, bool) and level > 0
    active = phase in {Phase.RUNNING, Phase.PAUSED} and device_type in _COOKING
    if powered or active or any(part in word.upper() for part in ("HOT", "RESIDUAL", "PREHEAT")):
        hazards.append("hot")
    if phase is Phase.ERROR:
        hazards.append("error")
    if place != MAIN:
        hazards.extend(_errors(values, place))
    return tuple(hazards)


def _errors(values: Names, place: str) -> tuple[str, ...]:
    found = values.get(f"{place}/error")
    items = found if isinstance(found, list) else [found]
    errors = [f"error:{item}" for item in items if _is_error(item)]
    if any("LEAK" in error for error in errors):
        errors.append("leak")
    return tuple(errors)


def _is_error(item: Json) -> bool:
    return isinstance(item, str) and item not in _NO_ERROR


def _location(name: str) -> str:
    return name.partition("/")[0]
