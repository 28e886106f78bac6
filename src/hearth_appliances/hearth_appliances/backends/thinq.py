"""The vendor's cloud through its own SDK (transport only), and the simulated one."""

from __future__ import annotations

import ssl
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path

import aiohttp
from hearth_core.errors import BadInputError

from hearth_appliances.backends.identity import IdentityStore
from hearth_appliances.backends.mqtt_client import ChannelSettings
from hearth_appliances.backends.push_channel import PushChannel
from hearth_appliances.backends.resolver import LoopbackResolver
from hearth_appliances.backends.rest import ObservedApi, RestClient
from hearth_appliances.core.backend import CloudError, Fault, Listener, Reading
from hearth_appliances.core.profile import Json
from hearth_appliances.core.secrets import Secret, hide
from hearth_appliances.core.values import DeviceInfo
from hearth_appliances.endpoint import Endpoint, read_endpoint

_NAMESPACE = uuid.UUID("6f1c1a52-4a2b-4b39-9a57-5d0f6b5c9d10")


class ThinQBackend:
    """REST and pushes; subclasses say where. Implements ``core.backend.Backend``."""

    def __init__(self, settings: ChannelSettings | None = None) -> None:
        self._settings = settings
        self._rest: RestClient | None = None
        self._channel: PushChannel | None = None
        self._listener: Listener | None = None
        self._store: IdentityStore | None = None

    @property
    def identity(self) -> str:
        """See the port; "" before the first ``open``."""
        return self._store.current.client_id if self._store is not None else ""

    async def open(self, listener: Listener) -> None:
        """See the port."""
        raise NotImplementedError

    async def devices(self) -> Sequence[DeviceInfo]:
        """See the port."""
        return await self._require().devices()

    async def profile(self, device_id: str) -> Mapping[str, Json]:
        """See the port."""
        return await self._require().profile(device_id)

    async def state(self, device_id: str) -> Reading:
        """See the port."""
        return await self._require().state(device_id)

    async def subscribe(self, device_id: str) -> None:
        """See the port."""
        rest = self._require()
        assert self._listener is not None
        await rest.subscribe(device_id, self._listener)

    async def control(self, device_id: str, payload: Json, timeout: float = 10.0) -> None:
        """See the port."""
        await self._require().control(device_id, payload, timeout)

    async def heal(self) -> None:
        """See the port."""
        self._require()
        if self._channel is not None:
            await self._channel.heal()

    async def close(self) -> None:
        """See the port."""
        channel, rest = self._channel, self._rest
        self._channel = self._rest = self._listener = None
        if channel is not None:
            await channel.close()
        if rest is not None:
            await rest.close()

    def _require(self) -> RestClient:
        if self._rest is None:
            raise CloudError("not connected", fault=Fault.NETWORK)
        return self._rest

    async def _connect(
        self,
        listener: Listener,
        connector: aiohttp.BaseConnector,
        token: str,
        country: str,
        store: IdentityStore,
        authority: str = "",
    ) -> None:
        """Open REST, then the push channel.

        Raises:
            CloudError: Nothing is left open then.
        """
        await self.close()
        hide(token)
        self._listener = listener
        self._store = store
        session = aiohttp.ClientSession(connector=connector)
        api = ObservedApi(session, token, country, store.current.client_id)
        self._rest = RestClient(session, api)
        channel = PushChannel(self._rest, store, listener, self._settings, authority)
        try:
            await channel.open()
            if not store.current.told_of_devices:
                listener.admit("push_devices")
                await self._rest.subscribe_lives()
                store.keep_told()
        except BaseException:
            await channel.close()
            await self.close()
            raise
        self._channel = channel
        channel.start()


class SimulatedBackend(ThinQBackend):
    """The simulated cloud of one run: the same SDK, REST and MQTT on loopback."""

    def __init__(
        self, path: Path, settings: ChannelSettings | None = None, client_id: str = ""
    ) -> None:
        """Prepare.

        Args:
            path: File in which the simulated cloud announces itself.
            settings: Patience of the push channel.
            client_id: Where several clients meet; "": one that follows from the run.
        """
        super().__init__(settings)
        self._path = path
        self._client_id = client_id
        self._endpoint: Endpoint | None = None

    async def open(self, listener: Listener) -> None:
        """See the port."""
        try:
            endpoint = read_endpoint(self._path)
        except BadInputError as error:
            raise CloudError(f"no simulated cloud: {error}", fault=Fault.NETWORK) from error
        connector = simulated_connector(endpoint)
        store = self._store
        if store is None or endpoint != self._endpoint:
            # A new run is a new cloud: it knows nothing of the client of the last one.
            run = uuid.uuid5(_NAMESPACE, endpoint.authority)
            client_id = self._client_id or f"thinq-open-{run}"
            store = IdentityStore(None, endpoint.token, client_id)
        self._endpoint = endpoint
        await self._connect(listener, connector, endpoint.token, "KR", store, endpoint.authority)


class VendorBackend(ThinQBackend):
    """LG's own cloud. Never tried with an account: none was available."""

    def __init__(
        self,
        token: Secret | str,
        country: str,
        cache: Path | None = None,
        settings: ChannelSettings | None = None,
    ) -> None:
        """Prepare.

        Args:
            token: Personal access token.
            country: ISO code that selects the region.
            cache: File (0600) for client id, key and certificate; None: new ones at each start.
            settings: Patience of the push channel.
        """
        super().__init__(settings)
        self._token = token if isinstance(token, Secret) else Secret(token)
        self._country = country
        self._cache = cache

    async def open(self, listener: Listener) -> None:
        """See the port."""
        token = self._token.reveal()
        store = self._make_store(token)
        await self._connect(listener, aiohttp.TCPConnector(), token, self._country, store)

    def _make_store(self, token: str) -> IdentityStore:
        return self._store or IdentityStore(self._cache, token)


def simulated_connector(endpoint: Endpoint) -> aiohttp.BaseConnector:
    """Takes every request to the simulated cloud, over TLS with its own authority."""
    context = ssl.create_default_context(cadata=endpoint.authority)
    return aiohttp.TCPConnector(
        resolver=LoopbackResolver(endpoint.port), ssl=context, use_dns_cache=False
    )
