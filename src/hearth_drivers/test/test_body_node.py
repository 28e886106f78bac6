"""The body on the fake robot: contract, commands, actions, stops; one process, own domain."""

import math
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("rclpy", reason="needs ROS")

from action_msgs.msg import GoalStatus
from builtin_interfaces.msg import Duration
from control_msgs.action import FollowJointTrajectory, GripperCommand
from control_msgs.msg import JointTolerance
from geometry_msgs.msg import Twist
from hearth_core.frames import GROUPS
from hearth_drivers.body_node import BodyNode
from hearth_drivers.fakes import FakeRobot
from hearth_nodekit.actions import ActionCaller, Canceled, ServiceCaller
from hearth_nodekit.convert import from_image
from hearth_nodekit.testing import Spinner, isolated_context, wait_until
from hearth_nodekit.topics import (
    CMD_VEL_NAV,
    JOINT_STATES,
    ODOM,
    SCAN,
    TF,
    TOUCH,
    camera_color,
    camera_depth,
    camera_info,
)
from nav_msgs.msg import Odometry
from rclpy.action import get_action_names_and_types
from rclpy.context import Context
from rclpy.node import Node
from rclpy.qos import ReliabilityPolicy
from sensor_msgs.msg import CameraInfo, Image, JointState
from std_srvs.srv import SetBool
from tf2_msgs.msg import TFMessage
from trajectory_msgs.msg import JointTrajectoryPoint

HEAD = GROUPS["head"]


class Robot:
    """A body in a namespace, its fake hardware running ten times as fast as the wall clock."""

    def __init__(self, context: Context, namespace: str) -> None:
        self.hardware = FakeRobot(1000.0)
        self.node = BodyNode(self.hardware, context=context, namespace=namespace)
        self.client = Node("client", context=context, namespace=namespace)
        self.odometry: list[Odometry] = []
        ODOM.subscribe(self.client, self.odometry.append)

    def caller(self, group: str) -> ActionCaller:
        return ActionCaller(
            self.client,
            FollowJointTrajectory,
            f"{group}_controller/follow_joint_trajectory",
        )

    def drive(self, seconds: float, vx: float) -> None:
        """Publish a command at 20 Hz of wall time for ``seconds``."""
        publisher = CMD_VEL_NAV.publisher(self.client)
        message = Twist()
        message.linear.x = vx
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            publisher.publish(message)
            time.sleep(0.02)

    def close(self) -> None:
        self.node.close()
        self.node.destroy_node()
        self.client.destroy_node()


@pytest.fixture
def context() -> Iterator[Context]:
    with isolated_context() as context:
        yield context


@pytest.fixture
def robot(context: Context) -> Iterator[Robot]:
    robot = Robot(context, "/robot1")
    with Spinner(context, robot.node, robot.client):
        robot.hardware.run(speed=3.0)
        yield robot
        robot.node.close()
    robot.close()


def head_goal(*pans: float, seconds: float = 1.0, names: tuple[str, ...] = HEAD) -> Any:
    goal = FollowJointTrajectory.Goal()
    goal.trajectory.joint_names = list(names)
    for index, pan in enumerate(pans):
        time_from_start = Duration(sec=int(seconds * (index + 1)))
        goal.trajectory.points.append(
            JointTrajectoryPoint(positions=[pan, 0.1], time_from_start=time_from_start)
        )
    return goal


def test_contract_of_names_types_and_qos(robot: Robot) -> None:
    expected = {
        "odom": "nav_msgs/msg/Odometry",
        "tf": "tf2_msgs/msg/TFMessage",
        "scan": "sensor_msgs/msg/LaserScan",
        "imu/data": "sensor_msgs/msg/Imu",
        "battery_state": "sensor_msgs/msg/BatteryState",
        "joint_states": "sensor_msgs/msg/JointState",
        "touch": "sensor_msgs/msg/JointState",
        "cmd_vel": "geometry_msgs/msg/Twist",
        "head_camera/color/image_raw": "sensor_msgs/msg/Image",
        "head_camera/color/camera_info": "sensor_msgs/msg/CameraInfo",
        "head_camera/depth/image_raw": "sensor_msgs/msg/Image",
        "head_camera/depth/camera_info": "sensor_msgs/msg/CameraInfo",
        "left_wrist_camera/color/image_raw": "sensor_msgs/msg/Image",
        "right_wrist_camera/color/image_raw": "sensor_msgs/msg/Image",
        "diagnostics": "diagnostic_msgs/msg/DiagnosticArray",
        "emergency_stopped": "std_msgs/msg/Bool",
    }
    published = dict(robot.node.get_publisher_names_and_types_by_node("body", "/robot1"))
    for name, kind in expected.items():
        assert published[f"/robot1/{name}"] == [kind]
        (info,) = robot.node.get_publishers_info_by_topic(f"/robot1/{name}")
        assert info.qos_profile.reliability is ReliabilityPolicy.RELIABLE
    read = {
        name.removeprefix("/robot1/")
        for name, _ in robot.node.get_subscriber_names_and_types_by_node("body", "/robot1")
        if name.startswith("/robot1/")
    }
    steered = {f"{group}_controller/joint_trajectory" for group in GROUPS}
    commands = {"cmd_vel_nav", "cmd_vel_manipulation", "cmd_vel_teleop", "stop_request"}
    assert read == commands | steered
    assert not [
        name for name in published if not name.startswith(("/robot1/", "/rosout", "/param"))
    ]
    actions = dict(get_action_names_and_types(robot.node))
    wanted = {f"/robot1/{group}_controller/follow_joint_trajectory" for group in GROUPS}
    wanted |= {f"/robot1/{side}_hand_controller/gripper_cmd" for side in ("left", "right")}
    assert wanted == set(actions)


