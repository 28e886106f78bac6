"""What the bridge remembers over restarts, in SQLite (WAL): one file, one writer.

Events numbered without gaps, the newest value of every property, profiles, slugs, calls made,
the end of a back-off, subscriptions, the last fencing token. What one push changes is written
in one transaction, so that a process killed at any moment starts again from a state that was.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hearth_appliances.core.events import Event
from hearth_appliances.core.values import DeviceInfo, Quality, Source, Value

Json = Any
_SCHEMA = """
CREATE TABLE IF NOT EXISTS event (
    slug TEXT NOT NULL, seq INTEGER NOT NULL, stamp REAL NOT NULL, kind TEXT NOT NULL,
    name TEXT NOT NULL, value TEXT NOT NULL, late INTEGER NOT NULL, duplicate INTEGER NOT NULL,
    source INTEGER NOT NULL DEFAULT 0, device_stamp REAL,
    PRIMARY KEY (slug, seq)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS profile (device_id TEXT PRIMARY KEY, profile TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS device (device_id TEXT PRIMARY KEY, slug TEXT NOT NULL UNIQUE,
    device_type TEXT NOT NULL, alias TEXT NOT NULL, model TEXT NOT NULL, removed INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS value (
    device_id TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, source INTEGER NOT NULL,
    stamp REAL NOT NULL, device_stamp REAL, ordering REAL, moved INTEGER NOT NULL,
    PRIMARY KEY (device_id, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS seen (
    device_id TEXT NOT NULL, message_id TEXT NOT NULL, number INTEGER NOT NULL,
    PRIMARY KEY (device_id, message_id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS call (stamp REAL NOT NULL, priority INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS call_stamp ON call (stamp);
CREATE TABLE IF NOT EXISTS subscription (identity TEXT NOT NULL, device_id TEXT NOT NULL,
    stamp REAL NOT NULL, PRIMARY KEY (identity, device_id));
CREATE TABLE IF NOT EXISTS note (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
_EVENT = "slug, seq, stamp, kind, name, value, late, duplicate, source, device_stamp"
CHECKPOINT_PAGES = 2000
"""The log of writes is folded into the file when it has grown by this much."""


class Store:
    """One database; used by one thread, checkpointed by another."""

    def __init__(self, path: Path | None = None) -> None:
        """``path``: database file (0600); None: in memory, forgotten at the end."""
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.touch(mode=0o600, exist_ok=True)
        self._path = path
        self._db = sqlite3.connect(
            path or ":memory:", isolation_level=None, check_same_thread=False
        )
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        if path is not None:  # a checkpoint waits for the disk: not in the thread that publishes
            self._db.execute("PRAGMA wal_autocheckpoint=0")
        self._db.executescript(_SCHEMA)
        rows = self._db.execute("SELECT slug, MAX(seq) FROM event GROUP BY slug")
        self._last: dict[str, int] = dict(rows.fetchall())
        (self._written,) = self._db.execute("SELECT COUNT(*) FROM seen").fetchone()
        self._depth = 0
        self._dirty = 0
        self._folder: threading.Thread | None = None

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing of what is written inside; may be nested."""
        if self._depth:
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1
            return
        self._db.execute("BEGIN IMMEDIATE")
        self._depth = 1
        last = dict(self._last)
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            self._last = last
            raise
        else:
            self._db.execute("COMMIT")
        finally:
            self._depth = 0
        self._fold()

    # Events

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
        source: Source = Source.UNKNOWN,
        device_stamp: float | None = None,
    ) -> Event:
        """Number an event and keep it."""
        seq = self._last.get(slug, 0) + 1
        event = Event(
            slug, seq, stamp, kind, name, value, late, duplicate, int(source), device_stamp
        )
        self._write(
            "INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                slug, seq, stamp, kind, name, json.dumps(value), late, duplicate,
                int(source), device_stamp,
            ),
        )  # fmt: skip
        self._last[slug] = seq
        return event

    def last_seq(self, slug: str) -> int:
        """Number of an appliance's newest event; 0: none."""
        return self._last.get(slug, 0)

    def since(self, slug: str, seq: int, limit: int = -1) -> list[Event]:
        """Events of an appliance after number ``seq``, oldest first, ``limit`` at most."""
        rows = self._db.execute(
            f"SELECT {_EVENT} FROM event WHERE slug = ? AND seq > ? ORDER BY seq LIMIT ?",
            (slug, seq, limit),
        )
        return [
            Event(s, n, t, kind, name, json.loads(value), bool(late), bool(dup), source, device)
            for s, n, t, kind, name, value, late, dup, source, device in rows
        ]

    def was_online(self, slug: str) -> bool | None:
        """What was last said of an appliance; None: nothing."""
        row = self._db.execute(
            "SELECT kind FROM event WHERE slug = ? AND kind IN ('online', 'offline') "
            "ORDER BY seq DESC LIMIT 1",
            (slug,),
        ).fetchone()
        return None if row is None else row[0] == "online"

    # Devices

    def slugs(self) -> dict[str, str]:
        """Slug of every device ever seen, by its id: names of topics do not wander."""
        return dict(self._db.execute("SELECT device_id, slug FROM device").fetchall())

    def devices(self) -> list[DeviceInfo]:
        """Devices of the user when last listed."""
        rows = self._db.execute(
            "SELECT device_id, device_type, alias, model, slug FROM device WHERE NOT removed "
            "ORDER BY slug"
        )
        return [DeviceInfo(*row) for row in rows]

    def keep_device(self, info: DeviceInfo, *, removed: bool = False) -> None:
        """Remember a device and its slug."""
        self._write(
            "INSERT OR REPLACE INTO device VALUES (?, ?, ?, ?, ?, ?)",
            (info.device_id, info.slug, info.device_type, info.alias, info.model, removed),
        )

    def profile(self, device_id: str) -> Mapping[str, Json] | None:
        """Profile kept for a device; None: none."""
        row = self._db.execute(
            "SELECT profile FROM profile WHERE device_id = ?", (device_id,)
        ).fetchone()
        return None if row is None else json.loads(row[0])

    def keep_profile(self, device_id: str, profile: Mapping[str, Json]) -> None:
        """Remember a profile: they do not change, and each costs a call."""
        self._write(
            "INSERT OR REPLACE INTO profile VALUES (?, ?)", (device_id, json.dumps(profile))
        )

    # Values

    def values(self, device_id: str) -> tuple[dict[str, Value], set[str]]:
        """Newest values of a device, as a cache, and the names that were seen to move."""
        rows = self._db.execute(
            "SELECT name, value, source, stamp, device_stamp, ordering, moved FROM value "
            "WHERE device_id = ?",
            (device_id,),
        ).fetchall()
        values = {
            name: Value(
                json.loads(value), Source(source), Quality.STALE, stamp, device_stamp, order, True
            )
            for name, value, source, stamp, device_stamp, order, _ in rows
        }
        return values, {row[0] for row in rows if row[6]}

    def keep_values(self, device_id: str, values: Mapping[str, Value], moved: set[str]) -> None:
        """Remember these values of a device."""
        self._db.executemany(
            "INSERT OR REPLACE INTO value VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    device_id, name, json.dumps(item.value), int(item.source),
                    item.receive_stamp, item.device_stamp, item.order, name in moved,
                )
                for name, item in values.items()
            ],
        )  # fmt: skip
        self._dirty += 1

    # Messages

    def first_time(self, device_id: str, message_id: str) -> bool:
        """Whether a message was never seen before; it is remembered from now on."""
        cursor = self._db.execute(
            "INSERT OR IGNORE INTO seen VALUES (?, ?, ?)", (device_id, message_id, self._written)
        )
        if cursor.rowcount == 0:
            return False
        self._written += 1
        self._dirty += 1
        if self._written % 5000 == 0:
            self._db.execute("DELETE FROM seen WHERE number < ?", (self._written - 20000,))
        return True

    # Calls, subscriptions, notes

    def add_call(self, stamp: float, priority: int) -> None:
        """Remember that a REST call was made at ``stamp`` [s, wall time]."""
        self._write("INSERT INTO call VALUES (?, ?)", (stamp, priority))

    def calls_since(self, stamp: float) -> list[float]:
        """Stamps of the calls after ``stamp`` [s]; older ones are forgotten."""
        self._db.execute("DELETE FROM call WHERE stamp <= ?", (stamp,))
        return [row[0] for row in self._db.execute("SELECT stamp FROM call ORDER BY stamp")]

    def subscribed(self, identity: str, device_id: str) -> float | None:
        """When a device was subscribed to with this identity [s, wall time]; None: never."""
        row = self._db.execute(
            "SELECT stamp FROM subscription WHERE identity = ? AND device_id = ?",
            (identity, device_id),
        ).fetchone()
        return None if row is None else float(row[0])

    def keep_subscription(self, identity: str, device_id: str, stamp: float | None) -> None:
        """Remember a subscription; None: it is gone."""
        if stamp is None:
            self._write("DELETE FROM subscription WHERE device_id = ?", (device_id,))
        else:
            self._write(
                "INSERT OR REPLACE INTO subscription VALUES (?, ?, ?)",
                (identity, device_id, stamp),
            )

    def note(self, name: str) -> Json:
        """A small thing remembered by name; None: nothing."""
        row = self._db.execute("SELECT value FROM note WHERE name = ?", (name,)).fetchone()
        return None if row is None else json.loads(row[0])

    def keep_note(self, name: str, value: Json) -> None:
        """Remember a small thing."""
        self._write("INSERT OR REPLACE INTO note VALUES (?, ?)", (name, json.dumps(value)))

    def close(self) -> None:
        """Write everything and let go of the file."""
        if self._folder is not None:
            self._folder.join(5.0)
        self._db.close()

    def _write(self, statement: str, values: Sequence[Json]) -> None:
        self._db.execute(statement, values)
        self._dirty += 1
        if not self._depth:
            self._fold()

    def _fold(self) -> None:
        busy = self._folder is not None and self._folder.is_alive()
        if self._path is None or busy or self._dirty < CHECKPOINT_PAGES:
            return
        self._dirty = 0
        self._folder = threading.Thread(
            target=_checkpoint, args=(self._path,), name="appliance_store", daemon=True
        )
        self._folder.start()


def _checkpoint(path: Path) -> None:
    database = sqlite3.connect(path, isolation_level=None, timeout=1.0)
    try:
        database.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
    except sqlite3.OperationalError:
        pass  # busy: the next one will do
    finally:
        database.close()
