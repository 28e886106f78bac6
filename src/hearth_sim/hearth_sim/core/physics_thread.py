"""Moves a world in a thread of its own, as fast as the pacer lets it."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from hearth_sim.core.pacing import PaceLimits, Pacer, RateMeter
from hearth_sim.core.render_frames import FrameThread
from hearth_sim.core.world import World

FRAME_AGE = 0.1
"""Age [s, simulated] of a waiting frame at which the clock holds, if it holds for frames."""


@dataclass(frozen=True)
class RunState:
    """How the world is running."""

    paused: bool
    real_time_factor: float | None
    """Over the last two seconds; None: too early to say, or paused."""
    held: float
    """Wall time spent waiting for clients [s]."""
    lost: float
    """Wall time the machine fell behind the wanted factor [s]."""
    frames: int
    dropped_frames: int


class PhysicsThread:
    """Owns a running world: pause, step, reset and questions go through it."""

    def __init__(
        self,
        world: World,
        limits: PaceLimits | None = None,
        hold_for_frames: bool = False,
        on_failure: Callable[[BaseException], None] | None = None,
    ) -> None:
        """Take over ``world``; nothing moves before :meth:`start`.

        Args:
            world: Nobody else may move it from now on.
            limits: Pace.
            hold_for_frames: Hold the clock while a wanted frame is older than 0.1 s
                (simulated), instead of dropping frames.
            on_failure: Called, in the dying thread, with what ended it.
        """
        self.world = world
        self._pacer = Pacer(limits or PaceLimits())
        self._hold_for_frames = hold_for_frames
        self._on_failure = on_failure
        self._meter = RateMeter()
        self._frames = FrameThread()
        world.frames = self._frames
        self._requests: deque[tuple[Callable[[], Any], Future[Any]]] = deque()
        self._paused = False
        self._stop = False
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._run, name="physics", daemon=True)

    def start(self) -> None:
        """Let time run."""
        self._thread.start()

    def state(self) -> RunState:
        """How it is going."""
        return RunState(
            self._paused,
            None if self._paused else self._meter.factor,
            self._pacer.held,
            self._pacer.lost,
            self._frames.drawn,
            self._frames.dropped,
        )

    def call(self, function: Callable[[], Any]) -> Future[Any]:
        """Run ``function`` in the physics thread, between two batches of steps."""
        future: Future[Any] = Future()
        self._requests.append((function, future))
        self._wake.set()
        return future

    def pause(self, paused: bool) -> Future[Any]:
        """Stop or continue simulated time."""
        return self.call(lambda: self._set_paused(paused))

    def step(self, count: int) -> Future[Any]:
        """Make ``count`` physics steps at once; meant for a paused world."""
        return self.call(lambda: self._step(count))

    def reset(self, seed: int | None = None, restart_time: bool = False) -> Future[Any]:
        """Build the world anew."""
        return self.call(lambda: self._reset(seed, restart_time))

    def command_arrived(self, stream: str, moving: bool) -> None:
        """A client's base command arrived (any thread); ``moving``: it is not zero."""
        # Queued, so that the pacer is touched by one thread only.
        now = self.world.now
        self._requests.append((lambda: self._pacer.command_arrived(stream, now, moving), Future()))
        self._wake.set()

    def close(self) -> None:
        """End both threads."""
        self._stop = True
        self._wake.set()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(timeout=5.0)
        self._frames.close()

    def _set_paused(self, paused: bool) -> None:
        self._paused = paused
        self._pacer.restart()
        self._meter.clear()

    def _step(self, count: int) -> None:
        self.world.advance_steps(count)
        self._pacer.restart()

    def _reset(self, seed: int | None, restart_time: bool) -> None:
        self.world.reset(seed, restart_time)
        self._pacer.restart()
        self._meter.clear()

    def _run(self) -> None:
        try:
            while not self._stop:
                self._answer()
                if self._frames.error is not None:
                    raise self._frames.error
                if self._paused:
                    self._sleep(0.05)
                    continue
                wait = self._pacer.wait(self.world.now, time.monotonic(), self._frames_late())
                if wait > 0.0:
                    self._sleep(wait)
                    continue
                self.world.batch()
                self._meter.add(self.world.now, time.monotonic())
        except BaseException as error:  # reported; a thread has nobody to raise to
            self._refuse(error)
            if self._on_failure is not None:
                self._on_failure(error)

    def _frames_late(self) -> bool:
        if not self._hold_for_frames:
            return False
        oldest = self._frames.oldest()
        return oldest is not None and self.world.now - oldest > FRAME_AGE

    def _sleep(self, seconds: float) -> None:
        self._wake.wait(min(seconds, 0.05))
        self._wake.clear()

    def _answer(self) -> None:
        while self._requests:
            function, future = self._requests.popleft()
            try:
                future.set_result(function())
            except Exception as error:  # belongs to whoever asked
                future.set_exception(error)

    def _refuse(self, error: BaseException) -> None:
        while self._requests:
            self._requests.popleft()[1].set_exception(error)
