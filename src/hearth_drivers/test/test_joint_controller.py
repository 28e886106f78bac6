"""The controller alone: phases and endings, with time as an argument."""

import numpy as np
import pytest
from hearth_core.ports import JointLimits
from hearth_drivers.core.joint_controller import Ending, JointController, Phase, Result
from hearth_drivers.core.streaming import make_target
from hearth_drivers.core.trajectory import (
    ErrorCode,
    Goal,
    GoalRefusedError,
    Tolerances,
    Waypoint,
)

NAMES = ("a", "b")
LIMITS = {name: JointLimits(-2.0, 2.0, 2.0, 4.0, 10.0) for name in NAMES}
PERIOD = 0.01


class Bench:
    """A controller with joints that follow at once, or lag behind by an offset."""

    def __init__(self, *, keep_reference: bool = False) -> None:
        self.controller = JointController(
            NAMES, LIMITS, Tolerances(0.3, 0.02, 1.0), keep_reference=keep_reference
        )
        self.now = 100.0
        self.joints = np.zeros(2)
        self.offset = np.zeros(2)
        self.stuck = False
        self.path: list[np.ndarray] = []
        self.results: list[Result] = []

    def go(self, *targets: tuple[float, float, float], start: float | None = None) -> None:
        goal = Goal(NAMES, [Waypoint(t, (a, b)) for t, a, b in targets], start)
        plan = self.controller.prepare(goal, self.joints)
        replaced = self.controller.start(plan, self.now, self.joints)
        if replaced is not None:
            self.results.append(replaced)

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds / PERIOD)):
            self.now += PERIOD
            command, result = self.controller.tick(self.now, self.joints, np.zeros(2))
            if command is not None:
                self.path.append(command.position)
                if not self.stuck:
                    self.joints = command.position + self.offset
            if result is not None:
                self.results.append(result)

    def speeds(self) -> np.ndarray:
        return np.diff(np.array(self.path), axis=0) / PERIOD


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_reaches_the_goal_in_time_and_holds(bench: Bench) -> None:
    bench.go((1.0, 0.8, -0.4))
    bench.run(0.99)
    assert not bench.results
    bench.run(0.05)
    assert [r.ending for r in bench.results] == [Ending.SUCCEEDED]
    np.testing.assert_allclose(bench.joints, [0.8, -0.4], atol=1e-6)
    assert bench.controller.idle


def test_cancel_brakes_within_the_limits_and_then_ends(bench: Bench) -> None:
    bench.go((1.0, 0.8, -0.4))
    bench.run(0.5)
    bench.controller.cancel(bench.now)
    assert bench.controller.phase is Phase.BRAKING
    assert not bench.results
    bench.run(1.0)
    assert [r.ending for r in bench.results] == [Ending.CANCELED]
    assert bench.joints[0] < 0.8
    accelerations = np.diff(bench.speeds()[-40:], axis=0) / PERIOD
    assert np.abs(accelerations).max() <= 4.0 * 1.2


def test_cancel_brakes_along_the_path_round_a_bend(bench: Bench) -> None:
    corner = [(0.4, 0.3, 0.0), (0.6, 0.42, 0.05), (0.8, 0.47, 0.17), (1.2, 0.5, 0.5)]
    bench.go(*corner)
    bench.run(3.0)
    way = np.array(bench.path)
    other = Bench()
    other.go(*corner)
    other.run(0.5)
    begin = len(other.path)
    other.controller.cancel(other.now)
    other.run(1.0)
    stopped = np.array(other.path[begin:])
    gaps = np.linalg.norm(stopped[:, None] - way[None], axis=2).min(axis=1)
    assert np.linalg.norm(stopped[-1] - stopped[0]) > 0.03
    # Between two points of the way that are a period apart.
    assert gaps.max() < 0.005
    assert other.results[-1].ending is Ending.CANCELED


def steer(bench: Bench, position: tuple[float, float], velocity: tuple[float, float]) -> None:
    target = make_target(
        NAMES, position, velocity, NAMES, LIMITS, bench.controller.reference(bench.joints)[0],
        bench.now,
    )  # fmt: skip
    replaced = bench.controller.steer(target)
    if replaced is not None:
        bench.results.append(replaced)


def test_steered_joints_follow_and_brake_when_nobody_steers(bench: Bench) -> None:
    for k in range(50):
        steer(bench, (0.01 * k, 0.0), (1.0, 0.0))
        bench.run(PERIOD)
    assert bench.joints[0] == pytest.approx(0.5, abs=0.02)
    assert bench.controller.phase is Phase.STREAMING
    bench.run(1.0)
    assert bench.controller.idle
    # 0.06 s ahead, then a brake of 1 rad/s at 4 rad/s2.
    assert bench.joints[0] == pytest.approx(0.49 + 0.06 + 0.125, abs=0.02)
    assert np.abs(np.diff(bench.speeds()[-100:], axis=0) / PERIOD).max() <= 4.0 * 1.2


