"""Flat names, writes and payloads; the vendor's SDK is the oracle for payloads."""

import asyncio
import math
from typing import Any

import pytest
from hearth_appliances.core.profile import (
    arrange,
    check_write,
    flatten_state,
    resolve,
    walk_profile,
)
from hearth_appliances.core.writes import control_payload
from hearth_appliances.simulator import profiles
from hearth_appliances.simulator.appliances import KINDS
from hearth_core.errors import BadInputError
from thinqconnect import (
    DishWasherDevice,
    OvenDevice,
    RefrigeratorDevice,
    WasherDevice,
)
from thinqconnect.devices.const import Location


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_value_of_a_state_is_in_the_profile_and_comes_back_in_its_shape(kind: str) -> None:
    appliance = KINDS[kind]("id", kind)
    flat = resolve(flatten_state(appliance.state()), appliance.properties)
    assert flat == appliance.values
    assert set(flat) <= set(appliance.properties)


def test_names_of_every_shape() -> None:
    assert "MAIN/doorStatus/doorState" in walk_profile(profiles.REFRIGERATOR)
    assert "FREEZER/temperatureInUnits/targetTemperatureC" in walk_profile(profiles.REFRIGERATOR)
    assert "MAIN/runState/currentState" in walk_profile(profiles.WASHER)
    assert "OVEN/temperature:C/targetTemperature" in walk_profile(profiles.OVEN)
    assert "MAIN/info/type" in walk_profile(profiles.OVEN)
    tower = {"washer": {"runState": {"currentState": "END"}}, "dryer": {"runState": {}}}
    assert flatten_state(tower) == {"washer/runState/currentState": "END"}


def test_unknown_keys_are_kept() -> None:
    odd = {"property": {"future": {"thing": {"type": "hologram", "mode": ["r"], "value": 1}}}}
    item = walk_profile(odd)["MAIN/future/thing"]
    assert (item.kind, item.readable, item.writable) == ("hologram", True, False)
    assert flatten_state({"future": {"thing": [1, 2]}, "flag": True}) == {
        "MAIN/future/thing": [1, 2],
        "MAIN/flag": True,
    }


def test_a_profile_without_properties_is_refused() -> None:
    with pytest.raises(BadInputError, match=r"no 'property' in the profile; it has \['error'\]"):
        walk_profile({"error": []})


def test_what_is_flattened_can_be_arranged_again() -> None:
    for profile in (profiles.REFRIGERATOR, profiles.DISHWASHER):
        properties = walk_profile(profile)
        values = {item.place: index for index, item in enumerate(properties.values())}
        names = {place.name: value for place, value in values.items()}
        assert flatten_state(arrange(values)) == names


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("MAIN/doorStatus/doorState", "OPEN", "cannot be written"),
        ("FRIDGE/temperatureInUnits/targetTemperatureC", 8, "not in 1..7"),
        ("FRIDGE/temperatureInUnits/targetTemperatureC", 2.5, "steps of 1"),
        ("FRIDGE/temperatureInUnits/targetTemperatureC", math.nan, "not in"),
        ("FRIDGE/temperatureInUnits/targetTemperatureC", True, "is not a number"),
        ("MAIN/refrigeration/expressMode", 1, "is not one of"),
        ("MAIN/refrigeration/freshAirFilter", "OFF", "is not one of ['AUTO', 'POWER']"),
    ],
)
def test_writes_outside_of_the_profile_are_refused(name: str, value: Any, words: str) -> None:
    with pytest.raises(BadInputError) as caught:
        check_write(walk_profile(profiles.REFRIGERATOR)[name], value)
    assert words in str(caught.value)


class Recorder:
    """Stands where the SDK's transport would be."""

    def __init__(self) -> None:
        self.sent: list[Any] = []

    async def async_post_device_control(self, device_id: str, payload: Any) -> None:
        self.sent.append(payload)


def sdk(kind: type[Any], profile: Any) -> tuple[Any, Recorder]:
    recorder = Recorder()
    device = kind(
        thinq_api=recorder,
        device_id="id",
        device_type="",
        model_name="",
        alias="",
        reportable=True,
        group_id="",
        profile=profile,
    )
    return device, recorder


def test_payloads_are_those_of_the_vendors_sdk() -> None:
    async def compare() -> None:
        fridge, sent = sdk(RefrigeratorDevice, profiles.REFRIGERATOR)
        await fridge.get_sub_device(Location.FRIDGE).set_target_temperature_c(5)
        await fridge.set_express_mode(True)
        names = walk_profile(profiles.REFRIGERATOR)
        assert sent.sent == [
            control_payload(names["FRIDGE/temperatureInUnits/targetTemperatureC"], 5),
            control_payload(names["MAIN/refrigeration/expressMode"], True),
        ]
        dish, sent = sdk(DishWasherDevice, profiles.DISHWASHER)
        await dish.set_dish_washer_operation_mode("START")
        name = "MAIN/operation/dishWasherOperationMode"
        assert sent.sent == [control_payload(walk_profile(profiles.DISHWASHER)[name], "START")]
        washer, sent = sdk(WasherDevice, profiles.WASHER)
        await washer.get_sub_device(Location.MAIN).set_washer_operation_mode("START")
        name = "MAIN/operation/washerOperationMode"
        assert sent.sent == [control_payload(walk_profile(profiles.WASHER)[name], "START")]
        oven, sent = sdk(OvenDevice, profiles.OVEN)
        await oven.get_sub_device(Location.OVEN).set_target_temperature_c(200)
        name = "OVEN/temperature:C/targetTemperature"
        # The SDK starts the oven when it is told a temperature; Hearth never heats unasked.
        assert sent.sent[0].pop("operation") == {"ovenOperationMode": "START"}
        assert sent.sent == [control_payload(walk_profile(profiles.OVEN)[name], 200)]

    asyncio.run(compare())
