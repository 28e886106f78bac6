"""Timed paths keep their limits and their corners."""

import itertools

import numpy as np
import pytest
from hearth_core.errors import BadInputError
from hearth_manipulation.core.timing import time_path

VELOCITY = np.array([1.0, 0.5, 2.0])
ACCELERATION = np.array([2.0, 1.0, 5.0])
NAMES = ("a", "b", "c")


def random_path(seed: int, corners: int = 6) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-1.0, 1.0, (corners, 3))


@pytest.mark.parametrize("seed", range(8))
def test_limits_are_kept(seed: int) -> None:
    result = time_path(NAMES, random_path(seed), VELOCITY, ACCELERATION)
    assert np.all(np.abs(result.velocities) <= VELOCITY * 1.02)
    times = np.linspace(0.0, result.duration, 4000)
    positions = np.array([result.at(t) for t in times])
    speed = np.diff(positions, axis=0) / np.diff(times)[:, None]
    assert np.all(np.abs(speed) <= VELOCITY * 1.05)
    change = np.diff(result.velocities, axis=0) / np.diff(result.times)[:, None]
    excess = np.max(np.abs(change) / ACCELERATION, axis=1)
    assert np.max(excess) < 1.3
    assert np.mean(excess > 1.05) < 0.02


@pytest.mark.parametrize("seed", range(4))
def test_it_begins_and_ends_at_rest_on_the_path(seed: int) -> None:
    path = random_path(seed)
    result = time_path(NAMES, path, VELOCITY, ACCELERATION)
    assert np.allclose(result.positions[0], path[0])
    assert np.allclose(result.positions[-1], path[-1])
    assert np.all(result.velocities[[0, -1]] == 0.0)
    assert np.all(np.diff(result.times) > 0.0)


def test_it_stays_near_the_polyline() -> None:
    path = random_path(1)
    result = time_path(NAMES, path, VELOCITY, ACCELERATION, blend=0.1)
    for point in result.positions:
        gaps = []
        for a, b in itertools.pairwise(path):
            f = np.clip((point - a) @ (b - a) / ((b - a) @ (b - a)), 0.0, 1.0)
            gaps.append(np.linalg.norm(point - a - f * (b - a)))
        assert min(gaps) < 0.06


def test_a_straight_way_takes_the_shortest_time() -> None:
    path = np.array([[0.0, 0.0, 0.0], [2.0, 0.0, 0.0]])
    result = time_path(NAMES, path, VELOCITY, ACCELERATION)
    best = 2.0 / 1.0 + 1.0 / 2.0  # trapezoid: way / v + v / a
    assert best * 0.99 < result.duration < best * 1.05


def test_standing_still_is_a_trajectory_too() -> None:
    result = time_path(NAMES, np.zeros((3, 3)), VELOCITY, ACCELERATION)
    assert np.all(result.positions == 0.0)


def test_bad_input_is_refused() -> None:
    with pytest.raises(BadInputError, match="finite"):
        time_path(NAMES, np.full((2, 3), np.nan), VELOCITY, ACCELERATION)
    with pytest.raises(BadInputError, match="> 0"):
        time_path(NAMES, random_path(0), np.zeros(3), ACCELERATION)


@pytest.mark.parametrize("seed", range(6))
def test_differences_of_the_result_keep_every_limit(seed: int) -> None:
    jerk = ACCELERATION * 20.0
    path = random_path(seed)
    result = time_path(NAMES, path, VELOCITY, ACCELERATION, jerk=jerk)
    period = result.times[1] - result.times[0]
    rest = np.zeros((2, 3))
    speeds = np.concatenate([rest, result.velocities, rest])
    pulls = np.diff(speeds, axis=0) / period
    assert np.all(np.abs(speeds) <= VELOCITY * (1.0 + 1e-9))
    assert np.all(np.abs(pulls) <= ACCELERATION * (1.0 + 1e-9))
    assert np.all(np.abs(np.diff(pulls, axis=0) / period) <= jerk * (1.0 + 1e-9))
    assert np.allclose(result.positions[-1], path[-1])


def test_corners_are_cut_each_as_far_as_told_and_stopped_at_where_not() -> None:
    path = np.array([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [1.0, 1.0, 0.0], [1.0, 1.0, 1.0]])
    blends = np.array([0.0, 0.3, 0.0, 0.0])
    result = time_path(NAMES, path, VELOCITY, ACCELERATION, blends, jerk=10.0 * ACCELERATION)
    away = [np.linalg.norm(result.positions - corner, axis=1) for corner in path]
    assert np.min(away[1]) > 0.05
    there = int(np.argmin(away[2]))
    assert away[2][there] < 1e-3
    assert np.max(np.abs(result.velocities[there])) < 0.05
    whole = time_path(NAMES, path, VELOCITY, ACCELERATION, 0.3, jerk=10.0 * ACCELERATION)
    assert whole.duration < result.duration
