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
    slack: float = 0.04
    """Simulated time [s] a streaming client may be late beyond its own period."""
    max_age: float = 0.12
    """Largest age [s, simulated] of the newest command while its client streams."""
    max_hold: float = 0.5
    """Longest hold [s, wall] for one late command."""
    max_lag: float = 0.1
    """Delay [s, simulated] the world makes up for; more is lost, and the factor with it."""

    def __post_init__(self) -> None:
        if not (math.isfinite(self.factor) and self.factor >= 0.0):
            raise ValueError(
                f"factor must be 0 (as fast as clients keep up) or > 0: {self.factor}"
            )


class CommandStream:
    """One client's stream of base commands, watched in simulated time."""

    LEARN = 4
    """Arrivals that make a stream."""
    SLOWEST = 0.1
    """Mean period [s] above which nobody streams: too slow to wait for."""

    def __init__(self, slack: float, max_age: float) -> None:
        self._slack = slack
        self._max_age = max_age
        self._arrivals: deque[float] = deque(maxlen=self.LEARN)
        self._moving = False

    def arrived(self, now: float, moving: bool) -> None:
        """A command arrived at ``now`` [s, simulated]; ``moving``: it is not zero."""
        if self._arrivals and now < self._arrivals[-1]:
            self._arrivals.clear()
        self._arrivals.append(now)
        self._moving = moving

    def forget(self) -> None:
        """The client is gone, as far as anybody knows."""
        self._arrivals.clear()
        self._moving = False

    def late(self, now: float) -> bool:
        """Whether the next command should have been here by ``now`` [s, simulated]."""
        if not self._moving or len(self._arrivals) < self.LEARN:
            return False
        newest = self._arrivals[-1]
        period = (newest - self._arrivals[0]) / (self.LEARN - 1)
        if period > self.SLOWEST:
            return False
        return now - newest > min(period + self._slack, self._max_age)


class Pacer:
    """Says how long to wait before the world moves on."""

    def __init__(self, limits: PaceLimits) -> None:
        self.limits = limits
        self._anchor: tuple[float, float] | None = None
        self._streams: dict[str, CommandStream] = {}
        self._held_since: float | None = None
        self.held = 0.0
        """Wall time spent waiting for clients so far [s]."""
        self.lost = 0.0
        """Wall time the world fell behind and did not make up for [s]."""

    def restart(self) -> None:
        """Time was paused, stepped or set: start counting anew."""
        self._anchor = None
        self._held_since = None
        for stream in self._streams.values():
            stream.forget()

    def command_arrived(self, stream: str, now: float, moving: bool) -> None:
        """A base command of ``stream`` (``robot1/cmd_vel_nav``) arrived at ``now`` [simulated]."""
        if stream not in self._streams:
            self._streams[stream] = CommandStream(self.limits.slack, self.limits.max_age)
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
            if wall - self._held_since < self.limits.max_hold:
                return POLL
            for stream in late:
                stream.forget()
        if self._held_since is not None:
            self.held += wall - self._held_since
            self._held_since = None
        return self._behind_clock(sim, wall)

    def _behind_clock(self, sim: float, wall: float) -> float:
        factor = self.limits.factor or self.limits.ceiling
        if math.isinf(factor):
            return 0.0
        if self._anchor is None:
            self._anchor = (wall, sim)
        due = self._anchor[0] + (sim - self._anchor[1]) / factor
        excess = wall - due - self.limits.max_lag / factor
        if excess > 0.0:
            self.lost += excess
            self._anchor = (self._anchor[0] + excess, self._anchor[1])
        return max(0.0, due - wall)


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
