"""What takes a while: waiting, and a door that is opened and seen closed again.

Each is a coroutine in the hub's loop that reports with a callback and is cancelled as coroutines
are; what it took it gives back, and a door it answers for is watched until it is closed.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from hearth_core.errors import UnknownNameError
from hearth_core.outcome import Code, Outcome

from hearth_appliances.core import preconditions
from hearth_appliances.core.backend import CloudError
from hearth_appliances.core.budget import Priority
from hearth_appliances.core.held import LEASE, Leased
from hearth_appliances.core.hub import news
from hearth_appliances.core.ingest import Appliance
from hearth_appliances.core.leases import Lease, LeaseRefusedError
from hearth_appliances.core.machines import Door, Unit
from hearth_appliances.core.pipeline import Pipeline
from hearth_appliances.core.preconditions import Precondition
from hearth_appliances.core.values import Value

TICK = 2.0
"""Intents look at the time this often [s]; pushes wake them at once."""


@dataclass(frozen=True)
class Visit:
    """How a door went."""

    outcome: Outcome
    opened: bool = False
    closed: bool = False
    confirmed: bool = False
    open_duration: float = 0.0


@dataclass(frozen=True)
class DoorTimes:
    """How long a door may take [s]."""

    open: float = 60.0
    hold: float = 60.0
    close: float = 60.0


@dataclass(frozen=True)
class DoorProgress:
    """What the robot is told."""

    phase: str
    """``checking``, ``act``, ``open``, ``close_now``."""
    token: int = 0
    open_for: float = 0.0
    conditions: tuple[Precondition, ...] = ()


@dataclass
class Intents:
    """Runs intents through a pipeline."""

    pipeline: Pipeline
    doors: dict[str, str] = field(default_factory=dict)
    """Appliance (slug) to who answers for its open door."""

    # Waiting

    async def wait_for(
        self,
        slug: str,
        condition: Callable[[Appliance, Mapping[str, Unit]], Value | None],
        timeout: float,
    ) -> tuple[Outcome, Value | None]:
        """Wait until ``condition`` gives a value; ``timeout`` 0: for ever [s of the loop]."""
        hub = self.pipeline.hub
        try:
            appliance = hub.ingest.by_slug(slug)
        except UnknownNameError as error:
            return Outcome.refusal("unknown_appliance", str(error)), None
        end = asyncio.get_running_loop().time() + (timeout or math.inf)
        while True:
            appliance = hub.ingest.by_slug(slug)
            found = condition(appliance, hub.units(appliance))
            if found is not None:
                return Outcome.success(), found
            left = end - asyncio.get_running_loop().time()
            if left <= 0.0:
                return Outcome(
                    Code.TIMED_OUT, "timeout", f"{slug}: not within {timeout:g} s"
                ), None
            self.attend(appliance)
            await hub.until(news(), min(left, TICK))

    # A door

    async def access_door(
        self,
        slug: str,
        holder: str,
        token: int,
        times: DoorTimes,
        report: Callable[[DoorProgress], None],
    ) -> Visit:
        """Check, lease, let the robot act, confirm, and see that the door is closed again."""
        hub = self.pipeline.hub
        report(DoorProgress("checking"))
        try:
            appliance = hub.ingest.by_slug(slug)
        except UnknownNameError as error:
            return Visit(Outcome.refusal("unknown_appliance", str(error)))
        if slug in self.doors:
            text = f"{self.doors[slug]!r} has a door of {slug} open"
            return Visit(Outcome.refusal("door_in_use", text))
        conditions = tuple(preconditions.access(hub.units(appliance)))
        report(DoorProgress("checking", conditions=conditions))
        refused = next((c for c in conditions if c.refuses), None)
        if refused is not None:
            return Visit(Outcome.refusal(f"precondition_{refused.name}", refused.message))
        try:
            async with Leased(self.pipeline, slug, holder, token) as lease:
                self.doors[slug] = holder or lease.holder
                self.pipeline.on_access(slug)
                return await self._visit(appliance, lease, times, report)
        except LeaseRefusedError as error:
            return Visit(Outcome.refusal("held", str(error)))
        finally:
            self.doors.pop(slug, None)
            self.pipeline.on_access(slug)

    async def _visit(
        self,
        appliance: Appliance,
        lease: Lease,
        times: DoorTimes,
        report: Callable[[DoorProgress], None],
    ) -> Visit:
        hub, loop = self.pipeline.hub, asyncio.get_running_loop()
        door = _Doors(self, appliance)
        opened = loop.time()

        def say(phase: str) -> Callable[[], None]:
            return lambda: report(DoorProgress(phase, lease.token, _since(opened, loop, phase)))

        if not door.sensed:
            # Nothing will confirm it: the robot's own eyes must do, within the hold.
            say("act")()
            await asyncio.sleep(min(times.hold, LEASE))
            return Visit(
                Outcome.success("it has no door sensor: unconfirmed"),
                confirmed=False,
                closed=False,
            )
        if not await door.until(Door.OPEN, times.open, say("act")):
            text = f"{appliance.slug}: no door was reported open within {times.open:g} s"
            outcome = Outcome(Code.TIMED_OUT, "not_opened", text)
            return Visit(outcome, closed=door.trusted, confirmed=door.trusted)
        opened = loop.time()
        say("open")()
        closed = await door.until(Door.CLOSED, times.hold, say("open"))
        if not closed:
            hub.ingest.note(
                appliance.slug, hub.clock(), "door_alarm", "open_too_long", loop.time() - opened
            )
            closed = await door.until(Door.CLOSED, times.close, say("close_now"))
        took = loop.time() - opened
        if closed:
            return Visit(Outcome.success(), True, True, True, took)
        hub.ingest.note(appliance.slug, hub.clock(), "door_alarm", "left_open", took)
        text = f"{appliance.slug}: its door is still open after {took:.0f} s"
        return Visit(Outcome.failure("left_open", text), True, False, True, took)

    # Shared

    def attend(self, appliance: Appliance) -> None:
        """Have it polled while somebody waits for it."""
        now = asyncio.get_running_loop().time()
        self.pipeline.hub.watchdog.attend(appliance.info.device_id, now + 30.0)


def _since(opened: float, loop: asyncio.AbstractEventLoop, phase: str) -> float:
    return 0.0 if phase == "act" else loop.time() - opened


class _Doors:
    """All doors of an appliance as one."""

    def __init__(self, intents: Intents, appliance: Appliance) -> None:
        self._intents, self._appliance = intents, appliance

    @property
    def sensed(self) -> bool:
        """Whether it reports a door at all."""
        return any(name.endswith("/doorState") for name in self._appliance.shadow.values)

    @property
    def trusted(self) -> bool:
        """Whether a door of it was ever seen to move: some report nothing, for ever."""
        return any(name.endswith("/doorState") for name in self._appliance.shadow.moved)

    def state(self) -> Door:
        """OPEN if any is."""
        doors = {u.door for u in self._intents.pipeline.hub.units(self._appliance).values()}
        if Door.OPEN in doors:
            return Door.OPEN
        return Door.CLOSED if Door.CLOSED in doors else Door.UNKNOWN

    async def until(self, wanted: Door, timeout: float, again: Callable[[], None]) -> bool:
        """Whether it was reported so within ``timeout`` [s]; it is polled while we wait.

        ``again`` is called now and then, so that nobody misses what to do.
        """
        hub = self._intents.pipeline.hub
        end = asyncio.get_running_loop().time() + timeout
        while self.state() is not wanted:
            left = end - asyncio.get_running_loop().time()
            if left <= 0.0:
                return await self._ask(wanted)
            self._intents.attend(self._appliance)
            again()
            await hub.until(lambda: self.state() is wanted, min(left, TICK))
        return True

    async def _ask(self, wanted: Door) -> bool:
        try:
            await self._intents.pipeline.hub.poll(self._appliance.info.device_id, Priority.CONFIRM)
        except CloudError:
            return False
        return self.state() is wanted
