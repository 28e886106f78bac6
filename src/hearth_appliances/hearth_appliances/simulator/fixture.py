"""The simulated cloud for tests; import ``appliance_cloud`` from here and ask for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from hearth_appliances.backends.thinq import SimulatedBackend
from hearth_appliances.simulator.appliances import Appliance
from hearth_appliances.simulator.cloud import Cloud
from hearth_appliances.simulator.faults import Fault, Trouble
from hearth_appliances.simulator.pushes import Outgoing, PushDelay
from hearth_appliances.simulator.server import CloudServer

TOKEN = "thinqpat_0000simulated0000"


class RunningCloud:
    """A served cloud whose time a test moves."""

    def __init__(
        self, appliances: Sequence[Appliance], path: Path, *, rough: bool = False
    ) -> None:
        """Serve ``appliances``; pushes leave at once. ``rough``: the network may be broken."""
        self.cloud = Cloud(appliances, TOKEN, delay=PushDelay(0.0, 0.0))
        self.path = path
        self.server = CloudServer(self.cloud, TOKEN, path, rough=rough)

    def backend(self) -> SimulatedBackend:
        """A new client of it."""
        return SimulatedBackend(self.path)

    def do(self, work: Callable[[Cloud], object], seconds: float = 1.0) -> None:
        """Do something in the server's thread, then let time pass [s]."""

        def run(cloud: Cloud) -> list[Outgoing]:
            work(cloud)
            return cloud.advance(cloud.now + seconds)

        self.server.submit(run)

    def begin(self, trouble: Trouble, device: str = "") -> None:
        """Let something go wrong."""
        self.do(lambda cloud: cloud.begin(Fault(0.0, trouble, device=device)))

    def end(self, trouble: Trouble) -> None:
        """Let it be well again."""
        self.do(lambda cloud: cloud.faults.end(trouble))

    def close(self) -> None:
        """Stop it."""
        self.server.close()


@pytest.fixture
def appliance_cloud(tmp_path: Path) -> Iterator[Callable[[Sequence[Appliance]], RunningCloud]]:
    """Serves the appliances it is called with, until the test ends."""
    running: list[RunningCloud] = []

    def serve(appliances: Sequence[Appliance]) -> RunningCloud:
        running.append(RunningCloud(appliances, tmp_path / f"cloud{len(running)}.json"))
        return running[-1]

    yield serve
    for cloud in running:
        cloud.close()
