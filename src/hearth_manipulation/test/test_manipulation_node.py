"""The node alone on its domain: it is ready soon, refuses by name, and says what is missing."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

pytest.importorskip("rclpy", reason="needs ROS")

from hearth_core.geometry import Pose2
from hearth_core.outcome import Code
from hearth_description.core.model import find_model
from hearth_manipulation.core.ports import Stopped
from hearth_manipulation.manipulation_node import make_node
from hearth_nodekit.actions import ActionCaller
from hearth_nodekit.testing import Spinner, isolated_context, wait_until
from hearth_nodekit.topics import CARRYING, JOINT_STATES
from rclpy.node import Node
from rclpy.parameter import Parameter
from sensor_msgs.msg import JointState

from hearth_interfaces.action import MoveTo, OpenArticulated, PickObject
from hearth_manipulation import ros_body

HOME = str(find_model().parents[1] / "config" / "homes" / "apartment.yaml")


@pytest.fixture(scope="module")
def asker() -> Iterator[tuple[Node, list[str]]]:
    with isolated_context() as context:
        node = make_node(
            namespace="/robot1",
            context=context,
            parameter_overrides=[Parameter("home", value=HOME)],
        )
        asker = Node("asker", namespace="/robot1", context=context)
        carrying: list[str] = []
        CARRYING.subscribe(asker, lambda message: carrying.append(message.data))
        with Spinner(context, node, asker):
            yield asker, carrying
        node.close()
        node.destroy_node()
        asker.destroy_node()


def ask(node: Node, kind: Any, name: str, goal: Any) -> Any:
    _, result = ActionCaller(node, kind, name).call(goal, timeout=20.0)
    return result.outcome


def test_it_says_that_it_carries_nothing(asker: tuple[Node, list[str]]) -> None:
    assert wait_until(lambda: asker[1] == [""])


def test_an_unknown_group_is_refused_with_the_choices(asker: tuple[Node, list[str]]) -> None:
    outcome = ask(asker[0], MoveTo, "move_to", MoveTo.Goal(group="tail", posture="home"))
    assert outcome.code == Code.REFUSED
    assert outcome.reason == "unknown_group"
    assert "left_arm" in outcome.message


def test_an_unknown_place_is_refused(asker: tuple[Node, list[str]]) -> None:
    goal = OpenArticulated.Goal(name="stargate")
    outcome = ask(asker[0], OpenArticulated, "open_articulated", goal)
    assert (outcome.code, outcome.reason) == (Code.REFUSED, "unknown_place")


def test_without_perception_nothing_is_picked(asker: tuple[Node, list[str]]) -> None:
    goal = PickObject.Goal(label="milk_carton", place="refrigerator")
    outcome = ask(asker[0], PickObject, "pick_object", goal)
    assert (outcome.code, outcome.reason) == (Code.REFUSED, "unknown_object")


def test_a_skill_asked_for_before_its_sensors_are_discovered_waits_for_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ros_body, "LATE", 0.0)
    with isolated_context() as context:
        node = Node("early", namespace="/robot1", context=context)
        body = ros_body.RosBody(node, Pose2(0.0, 0.0, 0.0))
        asked = False

        def should_stop() -> bool:
            nonlocal asked
            asked = True
            return False

        body.should_stop = should_stop
        with Spinner(context, node), ThreadPoolExecutor() as threads:
            waiting = threads.submit(body.joints)
            assert wait_until(lambda: asked)
            joints = JOINT_STATES.publisher(node)

            def told() -> bool:
                message = JointState(name=["elbow"], position=[0.5])
                message.header.stamp = node.get_clock().now().to_msg()
                joints.publish(message)
                return waiting.done()

            assert wait_until(told)
            assert waiting.result() == {"elbow": 0.5}
            waiting = threads.submit(body.base)
            body.should_stop = lambda: True
            with pytest.raises(Stopped):
                waiting.result()
        node.destroy_node()