def test_frames_joints_and_scan(robot: Robot) -> None:
    joints: list[JointState] = []
    touches: list[JointState] = []
    transforms: list[TFMessage] = []
    scans: list[Any] = []
    JOINT_STATES.subscribe(robot.client, joints.append)
    TOUCH.subscribe(robot.client, touches.append)
    TF.subscribe(robot.client, transforms.append)
    SCAN.subscribe(robot.client, scans.append)
    assert wait_until(lambda: bool(joints and touches and transforms and scans and robot.odometry))
    assert set(joints[0].name) > {name for group in GROUPS.values() for name in group}
    assert "left_index_distal_joint" in joints[0].name
    assert len(joints[0].position) == len(joints[0].velocity) == len(joints[0].name)
    assert len(touches[0].name) == len(touches[0].effort) == 10
    link = transforms[0].transforms[0]
    assert (link.header.frame_id, link.child_frame_id) == ("odom", "base_footprint")
    assert (robot.odometry[0].header.frame_id, robot.odometry[0].child_frame_id) == (
        "odom",
        "base_footprint",
    )
    assert robot.odometry[0].header.stamp.sec >= 1000  # the hardware's clock, not the wall's
    assert scans[0].header.frame_id == "lidar_link"
    assert len(scans[0].ranges) == 360
    assert scans[0].ranges[180] == pytest.approx(5.0, abs=0.01)


def test_commands_move_the_base_and_expire(robot: Robot) -> None:
    robot.drive(1.0, 0.5)
    assert wait_until(lambda: robot.hardware.base.commanded == (0.0, 0.0, 0.0))
    assert wait_until(lambda: abs(robot.odometry[-1].twist.twist.linear.x) < 1e-9)
    assert robot.odometry[-1].pose.pose.position.x > 0.5
    assert robot.odometry[-1].pose.covariance[0] > robot.odometry[0].pose.covariance[0]


def test_a_trajectory_reaches_its_goal_with_feedback(robot: Robot) -> None:
    feedback: list[Any] = []
    status, result = robot.caller("head").call(
        head_goal(0.4, -0.2), timeout=30.0, on_feedback=feedback.append
    )
    assert status == GoalStatus.STATUS_SUCCEEDED
    assert result.error_code == FollowJointTrajectory.Result.SUCCESSFUL
    assert robot.hardware.groups["head"].read().position[0] == pytest.approx(-0.2, abs=0.03)
    assert feedback
    assert list(feedback[0].joint_names) == list(HEAD)


def test_cancel_holds_before_the_goal(robot: Robot) -> None:
    began = threading.Event()
    with pytest.raises(Canceled):
        robot.caller("head").call(
            head_goal(0.9, seconds=9.0),
            timeout=60.0,
            on_feedback=lambda _: began.set(),
            should_stop=began.is_set,
        )
    position = robot.hardware.groups["head"].target[0]
    assert position < 0.8
    now = robot.hardware.now
    assert wait_until(lambda: robot.hardware.now > now + 0.5)
    assert robot.hardware.groups["head"].target[0] == position


@pytest.mark.parametrize(
    ("goal", "code", "words"),
    [
        (head_goal(0.1, names=("head_pan_joint", "nose")), -2, "'nose'"),
        (head_goal(math.nan), -1, "not finite"),
        (head_goal(5.0), -1, "outside its limits"),
        (head_goal(), -1, "no points"),
    ],
)
def test_bad_goals_are_refused_with_a_sentence(
    robot: Robot, goal: Any, code: int, words: str
) -> None:
    status, result = robot.caller("head").call(goal, timeout=10.0)
    assert status == GoalStatus.STATUS_ABORTED
    assert result.error_code == code
    assert words in result.error_string
    assert not robot.hardware.groups["head"].target.any()


