"""From the process's start until localization and navigator are active, with a warm kernel cache.

CPU time of the process, all of its threads: what a loaded machine does not change. Active is what
Nav2's clients wait for: ``lifecycle_manager_navigation/is_active`` says so, over the wire.
"""

from __future__ import annotations

import argparse
import math

import numpy as np
from hearth_cli.bench import Figure, Options, Report, load

SCRIPT = """
import os, sys, time
import rclpy
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.parameter import Parameter
from std_srvs.srv import Trigger
from hearth_navigation.core import warmup
from hearth_navigation.localization_node import make_node as make_localization
from hearth_navigation.navigator_node import make_node as make_navigator

def say(name):
    print(name + "_s", time.process_time())
    # Not getrusage: its peak outlives fork and exec, and is the bench's own if that was larger.
    with open("/proc/self/status") as file:
        peak = next(line for line in file if line.startswith("VmHWM:"))
    print(name + "_mb", int(peak.split()[1]) / 1024, flush=True)

context = Context()
rclpy.init(context=context)
options = {"namespace": "/robot1", "context": context}
home = Parameter("home", value=sys.argv[1])
localization = make_localization(
    parameter_overrides=[home, Parameter("map", value=sys.argv[2])], **options)
navigator = make_navigator(parameter_overrides=[home], **options)
executor = SingleThreadedExecutor(context=context)
for node in (localization, navigator):
    executor.add_node(node)
client = navigator.create_client(Trigger, "lifecycle_manager_navigation/is_active")
active = False
while not active:
    future = client.call_async(Trigger.Request())
    executor.spin_until_future_complete(future)
    active = future.result().success
say("active")
warmup.main()
say("kernels")
os._exit(0)
"""


def run(options: Options) -> Report:
    """Start ``--times`` processes after one that warms the cache."""
    parser = argparse.ArgumentParser(prog="hearth bench navigation_ready")
    parser.add_argument("--times", type=int, default=1 if options.quick else 5)
    own, _ = parser.parse_known_args(list(options.rest))
    config = options.root / "config"
    files = [config / "homes" / "apartment.yaml", config / "maps" / "apartment" / "map.yaml"]
    found = load(options.root, "_ready").starts(SCRIPT, [str(file) for file in files], own.times)

    def figure(name: str, key: str, unit: str, target: float = math.nan) -> Figure:
        value = float(np.median([said[key] for said in found]))
        return Figure(f"navigation {name}", value, unit, target, "lower", own.times)

    return Report(
        [
            figure("active, warm cache", "active_s", "s", 5.0),
            figure("active, memory", "active_mb", "MB", 450.0),
            figure("and mapping, every kernel used once", "kernels_s", "s"),
            figure("and mapping, memory", "kernels_mb", "MB", 450.0),
        ],
        found,
    )
