"""Run the processes of a plan: watch them, show what they say, respawn, and stop them for sure.

One thread supervises everything; it sleeps until a process writes or ends.
"""

from __future__ import annotations

import contextlib
import enum
import os
import selectors
import signal
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from hearth_cli.launch.plan import Plan, ProcessSpec
from hearth_cli.launch.process import Running, describe_status, marked, new_marker
from hearth_cli.launch.shared_memory import remove_dead, segments_of

# How long a stop waits before it is said more clearly; all processes are gone after 5 s.
TERMINATE_AFTER = 2.5  # s
KILL_AFTER = 3.5  # s
_SWEEP_PATIENCE = 1.0  # s for the killed to be gone
_SEGMENT_PERIOD = 2.0  # s between looks at who uses which shared memory
# rclpy's EventsExecutor says this for each timer and action server above some ten of a node. It
# stays in the log.
_NOISE = frozenset(
    (
        "Warning, the number of timers associated with this clock is large.",
        "Management of this number of timers may be inefficient.",
    )
)


class EventKind(enum.Enum):
    """What can happen to a process."""

    STARTED = "started"
    EXITED = "exited"
    RESPAWNING = "respawning"
    FAILED_TO_START = "failed to start"
    STOPPING = "stopping"


@dataclass(frozen=True)
class Event:
    """Something that happened to a process; `text` says it to people."""

    kind: EventKind
    process: str
    text: str
    pid: int | None = None
    status: int | None = None  # negative: the signal that ended it


@dataclass
class _Slot:
    """One process of the plan over all its lives."""

    spec: ProcessSpec
    running: Running | None = None
    respawns: int = 0
    start_at: float | None = 0.0  # monotonic time; None: not to be started


