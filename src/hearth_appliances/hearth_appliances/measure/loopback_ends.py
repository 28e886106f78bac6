"""The other ends of the loopback: a bridge and a listener, each in a process of its own.

Nothing of the simulated cloud is imported here: what the bridge weighs is what it always does.
"""

from __future__ import annotations

import json
import sys
import time as wall
from collections.abc import Mapping

from hearth_nodekit.appliance_topics import appliance_events
from hearth_nodekit.middleware import expect_small_messages
from hearth_nodekit.testing import Spinner, isolated_context, wait_until
from rclpy.node import Node
from rclpy.parameter import Parameter

from hearth_appliances.bridge_node import BridgeNode
from hearth_interfaces.msg import ApplianceEvent

NAME = "MAIN/state/moment"
"""The property that is pushed: when, by CLOCK_MONOTONIC [ns]."""
PATIENCE = 120.0
"""Nobody is waited for longer [s]."""


def slug_of(index: int) -> str:
    """Alias and slug of a device."""
    return f"clock_{index}"


def _listen(devices: int, count: int) -> None:
    """Tell when every device was heard, and in the end what came."""
    seconds: list[float] = []
    seqs: dict[str, int] = {}
    gaps = [0]

    def heard(message: ApplianceEvent) -> None:
        now = wall.monotonic_ns()
        if message.kind != "property_changed" or message.name != NAME:
            return
        moment = json.loads(message.value)
        gaps[0] += message.seq != seqs.get(message.slug, message.seq - 1) + 1
        seqs[message.slug] = message.seq
        if moment > 0:
            seconds.append((now - moment) * 1e-9)

    with isolated_context() as context:
        node = Node("ears", context=context)
        for index in range(devices):
            appliance_events(slug_of(index)).subscribe(node, heard)
        with Spinner(context, node):
            wait_until(lambda: len(seqs) >= devices, PATIENCE)
            gaps[0] = 0
            _say("ready")
            sys.stdin.read()
            wait_until(lambda: len(seconds) >= count, 0.7 * PATIENCE)
        node.destroy_node()
    result: Mapping[str, object] = {"seconds": seconds, "gaps": gaps[0]}
    _say(json.dumps(result))


def _bridge(endpoint: str, devices: int) -> None:
    """A bridge until its standard input is closed."""
    expect_small_messages()  # as the bridge's own process
    overrides = [Parameter("endpoint", value=endpoint)]
    with isolated_context() as context:
        node = BridgeNode(context=context, parameter_overrides=overrides)
        with Spinner(context, node):
            wait_until(
                lambda: node.hub.connected and len(node.hub.ingest.appliances) == devices,
                PATIENCE,
            )
            _say("ready" if node.hub.connected else node.hub.problem)
            sys.stdin.read()
            node.close()
        node.destroy_node()


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    if sys.argv[1] == "listen":
        _listen(int(sys.argv[2]), int(sys.argv[3]))
    else:
        _bridge(sys.argv[2], int(sys.argv[3]))
