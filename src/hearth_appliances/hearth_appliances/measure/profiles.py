"""Any profile: everything published, everything writable accepted, nothing else sent."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from hearth_core.errors import BadInputError, HearthError

from hearth_appliances.core.profile import Json, Property, walk_profile
from hearth_appliances.core.values import DeviceInfo
from hearth_appliances.core.writes import compose
from hearth_appliances.fakes.scripted_cloud import HubBench, ScriptedCloud
from hearth_appliances.sdk_oracle import compare_setters
from hearth_appliances.simulator.appliances import KINDS, make


@dataclass
class Coverage:
    """Counts over profiles."""

    types: int = 0
    leaves: int = 0
    published: int = 0
    writable_values: int = 0
    accepted: int = 0
    setters: int = 0
    different: list[str] = field(default_factory=list)
    invalid: int = 0
    refused: int = 0
    calls: int = 0
    """Control requests that invalid writes led to."""
    sdk_idle: list[str] = field(default_factory=list)


def measure() -> Coverage:
    """All device types of the catalogue."""
    found = Coverage()
    for device_type in sorted(KINDS):
        machine = make(device_type, "id", "Machine")
        add(found, device_type, machine.profile, machine.state())
    return found


def add(found: Coverage, device_type: str, profile: Mapping[str, Json], state: Json) -> None:
    """Count one profile."""
    properties = walk_profile(profile)
    found.types += 1
    found.leaves += len(leaves_of(profile))
    found.published += sum(item.kind != "constant" for item in properties.values())
    try:
        verdict = compare_setters(device_type, profile, state)
    except (HearthError, KeyError, TypeError, AttributeError):
        pass  # a profile the SDK itself cannot read
    else:
        found.setters += verdict.compared
        found.different += verdict.different
        found.sdk_idle += verdict.idle
    known = {name: _some(item) for name, item in properties.items()}
    bad: list[tuple[str, Json]] = []
    for name, item in properties.items():
        for value in good_values(item):
            found.writable_values += 1
            try:
                compose(properties, {name: value}, known, device_type)
                found.accepted += 1
            except BadInputError:
                pass
        bad += [(name, value) for value in bad_values(item)]
    asyncio.run(_refuse(found, device_type, profile, bad))


def leaves_of(tree: Json, *, inside: bool = False) -> list[Json]:
    """Leaves of a profile, counted another way than the walker does: by their ``mode``."""
    if isinstance(tree, list):
        return [leaf for item in tree for leaf in leaves_of(item, inside=inside)]
    if not isinstance(tree, Mapping):
        return []
    if isinstance(tree.get("mode"), list):
        return [tree]
    found: list[Json] = []
    for key, value in tree.items():
        if inside or key in ("property", "extensionProperty"):
            found += leaves_of(value, inside=True)
        elif isinstance(value, Mapping) and "property" in value:
            found += leaves_of(value)
    return found


def good_values(item: Property) -> list[Json]:
    """Values a profile allows to write: every choice, both ends and a step of every range."""
    if not item.writable:
        return []
    choices = item.write_values if item.write_values is not None else item.read_values
    if isinstance(choices, list):
        return list(choices)
    if isinstance(choices, Mapping) and "min" in choices:
        low, step = choices["min"], choices.get("step", 1)
        steps = int((choices["max"] - low) / step)
        values = {low, low + step * steps, low + step * (steps // 2)}
        return sorted(values - set(choices.get("except", [])))
    return [{"boolean": True, "string": "x"}.get(item.kind, 1)]


def bad_values(item: Property) -> list[Json]:
    """Values that must not be sent."""
    if not item.writable:
        return [_some(item)]
    choices = item.write_values if item.write_values is not None else item.read_values
    if isinstance(choices, list):
        odd: list[Json] = ["HEARTH_NO_SUCH", None, 17, {"a": 1}]
        return [value for value in odd if value not in choices]
    if isinstance(choices, Mapping) and "min" in choices:
        low, high = choices["min"], choices["max"]
        step = choices.get("step", 1)
        return [low - step, high + step, low + step / 3, "1", None, True, float("nan")]
    return [{"x": 1}] if item.kind in {"boolean", "string", "number", "range"} else []


def _some(item: Property) -> Json:
    values = item.read_values
    if isinstance(values, list) and values:
        return values[0]
    if isinstance(values, Mapping):
        return values.get("min", 0)
    return 0


async def _refuse(
    found: Coverage, device_type: str, profile: Mapping[str, Json], bad: list[tuple[str, Json]]
) -> None:
    cloud = ScriptedCloud()
    cloud.infos = {"fridge": DeviceInfo("fridge", device_type, "Machine")}
    cloud.profiles["fridge"], cloud.states["fridge"] = profile, {}
    async with HubBench(cloud) as bench:
        await bench.ready()
        for name, value in bad:
            written = await bench.pipeline.write("machine", {name: value}, timeout=0.5)
            found.invalid += 1
            found.refused += not written.sent and written.outcome.reason == "invalid_value"
    found.calls += len(cloud.controls())
