"""The push channel: connected, subscribed, and honest about it.

The SDK's connection reconnects by itself and then says it is connected, subscribed or not: a
broker that forgot the session sends nothing, for ever. Here every success subscribes again, and
an attempt that hangs (a black hole takes the library 10 s each) is given up for a new one.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

from hearth_appliances.backends.identity import IdentityStore, Ticket
from hearth_appliances.backends.mqtt_client import Callbacks, ChannelSettings, PushClient
from hearth_appliances.backends.rest import RestClient
from hearth_appliances.core.backend import CloudError, Fault, Link, Listener, parse_push

_SUBSCRIBES = 3


class PushChannel:
    """MQTT with a client certificate; everything it tells, it tells in the event loop."""

    def __init__(
        self,
        rest: RestClient,
        store: IdentityStore,
        listener: Listener,
        settings: ChannelSettings | None = None,
        authority: str = "",
    ) -> None:
        self._rest = rest
        self._store = store
        self._listener = listener
        self._settings = settings or ChannelSettings()
        self._authority = authority
        self._loop = asyncio.get_running_loop()
        self._inbox: deque[Callable[[], None]] = deque()
        self._woken = False
        self._client: PushClient | None = None
        self._ticket: Ticket | None = None
        self._link = Link.DOWN
        self._early: list[bytes] = []
        self._closed = False
        self._repair: asyncio.Task[None] | None = None
        self._patience: asyncio.TimerHandle | None = None

    async def open(self) -> None:
        """Connect and subscribe, with the kept certificate if that is still good.

        What arrives from now on waits for :meth:`start`.

        Raises:
            CloudError: It cannot.
        """
        kept = self._store.current.ticket
        patience = self._settings.open_timeout
        if kept is not None and kept.valid() and await self._try(kept, patience):
            return
        ticket = await self._get_ticket()
        self._store.keep(ticket)
        if not await self._try(ticket, patience):
            self._store.keep(None)
            raise CloudError("push channel: the broker does not answer", fault=Fault.NETWORK)

    def start(self) -> None:
        """Say that it is up, then everything that came meanwhile."""
        self._say(Link.UP, "connected")
        early, self._early = self._early, []
        for payload in early:
            self._take(payload)

    async def heal(self) -> None:
        """Subscribe again; costs no REST call.

        Raises:
            CloudError: The broker does not answer.
        """
        if self._client is None:
            raise CloudError("push channel: not connected", fault=Fault.NETWORK)
        try:
            await self._client.subscribe()
        except Exception as error:  # the library's errors have no base class of their own
            name = type(error).__name__
            problem = CloudError(f"push channel: no answer ({name})", fault=Fault.NETWORK)
            raise problem from None

    async def close(self) -> None:
        """Hang up; never raises."""
        self._closed = True
        if self._patience is not None:
            self._patience.cancel()
        if self._repair is not None:
            self._repair.cancel()
            await asyncio.gather(self._repair, return_exceptions=True)
        self._drop()

    def _drop(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with suppress(Exception):
                client.hang_up()

    async def _get_ticket(self) -> Ticket:
        client = self._make_client()
        self._listener.admit("route")
        await self._rest.call(client.find_server(), "route")
        self._listener.admit("client")
        await self._rest.call(client.register(), "client")
        self._listener.admit("certificate")
        ticket, _ = await self._rest.call(client.get_ticket(), "certificate")
        if not isinstance(ticket, Ticket):
            raise CloudError("certificate: the cloud gave none", fault=Fault.OUTAGE)
        return ticket

    async def _try(self, ticket: Ticket, patience: float) -> bool:
        """Connect and subscribe; the new client takes the place of the old one."""
        self._drop()
        client = self._client = self._make_client()
        try:
            await client.connect(ticket, patience)
        except asyncio.CancelledError:
            self._drop()
            raise
        except Exception:  # the library's errors have no base class of their own
            self._drop()
            return False
        self._ticket = ticket
        return True

    # On a thread of the MQTT library.

    def _make_client(self) -> PushClient:
        def tell(what: Callable[[], None]) -> Callable[..., None]:
            return lambda **_: self._tell(lambda: what() if self._client is client else None)

        callbacks = Callbacks(
            on_message_received=lambda payload, **_: self._tell(lambda: self._take(payload)),
            on_connection_interrupted=tell(self._interrupted),
            on_connection_success=tell(self._succeeded),
            on_connection_failure=tell(lambda: None),  # the library goes on trying, so do we
            on_connection_closed=tell(lambda: None),  # only we close it
        )
        client_id = self._store.current.client_id
        client = PushClient(self._rest.api, client_id, callbacks, self._settings, self._authority)
        return client

    def _tell(self, what: Callable[[], None]) -> None:
        """Do it in the event loop, in order; many at once wake it once."""
        self._inbox.append(what)
        if not self._woken:
            self._woken = True
            with suppress(RuntimeError):  # the loop is closed
                self._loop.call_soon_threadsafe(self._drain)

    # In the event loop.

    def _drain(self) -> None:
        self._woken = False  # first: what is put in from here on wakes us again
        while self._inbox:
            self._inbox.popleft()()

    def _take(self, payload: bytes) -> None:
        if self._closed:
            return
        if self._link is Link.DOWN:
            self._early.append(payload)
            return
        try:
            push = parse_push(json.loads(payload))
        except ValueError:
            return
        if push is not None:
            self._listener.on_push(push)

    def _say(self, link: Link, reason: str) -> None:
        if link is not self._link and not self._closed:
            self._link = link
            self._listener.on_link(link, reason)

    def _interrupted(self) -> None:
        if self._link is not Link.UP or self._closed:
            return
        self._say(Link.INTERRUPTED, "the connection to the broker broke off")
        self._patience = self._loop.call_later(self._settings.give_up, self._give_up)
        self._start_repair(self._reconnect())

    def _succeeded(self) -> None:
        """The library, or one of our own attempts, is connected again."""
        if self._link is not Link.INTERRUPTED or self._closed:
            return
        if self._patience is not None:
            self._patience.cancel()
        # Said before anything that waited for us at the broker.
        self._say(Link.UP, "connected again")
        self._start_repair(self._resubscribe())

    def _start_repair(self, work: Coroutine[Any, Any, None]) -> None:
        if self._repair is not None:
            self._repair.cancel()
        self._repair = self._loop.create_task(work)

    async def _reconnect(self) -> None:
        """Let the library try for a moment, then try anew with short attempts."""
        await asyncio.sleep(self._settings.library_time)
        ticket = self._ticket
        while ticket is not None:
            # Its success cancels this: what is left to do then is to subscribe.
            await self._try_connection(ticket)
            await asyncio.sleep(self._settings.first_wait)

    async def _try_connection(self, ticket: Ticket) -> None:
        self._drop()
        client = self._client = self._make_client()
        with suppress(Exception):  # the library's errors have no base class of their own
            await client.connect(ticket, self._settings.attempt, subscribe=False)

    async def _resubscribe(self) -> None:
        for _ in range(_SUBSCRIBES):
            with suppress(CloudError):
                await self.heal()
                return
        self._say(Link.DOWN, "connected, but no subscription is answered")

    def _give_up(self) -> None:
        self._say(Link.DOWN, "the broker was away for too long")
