"""Remove the shared memory that killed Fast DDS processes leave behind, half a megabyte each.

Fast DDS holds a lock on `/dev/shm/fastrtps_X_el` while it uses segment `fastrtps_X`. A segment is
removed only if one of our processes had its lock file open and nobody holds the lock any more.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable
from pathlib import Path

FOLDER = Path("/dev/shm")  # where Fast DDS puts its segments
_PREFIX = "fastrtps_"
_LOCK = "_el"


def segments_of(pid: int) -> set[str]:
    """The segments whose lock file a running process has open; none if it is gone."""
    found = set()
    try:
        for entry in os.scandir(f"/proc/{pid}/fd"):
            try:
                target = Path(entry.path).readlink()
            except OSError:
                continue
            if target.parent == FOLDER and target.name.startswith(_PREFIX):
                found.add(target.name.removesuffix(_LOCK))
    except OSError:
        return set()
    return found


def remove_dead(segments: Iterable[str], folder: Path = FOLDER) -> list[str]:
    """Remove those of `segments` that no process uses; return them."""
    removed = []
    for name in segments:
        lock = folder / f"{name}{_LOCK}"
        try:
            with lock.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                for path in (folder / name, folder / f"sem.{name}_mutex", lock):
                    path.unlink(missing_ok=True)
            removed.append(name)
        except OSError:  # in use, or removed by its owner, as it should be
            continue
    return removed
