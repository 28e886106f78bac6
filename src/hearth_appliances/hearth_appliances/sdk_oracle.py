"""The vendor's SDK as the judge of our payloads: its setters, called, beside ours.

For tests and benches only. Arguments of setters are found by trying the values a profile
offers; what the SDK then posts must be what :func:`core.writes.compose` makes of the same wish.
"""

from __future__ import annotations

import asyncio
import inspect
import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import thinqconnect
from hearth_core.errors import BadInputError
from thinqconnect.devices.connect_device import ConnectBaseDevice

from hearth_appliances.core.profile import (
    Json,
    Property,
    check_write,
    flatten_state,
    resolve,
    walk_profile,
)
from hearth_appliances.core.writes import compose

_CLASSES = {
    "DEVICE_DISH_WASHER": "DishWasherDevice",
    "DEVICE_WASHTOWER": "WashtowerDevice",
    "DEVICE_WASHTOWER_WASHER": "WashtowerWasherDevice",
    "DEVICE_WASHTOWER_DRYER": "WashtowerDryerDevice",
    "DEVICE_WASHCOMBO_MAIN": "WashcomboMainDevice",
    "DEVICE_WASHCOMBO_MINI": "WashcomboMiniDevice",
}


@dataclass
class Verdict:
    """What came of comparing one profile."""

    compared: int = 0
    """Setters whose payload was compared."""
    different: list[str] = field(default_factory=list)
    """Those where ours was another, with both."""
    idle: list[str] = field(default_factory=list)
    """Setters of the class that this profile offers nothing for."""


class _Recorder:
    def __init__(self) -> None:
        self.posted: list[Json] = []

    async def async_post_device_control(self, device_id: str, payload: Json) -> None:
        self.posted.append(payload)


def compare_setters(device_type: str, profile: Mapping[str, Json], state: Json) -> Verdict:
    """Call every setter of the SDK's class for ``device_type`` and compare the payloads."""
    recorder = _Recorder()
    device = make_device(device_type, profile, recorder)
    device.set_status(state)
    properties = walk_profile(profile)
    known = resolve(flatten_state(state), properties)
    verdict = Verdict()
    for part in (device, *device._sub_devices.values()):
        for name, method in _setters(part):
            label = f"{device_type}.{getattr(part, 'location_name', '')}.{name}"
            posted = _provoke(method, recorder, properties)
            if posted is None:
                verdict.idle.append(label)
                continue
            verdict.compared += 1
            ours = _ours(posted, properties, known, device_type)
            if json.dumps(posted) not in ours:
                verdict.different.append(f"{label}: {json.dumps(posted)} but {ours}")
    return verdict


def make_device(
    device_type: str, profile: Mapping[str, Json], api: object | None = None
) -> ConnectBaseDevice:
    """The SDK's object for a profile."""
    words = device_type.removeprefix("DEVICE_").title().replace("_", "")
    kind = getattr(thinqconnect, _CLASSES.get(device_type, f"{words}Device"))
    device: ConnectBaseDevice = kind(
        thinq_api=api,
        device_id="id",
        device_type=device_type,
        model_name="",
        alias="",
        reportable=True,
        group_id="",
        profile=profile,
    )
    return device


def readable_in_sdk(device: ConnectBaseDevice) -> int:
    """How many properties the SDK finds in a profile."""
    return sum(
        len(found)
        for part in (device, *device._sub_devices.values())
        for found in part.profiles.get_profile().values()
    )


def _setters(part: ConnectBaseDevice) -> Iterator[tuple[str, Any]]:
    for name in sorted(dir(part)):
        method = getattr(part, name, None)
        if name.startswith("set_") and inspect.iscoroutinefunction(method):
            yield name, method


def _provoke(method: Any, recorder: _Recorder, properties: Mapping[str, Property]) -> Json:
    """A payload that the setter posts for arguments the profile allows; None: there is none."""
    parameters = [p for p in inspect.signature(method).parameters if p != "location_name"]
    if "location_name" in inspect.signature(method).parameters:
        return None  # passes on to a part, which is asked itself
    for arguments in itertools.product(_pool(properties, len(parameters)), repeat=len(parameters)):
        recorder.posted.clear()
        try:
            asyncio.run(method(*arguments))
        except (ValueError, TypeError, KeyError, AttributeError, IndexError):
            continue
        if recorder.posted and _allowed(recorder.posted[0], properties):
            return recorder.posted[0]
    return None


def _pool(properties: Mapping[str, Property], arguments: int) -> list[Json]:
    pool: list[Json] = []
    for item in properties.values():
        choices = item.write_values
        if isinstance(choices, Mapping) and "min" in choices:
            candidates = [choices["min"], choices["max"]]
        elif isinstance(choices, list):
            candidates = choices[:2] if arguments > 1 else choices
        elif item.writable:
            candidates = [1]
        else:
            continue
        pool.extend(c for c in candidates if not any(c is p or c == p for p in pool))
    return [*pool, True, False]


def _names(posted: Json, properties: Mapping[str, Property]) -> dict[str, Json]:
    return resolve(flatten_state(posted), properties)


def _allowed(posted: Json, properties: Mapping[str, Property]) -> bool:
    names = _names(posted, properties)
    try:
        for name, value in names.items():
            if name in properties:
                check_write(properties[name], value)
    except BadInputError:
        return False
    return bool(names) and all(name in properties for name in names)


def _ours(
    posted: Json, properties: Mapping[str, Property], known: Mapping[str, Json], device_type: str
) -> list[str]:
    """What we make of the same wish: one property with its companions, or all of them."""
    names = _names(posted, properties)
    wishes = [{name: value} for name, value in names.items()]
    wishes.append({name: value for name, value in names.items() if not name.endswith("/unit")})
    wishes.append(names)
    made: list[str] = []
    for wish in wishes:
        try:
            made.append(json.dumps(compose(properties, wish, known, device_type)))
        except BadInputError:
            continue
    return made
