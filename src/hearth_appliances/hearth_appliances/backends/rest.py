"""The vendor's REST interface through its own SDK."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import aiohttp

from hearth_appliances.backends.failures import to_cloud_error
from hearth_appliances.backends.sdk import ThinQApi
from hearth_appliances.core.backend import CloudError, Fault, Listener, Reading
from hearth_appliances.core.profile import Json, flatten_state
from hearth_appliances.core.values import DeviceInfo

ALREADY_SUBSCRIBED = "1207"


@dataclass
class _Answer:
    """What the SDK does not hand on."""

    status: int | None = None
    stamp: float | None = None


_ANSWER: ContextVar[_Answer] = ContextVar("_ANSWER")


class ObservedApi(ThinQApi):
    """The SDK's client; notes status and time of each answer for whoever asked."""

    async def _async_fetch(self, method: str, url: Any, **kwargs: Any) -> aiohttp.ClientResponse:
        response = await super()._async_fetch(method, url, **kwargs)
        seen = _ANSWER.get(None)
        if seen is not None:
            seen.status = response.status
            seen.stamp = _stamp(await response.read())  # kept: the SDK reads it again
        return response


class RestClient:
    """One session with the cloud; each method is one request."""

    def __init__(self, session: aiohttp.ClientSession, api: ThinQApi) -> None:
        self.api = api
        self._session = session

    async def close(self) -> None:
        """Let the connections go."""
        await self._session.close()

    async def devices(self) -> Sequence[DeviceInfo]:
        """All devices of the user."""
        listed, _ = await self.call(self.api.async_get_device_list(), "device list")
        if not isinstance(listed, list):
            raise _senseless("device list")
        return [_device(item) for item in listed if isinstance(item, Mapping)]

    async def profile(self, device_id: str) -> Mapping[str, Json]:
        """What a device can do."""
        found, _ = await self.call(self.api.async_get_device_profile(device_id), "profile")
        if not isinstance(found, Mapping):
            raise _senseless("profile")
        return found

    async def state(self, device_id: str) -> Reading:
        """What a device says."""
        found, stamp = await self.call(self.api.async_get_device_status(device_id), "state")
        if not isinstance(found, Mapping | list):
            raise _senseless("state")
        return Reading(flatten_state(found), stamp)

    async def subscribe(self, device_id: str, listener: Listener) -> None:
        """Ask for states, and for push codes where the device has any."""
        await self._once(self.api.async_post_event_subscribe(device_id), "subscribe")
        listener.admit("push_subscribe")
        try:
            await self._once(self.api.async_post_push_subscribe(device_id), "subscribe to pushes")
        except CloudError as error:
            if error.fault is not Fault.REFUSED:  # some devices have none
                raise

    async def control(self, device_id: str, payload: Json, timeout: float) -> None:
        """Write."""
        await self.call(self.api.async_post_device_control(device_id, payload, timeout), "control")

    async def subscribe_lives(self) -> None:
        """Ask to be told of devices that come and go."""
        await self._once(self.api.async_post_push_devices_subscribe(), "subscribe to devices")

    async def call(self, request: Awaitable[Any], what: str) -> tuple[Any, float | None]:
        """Await an SDK call; returns its answer and the cloud's time of it.

        Raises:
            CloudError: Whatever went wrong, without its headers.
        """
        seen = _Answer()
        mark = _ANSWER.set(seen)
        try:
            return await request, seen.stamp
        except Exception as error:
            problem = to_cloud_error(error, what, seen.status)
            if problem is None and self._session.closed:
                problem = CloudError(f"{what}: closed meanwhile", fault=Fault.NETWORK)
            if problem is None:
                raise
        finally:
            _ANSWER.reset(mark)
        raise problem  # out here: what the SDK raised carries the token, and is no context of it

    async def _once(self, request: Awaitable[Any], what: str) -> None:
        try:
            await self.call(request, what)
        except CloudError as error:
            if error.code != ALREADY_SUBSCRIBED:
                raise


def _senseless(what: str) -> CloudError:
    return CloudError(f"{what}: the cloud answered with something else", fault=Fault.OUTAGE)


def _stamp(body: bytes) -> float | None:
    try:
        text = json.loads(body)["timestamp"]
        moment = datetime.fromisoformat(text)
    except (ValueError, TypeError, KeyError):
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _device(item: Mapping[str, Any]) -> DeviceInfo:
    info = item.get("deviceInfo") or {}
    device_id = str(item.get("deviceId", ""))
    return DeviceInfo(
        device_id,
        str(info.get("deviceType", "")),
        str(info.get("alias", "")) or device_id[:8],
        str(info.get("modelName", "")),
    )
