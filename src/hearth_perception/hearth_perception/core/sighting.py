"""From a detection in one view to a thing in the map."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from hearth_core.home.catalogue import OBJECT_KINDS
from hearth_core.home.catalogue import Shape as Nominal

from hearth_perception.core.detector import UNKNOWN, Detection
from hearth_perception.core.shapes import Kind, Shape, with_size


@dataclass(frozen=True, eq=False)
class Sighting:
    """One thing as one view showed it."""

    label: str
    scores: Mapping[str, float]
    shape: Shape
    """In map, the unseen side completed."""
    nominal: Nominal
    """Body for people and for grasping."""
    place: str
    """``refrigerator/shelf_2``; empty: unknown."""
    hidden: float
    """Fraction of its rim behind other things."""
    box: tuple[int, int, int, int]
    """In the image: left, top, right, bottom."""

    @property
    def confidence(self) -> float:
        """Probability that the label is right."""
        if self.label == UNKNOWN:
            return max(0.0, 1.0 - sum(self.scores.values()))
        return float(self.scores[self.label])


def lift(detection: Detection) -> Sighting | None:
    """Put a detection into the map; None when its geometry is unknown."""
    fits, cluster = detection.fits, detection.cluster
    if fits is None or cluster is None:
        return None
    label = detection.label
    shelf = cluster.shelf
    if label == UNKNOWN and shelf is None:
        return None  # legs, cables and corners on the floor are the costmap's business
    place = shelf.name if shelf is not None else ""
    kind = OBJECT_KINDS.get(label)
    if kind is None:  # unknown, or a class of a user's model: its size is what was measured
        best = fits.best
        nominal = Nominal.CYLINDER if best.kind is Kind.CYLINDER else Nominal.BOX
        shape = best
    else:
        nominal = kind.shape
        round_ = nominal in (Nominal.CYLINDER, Nominal.SPHERE) or (
            nominal is Nominal.OTHER and kind.size[0] == kind.size[1]
        )
        shape = with_size(fits.trunk if round_ else fits.box, np.array(kind.size))
    return Sighting(label, detection.scores, shape, nominal, place, cluster.hidden, detection.box)
