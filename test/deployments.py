"""One simulated deployment, for the tests that only look at a running system."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hearth_cli.deployment import Deployment
from hearth_cli.domains import reserve_domain
from hearth_cli.simulation import Ears, Quiet, wait_ready

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Running:
    """A deployment that is ready for a task, and the evaluator's ears."""

    deployment: Deployment
    ears: Ears
    domain: int
    robot: str


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """``launch/sim.launch.yaml`` with seed 1, on a domain of its own."""
    folder = tmp_path_factory.mktemp("deployment")
    domain = reserve_domain()
    deployment = Deployment(
        ROOT / "launch" / "sim.launch.yaml", {"seed": 1}, folder / "launch.log", domain.number
    )
    try:
        with Ears(domain.number, ["robot1"]) as ears:
            wait_ready(ears.watchers["robot1"], deployment, Quiet(), lambda: False, 180.0)
            yield Running(deployment, ears, domain.number, "robot1")
    finally:
        deployment.stop()
        domain.close()
