"""Clients of the cloud: who registered, and who wants to be told of what."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field

_SAFE = re.compile(r"[A-Za-z0-9_-]{1,64}")


def mqtt_name(client_id: str) -> str:
    """Name of a client in certificates and topics: its id where that is harmless there."""
    if _SAFE.fullmatch(client_id):
        return client_id
    return hashlib.sha256(client_id.encode()).hexdigest()


@dataclass
class Client:
    """One client id and its subscriptions."""

    client_id: str
    registered: bool = False
    certified: bool = False
    events: dict[str, float] = field(default_factory=dict)
    """Device id -> when it ends [s]."""
    pushes: set[str] = field(default_factory=set)
    """Device ids whose push codes are wanted."""
    lives: bool = False
    """Whether it wants to know of devices that come and go."""

    @property
    def name(self) -> str:
        """In certificates and topics."""
        return mqtt_name(self.client_id)

    def wants(self, kind: str, device_id: str, now: float) -> bool:
        """Whether a push of a kind is for this client."""
        if kind == "DEVICE_STATUS":
            return self.events.get(device_id, 0.0) > now
        if kind == "DEVICE_PUSH":
            return device_id in self.pushes
        return self.lives

    def unsubscribe(self, kind: str, device_id: str) -> None:
        """Take back an ``event`` or ``push`` subscription."""
        if kind == "event":
            self.events.pop(device_id, None)
        else:
            self.pushes.discard(device_id)


class Clients:
    """All of them, by client id."""

    def __init__(self) -> None:
        self._clients: dict[str, Client] = {}

    def get(self, client_id: str) -> Client:
        """That client; a new one is made."""
        return self._clients.setdefault(client_id, Client(client_id))

    def wanting(self, kind: str, device_id: str, now: float) -> list[Client]:
        """Those a push is for."""
        return [c for c in self._clients.values() if c.wants(kind, device_id, now)]

    def forget_subscriptions(self) -> None:
        """Silence, and nobody is told."""
        for client in self._clients.values():
            client.events.clear()
            client.pushes.clear()
