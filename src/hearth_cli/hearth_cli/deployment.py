"""A deployment started by its launch file as a child process, and what it costs."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time as wall
from collections.abc import Mapping
from pathlib import Path

import psutil
from hearth_core.errors import HearthError


class Deployment:
    """``hearth launch FILE name:=value ...`` running beside us, its output in a log file."""

    def __init__(
        self, launch_file: Path, arguments: Mapping[str, object], log: Path, domain: int
    ) -> None:
        """Start it on DDS domain ``domain``."""
        log.parent.mkdir(parents=True, exist_ok=True)
        self.log = log
        self._output = log.open("wb")
        command = [sys.executable, "-m", "hearth_cli.main", "launch", str(launch_file)]
        command += [f"{name}:={value}" for name, value in arguments.items() if value != ""]
        self._process = subprocess.Popen(
            command,
            stdout=self._output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env=os.environ | {"ROS_DOMAIN_ID": str(domain)},
            start_new_session=True,  # Ctrl-C reaches us first; we pass it on in order
        )
        self._spent: dict[int, float] = {}

    @property
    def running(self) -> bool:
        """Whether the launcher lives."""
        return self._process.poll() is None

    @property
    def pid(self) -> int:
        """Process id of the launcher."""
        return self._process.pid

    def interrupt(self) -> None:
        """What Ctrl-C does."""
        self._process.send_signal(signal.SIGINT)

    def require_running(self) -> None:
        """Check.

        Raises:
            HearthError: It ended by itself; the message carries the end of its log.
        """
        if not self.running:
            raise HearthError(
                f"the deployment ended with status {self._process.returncode}; "
                f"the end of {self.log}:\n{self.log_tail()}"
            )

    def log_tail(self, lines: int = 15) -> str:
        """The end of the log."""
        text = self.log.read_text(errors="replace").splitlines()
        return "\n".join(f"    {line}" for line in text[-lines:])

    def cpu_seconds(self) -> float:
        """CPU time of all its processes so far, those that ended included as last seen."""
        with contextlib.suppress(psutil.NoSuchProcess):
            root = psutil.Process(self._process.pid)
            for process in [root, *root.children(recursive=True)]:
                with contextlib.suppress(psutil.NoSuchProcess):
                    times = process.cpu_times()
                    self._spent[process.pid] = times.user + times.system
        return sum(self._spent.values())

    def stop(self, patience: float = 5.0) -> None:
        """SIGINT, then SIGKILL to whatever of it is left after ``patience`` [s]."""
        left: list[psutil.Process] = []
        with contextlib.suppress(psutil.NoSuchProcess):
            left = psutil.Process(self._process.pid).children(recursive=True)
        if self.running:
            self.interrupt()
        deadline = wall.monotonic() + patience
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(patience)
        for process in left:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.wait(max(0.0, deadline - wall.monotonic()))
        for process in [*left, psutil.Process(self._process.pid)] if self.running else left:
            with contextlib.suppress(psutil.NoSuchProcess, psutil.TimeoutExpired):
                process.kill()
        self._process.wait()
        self._output.close()
