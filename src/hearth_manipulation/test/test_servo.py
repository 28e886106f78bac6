"""A steered tip goes where it is told within limits, and never where it cannot stop."""

from __future__ import annotations

import numpy as np
import pytest
from arm_scenes import model, planner
from hearth_core.geometry import Transform
from hearth_manipulation.core.kinematics import Array
from hearth_manipulation.core.mover import arm
from hearth_manipulation.core.scene import Scene, Thing
from hearth_manipulation.core.servo import Hindrance, Servo, ServoState

DT = 0.01
JOINTS = arm("right", torso=False)
TIP = "right_grasp_frame"
WALL = Thing("wall", "box", np.array([0.1, 2.0, 2.0]), Transform(np.eye(3), np.zeros(3)))


@pytest.fixture
def servo() -> Servo:
    values = {"right_elbow_joint": 1.5, "right_shoulder_pitch_joint": 0.2}
    return Servo(planner(), JOINTS, TIP, model().configuration(values))


def limits(states: list[ServoState], servo: Servo) -> None:
    """Velocity, acceleration and jerk stay within what servo may use."""
    dofs = model().indices(JOINTS)
    speeds = np.array([s.velocity for s in states])
    pulls = np.array([s.acceleration for s in states])
    share = servo.settings.joints
    assert np.all(np.abs(speeds) <= share * model().velocity[dofs] + 1e-6)
    assert np.all(np.abs(pulls) <= share * model().acceleration[dofs] + 1e-6)
    assert np.all(np.abs(np.diff(pulls, axis=0)) / DT <= model().jerk[dofs] * 1.01)


def twist(x: float = 0.0, z: float = 0.0) -> Array:
    return np.array([x, 0.0, z, 0.0, 0.0, 0.0])


def test_a_twist_moves_the_tip_straight_at_its_speed(servo: Servo) -> None:
    begin = servo.tip()
    states = [servo.follow_twist(twist(z=0.1), DT, Scene()) for _ in range(100)]
    way = servo.tip().translation - begin.translation
    assert way[2] == pytest.approx(0.1, abs=0.02)
    assert np.hypot(way[0], way[1]) < 0.005
    assert np.allclose(servo.tip().rotation, begin.rotation, atol=0.03)
    states += [servo.rest(DT, Scene()) for _ in range(60)]
    assert states[-1].still
    limits(states, servo)


def test_a_pose_is_reached_and_held(servo: Servo) -> None:
    begin = servo.tip()
    turn = Transform.from_xyz_rpy((0.04, -0.03, 0.08), (0.0, 0.2, 0.1))
    target = begin @ turn
    states = [servo.follow_pose(target, DT, Scene()) for _ in range(400)]
    assert np.linalg.norm(servo.tip().translation - target.translation) < 1e-3
    assert np.allclose(servo.tip().rotation, target.rotation, atol=5e-3)
    limits(states, servo)


def test_it_stops_before_a_wall_slides_on_and_comes_back(servo: Servo) -> None:
    x = servo.tip().translation[0]
    wall = Thing("wall", "box", WALL.size, Transform(np.eye(3), np.array([x + 0.25, 0.0, 1.0])))
    scene = Scene().with_things([wall])
    seen = set()
    states = []
    for _ in range(300):
        states.append(servo.follow_twist(twist(x=0.3), DT, scene))
        seen.add(states[-1].hindrance)
        gap = planner().clearance(JOINTS, servo.configuration, scene)
        assert gap > servo.settings.margin - 1e-3
    assert Hindrance.SLOWED_BY_OBSTACLE in seen
    assert states[-1].hindrance is Hindrance.STOPPED_BY_OBSTACLE
    assert "wall" in states[-1].obstacle
    assert states[-1].still
    assert gap < 0.1  # it went near
    limits(states, servo)
    before = servo.tip().translation[0]
    for _ in range(60):
        servo.follow_twist(twist(x=-0.2), DT, scene)
    assert servo.tip().translation[0] < before - 0.05


def test_a_wall_that_comes_into_the_way_stops_it(servo: Servo) -> None:
    for _ in range(40):
        servo.follow_twist(twist(z=0.2), DT, Scene())
    p = servo.tip().translation
    lid = Thing("lid", "box", np.array([0.6, 0.6, 0.02]),
                Transform(np.eye(3), p + np.array([0.0, 0.0, 0.25])))  # fmt: skip
    scene = Scene().with_things([lid])
    for _ in range(200):
        state = servo.follow_twist(twist(z=0.2), DT, scene)
        assert planner().clearance(JOINTS, servo.configuration, scene) > 0.0
    assert state.still


def test_limits_of_joints_end_the_motion_not_the_robot(servo: Servo) -> None:
    dofs = model().indices(JOINTS)
    states = [servo.follow_twist(twist(z=-0.3), DT, Scene()) for _ in range(500)]
    positions = np.array([s.position for s in states])
    assert np.all(positions >= model().lower[dofs] - 1e-6)
    assert np.all(positions <= model().upper[dofs] + 1e-6)
    limits(states, servo)


def test_a_stretched_arm_is_told_and_can_be_bent_again() -> None:
    q = model().configuration({"right_elbow_joint": 0.5, "right_shoulder_pitch_joint": -0.6})
    servo = Servo(planner(), JOINTS, TIP, q)
    shoulder = model().pose(q, "right_shoulder_pitch_link").translation
    out = servo.tip().translation - shoulder
    out /= np.linalg.norm(out)
    seen = set()
    for _ in range(400):
        state = servo.follow_twist(0.2 * np.concatenate([out, np.zeros(3)]), DT, Scene())
        seen.add(state.hindrance)
        assert np.all(np.isfinite(state.position))
    told = {Hindrance.NEARING_SINGULARITY, Hindrance.AT_SINGULARITY, Hindrance.AT_JOINT_LIMIT}
    assert seen & told
    begin = servo.tip().translation
    for _ in range(200):
        servo.follow_twist(-0.2 * np.concatenate([out, np.zeros(3)]), DT, Scene())
    assert np.linalg.norm(servo.tip().translation - begin) > 0.05
