"""A back end whose answers a test decides, and a hub beside it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hearth_appliances.core.backend import CloudError, Link, Listener, Push, Reading
from hearth_appliances.core.events import Event
from hearth_appliances.core.hub import Hub
from hearth_appliances.core.ingest import Appliance
from hearth_appliances.core.intents import Intents
from hearth_appliances.core.pipeline import Pipeline
from hearth_appliances.core.settings import HubSettings
from hearth_appliances.core.store import Store
from hearth_appliances.core.values import DeviceInfo, Value
from hearth_appliances.core.watchdog import WatchSettings

DOOR = "MAIN/doorStatus/doorState"
STATE = "MAIN/runState/currentState"
START = "MAIN/operation/washerOperationMode"
QUICK = HubSettings(
    watch=WatchSettings(idle_period=0.05, quiet_limit=0.05, spacing=0.01),
    first_retry=0.01,
    last_retry=0.05,
    push_grace=0.05,
)
CALM = HubSettings()


def leaf(kind: str, *read: Any, write: Sequence[Any] = ()) -> dict[str, Any]:
    """A leaf of a profile."""
    mode = ["r"] * bool(read) + ["w"] * bool(write)
    value = {"r": list(read)} if read else {}
    return {"type": kind, "mode": mode, "value": {**value, "w": list(write)} if write else value}


FRIDGE = {
    "notification": {"push": ["DOOR_IS_OPEN"]},
    "property": {
        "doorStatus": [{"locationName": "MAIN", "doorState": leaf("enum", "OPEN", "CLOSE")}],
        "refrigeration": {"expressMode": leaf("boolean", True, False, write=[True, False])},
    },
}
WASHER = {
    "notification": {"push": ["WASHING_IS_COMPLETE"]},
    "property": [
        {
            "location": {"locationName": "MAIN"},
            "runState": {"currentState": leaf("enum", "INITIAL", "RUNNING", "END", "POWER_OFF")},
            "operation": {"washerOperationMode": leaf("enum", write=["START", "STOP"])},
            "remoteControlEnable": {"remoteControlEnabled": leaf("boolean", True, False)},
            "timer": {
                "remainHour": {"type": "number", "mode": ["r"]},
                "remainMinute": {"type": "number", "mode": ["r"]},
            },
        }
    ],
}
OVEN = {
    "property": [
        {
            "location": {"locationName": "OVEN"},
            "runState": {"currentState": leaf("enum", "INITIAL", "COOKING_IN_PROGRESS")},
            "operation": {"ovenOperationMode": leaf("enum", write=["START", "STOP"])},
            "cook": {"cookMode": leaf("enum", "BAKE", write=["BAKE"])},
        }
    ]
}
DEVICES = {
    "fridge": (DeviceInfo("fridge", "DEVICE_REFRIGERATOR", "Refrigerator"), FRIDGE),
    "washer": (DeviceInfo("washer", "DEVICE_WASHER", "Washer"), WASHER),
    "oven": (DeviceInfo("oven", "DEVICE_OVEN", "Oven"), OVEN),
}
STATES: Mapping[str, Mapping[str, Any]] = {
    "fridge": {DOOR: "CLOSE", "MAIN/refrigeration/expressMode": False},
    "washer": {
        STATE: "INITIAL",
        "MAIN/remoteControlEnable/remoteControlEnabled": True,
        "MAIN/timer/remainHour": 1,
        "MAIN/timer/remainMinute": 0,
    },
    "oven": {"OVEN/runState/currentState": "INITIAL"},
}


class ScriptedCloud:
    """Answers what ``states`` says; fails with ``fail``; obeys what ``obey`` says."""

    def __init__(self, *devices: str, count: int = 0) -> None:
        names = devices or ("fridge",)
        self.infos = {name: DEVICES[name][0] for name in names}
        self.profiles: dict[str, Any] = {name: DEVICES[name][1] for name in names}
        self.states = {name: dict(STATES[name]) for name in names}
        for index in range(count):
            name = f"fridge_{index}"
            self.infos[name] = DeviceInfo(name, "DEVICE_REFRIGERATOR", name)
            self.profiles[name], self.states[name] = FRIDGE, dict(STATES["fridge"])
        self.listener: Listener | None = None
        self.calls: list[str] = []
        self.extra = ("route", "client", "certificate")
        self.opened = self.healed = 0
        self.fail: CloudError | None = None
        self.refuse: CloudError | None = None
        self.obey: Callable[[str, Any], None] = lambda device, payload: None
        self.delay = 0.0

    @property
    def identity(self) -> str:
        """See the port."""
        return "client"

    async def open(self, listener: Listener) -> None:
        """See the port."""
        self.opened += 1
        self.listener = listener
        if self.fail is not None:
            raise self.fail
        for call in self.extra:
            listener.admit(call)
            self.calls.append(call)
        listener.on_link(Link.UP)

    async def devices(self) -> Sequence[DeviceInfo]:
        """See the port."""
        await self._called("devices")
        return list(self.infos.values())

    async def profile(self, device_id: str) -> Mapping[str, Any]:
        """See the port."""
        await self._called("profile")
        profile: Mapping[str, Any] = self.profiles[device_id]
        return profile

    async def state(self, device_id: str) -> Reading:
        """See the port."""
        await self._called("state")
        return Reading(dict(self.states[device_id]))

    async def subscribe(self, device_id: str) -> None:
        """See the port."""
        await self._called("subscribe")

    async def control(self, device_id: str, payload: Any, timeout: float = 10.0) -> None:
        """See the port."""
        await self._called(f"control {payload}")
        if self.delay:
            await asyncio.sleep(self.delay)
        if self.refuse is not None:
            raise self.refuse
        self.obey(device_id, payload)

    async def heal(self) -> None:
        """See the port."""
        self.healed += 1

    async def close(self) -> None:
        """See the port."""

    async def _called(self, what: str) -> None:
        self.calls.append(what)
        if self.fail is not None:
            raise self.fail

    def push(self, device_id: str, report: Mapping[str, Any], **fields: Any) -> None:
        """Tell of a change, and be asked about it."""
        assert self.listener is not None
        self.states[device_id].update(report)
        self.listener.on_push(Push("DEVICE_STATUS", device_id, report, **fields))

    def tell_code(self, device_id: str, code: str) -> None:
        """Send a notification."""
        assert self.listener is not None
        self.listener.on_push(Push("DEVICE_PUSH", device_id, {}, code))

    def controls(self) -> list[str]:
        """Commands that arrived."""
        return [call for call in self.calls if call.startswith("control")]


class HubBench:
    """A running hub, what it said, and a clock that moves when told to."""

    def __init__(
        self,
        backend: Any,
        settings: HubSettings = CALM,
        store: Store | None = None,
        wall: Callable[[], float] = lambda: 1000.0,
    ) -> None:
        self.states: list[dict[str, Value]] = []
        self.events: list[Event] = []
        self.store = store or Store()
        self.now = 0.0
        self.hub = Hub(
            backend,
            self.store,
            self.clock,
            self._keep,
            self.events.append,
            settings,
            wall,
        )
        self.permitted = False
        self.pipeline = Pipeline(self.hub, lambda slug: self.permitted, push_wait=0.1)
        self.intents = Intents(self.pipeline)

    def _keep(self, appliance: Appliance) -> None:
        self.states.append(dict(appliance.shadow.values))

    def clock(self) -> float:
        """Time [s]: a millisecond later each time it is asked for."""
        self.now += 1e-3
        return self.now

    async def __aenter__(self) -> HubBench:
        self.task = asyncio.create_task(self.hub.run())
        await self.until(
            lambda: self.hub.connected or self.task.done() or self.hub.tally.calls == 0
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)

    async def until(self, condition: Callable[[], bool], timeout: float = 20.0) -> None:
        """Wait for something, [s] of wall time at most."""
        async with asyncio.timeout(timeout):
            while not condition():
                await asyncio.sleep(0.002)

    async def ready(self) -> HubBench:
        """Wait until it is connected."""
        await self.until(lambda: self.hub.connected)
        return self

    def value(self, slug: str, name: str) -> Any:
        """A value of an appliance, whole."""
        return self.hub.ingest.by_slug(slug).shadow.values[name]