def test_joints_that_do_not_follow_end_the_motion(robot: Robot) -> None:
    robot.hardware.groups["head"].frozen = True
    goal = head_goal(0.9)
    goal.path_tolerance = [JointTolerance(name=HEAD[0], position=0.1)]
    _, result = robot.caller("head").call(goal, timeout=10.0)
    assert result.error_code == FollowJointTrajectory.Result.PATH_TOLERANCE_VIOLATED


def test_the_hand_closes_on_a_thing(robot: Robot) -> None:
    joints = robot.hardware.groups["left_hand"]
    joints.blocked = {name: 0.6 for name in joints.names if "flexion" in name}
    caller = ActionCaller(robot.client, GripperCommand, "left_hand_controller/gripper_cmd")
    goal = GripperCommand.Goal()
    goal.command.position, goal.command.max_effort = 0.0, 4.0
    _, result = caller.call(goal, timeout=30.0)
    assert result.stalled
    assert not result.reached_goal
    assert result.position == pytest.approx(1.0 - 0.6 / (0.83 * 1.5), abs=0.02)
    assert result.effort > 0.0


def test_the_emergency_stop_ends_motions_and_refuses_new_ones(robot: Robot) -> None:
    stop = ServiceCaller(robot.client, SetBool, "emergency_stop")
    answers: list[Any] = []
    caller = robot.caller("head")

    def move() -> None:
        answers.append(caller.call(head_goal(0.9, seconds=9.0), timeout=60.0))

    thread = threading.Thread(target=move)
    thread.start()
    assert wait_until(lambda: bool(robot.hardware.groups["head"].target.any()))
    assert stop.call(SetBool.Request(data=True)).success
    thread.join(10.0)
    assert "emergency stop" in answers[0][1].error_string
    _, refused = caller.call(head_goal(0.9), timeout=10.0)
    assert "release it first" in refused.error_string
    robot.drive(0.3, 0.5)
    assert robot.hardware.base.commanded == (0.0, 0.0, 0.0)
    stop.call(SetBool.Request(data=False))
    status, _ = caller.call(head_goal(0.2), timeout=30.0)
    assert status == GoalStatus.STATUS_SUCCEEDED


def test_cameras_work_only_while_somebody_looks(robot: Robot) -> None:
    camera = robot.hardware.cameras["head_camera"]
    infos: list[CameraInfo] = []
    camera_info("head_camera").subscribe(robot.client, infos.append)
    assert wait_until(lambda: bool(infos))
    assert camera.wanted[:2] == (False, False)
    colors: list[Image] = []
    depths: list[Image] = []
    reader = camera_color("head_camera").subscribe(robot.client, colors.append)
    camera_depth("head_camera").subscribe(robot.client, depths.append)
    assert wait_until(lambda: bool(colors and depths))
    assert from_image(colors[0], "rgb8").shape == (48, 64, 3)
    assert from_image(depths[0], "32FC1")[0, 0] == 2.0
    assert colors[0].header.frame_id == "head_camera_color_optical_frame"
    robot.client.destroy_subscription(reader)
    assert wait_until(lambda: camera.wanted[:2] == (False, True))


def test_closing_stops_the_base_and_holds_the_joints(robot: Robot) -> None:
    robot.drive(0.3, 0.5)
    robot.node.close()
    assert robot.hardware.closed
    assert robot.hardware.base.commanded == (0.0, 0.0, 0.0)


def test_two_robots_in_one_process_do_not_hear_each_other(context: Context) -> None:
    one, two = Robot(context, "/robot1"), Robot(context, "/robot2")
    with Spinner(context, one.node, one.client, two.node, two.client):
        one.hardware.run(speed=3.0)
        two.hardware.run(speed=3.0)
        assert wait_until(lambda: bool(one.odometry and two.odometry))
        one.drive(0.7, 0.5)
        status, _ = two.caller("head").call(head_goal(0.3), timeout=30.0)
        assert status == GoalStatus.STATUS_SUCCEEDED
        assert wait_until(lambda: one.odometry[-1].pose.pose.position.x > 0.2)
        assert two.odometry[-1].pose.pose.position.x == 0.0
        assert not one.hardware.groups["head"].target.any()
        one.node.close()
        two.node.close()
    one.close()
    two.close()
