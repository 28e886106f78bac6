"""Machines and cloud without sockets: time is an argument."""

import itertools
from pathlib import Path
from typing import Any

import pytest
from hearth_appliances.core.backend import parse_push
from hearth_appliances.simulator.acts import Act, load_script, perform
from hearth_appliances.simulator.appliances import Dishwasher, Oven, Refrigerator, Washer, make
from hearth_appliances.simulator.cloud import Answer, Cloud
from hearth_appliances.simulator.faults import Fault, Trouble
from hearth_appliances.simulator.machine import RefusedError
from hearth_appliances.simulator.parts.course import Course
from hearth_appliances.simulator.parts.heat import Compartment
from hearth_appliances.simulator.parts.oven import Cavity
from hearth_appliances.simulator.pushes import PushDelay, PushShape
from hearth_core.errors import BadInputError, HearthError, UnknownNameError

HEADERS = {
    "Authorization": "Bearer token",
    "x-message-id": "m",
    "x-country": "KR",
    "x-api-key": "k",
    "x-client-id": "client",
}
START = {"location": {"locationName": "MAIN"}, "operation": {"washerOperationMode": "START"}}


@pytest.fixture
def cloud() -> Cloud:
    return make_cloud()


def make_cloud(*faults: Fault) -> Cloud:
    machines = [Refrigerator("fridge", "Refrigerator"), Washer("washer", "Washer")]
    return Cloud(machines, "token", faults=faults)


def ask(cloud: Cloud, method: str, path: str, body: Any = None, **headers: str) -> Answer:
    return cloud.handle(method, path, {**HEADERS, **headers}, body)


def subscribe(cloud: Cloud, device: str) -> None:
    for kind in ("event", "push"):
        assert ask(cloud, "POST", f"{kind}/{device}/subscribe").status == 200


def pushes(cloud: Cloud, until: float, start: float = 0.0) -> list[tuple[float, Any]]:
    found = []
    for step in range(round((until - start) * 10)):
        now = start + 0.1 * (step + 1)
        found += [(now, out.message["event"]) for out in cloud.advance(now)]
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
    subscribe(cloud, "fridge")
    seen: list[str] = []
    for step in range(200):
        cloud.appliances["fridge"].door_moved(opened=step % 2 == 0)
        for out in cloud.advance(0.05 * (step + 1)):
            seen.append(out.message["event"]["report"]["doorStatus"][0]["doorState"])
    assert len(seen) > 100
    assert all(a != b for a, b in itertools.pairwise(seen))


def test_subscribing_twice_says_so_until_it_ran_out(cloud: Cloud) -> None:
    expire = {"expire": {"unit": "HOUR", "timer": 2}}
    ask(cloud, "POST", "event/fridge/subscribe", expire)
    again = ask(cloud, "POST", "event/fridge/subscribe", expire)
    assert again.body["error"]["code"] == "1207"
    cloud.advance(3600.0 * 2.1)
    assert ask(cloud, "POST", "event/fridge/subscribe", expire).status == 200


@pytest.mark.parametrize(
    ("method", "path", "headers", "code", "status"),
    [
        ("GET", "devices", {"Authorization": "Bearer wrong"}, "1103", 401),
        ("GET", "devices/nothing/state", {}, "1205", 400),
        ("GET", "elsewhere", {}, "1000", 400),
        ("DELETE", "devices/fridge/state", {}, "1000", 400),
        ("POST", "client/certificate", {}, "1203", 400),
    ],
)
def test_bad_requests_have_the_vendors_codes(
    cloud: Cloud, method: str, path: str, headers: dict[str, str], code: str, status: int
) -> None:
    answer = ask(cloud, method, path, **headers)
    assert answer.body["error"]["code"] == code
    assert answer.status == status


