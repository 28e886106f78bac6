"""The robot as a search uses it, and when the thing counts as seen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt
from hearth_core.geometry import Pose2

from hearth_perception.core.semantic_map import SemanticMap, Track

Array = npt.NDArray[np.float64]

SAME = 0.25
"""Things of one name nearer to each other are one thing to a search [m]."""


class Explorer(Protocol):
    """Every call may raise to end the search."""

    def now(self) -> float:
        """The clock of the views [s]."""

    def pose(self) -> Pose2:
        """Where the base is."""

    def drive(self, pose: Pose2, *, watch: bool = True) -> bool:
        """Go there; False: no way. Returns early once the thing was seen, if it should watch."""

    def look(self, point: Array) -> bool:
        """Turn the head to a point [m] and take what is there; False: out of its reach."""

    def seen(self, since: float = 0.0) -> Sequence[Track]:
        """Where the thing has been seen for sure, the best first.

        Since the search began and since a time [s]; what was refuted is left out.
        """

    def refute(self, position: Array) -> None:
        """What is there [m] is not the thing, whatever it looks like."""


def found_for_sure(
    things: SemanticMap, label: str, since: float, place: str = "", refuted: Sequence[Array] = ()
) -> list[Track]:
    """Things of a class that were seen twice, the best first.

    Args:
        things: The map.
        label: The class.
        since: Seen after this [s].
        place: At this piece of furniture; empty: anywhere.
        refuted: Not within ``SAME`` of these [m].
    """
    found = []
    for track in things.find(label):
        inside = not place or track.place.split("/")[0] == place
        sure = track.label == label and track.confidence > 0.5 and track.hits >= 2
        fresh = track.last_seen > since and not track.odd and not track.carried
        if inside and sure and fresh and not any(is_near(track, at) for at in refuted):
            found.append(track)
    return found


def is_near(track: Track, position: Array) -> bool:
    """Whether a track is what was believed at a position [m]."""
    return float(np.linalg.norm(track.position - position)) < SAME
