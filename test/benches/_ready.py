"""Processes of nodes that come up and say what it took them, one after the other."""

from __future__ import annotations

import os
import subprocess
import sys

from hearth_cli.domains import reserve_domain
from hearth_core.errors import HearthError

PATIENCE = 300.0
"""Longest wall time of one process [s]."""


def starts(script: str, arguments: list[str], times: int) -> list[dict[str, float]]:
    """What each of ``times`` processes said, after one that warms the kernels' cache.

    Args:
        script: Python; prints lines of a name and a number, and ends by itself.
        arguments: ``sys.argv[1:]`` of the script.
        times: How many processes, one after the other.

    Raises:
        HearthError: One ended otherwise; with its last words.
    """
    domain = reserve_domain()
    environment = {**os.environ, "ROS_DOMAIN_ID": str(domain.number)}
    try:
        return [_start(script, arguments, environment) for _ in range(times + 1)][1:]
    finally:
        domain.close()


def _start(script: str, arguments: list[str], environment: dict[str, str]) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], env=environment, capture_output=True,
        text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    words = [line.split() for line in done.stdout.splitlines()]
    said = {line[0]: float(line[1]) for line in words if len(line) == 2}
    if done.returncode or not said:
        raise HearthError(f"the nodes did not come up: {done.stderr[-500:]}")
    return said