def test_a_washer_weighs_fills_runs_and_ends_when_armed_at_its_panel(cloud: Cloud) -> None:
    washer = cloud.appliances["washer"]
    drum = washer.part(Course)
    drum.load = 5.0
    subscribe(cloud, "washer")
    refused = ask(cloud, "POST", "devices/washer/control", START)
    assert refused.body["error"]["code"] == "2301"
    washer.press_remote_start()
    assert ask(cloud, "POST", "devices/washer/control", START).status == 200
    assert drum.total == 60.0 + 900.0 + 600.0 + 5.0 * (120.0 + 60.0) + 600.0
    codes, states, water = [], [], []
    for step in range(130):
        for out in cloud.advance(30.0 * (step + 1)):
            codes.append(out.message["event"].get("pushCode"))
        water.append(drum.water)
        state = washer.values["MAIN/runState/currentState"]
        if not states or states[-1] != state:
            states.append(state)
    assert states == ["DETECTING", "RUNNING", "RINSING", "SPINNING", "END"]
    assert max(water) > 15.0
    assert water[-1] == 0.0
    assert codes.count("WASHING_IS_COMPLETE") == 1
    assert washer.values["MAIN/timer/remainMinute"] == 0
    assert not washer.values["MAIN/remoteControlEnable/remoteControlEnabled"]
    assert sum(washer.energy_by_day.values()) > 100.0


def test_a_delayed_start_waits(cloud: Cloud) -> None:
    washer = cloud.appliances["washer"]
    washer.press_remote_start()
    washer.control({"location": {"locationName": "MAIN"}, "timer": {"relativeHourToStart": 2}})
    washer.control(START)
    assert washer.values["MAIN/runState/currentState"] == "RESERVED"
    washer.advance(7000.0)
    assert washer.values["MAIN/runState/currentState"] == "RESERVED"
    washer.advance(300.0)
    assert washer.running


def test_a_dishwasher_does_not_start_open_pauses_when_opened_and_forgets_its_course() -> None:
    machine = Dishwasher("id", "Dishwasher")
    course = "MAIN/dishWashingCourse/currentDishWashingCourse"
    machine.set(course, "ECO")
    machine.press_remote_start()
    machine.door_moved(opened=True)
    start = {"operation": {"dishWasherOperationMode": "START"}}
    with pytest.raises(RefusedError) as caught:
        machine.control(start)
    assert caught.value.code == "2301"  # opening disarmed it
    machine.door_moved(opened=False)
    machine.press_remote_start()
    machine.control(start)
    assert machine.values[course] == "AUTO"
    machine.advance(100.0)
    assert machine.running
    machine.door_moved(opened=True)
    assert machine.values["MAIN/runState/currentState"] == "PAUSE"


def test_an_oven_heats_only_after_start_and_tells_when_it_is_hot() -> None:
    oven = Oven("id", "Oven")
    cavity = oven.part(Cavity)
    where = {"location": {"locationName": "OVEN"}}
    oven.control({**where, "temperature": {"targetTemperature": 200, "unit": "C"}})
    assert oven.values["OVEN/temperature:C/targetTemperature"] == 200
    oven.advance(600.0)
    assert cavity.body.celsius < 25.0
    oven.press_remote_start()
    oven.control({**where, "operation": {"ovenOperationMode": "START"}})
    oven.advance(1200.0)
    assert 190.0 < cavity.body.celsius < 206.0
    assert "PREHEATING_IS_COMPLETE" in oven.take_report().push_codes
    oven.advance(1200.0)
    assert oven.values["OVEN/runState/currentState"] == "DONE"
    assert "COOKING_IS_COMPLETE" in oven.take_report().push_codes


def test_a_refrigerator_warms_with_its_door_open_and_complains_once() -> None:
    fridge = Refrigerator("id", "Fridge")
    box = fridge.part(Compartment)
    fridge.advance(3600.0)
    assert 1.5 < box.body.celsius < 5.0
    fridge.door_moved(opened=True)
    fridge.advance(1800.0)
    assert box.body.celsius > 8.0
    assert fridge.take_report().push_codes == ["DOOR_IS_OPEN"]
    fridge.door_moved(opened=False)
    fridge.advance(3600.0 * 4)
    assert box.body.celsius < 5.0


