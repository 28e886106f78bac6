"""Hands as grippers, on fake joints: opening, contact, force."""

import numpy as np
import pytest
from hearth_core.frames import HAND_JOINTS
from hearth_drivers.core.gripper import GripperFinish, GripperSettings, HandSynergy
from hearth_drivers.core.joint_controller import Ending, Result
from hearth_drivers.core.trajectory import GoalRefusedError, Tolerances
from hearth_drivers.fakes import FakeRobot
from hearth_drivers.groups import HandDriver

SETTINGS = GripperSettings()


@pytest.fixture
def robot() -> FakeRobot:
    return FakeRobot()


@pytest.fixture
def hand(robot: FakeRobot) -> HandDriver:
    driver = HandDriver(
        "right_hand", robot.groups["right_hand"], Tolerances(), SETTINGS, robot.touch
    )
    robot.add_cycle(0.01, driver.tick)
    return driver


def grip(robot: FakeRobot, hand: HandDriver, opening: float, effort: float = 0.0) -> list[Result]:
    results: list[Result] = []
    hand.grip(opening, effort, results.append)
    robot.step(3.0)
    return results


def test_opening_and_targets_are_inverse(hand: HandDriver) -> None:
    for opening in (0.0, 0.3, 1.0):
        assert hand.synergy.opening(hand.synergy.targets(opening)) == pytest.approx(opening)


def test_the_thumb_stays_opposed_while_the_hand_opens_and_closes(hand: HandDriver) -> None:
    index = HAND_JOINTS["right"].index("right_thumb_opposition_joint")
    upper = hand.port.limits["right_thumb_opposition_joint"].upper
    expected = pytest.approx(SETTINGS.thumb_opposition * upper)
    assert hand.synergy.open[index] == expected
    assert hand.synergy.closed[index] == expected


def test_closes_and_opens_in_the_air(robot: FakeRobot, hand: HandDriver) -> None:
    for opening in (0.0, 1.0, 0.4):
        (result,) = grip(robot, hand, opening)
        assert result.ending is Ending.SUCCEEDED
        assert not result.stalled
        assert hand.opening() == pytest.approx(opening, abs=SETTINGS.tolerance)


def test_stalls_on_a_thing_and_keeps_pressing(robot: FakeRobot, hand: HandDriver) -> None:
    joints = robot.groups["right_hand"]
    joints.blocked = {name: 0.7 for name in joints.names if "flexion" in name}
    (result,) = grip(robot, hand, 0.0, effort=3.0)
    assert result.stalled
    assert hand.opening() == pytest.approx(1.0 - 0.7 / (0.83 * 1.5), abs=0.01)
    assert hand.force() > 0.0
    assert joints.target.max() > 1.2  # the target stays inside the thing: that is the grip
    assert joints.effort_scale == pytest.approx(3.0 / hand.synergy.rated_force)


def test_an_emergency_stop_keeps_the_grip(robot: FakeRobot, hand: HandDriver) -> None:
    joints = robot.groups["right_hand"]
    joints.blocked = {name: 0.7 for name in joints.names if "flexion" in name}
    grip(robot, hand, 0.0)
    hand.stop(engaged=True)
    robot.step(0.5)
    assert joints.target.max() > 1.2
    assert hand.force() > 0.0


@pytest.mark.parametrize(("effort", "scale"), [(0.0, 1.0), (-1.0, 1.0), (1e6, 1.0), (1e-6, 0.05)])
def test_effort_scale_stays_in_range(hand: HandDriver, effort: float, scale: float) -> None:
    assert hand.synergy.effort_scale(effort) == pytest.approx(scale)


@pytest.mark.parametrize("opening", [-0.1, 1.1, float("nan")])
def test_openings_that_are_no_fraction_are_refused(hand: HandDriver, opening: float) -> None:
    with pytest.raises(GoalRefusedError, match=r"between 0 .* and 1"):
        hand.grip(opening, 0.0, lambda result: None)


def test_fingers_that_never_settle_are_a_failure(hand: HandDriver) -> None:
    finish = GripperFinish(hand.synergy, SETTINGS)
    result = None
    for cycle in range(1000):
        wobble = hand.synergy.targets(0.5 + 0.1 * (cycle % 2))
        result = finish.check(0.01 * cycle, hand.synergy.targets(0.0), wobble)
        if result is not None:
            break
    assert result is not None
    assert result.ending is Ending.FAILED


def test_a_hand_without_flexion_joints_is_an_error() -> None:
    with pytest.raises(ValueError, match="no flexion joint"):
        HandSynergy(["thumb"], {}, SETTINGS)


def test_closing_speed_respects_the_fraction_of_the_limit(
    robot: FakeRobot, hand: HandDriver
) -> None:
    joints, speeds = robot.groups["right_hand"], []
    hand.grip(0.0, 0.0, lambda result: None)
    for _ in range(100):
        robot.step(0.01)
        speeds.append(np.abs(joints.read().velocity).max())
    assert max(speeds) <= 4.0 * SETTINGS.speed * 1.05
