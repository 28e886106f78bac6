"""The charger in a scan, and the way onto it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hearth_core.geometry import Pose2
from hearth_navigation.core import monitor
from hearth_navigation.core.dock_motion import DockMotion, Stage
from hearth_navigation.core.dock_view import DockView
from hearth_navigation.core.docking import DockConfig, staging
from hearth_navigation.core.errands import Surroundings
from hearth_navigation.core.footprint import Footprint
from hearth_navigation.core.mppi import Limits
from hearth_navigation.fakes.flat_robot import ANGLES, cast

CONFIG = DockConfig()
LIDAR = Pose2(-0.1, 0.0, 0.0)
BASE = Footprint.rectangle(0.25, 0.25, 0.25)


def segments(dock: Pose2 | None, width: float = 0.3) -> np.ndarray:
    """A room with its west wall at x = -0.5, and the charger's box before it."""
    room = np.array([[-0.5, -2.0], [4.0, -2.0], [4.0, 2.0], [-0.5, 2.0]])
    shapes = [room]
    if dock is not None:
        half = width / 2
        box = np.array([[0.04, half], [-0.04, half], [-0.04, -half], [0.04, -half]])
        shapes.append((dock @ Pose2(-0.38, 0.0)).apply(box))
    return np.concatenate([np.hstack([s, np.roll(s, -1, axis=0)]) for s in shapes])


def scan(base: Pose2, world: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Points in base_footprint."""
    ranges = cast(world, np.zeros((0, 3)), base @ LIDAR) + random.normal(0.0, 0.01, 360)
    rays = np.column_stack([ranges * np.cos(ANGLES), ranges * np.sin(ANGLES)])
    points: np.ndarray = LIDAR.apply(rays)
    return points


def view(dock: Pose2 | None, width: float = 0.3, scans: int = 12) -> Pose2 | None:
    """Where a robot that drives by believes the charger, which it expects at the origin."""
    world, random = segments(dock, width), np.random.default_rng(3)
    found = DockView(CONFIG, Pose2())
    for k in range(scans):
        base = Pose2(0.5 - 0.02 * k, 0.05, 0.08)
        found.add(base, scan(base, world, random), (LIDAR.x, LIDAR.y))
    return found.odom_from_dock


def test_staging_is_before_the_charger_with_the_back_to_it() -> None:
    dock = Pose2(0.5, 5.3, 1.2)
    spot = dock.inverse() @ staging(CONFIG, dock)
    assert (spot.x, spot.y, spot.yaw) == pytest.approx((CONFIG.staging, 0.0, 0.0))


@pytest.mark.parametrize(
    "dock",
    [
        Pose2(),
        Pose2(0.04, 0.0, 0.0),
        Pose2(0.02, 0.06, 0.0),
        Pose2(0.03, -0.05, 0.10),
        Pose2(0.05, 0.03, -0.10),
    ],
)
def test_a_charger_is_found_where_it_is_sideways_and_turned_as_well(dock: Pose2) -> None:
    found = view(dock)
    assert found is not None
    off = dock.inverse() @ found
    assert abs(off.x) < 0.006
    assert abs(off.y) < 0.008
    assert abs(off.yaw) < math.radians(1.0)


def test_what_is_no_charger_is_not_taken_for_one() -> None:
    assert view(None) is None  # the bare wall
    assert view(Pose2(), width=0.6) is None
    assert view(Pose2(0.0, 0.4, 0.0)) is None  # too far from where it should be


SEEN_BY_CAMERA = np.stack(np.meshgrid([-0.475, -0.425, -0.275], [-0.1, 0.0, 0.1]), -1)
"""Cells of the depth layer on and before the charger, seen from a robot that charges [m]: they
are obstacles, but not the shape that is looked for."""


def drive(
    dock: Pose2, start: Pose2, limits: Limits, gone_at: float = math.inf
) -> tuple[DockMotion, Pose2]:
    """An ideal base that does what the motion wants, with a noisy lidar."""
    random, pose = np.random.default_rng(7), start
    motion = DockMotion(CONFIG, start.inverse())
    points = np.zeros((0, 2))
    for k in range(900):
        now = 0.05 * k
        if k % 2 == 0:
            points = scan(pose, segments(dock if now < gone_at else None), random)
        around = Surroundings(
            now,
            pose,
            np.concatenate(
                [points, pose.inverse().apply(dock.apply(SEEN_BY_CAMERA.reshape(-1, 2)))]
            ),
            BASE,
            limits,
            monitor.MonitorConfig(),
            0.05,
            points,
            now - 0.05 * (k % 2),
            (LIDAR.x, LIDAR.y),
        )
        wanted = motion.wanted(around)
        if wanted is None:
            break
        pose = pose @ Pose2(0.05 * wanted[0], 0.05 * wanted[1], 0.05 * wanted[2])
    return motion, dock.inverse() @ pose


@pytest.mark.parametrize("start", [Pose2(0.35, 0.15, -0.26), Pose2(0.65, -0.15, 0.26)])
def test_the_robot_ends_on_a_charger_that_was_moved(start: Pose2) -> None:
    motion, off = drive(Pose2(0.03, -0.04, 0.06), start, Limits())
    assert motion.problem == ""
    assert motion.stage is Stage.DONE
    assert abs(off.x) < 0.012
    assert abs(off.y) < 0.008
    assert abs(off.yaw) < math.radians(1.0)


def test_a_differential_base_backs_onto_the_charger_or_says_that_it_stands_beside_the_axis() -> (
    None
):
    limits = Limits(sideways=0.0)
    motion, off = drive(Pose2(), Pose2(0.6, 0.0, 0.15), limits)
    assert motion.problem == ""
    assert max(abs(off.x), abs(off.y)) < 0.015
    assert abs(off.yaw) < math.radians(1.0)
    beside, _ = drive(Pose2(), Pose2(0.6, 0.08, 0.0), limits)
    assert "axis" in beside.problem


def test_no_charger_and_a_lost_charger_end_with_a_reason() -> None:
    nothing, _ = drive(Pose2(0.0, 5.0, 0.0), Pose2(0.5, 0.0, 0.0), Limits())
    assert "no charger" in nothing.problem
    assert not nothing.seen
    lost, _ = drive(Pose2(), Pose2(0.5, 0.0, 0.0), Limits(), gone_at=2.0)
    assert "out of sight" in lost.problem
    assert lost.seen