def test_both_units_of_a_temperature_move_together() -> None:
    fridge = Refrigerator("id", "Fridge")
    fridge.control({"temperatureInUnits": {"locationName": "FRIDGE", "targetTemperatureC": 5}})
    assert fridge.values["FRIDGE/temperatureInUnits/targetTemperatureF"] == 41
    with pytest.raises(RefusedError) as caught:
        fridge.control({"doorStatus": {"locationName": "MAIN", "doorState": "OPEN"}})
    assert caught.value.code == "2207"


def test_a_timer_switches_off_and_is_taken_back_by_its_unset() -> None:
    purifier = make("DEVICE_AIR_PURIFIER", "id", "Purifier")
    switch = "MAIN/operation/airPurifierOperationMode"
    purifier.control({"operation": {"airPurifierOperationMode": "POWER_ON"}})
    purifier.control({"sleepTimer": {"relativeHourToStop": 1}})
    purifier.advance(3500.0)
    assert purifier.values[switch] == "POWER_ON"
    purifier.advance(200.0)
    assert purifier.values[switch] == "POWER_OFF"
    purifier.control({"operation": {"airPurifierOperationMode": "POWER_ON"}})
    purifier.control({"sleepTimer": {"relativeHourToStop": 1}})
    purifier.control({"sleepTimer": {"relativeStopTimer": "UNSET"}})
    purifier.advance(7200.0)
    assert purifier.values[switch] == "POWER_ON"


@pytest.mark.parametrize(
    ("trouble", "status", "code"),
    [
        (Trouble.RATE_LIMIT, 400, "1306"),
        (Trouble.EXPIRED_TOKEN, 401, "1218"),
        (Trouble.SERVER_ERROR, 400, "2000"),
    ],
)
def test_faults_answer_with_the_vendors_codes(trouble: Trouble, status: int, code: str) -> None:
    cloud = make_cloud(Fault(1.0, trouble, 2.0))
    assert ask(cloud, "GET", "devices").status == 200
    cloud.advance(1.5)
    answer = ask(cloud, "GET", "devices")
    assert (answer.status, answer.body["error"]["code"]) == (status, code)
    cloud.advance(3.5)
    assert ask(cloud, "GET", "devices").status == 200


def test_gateways_answer_with_nothing_of_use() -> None:
    cloud = make_cloud(Fault(0.0, Trouble.GATEWAY_429, 1.0), Fault(2.0, Trouble.HTML_502, 1.0))
    cloud.advance(0.5)
    answer = ask(cloud, "GET", "devices")
    assert answer.status == 429
    assert "error" not in answer.body
    cloud.advance(2.5)
    assert "<html>" in (ask(cloud, "GET", "devices").text or "")


def test_pushes_are_doubled_reordered_held_back_and_lost() -> None:
    seen: dict[Trouble, list[str]] = {}
    for trouble in (Trouble.DUPLICATES, Trouble.REORDER, Trouble.LATE_BURST, Trouble.DROP):
        cloud = make_cloud(Fault(0.0, trouble, 30.0))
        cloud.advance(0.1)
        subscribe(cloud, "fridge")
        for step in range(100):
            cloud.appliances["fridge"].door_moved(opened=step % 2 == 0)
            for out in cloud.advance(0.1 * (step + 2)):
                seen.setdefault(trouble, []).append(out.message["messageId"])
        held = cloud.advance(40.0)
        seen.setdefault(trouble, []).extend(out.message["messageId"] for out in held)
        if trouble is Trouble.LATE_BURST:
            assert len(held) == 100
    assert len(seen[Trouble.DUPLICATES]) == 200
    assert len(set(seen[Trouble.DUPLICATES])) == 100
    assert len(set(seen[Trouble.REORDER])) == 100
    assert seen[Trouble.DROP] == []


def test_a_device_that_leaves_the_account_is_told_of_and_gone() -> None:
    cloud = make_cloud(Fault(1.0, Trouble.DEVICE_GONE, 5.0, "Washer"))
    ask(cloud, "POST", "push/devices")
    told = [event["pushType"] for _, event in pushes(cloud, 4.0)]
    assert told == ["DEVICE_UNREGISTERED"]
    assert len(ask(cloud, "GET", "devices").body["response"]) == 1
    assert ask(cloud, "GET", "devices/washer/state").body["error"]["code"] == "1205"
    told = [event["pushType"] for _, event in pushes(cloud, 9.0, 4.0)]
    assert told == ["DEVICE_REGISTERED"]


