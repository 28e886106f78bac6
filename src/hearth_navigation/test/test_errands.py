"""Small motions: as far as asked, at the speed asked, and never into something."""

import math

import numpy as np
import pytest
from hearth_core.errors import BadInputError
from hearth_core.geometry import Pose2
from hearth_navigation.core import errands
from hearth_navigation.core.errands import BACK_UP, SPIN, WAIT, Codes, Errand, Motion, Surroundings
from hearth_navigation.core.footprint import Footprint
from hearth_navigation.core.monitor import MonitorConfig
from hearth_navigation.core.mppi import Limits

BASE = Footprint.rectangle(0.25, 0.25, 0.25)
PERIOD = 0.05
NOTHING = np.zeros((0, 2))


def drive(
    motion: Motion, codes: Codes, points: np.ndarray = NOTHING, allowance: float = 0.0
) -> tuple[Errand, Pose2, float]:
    """Until it ends; where the base came to in odom, and its greatest speed."""
    errand = Errand(motion, codes, allowance)
    pose, fastest, now = Pose2(1.0, 2.0, 0.7), 0.0, 0.0
    start = pose
    while errand.ending is None and now < 60.0:
        seen = (pose.inverse() @ start).apply(points) if len(points) else points
        around = Surroundings(now, pose, seen, BASE, Limits(), MonitorConfig(), PERIOD)
        vx, vy, wz = errand.step(around)
        fastest = max(fastest, math.hypot(vx, vy))
        half = Pose2(0.0, 0.0, 0.5 * wz * PERIOD)
        pose = pose @ half @ Pose2(vx * PERIOD, vy * PERIOD, 0.0) @ half
        now += PERIOD
    assert errand.ending is not None
    return errand, start.inverse() @ pose, fastest


@pytest.mark.parametrize("angle", [1.57, -0.4, 6.9])
def test_a_turn_is_as_far_as_asked(angle: float) -> None:
    motion = errands.Turn(angle)
    errand, moved, _ = drive(motion, SPIN)
    assert errand.ending is not None
    assert errand.ending.code == 0
    assert abs(math.remainder(moved.yaw - angle, math.tau)) < 0.03
    assert motion.done == pytest.approx(angle, abs=0.03)


@pytest.mark.parametrize("distance", [0.6, -0.4])
def test_a_straight_is_as_far_as_asked(distance: float) -> None:
    errand, moved, fastest = drive(errands.Straight(distance, 0.15), BACK_UP)
    assert errand.ending is not None
    assert errand.ending.code == 0
    assert moved.x == pytest.approx(distance, abs=0.02)
    assert abs(moved.y) < 0.01
    assert fastest <= 0.15 + 1e-6


def test_something_in_the_way_ends_it_with_nav2s_code() -> None:
    wall = np.stack([np.full(41, -0.6), np.linspace(-1.0, 1.0, 41)], axis=1)
    errand, moved, _ = drive(errands.Straight(-1.0, 0.2), BACK_UP, wall)
    assert errand.ending is not None
    assert errand.ending.code == BACK_UP.collision
    assert -0.35 < moved.x < 0.0


def test_the_allowance_ends_it() -> None:
    errand, _, _ = drive(errands.Straight(2.0, 0.1), BACK_UP, allowance=2.0)
    assert errand.ending is not None
    assert errand.ending.code == BACK_UP.timeout


def test_waiting_stands() -> None:
    errand, moved, _ = drive(errands.Stand(1.0), WAIT)
    assert errand.ending is not None
    assert errand.ending.code == 0
    assert moved.distance(Pose2()) < 1e-9


def test_without_fresh_sensors_it_ends() -> None:
    errand = Errand(errands.Turn(1.0), SPIN)
    errand.blind("no fresh scan or odometry")
    assert errand.ending is not None
    assert errand.ending.code == SPIN.unavailable


@pytest.mark.parametrize(("distance", "speed"), [(math.nan, 0.1), (1.0, 0.0), (1.0, math.inf)])
def test_bad_numbers_are_refused(distance: float, speed: float) -> None:
    with pytest.raises(BadInputError):
        errands.Straight(distance, speed)
    with pytest.raises(BadInputError):
        errands.Turn(math.nan)


def test_steering_is_held_before_a_wall_but_not_ended_and_a_way_out_is_left() -> None:
    wall = np.stack([np.full(41, 0.6), np.linspace(-1.0, 1.0, 41)], axis=1)
    steered = errands.Steered()
    errand = Errand(steered, errands.ASSISTED_TELEOP, patient=True)
    x, least = 0.0, math.inf
    for k in range(160):
        now = k * PERIOD
        steered.steer((0.4 if k < 100 else -0.2, 0.0, 0.0), now)
        around = Surroundings(
            now, Pose2(x, 0.0, 0.0), wall - (x, 0.0), BASE, Limits(), MonitorConfig(), PERIOD
        )
        x += errand.step(around)[0] * PERIOD
        least = min(least, 0.6 - 0.25 - x)
    assert errand.ending is None
    assert 0.0 < least < 0.1
    assert x < 0.0


def test_steering_that_is_old_or_not_finite_stops() -> None:
    steered = errands.Steered()
    around = [
        Surroundings(t, Pose2(), NOTHING, BASE, Limits(), MonitorConfig(), PERIOD)
        for t in (0.0, 0.2, 0.5)
    ]
    assert steered.wanted(around[0]) == (0.0, 0.0, 0.0)
    steered.steer((9.0, 0.1, -9.0), 0.1)
    assert steered.wanted(around[1]) == (Limits().forward, 0.1, -Limits().turn)
    assert steered.wanted(around[2]) == (0.0, 0.0, 0.0)
    steered.steer((math.nan, 0.0, 0.0), 0.45)
    assert steered.wanted(around[2]) == (0.0, 0.0, 0.0)
    steered.finish()
    assert steered.wanted(around[2]) is None
