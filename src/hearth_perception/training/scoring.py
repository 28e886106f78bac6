"""Average precision and recall of boxes, as COCO counts them; errors of poses and sizes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from hearth_perception.core.detector import UNKNOWN, Detection
from hearth_perception.core.sighting import lift
from truth import Truth

Array = npt.NDArray[np.float64]
LEVELS = np.arange(0.5, 0.96, 0.05)
LEAST_SCORE = 0.01


def overlaps(a: Sequence[Sequence[float]], b: Sequence[Sequence[float]]) -> Array:
    """Intersection over union of boxes (N, 4) and (M, 4) as left, top, right, bottom."""
    x, y = np.asarray(a, float).reshape(-1, 4), np.asarray(b, float).reshape(-1, 4)
    low = np.maximum(x[:, None, :2], y[None, :, :2])
    high = np.minimum(x[:, None, 2:], y[None, :, 2:])
    inter = np.prod(np.maximum(high - low, 0.0), axis=2)
    areas = [np.prod(v[:, 2:] - v[:, :2], axis=1) for v in (x, y)]
    return np.asarray(inter / np.maximum(areas[0][:, None] + areas[1][None] - inter, 1e-9))


@dataclass
class Curve:
    """Detections of one class over many pictures, to be ranked."""

    scores: list[float] = field(default_factory=list)
    hits: list[npt.NDArray[np.bool_]] = field(default_factory=list)
    """By level of overlap."""
    wanted: int = 0

    def average(self, level: int) -> float:
        """Average precision at a level (101 points); nan: the class never occurs."""
        if not self.wanted:
            return float("nan")
        recall, precision = self.points(level)
        if not len(recall):
            return 0.0
        envelope = np.maximum.accumulate(precision[::-1])[::-1]
        at = np.searchsorted(recall, np.linspace(0, 1, 101) - 1e-9)
        return float(
            np.where(at < len(envelope), envelope[np.minimum(at, len(envelope) - 1)], 0).mean()
        )

    def points(self, level: int) -> tuple[Array, Array]:
        """Recall and precision down the ranking."""
        if not self.scores:
            return np.zeros(0), np.zeros(0)
        order = np.argsort(-np.array(self.scores), kind="stable")
        hit = np.array([self.hits[k][level] for k in order], float)
        found = np.cumsum(hit)
        return found / max(1, self.wanted), found / np.arange(1, len(hit) + 1)


def add_view(
    curves: dict[str, Curve], detections: Sequence[Detection], truths: Sequence[Truth]
) -> None:
    """Match one picture's detections, class by class, the surest first.

    What matches a truth that does not count (too small, too hidden) is neither right nor wrong.
    """
    labels = {t.kind for t in truths} | {k for d in detections for k in d.scores}
    for label in labels:
        curve = curves.setdefault(label, Curve())
        mine = [t for t in truths if t.kind == label]
        curve.wanted += sum(t.counts for t in mine)
        entries = [
            (d.scores[label], d) for d in detections if d.scores.get(label, 0) > LEAST_SCORE
        ]
        entries.sort(key=lambda e: -e[0])
        if not entries:
            continue
        iou = overlaps([d.box for _, d in entries], [t.box for t in mine])
        counts = np.array([t.counts for t in mine], bool)
        taken = np.zeros((len(LEVELS), len(mine)), bool)
        for row, (score, _) in enumerate(entries):
            hit = np.zeros(len(LEVELS), bool)
            ignored = np.zeros(len(LEVELS), bool)
            for k, level in enumerate(LEVELS):
                fit = np.where(~taken[k] & (iou[row] >= level), iou[row], 0.0)
                real = fit * counts
                if real.size and real.max() > 0.0:
                    taken[k, int(real.argmax())] = hit[k] = True
                elif fit.size and fit.max() > 0.0:
                    ignored[k] = True
            if ignored[0] and not hit.any():
                continue
            curve.scores.append(score)
            curve.hits.append(hit)


def mean_ap(curves: Mapping[str, Curve]) -> tuple[float, float, int]:
    """mAP50, mAP50-95 and the number of classes that occur."""
    real = [c for c in curves.values() if c.wanted]
    if not real:
        return float("nan"), float("nan"), 0
    half = float(np.mean([c.average(0) for c in real]))
    strict = float(np.mean([[c.average(k) for k in range(len(LEVELS))] for c in real]))
    return half, strict, len(real)


@dataclass(frozen=True)
class Match:
    """A thing and what the best box on it says."""

    truth: Truth
    found: bool
    """Any box overlaps by half."""
    label: str
    confidence: float
    position_error: float
    """[m]; nan: not found."""
    size_error: float
    """Mean of the three extents' errors [m]."""

    @property
    def right(self) -> bool:
        """Found and named right."""
        return self.found and self.label == self.truth.kind


def match_view(detections: Sequence[Detection], truths: Sequence[Truth]) -> list[Match]:
    """Every thing that counts, with the box that overlaps it best."""
    iou = overlaps([t.box for t in truths], [d.box for d in detections])
    result = []
    for row, truth in enumerate(truths):
        if not truth.counts:
            continue
        best = int(iou[row].argmax()) if len(detections) else -1
        if best < 0 or iou[row, best] < 0.5:
            result.append(Match(truth, False, UNKNOWN, 0.0, np.nan, np.nan))
            continue
        detection = detections[best]
        sighting = lift(detection)
        position = size = float("nan")
        if sighting is not None:
            position = float(np.linalg.norm(sighting.shape.middle - np.array(truth.position)))
            size = size_error(sighting.shape.size, np.array(truth.size))
        result.append(Match(truth, True, detection.label, detection.confidence, position, size))
    return result


def size_error(seen: npt.NDArray[np.floating], real: npt.NDArray[np.floating]) -> float:
    """Mean error of the extents [m]; footprints may be turned by a quarter."""
    turned = seen[[1, 0, 2]]
    return float(min(np.abs(seen - real).mean(), np.abs(turned - real).mean()))
