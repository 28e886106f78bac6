"""Runs the pipeline over an album and keeps score."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from album import Page, Picture
from faults import Fault, spoil
from hearth_description.core.model import find_model, load_urdf
from hearth_perception.core.detector import Detection, Detector
from hearth_perception.core.ego import Ego
from hearth_perception.core.geometric import CatalogueNamer, ClusterDetector
from hearth_perception.core.household import household_detector
from hearth_perception.core.perceiver import Perceiver
from hearth_perception.core.semantic_map import SemanticMap
from pictures import annotated
from scoring import Curve, Match, add_view, match_view, mean_ap
from truth import Truth

HAND = 0.11
"""Widest thing a hand goes around [m]."""
SHEET = 24


def make_detector(name: str) -> Detector:
    """``household`` or ``catalogue``."""
    return household_detector() if name == "household" else ClusterDetector(CatalogueNamer())


@dataclass
class Looks:
    """Scores of one detector, with or without a fault of the camera."""

    detector: Detector
    fault: Fault | None = None
    curves: dict[str, Curve] = field(default_factory=dict)
    matches: list[Match] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    """CPU time of every view, image to map, own arms left out."""
    sheet: list[npt.NDArray[np.uint8]] = field(default_factory=list)

    def over(self, pages: Sequence[Page]) -> Looks:
        """Look at every picture of an album, each with an empty memory."""
        ego = Ego(load_urdf(find_model()))
        for page in pages:
            perceiver = Perceiver(page.home, detector=self.detector)
            for picture in page.pictures:
                perceiver.things = SemanticMap()
                self._look(perceiver, ego, picture)
        return self

    def _look(self, perceiver: Perceiver, ego: Ego, picture: Picture) -> None:
        view = picture.view if self.fault is None else spoil(picture.view, self.fault)
        start = time.thread_time()
        ignore = ego.mask(view, picture.positions, view.camera.frame, perceiver.stride)
        detections: list[Detection] = perceiver.look(view, ignore).detections
        self.seconds.append(time.thread_time() - start)
        add_view(self.curves, detections, picture.truths)
        matches = match_view(detections, picture.truths)
        self.matches += matches
        if len(self.sheet) < SHEET and len(matches) > 1:
            self.sheet.append(annotated(view, matches, detections))

    def mean_ap(self) -> tuple[float, float, int]:
        """mAP50, mAP50-95 and the number of classes that occur."""
        return mean_ap(self.curves)

    @staticmethod
    def graspable(truth: Truth) -> bool:
        """Within 2.5 m, and one side fits a hand."""
        return truth.distance < 2.5 and min(truth.size[:2]) < HAND
