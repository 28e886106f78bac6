"""From a push to the ROS topic, and from AbortNow to the request; a bridge in this process."""

from __future__ import annotations

import asyncio
import json
import time as wall
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hearth_nodekit.appliance_topics import appliance_events
from hearth_nodekit.testing import Spinner, isolated_context, wait_until
from rclpy.node import Node

from hearth_appliances.bridge_node import BridgeNode
from hearth_appliances.core.backend import Push
from hearth_appliances.fakes.scripted_cloud import ScriptedCloud
from hearth_interfaces.msg import ApplianceEvent
from hearth_interfaces.srv import AbortNow

NAME = "MAIN/state/moment"
PROFILE = {"property": {"state": {"moment": {"type": "number", "mode": ["r"]}}}}


@dataclass
class Latency:
    """Seconds from push to topic, and what was lost."""

    sent: int = 0
    lost: int = 0
    gaps: int = 0
    seconds: list[float] = field(default_factory=list)
    cpu: float = 0.0
    """CPU time of this process [s], sender and receiver included."""

    def percentile(self, share: float) -> float:
        """Latency [s] that this share of the messages stayed below."""
        ordered = sorted(self.seconds)
        return ordered[min(int(share * len(ordered)), len(ordered) - 1)] if ordered else 99.0


def measure_pushes(devices: int, rate: float, count: int) -> Latency:
    """``devices`` push ``rate`` times a second each, ``count`` in all."""
    cloud = ScriptedCloud(count=devices)
    del cloud.infos["fridge"]
    for name in cloud.infos:
        cloud.profiles[name] = PROFILE
        cloud.states[name] = {NAME: 0}
    found = Latency(sent=count)
    with isolated_context() as context:
        node = BridgeNode(backend=cloud, context=context)
        ears = Node("ears", context=context)
        seqs: dict[str, int] = {}

        def heard(message: ApplianceEvent) -> None:
            now = wall.monotonic_ns()
            if message.kind != "property_changed" or message.name != NAME:
                return
            moment = json.loads(message.value)
            if moment:
                found.seconds.append((now - moment) * 1e-9)
            found.gaps += message.seq != seqs.get(message.slug, message.seq - 1) + 1
            seqs[message.slug] = message.seq

        for slug in cloud.infos:
            appliance_events(slug).subscribe(ears, heard)
        with Spinner(context, node), Spinner(context, ears):
            wait_until(lambda: node.hub.connected and _matched(node, cloud.infos), 30.0)
            began = wall.process_time()
            sending = asyncio.run_coroutine_threadsafe(
                _send(cloud, rate * devices, count), node._loop
            )
            sending.result(120.0)
            wait_until(lambda: len(found.seconds) >= count, 10.0)
            found.cpu = wall.process_time() - began
            node.close()
        node.destroy_node()
        ears.destroy_node()
    found.lost = count - len(found.seconds)
    return found


async def _send(cloud: ScriptedCloud, rate: float, count: int) -> None:
    loop = asyncio.get_running_loop()
    names = sorted(cloud.infos)
    began = loop.time()
    listener = cloud.listener
    assert listener is not None
    for number in range(count):
        due = began + number / rate
        if due > loop.time():
            await asyncio.sleep(due - loop.time())
        elif number % 50 == 0:
            await asyncio.sleep(0)
        report = {NAME: wall.monotonic_ns()}
        listener.on_push(
            Push(
                "DEVICE_STATUS",
                names[number % len(names)],
                report,
                stamp=wall.time(),
                message_id=str(number),
            )
        )


def _matched(node: BridgeNode, infos: Mapping[str, object]) -> bool:
    return all(node.count_subscribers(f"/appliances/{slug}/events") > 0 for slug in infos) and all(
        shadow.online for shadow in node.hub.shadows.values()
    )


def measure_abort(count: int) -> list[float]:
    """Seconds from AbortNow's request to the HTTP request."""
    cloud = ScriptedCloud("washer")
    sent: list[float] = []

    def obey(device: str, payload: Any) -> None:
        del device, payload
        sent.append(wall.monotonic())

    cloud.obey = obey
    delays: list[float] = []
    with isolated_context() as context:
        node = BridgeNode(backend=cloud, context=context)
        caller = Node("caller", context=context)
        client = caller.create_client(AbortNow, "appliances/abort_now")
        with Spinner(context, node), Spinner(context, caller):
            wait_until(lambda: node.hub.connected, 30.0)
            client.wait_for_service(10.0)
            for _ in range(count):
                sent.clear()
                began = wall.monotonic()
                future = client.call_async(AbortNow.Request(slug="washer"))
                if wait_until(future.done, 10.0) and sent:
                    delays.append(sent[0] - began)
            node.close()
        node.destroy_node()
        caller.destroy_node()
    return delays


__all__ = ["Latency", "measure_abort", "measure_pushes"]
