"""The controller alone: phases and endings, with time as an argument."""

import numpy as np
import pytest
from hearth_core.ports import JointLimits
from hearth_drivers.core.joint_controller import Ending, JointController, Phase, Result
from hearth_drivers.core.trajectory import ErrorCode, Goal, Tolerances, Waypoint

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
