"""What a structured-light camera makes of perfect pictures: noise, holes at edges, a short range.

One pass a picture; the noise is a hash of seed and pixel, so equal seeds give equal pictures
whatever was rendered before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from hearth_core.jit import kernel

from hearth_sim.core.render_offscreen import FAR, NEAR, Color, Depth


@dataclass(frozen=True)
class DepthErrors:
    """ASSUMED: an RGB-D camera of the RealSense D435 class."""

    noise: float = 0.0015
    """Standard deviation at 1 m [m]; grows with the square of the distance."""
    range_min: float = 0.25
    range_max: float = 6.0
    """Beyond these depth is 0 [m]."""
    grazing: float = 6.0
    """Tangent of the angle between view and surface normal above which holes appear."""
    hole: float = 0.5
    """Probability of a hole there."""
    dropout: float = 0.002
    """Probability of a hole anywhere."""


@kernel(inline="always")
def _hash(value: Any) -> Any:
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


@kernel
def _depth_kernel(
    buffer: Any,
    out: Any,
    seed: Any,
    focal: float,
    near: float,
    far: float,
    noise: float,
    low: float,
    high: float,
    grazing: float,
    hole: float,
    dropout: float,
) -> None:
    height, width = buffer.shape
    for v in range(height):
        for u in range(width):
            out[v, u] = far * near / (buffer[v, u] * (far - near) + near)
    previous = np.zeros(width, np.float32)
    for v in range(height):
        left_true = np.float32(0.0)
        for u in range(width):
            z = out[v, u]
            right = out[v, u + 1] if u + 1 < width else z
            left = left_true if u > 0 else z
            below = out[v + 1, u] if v + 1 < height else z
            above = previous[u] if v > 0 else z
            du = max(abs(right - z), abs(z - left))
            dv = max(abs(below - z), abs(z - above))
            previous[u] = z
            left_true = z
            bits = _hash(np.uint64(v * width + u) + seed)
            uniform = np.float64(bits & np.uint64(0xFFFFF)) / 1048576.0
            gauss = (
                np.float64((bits >> np.uint64(20)) & np.uint64(0x7FF))
                + np.float64((bits >> np.uint64(31)) & np.uint64(0x7FF))
                + np.float64((bits >> np.uint64(42)) & np.uint64(0x7FF))
                + np.float64((bits >> np.uint64(53)) & np.uint64(0x7FF))
                - 4094.0
            ) / 1182.5
            slope = max(du, dv) * focal / max(z, 1e-3)
            limit = hole if slope > grazing else dropout
            if z < low or z > high or uniform < limit:
                out[v, u] = 0.0
            else:
                out[v, u] = z + noise * z * z * gauss


@kernel
def _color_kernel(image: Any, seed: Any, amplitude: int) -> None:
    flat = image.reshape(-1)
    span = np.uint64(2 * amplitude + 1)
    for start in range(0, flat.size, 8):
        bits = _hash(np.uint64(start) + seed)
        for k in range(start, min(start + 8, flat.size)):
            value = np.int64(flat[k]) + np.int64((bits & np.uint64(0xFF)) % span) - amplitude
            flat[k] = min(255, max(0, value))
            bits = bits >> np.uint64(8)


def noisy_depth(buffer: Depth, focal: float, seed: int, errors: DepthErrors) -> Depth:
    """Depth [m], 0 where there is no measurement.

    Args:
        buffer: Raw depth buffer, shape (H, W).
        focal: Focal length [pixels].
        seed: Of the noise.
        errors: What the camera gets wrong.
    """
    out = np.empty_like(buffer)
    _depth_kernel(
        buffer,
        out,
        np.uint64(seed & 0xFFFFFFFFFFFFFFFF),
        focal,
        NEAR,
        FAR,
        errors.noise,
        errors.range_min,
        errors.range_max,
        errors.grazing,
        errors.hole,
        errors.dropout,
    )
    return out


def noisy_color(image: Color, seed: int, amplitude: int = 2) -> Color:
    """Add uniform noise of at most ``amplitude`` grey levels, in place."""
    _color_kernel(image, np.uint64(seed & 0xFFFFFFFFFFFFFFFF), amplitude)
    return image
