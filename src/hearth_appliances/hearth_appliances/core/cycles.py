"""A course from START to its end, believed only when the evidence agrees."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from hearth_core.errors import BadInputError, UnknownNameError
from hearth_core.outcome import Code, Outcome

from hearth_appliances.core.backend import CloudError
from hearth_appliances.core.budget import Priority
from hearth_appliances.core.completion import Completion, Judgement, Verdict, is_completion_code
from hearth_appliances.core.events import Event
from hearth_appliances.core.heat import stops
from hearth_appliances.core.held import Leased
from hearth_appliances.core.hub import news
from hearth_appliances.core.ingest import Appliance
from hearth_appliances.core.leases import LeaseRefusedError
from hearth_appliances.core.machines import Phase
from hearth_appliances.core.pipeline import Pipeline, units_named
from hearth_appliances.core.profile import Json

TICK = 2.0
"""A course looks at the time this often [s]; pushes wake it at once."""
ReportCourse = Callable[[str, float | None, float, str], None]


@dataclass(frozen=True)
class Course:
    """How a course went."""

    outcome: Outcome
    confidence: float = 0.0
    evidence: tuple[str, ...] = ()
    duration: float = 0.0
    """[s] of the hub's clock."""


class Cycles:
    """Runs courses through a pipeline."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline

    async def run_cycle(
        self,
        slug: str,
        unit: str,
        settings: Mapping[str, Json],
        holder: str,
        token: int,
        timeout: float,
        report: ReportCourse,
    ) -> Course:
        """Start a course and wait for its end.

        Args:
            slug: Appliance.
            unit: Location; "": the only one.
            settings: Written together with START.
            holder: Who asks.
            token: Of the caller's lease; 0: take one and give it back.
            timeout: For the whole course [s of the loop].
            report: Called with phase, remaining [s], progress (NaN: unknown) and a sentence.
        """
        hub = self._pipeline.hub
        report("checking", None, math.nan, "")
        try:
            appliance = hub.ingest.by_slug(slug)
            unit = units_named(hub.units(appliance), unit)
            name = start_property(appliance, unit)
        except (UnknownNameError, BadInputError) as error:
            return Course(Outcome.refusal("invalid_goal", str(error)))
        try:
            async with Leased(self._pipeline, slug, holder, token) as lease:
                report("starting", None, math.nan, "")
                watch = _Watch(self._pipeline, appliance, unit, hub.clock())
                with watch.listening():
                    wanted = {**settings, name: "START"}
                    written = await self._pipeline.write(slug, wanted, lease.token, 20.0)
                    if not written.outcome.ok:
                        return Course(written.outcome)
                    return await watch.follow(timeout, report)
        except LeaseRefusedError as error:
            return Course(Outcome.refusal("lease_lost", str(error)))


class _Watch:
    """Follows one course to its end."""

    def __init__(self, pipeline: Pipeline, appliance: Appliance, unit: str, began: float) -> None:
        self._pipeline, self._appliance, self._unit = pipeline, appliance, unit
        self._began = began
        self._completion = Completion(began)
        self._seen: tuple[Phase, float | None] | None = None

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Hear codes from before START is sent, so that none is missed."""
        hub = self._pipeline.hub
        hub.listeners.add(self._on_event)
        try:
            yield
        finally:
            hub.listeners.discard(self._on_event)

    async def follow(self, timeout: float, report: ReportCourse) -> Course:
        """Until it is done, stopped, failed, or ``timeout`` [s of the loop] is over."""
        hub, loop = self._pipeline.hub, asyncio.get_running_loop()
        end = loop.time() + timeout
        while True:
            now = hub.clock()
            self._look(now)
            judged = self._completion.judge(now)
            if judged.verdict in {Verdict.DONE, Verdict.STOPPED, Verdict.FAILED}:
                return self._end(judged, now)
            if loop.time() >= end:
                text = f"{self._appliance.slug}: not ended within {timeout:g} s"
                return Course(Outcome(Code.TIMED_OUT, "timeout", text), judged.confidence)
            if judged.verdict is Verdict.ASK:
                self._completion.asked(now)
                await self._ask()
                continue
            self._report(now, report)
            hub.watchdog.attend(self._appliance.info.device_id, loop.time() + 30.0)
            await hub.until(news(), min(TICK, max(end - loop.time(), 0.01)))

    async def _ask(self) -> None:
        hub = self._pipeline.hub
        try:
            await hub.poll(self._appliance.info.device_id, Priority.CONFIRM)
        except CloudError:
            return
        unit = hub.units(self._appliance).get(self._unit)
        if unit is not None:
            self._completion.unit(unit, hub.clock(), polled=True)

    def _look(self, now: float) -> None:
        unit = self._pipeline.hub.units(self._appliance).get(self._unit)
        if unit is None or not self._appliance.shadow.online:
            return
        seen = (unit.phase, unit.remaining)
        if seen != self._seen:
            self._seen = seen
            self._completion.unit(unit, now)

    def _on_event(self, event: Event) -> None:
        mine = event.slug == self._appliance.slug and event.kind == "push_code"
        if mine and is_completion_code(event.name):
            self._completion.code(event.stamp, late=event.late, duplicate=event.duplicate)

    def _report(self, now: float, report: ReportCourse) -> None:
        unit = self._pipeline.hub.units(self._appliance).get(self._unit)
        end = self._completion.expected_end
        remaining = None if end is None else max(end - now, 0.0)
        total = None if end is None else end - self._began
        progress = math.nan
        if remaining is not None and total:
            progress = min(max(1.0 - remaining / total, 0.0), 1.0)
        report("running", remaining, progress, "" if unit is None else unit.phase_text)

    def _end(self, judged: Judgement, now: float) -> Course:
        slug, took = self._appliance.slug, now - self._began
        if judged.verdict is Verdict.DONE:
            confidence = round(judged.confidence, 3)
            self._pipeline.hub.ingest.note(slug, now, "completed", self._unit, confidence)
            outcome = Outcome.success()
        elif judged.verdict is Verdict.STOPPED:
            outcome = Outcome.failure("stopped", f"{slug} was stopped before its time")
        else:
            outcome = Outcome.failure("appliance_error", f"{slug} reports an error")
        return Course(outcome, judged.confidence, judged.evidence, took)


def start_property(appliance: Appliance, unit: str) -> str:
    """The property that takes START.

    Raises:
        BadInputError: There is none.
    """
    for name, item in appliance.properties.items():
        choices = item.write_values
        here = item.writable and item.place.location == unit and isinstance(choices, list)
        operation = name.lower().endswith(("operationmode", "operation"))
        if here and operation and "START" in choices:
            return name
    known = sorted(stops(appliance.properties))
    raise BadInputError(f"{appliance.slug}: unit {unit!r} has no remote start; stops: {known}")
