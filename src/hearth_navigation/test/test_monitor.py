"""The last check before the wheels: it stops in time, and never locks the robot in."""

import math

import numpy as np
import pytest
from hearth_navigation.core.footprint import Footprint
from hearth_navigation.core.monitor import MonitorConfig, limit

BASE = Footprint.rectangle(0.25, 0.25, 0.25)
CONFIG = MonitorConfig()
NOTHING = np.zeros((0, 2))


def wall(x: float) -> np.ndarray:
    return np.stack([np.full(41, x), np.linspace(-1.0, 1.0, 41)], axis=1)


def test_open_floor_lets_everything_through() -> None:
    assert limit(CONFIG, BASE, NOTHING, (0.5, 0.0, 0.3)).velocity == (0.5, 0.0, 0.3)


@pytest.mark.parametrize("speed", [0.2, 0.5, 0.8])
def test_the_robot_stops_before_what_it_drives_at(speed: float) -> None:
    """Simulated with a base that brakes as promised, one period late."""
    x, velocity = 0.0, speed
    for _ in range(400):
        allowed = limit(CONFIG, BASE, wall(1.5 - x), (speed, 0.0, 0.0)).velocity[0]
        x += velocity * 0.05
        velocity = max(allowed, velocity - CONFIG.braking * 0.05)
        assert 1.5 - x - 0.25 > 0.0
    assert 1.5 - x - 0.25 < 0.06
    assert velocity < 0.05


def test_it_is_slowed_before_it_is_stopped() -> None:
    scales = [
        limit(CONFIG, BASE, wall(0.25 + gap), (0.5, 0.0, 0.0)).scale
        for gap in (1.0, 0.2, 0.1, 0.01)
    ]
    assert scales[0] == 1.0
    assert scales == sorted(scales, reverse=True)
    assert 0.0 < scales[1] < 1.0
    assert scales[-1] == 0.0


def test_the_way_out_stays_open() -> None:
    touching = wall(0.2)  # 5 cm inside
    assert limit(CONFIG, BASE, touching, (0.2, 0.0, 0.0)).scale == 0.0
    assert limit(CONFIG, BASE, touching, (-0.2, 0.0, 0.0)).scale == 1.0
    post = np.array([[0.2, 0.1]])
    assert limit(CONFIG, BASE, post, (0.0, -0.2, 0.0)).scale == 1.0


def test_turning_into_something_is_stopped_too() -> None:
    post = np.array([[0.0, 0.275]])
    assert limit(CONFIG, BASE, post, (0.0, 0.0, 0.0)).scale == 1.0
    assert limit(CONFIG, BASE, post, (0.0, 0.0, 1.0)).scale < 1.0


def test_a_command_that_is_no_number_is_a_stop() -> None:
    assert limit(CONFIG, BASE, NOTHING, (math.nan, 0.0, 0.0)).velocity == (0.0, 0.0, 0.0)


@pytest.mark.parametrize("speed", [0.1, 0.04, 0.01])
def test_crawling_does_not_end_in_contact_either(speed: float) -> None:
    """As after a stop: every command grows from zero and is cut to a crawl again."""
    x = 0.0
    for _ in range(4000):
        x += limit(CONFIG, BASE, wall(0.3 - x), (speed, 0.0, 0.0)).velocity[0] * 0.05
    assert 0.3 - x - 0.25 > 0.0