def test_scripts_name_file_fault_and_choices(tmp_path: Path) -> None:
    path = tmp_path / "script.yaml"
    path.write_text("- {at: 3, fault: cut, lasts: 20}\n- {at: 1, do: press Washer remote_start}\n")
    script = load_script(path)
    assert script.faults == (Fault(3.0, Trouble.CUT, 20.0),)
    assert script.acts == (Act(1.0, ("press", "Washer", "remote_start")),)
    path.write_text("- {at: 3, fault: meteor}\n")
    with pytest.raises(UnknownNameError, match=r"line 1.*lost_session"):
        load_script(path)
    path.write_text("- {at: 3, fault: device_gone}\n")
    with pytest.raises(BadInputError, match="needs a device"):
        load_script(path)


def test_people_open_doors_press_panels_and_break_things(cloud: Cloud) -> None:
    assert "Washer" in perform(cloud, ["list"])
    perform(cloud, ["load", "Washer", "3.5"])
    perform(cloud, ["press", "Washer", "remote_start"])
    perform(cloud, ["door", "Refrigerator", "open"])
    perform(cloud, ["set", "Washer", "MAIN/detergent/detergentSetting", "LOW"])
    washer = cloud.appliances["washer"]
    assert washer.part(Course).load == 3.5
    assert washer.values["MAIN/remoteControlEnable/remoteControlEnabled"] is True
    assert washer.values["MAIN/detergent/detergentSetting"] == "LOW"
    assert cloud.appliances["fridge"].door_open
    cloud.advance(100.0)
    perform(cloud, ["fault", "rate_limit", "10"])
    assert ask(cloud, "GET", "devices").status == 400
    cloud.advance(111.0)
    assert ask(cloud, "GET", "devices").status == 200
    for words, choices in (
        (["press", "Toaster", "start"], "Refrigerator"),
        (["dance"], "press"),
        (["fault", "meteor"], "black_hole"),
        (["press", "Washer"], "usage: press DEVICE BUTTON"),
    ):
        with pytest.raises(HearthError, match=choices):
            perform(cloud, words)


@pytest.mark.parametrize("shape", PushShape)
def test_pushes_in_every_shape_say_the_same(shape: PushShape) -> None:
    cloud = make_cloud(Fault(5.0, Trouble.DEVICE_GONE, lasts=5.0, device="fridge"))
    cloud.push_shape = shape
    subscribe(cloud, "fridge")
    assert ask(cloud, "POST", "push/devices").status == 200
    cloud.appliances["fridge"].door_moved(opened=True)
    raw = [out.message for step in range(1, 900) for out in cloud.advance(0.1 * step)]
    assert all((shape.value in message) is (shape is not PushShape.FLAT) for message in raw)
    found = [push for push in map(parse_push, raw) if push is not None]
    assert len(found) == len(raw)
    assert {"MAIN/doorStatus/doorState": "OPEN"} in [push.report for push in found]
    assert {push.device_id for push in found} == {"fridge"}
    assert "DOOR_IS_OPEN" in {push.code for push in found}
    assert {push.kind for push in found} >= {"DEVICE_STATUS", "DEVICE_PUSH", "DEVICE_UNREGISTERED"}
    assert all(push.stamp is not None and push.message_id for push in found)


def test_used_energy_is_told_by_days(cloud: Cloud) -> None:
    cloud.advance(86400.0 * 2)
    query = "property=energyUsage&period=DAILY&startDate=19700101&endDate=19700102"
    answer = ask(cloud, "GET", f"devices/energy/fridge/usage?{query}")
    rows = answer.body["response"]["result"]["dataList"]
    assert [row["usedDate"] for row in rows] == ["19700101", "19700102"]
    assert rows[0]["energyUsage"] > 0
