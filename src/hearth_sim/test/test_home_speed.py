"""A whole home with robots: fast enough, at rest, and every robot its own."""

import math
import time
from pathlib import Path

import numpy as np
import pytest
from hearth_core.errors import UnknownNameError
from hearth_core.geometry import Pose2
from hearth_sim.core.world import World

APARTMENT = Path(__file__).parents[3] / "config" / "homes" / "apartment.yaml"
LEAST = 2.5
"""Times real time, in time of one core; 10 measured on an idle machine."""


def test_a_home_runs_many_times_faster_than_real_time() -> None:
    world = World.make(APARTMENT)
    robot = world.hardware("robot1")
    robot.listen_scan(lambda _: None)
    robot.add_cycle(0.01, lambda _: [group.read_all() for group in robot.groups.values()])
    robot.base.command(0.2, 0.0, 0.3)
    world.advance(1.0)
    begin = time.process_time()
    world.advance(3.0)
    factor = 3.0 / (time.process_time() - begin)
    print(f"\nhome, robot, lidar and joint states: {factor:.1f} x real time a core")  # noqa: T201
    assert factor > LEAST


def test_nothing_falls_or_drifts_when_nobody_touches_it() -> None:
    world = World.make(APARTMENT)
    world.advance(0.5)
    assert world.stage.home.wall_bodies
    before = world.truth()
    world.advance(5.0)
    after = world.truth()
    for name, body in before.bodies.items():
        moved = body.home_from_body.translation - after.bodies[name].home_from_body.translation
        assert np.abs(moved).max() < 0.003, name
        assert body.touches, name
    assert all(abs(position) < 0.01 for position in after.joints.values())
    assert after.contacts == ()


def test_two_robots_in_one_home() -> None:
    world = World.make(APARTMENT, robots=2)
    start = world.truth().bodies
    left = world.hardware("robot1").groups["left_arm"].read().position
    world.hardware("robot2").base.command(0.0, 0.0, 0.5)
    target = left.copy()
    target[3] += 0.3
    world.hardware("robot1").groups["left_arm"].command(target)
    world.advance(2.0)
    end = world.truth().bodies
    turned = [
        start[r].home_from_body.planar().yaw - end[r].home_from_body.planar().yaw
        for r in world.robots
    ]
    assert abs(turned[0]) < 0.05
    assert abs(turned[1]) == pytest.approx(0.95, abs=0.15)
    assert world.hardware("robot1").groups["left_arm"].read().position == pytest.approx(
        target, abs=0.05
    )


def test_experiments_start_where_they_say() -> None:
    at = Pose2(7.0, 1.9, -math.pi / 2)
    world = World.make(APARTMENT, starts={"robot1": at}, openings={"refrigerator/door": 1.2})
    world.advance(1.0)
    truth = world.truth()
    pose = truth.bodies["robot1"].home_from_body.planar()
    assert pose.distance(at) < 0.01
    assert truth.joints["refrigerator/door"] == pytest.approx(1.2, abs=0.01)
    frame = world.render("robot1/head_camera", 320, 240, perfect=True)
    assert frame.depth is not None
    assert 0.5 < np.median(frame.depth) < 2.5
    with pytest.raises(UnknownNameError, match="refrigerator/door"):
        World.make(APARTMENT, openings={"refrigerator/window": 1.0})
