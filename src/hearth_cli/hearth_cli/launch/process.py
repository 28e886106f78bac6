"""One running process of a launch, with its output cut into lines."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from hearth_cli.launch.plan import ProcessSpec

MARKER = "HEARTH_LAUNCH"
_CHUNK = 65536


def new_marker() -> str:
    """A value for the variable by which descendants are found, wherever they went."""
    return uuid.uuid4().hex


def marked(marker: str) -> list[int]:
    """The processes that carry `marker` in the environment they were started with."""
    wanted = f"{MARKER}={marker}".encode()
    found = []
    for entry in os.scandir("/proc"):
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                environment = Path(entry.path, "environ").read_bytes()
            except OSError:  # gone, or somebody else's
                continue
            if wanted in environment.split(b"\0"):
                found.append(int(entry.name))
    return found


class Running:
    """A started process: its group, its output, its log."""

    def __init__(self, spec: ProcessSpec, marker: str, log: TextIO) -> None:
        self.spec = spec
        self.log = log
        self.segments: set[str] = set()
        command = list(spec.command)
        if setpriv := shutil.which("setpriv"):  # a killed launcher must not leave a robot running
            command = [setpriv, "--pdeathsig", "INT", "--", *command]
        self.popen = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**spec.environment, MARKER: marker},
            cwd=spec.cwd,
            start_new_session=True,  # Ctrl-C reaches the launcher alone, who passes it on
        )
        self.pidfd = os.pidfd_open(self.popen.pid)
        assert self.popen.stdout  # asked for above
        assert self.popen.stderr
        self.streams = {self.popen.stdout.fileno(): "stdout", self.popen.stderr.fileno(): "stderr"}
        self._partial = dict.fromkeys(self.streams, b"")
        for stream in self.streams:
            os.set_blocking(stream, False)

    @property
    def pid(self) -> int:
        """The process ID, which is its group's too."""
        return self.popen.pid

    def signal_group(self, number: signal.Signals) -> None:
        """Send a signal to the process and what it started."""
        try:
            os.killpg(self.pid, number)
        except (ProcessLookupError, PermissionError):
            return

    def read(self, stream: int) -> tuple[list[str], bool]:
        """Complete lines that have arrived on a stream, and whether it is open still."""
        try:
            data = os.read(stream, _CHUNK)
        except BlockingIOError:
            return [], True
        except OSError:
            data = b""
        *lines, rest = (self._partial[stream] + data).split(b"\n")
        if not data and rest:
            lines, rest = [*lines, rest], b""
        self._partial[stream] = rest
        return [line.decode(errors="replace").rstrip("\r") for line in lines], bool(data)

    def drain(self) -> Iterator[tuple[str, str]]:
        """What is left in the pipes of a process that ended, as (stream name, line)."""
        for stream, name in self.streams.items():
            while True:
                before = self._partial[stream]
                lines, is_open = self.read(stream)
                yield from ((name, line) for line in lines)
                if not is_open or (not lines and self._partial[stream] == before):
                    break
            if self._partial[stream]:
                yield name, self._partial[stream].decode(errors="replace")

    def close(self) -> int:
        """Reap the process, which has ended, and free what it held; return its exit status."""
        status = self.popen.wait()
        for stream in (self.popen.stdout, self.popen.stderr):
            if stream:
                stream.close()
        os.close(self.pidfd)
        self.log.close()
        return status


def describe_status(status: int) -> str:
    """An exit status for people."""
    if status >= 0:
        return f"exit code {status}"
    try:
        return f"signal {signal.Signals(-status).name}"
    except ValueError:
        return f"signal {-status}"
