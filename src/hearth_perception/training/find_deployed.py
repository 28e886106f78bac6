"""``find_object`` in a whole simulated deployment: navigation drives, the evaluator looks on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from hearth_cli.deployment import Deployment
from hearth_cli.domains import reserve_domain
from hearth_cli.simulation import Ears, Quiet, wait_ready
from hearth_core.outcome import Code
from hearth_nodekit.actions import ActionCaller

from hearth_interfaces.action import FindObject

LONGEST = 900.0
"""A search that takes longer is ended [s], simulated."""


@dataclass(frozen=True)
class Deployed:
    """One search."""

    seed: int
    label: str
    found: bool
    """The right thing, where it really is."""
    said: str
    """The action's outcome."""
    driven: float
    """[m]"""
    contacts: tuple[str, ...]
    """What the robot touched."""
    searched: tuple[str, ...]


def find_deployed(root: Path, seed: int, label: str, factor: float = 2.0) -> Deployed:
    """One search in the apartment, drawn with ``seed``, at ``factor`` times real time at most."""
    domain = reserve_domain()
    deployment = Deployment(
        root / "launch" / "sim.launch.yaml",
        {"seed": seed, "factor": factor},
        root / ".hearth" / "runs" / "find" / f"{label}-{seed}.log",
        domain.number,
    )
    try:
        with Ears(domain.number, ["robot1"]) as ears:
            watcher = ears.watchers["robot1"]
            caller = ActionCaller(ears.nodes["robot1"], FindObject, "find_object")
            wait_ready(watcher, deployment, Quiet(), lambda: False, 240.0)
            ledger = watcher.truth.ledger
            before, touched = ledger.driven, set(ledger.contacts)
            _, result = caller.call(FindObject.Goal(label=label), timeout=LONGEST)
            truth = watcher.truth.truth()
            assert truth is not None
            at = result.object.pose.pose.position
            place = np.array([at.x, at.y, at.z])
            right = result.outcome.code == Code.SUCCEEDED and any(
                name.rstrip("_0123456789") == label
                and np.linalg.norm(pose.translation - place) < 0.25
                for name, pose in truth.poses.items()
            )
            return Deployed(
                seed,
                label,
                right,
                str(result.outcome.message),
                ledger.driven - before,
                tuple(sorted(set(ledger.contacts) - touched)),
                tuple(result.searched),
            )
    finally:
        deployment.stop()
        domain.close()
