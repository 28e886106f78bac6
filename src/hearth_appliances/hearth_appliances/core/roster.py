"""Which devices there are: those that come, go, and are subscribed to."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING

from hearth_core.errors import BadInputError

from hearth_appliances.core.backend import CloudError, Fault
from hearth_appliances.core.budget import Priority
from hearth_appliances.core.profile import Json
from hearth_appliances.core.values import DeviceInfo

if TYPE_CHECKING:
    from hearth_appliances.core.hub import Hub

_EMPTY: Mapping[str, Json] = {"property": {}}


class Roster:
    """Keeps a hub's devices."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def adopt(self, info: DeviceInfo) -> None:
        """Begin with a device: a call for its state, and what is not remembered."""
        device_id = info.device_id
        profile = self._hub.store.profile(device_id)
        try:
            if profile is None:
                profile = await self._hub.call(
                    Priority.CONNECT, lambda: self._hub.backend.profile(device_id)
                )
                self._hub.store.keep_profile(device_id, profile)
            try:
                self._hub.ingest.adopt(info, profile, self._hub.clock())
            except BadInputError as error:
                self._hub.problem = f"{info.alias}: {error}"
                self._hub.ingest.adopt(info, _EMPTY, self._hub.clock())
            since = await self.subscribe(device_id)
            self._hub.watchdog.follow(device_id, asyncio.get_running_loop().time(), since)
            await self._hub.poll(device_id, Priority.CONNECT)
        except CloudError as error:
            if error.cloud_lost or error.fault is Fault.BUDGET:
                raise
            if device_id in self._hub.ingest.appliances:
                self._hub.watchdog.suspect(device_id)
                self._hub.ingest.publish()

    async def subscribe(self, device_id: str, *, again: bool = False) -> float:
        """Ask for pushes unless that was done lately; since when [s of the loop]."""
        now, loop_now = self._hub.wall(), asyncio.get_running_loop().time()
        identity = self._hub.backend.identity
        since = self._hub.store.subscribed(identity, device_id) if identity else None
        if again or since is None or not 0.0 <= now - since < self._hub.settings.watch.expiry:
            await self._hub.call(Priority.CONNECT, lambda: self._hub.backend.subscribe(device_id))
            since = now
            if identity:
                self._hub.store.keep_subscription(identity, device_id, now)
        return loop_now - (now - since)

    async def lives(self) -> None:
        """Devices that came, went or were renamed."""
        others, self._hub.others = self._hub.others, []
        for push in others:
            if push.kind == "DEVICE_UNREGISTERED":
                self.remove(push.device_id)
                continue
            known = push.device_id in self._hub.ingest.appliances
            if known and push.kind == "DEVICE_REGISTERED":
                continue
            for info in await self._hub.call(Priority.CONNECT, self._hub.backend.devices):
                if info.device_id == push.device_id:
                    await self.adopt(info)

    def remove(self, device_id: str) -> None:
        """A device is no longer the user's."""
        self._hub.watchdog.forget(device_id)
        self._hub.ingest.remove(device_id, self._hub.clock())