def test_steering_ends_a_motion_and_a_goal_ends_steering(bench: Bench) -> None:
    bench.go((1.0, 0.5, 0.0))
    bench.run(0.2)
    steer(bench, tuple(bench.joints), (0.0, 0.0))
    assert [r.ending for r in bench.results] == [Ending.PREEMPTED]
    bench.run(0.05)
    bench.go((1.0, 0.5, 0.0))
    bench.run(1.2)
    assert bench.results[-1].ending is Ending.SUCCEEDED


@pytest.mark.parametrize(
    ("position", "velocity", "words"),
    [((1.0, 0.0), (0.0, 0.0), "jump"), ((0.0, 0.0), (9.0, 0.0), "fast"),
     ((float("nan"), 0.0), (0.0, 0.0), "finite"), ((3.0, 0.0), (0.0, 0.0), "limits")],
)  # fmt: skip
def test_a_bad_target_is_refused(
    bench: Bench, position: tuple[float, float], velocity: tuple[float, float], words: str
) -> None:
    with pytest.raises(GoalRefusedError, match=words):
        steer(bench, position, velocity)
    assert bench.controller.idle


def test_a_newer_goal_takes_over_without_a_jump(bench: Bench) -> None:
    bench.go((1.0, 0.8, 0.0))
    bench.run(0.5)
    bench.go((1.5, -0.2, 0.3))
    assert bench.results[0].ending is Ending.PREEMPTED
    bench.run(1.6)
    assert bench.results[1].ending is Ending.SUCCEEDED
    np.testing.assert_allclose(bench.joints, [-0.2, 0.3], atol=1e-6)
    assert np.abs(np.diff(bench.speeds(), axis=0)).max() < 4.0 * 2.5 * PERIOD


def test_a_first_point_that_is_not_quite_here_is_approached_smoothly(bench: Bench) -> None:
    bench.go((0.5, 0.1, 0.0))
    bench.run(0.6)
    bench.joints = np.array([0.16, 0.0])  # measured off its target, as gravity does
    bench.go((0.0, 0.16, 0.0), (1.0, 0.5, 0.0))
    before = len(bench.path)
    bench.run(1.1)
    steps = np.abs(np.diff(np.array(bench.path[before - 1 :]), axis=0))
    assert steps.max() < 2.0 * PERIOD
    assert bench.results[-1].ending is Ending.SUCCEEDED


def test_leaving_the_path_fails_and_holds_where_the_joints_are(bench: Bench) -> None:
    bench.stuck = True
    bench.go((1.0, 1.0, 0.0))
    bench.run(1.0)
    (result,) = bench.results
    assert result.code is ErrorCode.PATH_TOLERANCE_VIOLATED
    assert "a is 0.3" in result.message
    np.testing.assert_array_equal(bench.controller.reference(bench.joints)[0], bench.joints)


def test_missing_the_goal_fails_after_the_goal_time(bench: Bench) -> None:
    bench.offset = np.array([0.05, 0.0])
    bench.go((1.0, 0.5, 0.0))
    bench.run(1.9)
    assert not bench.results
    bench.run(0.2)
    assert bench.results[0].code is ErrorCode.GOAL_TOLERANCE_VIOLATED


def test_a_clock_that_is_set_back_ends_the_motion(bench: Bench) -> None:
    bench.go((1.0, 0.8, 0.0))
    bench.run(0.5)
    bench.now = 0.0
    bench.run(0.1)
    assert bench.results[0].ending is Ending.FAILED
    assert bench.controller.idle


def test_a_start_in_the_future_is_waited_for(bench: Bench) -> None:
    bench.go((1.0, 0.5, 0.0), start=100.5)
    bench.run(0.49)
    assert bench.controller.phase is Phase.WAITING
    assert not bench.joints.any()
    bench.run(1.05)
    assert bench.results[0].ending is Ending.SUCCEEDED


@pytest.mark.parametrize("keep", [True, False])
def test_only_hands_begin_at_the_target_that_contact_keeps_them_from(keep: bool) -> None:
    bench = Bench(keep_reference=keep)
    bench.go((1.0, 1.0, 0.0))
    bench.run(1.1)
    bench.joints = np.array([0.6, 0.0])
    expected = 1.0 if keep else 0.6
    assert bench.controller.reference(bench.joints)[0][0] == pytest.approx(expected)


def test_targets_never_leave_the_limits() -> None:
    bench = Bench()
    goal = Goal(NAMES, [Waypoint(2.0, (1.9, 0.0), (0.9, 0.0)), Waypoint(3.0, (1.9, 0.0))])
    bench.controller.start(bench.controller.prepare(goal, bench.joints), bench.now, bench.joints)
    bench.run(3.2)
    assert max(p[0] for p in bench.path) == 2.0
