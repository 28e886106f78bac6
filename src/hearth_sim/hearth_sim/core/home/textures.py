"""Small procedural textures: floors, walls, cloth. Deterministic, made in milliseconds."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
Grid = npt.NDArray[np.float64]
SIDE = 256
"""Pixels along a side."""


def _noise(seed: int, cells_y: int, cells_x: int) -> Grid:
    """Smooth noise in -1..1 that repeats at the edges, shape (SIDE, SIDE)."""
    coarse = np.random.default_rng(seed).uniform(-1.0, 1.0, (cells_y, cells_x))
    ys = np.arange(SIDE) * cells_y / SIDE
    xs = np.arange(SIDE) * cells_x / SIDE
    y0, x0 = ys.astype(int), xs.astype(int)
    fy, fx = (ys - y0)[:, None], (xs - x0)[None, :]
    y1, x1 = (y0 + 1) % cells_y, (x0 + 1) % cells_x
    low = coarse[np.ix_(y0, x0)] * (1 - fx) + coarse[np.ix_(y0, x1)] * fx
    high = coarse[np.ix_(y1, x0)] * (1 - fx) + coarse[np.ix_(y1, x1)] * fx
    return np.asarray(low * (1 - fy) + high * fy)


def _paint(base: tuple[float, float, float], shade: Grid) -> Pixels:
    pixels = np.clip(np.array(base)[None, None, :] * (1.0 + shade[:, :, None]), 0.0, 1.0)
    return (pixels * 255).astype(np.uint8)


def _planks(base: tuple[float, float, float], rows: int, contrast: float) -> Pixels:
    rng = np.random.default_rng(rows)
    y, x = np.mgrid[0:SIDE, 0:SIDE]
    row = y * rows // SIDE
    offset = rng.integers(0, SIDE, rows)[row]
    plank = row * 2 + ((x + offset) % SIDE) * 2 // SIDE
    tone = rng.uniform(-contrast, contrast, 2 * rows)[plank]
    grain = 0.05 * _noise(1, 128, 8)
    seam = (y % (SIDE // rows) < 1) | ((x + offset) % (SIDE // 2) < 1)
    return _paint(base, tone + grain - 0.35 * seam)


def _tiles(base: tuple[float, float, float], count: int, joint: float) -> Pixels:
    rng = np.random.default_rng(count)
    y, x = np.mgrid[0:SIDE, 0:SIDE]
    side = SIDE // count
    tone = rng.uniform(-0.05, 0.05, (count, count))[y // side, x // side]
    seam = (y % side < 3) | (x % side < 3)
    return _paint(base, tone + 0.03 * _noise(2, 16, 16) + joint * seam)


def _speckle(base: tuple[float, float, float], amount: float, cells: int) -> Pixels:
    fine = np.random.default_rng(cells).uniform(-amount, amount, (SIDE, SIDE))
    return _paint(base, fine + amount * _noise(3, cells, cells))


def _bands(base: tuple[float, float, float]) -> Pixels:
    y, x = np.mgrid[0:SIDE, 0:SIDE]
    pattern = 0.12 * np.sign(np.sin(2 * np.pi * (x + y) / 32.0) * np.sin(2 * np.pi * (x - y) / 32))
    return _paint(base, pattern + 0.05 * _noise(4, 32, 32))


Maker = Callable[[], Pixels]
TEXTURES: dict[str, tuple[Maker, float]] = {
    "floor_wood": (lambda: _planks((0.66, 0.50, 0.34), 8, 0.12), 1.6),
    "floor_parquet": (lambda: _planks((0.58, 0.41, 0.26), 16, 0.18), 1.6),
    "floor_tiles": (lambda: _tiles((0.80, 0.79, 0.75), 4, -0.25), 1.6),
    "floor_dark_tiles": (lambda: _tiles((0.38, 0.41, 0.44), 4, 0.45), 1.2),
    "floor_stone": (lambda: _speckle((0.62, 0.61, 0.58), 0.10, 12), 2.0),
    "floor_carpet": (lambda: _speckle((0.58, 0.54, 0.50), 0.14, 64), 1.0),
    "floor_concrete": (lambda: _speckle((0.56, 0.56, 0.57), 0.05, 8), 2.5),
    "wood_oak": (lambda: _paint((0.72, 0.55, 0.36), 0.12 * _noise(5, 96, 6)), 0.8),
    "wood_walnut": (lambda: _paint((0.40, 0.27, 0.17), 0.18 * _noise(6, 96, 6)), 0.8),
    "wood_pine": (lambda: _paint((0.84, 0.70, 0.48), 0.10 * _noise(7, 64, 5)), 0.8),
    "wood_white": (lambda: _paint((0.90, 0.90, 0.89), 0.02 * _noise(8, 32, 4)), 0.8),
    "cloth_grey": (lambda: _speckle((0.50, 0.51, 0.53), 0.10, 64), 0.5),
    "cloth_navy": (lambda: _speckle((0.13, 0.18, 0.36), 0.15, 64), 0.5),
    "cloth_beige": (lambda: _speckle((0.78, 0.70, 0.58), 0.08, 64), 0.5),
    "cloth_teal": (lambda: _speckle((0.12, 0.45, 0.47), 0.12, 64), 0.5),
    "cloth_olive": (lambda: _speckle((0.42, 0.44, 0.22), 0.12, 64), 0.5),
    "cloth_brown": (lambda: _speckle((0.43, 0.29, 0.18), 0.12, 64), 0.5),
    "rug_beige": (lambda: _bands((0.78, 0.70, 0.58)), 0.6),
    "rug_navy": (lambda: _bands((0.16, 0.22, 0.42)), 0.6),
    "rug_red": (lambda: _bands((0.62, 0.18, 0.16)), 0.6),
    "rug_teal": (lambda: _bands((0.14, 0.46, 0.48)), 0.6),
    "rug_grey": (lambda: _bands((0.48, 0.49, 0.50)), 0.6),
    "worktop": (lambda: _speckle((0.36, 0.35, 0.34), 0.12, 40), 0.6),
}
"""Name -> (maker, metres that one repetition covers)."""


@cache
def texture(name: str) -> tuple[Pixels, float]:
    """RGB pixels, shape (SIDE, SIDE, 3), and the metres one repetition covers."""
    maker, metres = TEXTURES[name]
    return maker(), metres


def wood(finish: str) -> str:
    """Wood texture of a finish, or the plain colour if there is none."""
    return f"wood_{finish}" if f"wood_{finish}" in TEXTURES else finish


def cloth(finish: str) -> str:
    """Cloth texture of a finish, or the plain colour if there is none."""
    return f"cloth_{finish}" if f"cloth_{finish}" in TEXTURES else finish


def rug(finish: str) -> str:
    """Rug texture of a finish, or the plain colour if there is none."""
    return f"rug_{finish}" if f"rug_{finish}" in TEXTURES else finish
