"""Detector back end with the project's own small classifier on geometric clusters."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from hearth_core.home.catalogue import OBJECT_KINDS

from hearth_perception.core.appearance import Appearance
from hearth_perception.core.catalogue_scores import catalogue_scores
from hearth_perception.core.clusters import Cluster
from hearth_perception.core.features import NAMES, features
from hearth_perception.core.geometric import ClusterDetector, Namer, Scores
from hearth_perception.core.network import load_network
from hearth_perception.core.shapes import Fits

BACKGROUND = "background"
TRUST = 0.35
"""Weight of the catalogue's usual sizes and colours beside the network."""
MODEL = Path(__file__).parents[1] / "models" / "household.npz"


class HouseholdNamer(Namer):
    """Names by a network trained on rendered homes; ``background`` is furniture left over."""

    def __init__(self, model: Path = MODEL) -> None:
        """Read the network.

        Raises:
            FileFormatError: The model file is broken or of another version.
        """
        self._network = load_network(model, NAMES)

    @property
    def labels(self) -> tuple[str, ...]:
        """Classes, background left out."""
        return tuple(label for label in self._network.labels if label != BACKGROUND)

    def name(self, cluster: Cluster, fits: Fits, look: Appearance) -> Scores | None:
        """Probability by class; None: a piece of furniture."""
        p = self._network.probabilities(features(cluster, fits, look))
        seen = {k: float(v) for k, v in zip(self._network.labels, p, strict=True)}
        background = seen.pop(BACKGROUND, 0.0)
        if background > 0.6:
            return None
        cold = cluster.shelf is not None and cluster.shelf.inside
        usual = catalogue_scores(fits, look, cold=cold)
        weights = {
            label: v * (usual.get(label, 0.0) + 0.01) ** TRUST * _place(label, cold)
            for label, v in seen.items()
        }
        # Half of a thing may be any thing: what is hidden stays open.
        shown = 1.0 - 0.9 * max(0.0, cluster.hidden - 0.1)
        scale = shown * sum(seen.values()) / max(1e-9, sum(weights.values()))
        scores = {label: w * scale for label, w in weights.items()}
        return {label: v for label, v in scores.items() if v > 5e-3 and np.isfinite(v)}


def _place(label: str, cold: bool) -> float:
    """Balls and books are seldom in the refrigerator."""
    kind = OBJECT_KINDS.get(label)
    return 0.3 if cold and kind is not None and not kind.cold else 1.0


def household_detector(model: Path = MODEL) -> ClusterDetector:
    """The default back end."""
    return ClusterDetector(HouseholdNamer(model))
