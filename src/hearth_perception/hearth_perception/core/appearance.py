"""Colour of a thing with the light taken out: chromaticities and relative brightness."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hearth_perception.core.quantiles import percentile
from hearth_perception.core.view import Color

Array = npt.NDArray[np.float64]

HUES = 8
BRIGHTEST = 1.2
"""White things before something dark look brighter than white; how much says nothing."""


@dataclass(frozen=True, eq=False)
class Light:
    """What lights a view, as the camera shows it."""

    color: Array
    """Relative red, green, blue of something white, mean 1, shape (3,)."""
    white: float
    """Brightness of something white [0..255]."""


def estimate_light(color: Color, norm: float = 6.0) -> Light:
    """Illuminant by shades of grey (Finlayson and Trezzi 2004) on a thinned image.

    Most of a home is near grey; a strong norm lets bright surfaces vote. The estimate is pulled
    halfway to grey, so that a view full of one colour does not turn its complement.
    """
    pixels = color[::8, ::8].reshape(-1, 3).astype(float)
    lit = pixels[(pixels.max(axis=1) < 250.0) & (pixels.max(axis=1) > 8.0)]
    if len(lit) < 50:
        return Light(np.ones(3), max(1.0, float(pixels.max(initial=1.0))))
    mean = np.power(np.power(lit / 255.0, norm).mean(axis=0), 1.0 / norm)
    ratio = mean / mean.mean()
    ratio = np.clip(ratio, 0.6, 1.6) ** 0.7
    return Light(ratio / ratio.mean(), max(1.0, float(np.percentile(lit.max(axis=1), 97))))


@dataclass(frozen=True, eq=False)
class Appearance:
    """Light-free colour statistics of one thing."""

    mean: Array
    """Balanced colour over its brightest channel, shape (3,)."""
    hues: Array
    """Saturation-weighted hue histogram, sums to the mean saturation, shape (8,)."""
    whitish: float
    """Fraction of pixels with hardly any colour and not dark for the thing."""
    dark: float
    """Fraction of pixels much darker than the thing's bright ones."""
    brightness: float
    """Against the view's white, 0..~1."""
    contrast: float
    """Standard deviation of brightness over its mean."""

    def vector(self) -> Array:
        """All of it, shape (15,)."""
        more = [self.whitish, self.dark, self.brightness, self.contrast]
        return np.concatenate([self.mean, self.hues, more])


def appearance(pixels: npt.NDArray[np.uint8], light: Light) -> Appearance:
    """Describe the pixels (N, 3) of one thing."""
    rgb = pixels.astype(float) / light.color
    value = rgb.max(axis=1)
    low = rgb.min(axis=1)
    span = value - low
    saturation = span / np.maximum(value, 12.0)
    reference = max(1.0, percentile(value, 90))
    hue = _hue(rgb, value, span)
    bins = np.floor(hue * HUES + 0.5).astype(int) % HUES
    trusted = saturation * (value > 0.15 * reference)
    hues = np.bincount(bins, trusted, minlength=HUES) / len(rgb)
    mean = np.median(rgb[value >= 0.3 * percentile(value, 90)], axis=0)
    return Appearance(
        mean / max(1.0, float(mean.max())),
        hues,
        float(((saturation < 0.22) & (value > 0.45 * reference)).mean()),
        float((value < 0.4 * reference).mean()),
        min(BRIGHTEST, float(np.median(value) / light.white)),
        float(value.std() / max(1.0, value.mean())),
    )


def _hue(rgb: Array, value: Array, span: Array) -> Array:
    """Hue in [0, 1), as in HSV."""
    safe = np.maximum(span, 1e-9)
    r, g, b = rgb[:, 0], rgb[:, 1], rgb[:, 2]
    hue = np.where(
        value == r,
        ((g - b) / safe) % 6.0,
        np.where(value == g, (b - r) / safe + 2.0, (r - g) / safe + 4.0),
    )
    return np.asarray(hue / 6.0)
