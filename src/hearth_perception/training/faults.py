"""What goes wrong with real cameras, put into good pictures."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
from hearth_perception.core.view import View

Fault = Callable[[View, np.random.Generator], View]


def depth_holes(view: View, rng: np.random.Generator) -> View:
    """Blobs without depth (5 % of the image) and 3 % lost pixels."""
    depth = view.depth.copy()
    height, width = depth.shape
    blobs = np.zeros(depth.shape, np.uint8)
    while blobs.mean() < 0.05:
        centre = (int(rng.integers(width)), int(rng.integers(height)))
        axes = (int(rng.integers(4, 26)), int(rng.integers(4, 26)))
        cv2.ellipse(blobs, centre, axes, float(rng.uniform(0, 180)), 0.0, 360.0, 1, -1)
    depth[(blobs > 0) | (rng.random(depth.shape) < 0.03)] = 0.0
    return replace(view, depth=depth)


def outliers(view: View, rng: np.random.Generator) -> View:
    """2 % of the depths are anywhere between half and one and a half of the truth."""
    depth = view.depth.copy()
    wrong = rng.random(depth.shape) < 0.02
    depth[wrong] *= rng.uniform(0.5, 1.5, int(wrong.sum())).astype(np.float32)
    return replace(view, depth=depth)


def motion_blur(view: View, rng: np.random.Generator) -> View:
    """The colour image smeared over 9 pixels in a drawn direction."""
    kernel = np.zeros((9, 9), np.float32)
    angle = rng.uniform(0, np.pi)
    step = 4 * np.array([np.cos(angle), np.sin(angle)])
    ends = [(round(4 - step[0]), round(4 - step[1])), (round(4 + step[0]), round(4 + step[1]))]
    cv2.line(kernel, ends[0], ends[1], 1.0)
    color = cv2.filter2D(view.color, -1, kernel / kernel.sum())
    return replace(view, color=np.ascontiguousarray(color))


def exposure(view: View, rng: np.random.Generator) -> View:
    """Half or 1.7 times the light, clipped."""
    gain = 0.5 if rng.random() < 0.5 else 1.7
    return replace(view, color=np.clip(view.color * gain, 0, 255).astype(np.uint8))


FAULTS: dict[str, Fault] = {
    "depth holes": depth_holes,
    "2 % depth outliers": outliers,
    "motion blur": motion_blur,
    "exposure swings": exposure,
}


def spoil(view: View, fault: Fault) -> View:
    """A fault with random numbers that belong to the picture."""
    return fault(view, np.random.default_rng(zlib.crc32(view.color[::16, ::16].tobytes())))
