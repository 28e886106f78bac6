"""The world with a small robot in a small room: no ROS, no waiting."""

import math

import mujoco
import numpy as np
import pytest
from hearth_core.errors import BadInputError, HearthError, UnknownNameError
from hearth_core.geometry import Pose2
from hearth_core.ports import BasePort, CameraPort, JointGroupPort, RobotHardware, Scan
from hearth_sim.core.fakes import ROOM, fake_builder
from hearth_sim.core.stage import STEP, configure
from hearth_sim.core.world import World


@pytest.fixture
def world() -> World:
    return World(fake_builder())


def test_speaks_the_ports(world: World) -> None:
    robot = world.hardware("robot1")
    assert isinstance(robot, RobotHardware)
    assert isinstance(robot.base, BasePort)
    assert all(isinstance(group, JointGroupPort) for group in robot.groups.values())
    assert all(isinstance(camera, CameraPort) for camera in robot.cameras.values())
    with pytest.raises(UnknownNameError, match="robot1"):
        world.hardware("robot7")


def test_cycles_fire_exactly_and_before_the_step(world: World) -> None:
    robot = world.hardware("robot1")
    fast: list[float] = []
    odd: list[float] = []
    robot.add_cycle(0.01, lambda now: fast.append(now - world.snapshot.stamp))
    robot.add_cycle(1 / 30, odd.append)
    world.advance(1.0)
    assert fast == pytest.approx([0.0] * 100, abs=1e-12)
    assert len(odd) == 30
    assert all(0 <= t - k / 30 < STEP for k, t in enumerate(odd))
    assert world.now == pytest.approx(1.0)


def test_a_joint_goes_where_it_is_told_and_halts(world: World) -> None:
    head = world.hardware("robot1").groups["head"]
    assert head.read().position == pytest.approx([0.2], abs=1e-3)
    head.command(np.array([0.8]))
    world.advance(1.0)
    assert head.read().position == pytest.approx([0.8], abs=0.01)
    head.command(np.array([-1.0]))
    world.advance(0.1)
    head.halt()
    world.advance(1.0)
    assert head.read().position[0] > -0.95
    head.command(np.array([9.0]))
    world.advance(2.0)
    assert head.read().position[0] <= 1.52


@pytest.mark.parametrize("bad", [[math.nan], [0.1, 0.2], [math.inf]])
def test_a_bad_target_is_refused_and_nothing_moves(world: World, bad: list[float]) -> None:
    head = world.hardware("robot1").groups["head"]
    with pytest.raises(BadInputError, match="pan"):
        head.command(np.array(bad))
    world.advance(0.5)
    assert head.read().position == pytest.approx([0.2], abs=1e-3)


def test_effort_scale_limits_the_force(world: World) -> None:
    head = world.hardware("robot1").groups["head"]
    head.set_effort_scale(0.1)
    head.command(np.array([1.5]))
    peak = 0.0
    for _ in range(20):
        world.advance(0.01)
        peak = max(peak, abs(float(head.read().effort[0])))
    assert 0.5 < peak <= 0.1 * 20.0 + 1e-6
    with pytest.raises(BadInputError, match="effort scale"):
        head.set_effort_scale(0.0)


def test_velocity_feed_forward_removes_the_lag(world: World) -> None:
    errors = []
    for ahead in (None, np.array([0.5])):
        world.reset()
        head = world.hardware("robot1").groups["head"]

        def track(now: float, ahead: np.ndarray | None = ahead, t0: float = world.now) -> None:
            head.command(np.array([0.2 + 0.5 * (now - t0)]), ahead)  # noqa: B023

        world.hardware("robot1").add_cycle(0.01, track)
        t0 = world.now
        world.advance(1.0)
        errors.append(abs(head.read().position[0] - (0.2 + 0.5 * (world.now - t0))))
        world.hardware("robot1").close()
    assert errors[1] < 0.5 * errors[0]


def test_odometry_slips_but_not_much() -> None:
    drifts = []
    for seed in range(4):
        world = World(fake_builder({"robot1": Pose2(-1.0, 0.0, 0.0)}), seed)
        robot = world.hardware("robot1")
        for vx, vy, wz in ((0.3, 0, 0), (0, 0.2, 0.3), (0.1, -0.2, -0.3), (-0.2, 0, 0.2)):
            robot.base.command(vx, vy, wz)
            world.advance(2.0)
        robot.base.command(0, 0, 0)
        world.advance(1.0)
        start = Pose2(-1.0, 0.0, 0.0)
        true = start.inverse() @ world.truth().bodies["robot1"].home_from_body.planar()
        read = robot.base.read()
        drifts.append(true.distance(Pose2(read.x, read.y, read.yaw)))
        assert abs(true.yaw - read.yaw) < 0.1
        assert read.vx == pytest.approx(0.0, abs=0.02)
    assert max(drifts) < 0.15
    assert min(drifts) > 1e-4
    assert len({round(d, 6) for d in drifts}) == 4


