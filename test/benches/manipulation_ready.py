"""From the process's start until the manipulation node is ready, with a warm kernel cache.

CPU time of the process, all of its threads: what a loaded machine does not change.
"""

from __future__ import annotations

import argparse
import math
import os
import subprocess
import sys
from pathlib import Path

from hearth_cli.bench import Figure, Options, Report
from hearth_cli.domains import reserve_domain
from hearth_core.errors import HearthError

SCRIPT = """
import os, sys, time
import rclpy
from rclpy.context import Context
from rclpy.parameter import Parameter
from hearth_manipulation.core import warmup
from hearth_manipulation.manipulation_node import make_node

context = Context()
rclpy.init(context=context)
make_node(namespace="/robot1", context=context,
          parameter_overrides=[Parameter("home", value=sys.argv[1])])
print("node", time.process_time(), flush=True)
warmup.main()
print("kernels", time.process_time(), flush=True)
os._exit(0)
"""
PATIENCE = 300.0
"""Longest wall time of one process [s]."""


def run(options: Options) -> Report:
    """Start ``--times`` processes after one that warms the cache."""
    parser = argparse.ArgumentParser(prog="hearth bench manipulation_ready")
    parser.add_argument("--times", type=int, default=1 if options.quick else 5)
    parser.add_argument("--data", type=Path, default=None, help="not needed")
    own, _ = parser.parse_known_args(list(options.rest))
    home = str(options.root / "config" / "homes" / "apartment.yaml")
    domain = reserve_domain()
    environment = {**os.environ, "ROS_DOMAIN_ID": str(domain.number)}
    start(home, environment)
    found = sorted(start(home, environment) for _ in range(own.times))
    node, kernels = found[len(found) // 2]
    return Report(
        [
            Figure("node ready, warm cache", node, "s", 3.0, "lower", own.times),
            Figure("and every kernel loaded and used once", kernels, "s", math.nan, "lower",
                   own.times),
        ],
        [{"node_s": a, "kernels_s": b} for a, b in found],
    )  # fmt: skip


def start(home: str, environment: dict[str, str]) -> tuple[float, float]:
    """CPU seconds until the node is made, and until all kernels were used.

    Raises:
        HearthError: It ended otherwise; with its last words.
    """
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, home], env=environment, capture_output=True, text=True,
        timeout=PATIENCE, check=False,
    )  # fmt: skip
    said = dict(line.split() for line in done.stdout.splitlines() if len(line.split()) == 2)
    if done.returncode or not {"node", "kernels"} <= said.keys():
        raise HearthError(f"the node did not come up: {done.stderr[-500:]}")
    return float(said["node"]), float(said["kernels"])
