"""How many REST calls may be made: per hour, over restarts, the urgent ones first.

The vendor limits calls per user and hour, does not say how many, and answers 1306 beyond it. So
the budget is an estimate that calls are held below, with a share kept back for each more urgent
kind; and after a 1306 nothing is sent until the back-off has ended, restarts included.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

from hearth_appliances.core.faults import CloudError, Fault

HOUR = 3600.0


class Priority(IntEnum):
    """Why a call is made; the more urgent, the more of the budget it may use."""

    WATCH = 0
    """Rotating polls that look for silent subscriptions."""
    REFRESH = 1
    """Somebody wants to see."""
    CONNECT = 2
    """Starting, and healing."""
    CONFIRM = 3
    """Whether a command was carried out; a person or robot waits for it."""
    COMMAND = 4
    ABORT = 5
    """Stop: never counted against, never refused."""


SHARES = {
    Priority.WATCH: 0.5,
    Priority.REFRESH: 0.6,
    Priority.CONNECT: 0.8,
    Priority.CONFIRM: 0.9,
    Priority.COMMAND: 1.0,
}


@dataclass(frozen=True)
class BudgetSettings:
    """What may be spent."""

    calls_per_hour: int = 600
    """ASSUMED: the vendor keeps its limit secret; 1306 corrects us."""
    first_wait: float = 600.0
    """Silence after 1306 [s]; doubles with each up to ``last_wait``."""
    last_wait: float = 3600.0
    """[s]."""


class Memory(Protocol):
    """Where calls are remembered; :class:`~hearth_appliances.core.store.Store` is one."""

    def add_call(self, stamp: float, priority: int) -> None:
        """A call was made."""

    def calls_since(self, stamp: float) -> list[float]:
        """Calls after ``stamp``."""

    def note(self, name: str) -> object:
        """A small thing remembered."""

    def keep_note(self, name: str, value: object) -> None:
        """Remember a small thing."""


class RateBudget:
    """Admits calls. Time is an argument: wall time [s], the same over restarts."""

    def __init__(self, memory: Memory, settings: BudgetSettings, now: float) -> None:
        self._memory = memory
        self._settings = settings
        self._calls = deque(memory.calls_since(now - HOUR))
        quiet = memory.note("quiet_until")
        wait = memory.note("quiet_wait")
        self._quiet = float(quiet) if isinstance(quiet, int | float) else 0.0
        self._wait = float(wait) if isinstance(wait, int | float) else 0.0
        # A clock that was wrong once must not silence the home for years.
        self._quiet = min(self._quiet, now + settings.last_wait)

    def admit(self, priority: Priority, now: float) -> None:
        """Count a call that is about to be made.

        Raises:
            CloudError: RATE_LIMIT until the back-off has ended; BUDGET when the share of this
                priority is spent. Nothing may be sent.
        """
        if priority is not Priority.ABORT:
            if now < self._quiet:
                raise CloudError(
                    f"too many calls (1306): silent for {self._quiet - now:.0f} s more",
                    "1306",
                    Fault.RATE_LIMIT,
                )
            allowed = SHARES[priority] * self._settings.calls_per_hour
            if self.spent(now) >= allowed:
                raise CloudError(
                    f"rate budget: {self.spent(now)} calls within the hour, "
                    f"{priority.name.lower()} may use {allowed:.0f}",
                    fault=Fault.BUDGET,
                )
        self._calls.append(now)
        self._memory.add_call(now, int(priority))

    def refused(self, now: float) -> float:
        """The vendor said 1306; returns until when nothing is sent [s]."""
        first, last = self._settings.first_wait, self._settings.last_wait
        self._wait = min(max(first, 2.0 * self._wait), last)
        self._quiet = now + self._wait
        self._memory.keep_note("quiet_until", self._quiet)
        self._memory.keep_note("quiet_wait", self._wait)
        return self._quiet

    def answered(self, now: float) -> None:
        """A call was answered: the next back-off is a short one again, an hour after the last."""
        if self._wait and now > self._quiet + HOUR:
            self._wait = 0.0
            self._memory.keep_note("quiet_wait", 0.0)

    def quiet_until(self, now: float) -> float | None:
        """End of the back-off [s]; None: there is none."""
        return self._quiet if now < self._quiet else None

    def spent(self, now: float) -> int:
        """Calls within the last hour; a clock that was set back forgets none of them."""
        while self._calls and self._calls[0] <= now - HOUR:
            self._calls.popleft()
        return len(self._calls)

    @property
    def limit(self) -> int:
        """Calls per hour."""
        return self._settings.calls_per_hour
