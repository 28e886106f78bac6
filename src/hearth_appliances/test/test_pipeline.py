"""Commands: validated here, leased, sent once, confirmed; never late."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hearth_appliances.core.backend import CloudError, Fault, Link
from hearth_appliances.core.cycles import Cycles
from hearth_appliances.core.intents import DoorProgress, DoorTimes
from hearth_appliances.core.leases import LeaseRefusedError
from hearth_appliances.core.machines import Phase
from hearth_appliances.core.values import Source
from hearth_appliances.fakes.scripted_cloud import (
    CALM,
    DOOR,
    START,
    STATE,
    HubBench,
    ScriptedCloud,
)
from hearth_core.outcome import Code

EXPRESS = "MAIN/refrigeration/expressMode"
COOK = "OVEN/operation/ovenOperationMode"
Scene = Callable[[HubBench, ScriptedCloud], Awaitable[None]]


def play(scene: Scene, *devices: str) -> None:
    async def scenario() -> None:
        cloud = ScriptedCloud(*devices)
        async with HubBench(cloud, CALM) as bench:
            await bench.ready()
            await scene(bench, cloud)

    asyncio.run(scenario())


def obedient(cloud: ScriptedCloud, device: str, report: dict[str, Any]) -> None:
    cloud.obey = lambda _, __: cloud.push(device, report)


@pytest.mark.parametrize(
    ("slug", "name", "value", "reason"),
    [
        ("refrigerator", DOOR, "OPEN", "invalid_value"),
        ("refrigerator", EXPRESS, 1, "invalid_value"),
        ("refrigerator", "MAIN/no/such", 1, "unknown_property"),
        ("toaster", EXPRESS, True, "unknown_appliance"),
    ],
)
def test_invalid_writes_are_refused_without_a_call(
    slug: str, name: str, value: Any, reason: str
) -> None:
    async def scene(bench: HubBench, cloud: ScriptedCloud) -> None:
        before = len(cloud.calls)
        written = await bench.pipeline.write(slug, {name: value})
        assert (written.outcome.code, written.outcome.reason) == (Code.REFUSED, reason)
        assert (written.sent, len(cloud.calls)) == (False, before)

    play(scene)


def test_a_push_confirms_a_command_without_a_poll() -> None:
    async def scene(bench: HubBench, cloud: ScriptedCloud) -> None:
        obedient(cloud, "fridge", {EXPRESS: True})
        polls = cloud.calls.count("state")
        written = await bench.pipeline.write("refrigerator", {EXPRESS: True})
        assert written.outcome.ok
        assert written.confirmed
        assert cloud.calls.count("state") == polls
        assert bench.value("refrigerator", EXPRESS).source is Source.PUSH

    play(scene)


def test_without_a_push_one_poll_confirms_and_only_one_is_made() -> None:
    async def scene(bench: HubBench, cloud: ScriptedCloud) -> None:
        polls = cloud.calls.count("state")
        cloud.obey = lambda _, __: cloud.states["fridge"].update({EXPRESS: True})
        assert (await bench.pipeline.write("refrigerator", {EXPRESS: True})).confirmed
        assert cloud.calls.count("state") == polls + 1
        cloud.obey = lambda _, __: None  # accepted, and nothing happens
        written = await bench.pipeline.write("refrigerator", {EXPRESS: False}, timeout=2.0)
        assert written.outcome.reason == "not_confirmed"
        assert cloud.calls.count("state") == polls + 2
        assert bench.value("refrigerator", EXPRESS).value is True

    play(scene)


def test_a_command_of_unknown_fate_is_never_sent_again() -> None:
    async def scene(bench: HubBench, cloud: ScriptedCloud) -> None:
        cloud.refuse = CloudError("cut", fault=Fault.NETWORK)
        written = await bench.pipeline.write("refrigerator", {EXPRESS: True}, timeout=2.0)
        assert (written.outcome.reason, written.sent) == ("unknown_fate", True)
        await asyncio.sleep(0.1)
        assert len(cloud.controls()) == 1

    play(scene)


def test_nothing_is_queued_behind_a_command_that_hangs() -> None:
    async def scene(bench: HubBench, cloud: ScriptedCloud) -> None:
        cloud.delay = 30.0
        first = asyncio.create_task(
            bench.pipeline.write("refrigerator", {EXPRESS: True}, timeout=3.0)
        )
        await bench.until(lambda: len(cloud.controls()) == 1)
        second = await bench.pipeline.write("refrigerator", {EXPRESS: False}, timeout=0.1)
        assert (second.outcome.reason, second.sent) == ("busy", False)
        assert (await first).outcome.reason == "unknown_fate"
        await asyncio.sleep(0.1)
        assert len(cloud.controls()) == 1

    play(scene)


def test_while_the_cloud_is_away_commands_fail_at_once_and_are_not_kept() -> None:
    async def scene(bench: HubBench, cloud: ScriptedCloud) -> None:
        cloud.fail = CloudError("away")
        cloud.listener.on_link(Link.DOWN, "cut")
        await bench.until(lambda: not bench.hub.connected)
        written = await bench.pipeline.write("refrigerator", {EXPRESS: True})
        assert written.outcome.reason == "precondition_online"
        cloud.fail = None
        await bench.ready()
        await asyncio.sleep(0.05)
        assert cloud.controls() == []

    play(scene)


def test_a_lost_lease_refuses_the_command_and_people_come_first() -> None:
    async def scene(bench: HubBench, cloud: ScriptedCloud) -> None:
        obedient(cloud, "fridge", {EXPRESS: True})
        robot = bench.pipeline.acquire("refrigerator", "robot1", 60.0)
        with pytest.raises(LeaseRefusedError):
            bench.pipeline.acquire("refrigerator", "robot2", 60.0)
        stranger = await bench.pipeline.write("refrigerator", {EXPRESS: True})
        assert stranger.outcome.reason == "lease_lost"
        assert (
            await bench.pipeline.write("refrigerator", {EXPRESS: True}, robot.token)
        ).outcome.ok
        bench.pipeline.acquire("refrigerator", "grandmother", 60.0, person=True)
        lost = await bench.pipeline.write("refrigerator", {EXPRESS: True}, robot.token)
        assert lost.outcome.reason == "lease_lost"
        assert len(cloud.controls()) == 1

    play(scene)


def test_leases_live_on_and_tokens_only_grow_over_restarts() -> None:
    async def scenario() -> None:
        cloud = ScriptedCloud()
        async with HubBench(cloud) as bench:
            await bench.ready()
            token = bench.pipeline.acquire("refrigerator", "robot1", 60.0).token
        async with HubBench(ScriptedCloud(), store=bench.store) as again:
            await again.ready()
            with pytest.raises(LeaseRefusedError, match="held by 'robot1'"):
                again.pipeline.acquire("refrigerator", "robot2", 60.0)
            again.pipeline.renew("refrigerator", token, 5.0)
            again.pipeline.release("refrigerator", token)
            assert again.pipeline.acquire("refrigerator", "robot2", 60.0).token > token
            old = await again.pipeline.write("refrigerator", {EXPRESS: True}, token)
            assert old.outcome.reason == "lease_lost"

    asyncio.run(scenario())


def test_nothing_heats_without_the_home_files_permission() -> None:
    async def scene(bench: HubBench, cloud: ScriptedCloud) -> None:
        written = await bench.pipeline.write("oven", {COOK: "START"})
        assert written.outcome.reason == "precondition_heat_permitted"
        assert cloud.controls() == []
        assert (await bench.pipeline.write("oven", {COOK: "STOP"})).sent
        bench.permitted = True
        obedient(cloud, "oven", {"OVEN/runState/currentState": "COOKING_IN_PROGRESS"})
        assert (await bench.pipeline.write("oven", {COOK: "START"})).confirmed

    play(scene, "oven")


def test_start_needs_the_panel_and_says_what_to_do() -> None:
    async def scene(bench: HubBench, cloud: ScriptedCloud) -> None:
        cloud.push("washer", {"MAIN/remoteControlEnable/remoteControlEnabled": False})
        await bench.until(lambda: bench.hub.ingest.counts.pushes == 1)
        written = await bench.pipeline.write("washer", {START: "START"})
        assert written.outcome.reason == "precondition_remote_armed"
        assert [c.suggestion for c in written.unmet] == ["press_remote_start"]
        assert cloud.controls() == []

    play(scene, "washer")


def test_abort_waits_for_nothing_and_kills_what_waits() -> None:
    async def scene(bench: HubBench, cloud: ScriptedCloud) -> None:
        bench.pipeline.acquire("washer", "somebody", 60.0, person=True)
        bench.hub.budget.refused(bench.hub.wall())  # even now
        outcome, sent = await bench.pipeline.abort("washer")
        assert outcome.ok
        assert sent == [START]
        assert "STOP" in cloud.controls()[-1]

    play(scene, "washer")


def test_a_course_is_followed_to_its_end() -> None:
    async def scene(bench: HubBench, cloud: ScriptedCloud) -> None:
        obedient(cloud, "washer", {STATE: "RUNNING"})
        reports: list[str] = []
        course = asyncio.create_task(
            Cycles(bench.pipeline).run_cycle(
                "washer", "", {}, "robot1", 0, 60.0, lambda *r: reports.append(r[0])
            )
        )
        await bench.until(lambda: "running" in reports)
        with pytest.raises(LeaseRefusedError):
            bench.pipeline.acquire("washer", "robot2", 5.0)
        cloud.push("washer", {"MAIN/timer/remainHour": 0, "MAIN/timer/remainMinute": 0})
        cloud.push("washer", {STATE: "END"})
        ended = await course
        assert ended.outcome.ok
        assert ended.confidence >= 0.9
        assert bench.events[-1].kind == "completed"
        bench.pipeline.acquire("washer", "robot2", 5.0)  # it was given back

    play(scene, "washer")


def test_a_premature_code_ends_nothing() -> None:
    async def scene(bench: HubBench, cloud: ScriptedCloud) -> None:
        obedient(cloud, "washer", {STATE: "RUNNING"})
        reports: list[str] = []
        course = asyncio.create_task(
            Cycles(bench.pipeline).run_cycle(
                "washer", "", {}, "robot1", 0, 60.0, lambda *r: reports.append(r[0])
            )
        )
        await bench.until(lambda: "running" in reports)
        polls = cloud.calls.count("state")
        cloud.tell_code("washer", "WASHING_IS_COMPLETE")
        await bench.until(lambda: cloud.calls.count("state") == polls + 1)  # it asks
        await asyncio.sleep(0.05)
        assert not course.done()
        course.cancel()
        await asyncio.gather(course, return_exceptions=True)

    play(scene, "washer")


def test_a_door_is_checked_leased_confirmed_and_seen_closed() -> None:
    async def scene(bench: HubBench, cloud: ScriptedCloud) -> None:
        phases: list[str] = []
        times = DoorTimes(open=5.0, hold=5.0, close=5.0)

        def hear(progress: DoorProgress) -> None:
            phases.append(progress.phase)

        visit = asyncio.create_task(
            bench.intents.access_door("refrigerator", "robot1", 0, times, hear)
        )
        await bench.until(lambda: "act" in phases)
        second = await bench.intents.access_door("refrigerator", "robot2", 0, times, hear)
        assert second.outcome.reason == "door_in_use"
        cloud.push("fridge", {DOOR: "OPEN"})
        await bench.until(lambda: "open" in phases)
        cloud.push("fridge", {DOOR: "CLOSE"})
        done = await visit
        assert done.outcome.ok
        assert (done.opened, done.closed, done.confirmed) == (True, True, True)
        assert bench.intents.doors == {}

    play(scene)


def test_a_door_left_open_is_called_for_and_then_an_alarm() -> None:
    async def scene(bench: HubBench, cloud: ScriptedCloud) -> None:
        phases: list[str] = []
        times = DoorTimes(open=5.0, hold=0.05, close=0.05)
        visit = asyncio.create_task(
            bench.intents.access_door(
                "refrigerator", "robot1", 0, times, lambda p: phases.append(p.phase)
            )
        )
        await bench.until(lambda: "act" in phases)
        cloud.push("fridge", {DOOR: "OPEN"})
        done = await visit
        assert done.outcome.reason == "left_open"
        assert phases[-1] == "close_now"
        alarms = [event.name for event in bench.events if event.kind == "door_alarm"]
        assert alarms == ["open_too_long", "left_open"]

    play(scene)


def test_waiting_ends_with_the_value() -> None:
    async def scene(bench: HubBench, cloud: ScriptedCloud) -> None:
        waiting = asyncio.create_task(
            bench.intents.wait_for(
                "washer",
                lambda a, units: (
                    a.shadow.values[STATE] if units["MAIN"].phase is Phase.RUNNING else None
                ),
                10.0,
            )
        )
        await asyncio.sleep(0.01)
        cloud.push("washer", {STATE: "RINSING"})
        outcome, value = await waiting
        assert outcome.ok
        assert value is not None
        assert value.value == "RINSING"

    play(scene, "washer")
