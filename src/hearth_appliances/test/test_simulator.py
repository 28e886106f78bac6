"""Machines and cloud without sockets: time is an argument."""

import itertools
from typing import Any

import pytest
from hearth_appliances.simulator.appliances import (
    Dishwasher,
    Oven,
    Refrigerator,
    RefusedError,
    Washer,
)
from hearth_appliances.simulator.cloud import Answer, Cloud, PushDelay

HEADERS = {
    "Authorization": "Bearer token",
    "x-message-id": "m",
    "x-country": "KR",
    "x-api-key": "k",
}
START = {"location": {"locationName": "MAIN"}, "operation": {"washerOperationMode": "START"}}


@pytest.fixture
def cloud() -> Cloud:
    return Cloud([Refrigerator("fridge", "Refrigerator"), Washer("washer", "Washer")], "token")


def ask(cloud: Cloud, method: str, path: str, body: Any = None, **headers: str) -> Answer:
    return cloud.handle(method, path, {**HEADERS, **headers}, body)


def pushes(cloud: Cloud, until: float, start: float = 0.0) -> list[tuple[float, Any]]:
    found = []
    for step in range(round((until - start) * 10)):
        now = start + 0.1 * (step + 1)
        found += [(now, message["event"]) for message in cloud.advance(now)]
    return found


def test_a_door_is_reported_late_and_only_to_those_who_subscribed(cloud: Cloud) -> None:
    cloud.appliances["fridge"].door_moved(opened=True)
    assert pushes(cloud, 3.0) == []
    assert ask(cloud, "POST", "event/fridge/subscribe").status == 200
    cloud.appliances["fridge"].door_moved(opened=False)
    ((when, event),) = pushes(cloud, 6.0, 3.0)
    assert PushDelay().low <= when - 3.0 <= PushDelay().high + 0.3
    assert event["report"] == {"doorStatus": [{"locationName": "MAIN", "doorState": "CLOSE"}]}


def test_pushes_of_one_device_keep_their_order(cloud: Cloud) -> None:
    ask(cloud, "POST", "event/fridge/subscribe")
    seen: list[str] = []
    for step in range(200):
        cloud.appliances["fridge"].door_moved(opened=step % 2 == 0)
        for message in cloud.advance(0.05 * (step + 1)):
            seen.append(message["event"]["report"]["doorStatus"][0]["doorState"])
    assert len(seen) > 100
    assert all(a != b for a, b in itertools.pairwise(seen))


def test_subscribing_twice_says_so(cloud: Cloud) -> None:
    ask(cloud, "POST", "event/fridge/subscribe")
    assert ask(cloud, "POST", "event/fridge/subscribe").body["error"]["code"] == "1207"


@pytest.mark.parametrize(
    ("method", "path", "headers", "code", "status"),
    [
        ("GET", "devices", {"Authorization": "Bearer wrong"}, "1103", 401),
        ("GET", "devices/nothing/state", {}, "1205", 400),
        ("GET", "elsewhere", {}, "1000", 400),
        ("DELETE", "devices/fridge/state", {}, "1000", 400),
    ],
)
def test_bad_requests_have_the_vendors_codes(
    cloud: Cloud, method: str, path: str, headers: dict[str, str], code: str, status: int
) -> None:
    answer = ask(cloud, method, path, **headers)
    assert answer.body["error"]["code"] == code
    assert answer.status == status


def test_a_washer_starts_only_when_armed_at_its_panel_and_runs_to_its_end(cloud: Cloud) -> None:
    washer = cloud.appliances["washer"]
    assert isinstance(washer, Washer)
    ask(cloud, "POST", "event/washer/subscribe")
    refused = ask(cloud, "POST", "devices/washer/control", START)
    assert refused.body["error"]["code"] == "2301"
    washer.press_remote_start()
    assert ask(cloud, "POST", "devices/washer/control", START).status == 200
    codes, states = [], []
    for minute in range(60):
        for message in cloud.advance(60.0 * (minute + 1)):
            codes.append(message["event"].get("pushCode"))
        state = washer.values["MAIN/runState/currentState"]
        if not states or states[-1] != state:
            states.append(state)
    assert states == ["RUNNING", "RINSING", "SPINNING", "END"]
    assert codes.count("WASHING_IS_COMPLETE") == 1
    assert washer.values["MAIN/timer/remainMinute"] == 0
    assert not washer.values["MAIN/remoteControlEnable/remoteControlEnabled"]


def test_a_dishwasher_does_not_start_with_its_door_open_and_pauses_when_opened() -> None:
    machine = Dishwasher("id", "Dishwasher")
    machine.press_remote_start()
    machine.door_moved(opened=True)
    start = {"operation": {"dishWasherOperationMode": "START"}}
    with pytest.raises(RefusedError, match="door is open"):
        machine.control(start)
    machine.door_moved(opened=False)
    machine.control(start)
    machine.advance(100.0)
    assert machine.running
    machine.door_moved(opened=True)
    assert machine.values["MAIN/runState/currentState"] == "PAUSE"


def test_an_oven_takes_its_temperature_by_unit_and_does_not_heat_by_that() -> None:
    oven = Oven("id", "Oven")
    oven.control(
        {
            "location": {"locationName": "OVEN"},
            "temperature": {"targetTemperature": 200, "unit": "C"},
        }
    )
    assert oven.values["OVEN/temperature:C/targetTemperature"] == 200
    assert not oven.running


def test_both_units_of_a_temperature_move_together() -> None:
    fridge = Refrigerator("id", "Fridge")
    fridge.control({"temperatureInUnits": {"locationName": "FRIDGE", "targetTemperatureC": 5}})
    assert fridge.values["FRIDGE/temperatureInUnits/targetTemperatureF"] == 41
    with pytest.raises(RefusedError) as caught:
        fridge.control({"doorStatus": {"locationName": "MAIN", "doorState": "OPEN"}})
    assert caught.value.code == "2207"


def test_a_door_left_open_is_complained_of_once(cloud: Cloud) -> None:
    ask(cloud, "POST", "event/fridge/subscribe")
    cloud.appliances["fridge"].door_moved(opened=True)
    codes = [event.get("pushCode") for _, event in pushes(cloud, 130.0)]
    assert codes.count("DOOR_IS_OPEN") == 1
