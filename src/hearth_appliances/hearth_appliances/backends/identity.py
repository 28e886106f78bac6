"""Who this client is to the cloud: client id, key and certificate, kept in a 0600 file."""

from __future__ import annotations

import hashlib
import json
import secrets
import uuid
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hearth_core.errors import BadInputError

from hearth_appliances.core.secrets import read_private, write_private

_SPARE = timedelta(days=1)
"""A certificate that ends sooner is asked for anew."""


@dataclass(frozen=True)
class Ticket:
    """What opens the push channel."""

    server: str
    port: int | None
    """None: the SDK's own choice."""
    topic: str
    certificate: str = field(repr=False)
    key: str = field(repr=False)
    authority: str = field(repr=False)
    expires: str = ""
    """When the certificate ends, ISO 8601."""

    def valid(self) -> bool:
        """Whether it is good for another day."""
        try:
            return datetime.now(UTC) + _SPARE < datetime.fromisoformat(self.expires)
        except (ValueError, TypeError):
            return False


@dataclass(frozen=True)
class Identity:
    """A client id that lives on, and its ticket if there is one."""

    client_id: str
    ticket: Ticket | None = None
    told_of_devices: bool = False
    """Whether it subscribed to devices that come and go."""


class IdentityStore:
    """Keeps one identity; in memory only where there is no file."""

    def __init__(self, path: Path | None, token: str, client_id: str = "") -> None:
        """Keep in ``path``.

        Args:
            path: File; None: nothing is kept.
            token: An identity belongs to its account; only a salted digest is written.
            client_id: Instead of a new random one.
        """
        self._path = path
        self._token = token
        self._fresh = client_id
        self.current = self._read() or self._new()

    def keep(self, ticket: Ticket | None) -> None:
        """Remember a ticket; None: forget it, the client id stays."""
        self.current = replace(self.current, ticket=ticket)
        self._write()

    def keep_told(self) -> None:
        """Remember that devices that come and go are subscribed to."""
        self.current = replace(self.current, told_of_devices=True)
        self._write()

    def _new(self) -> Identity:
        return Identity(self._fresh or f"thinq-open-{uuid.uuid4()}")

    def _read(self) -> Identity | None:
        if self._path is None or not self._path.exists():
            return None
        try:
            content = json.loads(read_private(self._path))
            salt, digest = content.pop("account").split(":")
            ticket = content.pop("ticket")
            if digest != _digest(salt, self._token):
                return None
            return Identity(**content, ticket=Ticket(**ticket) if ticket else None)
        except (BadInputError, ValueError, TypeError, KeyError, AttributeError):
            return None  # it is a cache: made again

    def _write(self) -> None:
        if self._path is None:
            return
        salt = secrets.token_hex(16)
        content = {**asdict(self.current), "account": f"{salt}:{_digest(salt, self._token)}"}
        write_private(self._path, json.dumps(content))


def _digest(salt: str, token: str) -> str:
    return hashlib.sha256((salt + token).encode()).hexdigest()
