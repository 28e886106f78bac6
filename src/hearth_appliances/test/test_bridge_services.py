"""Every service and action of the bridge, over ROS, against a scripted cloud."""

from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("rclpy", reason="needs ROS")

from action_msgs.msg import GoalStatus
from hearth_appliances.bridge_node import BridgeNode
from hearth_appliances.fakes.scripted_cloud import DOOR, START, STATE, ScriptedCloud
from hearth_core.outcome import Code
from hearth_nodekit.actions import ActionCaller, ServiceCaller
from hearth_nodekit.appliance_topics import (
    APPLIANCES,
    BRIDGE_STATUS,
    appliance_access,
    appliance_capabilities,
    appliance_state,
)
from hearth_nodekit.testing import Spinner, isolated_context, wait_until
from rclpy.node import Node

from hearth_interfaces.action import AccessDoor, CleanArea, RunCycle, WaitFor
from hearth_interfaces.msg import ApplianceUnit
from hearth_interfaces.srv import (
    AbortNow,
    AcquireLease,
    CheckPreconditions,
    GetEvents,
    GetState,
    ListAppliances,
    Refresh,
    ReleaseLease,
    RenewLease,
    SetProperty,
)

EXPRESS = "MAIN/refrigeration/expressMode"
SERVICES = {
    "list": ListAppliances,
    "get_state": GetState,
    "set_property": SetProperty,
    "check_preconditions": CheckPreconditions,
    "acquire_lease": AcquireLease,
    "renew_lease": RenewLease,
    "release_lease": ReleaseLease,
    "get_events": GetEvents,
    "refresh": Refresh,
    "abort_now": AbortNow,
}
ACTIONS = {
    "run_cycle": RunCycle,
    "wait_for": WaitFor,
    "access_door": AccessDoor,
    "clean_area": CleanArea,
}


class Home:
    """A bridge with a refrigerator and a washer, and somebody who calls it."""

    def __init__(self, context: Any) -> None:
        self.cloud = ScriptedCloud("fridge", "washer")
        self.node = BridgeNode(backend=self.cloud, context=context)
        self.person = Node("person", context=context)
        self._services = {
            name: ServiceCaller(self.person, kind, f"appliances/{name}")
            for name, kind in SERVICES.items()
        }
        self.actions = {
            name: ActionCaller(self.person, kind, f"appliances/{name}")
            for name, kind in ACTIONS.items()
        }
        self.heard: dict[str, list[Any]] = {name: [] for name in ("list", "status", "access")}
        self.heard |= {"capabilities": [], "state": []}
        APPLIANCES.subscribe(self.person, self.heard["list"].append)
        BRIDGE_STATUS.subscribe(self.person, self.heard["status"].append)
        appliance_access("refrigerator").subscribe(self.person, self.heard["access"].append)
        appliance_state("washer").subscribe(self.person, self.heard["state"].append)
        appliance_capabilities("washer").subscribe(self.person, self.heard["capabilities"].append)

    def call(self, name: str, **fields: Any) -> Any:
        return self._services[name].call(SERVICES[name].Request(**fields), timeout=30.0)

    def push(self, device: str, report: dict[str, Any]) -> None:
        self.node._loop.call_soon_threadsafe(self.cloud.push, device, report)


@pytest.fixture(scope="module")
def home() -> Iterator[Home]:
    with isolated_context() as context:
        home = Home(context)
        with Spinner(context, home.node), Spinner(context, home.person):
            assert wait_until(lambda: home.node.hub.connected, 60.0)
            yield home
            home.node.close()
        home.node.destroy_node()
        home.person.destroy_node()


def test_appliances_are_listed_and_described(home: Home) -> None:
    assert [i.slug for i in home.call("list").appliances] == ["refrigerator", "washer"]
    assert wait_until(lambda: bool(home.heard["list"] and home.heard["list"][-1].appliances))
    assert wait_until(lambda: bool(home.heard["status"] and home.heard["status"][-1].connected))
    assert wait_until(lambda: bool(home.heard["capabilities"]))
    writable = [p.name for p in home.heard["capabilities"][-1].properties if p.writable]
    assert writable == [START]
    assert wait_until(lambda: bool(home.heard["state"]))
    (unit,) = home.heard["state"][-1].units
    assert (unit.phase, unit.remote, unit.remaining) == (
        ApplianceUnit.PHASE_IDLE,
        ApplianceUnit.REMOTE_ARMED,
        3600.0,
    )


