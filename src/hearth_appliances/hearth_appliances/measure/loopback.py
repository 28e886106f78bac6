"""The whole way on loopback: cloud, mosquitto, the vendor's SDK, bridge, DDS, a listener.

Cloud, broker, bridge and listener are processes of their own, as in a robot; the clock that
latencies are read from (CLOCK_MONOTONIC) is the same in all of them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time as wall
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from hearth_nodekit.testing import own_domain

from hearth_appliances.measure.loopback_ends import NAME, PATIENCE, slug_of
from hearth_appliances.simulator.cloud import Cloud
from hearth_appliances.simulator.fixture import RunningCloud
from hearth_appliances.simulator.machine import Appliance, Kind
from hearth_appliances.simulator.pushes import Outgoing

_PROFILE = {"property": {"state": {"moment": {"type": "number", "mode": ["r"]}}}}
_ENDS = "hearth_appliances.measure.loopback_ends"


@dataclass(frozen=True)
class Use:
    """What a process costs."""

    cores: float
    """Share of a core."""
    resident: float
    """[MB]"""
    proportional: float
    """[MB]; pages shared with other processes counted by their share."""


@dataclass
class Journey:
    """What arrived at the listener."""

    sent: int
    seconds: list[float] = field(default_factory=list)
    """From just before the cloud's PUBLISH to the listener's callback [s]."""
    gaps: int = 0
    cpu: float = 0.0
    """CPU time of the bridge for all of them [s]."""

    @property
    def lost(self) -> int:
        """Pushes that never came."""
        return self.sent - len(self.seconds)

    def percentile(self, share: float) -> float:
        """Latency [s] that this share of those that arrived stayed below."""
        ordered = sorted(self.seconds)
        return ordered[min(int(share * len(ordered)), len(ordered) - 1)] if ordered else 99.0


def measure_journey(devices: int, rate: float, count: int) -> Journey:
    """``devices`` push ``rate`` times a second each, ``count`` in all."""
    with _home(devices) as (served, bridge), _child("listen", str(devices), str(count)) as ears:
        assert ears.stdin is not None
        assert ears.stdout is not None
        ready = threading.Event()
        lines: list[str] = []

        def read() -> None:
            assert ears.stdout is not None
            for line in ears.stdout:
                lines.append(line)
                ready.set()

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        _warm_up(served, devices, ready)
        before = cpu_seconds(bridge.pid)
        _send(served, devices, rate * devices, count)
        ears.stdin.close()  # it waits a little longer, then tells
        ears.wait(PATIENCE)
        reader.join(PATIENCE)
        told = json.loads(lines[-1])
        return Journey(count, told["seconds"], told["gaps"], cpu_seconds(bridge.pid) - before)


def measure_idle(devices: int, seconds: float) -> Use:
    """A bridge in which nothing happens, connected through the SDK."""
    with _home(devices) as (_, bridge):
        wall.sleep(3.0)  # what the start left to do
        before, began = cpu_seconds(bridge.pid), wall.monotonic()
        wall.sleep(seconds)
        spent = cpu_seconds(bridge.pid) - before
        sizes = [memory(bridge.pid, key) for key in ("Rss", "Pss")]
        return Use(spent / (wall.monotonic() - began), *sizes)


def cpu_seconds(pid: int) -> float:
    """CPU time of a process and its threads [s]."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory(pid: int, key: str) -> float:
    """``Rss`` or ``Pss`` of a process [MB]."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith(f"{key}:"):
            return float(line.split()[1]) / 1024.0
    raise LookupError(key)


@contextmanager
def _home(devices: int) -> Iterator[tuple[RunningCloud, subprocess.Popen[str]]]:
    """A cloud with devices that only tell the time, and a bridge connected to it."""
    kind = Kind("DEVICE_CLOCK", _PROFILE)
    machines = [Appliance(kind, f"{index:032x}", slug_of(index)) for index in range(devices)]
    with tempfile.TemporaryDirectory(prefix="hearth-loopback-") as folder:
        served = RunningCloud(machines, Path(folder) / "cloud.json")
        try:
            with _child("bridge", str(served.path), str(devices)) as bridge:
                assert bridge.stdout is not None
                if bridge.stdout.readline().strip() != "ready":
                    raise RuntimeError("the bridge did not connect")
                yield served, bridge
        finally:
            served.close()


@contextmanager
def _child(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", _ENDS, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "ROS_DOMAIN_ID": str(own_domain())},
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _tell(machine: str, moment: Callable[[], int]) -> Callable[[Cloud], list[Outgoing]]:
    """Work for the cloud's thread: one push of one device, stamped when it leaves."""

    def work(cloud: Cloud) -> list[Outgoing]:
        cloud.appliances[machine].set(NAME, moment())
        return cloud.advance(cloud.now + 1e-3)

    return work


def _warm_up(served: RunningCloud, devices: int, ready: threading.Event) -> None:
    """Push (negative) numbers until the listener has heard every device."""
    deadline, number = wall.monotonic() + PATIENCE, 0
    while not ready.wait(0.2):
        if wall.monotonic() > deadline:
            raise RuntimeError("the listener heard nothing")
        number -= 1
        for index in range(devices):
            served.server.submit(_tell(f"{index:032x}", lambda n=number: n))  # type: ignore[misc]
    wall.sleep(1.0)


def _send(served: RunningCloud, devices: int, rate: float, count: int) -> None:
    began = wall.monotonic()
    for number in range(count):
        wait = began + number / rate - wall.monotonic()
        if wait > 0.0:
            wall.sleep(wait)
        served.server.submit(_tell(f"{number % devices:032x}", wall.monotonic_ns))
