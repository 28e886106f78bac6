"""A person steers an arm with MoveIt's servo messages: it follows, stops, and says why."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("rclpy", reason="needs ROS")

from control_msgs.msg import JointJog
from geometry_msgs.msg import PoseStamped, TwistStamped
from hearth_nodekit.testing import wait_until
from moveit_client import ELBOW, Client, fake_robot
from moveit_msgs.action import MoveGroup
from moveit_msgs.msg import Constraints, JointConstraint, MoveItErrorCodes, ServoStatus
from moveit_msgs.srv import ServoCommandType
from rclpy.node import Node
from std_srvs.srv import SetBool

KINDS = {TwistStamped: "delta_twist_cmds", JointJog: "delta_joint_cmds",
         PoseStamped: "pose_target_cmds"}  # fmt: skip


class Person:
    """Publishes commands at 50 Hz while somebody listens, and hears the status."""

    client: Client

    def prepare(self, node: Node) -> None:
        """Before the node spins."""
        self.heard: list[ServoStatus] = []
        self._publishers = {
            kind: node.create_publisher(kind, f"servo_node/{name}", 1)
            for kind, name in KINDS.items()
        }
        node.create_subscription(ServoStatus, "servo_node/status", self._on_status, 10)

    def _on_status(self, status: ServoStatus) -> None:
        self.heard.append(status)

    def steer(self, message: Any, until: Any, timeout: float = 30.0) -> bool:
        """Send again and again until something is true."""
        stop = threading.Event()

        def send() -> None:
            while not stop.wait(0.02):
                self._publishers[type(message)].publish(message)

        thread = threading.Thread(target=send, daemon=True)
        thread.start()
        try:
            return wait_until(until, timeout)
        finally:
            stop.set()
            thread.join()

    def switch(self, kind: int) -> None:
        request = ServoCommandType.Request(command_type=kind)
        name = "servo_node/switch_command_type"
        assert self.client.call(ServoCommandType, name, request).success

    def still(self) -> bool:
        """Wait until the arm is at rest (the robot's own clock runs on)."""
        at = [self.client.elbow(), self.client.hardware.now]

        def rests() -> bool:
            if self.client.hardware.now - at[1] < 0.3:
                return False
            before, at[0], at[1] = at[0], self.client.elbow(), self.client.hardware.now
            return abs(at[0] - before) < 1e-4

        return wait_until(rests)


@pytest.fixture(scope="module")
def person() -> Iterator[Person]:
    person = Person()
    with fake_robot(person.prepare) as person.client:
        yield person


def jog(value: float, name: str = ELBOW) -> JointJog:
    return JointJog(joint_names=[name], velocities=[value])


def test_an_arm_is_bent_lifted_and_brought_to_a_pose(person: Person) -> None:
    client = person.client
    person.switch(ServoCommandType.Request.JOINT_JOG)
    assert person.steer(jog(0.6), lambda: client.elbow() > 1.0)
    assert person.still()
    rest = client.elbow()
    assert 1.0 < rest < 1.6  # it stopped when nobody steered any more
    person.switch(ServoCommandType.Request.TWIST)
    begin = client.pose()
    twist = TwistStamped()
    twist.header.frame_id = "base_footprint"
    twist.twist.linear.z = 0.1
    assert person.steer(twist, lambda: client.pose().position.z > begin.position.z + 0.05)
    assert person.still()
    now = client.pose()
    assert abs(now.position.y - begin.position.y) < 0.03
    assert any(status.code == ServoStatus.NO_WARNING for status in person.heard)
    person.switch(ServoCommandType.Request.POSE)
    target = PoseStamped(pose=begin)
    target.header.frame_id = "odom"
    assert person.steer(target, lambda: abs(client.pose().position.z - begin.position.z) < 0.01)
    assert person.still()


def test_what_is_wrong_is_told_and_moves_nothing(person: Person) -> None:
    client = person.client
    person.switch(ServoCommandType.Request.JOINT_JOG)
    person.heard.clear()
    begin = client.elbow()
    assert person.steer(
        jog(0.5, "nose_joint"), lambda: any("nose" in s.message for s in person.heard)
    )
    assert {s.code for s in person.heard if "nose" in s.message} == {ServoStatus.INVALID}
    request = ServoCommandType.Request(command_type=9)
    answer = client.call(ServoCommandType, "servo_node/switch_command_type", request)
    assert not answer.success
    assert client.call(SetBool, "servo_node/pause_servo", SetBool.Request(data=True)).success
    now = client.hardware.now
    person.steer(jog(0.5), lambda: client.hardware.now > now + 0.5)
    assert client.elbow() == pytest.approx(begin, abs=0.02)
    assert client.call(SetBool, "servo_node/pause_servo", SetBool.Request(data=False)).success


def test_while_somebody_steers_nobody_else_moves_the_robot(person: Person) -> None:
    client = person.client
    person.switch(ServoCommandType.Request.JOINT_JOG)
    codes: list[int] = []

    def ask() -> bool:
        if not codes:
            _, result = client.act(MoveGroup, "move_action", move(client))
            codes.append(result.error_code.val)
        return True

    begin = client.elbow()
    assert person.steer(jog(-0.1), lambda: abs(client.elbow() - begin) > 0.02 and ask())
    assert codes == [MoveItErrorCodes.ABORT]


def move(client: Client) -> MoveGroup.Goal:
    joint = JointConstraint(
        joint_name=ELBOW, position=client.elbow(), tolerance_above=0.05, tolerance_below=0.05
    )
    goal = MoveGroup.Goal()
    goal.request.group_name = "left_arm"
    goal.request.goal_constraints = [Constraints(joint_constraints=[joint])]
    return goal
