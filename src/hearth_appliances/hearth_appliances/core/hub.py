"""Keeps appliances and cloud together: connects, listens, looks for what pushes lost.

Pushes become state in a task of their own, whatever requests are on their way. Every REST call
goes through :meth:`Hub.call`, which asks the rate budget first.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import TypeVar

from hearth_core.health import Health, Level

from hearth_appliances.core.backend import Backend, CloudError, Fault, Link, Push
from hearth_appliances.core.budget import Priority, RateBudget
from hearth_appliances.core.events import Event
from hearth_appliances.core.ingest import Appliance, Ingest
from hearth_appliances.core.leases import LeaseTable, restored
from hearth_appliances.core.machines import Phase, Unit, units_of
from hearth_appliances.core.roster import Roster
from hearth_appliances.core.settings import HubSettings, Tally
from hearth_appliances.core.store import Store
from hearth_appliances.core.values import Change, Shadow
from hearth_appliances.core.watchdog import Errand, Watchdog

T = TypeVar("T")
TOKEN = "fencing_token"
LEASES = "leases"


def news() -> Callable[[], bool]:
    """For :meth:`Hub.until`: false at first, true after the first update, whatever it was."""
    state = iter([False])
    return lambda: next(state, True)


class Hub:
    """Runs until cancelled; everything happens in its event loop."""

    def __init__(
        self,
        backend: Backend,
        store: Store,
        clock: Callable[[], float],
        on_state: Callable[[Appliance], None],
        on_event: Callable[[Event], None],
        settings: HubSettings | None = None,
        wall: Callable[[], float] = lambda: 0.0,
    ) -> None:
        """Make a hub.

        Args:
            backend: The cloud.
            store: What is remembered.
            clock: Gives stamps [s]; may be simulated and may be reset.
            on_state: An appliance changed; must be short.
            on_event: Something happened; must be short.
            settings: Periods and limits.
            wall: Wall time [s since the epoch], for what is counted over restarts.
        """
        self.backend = backend
        self.store = store
        self.settings = settings or HubSettings()
        self.clock, self.wall = clock, wall
        self._on_state, self._on_event = on_state, on_event
        self.ingest = Ingest(store, self._state, self._event)
        self.budget = RateBudget(store, self.settings.budget, wall())
        self.watchdog = Watchdog(self.settings.watch)
        token = store.note(TOKEN)
        self.leases = LeaseTable(
            token + 1 if isinstance(token, int) else 1, restored(store.note(LEASES), clock())
        )
        self.tally = Tally()
        self.roster = Roster(self)
        self.connected = False
        self.link = Link.DOWN
        self.problem = "not connected yet"
        self.polled: dict[str, float] = {}
        """When each device was last polled [s of ``clock``]."""
        self.listeners: set[Callable[[Event], None]] = set()
        """Called for every event."""
        self._inbox: list[tuple[Push, float, bool]] = []
        self._mail = asyncio.Event()
        self._wake = asyncio.Event()
        self._update = asyncio.Event()
        self.others: list[Push] = []
        self._burst_until = float("-inf")
        self._cut_at: float | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._heard: dict[str, float] = {}

    @property
    def shadows(self) -> dict[str, Shadow]:
        """By device id."""
        return {key: item.shadow for key, item in self.ingest.appliances.items()}

    def units(self, appliance: Appliance) -> dict[str, Unit]:
        """Vendor-neutral view, by location."""
        found = units_of(appliance.shadow.plain(), appliance.info.device_type)
        return {unit.name: unit for unit in found}

    def health(self) -> Health:
        """Whether the cloud is there."""
        now = self.wall()
        values: dict[str, float | int | str | bool] = {
            "appliances": len(self.ingest.appliances),
            "link": self.link.value,
            "calls": self.tally.calls,
            "calls_last_hour": self.budget.spent(now),
            "silent_changes": self.tally.silent,
            "late": self.ingest.counts.late,
            "duplicates": self.ingest.counts.duplicates,
            "broken": self.tally.broken,
        }
        quiet = self.budget.quiet_until(now)
        if quiet is not None:
            values["quiet_for"] = round(quiet - now, 1)
            return Health(Level.WARN, "appliance cloud: too many calls (1306): silent", values)
        if not self.connected:
            return Health(Level.WARN, f"appliance cloud: {self.problem}", values)
        if self.link is not Link.UP:
            return Health(Level.WARN, f"appliance cloud: push channel {self.problem}", values)
        return Health(Level.OK, "connected", values)

    # What the back end calls

    def on_push(self, push: Push) -> None:
        """See :class:`~hearth_appliances.core.backend.Listener`."""
        now = self.clock()
        unsure = asyncio.get_running_loop().time() < self._burst_until
        self._inbox.append((push, now, unsure))
        self._mail.set()

    def on_link(self, link: Link, reason: str = "") -> None:
        """See :class:`~hearth_appliances.core.backend.Listener`."""
        now = asyncio.get_running_loop().time()
        if link is Link.UP and self._cut_at is not None:
            self.tally.reconnects += 1
            self._cut_at = None
            self._burst_until = now + self.settings.burst
            self.watchdog.suspect_all()
        elif link is not Link.UP and self._cut_at is None:
            self._cut_at = now
        self.link = link
        self.problem = reason or link.value
        self._wake.set()

    def admit(self, call: str) -> None:
        """See :class:`~hearth_appliances.core.backend.Listener`."""
        self.budget.admit(Priority.CONNECT, self.wall())
        self.tally.calls += 1

    # Requests

    async def call(self, priority: Priority, request: Callable[[], Awaitable[T]]) -> T:
        """Make one REST call if the budget has it.

        Raises:
            CloudError: It was not made, or failed.
        """
        self.budget.admit(priority, self.wall())
        self.tally.calls += 1
        try:
            answer = await request()
        except CloudError as error:
            if error.fault is Fault.RATE_LIMIT:
                self.budget.refused(self.wall())
            raise
        self.budget.answered(self.wall())
        return answer

    async def poll(self, device_id: str, priority: Priority) -> list[Change]:
        """Ask for a state; returns what was not known.

        Raises:
            CloudError: It could not be had; of a device that is offline the shadow says so.
        """
        asked = self.clock()
        self.ingest.check_clock(asked)
        try:
            reading = await self.call(priority, lambda: self.backend.state(device_id))
        except CloudError as error:
            if error.fault is Fault.OFFLINE:
                self.ingest.offline(device_id, self.clock())
            elif error.fault is Fault.GONE:
                self.roster.remove(device_id)
            raise
        if device_id not in self.ingest.appliances:
            return []
        changes = self.ingest.reading(device_id, reading, asked)
        self.polled[device_id] = asked
        now = asyncio.get_running_loop().time()
        self.watchdog.heard(device_id, now, changed=bool(changes))
        return changes

    async def until(self, condition: Callable[[], bool], timeout: float) -> bool:
        """Wait for something that pushes or polls bring; whether it came true in time [s]."""
        loop = asyncio.get_running_loop()
        end = loop.time() + timeout
        while not condition():
            self._update.clear()
            try:
                async with asyncio.timeout_at(end):
                    await self._update.wait()
            except TimeoutError:
                return condition()
        return True

    # The life of the hub

    async def run(self) -> None:
        """Connect, follow, and connect again when lost."""
        self.ingest.restore(self.clock())
        pushes = asyncio.create_task(self._deliver())
        failures, tired = 0, False
        try:
            while True:
                await self._keep_quiet()
                try:
                    await self._connect()
                    failures, tired = 0, False
                    await self._follow()
                except CloudError as error:
                    self._lose(str(error))
                    failures += 1
                    tired = failures > self.settings.tired or error.fault is Fault.AUTH
                except Exception as error:  # a home without its bridge is worse than a try more
                    self.tally.broken += 1
                    self._lose(f"internal error: {error!r}")
                    failures += 1
                finally:
                    self.connected = False
                    await self.backend.close()
                await asyncio.sleep(self._pause(failures, tired=tired))
        finally:
            for task in (pushes, *self._tasks):
                task.cancel()
            await asyncio.gather(pushes, *self._tasks, return_exceptions=True)

    def _pause(self, failures: int, *, tired: bool) -> float:
        if tired:
            return self.settings.slow_retry
        wait = self.settings.first_retry * 2.0 ** min(max(failures - 1, 0), 10)
        return min(wait, self.settings.last_retry)

    async def _keep_quiet(self) -> None:
        while (quiet := self.budget.quiet_until(self.wall())) is not None:
            self.problem = "too many calls (1306)"
            await asyncio.sleep(min(max(quiet - self.wall(), 0.01), 60.0))

    async def _connect(self) -> None:
        self._burst_until = float("-inf")
        await self.backend.open(self)
        try:
            devices = await self.call(Priority.CONNECT, self.backend.devices)
            listed = {info.device_id for info in devices}
            for gone in set(self.ingest.appliances) - listed:
                self.roster.remove(gone)
            for info in devices:
                await self.roster.adopt(info)
        except CloudError as error:
            limited = error.fault in {Fault.RATE_LIMIT, Fault.BUDGET}
            if not (limited and self.ingest.appliances):
                raise
            now = asyncio.get_running_loop().time()
            for device_id in self.ingest.appliances:  # pushes come all the same
                self.watchdog.follow(device_id, now, None)
            self.watchdog.suspect_all()
        self.connected = True
        self.problem = ""
        self._wake.set()

    async def _follow(self) -> None:
        loop = asyncio.get_running_loop()
        heal_due = loop.time() + self.settings.heal_period
        misses = 0
        while True:
            self._wake.clear()
            await self.roster.lives()
            now = loop.time()
            self._check_link(now)
            if now >= heal_due and self.link is Link.UP:
                heal_due = now + self.settings.heal_period
                await self.backend.heal()
            errand = self.watchdog.due(now, self._running())
            if self.budget.quiet_until(self.wall()) is not None:
                errand = None
            if errand is not None and errand[0] <= now:
                misses = 0 if await self._run_errand(errand[1], errand[2]) else misses + 1
                if misses >= 3:
                    raise CloudError("polls fail one after another")
                continue
            due = heal_due if errand is None else min(heal_due, errand[0])
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(min(max(due, now + 0.01), now + 2.0)):
                    await self._wake.wait()

    def _check_link(self, now: float) -> None:
        if self.link is Link.DOWN:
            raise CloudError(self.problem or "push channel closed")
        if self._cut_at is None:
            return
        away = now - self._cut_at
        if away > self.settings.link_grace and any(s.online for s in self.shadows.values()):
            self.ingest.lose_all(self.clock())
        if away > self.settings.give_up:
            raise CloudError("push channel does not come back")

    def _running(self) -> set[str]:
        """Devices at work: they should say something every minute."""
        return {
            device_id
            for device_id, item in self.ingest.appliances.items()
            if item.shadow.online
            and any(
                unit.phase is Phase.RUNNING and unit.remaining is not None
                for unit in self.units(item).values()
            )
        }

    async def _run_errand(self, device_id: str, errand: Errand) -> bool:
        """One slot of the watchdog; False: the cloud does not answer."""
        loop = asyncio.get_running_loop()
        try:
            if errand is Errand.RENEW:
                await self.roster.subscribe(device_id, again=True)
            elif await self.poll(device_id, Priority.WATCH) and errand is Errand.POLL:
                task = loop.create_task(self._suspect_silence(device_id, loop.time()))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
        except CloudError as error:
            return not error.cloud_lost or error.fault is Fault.RATE_LIMIT
        finally:
            self.watchdog.done(device_id, errand, loop.time())
        return True

    async def _suspect_silence(self, device_id: str, found: float) -> None:
        """A poll knew more than the pushes: if none comes now, subscribe again."""
        before = self._heard.get(device_id)
        await asyncio.sleep(self.settings.push_grace)
        if self._heard.get(device_id) != before or device_id not in self.ingest.appliances:
            return
        self.tally.silent += 1
        self.tally.heals += 1
        with contextlib.suppress(CloudError):
            await self.backend.heal()
            await self.roster.subscribe(device_id, again=True)

    async def _deliver(self) -> None:
        """Pushes become state: all that wait, in one transaction."""
        while True:
            await self._mail.wait()
            self._mail.clear()
            inbox, self._inbox = self._inbox, []
            others = self._ingest(inbox)
            now = asyncio.get_running_loop().time()
            for push, _, unsure in inbox:
                self._heard[push.device_id] = now
                self.watchdog.heard(push.device_id, now, changed=True)
                if unsure and push.stamp is None:
                    self.watchdog.suspect(push.device_id)
            if others:
                self.others.extend(others)
                self._wake.set()

    def _ingest(self, inbox: list[tuple[Push, float, bool]]) -> list[Push]:
        """All at once; if one cannot be digested, one by one, so that it spoils no other."""
        try:
            return self.ingest.pushes(inbox)
        except Exception as error:  # pushes nobody has ever seen will come
            self.problem = f"a push could not be read: {error!r}"
            if len(inbox) == 1:
                self.tally.broken += 1
                return []
            return [other for item in inbox for other in self._ingest([item])]

    def _lose(self, problem: str) -> None:
        self.problem = problem
        self.connected = False
        self.link = Link.DOWN
        now = asyncio.get_running_loop().time()
        self._cut_at = now if self._cut_at is None else self._cut_at
        self.ingest.lose_all(self.clock())

    def _state(self, appliance: Appliance) -> None:
        self._update.set()
        self._on_state(appliance)

    def _event(self, event: Event) -> None:
        self._update.set()
        for listener in list(self.listeners):
            listener(event)
        self._on_event(event)
