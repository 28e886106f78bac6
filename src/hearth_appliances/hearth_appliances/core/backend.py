"""The port of an appliance cloud, and what its pushes say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from hearth_core.errors import HearthError

from hearth_appliances.core.profile import flatten_state
from hearth_appliances.core.values import DeviceInfo

Json = Any
_LIFE = {"DEVICE_REGISTERED", "DEVICE_UNREGISTERED", "DEVICE_ALIAS_CHANGED"}


class CloudError(HearthError):
    """The cloud cannot be reached or refused; never carries headers or tokens."""

    def __init__(self, message: str, code: str = "") -> None:
        """``code``: the vendor's error code, "" when it gave none."""
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Push:
    """One message of the push channel."""

    kind: str
    """``DEVICE_STATUS``, ``DEVICE_PUSH``, ``DEVICE_REGISTERED``, ..."""
    device_id: str
    report: Mapping[str, Json]
    """Flat values; only what changed."""
    code: str = ""
    """Of a DEVICE_PUSH (``WASHING_IS_COMPLETE``)."""
    stamp: float | None = None
    """When the cloud says it happened [s]; None: it does not say."""


class Backend(Protocol):
    """A cloud of appliances. Every call may raise :class:`CloudError`."""

    async def open(self) -> None:
        """Connect, the push channel first, so that nothing is missed."""

    async def devices(self) -> Sequence[DeviceInfo]:
        """All devices of the user (slugs empty)."""

    async def profile(self, device_id: str) -> Mapping[str, Json]:
        """What a device can do."""

    async def state(self, device_id: str) -> Mapping[str, Json]:
        """Its state, flat."""

    async def subscribe(self, device_id: str) -> None:
        """Ask for pushes of a device; again and again is fine."""

    async def control(self, device_id: str, payload: Json) -> None:
        """Write."""

    async def next_push(self) -> Push:
        """Wait for a push; raises CloudError when the channel is lost."""

    async def close(self) -> None:
        """Let go; never raises."""


def parse_push(message: Json) -> Push | None:
    """Read a push, flat or wrapped in ``event`` or ``push``; None: nothing for us.

    Shapes seen or documented differ; what is not understood is no error but no push.
    """
    if not isinstance(message, Mapping):
        return None
    inner: Json = message
    for key in ("event", "push"):
        if isinstance(message.get(key), Mapping):
            inner = message[key]
    kind, device_id = inner.get("pushType"), inner.get("deviceId")
    if not isinstance(kind, str) or not isinstance(device_id, str):
        return None
    if kind not in {"DEVICE_STATUS", "DEVICE_PUSH"} | _LIFE:
        return None
    return Push(
        kind,
        device_id,
        flatten_state(inner.get("report", {})),
        str(inner.get("pushCode", "")),
        _parse_time(message.get("timestamp", inner.get("timestamp"))),
    )


def _parse_time(text: Json) -> float | None:
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
