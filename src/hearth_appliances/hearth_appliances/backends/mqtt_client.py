"""MQTT as the vendor's SDK does it, where it can be taken elsewhere, without stopping the loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from awscrt import io, mqtt
from awsiot import mqtt_connection_builder

from hearth_appliances.backends.credentials import credential_maker
from hearth_appliances.backends.identity import Ticket
from hearth_appliances.backends.sdk import ThinQApi

_SERVICE = "SVC202"
"""What LG calls this interface."""


@dataclass(frozen=True)
class Callbacks:
    """All that the SDK's connection reports; called on a thread of the MQTT library."""

    on_message_received: Callable[..., None]
    on_connection_interrupted: Callable[..., None]
    on_connection_success: Callable[..., None]
    on_connection_failure: Callable[..., None]
    on_connection_closed: Callable[..., None]


@dataclass(frozen=True)
class ChannelSettings:
    """How patient the push channel is."""

    keep_alive: int = 6
    """[s] between pings, the SDK's value; without an answer the line is dead 3 s later."""
    first_wait: int = 1
    """[s] between attempts to reconnect."""
    last_wait: int = 2
    """[s]; the SDK leaves the library's 60."""
    connect_timeout: float = 3.0
    """[s] for a TCP connection; into a black hole there is none."""
    library_time: float = 2.5
    """[s] the library has to reconnect by itself before it is done from scratch."""
    attempt: float = 4.0
    """[s] for one attempt from scratch."""
    answer_timeout: float = 5.0
    """[s] for the broker's answer to a SUBSCRIBE."""
    open_timeout: float = 15.0
    """[s] for the first connection."""
    give_up: float = 120.0
    """[s] without a connection after which the whole back end is opened anew."""


class PushClient:
    """The SDK's MQTT client with port, root certificate, waiting and a kept certificate.

    None of those can be configured there; the connection is the same (``awsiotsdk``), the
    requests go through the SDK's REST client, and key and signing request are its own.
    """

    def __init__(
        self,
        api: ThinQApi,
        client_id: str,
        callbacks: Callbacks,
        settings: ChannelSettings,
        authority: str = "",
    ) -> None:
        """Prepare.

        Args:
            api: The SDK's REST client.
            client_id: As in the REST requests.
            callbacks: All five.
            settings: Patience.
            authority: Root certificate (PEM); "": the one the SDK fetches.
        """
        self._api = api
        self._client_id = client_id
        self._callbacks = callbacks
        self._settings = settings
        self._authority = authority
        self._server = ""
        self._port: int | None = None
        self._topic = ""
        self._connection: mqtt.Connection | None = None

    @property
    def connection(self) -> mqtt.Connection | None:
        """The library's connection."""
        return self._connection

    async def find_server(self) -> None:
        """Ask for the broker (one REST call), and keep its port: the SDK drops it.

        The vendor's own broker listens on 443, whatever port its answer names: only a
        loopback broker is taken at its word.
        """
        route = await self._api.async_get_route()
        server = str(route["mqttServer"]).removeprefix("mqtts://")
        host, _, port = server.partition(":")
        self._server = host
        self._port = int(port) if port.isdigit() and host == "localhost" else None

    async def register(self) -> None:
        """Register this client (one REST call)."""
        await self._api.async_post_client_register(
            payload={
                "type": "MQTT",
                "service-code": _SERVICE,
                "device-type": "607",
                "allowExist": True,
            }
        )

    async def get_ticket(self) -> Ticket | None:
        """Key, request and certificate (one REST call); None: the cloud gave none."""
        async with credential_maker() as maker:
            key, request, authority = await maker.request(self._authority)
            answer = await self._api.async_post_client_certificate(
                {"service-code": _SERVICE, "csr": request}
            )
            given = (answer or {}).get("result") or {}
            certificate, topics = given.get("certificatePem"), given.get("subscriptions")
            if not certificate or not topics:
                return None
            expires = await maker.expiry(certificate)
        return Ticket(self._server, self._port, topics[0], certificate, key, authority, expires)

    async def connect(self, ticket: Ticket, patience: float, *, subscribe: bool = True) -> None:
        """Connect and subscribe without stopping the event loop.

        Args:
            ticket: Where, and with what.
            patience: For the connection [s].
            subscribe: Otherwise only connect.

        Raises:
            Exception: Whatever the MQTT library says.
            TimeoutError: The broker does not answer.
        """
        self._topic = ticket.topic
        self._connection = connection = await asyncio.to_thread(self._build, ticket)
        # Not a callback of the subscription: what waited at the broker comes before that.
        connection.on_message(self._callbacks.on_message_received)
        await _answer(connection.connect(), patience)
        if subscribe:
            await self.subscribe()

    async def subscribe(self) -> None:
        """Subscribe, again or for the first time.

        Raises:
            Exception: Whatever the MQTT library says.
            TimeoutError: The broker does not answer.
        """
        if self._connection is None:
            raise ConnectionError("not connected")
        future, _ = self._connection.subscribe(topic=self._topic, qos=mqtt.QoS.AT_LEAST_ONCE)
        await _answer(future, self._settings.answer_timeout)

    def hang_up(self) -> None:
        """Close the connection (the SDK's own ``async_disconnect`` never does); no waiting."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.disconnect()

    def _build(self, ticket: Ticket) -> Any:
        group = io.EventLoopGroup(1)
        bootstrap = io.ClientBootstrap(group, io.DefaultHostResolver(group))
        return mqtt_connection_builder.mtls_from_bytes(
            endpoint=ticket.server,
            port=ticket.port,
            cert_bytes=ticket.certificate.encode(),
            pri_key_bytes=ticket.key.encode(),
            ca_bytes=ticket.authority.encode(),
            client_bootstrap=bootstrap,
            client_id=self._client_id,
            clean_session=False,
            keep_alive_secs=self._settings.keep_alive,
            reconnect_min_timeout_secs=self._settings.first_wait,
            reconnect_max_timeout_secs=self._settings.last_wait,
            tcp_connect_timeout_ms=int(1000 * self._settings.connect_timeout),
            on_connection_interrupted=self._callbacks.on_connection_interrupted,
            on_connection_success=self._callbacks.on_connection_success,
            on_connection_failure=self._callbacks.on_connection_failure,
            on_connection_closed=self._callbacks.on_connection_closed,
        )


async def _answer(future: Future[Any], patience: float) -> Any:
    """Await the library's future; it is never cancelled, which the library does not expect."""
    done = asyncio.wrap_future(future)
    done.add_done_callback(_look_at)
    async with asyncio.timeout(patience):
        return await asyncio.shield(done)


def _look_at(done: asyncio.Future[Any]) -> None:
    """Nobody may be waiting any more: that is no reason to complain."""
    if not done.cancelled():
        done.exception()
