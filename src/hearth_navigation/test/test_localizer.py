"""The robot finds itself, follows itself, notices when it is carried away, and admits doubt."""

import math

import numpy as np
import pytest
from flat_world import FlatWorld, home, look, rasterize
from hearth_core.errors import BadInputError
from hearth_core.geometry import Pose2, wrap_angle
from hearth_navigation.core.field import surface_field
from hearth_navigation.core.localizer import Localizer, Status
from hearth_navigation.core.matcher import correlate, refine
from hearth_navigation.core.odometry import OdometryBuffer
from hearth_navigation.core.particles import ParticleFilter

RECTS = home()
GRID = rasterize(RECTS)
SYMMETRIC = [(0, 0, 6, 0.1), (0, 3.9, 6, 4), (0, 0, 0.1, 4), (5.9, 0, 6, 4)]


def free_poses(count: int, seed: int) -> list[Pose2]:
    random, field = np.random.default_rng(seed), surface_field(GRID)
    poses: list[Pose2] = []
    while len(poses) < count:
        x, y, yaw = random.uniform((0.3, 0.3, -math.pi), (7.7, 5.7, math.pi))
        if field.at(x, y) > 0.35:
            poses.append(Pose2(x, y, yaw))
    return poses


def test_matching_corrects_a_wrong_guess_to_millimetres() -> None:
    field = surface_field(GRID)
    for k, pose in enumerate(free_poses(20, 3)):
        beams, _ = look(FlatWorld(RECTS, pose, seed=k))
        guess = pose @ Pose2(0.08, -0.06, 0.05)
        match = refine(field, beams.points, guess)
        assert match.pose.distance(pose) < 0.02
        assert abs(wrap_angle(match.pose.yaw - pose.yaw)) < 0.01
        assert match.inliers > 0.9


def test_correlation_finds_what_is_too_far_for_matching() -> None:
    field = surface_field(GRID)
    for k, pose in enumerate(free_poses(5, 4)):
        beams, _ = look(FlatWorld(RECTS, pose, seed=k))
        guess, _ = correlate(field, beams.points[::5], pose @ Pose2(0.25, 0.2, -0.3))
        assert refine(field, beams.points, guess).pose.distance(pose) < 0.02


def test_matching_does_not_slide_along_a_corridor() -> None:
    walls = [(0.0, 0.0, 20.0, 0.1), (0.0, 1.5, 20.0, 1.6)]
    field = surface_field(rasterize([(float(a), b, c, d) for a, b, c, d in walls]))
    pose = Pose2(10.0, 0.8, 0.0)
    beams, _ = look(FlatWorld(walls, pose))
    prior = np.diag([1.0, 1.0, 1.0])
    match = refine(field, beams.points, pose @ Pose2(0.1, 0.05, 0.02), prior=prior)
    assert match.pose.y == pytest.approx(0.8, abs=0.01)
    assert match.pose.x == pytest.approx(10.1, abs=0.02)  # nothing said otherwise
    assert match.information[0, 0] < 0.1 * match.information[1, 1]


def test_one_scan_is_enough_to_know_where() -> None:
    right = wrong = 0
    for k, pose in enumerate(free_poses(12, 5)):
        world = FlatWorld(RECTS, pose, seed=k)
        estimate = Localizer(GRID).update(0.0, world.odom, look(world)[0])
        if estimate.pose is not None:
            good = estimate.pose.distance(pose) < 0.1
            right, wrong = right + good, wrong + (not good)
    assert right >= 11
    assert wrong == 0


def test_a_symmetric_room_is_never_wrong_and_confident() -> None:
    """A room that looks the same turned by half a turn: no scan can tell, and none may claim."""
    grid = rasterize(SYMMETRIC)
    world = FlatWorld(SYMMETRIC, Pose2(1.5, 1.2, 0.3), seed=1)
    localizer = Localizer(grid)
    for k in range(40):
        estimate = localizer.update(0.1 * k, world.odom, look(world)[0])
        world.drive((0.2, 0.0, 0.2), 0.1)
        assert estimate.pose is None
        assert estimate.status is not Status.LOCALIZED
    assert estimate.guesses >= 2


def test_driving_resolves_the_doubt_when_the_home_allows_it() -> None:
    """Two equal halves, told apart by a chest that is seen only from some places."""
    rects = [*SYMMETRIC, (2.9, 0.0, 3.1, 1.0), (2.9, 3.0, 3.1, 4.0), (5.4, 0.1, 5.9, 0.9)]
    grid = rasterize(rects)
    world = FlatWorld(rects, Pose2(1.0, 3.3, -0.5), seed=2)
    localizer = Localizer(grid)
    for k in range(150):
        estimate = localizer.update(0.1 * k, world.odom, look(world)[0])
        if estimate.pose is not None:
            assert estimate.pose.distance(world.pose) < 0.1
        for _ in range(2):
            world.drive((0.15, -0.1, 0.0) if k < 100 else (0.0, 0.0, 0.0), 0.05)
    assert estimate.status is Status.LOCALIZED


