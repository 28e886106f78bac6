"""The vendor's cloud through its own SDK (transport only), or the simulated one."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import ssl
import uuid
from collections.abc import Awaitable, Mapping, Sequence
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from hearth_core.errors import BadInputError
from thinqconnect import ThinQApi, ThinQAPIException

from hearth_appliances.core.backend import (
    CloudError,
    Fault,
    Link,
    Listener,
    Reading,
    parse_push,
)
from hearth_appliances.core.profile import Json, flatten_state
from hearth_appliances.core.secrets import RedactingFilter
from hearth_appliances.core.values import DeviceInfo
from hearth_appliances.endpoint import Endpoint, read_endpoint

PUSH_URL = "https://api-kic.lgthinq.com/hearth-simulated-push"
ALREADY_SUBSCRIBED = "1207"


class LoopbackResolver(AbstractResolver):
    """Every host name is this machine, at one port: the SDK needs no patch."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """See aiohttp."""
        return [
            {
                "hostname": host,
                "host": "127.0.0.1",
                "port": self._port,
                "family": socket.AF_INET,
                "proto": 0,
                "flags": socket.AI_NUMERICHOST,
            }
        ]

    async def close(self) -> None:
        """Nothing to let go of."""


class ThinQBackend:
    """REST through ``thinqconnect``; subclasses say where, and where pushes come from."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None
        self._api: ThinQApi | None = None

    @property
    def identity(self) -> str:
        """See the port."""
        return ""

    async def open(self, listener: Listener) -> None:
        """See the port."""
        raise NotImplementedError

    async def devices(self) -> Sequence[DeviceInfo]:
        """See the port."""
        listed = await self._call(self._require().async_get_device_list(), "device list")
        return [_device(item) for item in listed or []]

    async def profile(self, device_id: str) -> Mapping[str, Json]:
        """See the port."""
        found = await self._call(self._require().async_get_device_profile(device_id), "profile")
        if not isinstance(found, Mapping):
            raise CloudError("profile: the cloud answered with something else")
        return found

    async def state(self, device_id: str) -> Reading:
        """See the port."""
        state = await self._call(self._require().async_get_device_status(device_id), "state")
        return Reading(flatten_state(state))

    async def subscribe(self, device_id: str) -> None:
        """See the port."""
        api = self._require()
        try:
            await self._call(api.async_post_event_subscribe(device_id), "subscribe")
        except CloudError as error:
            if error.code != ALREADY_SUBSCRIBED:
                raise

    async def control(self, device_id: str, payload: Json, timeout: float = 10.0) -> None:
        """See the port."""
        request = self._require().async_post_device_control(device_id, payload, timeout=timeout)
        await self._call(request, "control")

    async def heal(self) -> None:
        """See the port."""

    async def close(self) -> None:
        """See the port."""
        session, self._session, self._api = self._session, None, None
        if session is not None:
            await session.close()

    def _require(self) -> ThinQApi:
        if self._api is None:
            raise CloudError("not connected")
        return self._api

    def _start(self, connector: aiohttp.BaseConnector, token: str, country: str) -> None:
        redact(token)
        self._session = aiohttp.ClientSession(connector=connector)
        self._api = ThinQApi(self._session, token, country, f"thinq-open-{uuid.uuid4()}")

    async def _call(self, request: Awaitable[Any], what: str) -> Any:
        """Await an SDK call; whatever goes wrong becomes a CloudError without its headers."""
        try:
            return await request
        except ThinQAPIException as error:
            problem = CloudError(f"{what}: {error.error_name} ({error.code})", str(error.code))
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            problem = CloudError(f"{what}: {type(error).__name__}")
        except (AttributeError, ValueError, TypeError) as error:
            # Gateways answer with JSON that has no "error", or with no JSON at all.
            problem = CloudError(
                f"{what}: unreadable answer ({type(error).__name__})", fault=Fault.OUTAGE
            )
        raise problem


class SimulatedBackend(ThinQBackend):
    """The simulated cloud: the vendor's REST over TLS, pushes over a WebSocket."""

    def __init__(self, path: Path) -> None:
        """``path``: file in which the simulated cloud announces itself."""
        super().__init__()
        self._path = path
        self._reader: asyncio.Task[None] | None = None

    async def open(self, listener: Listener) -> None:
        """See the port."""
        try:
            endpoint = read_endpoint(self._path)
        except BadInputError as error:
            raise CloudError(f"no simulated cloud: {error}") from error
        context = ssl.create_default_context(cadata=endpoint.authority)
        connector = aiohttp.TCPConnector(
            resolver=LoopbackResolver(endpoint.port), ssl=context, use_dns_cache=False
        )
        self._start(connector, endpoint.token, "KR")
        await self._open_push(endpoint, listener)

    async def close(self) -> None:
        """See the port."""
        if self._reader is not None:
            self._reader.cancel()
            self._reader = None
        await super().close()

    async def _open_push(self, endpoint: Endpoint, listener: Listener) -> None:
        assert self._session is not None
        headers = {"Authorization": f"Bearer {endpoint.token}"}
        channel = await self._call(
            self._session.ws_connect(PUSH_URL, headers=headers, heartbeat=5.0), "push channel"
        )
        self._reader = asyncio.create_task(_read(channel, listener))
        listener.on_link(Link.UP)


async def _read(channel: aiohttp.ClientWebSocketResponse, listener: Listener) -> None:
    async for message in channel:
        if message.type is not aiohttp.WSMsgType.TEXT:
            continue
        try:
            push = parse_push(json.loads(message.data))
        except ValueError:
            continue
        if push is not None:
            listener.on_push(push)
    listener.on_link(Link.DOWN, "push channel: closed")


class VendorBackend(ThinQBackend):
    """LG's own cloud, polled only: its MQTT push channel is not connected yet."""

    def __init__(self, token: str, country: str) -> None:
        """``token``: personal access token; ``country``: ISO code that selects the region."""
        super().__init__()
        self._token = token
        self._country = country

    async def open(self, listener: Listener) -> None:
        """See the port."""
        self._start(aiohttp.TCPConnector(), self._token, self._country)


def redact(token: str) -> None:
    """Keep a token out of everything the SDK and aiohttp log."""
    for name in ("thinqconnect", "thinqconnect.thinq_api", "thinqconnect.mqtt_client", "aiohttp"):
        logging.getLogger(name).addFilter(RedactingFilter(token))


def _device(item: Mapping[str, Any]) -> DeviceInfo:
    info = item.get("deviceInfo", {})
    device_id = str(item.get("deviceId", ""))
    return DeviceInfo(
        device_id,
        str(info.get("deviceType", "")),
        str(info.get("alias", "")) or device_id[:8],
        str(info.get("modelName", "")),
    )
