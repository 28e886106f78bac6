"""The distance field is exact, and passes over what is no place."""

from __future__ import annotations

import numpy as np
import pytest
from hearth_manipulation.core.scene import SeenSurfaces
from scipy.ndimage import distance_transform_edt

LOW = np.array([0.1, -0.6, 0.2])
SIZE = np.array([0.7, 1.2, 0.9])
CELL = 0.02


@pytest.mark.parametrize("count", [1, 40, 5000])
def test_distances_are_those_of_an_exact_transform(count: int) -> None:
    random = np.random.default_rng(count)
    points = LOW + random.uniform(-0.1, 1.1, (count, 3)) * SIZE
    points[0] = LOW + 0.5 * SIZE
    bad = np.array([[np.nan, 0.0, 0.5], [0.3, np.inf, 0.5], [-np.inf, 0.0, 0.5], [9.0, 0.0, 0.5]])
    seen = SeenSurfaces.from_points(np.concatenate([points, bad]), LOW, LOW + SIZE, CELL)
    index = np.floor((points - LOW) / CELL).astype(int)
    index = index[np.all((index >= 0) & (index < seen.distance.shape), axis=1)]
    empty = np.ones(seen.distance.shape, bool)
    empty[tuple(index.T)] = False
    exact = distance_transform_edt(empty) * CELL - 0.5 * CELL
    assert np.max(np.abs(seen.distance - exact)) < 1e-5


def test_nothing_seen_is_far_everywhere() -> None:
    seen = SeenSurfaces.from_points(np.full((4, 3), np.nan), LOW, LOW + SIZE, CELL)
    assert np.all(seen.distance > 100.0)
    assert np.all(SeenSurfaces.from_points(np.zeros((0, 3)), LOW, LOW + 1.0).distance > 100.0)
