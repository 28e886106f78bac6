"""Whole drives in a flat home: localised by lidar, through doors, without touching."""

import math

import numpy as np
import pytest
from flat_world import FlatWorld, Rect, home, look, rasterize
from hearth_core.geometry import Pose2, wrap_angle
from hearth_navigation.core.driving import PREEMPTED, Driving
from hearth_navigation.core.driving_config import DrivingConfig
from hearth_navigation.core.follower import STOP
from hearth_navigation.core.footprint import Footprint
from hearth_navigation.core.localizer import Localizer
from hearth_navigation.core.odometry import OdometryBuffer
from hearth_navigation.core.planner import PlanCode
from hearth_navigation.core.trip import TRANSFORM_ERROR, Trip

FOOTPRINT = Footprint(
    ((0.42, -0.17), (0.42, 0.17), (0.25, 0.25), (-0.25, 0.25), (-0.25, -0.25), (0.25, -0.25))
)
RECTS = home(0.8)
GRID = rasterize(RECTS)


class Drive:
    """A robot in a flat world; it knows only scans and wheels."""

    def __init__(self, start: Pose2, extra: list[Rect] | None = None, seed: int = 0) -> None:
        self.world = FlatWorld([*RECTS, *(extra or [])], start, seed=seed)
        self.odometry = OdometryBuffer()
        self.driving = Driving(DrivingConfig(), FOOTPRINT, self.odometry)
        self.driving.set_grid(GRID)
        self.localizer = Localizer(GRID)
        self.ticks = 0
        self.gap = math.inf
        self.scanning = True

    def tick(self) -> None:
        world, now = self.world, self.world.time
        self.odometry.add(now, world.odom, world.velocity)
        if self.ticks % 2 == 0 and self.scanning:
            beams, lengths = look(world)
            estimate = self.localizer.update(now, world.odom, beams)
            if estimate.map_from_odom is not None:
                self.driving.on_localization(now, estimate.map_from_odom)
            self.driving.on_scan(now, world.odom, beams, lengths)
        velocity = self.driving.cycle(now)
        self.driving.plan(now)
        world.drive(velocity or (0.0, 0.0, 0.0), 0.05)
        self.gap = min(self.gap, FOOTPRINT.at(world.pose).distance(world.solid))
        self.ticks += 1

    def finish(self, trip: Trip, longest: float = 90.0) -> int:
        end = self.world.time + longest
        while trip.ending is None and self.world.time < end:
            self.tick()
        assert trip.ending is not None, "took too long"
        return trip.ending.code


@pytest.mark.parametrize(
    ("start", "goal"),
    [
        (Pose2(1.0, 3.0, 0.0), Pose2(6.7, 4.0, 0.0)),
        (Pose2(7.0, 1.0, 2.0), Pose2(3.0, 5.2, 1.57)),
    ],
)
def test_from_an_unknown_start_through_doors_to_the_centimetre(start: Pose2, goal: Pose2) -> None:
    drive = Drive(start)
    assert drive.finish(drive.driving.begin([goal])) == 0
    assert drive.gap > 0.02
    assert drive.world.pose.distance(goal) < 0.045  # tolerance and localisation
    assert abs(wrap_angle(drive.world.pose.yaw - goal.yaw)) < math.radians(2.5)
    assert math.hypot(*drive.world.velocity[:2]) < 0.06


def test_it_drives_round_what_the_map_does_not_show() -> None:
    drive = Drive(Pose2(1.0, 3.0, 0.0), [(2.1, 2.8, 2.4, 3.4), (2.3, 1.3, 2.6, 1.9)])
    assert drive.finish(drive.driving.begin([Pose2(3.0, 3.9, 0.0)])) == 0
    assert drive.gap > 0.01


def test_poses_on_the_way_are_passed_in_order() -> None:
    drive = Drive(Pose2(1.0, 3.0, 0.0))
    goals = [Pose2(1.4, 1.2, 0.0), Pose2(3.0, 1.2, 0.0), Pose2(1.4, 3.0, 1.0)]
    trip = drive.driving.begin(list(goals))
    nearest = [math.inf, math.inf]
    while trip.ending is None and drive.world.time < 90.0:
        drive.tick()
        for k in range(2):
            if len(trip.goals) == 3 - k:
                nearest[k] = min(nearest[k], drive.world.pose.distance(goals[k]))
    assert trip.ending is not None
    assert trip.ending.code == 0
    assert max(nearest) < 0.4


