"""Goals and splines alone: no ROS, no clock."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hearth_core.ports import JointLimits
from hearth_drivers.core.spline import fade, fill_velocities, through
from hearth_drivers.core.trajectory import (
    ErrorCode,
    Goal,
    GoalRefusedError,
    Plan,
    Tolerances,
    Waypoint,
    make_plan,
)

NAMES = ("shoulder", "elbow")
LIMITS = {
    "shoulder": JointLimits(-2.0, 2.0, 2.0, 8.0, 50.0),
    "elbow": JointLimits(0.0, 2.5, 1.0, 4.0, 50.0),
}
HERE = np.array([0.0, 1.0])
STILL = np.zeros(2)
GOAL = Goal(NAMES, [Waypoint(1.0, (0.5, 1.2)), Waypoint(2.0, (1.0, 1.0))])


def plan(goal: Goal, position: np.ndarray = HERE, velocity: np.ndarray = STILL) -> Plan:
    return make_plan(goal, NAMES, LIMITS, position, velocity, Tolerances(0.5, 0.03, 1.5))


def refusal(goal: Goal) -> GoalRefusedError:
    with pytest.raises(GoalRefusedError) as caught:
        plan(goal)
    return caught.value


def random_waypoints(seed: int, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    times = np.concatenate([[0.0], np.cumsum(random.uniform(0.05, 1.0, count - 1))])
    return times, random.uniform(-1, 1, (count, 3)), random.uniform(-1, 1, (count, 3))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("quintic", [False, True])
def test_splines_pass_through_their_waypoints_at_their_velocities(
    seed: int, quintic: bool
) -> None:
    times, positions, velocities = random_waypoints(seed, 6)
    spline = through(times, positions, velocities, 0.3 * positions if quintic else None)
    for index, time in enumerate(times):
        position, velocity = spline.sample(time)
        np.testing.assert_allclose(position, positions[index], atol=1e-9)
        np.testing.assert_allclose(velocity, velocities[index], atol=1e-9)


@pytest.mark.parametrize("quintic", [False, True])
def test_the_velocity_of_a_spline_is_the_slope_of_its_position(quintic: bool) -> None:
    times, positions, velocities = random_waypoints(7, 5)
    spline = through(times, positions, velocities, 2.0 * positions if quintic else None)
    step = 1e-6
    for time in np.linspace(0.01, times[-1] - 0.01, 40):
        slope = (spline.sample(time + step)[0] - spline.sample(time - step)[0]) / (2 * step)
        np.testing.assert_allclose(spline.sample(time)[1], slope, atol=1e-4)


def test_outside_of_its_time_a_spline_stands_still() -> None:
    times, positions, velocities = random_waypoints(1, 4)
    spline = through(times, positions, velocities)
    for time, expected in ((-1.0, positions[0]), (times[-1] + 1.0, positions[-1])):
        position, velocity = spline.sample(time)
        np.testing.assert_allclose(position, expected)
        assert not velocity.any()


@pytest.mark.parametrize("seed", range(10))
def test_positions_without_velocities_are_joined_without_overshoot(seed: int) -> None:
    times, positions, _ = random_waypoints(seed, 8)
    spline = through(times, positions, np.full_like(positions, math.nan))
    low, high, _ = spline.extremes(41)
    assert (low >= np.minimum(positions[:-1], positions[1:]) - 1e-9).all()
    assert (high <= np.maximum(positions[:-1], positions[1:]) + 1e-9).all()


def test_unknown_velocities_are_filled_and_known_ones_kept() -> None:
    times, positions, velocities = random_waypoints(2, 5)
    some = velocities.copy()
    some[2] = math.nan
    filled = fill_velocities(times, positions, some)
    assert np.isfinite(filled).all()
    np.testing.assert_array_equal(np.delete(filled, 2, 0), np.delete(velocities, 2, 0))


def test_a_fade_begins_as_told_and_ends_at_rest_at_zero() -> None:
    spline = fade(np.array([0.1]), np.array([-0.4]), 0.5)
    assert spline.sample(0.0)[0][0] == pytest.approx(0.1)
    assert spline.sample(1e-9)[1][0] == pytest.approx(-0.4, abs=1e-6)
    np.testing.assert_allclose(spline.sample(0.5), 0.0, atol=1e-12)


def test_a_plan_begins_where_the_joints_are_and_ends_at_the_goal() -> None:
    moving = np.array([0.3, 0.0])
    spline = plan(GOAL, HERE, moving).spline
    np.testing.assert_allclose(spline.sample(0.0)[0], HERE)
    np.testing.assert_allclose(spline.sample(1e-9)[1], moving, atol=1e-6)
    np.testing.assert_allclose(spline.sample(2.0)[0], [1.0, 1.0])


def test_joints_may_come_in_any_order() -> None:
    swapped = Goal(NAMES[::-1], [Waypoint(1.0, (1.2, 0.5)), Waypoint(2.0, (1.0, 1.0))])
    for time in (0.3, 1.0, 1.7):
        np.testing.assert_allclose(
            plan(swapped).spline.sample(time), plan(GOAL).spline.sample(time)
        )


def test_a_single_point_at_time_zero_where_the_joints_are_is_accepted() -> None:
    made = plan(Goal(NAMES, [Waypoint(0.0, tuple(HERE))]))
    np.testing.assert_allclose(made.spline.sample(1.0)[0], HERE)


def test_tolerances_default_switch_off_and_override() -> None:
    goal = replace(GOAL, path_tolerance={"elbow": -1.0}, goal_tolerance={"shoulder": 0.2})
    made = plan(goal)
    np.testing.assert_array_equal(made.path_tolerance, [0.5, math.inf])
    np.testing.assert_array_equal(made.goal_tolerance, [0.2, 0.03])
    assert made.goal_time == 1.5


def points(*items: tuple[float, Sequence[float]]) -> list[Waypoint]:
    return [Waypoint(time, positions) for time, positions in items]


@pytest.mark.parametrize(
    ("goal", "code", "words"),
    [
        (replace(GOAL, points=[]), ErrorCode.INVALID_GOAL, "no points"),
        (replace(GOAL, joint_names=("shoulder", "knee")), ErrorCode.INVALID_JOINTS, "'knee'"),
        (
            Goal(("elbow",), points((1.0, [1.0]))),
            ErrorCode.INVALID_JOINTS,
            "nothing about ['shoulder']",
        ),
        (
            Goal(("elbow", "elbow", "shoulder"), points((1.0, [1.0, 1.0, 0.0]))),
            ErrorCode.INVALID_JOINTS,
            "twice",
        ),
        (
            Goal(NAMES, points((1.0, [0.1, 1.0]), (1.0, [0.2, 1.0]))),
            ErrorCode.INVALID_GOAL,
            "times must increase: point 0",
        ),
        (Goal(NAMES, points((-1.0, [0.1, 1.0]))), ErrorCode.INVALID_GOAL, "not negative"),
        (Goal(NAMES, points((1.0, [math.nan, 1.0]))), ErrorCode.INVALID_GOAL, "not finite"),
        (Goal(NAMES, points((1.0, [1.0]))), ErrorCode.INVALID_GOAL, "1 positions for 2 joints"),
        (
            Goal(NAMES, [Waypoint(1.0, (0.1, 1.0), (0.0,))]),
            ErrorCode.INVALID_GOAL,
            "1 velocities for 2 joints",
        ),
        (
            Goal(NAMES, [Waypoint(1.0, (0.1, 1.0), (0.0, 0.5))]),
            ErrorCode.INVALID_GOAL,
            "must stand still",
        ),
        (
            Goal(NAMES, points((3.0, [0.1, 2.6]))),
            ErrorCode.INVALID_GOAL,
            "elbow at 2.600 is outside its limits [0.000, 2.500]",
        ),
        (
            Goal(NAMES, points((0.5, [0.0, 2.0]))),
            ErrorCode.INVALID_GOAL,
            "elbow would move at 3.00/s between 0.000 s and 0.500 s; its limit is 1.00/s",
        ),
        (
            Goal(NAMES, points((0.0, [0.5, 1.0]), (2.0, [0.6, 1.0]))),
            ErrorCode.INVALID_GOAL,
            "shoulder at 0.500, but the joint is at 0.000",
        ),
        (
            replace(GOAL, path_tolerance={"knee": 0.1}),
            ErrorCode.INVALID_JOINTS,
            "path_tolerance names 'knee'",
        ),
    ],
)
def test_bad_goals_are_refused_with_the_culprit(goal: Goal, code: ErrorCode, words: str) -> None:
    error = refusal(goal)
    assert error.code is code
    assert words in str(error)


def test_waypoints_a_hair_outside_the_limits_are_clamped() -> None:
    made = plan(Goal(NAMES, points((3.0, [0.1, 2.51]))))
    assert made.spline.sample(3.0)[0][1] == 2.5
