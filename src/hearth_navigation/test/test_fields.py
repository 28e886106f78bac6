"""Distances, cost-to-go and the footprint against slow and certain references."""

import heapq
import math

import numpy as np
import pytest
from hearth_core.errors import BadInputError
from hearth_core.geometry import Pose2
from hearth_navigation.core.cost_to_go import cost_to_go, descend, multipliers
from hearth_navigation.core.field import clearance_field, distances
from hearth_navigation.core.footprint import Footprint
from shapely.geometry import box
from shapely.ops import unary_union

L_SHAPE = Footprint(((0.5, -0.3), (0.5, 0.0), (0.2, 0.0), (0.2, 0.3), (-0.3, 0.3), (-0.3, -0.3)))


def test_distances_equal_brute_force() -> None:
    random = np.random.default_rng(1)
    occupied = random.random((30, 40)) < 0.03
    cells = np.argwhere(occupied)
    rows, columns = np.mgrid[:30, :40]
    expected = np.sqrt(((np.stack([rows, columns], -1)[:, :, None] - cells) ** 2).sum(-1).min(-1))
    assert np.allclose(distances(occupied, 0.05), 0.05 * expected, atol=1e-4)


def test_an_empty_map_is_far_from_everything() -> None:
    assert distances(np.zeros((10, 10), bool), 0.1).min() >= 1.0


def test_the_border_of_the_map_counts_as_blocked() -> None:
    field = clearance_field(np.zeros((20, 20), bool), 0.1, (0.0, 0.0))
    assert field.at(0.05, 1.0) == pytest.approx(0.05)
    assert field.at(-0.1, 1.0) == 0.0
    assert field.at(math.nan, 1.0) == 0.0


def reference(multiplier: np.ndarray, goal: tuple[int, int], resolution: float) -> np.ndarray:
    """Dijkstra as in a textbook."""
    cost = np.full(multiplier.shape, np.inf)
    cost[goal] = 0.0
    queue = [(0.0, goal)]
    while queue:
        here, (row, column) = heapq.heappop(queue)
        if here > cost[row, column]:
            continue
        for dr in (-1, 0, 1):
            for dc in (-1, 0, 1):
                r, c = row + dr, column + dc
                if not (0 <= r < cost.shape[0] and 0 <= c < cost.shape[1]) or (dr, dc) == (0, 0):
                    continue
                if np.isinf(multiplier[r, c]):
                    continue
                if dr and dc and (np.isinf(multiplier[row, c]) or np.isinf(multiplier[r, column])):
                    continue
                mean = 0.5 * (multiplier[row, column] + multiplier[r, c])
                new = here + resolution * math.hypot(dr, dc) * mean
                if new < cost[r, c] - 1e-12:
                    cost[r, c] = new
                    heapq.heappush(queue, (new, (r, c)))
    return cost


@pytest.mark.parametrize("seed", range(4))
def test_cost_to_go_is_optimal_on_random_grids(seed: int) -> None:
    random = np.random.default_rng(seed)
    multiplier = 1.0 + random.random((25, 30)).astype(np.float32) * (seed % 2)
    multiplier[random.random((25, 30)) < 0.3] = np.inf
    goal = (12, 15)
    multiplier[goal] = 1.0
    field = cost_to_go(multiplier, 0.1, (0.0, 0.0), [goal])
    expected = reference(multiplier, goal, 0.1)
    assert np.array_equal(np.isinf(field.values), np.isinf(expected))
    finite = np.isfinite(expected)
    assert np.allclose(field.values[finite], expected[finite], atol=1e-3)
    start = tuple(np.argwhere(finite)[0])
    path = descend(field, *map(int, start))
    assert tuple(path[-1]) == goal
    assert np.isfinite(multiplier[path[:, 0], path[:, 1]]).all()


def test_nobody_drives_closer_than_the_inscribed_radius() -> None:
    price = multipliers(np.array([[0.2, 0.3, 2.0]], np.float32), 0.25, 0.3, 4.0)
    assert np.isinf(price[0, 0])
    assert price[0, 1] > price[0, 2] == 1.0


@pytest.mark.parametrize("footprint", [Footprint.rectangle(0.42, 0.25, 0.25), L_SHAPE])
def test_clearance_of_the_footprint_is_the_true_one(footprint: Footprint) -> None:
    resolution = 0.01
    blocked = np.zeros((300, 300), bool)
    blocked[100:110, 100:200] = True
    blocked[200:204, 50:54] = True
    solid = unary_union([box(1.0, 1.0, 2.0, 1.1), box(0.5, 2.0, 0.54, 2.04)])
    field = clearance_field(blocked, resolution, (0.0, 0.0))
    random = np.random.default_rng(2)
    checked = 0
    for x, y, yaw in random.uniform((0.7, 0.7, -3.1), (2.3, 2.3, 3.1), size=(400, 3)):
        pose = Pose2(x, y, yaw)
        polygon = footprint.at(pose)
        if polygon.intersects(solid):
            assert footprint.clearance(field, pose) < 0.015
            continue
        true = polygon.distance(solid)
        found = footprint.clearance(field, pose)
        if true < 0.25:
            checked += 1
            assert found == pytest.approx(true, abs=0.017)
        else:
            assert found > 0.2
    assert checked > 50


@pytest.mark.parametrize("outline", [((0.0, 0.0), (1.0, 0.0)), ((1, 1), (2, 1), (2, 2))])
def test_what_is_no_footprint_is_refused(outline: tuple[tuple[float, float], ...]) -> None:
    with pytest.raises(BadInputError, match="footprint"):
        Footprint(outline)
