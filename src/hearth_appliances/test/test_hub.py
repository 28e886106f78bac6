"""The hub against a scripted cloud: what it costs, what it finds, what it survives."""

import asyncio
from pathlib import Path

import pytest
from hearth_appliances.core.backend import CloudError, Fault, Link, Push
from hearth_appliances.core.settings import HubSettings
from hearth_appliances.core.store import Store
from hearth_appliances.core.values import DeviceInfo, Quality, Source
from hearth_appliances.core.watchdog import Errand, Watchdog
from hearth_appliances.fakes.scripted_cloud import CALM, DOOR, QUICK, HubBench, ScriptedCloud
from hearth_core.health import Level

EXPRESS = "MAIN/refrigeration/expressMode"


def test_a_cold_start_asks_for_everything_once_and_pushes_become_events() -> None:
    async def scenario() -> None:
        cloud = ScriptedCloud()
        async with HubBench(cloud) as bench:
            await bench.ready()
            assert cloud.calls == [*cloud.extra, "devices", "profile", "subscribe", "state"]
            cloud.push("fridge", {DOOR: "OPEN"}, stamp=5.0)
            cloud.push("fridge", {DOOR: "CLOSE"}, stamp=4.0)
            cloud.listener.on_push(Push("DEVICE_PUSH", "fridge", {}, code="DOOR_IS_OPEN"))
            await bench.until(lambda: bench.events[-1].kind == "push_code")
            assert bench.value("refrigerator", DOOR).value == "OPEN"
            assert bench.value("refrigerator", DOOR).source is Source.PUSH
            assert [event.seq for event in bench.events] == list(range(1, len(bench.events) + 1))
            assert [e.late for e in bench.events if e.value == "CLOSE"] == [False, True]
            assert bench.store.since("refrigerator", 0) == bench.events

    asyncio.run(scenario())


def test_a_warm_start_with_thirty_devices_costs_n_plus_four_calls(tmp_path: Path) -> None:
    async def start(cloud: ScriptedCloud) -> int:
        store = Store(tmp_path / "state.db")
        async with HubBench(cloud, store=store) as bench:
            await bench.ready()
            calls = bench.hub.tally.calls
        store.close()
        return calls

    assert asyncio.run(start(ScriptedCloud(count=29))) == 4 + 3 * 30
    warm = ScriptedCloud(count=29)
    assert asyncio.run(start(warm)) == 34
    assert len(warm.calls) == 34


def test_after_a_restart_states_are_known_before_the_cloud_answers(tmp_path: Path) -> None:
    async def scenario() -> None:
        store = Store(tmp_path / "state.db")
        cloud = ScriptedCloud()
        async with HubBench(cloud, store=store) as bench:
            await bench.ready()
            cloud.push("fridge", {DOOR: "OPEN"}, stamp=5.0)
            await bench.until(lambda: bench.value("refrigerator", DOOR).value == "OPEN")
        store.close()
        store = Store(tmp_path / "state.db")
        cloud.fail = CloudError("away")
        async with HubBench(cloud, store=store) as bench:
            await bench.until(lambda: bool(bench.states))
            door = bench.value("refrigerator", DOOR)
            assert (door.value, door.cached) == ("OPEN", True)
            assert door.quality is Quality.STALE
        store.close()

    asyncio.run(scenario())


def test_after_too_many_calls_nothing_is_sent_even_by_the_next_process(tmp_path: Path) -> None:
    async def scenario() -> None:
        now = 1000.0
        store = Store(tmp_path / "state.db")
        cloud = ScriptedCloud()
        async with HubBench(cloud, QUICK, store, lambda: now) as bench:
            await bench.ready()
            cloud.fail = CloudError("slow down", "1306")
            await bench.until(lambda: bench.hub.budget.quiet_until(now) is not None)
            sent = len(cloud.calls)
            await asyncio.sleep(0.2)
            written = await bench.pipeline.write("refrigerator", {EXPRESS: True})
            assert written.outcome.reason == "rate_limit"
            cloud.push("fridge", {DOOR: "OPEN"}, stamp=5.0)  # pushes cost nothing
            await bench.until(lambda: bench.value("refrigerator", DOOR).value == "OPEN")
            assert len(cloud.calls) == sent
        store.close()
        store = Store(tmp_path / "state.db")
        cloud.fail = None
        now = 1599.0
        async with HubBench(cloud, QUICK, store, lambda: now) as bench:
            await asyncio.sleep(0.1)
            assert len(cloud.calls) == sent
            now = 1601.0
            await bench.ready()
        store.close()

    asyncio.run(scenario())


