"""Odometry's frame and how its doubt grows."""

import math

import pytest
from hearth_core.ports import BaseReading
from hearth_drivers.core.odometry import OdometryEstimate, OdometryModel, OdometrySettings


def reading(x: float, y: float, yaw: float, stamp: float = 0.0) -> BaseReading:
    return BaseReading(stamp, x, y, yaw, 0.1, 0.0, 0.2)


def test_odom_begins_where_the_driver_started() -> None:
    model = OdometryModel(OdometrySettings())
    first = model.update(reading(3.0, 1.0, math.pi / 2))
    assert (first.pose.x, first.pose.y, first.pose.yaw) == pytest.approx((0.0, 0.0, 0.0))
    second = model.update(reading(3.0, 2.0, math.pi / 2))
    assert (second.pose.x, second.pose.y, second.pose.yaw) == pytest.approx((1.0, 0.0, 0.0))


def drive(steps: int, length: float) -> OdometryEstimate:
    model = OdometryModel(OdometrySettings())
    for step in range(steps + 1):
        estimate = model.update(reading(length * step / steps, 0.0, 0.0))
    return estimate


def test_doubt_grows_with_the_way_whatever_the_rate() -> None:
    assert drive(10, 2.0).position_variance == pytest.approx(drive(1000, 2.0).position_variance)
    assert math.sqrt(drive(10, 2.0).position_variance) == pytest.approx(0.041)
    assert drive(10, 4.0).yaw_variance > drive(10, 2.0).yaw_variance


def test_standing_still_adds_no_doubt() -> None:
    model = OdometryModel(OdometrySettings())
    values = {model.update(reading(1.0, 1.0, 1.0, stamp)).yaw_variance for stamp in range(100)}
    assert len(values) == 1


def test_a_reset_clock_begins_a_new_odom() -> None:
    model = OdometryModel(OdometrySettings())
    model.update(reading(0.0, 0.0, 0.0, 10.0))
    model.update(reading(2.0, 0.0, 0.0, 20.0))
    assert model.update(reading(0.5, 0.0, 0.0, 0.1)).pose.x == 0.0


def test_crossing_pi_is_a_small_turn() -> None:
    model = OdometryModel(OdometrySettings())
    before = model.update(reading(0.0, 0.0, math.pi - 0.01)).yaw_variance
    after = model.update(reading(0.0, 0.0, -math.pi + 0.01)).yaw_variance
    assert math.sqrt(after) - math.sqrt(before) == pytest.approx(0.02 * 0.02, rel=1e-6)
