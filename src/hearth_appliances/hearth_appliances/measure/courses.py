"""Scripted courses whose signals come early, twice, late, from the course before, or never."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from hearth_appliances.core.completion import Completion, Verdict
from hearth_appliances.core.machines import Phase, Unit

STEP = 5.0
QUIET = 55.0
"""See ``core.watchdog.WatchSettings.running_limit``."""
GRACE = 15 * 60.0
"""A course that is not believed ended this long [s] after it did was missed."""


@dataclass
class Script:
    """What really happens in one course, and what is heard of it."""

    end: float
    """Of the course [s]; of a stopped one when it was stopped."""
    planned: float
    """What the timer counts down to at last [s]."""
    finishes: bool
    fails: bool
    finished_for: float
    """How long END is shown before it is switched off [s]."""
    correction: float
    """The machine finds halfway that it takes so much longer [s]."""
    codes: list[float] = field(default_factory=list)
    states: list[tuple[float, Unit]] = field(default_factory=list)
    silent_polls: float = 0.0
    """Share of polls without an answer."""

    def truth(self, now: float) -> Unit:
        """State at ``now``."""
        if now < self.end:
            planned = self.planned - (self.correction if now < 0.5 * self.end else 0.0)
            left = 60.0 * max(round((planned - now) / 60.0), 0)
            return Unit("MAIN", Phase.RUNNING, "RUNNING", left)
        if self.fails:
            return Unit("MAIN", Phase.ERROR, "ERROR", 0.0)
        if self.finishes and now < self.end + self.finished_for:
            return Unit("MAIN", Phase.FINISHED, "END", 0.0)
        return Unit("MAIN", Phase.OFF, "POWER_OFF", 0.0)


@dataclass
class Score:
    """What was believed."""

    cycles: int = 0
    false: int = 0
    """Believed done before it was, or never done."""
    missed: int = 0
    """Done and not believed."""
    wrong: int = 0
    """Stopped or failed, and not said so."""
    polls: int = 0
    """Asked for by the judgement."""
    watched: int = 0
    """Of the watchdog."""
    delays: list[float] = field(default_factory=list)


def make_script(draw: random.Random) -> Script:
    """One course of 20 to 90 minutes."""
    length = 60.0 * draw.randint(20, 90)
    kind = draw.random()
    stopped, fails = kind < 0.1, 0.1 <= kind < 0.15
    end = length * draw.uniform(0.1, 0.85) if stopped or fails else length
    script = Script(
        end,
        length,
        finishes=not stopped,
        fails=fails,
        finished_for=draw.choice((8.0, 120.0, 1800.0)),
        correction=draw.choice((0.0, 0.0, 300.0, 900.0)) if not stopped else 0.0,
        silent_polls=draw.choice((0.0, 0.0, 0.3)),
    )
    if script.finishes and not fails and draw.random() < 0.7:
        script.codes += [end + draw.choice((1.0, 1.0, 200.0))] * draw.choice((1, 1, 2))
    if draw.random() < 0.25:
        script.codes.append(draw.uniform(1.0, end))  # premature
    if draw.random() < 0.15:
        script.codes.append(draw.uniform(0.5, 20.0))  # of the course before
    mute = draw.random() < 0.1
    moment = 1.0
    while moment < end + 3600.0:
        lost = mute or draw.random() < 0.15
        if not lost:
            delay = draw.choice((0.5, 0.5, 0.5, 20.0))
            script.states.append((moment + delay, script.truth(moment)))
        moment += 60.0
    if not mute and draw.random() < 0.7:
        script.states.append((end + 1.0, script.truth(end + 1.0)))
        script.states.append(
            (end + script.finished_for + 1.0, script.truth(end + script.finished_for + 1.0))
        )
    if draw.random() < 0.2:  # END of the course before, late and without a stamp
        script.states.append((draw.uniform(5.0, 120.0), Unit("MAIN", Phase.FINISHED, "END", 0.0)))
    script.codes.sort()
    script.states.sort(key=lambda item: item[0])
    return script


def follow(script: Script, draw: random.Random, score: Score) -> None:
    """Judge one course as the bridge does, with one poll at START's confirmation."""
    watch = Completion(0.0)
    watch.unit(Unit("MAIN", Phase.RUNNING, "RUNNING", script.truth(0.0).remaining), 0.0)
    codes, states = list(script.codes), list(script.states)
    score.cycles += 1
    now = heard = 0.0
    while now < script.end + GRACE:
        while codes and codes[0] <= now:
            heard = now
            watch.code(codes.pop(0))
        while states and states[0][0] <= now:
            heard = now
            watch.unit(states.pop(0)[1], now)
        if now - heard >= QUIET:  # the watchdog asks a machine at work that says nothing
            heard = now
            score.watched += 1
            if draw.random() >= script.silent_polls:
                watch.unit(script.truth(now), now)
        judged = watch.judge(now)
        if judged.verdict is Verdict.ASK:
            score.polls += 1
            watch.asked(now)
            if draw.random() >= script.silent_polls:
                watch.unit(script.truth(now), now, polled=True)
                judged = watch.judge(now)
        if judged.verdict in {Verdict.DONE, Verdict.STOPPED, Verdict.FAILED}:
            _count(script, judged.verdict, now, score)
            return
        now += STEP
    if script.finishes and not script.fails:
        score.missed += 1
    else:
        score.wrong += 1


def _count(script: Script, verdict: Verdict, now: float, score: Score) -> None:
    done = script.finishes and not script.fails
    if verdict is Verdict.DONE:
        if not done or now < script.end:
            score.false += 1
        else:
            score.delays.append(now - script.end)
    elif done:
        score.missed += 1


def measure(count: int, seed: int) -> Score:
    """Judge ``count`` courses."""
    draw = random.Random(seed)
    score = Score()
    for _ in range(count):
        follow(make_script(draw), draw, score)
    return score