def test_blocked_wheels_spin_and_odometry_believes_them() -> None:
    world = World(fake_builder({"robot1": Pose2(ROOM[0] - 0.25, 0.0, 0.0)}))
    robot = world.hardware("robot1")
    robot.base.command(0.5, 0.0, 0.0)
    world.advance(3.0)
    true = world.truth().bodies["robot1"].home_from_body.translation[0]
    assert true < ROOM[0] - 0.18
    assert robot.base.read().x > 0.2


def test_standing_still_reads_still(world: World) -> None:
    robot = world.hardware("robot1")
    world.advance(2.0)
    read = robot.base.read()
    assert (read.x, read.y, read.yaw) == pytest.approx((0, 0, 0), abs=2e-3)


def test_lidar_sees_the_walls_where_they_are(world: World) -> None:
    robot = world.hardware("robot1")
    scans: list[Scan] = []
    robot.listen_scan(scans.append)
    world.advance(1.0)
    assert [scan.stamp for scan in scans] == pytest.approx([k / 10 for k in range(10)])
    scan = scans[0]
    assert len(scan.ranges) == 360
    angles = scan.angle_min + scan.angle_increment * np.arange(360)
    with np.errstate(divide="ignore"):
        expected = np.minimum(np.abs(ROOM[0] / np.cos(angles)), np.abs(ROOM[1] / np.sin(angles)))
    error = (np.stack([s.ranges for s in scans]) - expected).astype(float)
    valid = np.isfinite(error)
    assert valid.mean() > 0.99
    assert abs(np.mean(error[valid])) < 0.002
    assert np.std(error[valid]) == pytest.approx(0.01, rel=0.15)


def test_the_lidar_sees_another_robot_but_not_its_own() -> None:
    world = World(fake_builder({"robot1": Pose2(-0.7), "robot2": Pose2(0.7)}))
    scans: list[Scan] = []
    world.hardware("robot1").listen_scan(scans.append)
    world.advance(0.2)
    # The mast of robot2 is a box of 6 cm side, 1.4 m ahead.
    assert scans[0].ranges[180] == pytest.approx(1.4 - 0.03, abs=0.05)
    assert np.nanmin(scans[0].ranges) > 1.0


def test_two_robots_obey_their_own_commands() -> None:
    world = World(fake_builder({"robot1": Pose2(-0.7), "robot2": Pose2(0.7, 0.0, math.pi / 2)}))
    world.hardware("robot2").base.command(0.2, 0.0, 0.0)
    world.hardware("robot1").groups["head"].command(np.array([1.0]))
    world.advance(2.0)
    truth = world.truth().bodies
    assert truth["robot1"].home_from_body.translation[:2] == pytest.approx([-0.7, 0], abs=0.01)
    x, y = truth["robot2"].home_from_body.translation[:2]
    assert x == pytest.approx(0.7, abs=0.02)
    assert y == pytest.approx(0.4, abs=0.06)
    assert world.hardware("robot2").groups["head"].read().position[0] == pytest.approx(
        0.2, abs=0.01
    )


def trace(seed: int) -> list[float]:
    world = World(fake_builder(), seed)
    robot = world.hardware("robot1")
    scans: list[Scan] = []
    robot.listen_scan(scans.append)
    robot.base.command(0.2, 0.1, 0.3)
    world.advance(1.0)
    imu = robot.imu()
    return [
        *world.snapshot.qpos,
        robot.base.read().x,
        robot.base.read().yaw,
        robot.battery().percentage,
        *imu.angular_velocity,
        *scans[-1].ranges[np.isfinite(scans[-1].ranges)],
    ]


def test_the_same_seed_gives_the_same_run_to_the_bit() -> None:
    assert trace(5) == trace(5)
    assert trace(5) != trace(6)


def test_reset_starts_over_and_hardware_stays_valid(world: World) -> None:
    robot = world.hardware("robot1")
    times: list[float] = []
    robot.add_cycle(0.1, times.append)
    robot.base.command(0.5, 0.0, 0.0)
    world.advance(1.0)
    world.reset(seed=3)
    assert world.now == pytest.approx(1.0)
    assert world.truth().bodies["robot1"].home_from_body.translation[0] == pytest.approx(0.0)
    assert robot.base.read().x == 0.0
    world.advance(0.5)
    assert world.truth().bodies["robot1"].home_from_body.translation[0] == pytest.approx(
        0.0, abs=1e-3
    )
    assert len(times) == 15
    world.reset(restart_time=True)
    assert world.now == 0.0
    world.advance(0.2)
    assert times[-2:] == pytest.approx([0.0, 0.1])


def test_the_battery_empties_and_the_charger_fills_it() -> None:
    away = World(fake_builder(charger=Pose2(1.5, 0.0, 0.0)))
    home = World(fake_builder(charger=Pose2(0.02, 0.0, 0.05)))
    readings = []
    for world in (away, home):
        before = world.hardware("robot1").battery().percentage
        world.advance(5.0)
        after = world.hardware("robot1").battery()
        readings.append((after.percentage - before, after.current, after.charging))
    assert [charging for _, _, charging in readings] == [False, True]
    assert max(readings[0][:2]) < 0
    assert min(readings[1][:2]) > 0


