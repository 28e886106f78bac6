"""Detector back end with the project's own small classifier on geometric clusters."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from hearth_perception.core.appearance import Appearance
from hearth_perception.core.clusters import Cluster
from hearth_perception.core.features import NAMES, features
from hearth_perception.core.geometric import ClusterDetector, Namer, Scores
from hearth_perception.core.network import load_network
from hearth_perception.core.shapes import Fits

BACKGROUND = "background"
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
        scores = {k: float(v) for k, v in zip(self._network.labels, p, strict=True)}
        if scores.pop(BACKGROUND, 0.0) > 0.6:
            return None
        return {label: v for label, v in scores.items() if v > 5e-3 and np.isfinite(v)}


def household_detector(model: Path = MODEL) -> ClusterDetector:
    """The default back end."""
    return ClusterDetector(HouseholdNamer(model))
