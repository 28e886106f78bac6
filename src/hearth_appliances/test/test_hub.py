"""The hub against a scripted cloud, and against the simulated one through the vendor's SDK."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hearth_appliances.backends.thinq import SimulatedBackend
from hearth_appliances.core.backend import CloudError, Link, Listener, Push, Reading
from hearth_appliances.core.event_log import Event, EventLog
from hearth_appliances.core.hub import Hub, HubSettings
from hearth_appliances.core.values import DeviceInfo, Quality, Shadow, Source
from hearth_appliances.simulator import profiles
from hearth_appliances.simulator.appliances import Refrigerator, Washer
from hearth_appliances.simulator.cloud import Cloud, PushDelay
from hearth_appliances.simulator.server import CloudServer
from hearth_core.errors import BadInputError, UnknownNameError
from hearth_core.health import Level

DOOR = "MAIN/doorStatus/doorState"
QUICK = HubSettings(poll_period=0.05, first_retry=0.01, last_retry=0.05)


class ScriptedCloud:
    """A back end whose answers a test decides."""

    def __init__(self) -> None:
        self.listener: Listener | None = None
        self.door = "CLOSE"
        self.calls: list[str] = []
        self.opened = 0
        self.fail: CloudError | None = None

    @property
    def identity(self) -> str:
        return "client"

    async def open(self, listener: Listener) -> None:
        self.opened += 1
        self.listener = listener
        if self.fail is not None:
            raise self.fail

    async def devices(self) -> Sequence[DeviceInfo]:
        self.calls.append("devices")
        return [DeviceInfo("id", "DEVICE_REFRIGERATOR", "Refrigerator")]

    async def profile(self, device_id: str) -> Mapping[str, Any]:
        self.calls.append("profile")
        return profiles.REFRIGERATOR

    async def state(self, device_id: str) -> Reading:
        self.calls.append("state")
        return Reading({DOOR: self.door})

    async def subscribe(self, device_id: str) -> None:
        self.calls.append("subscribe")

    async def control(self, device_id: str, payload: Any, timeout: float = 10.0) -> None:
        self.calls.append(f"control {payload}")

    async def heal(self) -> None:
        pass

    async def close(self) -> None:
        pass


class Bench:
    """A running hub and what it said."""

    def __init__(self, backend: Any, settings: HubSettings = QUICK) -> None:
        self.states: list[Shadow] = []
        self.events: list[Event] = []
        self.log = EventLog()
        self.now = 0.0
        self.hub = Hub(
            backend, self.log, self._clock, self.states.append, self.events.append, settings
        )

    def _clock(self) -> float:
        self.now += 1e-3
        return self.now

    async def __aenter__(self) -> "Bench":
        self.task = asyncio.create_task(self.hub.run())
        return self

    async def __aexit__(self, *_: object) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)

    async def until(self, condition: Callable[[], bool], timeout: float = 10.0) -> None:
        async with asyncio.timeout(timeout):
            while not condition():
                await asyncio.sleep(0.002)

    def door(self) -> Any:
        shadow = next(iter(self.hub.shadows.values()), None)
        return None if shadow is None or DOOR not in shadow.values else shadow.values[DOOR]


def test_a_start_costs_a_list_and_three_calls_a_device_and_pushes_become_events() -> None:
    async def scenario() -> None:
        cloud = ScriptedCloud()
        async with Bench(cloud, HubSettings(poll_period=60.0)) as bench:
            await bench.until(lambda: bool(bench.states))
            assert cloud.calls == ["devices", "profile", "subscribe", "state"]
            cloud.listener.on_push(Push("DEVICE_STATUS", "id", {DOOR: "OPEN"}, stamp=5.0))
            cloud.listener.on_push(Push("DEVICE_STATUS", "id", {DOOR: "CLOSE"}, stamp=4.0))
            cloud.listener.on_push(Push("DEVICE_PUSH", "id", {}, code="DOOR_IS_OPEN"))
            await bench.until(lambda: bench.events[-1].kind == "push_code")
            assert bench.door().value == "OPEN"
            assert bench.door().source is Source.PUSH
            assert [event.seq for event in bench.events] == list(range(1, len(bench.events) + 1))
            assert [e.late for e in bench.events if e.value == "CLOSE"] == [False, True]
            assert bench.log.since("refrigerator", 0) == bench.events

    asyncio.run(scenario())


def test_a_clock_that_is_set_back_does_not_freeze_the_state() -> None:
    async def scenario() -> None:
        cloud = ScriptedCloud()
        async with Bench(cloud, HubSettings(poll_period=60.0)) as bench:
            bench.now = 500.0
            await bench.until(lambda: bool(bench.states))
            cloud.listener.on_push(Push("DEVICE_STATUS", "id", {DOOR: "OPEN"}, stamp=500.0))
            await bench.until(lambda: bench.door().value == "OPEN")
            bench.now = 0.0
            cloud.listener.on_push(Push("DEVICE_STATUS", "id", {DOOR: "CLOSE"}, stamp=0.5))
            await bench.until(lambda: bench.door().value == "CLOSE")

    asyncio.run(scenario())


def test_polls_find_what_pushes_lost() -> None:
    async def scenario() -> None:
        cloud = ScriptedCloud()
        async with Bench(cloud) as bench:
            await bench.until(lambda: bench.door() is not None)
            cloud.door = "OPEN"
            await bench.until(lambda: bench.door().value == "OPEN")
            assert bench.door().source is Source.POLL

    asyncio.run(scenario())


def test_a_subscription_that_fell_silent_is_renewed(tmp_path: Path) -> None:
    async def scenario() -> None:
        fridge = Refrigerator("a" * 32, "Refrigerator")
        cloud = Cloud([fridge], "tok", delay=PushDelay(0.0, 0.0))
        path = tmp_path / "cloud.json"
        server = CloudServer(cloud, "tok", path)
        try:
            async with Bench(SimulatedBackend(path), HubSettings(poll_period=0.2)) as bench:
                await bench.until(lambda: bench.hub.health().level is Level.OK)
                cloud.forget_subscriptions()
                fridge.door_moved(opened=True)
                server.submit(lambda c: c.advance(1.0))
                await bench.until(lambda: bench.door().value == "OPEN")
                assert bench.door().source is Source.POLL
                await bench.until(
                    lambda: cloud.requests.count(f"POST event/{'a' * 32}/subscribe") == 2
                )
                fridge.door_moved(opened=False)
                server.submit(lambda c: c.advance(2.0))
                await bench.until(lambda: bench.door().value == "CLOSE")
                assert bench.hub.silent >= 1
        finally:
            server.close()

    asyncio.run(scenario())


def test_a_lost_channel_makes_values_stale_and_is_found_again() -> None:
    async def scenario() -> None:
        cloud = ScriptedCloud()
        async with Bench(cloud) as bench:
            await bench.until(lambda: bool(bench.states))
            cloud.fail = CloudError("out")
            cloud.listener.on_link(Link.DOWN, "channel closed")
            await bench.until(lambda: bench.hub.health().level is Level.WARN)
            assert bench.door().quality is Quality.STALE
            assert bench.events[-1].kind == "offline"
            cloud.fail, cloud.door = None, "OPEN"
            await bench.until(lambda: bench.door().value == "OPEN")
            assert bench.hub.health().level is Level.OK
            assert cloud.calls.count("profile") == 1  # kept: it costs a call

    asyncio.run(scenario())


def test_after_too_many_calls_it_is_silent() -> None:
    async def scenario() -> None:
        cloud = ScriptedCloud()
        cloud.fail = CloudError("slow down", "1306")
        async with Bench(cloud) as bench:
            await bench.until(lambda: cloud.opened == 1)
            await asyncio.sleep(0.1)
            assert cloud.opened == 1

    asyncio.run(scenario())


def test_writes_are_checked_before_they_cost_a_call() -> None:
    async def scenario() -> None:
        cloud = ScriptedCloud()
        async with Bench(cloud) as bench:
            await bench.until(lambda: bool(bench.states))
            with pytest.raises(BadInputError, match="cannot be written"):
                await bench.hub.set_property("refrigerator", DOOR, "OPEN")
            with pytest.raises(UnknownNameError, match="known: \\['refrigerator'\\]"):
                await bench.hub.set_property("toaster", DOOR, "OPEN")
            name = "MAIN/refrigeration/expressMode"
            await bench.hub.set_property("refrigerator", name, value=True)
            sent = [call for call in cloud.calls if call.startswith("control")]
            assert sent == ["control {'refrigeration': {'expressMode': True}}"]

    asyncio.run(scenario())


def test_the_unmodified_sdk_talks_to_the_simulated_cloud_over_tls(tmp_path: Path) -> None:
    async def scenario() -> None:
        fridge, washer = Refrigerator("a" * 32, "Refrigerator"), Washer("b" * 32, "Washer")
        cloud = Cloud([fridge, washer], "tok-1", delay=PushDelay(0.1, 0.2))
        path = tmp_path / "run" / "cloud.json"
        server = CloudServer(cloud, "tok-1", path)
        try:
            async with Bench(SimulatedBackend(path), HubSettings(poll_period=60.0)) as bench:
                await bench.until(lambda: len(bench.hub.shadows) == 2 and bool(bench.states))
                await bench.until(lambda: bench.hub.health().level is Level.OK)
                assert bench.door().value == "CLOSE"
                assert bench.door().quality is Quality.UNKNOWN
                fridge.door_moved(opened=True)
                server.submit(lambda c: c.advance(1.0))
                server.submit(lambda c: c.advance(2.0))
                await bench.until(lambda: bench.door().value == "OPEN")
                assert bench.door().source is Source.PUSH
                assert bench.door().quality is Quality.GOOD
                assert bench.door().device_stamp == 1.0
                with pytest.raises(CloudError, match="COMMAND_NOT_SUPPORTED_IN_REMOTE_OFF"):
                    await bench.hub.set_property(
                        "washer", "MAIN/operation/washerOperationMode", "START"
                    )
        finally:
            server.close()
        assert not path.exists()

    asyncio.run(scenario())


def test_a_wrong_token_is_an_error_without_the_token(tmp_path: Path) -> None:
    async def scenario() -> None:
        path = tmp_path / "cloud.json"
        server = CloudServer(Cloud([], "right-token"), "right-token", path)
        path.write_text(path.read_text().replace("right-token", "wrong-token"))
        try:
            with pytest.raises(CloudError) as caught:
                await SimulatedBackend(path).open(Hub(None, EventLog(), lambda: 0.0, print, print))
            assert "token" not in str(caught.value)
        finally:
            server.close()

    asyncio.run(scenario())


def test_without_a_cloud_the_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CloudError, match=r"nothing\.json"):
        asyncio.run(SimulatedBackend(tmp_path / "nothing.json").open(None))
