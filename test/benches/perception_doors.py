"""Doors and drawers for the bench of perception: openings and handles against the truth."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import numpy as np
from hearth_cli.bench import Figure

NAN = float("nan")


def door_figures(
    seeds: tuple[int, ...], count: int, say: Callable[[str], None]
) -> tuple[list[Figure], list[dict[str, Any]]]:
    """Look at ``count`` doors (and the refrigerator's) of every home, closed and open."""
    from door_views import door_samples

    looks = []
    for number in seeds:
        start = time.process_time()
        mine = list(door_samples(number, count))
        looks += mine
        right = sum(s.right for s in mine)
        say(f"doors of home {number}: {right}/{len(mine)}, {time.process_time() - start:.1f} s")
    if not looks:
        return [], []
    seen = [s for s in looks if s.seen]
    hinged = [s for s in seen if s.kind == "hinged"]
    angles = np.degrees([s.opening_error for s in hinged])
    handles = np.array([s.handle_error for s in seen])
    closed = [s for s in looks if s.opening == 0.0]
    opened = [s for s in looks if s.opening > 0.0]
    wrong = [s for s in seen if not s.right]
    sure = [s for s in wrong if s.confidence > 0.5]
    figures = [
        Figure(
            "door within 3 deg and handle 15 mm", _share(looks), "", 0.95, "higher", len(looks)
        ),
        Figure("the same, closed", _share(closed), "", NAN, "higher", len(closed)),
        Figure("the same, open", _share(opened), "", NAN, "higher", len(opened)),
        Figure("door in a state at all", len(seen) / len(looks), "", NAN, "higher", len(looks)),
        _within("angle of hinged doors within 3 deg", angles, 3.0),
        Figure("handle (median)", 1e3 * _median(handles), "mm", 15, "lower", len(handles)),
        _within("handle within 15 mm", handles, 0.015),
        Figure(
            "wrong, yet confidence above 0.5",
            len(sure) / max(1, len(seen)),
            "",
            NAN,
            "lower",
            len(seen),
        ),
    ]
    samples = [
        {"part": "door", **{k: v if v == v else None for k, v in asdict(s).items()}}  # noqa: PLR0124 - NaN
        for s in looks
    ]
    return figures, samples


def _within(name: str, values: np.ndarray, limit: float) -> Figure:
    share = float((values <= limit).mean()) if len(values) else NAN
    return Figure(name, share, "", NAN, "higher", len(values))


def _share(looks: list[Any]) -> float:
    return float(np.mean([s.right for s in looks])) if looks else NAN


def _median(values: np.ndarray) -> float:
    return float(np.median(values)) if len(values) else NAN
