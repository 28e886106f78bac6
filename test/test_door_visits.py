"""Two robots and one refrigerator: the second waits until the first has closed the door."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import pytest
from hearth_appliances.bridge_node import BridgeNode
from hearth_appliances.fakes.scripted_cloud import DOOR, ScriptedCloud
from hearth_core.outcome import Code, Outcome
from hearth_nodekit.actions import Canceled
from hearth_nodekit.testing import Spinner, isolated_context, wait_until
from hearth_tasks.door_visits import DoorVisits
from rclpy.node import Node

FRIDGE = "refrigerator"


@dataclass
class Kitchen:
    bridge: BridgeNode
    cloud: ScriptedCloud
    robots: list[DoorVisits]
    threads: ThreadPoolExecutor
    stop: threading.Event

    def door(self, state: str) -> None:
        self.bridge._loop.call_soon_threadsafe(self.cloud.push, "fridge", {DOOR: state})

    def ask(self, robot: int, slug: str = FRIDGE) -> Future[Outcome]:
        visits = self.robots[robot]
        return self.threads.submit(visits.ask, slug, lambda: False, self.stop.wait)


@pytest.fixture
def kitchen() -> Iterator[Kitchen]:
    with isolated_context() as context:
        cloud = ScriptedCloud("fridge")
        bridge = BridgeNode(backend=cloud, context=context)
        nodes = [Node("executive", namespace=f"robot{n}", context=context) for n in (1, 2)]
        visits = [DoorVisits(node) for node in nodes]
        stop = threading.Event()
        with (
            ThreadPoolExecutor() as threads,
            Spinner(context, bridge),
            Spinner(context, nodes[0]),
            Spinner(context, nodes[1]),
        ):
            assert wait_until(lambda: bridge.hub.connected, 60.0)
            yield Kitchen(bridge, cloud, visits, threads, stop)
            stop.set()
            for each in visits:
                each.close()
            bridge.close()
        for node in (bridge, *nodes):
            node.destroy_node()


def test_the_second_robot_waits_for_the_first_to_close(kitchen: Kitchen) -> None:
    assert kitchen.ask(0).result(60.0).ok
    kitchen.door("OPEN")
    again = kitchen.ask(0).result(60.0)
    assert again.ok, "one's own door may be asked for twice"
    second = kitchen.ask(1)
    with pytest.raises(TimeoutError):
        second.result(2.5)
    kitchen.door("CLOSE")
    assert second.result(60.0).ok
    assert kitchen.bridge.hub.leases.holder(FRIDGE, 0.0).holder == "robot2"  # type: ignore[union-attr]


def test_who_stops_waiting_holds_nothing(kitchen: Kitchen) -> None:
    assert kitchen.ask(0).result(60.0).ok
    waiting = kitchen.ask(1)
    kitchen.stop.set()
    with pytest.raises(Canceled):
        waiting.result(60.0)
    assert kitchen.bridge.hub.leases.holder(FRIDGE, 0.0).holder == "robot1"  # type: ignore[union-attr]


def test_what_the_bridge_does_not_know_is_opened_without_leave(kitchen: Kitchen) -> None:
    outcome = kitchen.ask(0, "cupboard").result(60.0)
    assert outcome.code is Code.SUCCEEDED
    assert "without leave" in outcome.message