@dataclass
class Launcher:
    """Runs a plan. `start`, then `wait` or `stop`; usable as a context manager.

    Callbacks come from the supervising thread and must be short.

    Attributes:
        plan: What to run.
        on_line: Called with process name, "stdout" or "stderr", and each line it writes that its
            launch file wants shown (but for what rclpy says about many timers).
        on_event: Called with everything that happens.
        log_folder: Where each process's whole output goes; a temporary folder by default.
        events: All events so far.
    """

    plan: Plan
    on_line: Callable[[str, str, str], None] = lambda _name, _stream, _line: None
    on_event: Callable[[Event], None] = lambda _event: None
    log_folder: Path | None = None
    events: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._slots = [_Slot(spec) for spec in self.plan.processes]
        self._selector = selectors.DefaultSelector()
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._selector.register(self._wake, selectors.EVENT_READ, None)
        self._marker = new_marker()
        self._segments: set[str] = set()
        self._look_at = 0.0
        self._stopping_since: float | None = None
        self._sent: signal.Signals | None = None
        self._stop_reason: str | None = None
        self._hurry = False
        self._ending = threading.Lock()
        self._ended_all = False
        self._thread = threading.Thread(target=self._supervise, name="launcher", daemon=True)

    def start(self) -> None:
        """Start all processes, in the order of the plan, and return."""
        if self.log_folder is None:
            self.log_folder = Path(tempfile.mkdtemp(prefix="hearth-launch-"))
        self.log_folder.mkdir(parents=True, exist_ok=True)
        self._thread.start()

    def stop(self, reason: str = "asked to stop", *, hurry: bool = False) -> None:
        """Ask all processes to end: SIGINT, then SIGTERM, then SIGKILL; at once if `hurry`."""
        self._stop_reason = self._stop_reason or reason
        self._hurry = self._hurry or hurry
        with self._ending:
            if not self._ended_all:
                os.eventfd_write(self._wake, 1)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until everything has ended; whether it has."""
        if self._thread.ident is None:
            return True  # never started
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def pids(self) -> dict[str, int]:
        """The processes that run now, by name."""
        return {slot.spec.name: slot.running.pid for slot in self._slots if slot.running}

    @property
    def failed(self) -> list[str]:
        """The processes whose last life ended with an error before anybody asked them to end."""
        last: dict[str, Event] = {}
        for event in self.events:
            if event.kind is EventKind.STOPPING:
                break
            last[event.process] = event
        bad = {EventKind.FAILED_TO_START, EventKind.EXITED}
        return [name for name, event in last.items() if event.kind in bad and event.status != 0]

    def __enter__(self) -> Launcher:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop("leaving")
        self.wait()

    # Everything below runs in the supervising thread.

    def _supervise(self) -> None:
        while True:
            now = time.monotonic()
            self._start_due(now)
            self._escalate(now)
            self._note_segments(now)
            if not any(slot.running or slot.start_at is not None for slot in self._slots):
                break
            for key, _ in self._selector.select(self._sleep(now)):
                self._handle(key)
        self._sweep()
        self._selector.close()

    def _sleep(self, now: float) -> float:
        times = [slot.start_at for slot in self._slots if slot.start_at is not None]
        times.append(self._look_at)
        if self._stopping_since is not None:
            times += [self._stopping_since + TERMINATE_AFTER, self._stopping_since + KILL_AFTER]
        due = [when for when in times if when > now]
        return max(min(due, default=now + 1.0) - now, 0.0)

    def _handle(self, key: selectors.SelectorKey) -> None:
        slot = key.data
        if slot is None:
            os.eventfd_read(self._wake)
        elif slot.running and key.fd == slot.running.pidfd:
            self._ended(slot)
        elif slot.running and key.fd in slot.running.streams:
            lines, is_open = slot.running.read(key.fd)
            for line in lines:
                self._line(slot.running, slot.running.streams[key.fd], line)
            if not is_open:
                self._selector.unregister(key.fd)

    def _line(self, running: Running, stream: str, line: str) -> None:
        spec = running.spec
        running.log.write(f"{line}\n")
        if line in _NOISE:
            return
        if spec.show_stdout if stream == "stdout" else spec.show_stderr:
            self.on_line(spec.name, stream, line)

    def _event(self, event: Event) -> None:
        self.events.append(event)
        self.on_event(event)

    def _start_due(self, now: float) -> None:
        for slot in self._slots:
            if self._stop_reason is not None:
                slot.start_at = None
            if slot.start_at is not None and slot.start_at <= now:
                slot.start_at = None
                self._spawn(slot)

    def _spawn(self, slot: _Slot) -> None:
        assert self.log_folder  # set by start()
        name = slot.spec.name
        log = (self.log_folder / f"{name}.log").open("a", encoding="utf-8", buffering=1)
        try:
            slot.running = Running(slot.spec, self._marker, log)
        except OSError as error:
            log.close()
            text = f"cannot be started: {error.strerror}: {error.filename}"
            self._event(Event(EventKind.FAILED_TO_START, name, text))
            if slot.spec.shutdown_on_exit:
                self.stop(f"{name} cannot be started")
            return
        for fd in (slot.running.pidfd, *slot.running.streams):
            self._selector.register(fd, selectors.EVENT_READ, slot)
        pid = slot.running.pid
        self._event(Event(EventKind.STARTED, name, f"started with pid [{pid}]", pid))

    def _ended(self, slot: _Slot) -> None:
        running = slot.running
        assert running  # the caller looked
        # Before the process is reaped: until then no other group can have its number.
        running.signal_group(signal.SIGKILL if self._hurry else signal.SIGTERM)
        for fd in (running.pidfd, *running.streams):
            if fd in self._selector.get_map():
                self._selector.unregister(fd)
        for stream, line in running.drain():
            self._line(running, stream, line)
        slot.running = None
        status = running.close()
        self._segments -= set(remove_dead(running.segments | self._segments))
        name = running.spec.name
        said = describe_status(status)
        asked = " (asked to)" if self._stopping_since is not None else ""
        text = (
            f"process has finished: {said}{asked}"
            if not status
            else f"process has died: {said}{asked}"
        )
        self._event(Event(EventKind.EXITED, name, text, running.pid, status))
        if self._stop_reason is not None:
            return
        if slot.spec.shutdown_on_exit:
            self.stop(f"{name} ended")
        elif slot.spec.respawn and slot.respawns != slot.spec.respawn_max_retries:
            slot.respawns += 1
            slot.start_at = time.monotonic() + slot.spec.respawn_delay
            text = f"is started again in {slot.spec.respawn_delay:g} s (number {slot.respawns})"
            self._event(Event(EventKind.RESPAWNING, name, text, running.pid))

    def _escalate(self, now: float) -> None:
        """Pass a stop on, and say it more clearly the longer it takes."""
        if self._stop_reason is None:
            return
        if self._stopping_since is None:
            self._stopping_since = now
            self._event(Event(EventKind.STOPPING, "launch", self._stop_reason))
            self._look_at = 0.0
            self._note_segments(now)
        age = now - self._stopping_since
        wanted = signal.SIGINT
        if age >= TERMINATE_AFTER:
            wanted = signal.SIGTERM
        if age >= KILL_AFTER or self._hurry:
            wanted = signal.SIGKILL
        if wanted != self._sent:
            self._sent = wanted
            for slot in self._slots:
                if slot.running:
                    slot.running.signal_group(wanted)

    def _note_segments(self, now: float) -> None:
        if now < self._look_at:
            return
        self._look_at = now + _SEGMENT_PERIOD
        for slot in self._slots:
            if slot.running:
                slot.running.segments = segments_of(slot.running.pid)
                self._segments |= slot.running.segments

    def _sweep(self) -> None:
        """End descendants that left their group, and free what the dead held."""
        end = time.monotonic() + _SWEEP_PATIENCE
        while (pids := marked(self._marker)) and time.monotonic() < end:
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.02)
        remove_dead(self._segments)
        with self._ending:
            self._ended_all = True
            os.close(self._wake)
