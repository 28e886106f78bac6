"""The gate alone: no ROS, no clock, no waiting."""

import itertools
import math

import pytest
from hearth_core.health import Level
from hearth_drivers.core.velocity_gate import STOP, GateLimits, Source, Velocity, VelocityGate

LIMITS = GateLimits(0.5, 1.0, 1.0, 2.0, 3.0, 0.3)
PERIOD = 0.02
FORWARD = Velocity(0.4, 0.0, 0.0)


@pytest.fixture
def gate() -> VelocityGate:
    return VelocityGate(LIMITS)


def drive(
    gate: VelocityGate, source: Source, command: Velocity, start: float, seconds: float
) -> list[Velocity]:
    outputs = []
    for cycle in range(round(seconds / PERIOD)):
        now = start + cycle * PERIOD
        gate.accept(source, command, now)
        outputs.append(gate.update(now))
    return outputs


def test_stands_still_until_commanded(gate: VelocityGate) -> None:
    assert gate.update(0.0) == STOP
    assert gate.active is None


def test_reaches_a_command_inside_the_limits_and_keeps_it(gate: VelocityGate) -> None:
    wanted = Velocity(0.2, -0.1, 0.4)
    last = drive(gate, Source.NAVIGATION, wanted, 10.0, 1.0)[-1]
    assert (last.vx, last.vy, last.wz) == pytest.approx((0.2, -0.1, 0.4))
    assert gate.health().level is Level.OK


def test_shortens_in_any_direction_without_turning_it(gate: VelocityGate) -> None:
    last = drive(gate, Source.NAVIGATION, Velocity(-6.0, 8.0, -9.0), 10.0, 2.0)[-1]
    assert (last.vx, last.vy, last.wz) == pytest.approx((-0.3, 0.4, -1.0))


def test_accelerations_stay_within_their_limits(gate: VelocityGate) -> None:
    outputs = drive(gate, Source.TELEOP, Velocity(0.5, 0.0, 1.0), 10.0, 1.0)
    outputs += drive(gate, Source.TELEOP, Velocity(-0.5, 0.0, -1.0), 11.0, 2.0)
    for before, after in itertools.pairwise(outputs):
        assert abs(after.vx - before.vx) <= 2.0 * PERIOD + 1e-9
        assert abs(after.wz - before.wz) <= 3.0 * PERIOD + 1e-9


def test_silence_stops_the_base_in_time(gate: VelocityGate) -> None:
    drive(gate, Source.NAVIGATION, FORWARD, 10.0, 1.0)
    outputs = [gate.update(10.98 + cycle * PERIOD) for cycle in range(40)]
    assert outputs[14].vx == pytest.approx(0.4)
    assert outputs[-1] == STOP
    # 0.3 s until it expires, 0.2 s to brake from 0.4 m/s
    assert next(i for i, v in enumerate(outputs) if v == STOP) * PERIOD == pytest.approx(
        0.5, abs=0.05
    )


def test_a_clock_that_jumps_back_stops_the_base(gate: VelocityGate) -> None:
    drive(gate, Source.NAVIGATION, FORWARD, 10.0, 1.0)
    for cycle in range(40):
        last = gate.update(5.0 + cycle * PERIOD)
    assert last == STOP


def test_priority_goes_to_people_then_manipulation_then_navigation(gate: VelocityGate) -> None:
    for source in Source:
        gate.accept(source, Velocity(0.1, 0.0, 0.0), 10.0)
    gate.update(10.0)
    assert gate.active is Source.ASSISTED
    for source in (Source.TELEOP, Source.MANIPULATION, Source.NAVIGATION):
        gate.accept(source, FORWARD, 10.1)
    gate.update(10.35)
    assert gate.active is Source.TELEOP
    gate.accept(Source.MANIPULATION, FORWARD, 10.3)
    gate.accept(Source.NAVIGATION, FORWARD, 10.3)
    gate.update(10.45)
    assert gate.active is Source.MANIPULATION
    gate.accept(Source.NAVIGATION, FORWARD, 10.6)
    gate.update(10.65)
    assert gate.active is Source.NAVIGATION


def test_a_person_who_commands_zero_holds_the_base(gate: VelocityGate) -> None:
    gate.accept(Source.NAVIGATION, FORWARD, 10.0)
    gate.accept(Source.TELEOP, STOP, 10.0)
    gate.update(10.0)
    assert gate.update(10.1) == STOP


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_non_finite_command_stops_the_base_and_is_reported(
    gate: VelocityGate, bad: float
) -> None:
    drive(gate, Source.NAVIGATION, FORWARD, 10.0, 1.0)
    gate.accept(Source.NAVIGATION, Velocity(bad, 0.0, 0.0), 11.0)
    for cycle in range(20):
        last = gate.update(11.0 + cycle * PERIOD)
    assert last == STOP
    assert gate.health().level is Level.ERROR


def test_the_emergency_stop_is_immediate_and_stands_until_released(gate: VelocityGate) -> None:
    drive(gate, Source.TELEOP, FORWARD, 10.0, 1.0)
    gate.stop(engaged=True)
    assert all(v == STOP for v in drive(gate, Source.TELEOP, FORWARD, 11.0, 1.0))
    assert gate.health().level is Level.WARN
    gate.stop(engaged=False)
    assert gate.update(12.0) == STOP  # nothing from before the release counts
    assert drive(gate, Source.TELEOP, FORWARD, 12.02, 1.0)[-1].vx == pytest.approx(0.4)


@pytest.mark.parametrize("bad", [0.0, -1.0, math.nan])
def test_refuses_limits_that_are_not_positive(bad: float) -> None:
    with pytest.raises(ValueError, match="timeout must be > 0"):
        GateLimits(timeout=bad)


def test_a_guarded_command_beats_the_bare_one_until_it_expires() -> None:
    gate = VelocityGate(GateLimits())
    gate.accept(Source.TELEOP, FORWARD, 10.0)
    gate.accept(Source.ASSISTED, STOP, 10.0)
    assert gate.update(10.1).vx == 0.0
    assert gate.active is Source.ASSISTED
    gate.accept(Source.TELEOP, FORWARD, 10.4)
    gate.update(10.4)
    assert gate.active is Source.TELEOP
