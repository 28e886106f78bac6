"""Every device type of the vendor's SDK, with the SDK itself as the judge."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
import thinqconnect
from hearth_appliances.core.profile import flatten_state, resolve
from hearth_appliances.simulator.appliances import KINDS, load_appliances, make
from hearth_appliances.simulator.machine import Appliance, RefusedError
from hearth_core.errors import BadInputError, UnknownNameError
from thinqconnect.const import DeviceType
from thinqconnect.devices.connect_device import ConnectBaseDevice

TYPES = sorted(value for name, value in vars(DeviceType).items() if name.isupper())
UNIT_ONLY = ("temperature_unit", "unit")
PRODUCERS = {
    "DEVICE_WASHTOWER": "WashtowerDevice",
    "DEVICE_DISH_WASHER": "DishWasherDevice",
    "DEVICE_WASHTOWER_WASHER": "WashtowerWasherDevice",
    "DEVICE_WASHTOWER_DRYER": "WashtowerDryerDevice",
}


class FakeApi:
    """Keeps what the SDK would post."""

    def __init__(self) -> None:
        self.posted: list[Any] = []

    async def async_post_device_control(self, device_id: str, payload: Any) -> dict[str, Any]:
        self.posted.append(payload)
        return {}


def sdk_device(machine: Appliance, api: FakeApi) -> ConnectBaseDevice:
    words = machine.device_type.removeprefix("DEVICE_").title().replace("_", "")
    name = PRODUCERS.get(machine.device_type, f"{words}Device")
    profile = machine.profile
    return getattr(thinqconnect, name)(
        thinq_api=api,
        device_id=machine.device_id,
        device_type=machine.device_type,
        model_name=machine.model,
        alias=machine.alias,
        reportable=True,
        profile=profile,
    )


def parts(device: ConnectBaseDevice) -> list[ConnectBaseDevice]:
    return [device, *device._sub_devices.values()]


def known_to_sdk(device: ConnectBaseDevice) -> dict[tuple[int, str], Any]:
    """Everything readable that the SDK found in a profile, with what it says now."""
    return {
        (index, name): part.get_status(name)
        for index, part in enumerate(parts(device))
        for names in part.profiles.properties.values()
        for name in names
        if part.profiles.check_attribute_readable(name)
    }


def test_the_catalogue_is_the_sdks() -> None:
    assert len(TYPES) == 30
    assert sorted(KINDS) == TYPES
    with pytest.raises(UnknownNameError, match="DEVICE_TOASTER"):
        make("DEVICE_TOASTER", "id", "Toaster")


@pytest.mark.parametrize("device_type", TYPES)
def test_the_sdk_finds_what_the_machine_says(device_type: str) -> None:
    machine = make(device_type, "id", "Machine")
    machine.advance(60.0, 60.0)
    device = sdk_device(machine, FakeApi())
    device.set_status(machine.state())
    found = known_to_sdk(device)
    assert found
    missing = {
        name for (_, name), value in found.items() if value is None and name not in UNIT_ONLY
    }
    # An oven's temperature stands in one unit at a time.
    assert missing <= ({"target_temperature_f"} if device_type == "DEVICE_OVEN" else set())


@pytest.mark.parametrize("device_type", TYPES)
def test_states_come_back_as_the_values_they_were_made_of(device_type: str) -> None:
    machine = make(device_type, "id", "Machine")
    read = resolve(flatten_state(machine.state()), machine.properties)
    assert read == machine.values


@pytest.mark.parametrize("device_type", TYPES)
def test_a_day_passes_without_breaking_what_the_profile_promises(device_type: str) -> None:
    machine = make(device_type, "id", "Machine")
    for hour in range(24):
        machine.advance(3600.0, 3600.0 * (hour + 1))
    for name, value in machine.values.items():
        allowed = machine.properties[name].read_values
        if isinstance(allowed, list):
            assert value in allowed, name
        elif isinstance(allowed, dict) and "min" in allowed:
            assert allowed["min"] <= value <= allowed["max"], name
    assert sum(machine.energy_by_day.values()) >= 0.0


def test_a_write_of_the_sdk_is_understood() -> None:
    machine, api = make("DEVICE_AIR_CONDITIONER", "id", "Air"), FakeApi()
    device = sdk_device(machine, api)
    asyncio.run(device.set_cool_target_temperature_c(20))
    asyncio.run(device.set_air_con_operation_mode("POWER_ON"))
    for payload in api.posted:
        machine.control(payload)
    assert machine.values["MAIN/temperatureInUnits:C/coolTargetTemperature"] == 20
    assert machine.values["MAIN/temperatureInUnits:F/coolTargetTemperature"] == 68
    machine.control({"temperatureInUnits": {"targetTemperature": 21, "unit": "C"}})
    assert machine.values["MAIN/temperatureInUnits:C/targetTemperature"] == 21
    assert machine.values["MAIN/temperatureInUnits:F/targetTemperature"] == 70
    warm = machine.values["MAIN/temperatureInUnits:C/currentTemperature"]
    machine.advance(3600.0, 3600.0)
    assert machine.values["MAIN/temperatureInUnits:C/currentTemperature"] < warm - 3


def test_any_device_comes_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "toaster.json"
    leaf = {"type": "enum", "mode": ["r", "w"], "value": {"r": ["A", "B"], "w": ["A", "B"]}}
    profile = {"property": {"toast": {"darkness": leaf}}}
    content = {"deviceType": "DEVICE_TOASTER", "profile": profile}
    path.write_text(json.dumps({**content, "state": {"toast": {"darkness": "B"}}}))
    (machine,) = load_appliances(path)
    assert machine.state() == {"toast": {"darkness": "B"}}
    machine.control({"toast": {"darkness": "A"}})
    assert machine.state() == {"toast": {"darkness": "A"}}
    with pytest.raises(RefusedError):
        machine.control({"toast": {"darkness": "C"}})
    path.write_text(json.dumps([content, {**content, "alias": "Second"}]))
    assert [each.alias for each in load_appliances(path)] == ["toaster", "Second"]
    assert len({each.device_id for each in load_appliances(path)}) == 2
    path.write_text("[5]")
    with pytest.raises(BadInputError, match=r"toaster\.json"):
        load_appliances(path)
