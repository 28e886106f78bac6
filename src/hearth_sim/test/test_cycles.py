"""Cycles are counted in steps: nothing drifts, nothing is lost."""

import math

import pytest
from hearth_sim.core.cycles import Cycles
from hypothesis import given
from hypothesis import strategies as st

STEP = 0.002


@given(st.floats(STEP, 0.5), st.integers(0, 5000))
def test_the_kth_firing_is_at_the_first_step_not_before_k_periods(
    period: float, start: int
) -> None:
    cycles = Cycles(STEP)
    times: list[float] = []
    cycles.add(period, times.append, start)
    end = start + 1000
    for step in range(start, end):
        cycles.fire(step)
    first = math.ceil(start * STEP / period - 1e-9)
    for k, time in enumerate(times):
        assert -1e-6 <= time - (first + k) * period <= STEP + 1e-6
    assert len(times) == pytest.approx(1000 * STEP / period, abs=2.01)


def test_a_multiple_of_the_step_fires_exactly() -> None:
    cycles = Cycles(STEP)
    times: list[float] = []
    cycles.add(0.01, times.append, 0)
    step = 0
    while step < 500_000:
        cycles.fire(step)
        due = cycles.next_due()
        assert due is not None
        assert due > step
        step = due
    assert len(times) == 100_000
    assert times[-1] == pytest.approx(999.99, abs=1e-9)


def test_fires_in_the_order_of_adding_and_can_be_removed() -> None:
    cycles = Cycles(STEP)
    calls: list[str] = []

    def first(_now: float) -> None:
        calls.append("first")

    cycles.add(0.01, first, 0)
    cycles.add(0.01, lambda _: calls.append("second"), 0)
    cycles.fire(0)
    cycles.remove(first)
    cycles.fire(5)
    assert calls == ["first", "second", "second"]


def test_a_period_shorter_than_a_step_is_refused() -> None:
    with pytest.raises(ValueError, match="period must be"):
        Cycles(STEP).add(0.001, lambda _: None, 0)


def test_time_set_back_does_not_silence_anybody() -> None:
    cycles = Cycles(STEP)
    times: list[float] = []
    cycles.add(0.01, times.append, 0)
    cycles.fire(5000)
    cycles.rebase(0)
    cycles.fire(0)
    assert times == [10.0, 0.0]