def test_following_is_accurate_although_wheels_slip() -> None:
    world = FlatWorld(RECTS, Pose2(1.0, 3.0, 0.0), seed=5, slip=0.05)
    localizer = Localizer(GRID)
    errors = []
    for k in range(250):
        for _ in range(2):
            command = (0.25 * math.sin(0.05 * k), 0.15 * math.cos(0.04 * k), 0.6)
            world.drive(command, 0.05)
        estimate = localizer.update(world.time, world.odom, look(world)[0])
        assert estimate.pose is not None
        assert estimate.map_from_odom is not None
        errors.append(
            (
                estimate.pose.distance(world.pose),
                abs(wrap_angle(estimate.pose.yaw - world.pose.yaw)),
            )
        )
        assert (estimate.map_from_odom @ world.odom).distance(estimate.pose) < 1e-9
    assert math.sqrt(float(np.mean(np.array(errors)[:, 0] ** 2))) < 0.03
    assert float(np.max(np.array(errors)[:, 0])) < 0.1
    assert math.degrees(math.sqrt(float(np.mean(np.array(errors)[:, 1] ** 2)))) < 0.5


def test_a_kidnapped_robot_notices_within_two_seconds() -> None:
    world = FlatWorld(RECTS, Pose2(1.0, 3.0, 0.0), seed=6)
    localizer = Localizer(GRID)
    for k in range(10):
        localizer.update(0.1 * k, world.odom, look(world)[0])
    assert localizer.status is Status.LOCALIZED
    world.pose = Pose2(7.0, 1.0, 2.0)
    for k in range(10, 31):
        estimate = localizer.update(0.1 * k, world.odom, look(world)[0])
    assert estimate.pose is not None
    assert estimate.pose.distance(world.pose) < 0.1


def test_a_given_pose_is_taken_and_a_wrong_one_is_not_kept() -> None:
    world = FlatWorld(RECTS, Pose2(3.0, 4.5, 1.0), seed=7)
    localizer = Localizer(GRID)
    localizer.set_pose(Pose2(3.1, 4.4, 1.1))
    estimate = localizer.update(0.0, world.odom, look(world)[0])
    assert estimate.pose is not None
    assert estimate.pose.distance(world.pose) < 0.05
    localizer.set_pose(Pose2(7.0, 1.0, 0.0))
    for k in range(1, 25):
        estimate = localizer.update(0.1 * k, world.odom, look(world)[0])
    assert estimate.pose is not None
    assert estimate.pose.distance(world.pose) < 0.05


def test_a_blind_robot_claims_nothing() -> None:
    world = FlatWorld([], Pose2(0.0, 0.0, 0.0))
    estimate = Localizer(GRID).update(0.0, world.odom, look(world)[0])
    assert estimate.pose is None
    assert estimate.status is Status.LOST


def test_particles_follow_the_wheels_and_gather_where_the_scan_fits() -> None:
    world = FlatWorld(RECTS, Pose2(1.0, 3.0, 0.0), seed=8)
    particles = ParticleFilter(500, seed=1)
    particles.spread([Pose2(1.0, 3.0, 0.0), Pose2(6.0, 4.0, 1.0)], 0.1, 0.1)
    for _ in range(8):
        world.drive((0.4, 0.0, 0.3), 0.2)
        step = Pose2(0.08, 0.0, 0.06)
        particles.predict(step)
        particles.correct(surface_field(GRID), look(world)[0].points[::6])
    best = particles.clusters()[0]
    assert best.weight > 0.95
    assert best.pose.distance(world.pose) < 0.25
    assert particles.weights.sum() == pytest.approx(1.0)


def test_a_pose_that_a_person_clicks_a_little_off_is_found() -> None:
    """``initialpose`` of RViz is good to half a metre and a quarter turn of the hand."""
    for k, pose in enumerate(free_poses(6, 12)):
        world = FlatWorld(RECTS, pose, seed=k)
        localizer = Localizer(GRID)
        localizer.set_pose(pose @ Pose2(0.4, -0.3, 0.35), 0.5, 0.26)
        estimate = localizer.update(0.0, world.odom, look(world)[0])
        assert estimate.pose is not None
        assert estimate.pose.distance(pose) < 0.05
        assert estimate.health > 0.8


def test_a_pose_outside_the_map_is_refused() -> None:
    with pytest.raises(BadInputError, match="outside the map"):
        Localizer(GRID).set_pose(Pose2(90.0, 0.0, 0.0))


def test_a_clock_that_jumps_back_leaves_no_old_odometry() -> None:
    buffer = OdometryBuffer()
    for k in range(30):
        buffer.add(100.0 + 0.1 * k, Pose2(0.1 * k, 0.0, 0.0), (1.0, 0.0, 0.0))
    buffer.add(102.85, Pose2(9.0, 0.0, 0.0), (1.0, 0.0, 0.0))  # overtaken on the way: dropped
    assert buffer.newest is not None
    assert buffer.newest[1].x == pytest.approx(2.9)
    buffer.add(101.0, Pose2(5.0, 0.0, 0.0), (0.0, 0.0, 0.0))
    assert buffer.at(102.0) is None
    assert buffer.newest[0] == 101.0


def test_a_clock_that_jumps_back_does_not_stop_localisation() -> None:
    world = FlatWorld(RECTS, Pose2(1.0, 3.0, 0.0), seed=6)
    localizer = Localizer(GRID)
    for stamp in (50.0, 50.1, 3.0, 3.1):
        estimate = localizer.update(stamp, world.odom, look(world)[0])
        assert estimate.pose is not None
        assert estimate.pose.distance(world.pose) < 0.05
