"""Whether a course has ended: push code, run state and timer, none of which can be trusted alone.

Codes come early, twice, or from the course before; the END state may be missed because the door
was opened at once; timers are guesses that the machine corrects. Agreement makes confidence, a
contradiction destroys it, and what stays doubtful is settled by one poll.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from hearth_appliances.core.machines import Phase, Unit

ENOUGH = 0.9
"""Confidence that ends a course."""
PATIENT = 3
"""Polls without an answer after which two agreeing signals must do."""
_CODE, _FINISHED, _IDLE, _TIMER = 0.7, 0.75, 0.6, 0.6
_POLLED = 0.97
_ACTIVE = {Phase.RUNNING, Phase.PAUSED, Phase.DELAYED}
_RESTING = {Phase.IDLE, Phase.OFF}


class Verdict(Enum):
    """What is to be done."""

    WAIT = "wait"
    ASK = "ask"
    """One poll would settle it."""
    DONE = "done"
    STOPPED = "stopped"
    """Ended long before its time: somebody stopped it."""
    FAILED = "failed"
    """The appliance reports an error."""


@dataclass(frozen=True)
class Judgement:
    """A verdict with its reasons."""

    verdict: Verdict
    confidence: float
    evidence: tuple[str, ...]


def is_completion_code(code: str) -> bool:
    """Whether a push code says that a course has ended."""
    word = code.upper()
    return "COMPLETE" in word or word.endswith(("_IS_DONE", "_FINISHED", "_END"))


class Completion:
    """Follows one course of one unit. Times [s] of one clock are arguments."""

    def __init__(self, started: float, *, patience: float = 60.0, slack: float = 90.0) -> None:
        """Begin.

        Args:
            started: When it was started.
            patience: Least time between two polls that are asked for.
            slack: How far the timer may be off and still agree.
        """
        self._started = started
        self._patience = patience
        self._slack = slack
        self._phase: Phase = Phase.UNKNOWN
        self._was_active = False
        self._active_at: float | None = None
        self._end: float | None = None
        self._code: float | None = None
        self._rest: float | None = None
        self._polled = False
        self._asked = -float("inf")
        self._unanswered = 0

    @property
    def expected_end(self) -> float | None:
        """When the timer says it ends [s]; None: it does not say."""
        return self._end

    def code(self, now: float, *, late: bool = False, duplicate: bool = False) -> None:
        """A completion code came; late and repeated ones say nothing."""
        if not late and not duplicate and now >= self._started:
            self._code = now

    def unit(self, unit: Unit, now: float, *, polled: bool = False) -> None:
        """The unit's state was reported at ``now``; late reports must not be handed in."""
        if unit.phase in _ACTIVE:
            self._was_active = True
            self._active_at = now
            self._rest = None
            self._polled = False
            if polled:
                self._code = None  # it was premature
            if unit.remaining is not None:
                self._end = now + unit.remaining
        elif unit.phase is not Phase.UNKNOWN and unit.phase != self._phase:
            self._rest = now
        if polled:
            self._unanswered = 0
        if polled and unit.phase not in _ACTIVE and unit.phase is not Phase.UNKNOWN:
            self._polled = True
        self._phase = unit.phase

    def asked(self, now: float) -> None:
        """A poll was made, whatever came of it."""
        self._asked = now
        self._unanswered += 1

    def judge(self, now: float) -> Judgement:
        """What is to be believed at ``now``."""
        if self._phase is Phase.ERROR:
            return Judgement(Verdict.FAILED, 0.9, ("run_state",))
        evidence, doubt = self._weigh(now)
        confidence = 1.0 - doubt if evidence else 0.0
        early = self._is_early(now if self._rest is None else self._rest)
        resting = self._phase in _RESTING and self._was_active
        if self._polled and self._was_active:
            if resting and early and (self._code is None or self._is_early(self._code)):
                return Judgement(Verdict.STOPPED, _POLLED, ("poll", *evidence))
            return Judgement(Verdict.DONE, max(confidence, _POLLED), ("poll", *evidence))
        if self._phase in _ACTIVE:
            confidence = min(confidence, 0.5)  # it says itself that it runs
        # Two signals can be wrong together; the timer, or a poll that finds nobody, decides.
        agreed = "timer" in evidence or self._unanswered > PATIENT
        if confidence >= ENOUGH and not early and agreed:
            return Judgement(Verdict.DONE, confidence, evidence)
        due = now - self._asked >= self._patience
        if evidence and due:
            return Judgement(Verdict.ASK, confidence, evidence)
        return Judgement(Verdict.WAIT, confidence, evidence)

    def _tolerance(self) -> float:
        """How much earlier than the timer says a course may end [s]: a tenth of it."""
        length = 0.0 if self._end is None else self._end - self._started
        return max(self._slack, 0.1 * length)

    def _is_early(self, moment: float) -> bool:
        """Whether the timer says that the course could not have ended then."""
        return self._end is not None and moment < self._end - self._tolerance()

    def _weigh(self, now: float) -> tuple[tuple[str, ...], float]:
        evidence: list[str] = []
        doubt = 1.0
        if self._code is not None and self._was_active:
            evidence.append("push_code")
            doubt *= 1.0 - _CODE
        rested = self._rest is not None and not self._is_early(self._rest)
        if not rested and self._phase in {Phase.FINISHED, *_RESTING} and self._was_active:
            evidence.append("run_state")  # worth a question, not a belief
        elif self._was_active and self._phase is Phase.FINISHED:
            evidence.append("run_state")
            doubt *= 1.0 - _FINISHED
        elif self._was_active and self._phase in _RESTING:
            evidence.append("run_state")
            doubt *= 1.0 - _IDLE
        if self._end is not None and now >= self._end - self._slack and self._was_active:
            over = self._phase not in _ACTIVE or now >= self._end + self._slack
            if over:
                evidence.append("timer")
                doubt *= 1.0 - _TIMER
        return tuple(evidence), doubt
