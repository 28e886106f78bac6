"""Why a thing is believed to be somewhere, in words."""

from __future__ import annotations

from collections.abc import Sequence

from hearth_perception.core.semantic_map import Track

MOST = 4


def ranking(tracks: Sequence[Track], label: str, now: float) -> str:
    """Candidates in their order, each with its probability and the reason.

    Args:
        tracks: As ``SemanticMap.find`` ranks them.
        label: What was asked for; empty: anything.
        now: The robot's clock [s].
    """
    lines = [
        f"{number}. {track.id}: {track.place or 'somewhere'}, {_reason(track, label, now)}"
        for number, track in enumerate(tracks[:MOST], start=1)
    ]
    if len(tracks) > MOST:
        lines.append(f"and {len(tracks) - MOST} more")
    return "; ".join(lines)


def _reason(track: Track, label: str, now: float) -> str:
    named = track.scores.get(label, 0.0) if label else track.confidence
    probability = f"{100 * track.existence * named:.0f} %"
    if track.carried:
        return f"{probability}: the {track.carried} hand holds it"
    seen = f"seen {track.hits} times, last {_ago(now - track.last_seen)}"
    if label and track.label != label:
        seen += f", looks more like a {track.label}"
    elif named < 0.6:
        seen += ", not surely one"
    if track.existence < 0.35:
        seen += ", its place looked empty or it is long ago"
    return f"{probability}: {seen}"


def _ago(seconds: float) -> str:
    if seconds < 90.0:
        return f"{max(0.0, seconds):.0f} s ago"
    if seconds < 5400.0:
        return f"{seconds / 60:.0f} minutes ago"
    return f"{seconds / 3600:.0f} hours ago"