def test_the_imu_feels_gravity_and_turning(world: World) -> None:
    robot = world.hardware("robot1")
    robot.base.command(0.0, 0.0, 0.5)
    world.advance(1.0)
    reading = robot.imu()
    assert reading.linear_acceleration[2] == pytest.approx(9.81, abs=0.3)
    assert reading.angular_velocity[2] == pytest.approx(0.5, abs=0.03)
    yaw = 2 * math.atan2(reading.orientation[2], reading.orientation[3])
    assert yaw == pytest.approx(0.5, abs=0.1)


def test_truth_names_supports_and_contacts() -> None:
    world = World(fake_builder({"robot1": Pose2(ROOM[0] - 0.25, 0.0, 0.0)}))
    world.advance(0.5)
    truth = world.truth()
    assert truth.bodies["ball"].touches == ("table",)
    assert truth.contacts == ()
    assert dict(truth.joints) == pytest.approx({"cabinet/door": 0.0}, abs=1e-3)
    world.hardware("robot1").base.command(0.4, 0.0, 0.0)
    world.advance(1.0)
    contacts = world.truth().contacts
    assert [c.robot_body for c in contacts] == ["robot1/base_footprint"]
    assert contacts[0].force > 20.0
    world.hardware("robot1").base.command(-0.4, 0.0, 0.0)
    world.advance(1.0)
    world.truth()
    world.advance(0.1)
    assert world.truth().contacts == ()


def test_what_sleeps_still_touches_what_it_lay_on(world: World) -> None:
    world.advance(3.0)
    body = world.stage.model.body("ball").id
    assert world.stage.data.body_awake[body] == 0
    assert world.truth().bodies["ball"].touches == ("table",)


def test_what_sleeps_wakes_when_it_is_touched() -> None:
    world = World(fake_builder({"robot1": Pose2(0.6, -1.0, 0.0)}))
    world.advance(3.0)
    block = world.stage.model.body("block").id
    assert world.stage.data.body_awake[block] == 0
    world.hardware("robot1").base.command(0.3, 0.0, 0.0)
    world.advance(2.5)
    truth = world.truth()
    assert world.stage.data.body_awake[block] == 1
    assert truth.bodies["block"].home_from_body.translation[0] > 1.33
    assert truth.bodies["block"].touches == ("robot1", "world")
    assert {(c.robot_body, c.other_body) for c in truth.contacts} == {
        ("robot1/base_footprint", "block")
    }
    world.hardware("robot1").base.command(-0.3, 0.0, 0.0)
    world.advance(2.0)
    assert world.truth().bodies["block"].touches == ("world",)
    assert world.stage.data.body_awake[block] == 0


def test_a_world_that_diverges_ends_and_is_never_silently_reset(world: World) -> None:
    world.advance(0.1)
    world.stage.data.qvel[0] = 1e12
    with pytest.raises(HearthError, match="diverged"):
        world.advance(0.1)


def test_the_sparse_solver_agrees_with_the_dense_one() -> None:
    """mujoco 4.0.0 merged wrong rows in its sparse factorisation: never again unseen."""
    accelerations = []
    for jacobian in (mujoco.mjtJacobian.mjJAC_DENSE, mujoco.mjtJacobian.mjJAC_SPARSE):
        spec = mujoco.MjSpec()
        spec.worldbody.add_geom(type=mujoco.mjtGeom.mjGEOM_PLANE, size=[5, 5, 0.1])
        rng = np.random.default_rng(0)
        for _ in range(12):
            body = spec.worldbody.add_body(pos=[*rng.uniform(-0.2, 0.2, 2), 0.15])
            body.add_freejoint()
            body.add_geom(type=mujoco.mjtGeom.mjGEOM_BOX, size=[0.05, 0.04, 0.03])
            for side in (-1, 1):
                arm = body.add_body(pos=[0.06 * side, 0, 0])
                arm.add_joint(type=mujoco.mjtJoint.mjJNT_HINGE, axis=[0, 1, 0])
                arm.add_geom(
                    type=mujoco.mjtGeom.mjGEOM_CAPSULE,
                    fromto=[0, 0, 0, 0.1 * side, 0, 0],
                    size=[0.02, 0, 0],
                )
        configure(spec)
        spec.option.jacobian = jacobian
        model = spec.compile()
        data = mujoco.MjData(model)
        mujoco.mj_step(model, data, 60)
        model.opt.tolerance, model.opt.iterations = 1e-14, 200
        data.qacc_warmstart[:] = 0
        mujoco.mj_forward(model, data)
        assert data.nefc > 50
        accelerations.append(data.qacc.copy())
    scale = np.abs(accelerations[0]).max()
    assert np.abs(accelerations[0] - accelerations[1]).max() < 1e-4 * scale
