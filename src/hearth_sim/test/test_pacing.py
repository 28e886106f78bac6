"""Pacing decides on given clocks: no waiting here."""

import pytest
from hearth_sim.core.pacing import PaceLimits, Pacer, RateMeter
from hypothesis import given
from hypothesis import strategies as st

BATCH = 0.01


def run(pacer: Pacer, wall: float, sim: float, end: float, work: float) -> float:
    """Run until simulated ``end`` with batches that cost ``work``; returns wall time after."""
    while sim < end - 1e-9:
        wait = pacer.wait(sim, wall)
        if wait > 0.0:
            wall += wait
            continue
        sim += BATCH
        wall += work
    return wall


@pytest.mark.parametrize("factor", [0.5, 1.0, 3.0])
def test_an_idle_machine_keeps_the_factor(factor: float) -> None:
    pacer = Pacer(PaceLimits(factor=factor))
    wall = run(pacer, 100.0, 5.0, 15.0, work=1e-4)
    assert wall - 100.0 == pytest.approx(10.0 / factor, rel=0.01)
    assert pacer.lost == 0.0


def test_without_a_factor_it_never_waits() -> None:
    pacer = Pacer(PaceLimits(factor=0.0))
    assert run(pacer, 0.0, 0.0, 10.0, work=1e-3) == pytest.approx(1.0)


def test_as_fast_as_clients_keep_up_has_a_ceiling() -> None:
    pacer = Pacer(PaceLimits(factor=0.0, ceiling=4.0))
    assert run(pacer, 0.0, 0.0, 10.0, work=1e-3) == pytest.approx(2.5, rel=0.01)


@given(st.floats(0.5, 5.0))
def test_after_a_stall_it_catches_up_at_a_bounded_speed_and_loses_nothing(stall: float) -> None:
    pacer = Pacer(PaceLimits(factor=1.0, max_lag=10.0, catch_up=1.25))
    wall = run(pacer, 0.0, 0.0, 1.0, work=1e-4) + stall
    soon = run(pacer, wall, 1.0, 2.0, work=1e-4)
    assert 0.9 / 1.25 - 0.02 <= soon - wall <= 1.0
    much_later = run(pacer, soon, 2.0, 60.0, work=1e-4)
    assert much_later == pytest.approx(60.0, abs=0.02)
    assert pacer.lost == 0.0


@given(st.floats(0.5, 5.0))
def test_a_longer_stall_than_it_makes_up_for_is_lost(stall: float) -> None:
    pacer = Pacer(PaceLimits(factor=1.0, max_lag=0.4))
    wall = run(pacer, 0.0, 0.0, 1.0, work=1e-4) + stall
    after = run(pacer, wall, 1.0, 10.0, work=1e-4)
    assert after - wall == pytest.approx(9.0 - 0.4, abs=0.02)
    assert pacer.lost == pytest.approx(stall - 0.4, abs=0.02)


def stream(pacer: Pacer, until: float, moving: bool = True, period: float = 0.05) -> None:
    for k in range(round(until / period) + 1):
        pacer.command_arrived("robot1/cmd_vel_nav", k * period, moving)


@pytest.mark.parametrize("factor", [0.0, 1.0])
def test_holds_for_a_late_client_and_goes_on_when_it_comes(factor: float) -> None:
    pacer = Pacer(PaceLimits(factor=factor))
    stream(pacer, 1.0)
    assert pacer.wait(1.04, 50.0) == 0.0
    assert pacer.wait(1.13, 50.1) > 0.0
    assert pacer.wait(1.13, 50.2) > 0.0
    pacer.command_arrived("robot1/cmd_vel_nav", 1.13, True)
    assert pacer.wait(1.13, 50.201) == 0.0
    assert pacer.held == pytest.approx(0.101)


def test_the_newest_command_never_gets_older_than_the_bound() -> None:
    pacer = Pacer(PaceLimits(factor=0.0))
    stream(pacer, 1.0)
    sim, wall = 1.0, 0.0
    while pacer.wait(sim, wall) == 0.0:
        sim, wall = sim + BATCH, wall + 1e-3
    limits = PaceLimits()
    assert sim - 1.0 <= limits.period + limits.slack + BATCH


def test_a_dead_client_costs_one_bounded_hold() -> None:
    pacer = Pacer(PaceLimits(factor=1.0, max_hold=0.5))
    stream(pacer, 1.0)
    wall = run(pacer, 10.0, 1.0, 4.0, work=1e-4)
    assert wall - 10.0 < 3.0 + 0.5 + 0.05


def test_a_client_that_ends_at_rest_costs_a_short_hold() -> None:
    pacer = Pacer(PaceLimits(factor=0.0))
    stream(pacer, 1.0)
    stream(pacer, 1.5, moving=False)
    wall = run(pacer, 10.0, 1.5, 4.0, work=0.0)
    assert wall - 10.0 == pytest.approx(PaceLimits().rest_hold, abs=0.01)


def test_a_client_blind_for_a_while_is_still_waited_for() -> None:
    """Overload makes a navigator stand still for want of scans: the clock must not run away."""
    pacer = Pacer(PaceLimits(factor=0.0))
    stream(pacer, 2.0, moving=False)
    assert pacer.wait(2.2, 0.0) > 0.0


def test_a_slow_client_is_waited_for_once_and_a_prompt_one_earns_trust_again() -> None:
    pacer = Pacer(PaceLimits(factor=0.0))
    sim, wall = 0.0, 0.0
    for _ in range(20):
        pacer.command_arrived("robot1/cmd_vel_nav", sim, True)
        wall = run(pacer, wall, sim, sim + 0.3, work=0.0)
        sim += 0.3
    assert wall == pytest.approx(PaceLimits().max_hold, abs=0.02)
    for _ in range(6):
        pacer.command_arrived("robot1/cmd_vel_nav", sim, True)
        wall = run(pacer, wall, sim, sim + 0.05, work=0.0)
        sim += 0.05
    assert pacer.wait(sim + 0.2, wall) > 0.0


def test_holds_for_frames_only_so_long() -> None:
    pacer = Pacer(PaceLimits(factor=0.0, max_hold=0.5))
    assert pacer.wait(1.0, 0.0, frames_behind=True) > 0.0
    assert pacer.wait(1.0, 0.6, frames_behind=True) == 0.0


@pytest.mark.parametrize("factor", [-1.0, float("nan"), float("inf")])
def test_refuses_a_factor_that_means_nothing(factor: float) -> None:
    with pytest.raises(ValueError, match="factor must be"):
        PaceLimits(factor=factor)


def test_the_meter_measures_the_last_seconds() -> None:
    meter = RateMeter(window=2.0)
    assert meter.factor is None
    for k in range(100):
        meter.add(k * 0.1, k * 0.2)
    for k in range(100):
        meter.add(9.9 + k * 0.1, 19.8 + k * 0.05)
    assert meter.factor == pytest.approx(2.0, rel=0.05)
