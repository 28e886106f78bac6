"""The node against a fake robot in the apartment: services, actions, topics, errors."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS")
pytest.importorskip("hearth_sim", reason="views come from the simulated apartment")

from apartment import HOMES, Studio
from fake_robot import FakeRobot
from hearth_core.errors import BadInputError
from hearth_core.geometry import Pose2
from hearth_core.home.model import JointKind
from hearth_core.outcome import Code
from hearth_nodekit.actions import ActionCaller, ServiceCaller
from hearth_nodekit.convert import from_pose
from hearth_nodekit.testing import Spinner, isolated_context, wait_until
from hearth_nodekit.topics import FELT_ARTICULATION, OBJECTS
from hearth_perception.felt_topic import from_message
from hearth_perception.perception_node import PerceptionNode
from rclpy.node import Node
from rclpy.parameter import Parameter

from hearth_interfaces.action import FindObject, LookAt
from hearth_interfaces.msg import FeltArticulation
from hearth_interfaces.srv import FindObjects, GetArticulation


def make_studio() -> Studio:
    studio = Studio(seed=3)
    place = studio.home.place("refrigerator")
    studio.stand(place.pose @ Pose2(place.size[0] / 2 + 0.85, 0.0, math.pi))
    return studio


class Setup:
    def __init__(self, context: Any) -> None:
        self.robot = FakeRobot(context, make_studio)
        home = Parameter("home", value=str(HOMES / "apartment.yaml"))
        self.node = PerceptionNode(
            namespace="/robot1", context=context, parameter_overrides=[home]
        )
        self.client = Node("client", namespace="/robot1", context=context)
        self.objects: list[Any] = []
        OBJECTS.subscribe(self.client, self._on_objects)
        self.look_at = ActionCaller(self.client, LookAt, "look_at")
        self.find = ActionCaller(self.client, FindObject, "find_object")
        self.door = ServiceCaller(self.client, GetArticulation, "get_articulation")
        self.felt = FELT_ARTICULATION.publisher(self.client)
        self.where = ServiceCaller(self.client, FindObjects, "find_objects")

    def _on_objects(self, message: Any) -> None:
        self.objects.append(message)


@pytest.fixture(scope="module")
def setup() -> Iterator[Setup]:
    with isolated_context() as context:
        made = Setup(context)
        with Spinner(context, made.robot, made.node, made.client):
            assert made.robot.ready.wait(30.0)
            assert wait_until(lambda: made.node._watcher.model is not None)
            yield made
            made.robot.close()
            made.node.close()


def test_camera_is_read_only_while_somebody_asks(setup: Setup) -> None:
    assert not setup.robot.watched
    _, result = setup.look_at.call(LookAt.Goal(place="refrigerator"), timeout=20.0)
    assert result.outcome.code == Code.SUCCEEDED, result.outcome.message
    assert wait_until(lambda: not setup.robot.watched, timeout=10.0)


def test_reads_a_closed_door_and_its_handle(setup: Setup) -> None:
    studio = setup.robot.studio
    assert studio is not None
    response = setup.door.call(GetArticulation.Request(name="fridge"), timeout=20.0)
    assert response.outcome.code == Code.SUCCEEDED, response.outcome.message
    assert response.opening == 0.0
    place = studio.home.place("refrigerator")
    handle = place.joint("door").handle
    assert handle is not None
    truth = studio.place_pose("refrigerator").lift().apply(np.array(handle.centre))
    seen = from_pose(response.handle)
    assert np.linalg.norm(seen.translation - truth) < 0.015
    assert seen.rotation[2, 2] > 0.99


def test_a_door_that_the_arm_moved_unseen_stands_where_the_arm_left_it(setup: Setup) -> None:
    """It was seen closed before; the camera looks elsewhere while it is opened."""
    studio, robot = setup.robot.studio, setup.robot
    assert studio is not None
    memory = setup.node._watcher.perceiver
    robot.head["head_pan_joint"] = 1.5
    studio.set_door("refrigerator/door", 1.2)
    message = FeltArticulation(place="refrigerator", part="door", kind="hinged")
    message.header.frame_id = "map"
    message.header.stamp = setup.client.get_clock().now().to_msg()
    message.axis.z, message.opening, message.opening_sigma = 1.0, 1.2, 0.04
    setup.felt.publish(message)
    assert wait_until(lambda: ("refrigerator", "door") in memory.felt)
    response = setup.door.call(GetArticulation.Request(name="fridge"), timeout=30.0)
    assert response.outcome.code == Code.SUCCEEDED, response.outcome.message
    assert not response.seen
    assert abs(response.opening - 1.2) < 1e-6
    assert 0.5 < response.confidence < 0.95
    door = memory.door("refrigerator", "door")
    truth = replace(door, pose=studio.place_pose("refrigerator")).nominal_handle(1.2)
    assert truth is not None
    assert np.linalg.norm(from_pose(response.handle).translation - truth.translation) < 0.03
    # Of another kind, or with numbers that are none, it is not believed.
    message.kind = "sliding"
    with pytest.raises(BadInputError, match=r"refrigerator/door: felt as 'sliding'.*'hinged'"):
        from_message(message, JointKind.HINGED)
    message.kind, message.opening = "hinged", math.nan
    with pytest.raises(BadInputError, match="finite"):
        from_message(message, JointKind.HINGED)
    robot.head["head_pan_joint"] = 0.0


def test_finds_the_milk_behind_the_open_door(setup: Setup) -> None:
    studio = setup.robot.studio
    assert studio is not None
    studio.set_door("refrigerator/door", 1.7)
    goal = FindObject.Goal(label="the milk", places=["refrigerator"])
    _, result = setup.find.call(goal, timeout=40.0)
    assert result.outcome.code == Code.SUCCEEDED, result.outcome.message
    assert result.object.label == "milk_carton"
    assert result.object.place.startswith("refrigerator/shelf_")
    truth = studio.thing_pose("milk_carton_1").translation
    seen = from_pose(result.object.pose.pose).translation
    assert np.linalg.norm(seen - truth) < 0.03
    assert wait_until(
        lambda: any(o.label == "milk_carton" for m in setup.objects for o in m.objects)
    )
    response = setup.where.call(FindObjects.Request(label="milk"), timeout=10.0)
    assert response.candidates.objects[0].id == result.object.id


def test_what_is_not_there_is_not_found(setup: Setup) -> None:
    goal = FindObject.Goal(label="remote_control", places=["refrigerator"])
    _, result = setup.find.call(goal, timeout=60.0)
    assert result.outcome.code == Code.FAILED
    assert result.outcome.reason == "not_found"
    assert list(result.searched) == ["refrigerator"]


def test_unknown_names_are_refused_with_the_choices(setup: Setup) -> None:
    response = setup.door.call(GetArticulation.Request(name="sofa"), timeout=10.0)
    assert response.outcome.code == Code.REFUSED
    assert "refrigerator" in response.outcome.message
    _, result = setup.find.call(FindObject.Goal(label="unicorn"), timeout=10.0)
    assert result.outcome.code == Code.REFUSED
    assert "milk_carton" in result.outcome.message


def test_mismatched_camera_info_is_named(setup: Setup) -> None:
    setup.robot.wrong_info = True
    try:
        goal = LookAt.Goal(place="refrigerator")
        _, result = setup.look_at.call(goal, timeout=30.0)
    finally:
        setup.robot.wrong_info = False
    assert result.outcome.code == Code.FAILED
    assert "head_camera" in result.outcome.message
    assert "camera info" in result.outcome.message


def test_a_missing_transform_is_named(setup: Setup) -> None:
    setup.robot.send_transforms = False
    try:
        request = GetArticulation.Request(name="refrigerator")
        response = setup.door.call(request, timeout=30.0)
    finally:
        setup.robot.send_transforms = True
    assert response.outcome.code == Code.FAILED
    assert "no pose of 'head_camera_color_optical_frame' in 'map'" in response.outcome.message


def test_a_frozen_camera_is_reported_and_not_believed(setup: Setup) -> None:
    def says_frozen() -> bool:
        return "same picture" in setup.node._health().message

    with setup.node._watcher.watching():
        assert wait_until(lambda: setup.robot.watched, timeout=20.0)
        assert not says_frozen()
        setup.robot.frozen = True
        assert wait_until(says_frozen, timeout=30.0)
        setup.robot.frozen = False
        assert wait_until(lambda: not says_frozen(), timeout=30.0)
