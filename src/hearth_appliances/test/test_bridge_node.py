"""The bridge beside a simulated cloud: a hinge that moves becomes a latched ROS state."""

from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="needs ROS")

from hearth_appliances.bridge_node import BridgeNode
from hearth_appliances.simulator.home import HomeCloud
from hearth_core.errors import UnknownNameError
from hearth_core.home.loader import load_home
from hearth_nodekit.appliance_topics import appliance_events, appliance_state
from hearth_nodekit.testing import Spinner, isolated_context, wait_until
from rclpy.context import Context
from rclpy.node import Node
from rclpy.parameter import Parameter

from hearth_interfaces.msg import ApplianceEvent, ApplianceState, PropertyValue

HOME = Path(__file__).parents[3] / "config" / "homes" / "apartment.yaml"
DOOR = "MAIN/doorStatus/doorState"


@pytest.fixture
def context() -> Iterator[Context]:
    with isolated_context() as context:
        yield context


def make_bridge(context: Context, path: Path) -> BridgeNode:
    values = {"endpoint": str(path), "home": str(HOME)}
    overrides = [Parameter(name, value=value) for name, value in values.items()]
    return BridgeNode(context=context, parameter_overrides=overrides)


def door(states: list[ApplianceState]) -> PropertyValue | None:
    items = [item for item in states[-1].properties if item.name == DOOR] if states else []
    return items[0] if items else None


def test_a_hinge_that_moves_becomes_a_state_and_an_event(context: Context, tmp_path: Path) -> None:
    path = tmp_path / "cloud.json"
    node = make_bridge(context, path)  # first: it must wait for the cloud
    listener = Node("listener", context=context)
    states: list[ApplianceState] = []
    events: list[ApplianceEvent] = []
    appliance_state("refrigerator").subscribe(listener, states.append)
    appliance_events("refrigerator").subscribe(listener, events.append)
    angle = {"refrigerator/door": 0.0}
    with Spinner(context, node, listener):
        cloud = HomeCloud(load_home(HOME), angle.get, path)
        try:
            assert wait_until(lambda: door(states) is not None)
            assert door(states).value == '"CLOSE"'
            assert states[-1].online
            assert states[-1].device_type == "DEVICE_REFRIGERATOR"
            angle["refrigerator/door"] = 1.2
            for step in range(20):
                cloud.tick(0.1 * step)
            assert wait_until(lambda: door(states).value == '"OPEN"')
            assert door(states).source == PropertyValue.SOURCE_PUSH
            assert door(states).quality == PropertyValue.QUALITY_GOOD
            assert wait_until(lambda: any(e.value == '"OPEN"' for e in events))
            late: list[ApplianceState] = []
            appliance_state("refrigerator").subscribe(listener, late.append)
            assert wait_until(lambda: bool(late))  # latched
        finally:
            cloud.close()
        assert wait_until(lambda: not states[-1].online, 60.0)
        assert door(states).quality == PropertyValue.QUALITY_STALE
        node.close()
    node.destroy_node()
    listener.destroy_node()


def test_an_unknown_cloud_is_refused_with_the_choices(context: Context) -> None:
    overrides = [Parameter("cloud", value="fog")]
    with pytest.raises(UnknownNameError, match="no cloud 'fog'; known: "):
        BridgeNode(context=context, parameter_overrides=overrides)