def test_an_idle_home_costs_less_than_ten_calls_an_hour() -> None:
    now = 0.0
    watch = CALM.watch
    dog = Watchdog(watch)
    for index in range(30):
        dog.follow(str(index), 0.0, 0.0)
    hours = [0] * 24
    seen: list[str] = []
    while now < 24 * 3600.0:
        when, device, errand = dog.due(now, ())
        now = max(now, when)
        dog.done(device, errand, now)
        if now < 24 * 3600.0:
            hours[int(now // 3600.0)] += 1
            seen.append(device) if errand is Errand.POLL else None
    assert max(hours) <= 10
    assert set(seen) == {str(index) for index in range(30)}


def test_subscriptions_are_renewed_before_they_expire() -> None:
    dog = Watchdog(CALM.watch)
    renewed: dict[str, float] = {}
    for index in range(30):
        dog.follow(str(index), 0.0, 0.0)
        renewed[str(index)] = 0.0
    now = 0.0
    while now < 36 * 3600.0:
        when, device, errand = dog.due(now, ())
        now = max(now, when)
        dog.done(device, errand, now)
        if errand is Errand.RENEW:
            renewed[device] = now
        assert now - min(renewed.values()) < 12 * 3600.0 + 400.0


def test_a_subscription_that_fell_silent_is_found_and_renewed() -> None:
    async def scenario() -> None:
        cloud = ScriptedCloud()
        async with HubBench(cloud, QUICK) as bench:
            await bench.ready()
            cloud.states["fridge"][DOOR] = "OPEN"  # and no push says so
            await bench.until(lambda: bench.value("refrigerator", DOOR).value == "OPEN")
            assert bench.value("refrigerator", DOOR).source is Source.POLL
            await bench.until(lambda: cloud.calls.count("subscribe") == 2)
            assert (bench.hub.tally.silent, cloud.healed) == (1, 1)

    asyncio.run(scenario())


def test_a_push_that_comes_a_little_later_is_no_silence() -> None:
    async def scenario() -> None:
        cloud = ScriptedCloud()
        patient = HubSettings(watch=QUICK.watch, push_grace=3.0)
        async with HubBench(cloud, patient) as bench:
            await bench.ready()
            cloud.states["fridge"][DOOR] = "OPEN"
            await bench.until(lambda: bench.value("refrigerator", DOOR).value == "OPEN")
            cloud.push("fridge", {DOOR: "OPEN"})
            await bench.until(lambda: bool(bench.hub._tasks))
            await bench.until(lambda: not bench.hub._tasks)
            assert bench.hub.tally.silent == 0

    asyncio.run(scenario())


def test_a_clock_that_is_set_back_does_not_freeze_the_state() -> None:
    async def scenario() -> None:
        cloud = ScriptedCloud()
        async with HubBench(cloud) as bench:
            await bench.ready()
            bench.now = 500.0
            cloud.push("fridge", {DOOR: "OPEN"}, stamp=500.0)
            await bench.until(lambda: bench.value("refrigerator", DOOR).value == "OPEN")
            bench.now = 0.0
            cloud.push("fridge", {DOOR: "CLOSE"}, stamp=0.5)
            await bench.until(lambda: bench.value("refrigerator", DOOR).value == "CLOSE")

    asyncio.run(scenario())


def test_a_lost_channel_makes_values_stale_and_is_found_again() -> None:
    async def scenario() -> None:
        cloud = ScriptedCloud()
        async with HubBench(cloud, QUICK) as bench:
            await bench.ready()
            cloud.fail = CloudError("out")
            cloud.listener.on_link(Link.DOWN, "channel closed")
            await bench.until(lambda: bench.hub.health().level is Level.WARN)
            await bench.until(lambda: bench.events[-1].kind == "offline")
            assert bench.value("refrigerator", DOOR).quality is Quality.STALE
            cloud.fail = None
            cloud.states["fridge"][DOOR] = "OPEN"
            await bench.until(lambda: bench.value("refrigerator", DOOR).value == "OPEN")
            await bench.until(lambda: bench.hub.health().level is Level.OK)
            assert cloud.calls.count("profile") == 1  # kept: it costs a call
            assert cloud.calls.count("subscribe") == 1

    asyncio.run(scenario())


def test_pushes_of_unknown_age_after_a_cut_are_doubted_until_a_poll_agrees() -> None:
    async def scenario() -> None:
        cloud = ScriptedCloud()
        async with HubBench(cloud, HubSettings(watch=QUICK.watch)) as bench:
            await bench.ready()
            cloud.listener.on_link(Link.INTERRUPTED)
            polls = cloud.calls.count("state")
            cloud.listener.on_link(Link.UP)
            await bench.until(lambda: cloud.calls.count("state") > polls)  # reconciled
            cloud.listener.on_push(Push("DEVICE_STATUS", "fridge", {EXPRESS: True}))  # stale
            await bench.until(lambda: any(s[EXPRESS].value is True for s in bench.states))
            doubted = next(s[EXPRESS] for s in bench.states if s[EXPRESS].value is True)
            assert doubted.quality is Quality.UNKNOWN
            await bench.until(lambda: bench.value("refrigerator", EXPRESS).value is False)
            assert bench.value("refrigerator", EXPRESS).quality is Quality.GOOD

    asyncio.run(scenario())


def test_a_push_nobody_can_digest_spoils_no_other() -> None:
    async def scenario() -> None:
        cloud = ScriptedCloud()
        async with HubBench(cloud) as bench:
            await bench.ready()
            cloud.listener.on_push(Push("DEVICE_STATUS", "fridge", {DOOR: "OPEN"}, stamp=0.5))
            cloud.listener.on_push(Push("DEVICE_STATUS", "fridge", {DOOR: {1, 2}}, stamp=1.0))
            cloud.listener.on_push(Push("DEVICE_STATUS", "fridge", {EXPRESS: True}, stamp=2.0))
            await bench.until(lambda: bench.value("refrigerator", EXPRESS).value is True)
            assert bench.hub.tally.broken == 1
            seqs = [event.seq for event in bench.store.since("refrigerator", 0)]
            assert seqs == list(range(1, len(seqs) + 1))
            assert bench.value("refrigerator", DOOR).value == "OPEN"
            assert not any(event.duplicate for event in bench.events)

    asyncio.run(scenario())


def test_devices_come_and_go() -> None:
    async def scenario() -> None:
        cloud = ScriptedCloud("fridge")
        async with HubBench(cloud) as bench:
            await bench.ready()
            other = ScriptedCloud("washer")
            cloud.infos |= other.infos
            cloud.profiles |= other.profiles
            cloud.states |= other.states
            cloud.listener.on_push(Push("DEVICE_REGISTERED", "washer", {}))
            await bench.until(lambda: len(bench.hub.shadows) == 2)
            cloud.infos["washer"] = DeviceInfo("washer", "DEVICE_WASHER", "Laundry")
            cloud.listener.on_push(Push("DEVICE_ALIAS_CHANGED", "washer", {}))
            await bench.until(lambda: bench.hub.shadows["washer"].info.alias == "Laundry")
            assert bench.hub.shadows["washer"].info.slug == "washer"  # topics do not wander
            cloud.listener.on_push(Push("DEVICE_UNREGISTERED", "washer", {}))
            await bench.until(lambda: len(bench.hub.shadows) == 1)
            assert bench.events[-1].kind == "removed"

    asyncio.run(scenario())


def test_a_device_that_is_offline_hides_no_other() -> None:
    async def scenario() -> None:
        cloud = ScriptedCloud("fridge", "washer")
        states = cloud.states

        class Gone(dict):  # type: ignore[type-arg]
            def __getitem__(self, key: str) -> object:
                if key == "fridge":
                    raise CloudError("not connected", "1222")
                return super().__getitem__(key)

        cloud.states = Gone(states)
        async with HubBench(cloud) as bench:
            await bench.ready()
            assert not bench.hub.shadows["fridge"].online
            assert bench.hub.shadows["washer"].online

    asyncio.run(scenario())


@pytest.mark.parametrize("fault", [Fault.NETWORK, Fault.OUTAGE])
def test_a_cloud_that_is_not_there_is_asked_again(fault: Fault) -> None:
    async def scenario() -> None:
        cloud = ScriptedCloud()
        cloud.fail = CloudError("nothing", fault=fault)
        async with HubBench(cloud, QUICK) as bench:
            await bench.until(lambda: cloud.opened >= 3)
            cloud.fail = None
            await bench.ready()

    asyncio.run(scenario())
