"""One task from its sentence to its outcome, ticked by whoever owns the clock."""

from __future__ import annotations

from dataclasses import dataclass

import py_trees
from hearth_core.home.model import Home
from hearth_core.outcome import Outcome
from py_trees.common import Status

from hearth_tasks.core.behaviours import Drive, Journal, Step
from hearth_tasks.core.chores import Chores
from hearth_tasks.core.sentences import parse_task
from hearth_tasks.core.skills import Skills
from hearth_tasks.core.staging import Distances


@dataclass(frozen=True)
class Progress:
    """Where a task stands."""

    step: str
    index: int
    """Steps ended so far."""
    count: int
    """Steps of the tree; retries may take more, fallbacks fewer."""
    message: str
    elapsed: float


class TaskRun:
    """A tree being ticked."""

    def __init__(
        self,
        sentence: str,
        home: Home,
        skills: Skills,
        now: float,
        distances: Distances | None = None,
    ) -> None:
        """Read the sentence and build its tree; nothing moves yet.

        Raises:
            HearthError: The sentence cannot be read (see :func:`parse_task`).
        """
        self.sentence = sentence
        self.journal = Journal()
        task = parse_task(sentence, home)
        self.root = Chores(home, skills, self.journal, distances).build(task)
        self._began = now
        self._steps = [node for node in self.root.iterate() if isinstance(node, Step | Drive)]
        self._canceling = False

    def drawing(self) -> str:
        """The tree as text, for people."""
        return str(py_trees.display.unicode_tree(self.root, show_status=True))

    def tick(self, now: float) -> Outcome | None:
        """Advance; the outcome once everything has come to rest."""
        self.journal.now = now
        if self._canceling:
            if all(step.resting for step in self._steps):
                return Outcome.canceled(f"canceled during {self.journal.current!r}")
            return None
        self.root.tick_once()
        if self.root.status == Status.SUCCESS:
            failed = [name for name, _, outcome in self.journal.ended if not outcome.ok]
            note = f" (retried or skipped: {', '.join(failed)})" if failed else ""
            return Outcome.success(f"done: {self.sentence}{note}")
        if self.root.status == Status.FAILURE:
            last = self.journal.last_failure
            reason = last.reason if last else "failed"
            message = last.message if last else "no step reported why"
            return Outcome.failure(reason, f"{self.journal.current}: {message}")
        return None

    def cancel(self) -> None:
        """Ask all running skills to stop; keep ticking until the outcome comes."""
        if not self._canceling:
            self._canceling = True
            for step in self._steps:
                step.cancel()

    def progress(self, now: float) -> Progress:
        """Where it stands."""
        return Progress(
            self.journal.current,
            len(self.journal.ended),
            max(len(self._steps), len(self.journal.ended)),
            self.journal.message,
            now - self._began,
        )
