"""What happened, for ever: events numbered without gaps, and profiles, in SQLite (WAL)."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Json = Any
_SCHEMA = """
CREATE TABLE IF NOT EXISTS event (
    slug TEXT NOT NULL, seq INTEGER NOT NULL, stamp REAL NOT NULL, kind TEXT NOT NULL,
    name TEXT NOT NULL, value TEXT NOT NULL, late INTEGER NOT NULL, duplicate INTEGER NOT NULL,
    PRIMARY KEY (slug, seq)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS profile (device_id TEXT PRIMARY KEY, profile TEXT NOT NULL);
"""


@dataclass(frozen=True)
class Event:
    """One thing that happened to one appliance."""

    slug: str
    seq: int
    """1, 2, 3, ... for each appliance."""
    stamp: float
    """[s] of the bridge's clock."""
    kind: str
    """``property_changed``, ``push_code``, ``online`` or ``offline``."""
    name: str = ""
    value: Json = None
    late: bool = False
    duplicate: bool = False


class EventLog:
    """Appends events and remembers profiles; one thread at a time."""

    def __init__(self, path: Path | None = None) -> None:
        """``path``: database file (0600); None: in memory, forgotten at the end."""
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.touch(mode=0o600, exist_ok=True)
        self._db = sqlite3.connect(
            path or ":memory:", isolation_level=None, check_same_thread=False
        )
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.executescript(_SCHEMA)
        rows = self._db.execute("SELECT slug, MAX(seq) FROM event GROUP BY slug")
        self._last: dict[str, int] = dict(rows.fetchall())

    def append(
        self,
        slug: str,
        stamp: float,
        kind: str,
        name: str = "",
        value: Json = None,
        *,
        late: bool = False,
        duplicate: bool = False,
    ) -> Event:
        """Number an event and keep it."""
        seq = self._last.get(slug, 0) + 1
        self._db.execute(
            "INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (slug, seq, stamp, kind, name, json.dumps(value), late, duplicate),
        )
        self._last[slug] = seq
        return Event(slug, seq, stamp, kind, name, value, late, duplicate)

    def since(self, slug: str, seq: int) -> list[Event]:
        """Events of an appliance after number ``seq``, oldest first."""
        rows = self._db.execute(
            "SELECT slug, seq, stamp, kind, name, value, late, duplicate FROM event "
            "WHERE slug = ? AND seq > ? ORDER BY seq",
            (slug, seq),
        )
        return [
            Event(s, n, t, kind, name, json.loads(value), bool(late), bool(duplicate))
            for s, n, t, kind, name, value, late, duplicate in rows
        ]

    def profile(self, device_id: str) -> Mapping[str, Json] | None:
        """Profile kept for a device; None: none."""
        row = self._db.execute(
            "SELECT profile FROM profile WHERE device_id = ?", (device_id,)
        ).fetchone()
        return None if row is None else json.loads(row[0])

    def keep_profile(self, device_id: str, profile: Mapping[str, Json]) -> None:
        """Remember a profile: they do not change, and each costs a call."""
        self._db.execute(
            "INSERT OR REPLACE INTO profile VALUES (?, ?)", (device_id, json.dumps(profile))
        )

    def close(self) -> None:
        """Write everything and let go of the file."""
        self._db.close()