def test_a_goal_in_the_wall_is_refused_and_nothing_moves() -> None:
    drive = Drive(Pose2(1.0, 3.0, 0.0))
    code = drive.finish(drive.driving.begin([Pose2(4.25, 4.5, 0.0)]), 30.0)
    assert code == PlanCode.GOAL_OCCUPIED
    assert drive.world.pose.distance(Pose2(1.0, 3.0, 0.0)) < 0.02


def test_a_closed_door_ends_with_no_valid_path() -> None:
    drive = Drive(Pose2(1.0, 3.0, 0.0), [(0.9, 1.95, 1.9, 2.0)])
    code = drive.finish(drive.driving.begin([Pose2(3.0, 1.2, 0.0)]), 120.0)
    assert code == PlanCode.NO_VALID_PATH
    assert drive.gap > 0.0


def test_without_fresh_scans_the_base_stands_and_the_trip_fails() -> None:
    drive = Drive(Pose2(1.0, 3.0, 0.0))
    trip = drive.driving.begin([Pose2(6.7, 4.0, 0.0)])
    for _ in range(80):
        drive.tick()
    assert math.hypot(*drive.world.velocity[:2]) > 0.2
    drive.scanning = False
    for _ in range(30):
        drive.tick()
    assert math.hypot(*drive.world.velocity[:2]) == pytest.approx(0.0, abs=1e-6)
    where = drive.world.pose
    assert drive.finish(trip) == TRANSFORM_ERROR
    assert drive.world.pose.distance(where) < 0.01


def test_a_clock_that_jumps_back_ends_the_trip() -> None:
    drive = Drive(Pose2(1.0, 3.0, 0.0))
    trip = drive.driving.begin([Pose2(6.7, 4.0, 0.0)])
    for _ in range(60):
        drive.tick()
    drive.driving.cycle(drive.world.time - 2.0)
    assert trip.ending is not None
    assert trip.ending.code == TRANSFORM_ERROR
    assert drive.driving.cycle(drive.world.time - 1.9) == STOP
    assert drive.driving.cycle(drive.world.time - 1.4) is None


def test_a_newer_goal_takes_over() -> None:
    drive = Drive(Pose2(1.0, 3.0, 0.0))
    first = drive.driving.begin([Pose2(6.7, 4.0, 0.0)])
    for _ in range(60):
        drive.tick()
    second = drive.driving.begin([Pose2(2.0, 3.5, 0.0)])
    assert first.ending is not None
    assert first.ending.code == PREEMPTED
    assert drive.finish(second) == 0


def test_a_cancelled_trip_stops_the_base() -> None:
    drive = Drive(Pose2(1.0, 3.0, 0.0))
    trip = drive.driving.begin([Pose2(6.7, 4.0, 0.0)])
    for _ in range(80):
        drive.tick()
    drive.driving.finish(trip)
    for _ in range(12):
        drive.tick()
    assert drive.driving.trip is None
    assert math.hypot(*drive.world.velocity) == pytest.approx(0.0, abs=1e-6)


def test_somebody_in_the_way_stops_the_robot_before_contact() -> None:
    """A person steps in front of the moving robot, at braking distance and 15 cm."""
    drive = Drive(Pose2(1.0, 3.0, 0.0))
    drive.driving.begin([Pose2(3.2, 4.2, 0.0)])
    while drive.world.velocity[0] < 0.4 and drive.world.time < 20.0:
        drive.tick()
    pose = drive.world.pose
    front = pose.apply(np.array([0.42 + 0.5**2 / 2.0 / 0.8 + 0.15 + 0.1, 0.0]))
    person = (front[0] - 0.1, front[1] - 0.1, front[0] + 0.1, front[1] + 0.1)
    drive.world.rects.append(person)
    drive.world.__post_init__()
    for _ in range(60):
        drive.tick()
    assert drive.gap > 0.0


def test_before_the_first_cycle_the_map_is_not_all_blocked() -> None:
    driving = Driving(DrivingConfig(), FOOTPRINT, OdometryBuffer())
    driving.set_grid(GRID)
    assert driving.snapshot is not None
    assert not driving.snapshot.obstacles.any()
