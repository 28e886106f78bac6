"""The semantic map on disk: JSON, a thing an entry, ages instead of times of a dead clock."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
from hearth_core.errors import FileFormatError
from hearth_core.home.catalogue import Shape as Nominal

from hearth_perception.core.semantic_map import SemanticMap, Track

VERSION = 1


def save_map(things: SemanticMap, path: Path, *, home: str, now: float, wall: float) -> None:
    """Write what is believed; carried things are left out: nobody knows where they end.

    Args:
        things: The map.
        path: File; replaced at once or not at all.
        home: Name of the home it belongs to.
        now: The robot's clock [s].
        wall: Seconds since the epoch, to know how old the file is.
    """
    entries = [_entry(t, now) for t in things.tracks if not t.carried]
    document = {"version": VERSION, "home": home, "wall": wall, "things": entries}
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(path.suffix + ".part")
    part.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    part.replace(path)


def load_map(things: SemanticMap, path: Path, *, home: str, now: float, wall: float) -> int:
    """Read a map into an empty one; beliefs have faded by the time in between.

    Returns:
        How many things are still believed in.

    Raises:
        FileFormatError: Not such a file, of another version, or of another home.
    """
    file = str(path)
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise FileFormatError(file, "", f"not a semantic map: {error}") from error
    if not isinstance(document, dict) or document.get("version") != VERSION:
        raise FileFormatError(file, "version", f"expected {VERSION}")
    if document.get("home") != home:
        raise FileFormatError(file, "home", f"is of {document.get('home')!r}, not of {home!r}")
    tracks = []
    try:
        away = max(0.0, wall - float(document["wall"]))
        for index, entry in enumerate(document["things"]):
            where = f"things[{index}]"
            track = _track(entry, now - away)
            track.existence *= 0.5 ** (away / things.rules.half_life)
            if track.existence > things.rules.drop:
                tracks.append(track)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise FileFormatError(file, locals().get("where", "things"), f"{error!r}") from error
    things.restore(tracks)
    return len(tracks)


def _entry(track: Track, now: float) -> dict[str, Any]:
    return {
        "id": track.id,
        "scores": {k: round(v, 4) for k, v in track.scores.items()},
        "position": [round(float(v), 4) for v in track.position],
        "covariance": [[float(f"{v:.3g}") for v in row] for row in track.covariance],
        "yaw": round(track.yaw, 4),
        "size": [round(float(v), 4) for v in track.size],
        "shape": str(track.nominal.value),
        "existence": round(track.existence, 4),
        "age": round(now - track.last_seen, 1),
        "place": track.place,
        "hits": track.hits,
    }


def _track(entry: dict[str, Any], now: float) -> Track:
    """One thing; ``now`` [s] is the moment of saving on the present clock."""
    position = np.array(entry["position"], float)
    covariance = np.array(entry["covariance"], float)
    size = np.array(entry["size"], float)
    if position.shape != (3,) or size.shape != (3,) or covariance.shape != (3, 3):
        raise ValueError("position and size have 3 numbers, covariance 3 x 3")
    existence = float(entry["existence"])
    if not (np.isfinite(position).all() and math.isfinite(existence) and 0 <= existence <= 1):
        raise ValueError("position must be finite, existence between 0 and 1")
    seen = now - float(entry["age"])
    return Track(
        str(entry["id"]),
        {str(k): float(v) for k, v in entry["scores"].items()},
        position,
        covariance,
        float(entry["yaw"]),
        size,
        Nominal(entry["shape"]),
        existence,
        seen,
        str(entry["place"]),
        int(entry["hits"]),
        first_seen=seen,
        settled=True,
    )
