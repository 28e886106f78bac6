"""Colours with the light taken out, and what size, shape and colour say a thing is."""

from __future__ import annotations

import numpy as np
import pytest
from hearth_core.home.catalogue import COLOURS, OBJECT_KINDS
from hearth_perception.core.appearance import Appearance, Light, appearance, estimate_light

NEUTRAL = Light(np.ones(3), 255.0)


def patch(name: str, gain: np.ndarray | float = 1.0, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    colour = np.array(COLOURS[name]) * 255.0 * gain
    return np.clip(colour + rng.normal(0, 3, (400, 3)), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("name", ["red", "green", "blue", "golden", "white"])
@pytest.mark.parametrize("gain", [0.35, 0.6, 0.95])
def test_chromaticity_does_not_depend_on_brightness(name: str, gain: float) -> None:
    bright = appearance(patch(name), NEUTRAL)
    dim = appearance(patch(name, gain), NEUTRAL)
    assert np.abs(bright.mean - dim.mean).max() < 0.06
    assert np.abs(bright.hues - dim.hues).sum() < 0.25


def test_coloured_light_is_estimated_and_removed() -> None:
    rng = np.random.default_rng(1)
    grey = rng.uniform(60, 200, (240, 320, 1)).repeat(3, axis=2)
    warm = np.array([1.15, 1.0, 0.75])
    image = np.clip(grey * warm, 0, 255).astype(np.uint8)
    light = estimate_light(image)
    assert light.color[0] > 1.05
    assert light.color[2] < 0.95
    seen = appearance(patch("white", 0.8 * warm / warm.max()), light)
    plain = appearance(patch("white", 0.8 * warm / warm.max()), NEUTRAL)
    true = appearance(patch("white"), NEUTRAL)
    assert np.abs(seen.mean - true.mean).max() < 0.6 * np.abs(plain.mean - true.mean).max()


def test_a_red_room_does_not_turn_everything_green() -> None:
    image = np.tile(np.array([200, 40, 40], np.uint8), (240, 320, 1))
    light = estimate_light(image)
    assert np.isfinite(light.color).all()
    assert light.color.max() / light.color.min() < 3.0


def test_an_all_black_or_white_image_is_no_disaster() -> None:
    for value in (0, 255):
        light = estimate_light(np.full((48, 64, 3), value, np.uint8))
        look = appearance(np.full((50, 3), value, np.uint8), light)
        assert isinstance(look, Appearance)
        assert np.isfinite(look.vector()).all()


def test_every_usual_colour_has_a_name() -> None:
    for kind in OBJECT_KINDS.values():
        assert set(kind.colours) <= set(COLOURS)
