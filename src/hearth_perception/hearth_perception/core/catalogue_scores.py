"""What a thing may be by its size, shape and colour, from the household catalogue alone."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from hearth_core.home.catalogue import COLOURS, OBJECT_KINDS, ObjectKind
from hearth_core.home.catalogue import Shape as Nominal

from hearth_perception.core.appearance import Appearance
from hearth_perception.core.shapes import Fits, Shape

Array = npt.NDArray[np.float64]

UNKNOWN_LOG = -7.0
"""Log likelihood of being none of the classes: a thing this unlikely for all is unknown."""


def catalogue_scores(
    fits: Fits,
    look: Appearance,
    *,
    cold: bool = False,
    kinds: Mapping[str, ObjectKind] = OBJECT_KINDS,
) -> dict[str, float]:
    """Probability by label.

    Args:
        fits: Geometry.
        look: Colour.
        cold: It stands in a refrigerator.
        kinds: The catalogue.
    """
    logs = {
        label: _size_log(fits, kind) + _colour_log(look, kind) + _place_log(kind, cold)
        for label, kind in kinds.items()
    }
    most = max(UNKNOWN_LOG, *logs.values())
    weights = {label: float(np.exp(value - most)) for label, value in logs.items()}
    total = sum(weights.values()) + float(np.exp(UNKNOWN_LOG - most))
    return {label: w / total for label, w in weights.items() if w / total > 1e-3}


def _size_log(fits: Fits, kind: ObjectKind) -> float:
    size = np.array(kind.size)
    height = -0.5 * ((fits.height - size[2]) / (0.06 * size[2] + 0.006)) ** 2
    if kind.shape is Nominal.BOX:
        return float(height + _footprint(fits.box, size) - _round(fits))
    if kind.shape in (Nominal.CYLINDER, Nominal.SPHERE):
        off = (fits.width - size[0]) / (0.07 * size[0] + 0.005)
        return float(height - 0.5 * off**2 + _round(fits))
    if size[0] == size[1]:
        off = (fits.width - size[0]) / (0.08 * size[0] + 0.005)
        return float(height - 0.5 * off**2 + 0.5 * _round(fits))
    return float(height + _footprint(fits.box, size) - 0.5)


def _round(fits: Fits) -> float:
    return float(np.clip(2.0 * fits.roundness, -2.5, 2.5))


def _footprint(box: Shape, size: Array) -> float:
    costs = []
    for a, b in ((0, 1), (1, 0)):
        expected = np.array([size[a], size[b]])
        sigma = np.hypot(box.sigma[:2], 0.06 * expected + 0.004)
        costs.append(float((((box.size[:2] - expected) / sigma) ** 2).sum()))
    return -0.5 * min(costs)


def _colour_log(look: Appearance, kind: ObjectKind) -> float:
    """Chromaticity against the usual colours; never rules a class out."""
    best = -np.inf
    for name in kind.colours:
        colour = np.array(COLOURS[name])
        off = _chroma(look.mean) - _chroma(colour)
        dark = look.brightness - colour.max()
        best = max(best, -0.5 * float((off**2).sum()) / 0.25**2 - 0.5 * (dark / 0.45) ** 2)
    return float(np.log(0.03 + 0.97 * np.exp(best)))


def _chroma(rgb: Array) -> Array:
    safe = np.maximum(rgb, 0.02)
    return np.array([np.log(safe[0] / safe[1]), np.log(safe[2] / safe[1])])


def _place_log(kind: ObjectKind, cold: bool) -> float:
    return 0.0 if kind.cold == cold or not cold else -1.5
