"""The port of an appliance cloud, and what its pushes say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Protocol

from hearth_appliances.core.faults import CloudError, Fault
from hearth_appliances.core.profile import flatten_state
from hearth_appliances.core.values import DeviceInfo

__all__ = ["Backend", "CloudError", "Fault", "Link", "Listener", "Push", "Reading", "parse_push"]

Json = Any
_LIFE = {"DEVICE_REGISTERED", "DEVICE_UNREGISTERED", "DEVICE_ALIAS_CHANGED"}


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
    message_id: str = ""
    """The cloud's name of the message, the same when delivered again; "": it gave none."""
    cursor: int | None = None
    """Place in a recording, kept with what the push changed; live channels have none."""


@dataclass(frozen=True)
class Reading:
    """A device's whole state, as asked for."""

    values: Mapping[str, Json]
    """Flat values."""
    stamp: float | None = None
    """When the cloud answered, by its own clock [s]; None: it did not say."""


class Link(Enum):
    """The push channel."""

    DOWN = "down"
    """Closed, or given up: the hub opens the back end again."""
    INTERRUPTED = "interrupted"
    """Lost; the back end reconnects by itself and says so."""
    UP = "up"
    """Connected and subscribed. Said after each reconnect: what comes next may be a late burst."""


class Listener(Protocol):
    """What a back end calls; always in the event loop's own thread, never from another."""

    def on_push(self, push: Push) -> None:
        """A message of the push channel; returns at once."""

    def on_link(self, link: Link, reason: str = "") -> None:
        """The push channel changed; ``reason`` is for people."""

    def admit(self, call: str) -> None:
        """Ask before each REST call that no method of the port stands for.

        ``devices``, ``profile``, ``state``, ``subscribe`` and ``control`` are one REST call each
        and are counted by the hub. What ``open`` and ``heal`` send of their own accord
        (``route``, ``client``, ``certificate``) is announced here, one by one.

        Raises:
            CloudError: RATE_LIMIT or BUDGET: it must not be sent.
        """


class Backend(Protocol):
    """A cloud of appliances: ThinQ, the simulated one, a recording; Matter has its seam here.

    Every call may raise :class:`CloudError`, with its class in ``fault``; nothing else. No
    method repeats or queues a request: whether to try again is the hub's decision.
    """

    @property
    def identity(self) -> str:
        """What subscriptions belong to (client id): with the same one they live on."""

    async def open(self, listener: Listener) -> None:
        """Connect, the push channel first, so that nothing is missed; then Link.UP is said."""

    async def devices(self) -> Sequence[DeviceInfo]:
        """All devices of the user (slugs empty)."""

    async def profile(self, device_id: str) -> Mapping[str, Json]:
        """What a device can do."""

    async def state(self, device_id: str) -> Reading:
        """Its state."""

    async def subscribe(self, device_id: str) -> None:
        """Ask for pushes of a device; again and again is fine."""

    async def control(self, device_id: str, payload: Json, timeout: float = 10.0) -> None:
        """Write, at once or never: after ``timeout`` [s] it must not be sent any more."""

    async def heal(self) -> None:
        """Subscribe to the push channel again without a REST call (MQTT SUBSCRIBE).

        Called every half minute and whenever pushes seem to be missing; repairs a session
        that the broker forgot. Raises CloudError when the channel does not answer.
        """

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
        str(message.get("messageId", inner.get("messageId", ""))),
    )


def _parse_time(text: Json) -> float | None:
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
