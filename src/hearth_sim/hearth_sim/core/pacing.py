"""When simulated time may move on: in real time, at a factor, or as fast as clients keep up.

Pure decisions on given clocks; ``physics_thread`` sleeps. Simulated time never waits for itself:
whatever holds it gives up after a bound of wall time, so that a dead client costs a moment.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

POLL = 0.001
"""How soon to ask again while a client holds the clock [s, wall]."""


@dataclass(frozen=True)
class PaceLimits:
    """What the world puts up with."""

    factor: float = 1.0
    """Simulated seconds a wall second; 0: as fast as clients keep up."""
    ceiling: float = math.inf
    """Largest factor when ``factor`` is 0: what a client does in wall time (a detection, a
    plan) costs at most that many times as much simulated time."""
    period: float = 0.05
    """Simulated time [s] between the commands of a client that drives (20 Hz, by contract)."""
    slack: float = 0.04
    """Simulated time [s] by which a client may be late before the clock waits for it."""
    max_hold: float = 0.5
    """Longest hold [s, wall] for one late command; then the client counts as gone."""
    rest_hold: float = 0.1
    """The same when the client's last word was to stand still: it may simply have ended."""
    max_lag: float = 10.0
    """Delay [s, simulated] the world makes up for; more is lost, and the factor with it."""
    catch_up: float = 1.25
    """Making up for a delay, the world runs at most this many times the wanted factor."""

    def __post_init__(self) -> None:
        if not (math.isfinite(self.factor) and self.factor >= 0.0):
            raise ValueError(
                f"factor must be 0 (as fast as clients keep up) or > 0: {self.factor}"
            )


class Beat:
    """When simulated time is due at a steady factor, with bounded memory of delays."""

    LEEWAY = 0.1
    """Delay [s, simulated] that is made up for at any speed: batches are not instants."""

    def __init__(self, factor: float, max_lag: float = LEEWAY) -> None:
        self._factor = factor
        self._max_lag = max_lag
        self._anchor: tuple[float, float] | None = None

    def restart(self) -> None:
        """Count anew from the next instant asked for."""
        self._anchor = None

    def wait(self, sim: float, wall: float) -> tuple[float, float]:
        """Wall time [s] until ``sim`` is due, and the delay [s, wall] given up for good now."""
        if self._anchor is None:
            self._anchor = (wall, sim)
        due = self._anchor[0] + (sim - self._anchor[1]) / self._factor
        excess = max(0.0, wall - due - self._max_lag / self._factor)
        self._anchor = (self._anchor[0] + excess, self._anchor[1])
        return max(0.0, due - wall), excess


class CommandStream:
    """One client's stream of base commands, watched in simulated time.

    A client is taken at its word: from its first command on the next one is awaited. One that
    was waited for in vain while the base moved (it died, or it is slower than the contract)
    must first prove itself by commands at the agreed rate.
    """

    PROOF = 4
    """Commands in a row, in time, that earn trust again."""

    def __init__(self, limits: PaceLimits) -> None:
        self._limits = limits
        self._newest: float | None = None
        self._moving = False
        self._in_time = self.PROOF

    def arrived(self, now: float, moving: bool) -> None:
        """A command arrived at ``now`` [s, simulated]; ``moving``: it is not zero."""
        if self._newest is not None:
            age = now - self._newest
            punctual = 0.0 <= age <= self._limits.period + self._limits.slack
            self._in_time = min(self.PROOF, self._in_time + 1) if punctual else self._in_time
        self._newest, self._moving = now, moving

    def forget(self) -> None:
        """Time was set, or the client ended: the next command starts a new stream."""
        self._newest = None

    def give_up(self) -> None:
        """It was waited for in vain."""
        if self._moving:
            self._in_time = 0
        self.forget()

    @property
    def patience(self) -> float:
        """How long to hold for it [s, wall]."""
        return self._limits.max_hold if self._moving else self._limits.rest_hold

    def late(self, now: float) -> bool:
        """Whether the next command should have been here by ``now`` [s, simulated]."""
        if self._newest is None or self._in_time < self.PROOF:
            return False
        return now - self._newest > self._limits.period + self._limits.slack


class Pacer:
    """Says how long to wait before the world moves on."""

    def __init__(self, limits: PaceLimits) -> None:
        self.limits = limits
        self._wanted: Beat | None = None
        self._fastest: Beat | None = None
        if limits.factor:
            self._wanted = Beat(limits.factor, limits.max_lag)
            self._fastest = Beat(limits.factor * limits.catch_up)
        elif math.isfinite(limits.ceiling):
            self._fastest = Beat(limits.ceiling)
        self._streams: dict[str, CommandStream] = {}
        self._held_since: float | None = None
        self.held = 0.0
        """Wall time spent waiting for clients so far [s]."""
        self.lost = 0.0
        """Wall time the world fell behind a wanted factor and did not make up for [s]."""

    def restart(self) -> None:
        """Time was paused, stepped or set: start counting anew."""
        for beat in (self._wanted, self._fastest):
            if beat is not None:
                beat.restart()
        self._held_since = None
        for stream in self._streams.values():
            stream.forget()

    def command_arrived(self, stream: str, now: float, moving: bool) -> None:
        """A base command of ``stream`` (``robot1/cmd_vel_nav``) arrived at ``now`` [simulated]."""
        if stream not in self._streams:
            self._streams[stream] = CommandStream(self.limits)
        self._streams[stream].arrived(now, moving)

    def wait(self, sim: float, wall: float, frames_behind: bool = False) -> float:
        """Seconds of wall time to wait before moving on from ``sim``; 0: go.

        Args:
            sim: Simulated time now [s].
            wall: Monotonic wall time now [s].
            frames_behind: Camera frames that somebody waits for are getting too old.
        """
        late = [stream for stream in list(self._streams.values()) if stream.late(sim)]
        if late or frames_behind:
            if self._held_since is None:
                self._held_since = wall
            patience = max((stream.patience for stream in late), default=0.0)
            if frames_behind:
                patience = self.limits.max_hold
            if wall - self._held_since < patience:
                return POLL
            for stream in late:
                stream.give_up()
        if self._held_since is not None:
            self.held += wall - self._held_since
            self._held_since = None
        return self._behind_clock(sim, wall)

    def _behind_clock(self, sim: float, wall: float) -> float:
        wait = 0.0
        if self._wanted is not None:
            wait, given_up = self._wanted.wait(sim, wall)
            self.lost += given_up
        if self._fastest is not None:
            wait = max(wait, self._fastest.wait(sim, wall)[0])
        return wait


class RateMeter:
    """Real-time factor over the last seconds of wall time."""

    def __init__(self, window: float = 2.0) -> None:
        self._window = window
        self._samples: deque[tuple[float, float]] = deque()

    def add(self, sim: float, wall: float) -> None:
        """The world reached ``sim`` at ``wall`` [s]; call as often as you like."""
        samples = self._samples
        if samples and (sim < samples[-1][0] or wall - samples[-1][1] > self._window):
            samples.clear()
        if not samples or wall - samples[-1][1] >= self._window / 50:
            samples.append((sim, wall))
        while len(samples) > 2 and wall - samples[0][1] > self._window:
            samples.popleft()

    def clear(self) -> None:
        """Time was paused or set."""
        self._samples.clear()

    @property
    def factor(self) -> float | None:
        """Simulated seconds a wall second; None before there are two samples."""
        if len(self._samples) < 2:
            return None
        (sim0, wall0), (sim1, wall1) = self._samples[0], self._samples[-1]
        return (sim1 - sim0) / (wall1 - wall0) if wall1 > wall0 else None
