"""A lease for as long as something runs: the caller's, or one of its own that is renewed."""

from __future__ import annotations

import asyncio

from hearth_appliances.core.leases import Lease, LeaseRefusedError
from hearth_appliances.core.pipeline import Pipeline

LEASE = 120.0
"""Own leases last this long [s] and are renewed four times within."""


class Leased:
    """Async context manager; gives the :class:`Lease`, raises LeaseRefusedError."""

    def __init__(self, pipeline: Pipeline, slug: str, holder: str, token: int) -> None:
        self._pipeline, self._slug, self._holder, self._token = pipeline, slug, holder, token
        self._keeper: asyncio.Task[None] | None = None
        self._lease: Lease | None = None

    async def __aenter__(self) -> Lease:
        hub = self._pipeline.hub
        if self._token:
            return hub.leases.check(self._slug, self._token, hub.clock())
        lease = self._pipeline.acquire(self._slug, self._holder or "bridge", LEASE)
        self._lease = lease
        self._keeper = asyncio.create_task(self._keep(lease.token))
        return lease

    async def __aexit__(self, *_: object) -> None:
        if self._keeper is not None:
            self._keeper.cancel()
        if self._lease is not None:
            self._pipeline.release(self._slug, self._lease.token)

    async def _keep(self, token: int) -> None:
        while True:
            await asyncio.sleep(0.25 * LEASE)
            try:
                self._pipeline.renew(self._slug, token, LEASE)
            except LeaseRefusedError:
                return  # a person took it: commands are refused from now on