def test_states_are_polled_for_when_they_are_too_old(home: Home) -> None:
    polls = home.cloud.calls.count("state")
    assert not home.call("get_state", slug="refrigerator").polled
    assert home.cloud.calls.count("state") == polls
    fresh = home.call("get_state", slug="refrigerator", max_age=1e-6)
    assert fresh.polled
    assert fresh.state.online
    assert home.call("get_state", slug="toaster").outcome.code == Code.REFUSED
    assert home.call("refresh").polled == 2


def test_properties_are_written_under_a_lease(home: Home) -> None:
    lease = home.call("acquire_lease", slug="refrigerator", holder="robot1", duration=60.0)
    assert lease.outcome.code == Code.SUCCEEDED
    assert wait_until(lambda: bool(home.heard["access"] and home.heard["access"][-1].held))
    other = home.call("acquire_lease", slug="refrigerator", holder="robot2", duration=60.0)
    assert (other.outcome.reason, other.held_by) == ("held", "robot1")
    names, values = [EXPRESS], ["true"]
    check = home.call("check_preconditions", slug="refrigerator", names=names, values=values)
    assert check.outcome.reason == "precondition_lease"
    home.cloud.obey = lambda device, _: home.cloud.push(device, {EXPRESS: True})
    written = home.call(
        "set_property", slug="refrigerator", names=names, values=values, token=lease.token
    )
    assert (written.outcome.code, written.sent, written.confirmed) == (Code.SUCCEEDED, True, True)
    bad = home.call("set_property", slug="refrigerator", names=names, values=["not json"])
    assert bad.outcome.reason == "invalid_value"
    renewed = home.call("renew_lease", slug="refrigerator", token=lease.token, duration=9.0)
    assert renewed.outcome.code == Code.SUCCEEDED
    home.call("release_lease", slug="refrigerator", token=lease.token)
    lost = home.call("renew_lease", slug="refrigerator", token=lease.token, duration=9.0)
    assert lost.outcome.reason == "lease_lost"
    assert wait_until(lambda: not home.heard["access"][-1].held)


def test_events_are_given_again_without_gaps(home: Home) -> None:
    answer = home.call("get_events", slug="refrigerator", since_seq=1, limit=2)
    assert [event.seq for event in answer.events] == [2, 3]
    assert answer.newest_seq >= 3


def test_a_course_runs_to_its_end_over_ros(home: Home) -> None:
    home.cloud.obey = lambda device, _: home.cloud.push(device, {STATE: "RUNNING"})
    phases: list[str] = []

    def heard(feedback: Any) -> None:
        if feedback.phase == "running" and "running" not in phases:
            home.push("washer", {"MAIN/timer/remainHour": 0, "MAIN/timer/remainMinute": 0})
            home.push("washer", {STATE: "END"})
        phases.append(feedback.phase)

    goal = RunCycle.Goal(slug="washer", holder="robot1")
    status, result = home.actions["run_cycle"].call(goal, timeout=60.0, on_feedback=heard)
    assert status == GoalStatus.STATUS_SUCCEEDED
    assert result.confidence > 0.89
    assert phases[-1] == "running"


def test_a_door_is_opened_and_seen_closed_over_ros(home: Home) -> None:
    phases: list[str] = []

    def heard(feedback: Any) -> None:
        if feedback.phase == "act":
            home.push("fridge", {DOOR: "OPEN"})
        if feedback.phase == "open":
            home.push("fridge", {DOOR: "CLOSE"})
        phases.append(feedback.phase)

    goal = AccessDoor.Goal(slug="refrigerator", holder="robot1")
    status, result = home.actions["access_door"].call(goal, timeout=60.0, on_feedback=heard)
    assert status == GoalStatus.STATUS_SUCCEEDED
    assert (result.opened, result.closed, result.confirmed) == (True, True, True)
    assert phases[-1] == "open"


def test_waiting_and_cleaning(home: Home) -> None:
    goal = WaitFor.Goal(slug="refrigerator", name=DOOR, value='"CLOSE"', timeout=30.0)
    status, result = home.actions["wait_for"].call(goal, timeout=60.0)
    assert status == GoalStatus.STATUS_SUCCEEDED
    assert result.property.value == '"CLOSE"'
    goal = CleanArea.Goal(slug="washer", areas=["kitchen"])
    _, result = home.actions["clean_area"].call(goal, timeout=60.0)
    assert result.outcome.reason == "areas_not_supported"


def test_abort_stops_at_once(home: Home) -> None:
    answer = home.call("abort_now", slug="washer", holder="grandmother")
    assert answer.outcome.code == Code.SUCCEEDED
    assert list(answer.sent) == [START]
    assert "STOP" in home.cloud.controls()[-1]
