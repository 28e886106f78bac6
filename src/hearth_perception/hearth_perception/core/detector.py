"""The one interface behind which things are told apart, whatever does it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from hearth_perception.core.clusters import Cluster, Segmentation
from hearth_perception.core.shapes import Fits
from hearth_perception.core.view import View

UNKNOWN = "unknown"


@dataclass(frozen=True, eq=False)
class Detection:
    """One thing in one view, and what it may be."""

    box: tuple[int, int, int, int]
    """Pixels: left, top, right, bottom (exclusive)."""
    scores: Mapping[str, float]
    """Probability by label; what is missing to 1 belongs to ``unknown``."""
    cluster: Cluster | None = None
    """Its part of the cloud, if the back end works on clusters."""
    fits: Fits | None = None
    """Bodies fitted to it, if the back end did."""

    @property
    def label(self) -> str:
        """The likeliest class, ``unknown`` included."""
        rest = 1.0 - sum(self.scores.values())
        best = max(self.scores, key=lambda k: self.scores[k], default=UNKNOWN)
        return best if self.scores.get(best, 0.0) > rest else UNKNOWN

    @property
    def confidence(self) -> float:
        """Probability that the label is right."""
        return self.scores.get(self.label, 1.0 - sum(self.scores.values()))


class Detector(Protocol):
    """Finds and names things in a view."""

    @property
    def labels(self) -> Sequence[str]:
        """Every class it can name."""

    def detect(self, view: View, segmentation: Segmentation) -> list[Detection]:
        """Things in the view; ``segmentation`` is the same view taken apart by geometry."""
