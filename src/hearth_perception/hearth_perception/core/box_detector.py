"""Detector back ends that find boxes in the colour image; geometry comes from the clusters."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from hearth_perception.core.clusters import Cluster, Segmentation
from hearth_perception.core.detector import Detection
from hearth_perception.core.geometric import fit_cluster, full_box, full_mask
from hearth_perception.core.model_card import load_card
from hearth_perception.core.onnx_model import Boxes, OnnxModel
from hearth_perception.core.view import Color, View

LEAST_OVERLAP = 0.25


class BoxFinder(Protocol):
    """Boxes with scores in an image."""

    def find(self, color: Color) -> Boxes:
        """Boxes of an RGB image."""


class BoxDetector:
    """Detector back end: boxes name the clusters they cover; bare clusters stay unknown."""

    def __init__(self, finder: BoxFinder, labels: Sequence[str]) -> None:
        """``labels``: one for every class of the finder in order; empty: not of interest."""
        self._finder = finder
        self._labels = tuple(labels)

    @property
    def labels(self) -> Sequence[str]:
        """Every class it can name."""
        return tuple(label for label in self._labels if label)

    def detect(self, view: View, segmentation: Segmentation) -> list[Detection]:
        """Things in the view: named boxes, each with its cluster if it has one."""
        found = self._finder.find(view.color)
        shape, stride = view.depth.shape, segmentation.cloud.stride
        outlines = [full_mask(c, stride, shape)[0] for c in segmentation.clusters]
        overlap = _overlaps(found.boxes, outlines)
        result, used = [], set()
        for row in np.argsort(-found.scores.max(axis=1, initial=0.0), kind="stable").tolist():
            scores = self._scores(found.scores[row])
            if not scores:
                continue
            box = tuple(int(v) for v in np.round(found.boxes[row]))
            left, top, right, bottom = box
            order = np.argsort(-overlap[row]).tolist()
            best = next((k for k in order if k not in used), None)
            if best is None or overlap[row, best] < LEAST_OVERLAP:
                result.append(Detection((left, top, right, bottom), scores))
                continue
            used.add(best)
            result.append(
                self._lifted(view, segmentation, segmentation.clusters[best], scores, box)
            )
        for index, cluster in enumerate(segmentation.clusters):
            if index not in used:
                result.append(self._lifted(view, segmentation, cluster, {}, None))
        return [d for d in result if d.scores or d.fits is not None]

    def _scores(self, row: npt.NDArray[np.floating]) -> dict[str, float]:
        """Probabilities by label; several classes may carry one label."""
        scores: dict[str, float] = {}
        for label, value in zip(self._labels, row, strict=True):
            if label and value > 0.01:
                scores[label] = max(scores.get(label, 0.0), float(value))
        total = sum(scores.values())
        return {k: v / max(1.0, total) for k, v in scores.items()}

    def _lifted(
        self,
        view: View,
        segmentation: Segmentation,
        cluster: Cluster,
        scores: dict[str, float],
        box: tuple[int, ...] | None,
    ) -> Detection:
        outline, mask = full_mask(cluster, segmentation.cloud.stride, view.depth.shape)
        fits = fit_cluster(view, segmentation, cluster, outline, mask)
        if box is None:
            whole = full_box(view, segmentation, cluster, outline, mask)
        else:
            whole = (box[0], box[1], box[2], box[3])
        return Detection(whole, scores, cluster if fits is not None else None, fits)


def onnx_detector(path: Path) -> BoxDetector:
    """A user's model by the path of the model or of its card.

    Raises:
        FileFormatError: Card or model cannot be used; names the file and what was expected.
    """
    card = load_card(path)
    return BoxDetector(OnnxModel(card), card.labels)


def _overlaps(
    boxes: npt.NDArray[np.floating], outlines: Sequence[tuple[int, int, int, int]]
) -> npt.NDArray[np.float64]:
    """Intersection over union, shape (boxes, outlines)."""
    a = np.asarray(boxes, float).reshape(-1, 4)
    b = np.asarray(outlines, float).reshape(-1, 4)
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    inter = np.prod(np.maximum(high - low, 0.0), axis=2)
    areas = [np.prod(v[:, 2:] - v[:, :2], axis=1) for v in (a, b)]
    return np.asarray(inter / np.maximum(areas[0][:, None] + areas[1][None] - inter, 1e-9))
