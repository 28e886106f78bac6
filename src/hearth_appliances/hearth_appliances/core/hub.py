"""Keeps a shadow of every appliance: pushes first, polls to check, events for everything."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from hearth_core.errors import UnknownNameError
from hearth_core.health import Health, Level

from hearth_appliances.core.backend import Backend, CloudError, Fault, Link, Push
from hearth_appliances.core.event_log import Event, EventLog
from hearth_appliances.core.profile import Json, Property, resolve, walk_profile
from hearth_appliances.core.values import Change, DeviceInfo, Shadow, Source, slugify
from hearth_appliances.core.writes import control_payload

CLOCK_SLACK = 1.0
"""A clock that goes back by more [s] was reset."""


@dataclass(frozen=True)
class HubSettings:
    """Wall-clock behaviour of the hub."""

    poll_period: float = 20.0
    """One device is polled this often, in rotation, to find pushes that were lost [s]."""
    first_retry: float = 0.5
    """Wait after a failure [s]; doubles up to ``last_retry``."""
    last_retry: float = 30.0
    """[s]."""
    rate_limit_wait: float = 600.0
    """Wait after the vendor says that there were too many calls (1306) [s]."""


class Hub:
    """Runs until cancelled; everything happens in its event loop."""

    def __init__(
        self,
        backend: Backend,
        log: EventLog,
        clock: Callable[[], float],
        on_state: Callable[[Shadow], None],
        on_event: Callable[[Event], None],
        settings: HubSettings | None = None,
    ) -> None:
        """``clock`` gives the stamps [s]; the callbacks must be short."""
        self._backend = backend
        self._log = log
        self._clock = clock
        self._on_state = on_state
        self._on_event = on_event
        self._settings = settings or HubSettings()
        self._shadows: dict[str, Shadow] = {}
        self._properties: dict[str, dict[str, Property]] = {}
        self._connected = False
        self._problem = "not connected yet"
        self._turn = 0
        self._pushes: asyncio.Queue[Push | CloudError] = asyncio.Queue()
        self._last_time = 0.0
        self.calls = 0
        """REST calls made."""
        self.silent = 0
        """Changes found by polling that no push had told of."""

    @property
    def shadows(self) -> dict[str, Shadow]:
        """By device id."""
        return self._shadows

    def health(self) -> Health:
        """Whether the cloud is there."""
        values = {
            "appliances": len(self._shadows),
            "calls": self.calls,
            "silent_changes": self.silent,
        }
        if not self._connected:
            return Health(Level.WARN, f"appliance cloud: {self._problem}", values)
        return Health(Level.OK, "connected", values)

    def on_push(self, push: Push) -> None:
        """See :class:`~hearth_appliances.core.backend.Listener`."""
        self._pushes.put_nowait(push)

    def on_link(self, link: Link, reason: str = "") -> None:
        """See :class:`~hearth_appliances.core.backend.Listener`."""
        if link is Link.DOWN:
            self._pushes.put_nowait(CloudError(reason))

    def admit(self, call: str) -> None:
        """See :class:`~hearth_appliances.core.backend.Listener`."""
        self.calls += 1

    async def run(self) -> None:
        """Connect, follow, and connect again when lost."""
        wait = self._settings.first_retry
        while True:
            try:
                await self._connect()
                wait = self._settings.first_retry
                await self._follow()
            except CloudError as error:
                self._lose(str(error))
                if error.fault is Fault.RATE_LIMIT:
                    wait = self._settings.rate_limit_wait
            finally:
                await self._backend.close()
            await asyncio.sleep(wait)
            wait = min(2.0 * wait, self._settings.last_retry)

    async def set_property(self, slug: str, name: str, value: Json) -> None:
        """Check a write against the profile, then send it; nothing is queued.

        Raises:
            UnknownNameError: No such appliance or property.
            BadInputError: The profile does not allow it; no call was made.
            CloudError: The cloud or the appliance refused.
        """
        by_slug = {shadow.info.slug: shadow for shadow in self._shadows.values()}
        if slug not in by_slug:
            raise UnknownNameError("appliance", slug, by_slug)
        device_id = by_slug[slug].info.device_id
        properties = self._properties[device_id]
        if name not in properties:
            raise UnknownNameError(f"property of {slug}", name, properties)
        payload = control_payload(properties[name], value)
        self.calls += 1
        await self._backend.control(device_id, payload)

    async def _connect(self) -> None:
        self._pushes = asyncio.Queue()
        await self._backend.open(self)
        self.calls += 1
        for info in await self._backend.devices():
            await self._adopt(info)
        self._connected = True

    async def _adopt(self, info: DeviceInfo) -> None:
        shadow = self._shadows.get(info.device_id)
        if shadow is None:
            slug = slugify(info.alias, (s.info.slug for s in self._shadows.values()))
            shadow = self._shadows[info.device_id] = Shadow(replace(info, slug=slug))
        profile = self._log.profile(info.device_id)
        if profile is None:
            self.calls += 1
            profile = await self._backend.profile(info.device_id)
            self._log.keep_profile(info.device_id, profile)
        self._properties[info.device_id] = walk_profile(profile)
        self.calls += 1
        await self._backend.subscribe(info.device_id)
        await self._poll(shadow)

    async def _poll(self, shadow: Shadow) -> bool:
        """Ask for a state; whether it was another than known."""
        asked = self._time()
        self.calls += 1
        try:
            state = await self._backend.state(shadow.info.device_id)
        except CloudError as error:
            if error.fault is not Fault.OFFLINE:
                raise
            self._set_online(shadow, online=False)
            self._on_state(shadow)
            return False
        self._set_online(shadow, online=True)
        changes = shadow.report(self._named(shadow, state.values), Source.POLL, asked)
        self._publish(shadow, changes)
        return bool(changes)

    async def _follow(self) -> None:
        period = self._settings.poll_period
        loop = asyncio.get_running_loop()
        due = loop.time() + period
        while True:
            if loop.time() >= due:
                due = loop.time() + period
                await self._poll_next()
            try:
                async with asyncio.timeout_at(due):
                    push = await self._pushes.get()
            except TimeoutError:
                continue
            if isinstance(push, CloudError):
                raise push
            await self._handle(push)

    async def _poll_next(self) -> None:
        """Compare one device with its shadow; a push that never came heals the subscription."""
        shadows = list(self._shadows.values())
        if not shadows:
            return
        self._turn += 1
        shadow = shadows[self._turn % len(shadows)]
        if await self._poll(shadow):
            self.silent += 1
            self.calls += 1
            await self._backend.subscribe(shadow.info.device_id)

    async def _handle(self, push: Push) -> None:
        shadow = self._shadows.get(push.device_id)
        if shadow is None or push.kind == "DEVICE_REGISTERED":
            self.calls += 1
            for info in await self._backend.devices():
                if info.device_id not in self._shadows:
                    await self._adopt(info)
            return
        if push.kind == "DEVICE_UNREGISTERED":
            self._set_online(shadow, online=False)
            self._on_state(shadow)
            return
        self._set_online(shadow, online=True)
        now = self._time()
        if push.code:
            self._on_event(
                self._log.append(shadow.info.slug, now, "push_code", push.code, push.code)
            )
        report = self._named(shadow, push.report)
        self._publish(shadow, shadow.report(report, Source.PUSH, now, push.stamp))

    def _named(self, shadow: Shadow, values: Mapping[str, Json]) -> dict[str, Json]:
        return resolve(values, self._properties.get(shadow.info.device_id, {}))

    def _publish(self, shadow: Shadow, changes: list[Change]) -> None:
        for change in changes:
            self._on_event(
                self._log.append(
                    shadow.info.slug,
                    self._time(),
                    "property_changed",
                    change.name,
                    change.value,
                    late=change.late,
                    duplicate=change.duplicate,
                )
            )
        self._on_state(shadow)

    def _set_online(self, shadow: Shadow, *, online: bool) -> None:
        if shadow.online != online:
            shadow.online = online
            kind = "online" if online else "offline"
            self._on_event(self._log.append(shadow.info.slug, self._time(), kind))

    def _time(self) -> float:
        """Now [s]; a clock that was set back (a reset simulation) voids what is remembered."""
        now = self._clock()
        if now < self._last_time - CLOCK_SLACK:
            for shadow in self._shadows.values():
                shadow.forget_times()
        self._last_time = now
        return now

    def _lose(self, problem: str) -> None:
        self._problem = problem
        if not self._connected:
            return
        self._connected = False
        for shadow in self._shadows.values():
            was_online = shadow.online
            shadow.lose()
            if was_online:
                self._on_event(self._log.append(shadow.info.slug, self._time(), "offline"))
            self._on_state(shadow)
