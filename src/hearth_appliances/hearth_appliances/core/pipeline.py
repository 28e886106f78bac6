"""Commands: checked here, leased, sent once, confirmed. Nothing waits to be sent later.

A START that is delivered twenty minutes late is dangerous, so there is no queue and no retry: a
command that cannot be sent before its deadline fails, and so does one whose fate is unknown
unless the appliance itself says that it was carried out.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from hearth_core.errors import BadInputError, UnknownNameError
from hearth_core.outcome import Outcome

from hearth_appliances.core import preconditions
from hearth_appliances.core.backend import CloudError, Fault, Link
from hearth_appliances.core.budget import Priority
from hearth_appliances.core.heat import stops
from hearth_appliances.core.hub import LEASES, TOKEN, Hub
from hearth_appliances.core.ingest import Appliance
from hearth_appliances.core.leases import Lease, LeaseRefusedError, Rank, kept_form
from hearth_appliances.core.machines import Phase, Unit
from hearth_appliances.core.preconditions import Precondition
from hearth_appliances.core.profile import MAIN, Json
from hearth_appliances.core.values import Source
from hearth_appliances.core.writes import compose

PUSH_WAIT = 3.0
"""A command is expected to be confirmed by a push within this time [s]; then it is polled for."""
_EXPECTED: Mapping[str, frozenset[Phase]] = {
    "START": frozenset({Phase.RUNNING, Phase.DELAYED}),
    "POWER_ON": frozenset({Phase.IDLE, Phase.RUNNING}),
    "STOP": frozenset({Phase.PAUSED, Phase.IDLE, Phase.OFF, Phase.FINISHED}),
    "PAUSE": frozenset({Phase.PAUSED, Phase.IDLE}),
    "CANCEL": frozenset({Phase.PAUSED, Phase.IDLE, Phase.OFF}),
    "POWER_OFF": frozenset({Phase.OFF}),
    "OFF": frozenset({Phase.OFF}),
}


@dataclass(frozen=True)
class Written:
    """What became of a command."""

    outcome: Outcome
    sent: bool = False
    """Whether it reached the cloud, or may have."""
    confirmed: bool = False
    unmet: tuple[Precondition, ...] = ()


@dataclass
class Pipeline:
    """Sends commands through a hub; runs in its event loop."""

    hub: Hub
    heat_permitted: Callable[[str], bool] = field(default=lambda slug: False)
    """Whether the home file permits to heat this appliance (slug) from afar."""
    push_wait: float = PUSH_WAIT
    on_access: Callable[[str], None] = field(default=lambda slug: None)
    """Called when somebody took or gave back a lease."""
    abort_sent_at: float = 0.0
    """When the last abort was handed to the back end [s of the loop]."""
    _locks: defaultdict[str, asyncio.Lock] = field(
        default_factory=lambda: defaultdict(asyncio.Lock)
    )
    _aborted: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))

    # Leases

    def acquire(self, slug: str, holder: str, duration: float, *, person: bool = False) -> Lease:
        """Take a lease; it is on disk before anybody sees it.

        Raises:
            UnknownNameError: No such appliance.
            BadInputError: No holder, or a duration that makes no sense.
            LeaseRefusedError: Somebody else holds it.
        """
        self.hub.ingest.by_slug(slug)
        if not holder:
            raise BadInputError("a lease needs a holder's name")
        rank = Rank.PERSON if person else Rank.ROBOT
        lease = self.hub.leases.acquire(slug, holder, duration, self.hub.clock(), rank)
        self.hub.store.keep_note(TOKEN, lease.token)
        self._keep_leases()
        self._attend(slug, duration)
        self.on_access(slug)
        return lease

    def renew(self, slug: str, token: int, duration: float) -> Lease:
        """Keep a lease; raises as :meth:`LeaseTable.renew`."""
        lease = self.hub.leases.renew(slug, token, duration, self.hub.clock())
        self._keep_leases()
        self._attend(slug, duration)
        self.on_access(slug)
        return lease

    def release(self, slug: str, token: int) -> None:
        """Give a lease back."""
        self.hub.leases.release(slug, token, self.hub.clock())
        self._keep_leases()
        self.on_access(slug)

    def _keep_leases(self) -> None:
        self.hub.store.keep_note(LEASES, kept_form(self.hub.leases.given))

    # Commands

    def check(
        self, slug: str, wanted: Mapping[str, Json], token: int
    ) -> tuple[Outcome, list[Precondition]]:
        """What stands in the way of a command; makes no call."""
        try:
            appliance = self.hub.ingest.by_slug(slug)
            self._compose(appliance, wanted)
            conditions = self._conditions(appliance, wanted)
            conditions.insert(0, self._lease_condition(slug, token))
        except (UnknownNameError, BadInputError) as error:
            return Outcome.refusal(_reason(error), str(error)), []
        first = next((c for c in conditions if c.refuses), None)
        if first is not None:
            return Outcome.refusal(f"precondition_{first.name}", first.message), conditions
        return Outcome.success(), conditions

    async def write(
        self, slug: str, wanted: Mapping[str, Json], token: int = 0, timeout: float = 10.0
    ) -> Written:
        """Write properties in one request, now or not at all.

        Args:
            slug: Appliance.
            wanted: Values by flat name, of one unit.
            token: Of the caller's lease; 0: it must not be held by anybody.
            timeout: To send and confirm [s].
        """
        end = asyncio.get_running_loop().time() + timeout
        epoch = self._aborted[slug]
        refusal = self._refusal(slug, wanted, token)
        if refusal is not None:
            return refusal
        try:
            async with asyncio.timeout_at(end):
                await self._locks[slug].acquire()
        except TimeoutError:
            return _failed("busy", f"{slug}: another command took all of {timeout:g} s")
        try:
            if self._aborted[slug] != epoch:
                return _failed("aborted", f"{slug} was stopped meanwhile")
            refusal = self._refusal(slug, wanted, token)  # things may have changed meanwhile
            if refusal is not None:
                return refusal
            return await self._send(self.hub.ingest.by_slug(slug), wanted, end)
        finally:
            self._locks[slug].release()

    async def abort(self, slug: str, unit: str = "") -> tuple[Outcome, list[str]]:
        """Stop at once: no lease, no precondition, no budget, no queue."""
        try:
            appliance = self.hub.ingest.by_slug(slug)
        except UnknownNameError as error:
            return Outcome.refusal("unknown_appliance", str(error)), []
        self._aborted[slug] += 1
        words = {
            name: word
            for name, word in stops(appliance.properties).items()
            if not unit or name.partition("/")[0] == unit
        }
        if not words:
            text = f"{slug} cannot be stopped from afar: use its panel"
            return Outcome.refusal("no_remote_stop", text), []
        requests = [self._abort_one(appliance, name, word) for name, word in words.items()]
        results = await asyncio.gather(*requests)
        sent = [name for name, error in zip(words, results, strict=True) if error is None]
        problems = [str(error) for error in results if error is not None]
        self.hub.ingest.note(slug, self.hub.clock(), "command", "abort", sent)
        if problems and not sent:
            return Outcome.failure("cloud", "; ".join(problems)), sent
        return Outcome.success("; ".join(problems)), sent

    async def _abort_one(self, appliance: Appliance, name: str, word: Json) -> CloudError | None:
        body = compose(
            appliance.properties,
            {name: word},
            appliance.shadow.plain(),
            appliance.info.device_type,
        )
        self.abort_sent_at = asyncio.get_running_loop().time()
        try:
            await self.hub.call(
                Priority.ABORT, lambda: self.hub.backend.control(appliance.info.device_id, body)
            )
        except CloudError as error:
            return error
        return None

    async def _send(self, appliance: Appliance, wanted: Mapping[str, Json], end: float) -> Written:
        hub, slug = self.hub, appliance.slug
        loop = asyncio.get_running_loop()
        if not hub.connected or hub.link is Link.DOWN:
            return _failed("not_connected", f"{slug}: {hub.problem or 'the cloud is away'}")
        body = self._compose(appliance, wanted)
        left = end - loop.time()
        if left <= 0.0:
            return _failed("timeout", f"{slug}: no time was left to send it")
        device_id = appliance.info.device_id
        hub.ingest.note(slug, hub.clock(), "command", ",".join(wanted), dict(wanted))
        self._attend(slug, 60.0)
        sent_at = hub.clock()
        problem: CloudError | None = None
        try:
            async with asyncio.timeout_at(end):
                await hub.call(
                    Priority.COMMAND, lambda: hub.backend.control(device_id, body, left)
                )
        except TimeoutError:
            problem = CloudError("no answer in time", fault=Fault.NETWORK)
        except CloudError as error:
            problem = error
        if problem is not None and not problem.maybe_done:
            return _failed(problem.fault.value, str(problem))
        if problem is None:
            hub.ingest.assume(appliance, wanted, sent_at)
        # Of unknown fate: never sent again, only looked at.
        return await self._settle(appliance, wanted, end, problem)

    async def _settle(
        self,
        appliance: Appliance,
        wanted: Mapping[str, Json],
        end: float,
        problem: CloudError | None,
    ) -> Written:
        """What became of a command that reached the cloud, or may have."""
        slug = appliance.slug
        if await self._confirm(appliance, wanted, end, waited=problem is not None):
            return Written(Outcome.success(), sent=True, confirmed=True)
        if problem is not None:
            text = f"{slug}: {problem}; it may have been carried out, and is not sent again"
            return Written(Outcome.failure("unknown_fate", text), sent=True)
        text = f"{slug}: accepted, but the appliance does not report it"
        if any(self._reports(appliance, n, v) for n, v in wanted.items()):
            return Written(Outcome.failure("not_confirmed", text), sent=True)
        return Written(Outcome.success(text), sent=True)

    async def _confirm(
        self,
        appliance: Appliance,
        wanted: Mapping[str, Json],
        end: float,
        *,
        waited: bool,
    ) -> bool:
        """By a push, then by one poll, then by what comes until the deadline."""
        loop = asyncio.get_running_loop()

        def done() -> bool:
            return all(self._seen(appliance, n, v) for n, v in wanted.items())

        if not any(self._reports(appliance, n, v) for n, v in wanted.items()):
            return False
        if done():
            return True
        patience = 0.2 if waited else min(self.push_wait, max(end - loop.time() - 1.0, 0.0))
        if await self.hub.until(done, patience):
            return True
        with contextlib.suppress(CloudError):  # a push may still come
            await self.hub.poll(appliance.info.device_id, Priority.CONFIRM)
        return await self.hub.until(done, max(end - loop.time(), 0.0))

    def _seen(self, appliance: Appliance, name: str, value: Json) -> bool:
        if not self._reports(appliance, name, value):
            return True
        if appliance.properties[name].readable:
            known = appliance.shadow.values.get(name)
            fresh = {Source.PUSH, Source.POLL}
            return known is not None and known.source in fresh and known.value == value
        unit = self._unit(appliance, name)
        return unit is not None and unit.phase in _EXPECTED[value]

    def _reports(self, appliance: Appliance, name: str, value: Json) -> bool:
        """Whether the appliance would say that this was written."""
        if appliance.properties[name].readable:
            return True
        unit = self._unit(appliance, name)
        operation = name.lower().endswith(("operationmode", "operation"))
        known = unit is not None and unit.phase is not Phase.UNKNOWN
        return operation and known and isinstance(value, str) and value in _EXPECTED

    def _unit(self, appliance: Appliance, name: str) -> Unit | None:
        units = self.hub.units(appliance)
        return units.get(name.partition("/")[0]) or units.get(MAIN)

    # Checks

    def _refusal(self, slug: str, wanted: Mapping[str, Json], token: int) -> Written | None:
        if not wanted:
            return Written(Outcome.refusal("invalid_value", "nothing to write"))
        outcome, conditions = self.check(slug, wanted, token)
        if outcome.ok:
            return None
        reason = "lease_lost" if outcome.reason == "precondition_lease" else outcome.reason
        unmet = tuple(c for c in conditions if c.refuses)
        return Written(Outcome.refusal(reason, outcome.message), unmet=unmet)

    def _compose(self, appliance: Appliance, wanted: Mapping[str, Json]) -> Json:
        known = appliance.shadow.plain()
        return compose(appliance.properties, wanted, known, appliance.info.device_type)

    def _conditions(self, appliance: Appliance, wanted: Mapping[str, Json]) -> list[Precondition]:
        return preconditions.check(
            appliance.properties,
            wanted,
            self.hub.units(appliance),
            online=appliance.shadow.online,
            device_type=appliance.info.device_type,
            heat_permitted=self.heat_permitted(appliance.slug),
        )

    def _lease_condition(self, slug: str, token: int) -> Precondition:
        now = self.hub.clock()
        if token:
            try:
                self.hub.leases.check(slug, token, now)
            except LeaseRefusedError as error:
                return Precondition("lease", met=False, message=str(error), suggestion="wait")
            return Precondition("lease", met=True, message="the lease is in force")
        held = self.hub.leases.holder(slug, now)
        if held is not None:
            return Precondition("lease", False, f"{slug} is held by {held.holder!r}", "wait")
        return Precondition("lease", met=True, message="nobody holds it")

    def _attend(self, slug: str, duration: float) -> None:
        device_id = self.hub.ingest.by_slug(slug).info.device_id
        now = asyncio.get_running_loop().time()
        self.hub.watchdog.attend(device_id, now + min(duration, 600.0))


def units_named(units: Collection[str], wanted: str) -> str:
    """The unit that is meant: by name, or the only one.

    Raises:
        UnknownNameError: No such unit.
        BadInputError: There are several, and none was named.
    """
    if wanted:
        if wanted not in units:
            raise UnknownNameError("unit", wanted, units)
        return wanted
    if MAIN in units or len(units) == 1:
        return MAIN if MAIN in units else next(iter(units))
    raise BadInputError(f"name a unit: {sorted(units)}")


def _failed(reason: str, message: str) -> Written:
    return Written(Outcome.failure(reason, message))


def _reason(error: Exception) -> str:
    if isinstance(error, UnknownNameError):
        return f"unknown_{error.what.split()[0]}"
    return "invalid_value"
