"""Detector back ends on geometric clusters: what is named, and by whom."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import cv2
import numpy as np
import numpy.typing as npt
from hearth_core.home.catalogue import OBJECT_KINDS

from hearth_perception.core.appearance import Appearance, appearance, estimate_light
from hearth_perception.core.catalogue_scores import catalogue_scores
from hearth_perception.core.clusters import Cluster, Segmentation
from hearth_perception.core.detector import Detection
from hearth_perception.core.quantiles import median
from hearth_perception.core.shapes import Fits, fit_upright
from hearth_perception.core.view import View

Array = npt.NDArray[np.float64]


Scores = dict[str, float]


class Namer(Protocol):
    """Says what a cluster may be."""

    @property
    def labels(self) -> Sequence[str]:
        """Every class it can name."""

    def name(self, cluster: Cluster, fits: Fits, look: Appearance) -> Scores | None:
        """Probability by class (the rest to 1: unknown); None: no thing at all."""


class CatalogueNamer(Namer):
    """Names by the usual sizes and colours of the household catalogue; nothing learnt."""

    @property
    def labels(self) -> Sequence[str]:
        """The catalogue's classes."""
        return tuple(OBJECT_KINDS)

    def name(self, cluster: Cluster, fits: Fits, look: Appearance) -> Scores | None:
        """Likelihood of size, shape and colour, normalised."""
        cold = cluster.shelf is not None and cluster.shelf.inside
        return catalogue_scores(fits, look, cold=cold)


class ClusterDetector:
    """Detector back end: fits bodies to clusters at full resolution and has them named."""

    def __init__(self, namer: Namer) -> None:
        self._namer = namer

    @property
    def labels(self) -> Sequence[str]:
        """Every class it can name."""
        return self._namer.labels

    def detect(self, view: View, segmentation: Segmentation) -> list[Detection]:
        """Things in the view, nearest first."""
        light = estimate_light(view.color)
        result = []
        for cluster in segmentation.clusters:
            box, mask = full_mask(cluster, segmentation.cloud.stride, view.depth.shape)
            fits = fit_cluster(view, segmentation, cluster, box, mask)
            pixels = view.color[box[1] : box[3], box[0] : box[2]][mask]
            if fits is None or len(pixels) < 20:
                continue
            scores = self._namer.name(cluster, fits, appearance(pixels, light))
            if scores is not None:
                outline = full_box(view, segmentation, cluster, box, mask)
                result.append(Detection(outline, scores, cluster, fits))
        return sorted(result, key=lambda d: float(np.hypot(*_away(d, view))))


def _away(detection: Detection, view: View) -> Array:
    assert detection.fits is not None
    return np.asarray(detection.fits.box.middle[:2] - view.origin[:2])


def full_mask(
    cluster: Cluster, stride: int, shape: tuple[int, ...]
) -> tuple[tuple[int, int, int, int], npt.NDArray[np.bool_]]:
    """Box (left, top, right, bottom) and the cluster's pixels in it, at the image's resolution."""
    top, left = int(cluster.rows.min()), int(cluster.cols.min())
    bottom, right = int(cluster.rows.max()) + 1, int(cluster.cols.max()) + 1
    mask = np.zeros((bottom - top, right - left), bool)
    mask[cluster.rows - top, cluster.cols - left] = True
    mask = np.repeat(np.repeat(mask, stride, axis=0), stride, axis=1)
    box = (
        left * stride,
        top * stride,
        min(right * stride, shape[1]),
        min(bottom * stride, shape[0]),
    )
    return box, mask[: box[3] - box[1], : box[2] - box[0]]


def full_box(
    view: View,
    segmentation: Segmentation,
    cluster: Cluster,
    box: tuple[int, int, int, int],
    mask: npt.NDArray[np.bool_],
) -> tuple[int, int, int, int]:
    """The thing's box at the image's resolution: cells at its edges hold two depths and drop out.

    Pixels around the cluster that lie at its depth and not on its support belong to it; its foot
    reaches down to the support.
    """
    height, width = view.depth.shape
    stride, pad = segmentation.cloud.stride, 3
    left, top = max(0, box[0] - pad), max(0, box[1] - pad)
    right, bottom = min(width, box[2] + pad), min(height, box[3] + pad)
    rows, cols = segmentation.cloud.depth.shape
    cells = np.ix_(
        np.minimum(np.arange(top, bottom) // stride, rows - 1),
        np.minimum(np.arange(left, right) // stride, cols - 1),
    )
    inner = np.zeros((bottom - top, right - left), bool)
    inner[box[1] - top : box[3] - top, box[0] - left : box[2] - left] = mask
    known = np.where(inner, segmentation.cloud.depth[cells], 0.0).astype(np.float32)
    reach = cv2.dilate(known, np.ones((2 * stride + 1, 2 * stride + 1), np.uint8))
    depth = view.depth[top:bottom, left:right]
    with np.errstate(invalid="ignore"):
        near = np.abs(depth - reach) < 0.008 + 0.004 * reach * reach
    grown = inner | (near & (reach > 0.0) & (segmentation.support_labels[cells] < 0))
    down, across = np.flatnonzero(grown.any(axis=1)), np.flatnonzero(grown.any(axis=0))
    foot = top + int(down[-1]) + 1
    last = cluster.rows >= cluster.rows.max() - 1
    gap = median(cluster.points[last, 2]) - cluster.foot
    drop = gap * view.camera.fy / median(reach[reach > 0.0])
    if cluster.foot_seen and cluster.hidden < 0.3 and 0.5 < drop < 5.0:
        foot = min(height, foot + round(drop - 0.5))
    return left + int(across[0]), top + int(down[0]), left + int(across[-1]) + 1, foot


def fit_cluster(
    view: View,
    segmentation: Segmentation,
    cluster: Cluster,
    box: tuple[int, int, int, int],
    mask: npt.NDArray[np.bool_],
) -> Fits | None:
    """Fit bodies to the full-resolution points of a cluster."""
    left, top, right, bottom = box
    depth = view.depth[top:bottom, left:right]
    stride = segmentation.cloud.stride
    cells = segmentation.cloud.depth[top // stride :, left // stride :]
    rows, cols = np.nonzero(mask)
    near = cells[rows // stride, cols // stride]
    z = depth[rows, cols]
    good = np.isfinite(z) & (np.abs(z - near) < 0.012 + 0.006 * near * near)
    rows, cols, z = rows[good], cols[good], z[good].astype(float)
    if len(z) < 30:
        return None
    camera = view.camera
    local = np.column_stack(
        [(cols + left - camera.cx) / camera.fx * z, (rows + top - camera.cy) / camera.fy * z, z]
    )
    points = view.map_from_camera.apply(local)
    normals = segmentation.cloud.normals[(rows + top) // stride, (cols + left) // stride]
    pitch = median(z) / camera.fx
    return fit_upright(points, normals.astype(float), cluster.foot, view.origin, pitch)
