"""Leaves of the behaviour trees: each asks for one skill and waits for its outcome."""

from __future__ import annotations

import py_trees
from hearth_core.outcome import Code, Outcome
from py_trees.behaviour import Behaviour
from py_trees.common import Status

from hearth_tasks.core.skills import Request, Running, Skills


class Journal:
    """What the leaves of one task did, in order: for progress, results and records."""

    def __init__(self) -> None:
        self.ended: list[tuple[str, float, Outcome]] = []
        """Step, duration [s], outcome."""
        self.current: str = ""
        self.message: str = ""
        self.now: float = 0.0
        """Time [s] of the present tick; set by whoever ticks."""

    @property
    def last_failure(self) -> Outcome | None:
        """Newest outcome that was not a success."""
        return next((o for _, _, o in reversed(self.ended) if not o.ok), None)


class Step(Behaviour):  # type: ignore[misc]  # py_trees is not typed
    """Runs one request; its feedback message is what the skill says."""

    def __init__(self, name: str, skills: Skills, request: Request, journal: Journal) -> None:
        """Ask for ``request`` when ticked first."""
        super().__init__(name)
        self._skills = skills
        self._request = request
        self._journal = journal
        self._running: Running | None = None
        self._began = 0.0

    def initialise(self) -> None:
        """Begin."""
        self._began = self._journal.now
        self._journal.current = self.name
        self._running = self._skills.start(self._request)

    def update(self) -> Status:
        """Poll."""
        assert self._running is not None
        outcome = self._running.outcome()
        if outcome is None:
            self._journal.message = self.feedback_message = self._running.message()
            return Status.RUNNING
        self._running = None
        self._journal.ended.append((self.name, self._journal.now - self._began, outcome))
        self._journal.message = self.feedback_message = outcome.message
        return Status.SUCCESS if outcome.code is Code.SUCCEEDED else Status.FAILURE

    def terminate(self, new_status: Status) -> None:
        """Cancel what still runs when the tree moves on."""
        if new_status == Status.INVALID:
            self.cancel()

    def cancel(self) -> None:
        """Ask a running skill to stop."""
        if self._running is not None:
            self._running.cancel()

    @property
    def resting(self) -> bool:
        """Whether nothing it started still runs."""
        return self._running is None or self._running.outcome() is not None


def sequence(name: str, *children: Behaviour) -> Behaviour:
    """One after the other, from where it was."""
    return py_trees.composites.Sequence(name, memory=True, children=list(children))


def fallback(name: str, *children: Behaviour) -> Behaviour:
    """The first that works."""
    return py_trees.composites.Selector(name, memory=True, children=list(children))


def retry(times: int, child: Behaviour) -> Behaviour:
    """Up to ``times`` tries."""
    return py_trees.decorators.Retry(f"{child.name} x{times}", child, num_failures=times)


def whatever(child: Behaviour) -> Behaviour:
    """Failure is recorded, and does not stop the rest."""
    return py_trees.decorators.FailureIsSuccess(f"{child.name}?", child)
