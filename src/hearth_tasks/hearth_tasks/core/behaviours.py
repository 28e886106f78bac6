"""Leaves of the behaviour trees: each asks for one skill and waits for its outcome."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import py_trees
from hearth_core.geometry import Pose2
from hearth_core.outcome import Code, Outcome
from py_trees.behaviour import Behaviour
from py_trees.common import Status

from hearth_tasks.core.skills import Navigate, Posture, Request, Running, Skills

HOPELESS = frozenset(
    {
        "nothing_held",
        "hand_not_free",
        "not_supported",
        "not_articulated",
        "unknown_place",
        "unknown_surface",
        "unknown_joint",
        "unknown_name",
    }
)
"""Reasons that another try does not change."""


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


class Tidy(Step):
    """After a failure, arms to the posture in which the robot drives; else nothing.

    What failed may have left an arm stretched out, where the next motion would not expect it.
    """

    def __init__(self, skills: Skills, journal: Journal) -> None:
        super().__init__("tidy up", skills, Posture("all", "carry"), journal)
        self._needed = False

    def initialise(self) -> None:
        """Begin if the last skill failed."""
        ended = self._journal.ended
        self._needed = bool(ended) and not ended[-1][2].ok
        if self._needed:
            super().initialise()

    def update(self) -> Status:
        """Poll; that tidying fails does not stop the rest."""
        if self._needed and super().update() == Status.RUNNING:
            return Status.RUNNING
        return Status.SUCCESS


class Drive(Behaviour):  # type: ignore[misc]  # py_trees is not typed
    """Drives to the first of several stands that can be reached.

    Ticked again after it succeeded, it begins with the next stand: what was to be done from the
    last one did not work there.
    """

    def __init__(
        self, where: str, skills: Skills, stands: Sequence[Pose2], journal: Journal
    ) -> None:
        """Drive to ``where`` by way of none."""
        super().__init__(f"drive to {where}")
        if not stands:
            raise ValueError(f"no stand before {where}")
        self._where = where
        self._skills = skills
        self._stands = deque(stands)
        self._journal = journal
        self._attempts: deque[Pose2] = deque()
        self._step: Step | None = None
        self._arrived = False

    def initialise(self) -> None:
        """Offer all stands, those of earlier times last."""
        if self._arrived:
            self._stands.rotate(-1)
            self._arrived = False
        self._attempts = deque(self._stands)
        self._begin()

    def update(self) -> Status:
        """Poll; the next stand when one is not possible."""
        assert self._step is not None
        status = self._step.update()
        self.feedback_message = self._step.feedback_message
        if status == Status.SUCCESS:
            self._arrived = True
            while self._stands[0] != self._attempts[0]:
                self._stands.rotate(-1)
            return status
        if status == Status.FAILURE:
            failure = self._journal.last_failure
            if failure is not None and failure.code is Code.CANCELED:
                return status
            self._attempts.popleft()
            if not self._attempts:
                return status
            self._begin()
        return Status.RUNNING

    def terminate(self, new_status: Status) -> None:
        """Cancel what still runs when the tree moves on."""
        if new_status == Status.INVALID:
            self.cancel()

    def cancel(self) -> None:
        """Stop the base."""
        if self._step is not None:
            self._step.cancel()

    @property
    def resting(self) -> bool:
        """Whether the base has come to rest."""
        return self._step is None or self._step.resting

    def _begin(self) -> None:
        request = Navigate(self._attempts[0], self._where)
        self._step = Step(self.name, self._skills, request, self._journal)
        self._step.initialise()


def sequence(name: str, *children: Behaviour) -> Behaviour:
    """One after the other, from where it was."""
    return py_trees.composites.Sequence(name, memory=True, children=list(children))


def fallback(name: str, *children: Behaviour) -> Behaviour:
    """The first that works."""
    return py_trees.composites.Selector(name, memory=True, children=list(children))


class Retry(py_trees.decorators.Retry):  # type: ignore[misc]  # py_trees is not typed
    """Tries again, unless what went wrong will go wrong again."""

    def __init__(self, name: str, child: Behaviour, times: int, journal: Journal) -> None:
        super().__init__(name, child, num_failures=times)
        self._journal = journal

    def update(self) -> Status:
        """As its parent, but give up at once when there is no hope."""
        if self.decorated.status == Status.FAILURE:
            failure = self._journal.last_failure
            if failure is not None and failure.reason in HOPELESS:
                return Status.FAILURE
        return super().update()


def retry(times: int, child: Behaviour, journal: Journal) -> Behaviour:
    """Up to ``times`` tries."""
    return Retry(f"{child.name} x{times}", child, times, journal)


def whatever(child: Behaviour) -> Behaviour:
    """Failure is recorded, and does not stop the rest."""
    return py_trees.decorators.FailureIsSuccess(f"{child.name}?", child)
