"""One body, two worlds: above the ports nobody can tell simulation from (fake) hardware."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hearth_cli.domains import reserve_domain
from hearth_drivers.body_node import BodyNode
from hearth_drivers.fakes import FakeRobot
from hearth_nodekit.convert import from_time
from hearth_nodekit.testing import Spinner, isolated_context, wait_until
from hearth_nodekit.topic import Topic
from hearth_nodekit.topics import (
    BATTERY_STATE,
    IMU,
    JOINT_STATES,
    ODOM,
    SCAN,
    TF,
    TOUCH,
    camera_color,
    camera_depth,
    camera_info,
)
from hearth_sim.world_node import WorldNode
from rclpy.action import get_action_names_and_types
from rclpy.context import Context
from rclpy.node import Node
from rclpy.parameter import Parameter
from sensor_msgs.msg import JointState

ROOT = Path(__file__).resolve().parents[1]
CAMERAS = ("head_camera", "left_wrist_camera", "right_wrist_camera")
RATES = {"odom": 50.0, "joint_states": 100.0, "touch": 50.0, "imu/data": 50.0, "scan": 10.0}
TOPICS: tuple[Topic, ...] = (
    ODOM,
    SCAN,
    IMU,
    JOINT_STATES,
    TOUCH,
    BATTERY_STATE,
    TF,
    *(camera_color(name) for name in CAMERAS),
    *(camera_info(name) for name in CAMERAS),
    camera_depth("head_camera"),
    camera_info("head_camera", "depth"),
)


@dataclass
class Contract:
    """What a body promises to the outside."""

    publishers: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    subscribers: dict[str, list[str]] = field(default_factory=dict)
    services: dict[str, list[str]] = field(default_factory=dict)
    actions: dict[str, list[str]] = field(default_factory=dict)
    frames: dict[str, str] = field(default_factory=dict)
    joints: set[str] = field(default_factory=set)
    tips: set[str] = field(default_factory=set)
    rates: dict[str, float] = field(default_factory=dict)


@contextmanager
def simulated(context: Context) -> Iterator[Node]:
    """A body on simulated hardware, its world beside it."""
    values = {"home": str(ROOT / "config/homes/apartment.yaml"), "seed": 1}
    world = WorldNode(
        context=context, parameter_overrides=[Parameter(k, value=v) for k, v in values.items()]
    )
    body = BodyNode(
        context=context,
        namespace="/robot1",
        parameter_overrides=[
            Parameter("hardware", value="hearth_sim.hardware:make_hardware"),
            Parameter("use_sim_time", value=True),
        ],
    )
    try:
        yield body
    finally:
        body.close()
        world.close()
        body.destroy_node()
        world.destroy_node()


@contextmanager
def faked(context: Context) -> Iterator[Node]:
    """A body on the ideal fake."""
    hardware = FakeRobot(100.0)
    body = BodyNode(hardware, context=context, namespace="/robot1")
    hardware.run()
    try:
        yield body
    finally:
        body.close()
        body.destroy_node()


def observe(make: Any, domain: int) -> Contract:
    """Listen to a body until every topic has spoken."""
    with isolated_context(domain) as context, make(context) as body:
        ears = Node("ears", namespace="/robot1", context=context)
        heard: dict[str, list[Any]] = {topic.name: [] for topic in TOPICS}
        for topic in TOPICS:
            topic.subscribe(ears, heard[topic.name].append)
        with Spinner(context, body, ears):
            assert wait_until(lambda: all(heard.values()), 60.0), [
                name for name, messages in heard.items() if not messages
            ]
            enough = 3.0 * max(RATES.values())
            assert wait_until(lambda: len(heard["joint_states"]) > enough, 60.0)
            wanted = {f"/robot1/{topic.name}" for topic in TOPICS} | {"/parameter_events"}
            assert wait_until(lambda: wanted <= set(examine(body).publishers), 30.0)
            contract = examine(body)
        for name, messages in heard.items():
            if name == "tf":
                link = messages[0].transforms[0]
                contract.frames[name] = f"{link.header.frame_id} -> {link.child_frame_id}"
            else:
                contract.frames[name] = messages[0].header.frame_id
        contract.frames["odom (child)"] = heard["odom"][0].child_frame_id
        contract.joints = set(heard["joint_states"][0].name)
        touch: JointState = heard["touch"][0]
        contract.tips = set(touch.name)
        contract.rates = {name: rate_of(heard[name]) for name in RATES}
        ears.destroy_node()
        return contract


def examine(body: Node) -> Contract:
    """Names, types and QoS of everything the body has."""
    contract = Contract()
    for name, types in body.get_publisher_names_and_types_by_node("body", "/robot1"):
        infos = [
            info
            for info in body.get_publishers_info_by_topic(name)
            if info.node_name == "body" and info.node_namespace == "/robot1"
        ]
        qos = infos[0].qos_profile
        contract.publishers[name] = (*types, qos.reliability.name, qos.durability.name)
    contract.subscribers = dict(body.get_subscriber_names_and_types_by_node("body", "/robot1"))
    contract.subscribers.pop("/clock", None)  # who has simulated time hears it
    contract.services = dict(body.get_service_names_and_types_by_node("body", "/robot1"))
    contract.actions = dict(get_action_names_and_types(body))
    return contract


def rate_of(messages: list[Any]) -> float:
    """Messages a second of their own stamps."""
    stamps = [from_time(message.header.stamp) for message in messages]
    return (len(stamps) - 1) / (stamps[-1] - stamps[0])


@pytest.mark.slow
def test_simulated_and_fake_hardware_keep_the_same_contract() -> None:
    # Two domains: the graph remembers bodies of contexts that are gone.
    domains = reserve_domain(), reserve_domain()
    simulation = observe(simulated, domains[0].number)
    fake = observe(faked, domains[1].number)
    for part in ("publishers", "subscribers", "services", "actions", "frames", "joints", "tips"):
        assert getattr(simulation, part) == getattr(fake, part), part
    for name, rate in RATES.items():
        # The fake runs on a busy wall clock and reads best effort; simulated time is exact.
        assert simulation.rates[name] == pytest.approx(rate, rel=0.1), name
        assert fake.rates[name] == pytest.approx(rate, rel=0.3), name
