"""Which writes can make heat: those need the permission of the home file, and a reason to exist.

A rule that errs toward asking: a stove that a network message can light is a fire.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from hearth_appliances.core.profile import Json, Property

HEATING_TYPES = frozenset(
    {"DEVICE_OVEN", "DEVICE_COOKTOP", "DEVICE_MICROWAVE_OVEN", "DEVICE_WATER_HEATER",
     "DEVICE_SYSTEM_BOILER"}
)  # fmt: skip
"""Appliances whose work is heat."""
_HEATING_NAMES = re.compile(
    r"cook|oven|burner|heat|warm|boiler|hotwater|powerlevel|sousvide|microwave", re.IGNORECASE
)
_HEATING_WORDS = re.compile(
    r"HEAT|WARM|COOK|BAKE|ROAST|GRILL|BROIL|BOIL|TOAST|FRY|HOT|STEAM_CLEAN|PYROLY", re.IGNORECASE
)
_HARMLESS_KEYS = re.compile(r"lamp|light|brightness|fan|display|sound|volume|lock|hood", re.I)
_OFF = frozenset({"STOP", "OFF", "POWER_OFF", "CANCEL", "END", "PAUSE", "SLEEP", "CLOSE"})


def heats(item: Property, value: Json, device_type: str) -> bool:
    """Whether writing ``value`` can make the appliance hot.

    Args:
        item: What is written.
        value: The new value.
        device_type: The vendor's type; unknown ones are judged by the words alone.
    """
    if is_off(value):
        return False
    _, _, rest = item.name.partition("/")
    if _HARMLESS_KEYS.search(rest):
        return False
    if device_type in HEATING_TYPES:
        return True
    if isinstance(value, str) and _HEATING_WORDS.search(value):
        return True
    return bool(_HEATING_NAMES.search(rest))


def can_heat(item: Property, device_type: str) -> bool:
    """Whether any value of a property can make heat."""
    if not item.writable:
        return False
    choices = item.write_values if isinstance(item.write_values, list) else [1]
    return any(heats(item, choice, device_type) for choice in choices)


def is_off(value: Json) -> bool:
    """Whether a value turns something off: that is never refused for its heat."""
    if isinstance(value, str):
        return value.upper() in _OFF
    return value is False or (isinstance(value, int | float) and value == 0)


def stops(properties: Mapping[str, Property]) -> dict[str, Json]:
    """What to write to stop each unit: the mildest word each operation takes."""
    found: dict[str, Json] = {}
    for name, item in properties.items():
        choices = item.write_values
        if not item.writable or not name.lower().endswith(("operationmode", "operation")):
            continue
        for word in ("STOP", "CANCEL", "POWER_OFF", "OFF", "PAUSE"):
            if isinstance(choices, list) and word in choices:
                found[name] = word
                break
    for name, item in properties.items():
        limits = item.write_values
        level = name.endswith("power/powerLevel") and isinstance(limits, Mapping)
        if item.writable and level and limits.get("min") == 0:
            found[name] = 0
    return found
