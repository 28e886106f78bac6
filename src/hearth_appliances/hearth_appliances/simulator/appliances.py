"""Machines by device type: all that the vendor's SDK knows, and any other from a file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from hearth_core.errors import BadInputError, UnknownNameError

from hearth_appliances.core.profile import Json, flatten_state, resolve
from hearth_appliances.simulator.catalogue import air, cleaning, cold, cooking, laundry, water
from hearth_appliances.simulator.machine import Appliance, Kind, RefusedError, Report

__all__ = ["KINDS", "PLACES", "Appliance", "RefusedError", "Report", "load_appliances", "make"]

KINDS: Mapping[str, Kind] = {
    kind.device_type: kind
    for family in (cold, laundry, cooking, air, water, cleaning)
    for kind in family.KINDS
}
"""By the vendor's device type."""

PLACES: Mapping[str, str] = {
    "refrigerator": "DEVICE_REFRIGERATOR",
    "washing_machine": "DEVICE_WASHER",
    "dryer": "DEVICE_DRYER",
    "dishwasher": "DEVICE_DISH_WASHER",
    "oven": "DEVICE_OVEN",
    "microwave": "DEVICE_MICROWAVE_OVEN",
}
"""Device types by kind of place in ``hearth_core.home``."""


def make(device_type: str, device_id: str, alias: str) -> Appliance:
    """A machine of the catalogue.

    Raises:
        UnknownNameError: There is no such type.
    """
    if device_type not in KINDS:
        raise UnknownNameError("device type", device_type, KINDS)
    return Appliance(KINDS[device_type], device_id, alias)


def load_appliances(path: Path) -> list[Appliance]:
    """Machines from a JSON file: an object or a list of objects.

    Each has ``profile``, and if known ``state``, ``deviceType``, ``deviceId``, ``alias``. They
    have no physics: what is written is what they then say.

    Raises:
        BadInputError: The file cannot be read, or something in it has no profile.
    """
    try:
        content = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise BadInputError(f"{path}: {error}") from error
    entries = content if isinstance(content, list) else [content]
    return [
        _loaded(entry, path, f"{path.stem}-{number}" if number else path.stem)
        for number, entry in enumerate(entries)
    ]


def _loaded(content: Json, path: Path, name: str) -> Appliance:
    if not isinstance(content, Mapping) or not isinstance(content.get("profile"), Mapping):
        raise BadInputError(f"{path}: expected an object with 'profile', or a list of such")
    kind = Kind(str(content.get("deviceType", "DEVICE_UNKNOWN")), content["profile"])
    device_id = str(content.get("deviceId") or f"file-{name}")
    machine = Appliance(kind, device_id, str(content.get("alias") or name))
    values: Mapping[str, Json] = resolve(
        flatten_state(content.get("state") or {}), machine.properties
    )
    known = {name: value for name, value in values.items() if name in machine.properties}
    machine.values.update(known)
    return machine


Refrigerator = partial(make, "DEVICE_REFRIGERATOR")
Washer = partial(make, "DEVICE_WASHER")
Dryer = partial(make, "DEVICE_DRYER")
Dishwasher = partial(make, "DEVICE_DISH_WASHER")
Oven = partial(make, "DEVICE_OVEN")
Microwave = partial(make, "DEVICE_MICROWAVE_OVEN")
