"""Periodic callbacks at exact simulated times, counted in physics steps so that nothing drifts."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

Callback = Callable[[float], None]


@dataclass
class _Cycle:
    period: float
    callback: Callback
    count: int
    """Number of the next firing."""
    due: int
    """Step before which it fires."""


class Cycles:
    """Callbacks fired before given physics steps, in the order in which they were added.

    A period that is no multiple of the step fires at the first step not before its time;
    the k-th firing belongs to ``k * period``, however many went before.
    """

    def __init__(self, step: float) -> None:
        """``step``: length of a physics step [s]."""
        self._step = step
        self._cycles: list[_Cycle] = []

    def add(self, period: float, callback: Callback, now: int) -> None:
        """Call ``callback(time)`` every ``period`` [s], first at the next multiple of it.

        Raises:
            ValueError: The period is shorter than a physics step.
        """
        if not period >= self._step * (1.0 - 1e-9):
            raise ValueError(f"period must be >= {self._step} s (the physics step), got {period}")
        count = math.ceil(now * self._step / period - 1e-9)
        self._cycles = [
            *self._cycles,
            _Cycle(period, callback, count, self._due(period, count)),
        ]

    def _due(self, period: float, count: int) -> int:
        return math.ceil(count * period / self._step - 1e-6)

    def next_due(self) -> int | None:
        """Step before which the next callback fires; None: there are none."""
        return min((cycle.due for cycle in self._cycles), default=None)

    def fire(self, now: int) -> None:
        """Call everything that is due at step ``now``."""
        time = now * self._step
        for cycle in self._cycles:
            if cycle.due <= now:
                while cycle.due <= now:
                    cycle.count += 1
                    cycle.due = self._due(cycle.period, cycle.count)
                cycle.callback(time)

    def rebase(self, now: int) -> None:
        """Time was set to step ``now``: everything fires next at its next multiple."""
        for cycle in self._cycles:
            cycle.count = math.ceil(now * self._step / cycle.period - 1e-9)
            cycle.due = self._due(cycle.period, cycle.count)

    def remove(self, callback: Callback) -> None:
        """Forget this callback; nothing happens if it was never added."""
        self._cycles = [cycle for cycle in self._cycles if cycle.callback != callback]
