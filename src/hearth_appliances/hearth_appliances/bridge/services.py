"""The bridge's services: decode, ask the core in the hub's loop, encode."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from hearth_core.errors import BadInputError, UnknownNameError
from hearth_core.outcome import Outcome
from hearth_nodekit.convert import to_outcome, to_time
from rclpy.node import Node

from hearth_appliances.bridge.board import Board
from hearth_appliances.bridge.deferred_service import DeferredService
from hearth_appliances.bridge.messages import to_event, to_precondition
from hearth_appliances.core.backend import CloudError
from hearth_appliances.core.budget import Priority
from hearth_appliances.core.hub import Hub
from hearth_appliances.core.leases import LeaseRefusedError
from hearth_appliances.core.pipeline import Pipeline
from hearth_appliances.core.profile import Json
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

EVENTS = 1000
"""Most events of one answer unless asked for fewer."""
WRITE_TIMEOUT = 10.0


class Services:
    """Ten services below ``appliances/`` and ``bridge/``."""

    def __init__(
        self,
        node: Node,
        loop: asyncio.AbstractEventLoop,
        hub: Hub,
        pipeline: Pipeline,
        board: Board,
    ) -> None:
        self._node, self._loop = node, loop
        self._hub, self._pipeline, self._board = hub, pipeline, board
        served: Sequence[tuple[Any, str, Callable[[Any, Any], Awaitable[None]]]] = (
            (ListAppliances, "appliances/list", self._list),
            (GetState, "appliances/get_state", self._get_state),
            (SetProperty, "appliances/set_property", self._set_property),
            (CheckPreconditions, "appliances/check_preconditions", self._check),
            (AcquireLease, "appliances/acquire_lease", self._acquire),
            (RenewLease, "appliances/renew_lease", self._renew),
            (ReleaseLease, "appliances/release_lease", self._release),
            (GetEvents, "appliances/get_events", self._get_events),
            (Refresh, "appliances/refresh", self._refresh),
            (AbortNow, "appliances/abort_now", self._abort),
        )
        self._services = [
            DeferredService(node, kind, name, self._handler(kind, work))
            for kind, name, work in served
        ]

    def close(self) -> None:
        """Answer nobody any more."""
        for service in self._services:
            service.close()

    def _handler(
        self, kind: Any, work: Callable[[Any, Any], Awaitable[None]]
    ) -> Callable[[Any, Callable[[Any], None]], None]:
        async def run(request: Any, answer: Callable[[Any], None]) -> None:
            response = kind.Response()
            try:
                await work(request, response)
            except Exception as error:  # the client must hear of it, whatever it is
                self._node.get_logger().error(f"{kind.__name__}: {error!r}")
                if hasattr(response, "outcome"):
                    response.outcome = to_outcome(Outcome.failure("internal_error", repr(error)))
            answer(response)

        def handle(request: Any, answer: Callable[[Any], None]) -> None:
            if not self._loop.is_closed():
                asyncio.run_coroutine_threadsafe(run(request, answer), self._loop)

        return handle

    async def _list(self, request: Any, response: Any) -> None:
        items = self._board.infos()
        wanted = request.place
        response.appliances = [i for i in items if not wanted or i.place == wanted]

    async def _get_state(self, request: Any, response: Any) -> None:
        try:
            appliance = self._hub.ingest.by_slug(request.slug)
        except UnknownNameError as error:
            response.outcome = to_outcome(Outcome.refusal("unknown_appliance", str(error)))
            return
        device_id = appliance.info.device_id
        outcome = Outcome.success()
        if request.max_age > 0.0:
            polled = self._hub.polled.get(device_id)
            if polled is None or self._hub.clock() - polled > request.max_age:
                try:
                    await self._hub.poll(device_id, Priority.REFRESH)
                    response.polled = True
                except CloudError as error:
                    outcome = Outcome.failure(error.fault.value, str(error))
        response.outcome = to_outcome(outcome)
        response.state = self._board.state(appliance)

    async def _set_property(self, request: Any, response: Any) -> None:
        try:
            wanted = decode(request.names, request.values)
        except BadInputError as error:
            response.outcome = to_outcome(Outcome.refusal("invalid_value", str(error)))
            return
        timeout = request.timeout or WRITE_TIMEOUT
        written = await self._pipeline.write(request.slug, wanted, request.token, timeout)
        response.outcome = to_outcome(written.outcome)
        response.sent, response.confirmed = written.sent, written.confirmed
        response.preconditions = [to_precondition(item) for item in written.unmet]

    async def _check(self, request: Any, response: Any) -> None:
        try:
            wanted = decode(request.names, request.values)
        except BadInputError as error:
            response.outcome = to_outcome(Outcome.refusal("invalid_value", str(error)))
            return
        outcome, conditions = self._pipeline.check(request.slug, wanted, request.token)
        response.outcome = to_outcome(outcome)
        response.preconditions = [to_precondition(item) for item in conditions]

    async def _acquire(self, request: Any, response: Any) -> None:
        try:
            lease = self._pipeline.acquire(
                request.slug, request.holder, request.duration, person=request.person
            )
        except LeaseRefusedError as error:
            response.outcome = to_outcome(Outcome.refusal("held", str(error)))
            response.held_by = "" if error.held_by is None else error.held_by.holder
        except (UnknownNameError, BadInputError) as error:
            response.outcome = to_outcome(Outcome.refusal("invalid_request", str(error)))
        else:
            response.outcome = to_outcome(Outcome.success())
            response.token, response.expires = lease.token, to_time(lease.end)

    async def _renew(self, request: Any, response: Any) -> None:
        try:
            lease = self._pipeline.renew(request.slug, request.token, request.duration)
        except LeaseRefusedError as error:
            response.outcome = to_outcome(Outcome.refusal("lease_lost", str(error)))
        except (UnknownNameError, BadInputError) as error:
            response.outcome = to_outcome(Outcome.refusal("invalid_request", str(error)))
        else:
            response.outcome = to_outcome(Outcome.success())
            response.expires = to_time(lease.end)

    async def _release(self, request: Any, response: Any) -> None:
        self._pipeline.release(request.slug, request.token)
        response.outcome = to_outcome(Outcome.success())

    async def _get_events(self, request: Any, response: Any) -> None:
        limit = min(request.limit or EVENTS, EVENTS)
        events = self._hub.store.since(request.slug, request.since_seq, limit)
        response.events = [to_event(event) for event in events]
        response.newest_seq = self._hub.store.last_seq(request.slug)
        response.outcome = to_outcome(Outcome.success())

    async def _refresh(self, request: Any, response: Any) -> None:
        known = self._hub.ingest.appliances
        try:
            wanted = (
                [self._hub.ingest.by_slug(request.slug).info.device_id]
                if request.slug
                else list(known)
            )
        except UnknownNameError as error:
            response.outcome = to_outcome(Outcome.refusal("unknown_appliance", str(error)))
            return
        problems = []
        for device_id in wanted:
            try:
                await self._hub.poll(device_id, Priority.REFRESH)
                response.polled += 1
            except CloudError as error:
                problems.append(str(error))
        outcome = Outcome.success()
        if problems:
            outcome = Outcome.failure("cloud", "; ".join(problems))
        response.outcome = to_outcome(outcome)

    async def _abort(self, request: Any, response: Any) -> None:
        began = self._loop.time()
        outcome, sent = await self._pipeline.abort(request.slug, request.unit)
        response.outcome = to_outcome(outcome)
        response.sent = sent
        response.delay = float(self._pipeline.abort_sent_at - began) if sent else 0.0


def decode(names: Sequence[str], values: Sequence[str]) -> Mapping[str, Json]:
    """Values by name.

    Raises:
        BadInputError: As many names as values are needed, each once, each value JSON.
    """
    if len(names) != len(values) or len(set(names)) != len(names):
        raise BadInputError(f"{len(names)} names and {len(values)} values: one each, each once")
    wanted: dict[str, Json] = {}
    for name, text in zip(names, values, strict=True):
        try:
            wanted[name] = json.loads(text)
        except ValueError as error:
            raise BadInputError(f"{name}: {text!r} is not JSON") from error
    return wanted
