"""From the process's start until the manipulation node is ready, with a warm kernel cache.

CPU time of the process, all of its threads: what a loaded machine does not change.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path

import numpy as np
from hearth_cli.bench import Figure, Options, Report, load

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
KEYS = ("node", "kernels")


def run(options: Options) -> Report:
    """Start ``--times`` processes after one that warms the cache."""
    parser = argparse.ArgumentParser(prog="hearth bench manipulation_ready")
    parser.add_argument("--times", type=int, default=1 if options.quick else 5)
    parser.add_argument("--data", type=Path, default=None, help="not needed")
    own, _ = parser.parse_known_args(list(options.rest))
    home = str(options.root / "config" / "homes" / "apartment.yaml")
    found = load(options.root, "_ready").starts(SCRIPT, [home], own.times)
    node, kernels = (
        float(np.median([said[key] for said in found])) for key in ("node", "kernels")
    )
    return Report(
        [
            Figure("node ready, warm cache", node, "s", 3.0, "lower", own.times),
            Figure("and every kernel loaded and used once", kernels, "s", math.nan, "lower",
                   own.times),
        ],
        [{f"{key}_s": said[key] for key in KEYS} for said in found],
    )  # fmt: skip
