"""Ten thousand pushes dropped, doubled, shuffled and delayed, and a process that is killed."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time as wall
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from hearth_appliances.backends.replay import ReplayBackend
from hearth_appliances.core.backend import Push, Reading, parse_push
from hearth_appliances.core.events import Event
from hearth_appliances.core.ingest import CURSOR, Ingest
from hearth_appliances.core.profile import Json
from hearth_appliances.core.store import Store
from hearth_appliances.core.values import DeviceInfo

DEVICES, KEYS = 5, 4
EPOCH = 1_700_000_000.0


@dataclass(frozen=True)
class Delivery:
    """One push as it arrives."""

    received: float
    message: Json
    repeat: bool
    """Whether it was delivered before."""


@dataclass
class Toll:
    """What went wrong."""

    delivered: int = 0
    late: int = 0
    duplicates: int = 0
    unmarked: int = 0
    """Late or repeated and not marked so."""
    slandered: int = 0
    """Marked although new."""
    wrong: int = 0
    """Values that are not the newest delivered, or after a poll not the truth."""


def make_storm(count: int, seed: int) -> tuple[list[Delivery], dict[str, dict[str, int]]]:
    """Deliveries in order of arrival, and the truth at the end by device."""
    draw = random.Random(seed)
    truth: dict[str, dict[str, int]] = {f"d{i}": {} for i in range(DEVICES)}
    out: list[Delivery] = []
    for number in range(count):
        device = f"d{draw.randrange(DEVICES)}"
        keys = draw.sample(range(KEYS), draw.choice((1, 1, 2)))
        report = {f"key{key}": number for key in keys}
        truth[device] |= report
        moment = EPOCH + 0.5 * number
        inner = {"pushType": "DEVICE_STATUS", "deviceId": device, "report": {"state": report}}
        stamp = datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")
        message: dict[str, Json] = {"timestamp": stamp, "event": inner}
        if draw.random() < 0.7:
            message["messageId"] = f"{draw.getrandbits(64):016x}"
        if draw.random() < 0.1:
            continue  # dropped
        delay = draw.expovariate(1.0 / 0.4) if draw.random() < 0.8 else draw.uniform(1.0, 60.0)
        out.append(Delivery(moment + delay, message, repeat=False))
        while draw.random() < 0.1:
            delay += draw.uniform(0.0, 30.0)
            out.append(Delivery(moment + delay, message, repeat=True))
    out.sort(key=lambda item: item.received)
    return out, truth


def profile() -> Mapping[str, Json]:
    """Of every device of a storm."""
    leaf = {"type": "number", "mode": ["r"]}
    return {"property": {"state": {f"key{key}": leaf for key in range(KEYS)}}}


def infos() -> list[DeviceInfo]:
    """Devices of a storm."""
    return [DeviceInfo(f"d{i}", "DEVICE_STORM", f"Device {i}") for i in range(DEVICES)]


def weather(count: int, seed: int, store: Store) -> Toll:
    """Let a storm pass over an ingest, and count what it gets wrong."""
    deliveries, truth = make_storm(count, seed)
    events: list[Event] = []
    ingest = Ingest(store, lambda _: None, events.append)
    for info in infos():
        ingest.adopt(info, profile(), EPOCH)
    ingest.publish()
    toll = Toll(delivered=len(deliveries))
    newest: dict[tuple[str, str], tuple[float, int]] = {}
    for item in deliveries:
        push = parse_push(item.message)
        assert push is not None
        before = len(events)
        ingest.pushes([(push, item.received, False)])
        said = [e for e in events[before:] if e.kind == "property_changed"]
        _judge(toll, item, push, said, newest)
    for (device, name), (_, value) in newest.items():
        known = ingest.appliances[device].shadow.values[name].value
        toll.wrong += known != value
    for device, values in truth.items():
        reading = Reading({f"MAIN/state/{key}": value for key, value in values.items()})
        ingest.reading(device, reading, EPOCH + 0.5 * count + 120.0)
        for key, value in values.items():
            known = ingest.appliances[device].shadow.values[f"MAIN/state/{key}"].value
            toll.wrong += known != value
    toll.late, toll.duplicates = ingest.counts.late, ingest.counts.duplicates
    return toll


def _judge(
    toll: Toll,
    item: Delivery,
    push: Push,
    said: Sequence[Event],
    newest: dict[tuple[str, str], tuple[float, int]],
) -> None:
    assert push.stamp is not None
    for name, value in push.report.items():
        key = (push.device_id, name)
        known = newest.get(key)
        late = known is not None and push.stamp < known[0]
        marks = [event for event in said if event.name == name]
        fresh = any(not event.late and not event.duplicate for event in marks)
        if (late or item.repeat) and (fresh or not marks):
            toll.unmarked += 1
        elif not late and not item.repeat and not fresh:
            toll.slandered += 1
        if not late:
            newest[key] = (push.stamp, value)


# Killed and begun again


def write_recording(path: Path, count: int, seed: int) -> int:
    """A storm as a recording; returns the number of pushes."""
    deliveries, _ = make_storm(count, seed)
    lines: list[Json] = [
        {"devices": [vars(info) for info in infos()]},
        *({"device": info.device_id, "profile": profile()} for info in infos()),
        *({"t": item.received, "push": item.message} for item in deliveries),
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return len(deliveries)


def replay(recording: Path, database: Path, pause: float = 0.0) -> None:
    """Play a recording into a store, from where it was to the end."""
    backend = ReplayBackend(recording, paced=False)
    store = Store(database)
    ingest = Ingest(store, lambda _: None, lambda _: None)
    cursor = store.note(CURSOR)
    left = backend.pushes(cursor if isinstance(cursor, int) else 0)
    ingest.restore(left[0][0] if left else EPOCH)
    for info in backend._devices:
        if info.device_id not in ingest.appliances:
            found = backend._profiles[info.device_id]
            store.keep_profile(info.device_id, found)
            ingest.adopt(info, found, EPOCH)
    batch: list[tuple[Push, float, bool]] = []
    for received, push in left:
        batch.append((push, received, False))
        if len(batch) == 7:
            ingest.pushes(batch)
            batch.clear()
            wall.sleep(pause)
    if pause:
        wall.sleep(60.0)  # to be killed: it must not get away because the killer had to wait
    ingest.pushes(batch)
    store.keep_note("finished", True)
    store.close()


def replay_killed(recording: Path, database: Path, kills: int, seed: int) -> int:
    """The same in processes that are killed with SIGKILL; returns how many were."""
    draw = random.Random(seed)
    killed = 0
    while True:
        process = subprocess.Popen(
            [sys.executable, "-m", __name__, str(recording), str(database)],
            env={**os.environ, "HEARTH_STORM_PAUSE": "0.02" if killed < kills else "0"},
        )
        try:
            if killed >= kills:
                process.wait(120.0)
                return killed
            _wait_for_progress(database, process)
            wall.sleep(draw.uniform(0.0, 0.2))
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
                process.wait()
                killed += 1
        if _noted(database, "finished"):
            return killed


def dump(database: Path) -> list[tuple[Json, ...]]:
    """Everything that a replay must leave alike."""
    connection = sqlite3.connect(database)
    try:
        rows = connection.execute("SELECT * FROM event ORDER BY slug, seq").fetchall()
        rows += connection.execute("SELECT * FROM value ORDER BY device_id, name").fetchall()
        rows += connection.execute("SELECT device_id, message_id FROM seen ORDER BY 1, 2")
    finally:
        connection.close()
    return rows


def _wait_for_progress(database: Path, process: subprocess.Popen[bytes]) -> None:
    before = _noted(database, "cursor")
    deadline = wall.monotonic() + 10.0  # it may be at the end already
    while (
        process.poll() is None
        and _noted(database, "cursor") == before
        and wall.monotonic() < deadline
    ):
        wall.sleep(0.005)


def _noted(database: Path, name: str) -> Json:
    if not database.exists():
        return None
    connection = sqlite3.connect(database, timeout=5.0)
    try:
        row = connection.execute("SELECT value FROM note WHERE name = ?", (name,)).fetchone()
    except sqlite3.OperationalError:
        return None
    finally:
        connection.close()
    return None if row is None else json.loads(row[0])


if __name__ == "__main__":
    replay(Path(sys.argv[1]), Path(sys.argv[2]), float(os.environ.get("HEARTH_STORM_PAUSE", "0")))
