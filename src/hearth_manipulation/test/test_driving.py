"""Base motion in closed loop, on a base that does what it is told."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pytest
from hearth_core.geometry import Pose2
from hearth_manipulation.core.driving import Driver, Limits, blocked
from hearth_manipulation.core.mover import MotionError
from hearth_manipulation.core.ports import Stopped


class Wheels:
    """A body that is only a base: perfect, in steps of the time it waits."""

    def __init__(self, obstacles: np.ndarray | None = None, stop_at: float = math.inf) -> None:
        self.time = 0.0
        self.pose = Pose2()
        self.velocity = (0.0, 0.0, 0.0)
        self.fastest = 0.0
        self.stop_at = stop_at
        self._obstacles = np.zeros((0, 2)) if obstacles is None else obstacles

    def now(self) -> float:
        return self.time

    def pause(self, seconds: float) -> None:
        vx, vy, wz = self.velocity
        self.pose = self.pose @ Pose2(vx * seconds, vy * seconds, wz * seconds)
        self.time += seconds
        if self.time >= self.stop_at:
            raise Stopped("canceled")

    def base(self) -> Pose2:
        return self.pose

    def drive(self, vx: float, vy: float, wz: float) -> None:
        self.velocity = (vx, vy, wz)
        self.fastest = max(self.fastest, math.hypot(vx, vy))

    def obstacles(self) -> np.ndarray:
        return self.pose.inverse().apply(self._obstacles)

    def joints(self) -> Mapping[str, float]:
        return {}


def test_it_arrives_and_stands() -> None:
    wheels = Wheels()
    Driver(wheels).to(Pose2(0.3, -0.2, 0.4))
    assert wheels.pose.distance(Pose2(0.3, -0.2)) < 0.01
    assert wheels.pose.yaw == pytest.approx(0.4, abs=0.012)
    assert wheels.velocity == (0.0, 0.0, 0.0)
    assert wheels.fastest <= Limits().linear + 1e-9


def test_it_does_not_drive_into_lidar_hits() -> None:
    wall = np.stack([np.full(41, 0.5), np.linspace(-0.4, 0.4, 41)], axis=1)
    wheels = Wheels(wall)
    with pytest.raises(MotionError) as problem:
        Driver(wheels).to(Pose2(0.4, 0.0, 0.0))
    assert problem.value.reason == "base_blocked"
    assert wheels.pose.x < 0.5 - 0.25
    assert wheels.velocity == (0.0, 0.0, 0.0)


def test_without_a_scan_it_does_not_move_at_all() -> None:
    assert blocked(None, (0.1, 0.0), Limits())


def test_it_may_drive_away_from_what_is_near() -> None:
    wall = np.stack([np.full(41, 0.27), np.linspace(-0.4, 0.4, 41)], axis=1)
    wheels = Wheels(wall)
    Driver(wheels).to(Pose2(-0.2, 0.0, 0.0))
    assert wheels.pose.x == pytest.approx(-0.2, abs=0.01)


def test_a_sweep_follows_its_curve() -> None:
    wheels = Wheels()
    off = []

    def circle(angle: float) -> Pose2:
        return Pose2(math.sin(angle), 1.0 - math.cos(angle), angle)

    def watch() -> bool:
        off.append(abs(math.hypot(wheels.pose.x, wheels.pose.y - 1.0) - 1.0))
        return False

    assert Driver(wheels).sweep(circle, 0.0, 1.5, speed=0.12, watch=watch)
    assert wheels.pose.distance(circle(1.5)) < 0.025
    assert max(off) < 0.01
    assert wheels.time == pytest.approx(1.5 / 0.12, rel=0.3)


def test_a_watched_sweep_can_be_ended() -> None:
    wheels = Wheels()
    line = lambda x: Pose2(x, 0.0, 0.0)  # noqa: E731
    assert not Driver(wheels).sweep(line, 0.0, 1.0, watch=lambda: wheels.pose.x > 0.3)
    assert 0.3 < wheels.pose.x < 0.4
    assert wheels.velocity == (0.0, 0.0, 0.0)


def test_cancelling_leaves_the_base_standing() -> None:
    wheels = Wheels(stop_at=1.0)
    with pytest.raises(Stopped):
        Driver(wheels).to(Pose2(1.0, 0.0, 0.0))
    assert wheels.velocity == (0.0, 0.0, 0.0)
