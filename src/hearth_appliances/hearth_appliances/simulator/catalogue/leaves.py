"""Leaves of profiles, in the vendor's shape."""

from __future__ import annotations

from typing import Any

Json = Any
_UNSET = ("SET", "UNSET")


def _choice(kind: str, values: Any, write: Any) -> Json:
    leaf: dict[str, Json] = {"type": kind, "mode": ["r"], "value": {"r": list(values)}}
    if write:
        leaf["mode"].append("w")
        leaf["value"]["w"] = list(values if write is True else write)
    return leaf


def enum(*values: str, write: bool | tuple[str, ...] = False) -> Json:
    """A choice; ``write``: all of them can be written, or those given."""
    return _choice("enum", values, write)


def flag(*, write: bool = False) -> Json:
    """True or false."""
    return _choice("boolean", (True, False), write)


def action(*values: str) -> Json:
    """A command: written, never read."""
    return {"type": "enum", "mode": ["w"], "value": {"w": list(values)}}


def span(low: float, high: float, *, write: bool = False, step: float = 1) -> Json:
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


def text() -> Json:
    """Words that are only read."""
    return {"type": "string", "mode": ["r"]}


def numbers(*names: str) -> dict[str, Json]:
    """Several numbers that are only read."""
    return {name: number() for name in names}


def pushes(*codes: str) -> Json:
    """Push codes of a device."""
    return {"push": list(codes)}


REMOTE = {"remoteControlEnabled": flag()}
DOOR = enum("CLOSE", "OPEN")
LEFT = ("remainHour", "remainMinute", "totalHour", "totalMinute")


def delayed(which: str, low: int = 1, high: int = 19) -> dict[str, Json]:
    """A delayed start or stop of a course (``which``: ``Start`` or ``Stop``)."""
    return {
        f"relativeHourTo{which}": span(low, high, write=True),
        f"relativeMinuteTo{which}": span(0, 59),
    }


def clock_timers(*ways: str) -> dict[str, Json]:
    """Timers that switch a machine on and off (``absolute``, ``relative``), with their unsets.

    The vendor's SDK does not know the unsets (``absoluteStartTimer``).
    """
    found: dict[str, Json] = {}
    for way in ways:
        for which in ("Start", "Stop"):
            high = 23 if way == "absolute" else 12
            found[f"{way}HourTo{which}"] = span(0, high, write=True)
            found[f"{way}MinuteTo{which}"] = span(0, 59, write=True)
            found[f"{way}{which}Timer"] = _choice("enum", _UNSET[::-1], ("UNSET",))
    return found


def sleep_timer() -> dict[str, Json]:
    """A timer that switches a machine off."""
    return {
        "relativeHourToStop": span(0, 12, write=True),
        "relativeMinuteToStop": span(0, 59, write=True),
        "relativeStopTimer": _choice("enum", _UNSET[::-1], ("UNSET",)),
    }


def air_quality(*more: str) -> dict[str, Json]:
    """Sensors of the air."""
    words = ("GOOD", "NORMAL", "BAD", "VERY_BAD")
    found: dict[str, Json] = {
        "monitoringEnabled": enum("ON_WORKING", "ALWAYS", write=True),
        **numbers("PM1", "PM2", "PM10"),
    }
    for name in more:
        found[name] = enum(*words) if name.endswith("Level") else number()
    return found


def celsius_and_fahrenheit(low: int, high: int) -> dict[str, Json]:
    """A wanted temperature in both units, as refrigerators have it."""
    return {
        "targetTemperatureC": span(low, high, write=True),
        "targetTemperatureF": span(round(low * 1.8 + 32), round(high * 1.8 + 32), write=True),
        "unit": "C",
    }


def by_unit(targets: dict[str, tuple[int, int]], *readings: str) -> list[Json]:
    """Temperatures once for each unit, as air conditioners have them."""
    items = []
    for unit in ("C", "F"):
        item: dict[str, Json] = {name: number() for name in readings}
        for name, (low, high) in targets.items():
            item[name] = span(_in(unit, low), _in(unit, high), write=True)
        items.append({**item, "unit": unit})
    return items


def _in(unit: str, celsius: int) -> int:
    return round(celsius * 1.8 + 32) if unit == "F" else celsius
