"""Localisation and navigator over ROS: a flat world behind scan, odom and tf_static."""

import math
import threading
import time as wall
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="needs ROS")

from action_msgs.msg import GoalStatus
from builtin_interfaces.msg import Duration
from flat_world import BASE_FROM_LIDAR, REACH, FlatWorld, home, look, rasterize
from geometry_msgs.msg import PoseStamped, Twist
from hearth_core.geometry import Pose2, wrap_angle
from hearth_navigation.core import grid as grids
from hearth_navigation.localization_node import LocalizationNode
from hearth_navigation.messages import to_pose_stamped
from hearth_navigation.navigator_config import FOOTPRINT, parse_footprint
from hearth_navigation.navigator_node import NavigatorNode
from hearth_nodekit.actions import ActionCaller, Canceled
from hearth_nodekit.convert import pose2_to_pose, to_time, to_transform_stamped, to_twist
from hearth_nodekit.testing import Spinner, isolated_context, wait_until
from hearth_nodekit.topics import (
    AMCL_POSE,
    CMD_VEL_ASSISTED,
    CMD_VEL_NAV,
    CMD_VEL_TELEOP,
    MAP,
    ODOM,
    PLAN,
    SCAN,
    TF_STATIC,
)
from hearth_nodekit.transforms import TransformListener
from nav2_msgs.action import (
    AssistedTeleop,
    BackUp,
    ComputePathThroughPoses,
    ComputePathToPose,
    FollowPath,
    FollowWaypoints,
    NavigateToPose,
    Spin,
)
from nav_msgs.msg import Odometry
from rclpy.context import Context
from rclpy.node import Node
from rclpy.parameter import Parameter
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import LaserScan
from shapely.geometry import Point
from std_msgs.msg import Empty
from tf2_msgs.msg import TFMessage

SIM_TIME = Parameter("use_sim_time", value=True)
UNUSABLE = 9000
"""Error code of a message that cannot be used at all."""


class SimulatedRobot:
    """Publishes what a robot's drivers would, and steps time only when the nodes keep up."""

    def __init__(self, context: Context, map_file: Path) -> None:
        self.world = FlatWorld(home(0.9), Pose2(1.0, 3.0, 0.0), seed=1)
        self.command = (0.0, 0.0, 0.0)
        self.scanning = True
        self.epoch = 10.0
        """Reading of the clock when the world began [s]."""
        options = {"context": context, "namespace": "robot1"}
        self.localization = LocalizationNode(
            parameter_overrides=[SIM_TIME, Parameter("map", value=str(map_file))], **options
        )
        self.navigator = NavigatorNode(parameter_overrides=[SIM_TIME], **options)
        self.client = Node("client", parameter_overrides=[SIM_TIME], **options)
        self._clock = self.client.create_publisher(Clock, "/clock", 1)
        self._odom = ODOM.publisher(self.client)
        self._scan = SCAN.publisher(self.client)
        self._static = TF_STATIC.publisher(self.client)
        lidar = to_transform_stamped("base_footprint", "lidar_link", BASE_FROM_LIDAR.lift(), 0.0)
        self._static.publish(TFMessage(transforms=[lidar]))
        CMD_VEL_NAV.subscribe(self.client, self._on_command)
        CMD_VEL_ASSISTED.subscribe(self.client, self._on_command)
        self.steering: tuple[float, float, float] | None = None
        self._teleop = CMD_VEL_TELEOP.publisher(self.client)
        self.preempt = self.client.create_publisher(Empty, "preempt_teleop", 1)
        self._ticks = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._loop, daemon=True)

    def nodes(self) -> list[Node]:
        return [self.localization, self.navigator, self.client]

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        self._thread.join(5.0)
        self.navigator.close()
        self.localization.close()

    def _on_command(self, message: Twist) -> None:
        self.command = (message.linear.x, message.linear.y, message.angular.z)

    def _loop(self) -> None:
        while not self._stop.is_set():
            now = self.epoch + self.world.time
            stamp = to_time(now)
            odom = Odometry()
            odom.header.stamp = stamp
            odom.pose.pose = pose2_to_pose(self.world.odom)
            twist = odom.twist.twist
            twist.linear.x, twist.linear.y, twist.angular.z = self.world.velocity
            self._odom.publish(odom)
            if self.scanning and self._ticks % 2 == 0:
                beams, _ = look(self.world)
                scan = LaserScan(range_min=0.05, range_max=REACH)
                scan.header.frame_id, scan.header.stamp = "lidar_link", stamp
                scan.angle_min = float(beams.angles[0])
                scan.angle_increment = float(beams.angles[1] - beams.angles[0])
                scan.ranges = [float(value) for value in beams.ranges]
                self._scan.publish(scan)
            if self.steering is not None:
                self._teleop.publish(to_twist(*self.steering))
            cycles = self.navigator.control_cycles
            self._clock.publish(Clock(clock=stamp))
            deadline = wall.monotonic() + 1.0
            while self.navigator.control_cycles == cycles and wall.monotonic() < deadline:
                wall.sleep(0.002)
            # Plans are made in wall time: on a busy machine a faster world runs out of patience.
            wall.sleep(0.015)
            self.world.drive(self.command, 0.05)
            self._ticks += 1


@pytest.fixture(scope="module")
def robot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatedRobot]:
    map_file = tmp_path_factory.mktemp("map") / "map.yaml"
    grids.save(rasterize(home(0.9)), map_file)
    with isolated_context() as context:
        robot = SimulatedRobot(context, map_file)
        with Spinner(context, *robot.nodes()):
            robot.start()
            yield robot
            robot.close()


def navigate(robot: SimulatedRobot, goal: PoseStamped, **options: object) -> tuple[int, object]:
    caller = ActionCaller(robot.client, NavigateToPose, "navigate_to_pose")
    return caller.call(NavigateToPose.Goal(pose=goal), timeout=120.0, **options)


def test_localisation_answers_on_nav2s_topics(robot: SimulatedRobot) -> None:
    poses: list[object] = []
    maps: list[object] = []
    AMCL_POSE.subscribe(robot.client, poses.append)
    MAP.subscribe(robot.client, maps.append)
    listener = TransformListener(robot.client)
    assert wait_until(lambda: bool(poses) and bool(maps), 60.0)
    assert wait_until(lambda: listener.newest_stamp("odom") is not None, 60.0)
    found = poses[-1].pose.pose.position
    assert math.hypot(found.x - 1.0, found.y - 3.0) < 0.05
    assert maps[-1].info.resolution == pytest.approx(0.025)


def test_a_goal_is_reached_with_feedback_and_a_plan(robot: SimulatedRobot) -> None:
    feedback: list[object] = []
    plans: list[object] = []
    PLAN.subscribe(robot.client, plans.append)
    goal = Pose2(2.2, 3.6, 0.8)
    status, result = navigate(robot, to_pose_stamped(goal, 0.0), on_feedback=feedback.append)
    assert status == GoalStatus.STATUS_SUCCEEDED, result
    assert result.error_code == 0
    assert robot.world.pose.distance(goal) < 0.05
    remaining = [
        item.feedback.distance_remaining if hasattr(item, "feedback") else item.distance_remaining
        for item in feedback
    ]
    assert max(remaining) > 0.5
    assert wait_until(lambda: bool(plans))
    assert plans[-1].header.frame_id == "map"


def test_a_cancelled_goal_leaves_the_base_standing(robot: SimulatedRobot) -> None:
    began = wall.monotonic()
    with pytest.raises(Canceled):
        navigate(
            robot,
            to_pose_stamped(Pose2(3.0, 1.2, 0.0), 0.0),
            should_stop=lambda: wall.monotonic() - began > 1.5,
        )
    assert wait_until(lambda: math.hypot(*robot.world.velocity) < 1e-6, 5.0)


@pytest.mark.parametrize(
    ("pose", "code", "words"),
    [
        (Pose2(4.25, 4.5, 0.0), ComputePathToPose.Result.GOAL_OCCUPIED, "footprint"),
        (Pose2(40.0, 4.5, 0.0), ComputePathToPose.Result.GOAL_OUTSIDE_MAP, "outside the map"),
        (Pose2(math.nan, 4.5, 0.0), UNUSABLE, "not finite"),
    ],
)
def test_bad_goals_are_refused_with_a_sentence(
    robot: SimulatedRobot, pose: Pose2, code: int, words: str
) -> None:
    message = to_pose_stamped(Pose2(0.0, 0.0, pose.yaw), 0.0)
    message.pose.position.x, message.pose.position.y = pose.x, pose.y
    status, result = navigate(robot, message)
    assert status == GoalStatus.STATUS_ABORTED
    assert result.error_code == code
    assert words in result.error_msg


def test_a_goal_in_an_unknown_frame_is_refused(robot: SimulatedRobot) -> None:
    message = to_pose_stamped(Pose2(2.0, 3.0, 0.0), 0.0)
    message.header.frame_id = "kitchen_sink"
    status, result = navigate(robot, message)
    assert status == GoalStatus.STATUS_ABORTED
    assert result.error_code == UNUSABLE
    assert "kitchen_sink" in result.error_msg
    caller = ActionCaller(robot.client, ComputePathToPose, "compute_path_to_pose")
    status, result = caller.call(ComputePathToPose.Goal(goal=message), timeout=30.0)
    assert status == GoalStatus.STATUS_ABORTED
    assert result.error_code == ComputePathToPose.Result.TF_ERROR
    assert "kitchen_sink" in result.error_msg


def interrupted(robot: SimulatedRobot, goal: Pose2, interrupt: Callable[[], None]) -> object:
    """Result of driving to ``goal`` when something happens on the way."""
    start, done = robot.world.pose, threading.Event()

    def watch() -> bool:
        if not done.is_set() and robot.world.pose.distance(start) > 0.15:
            interrupt()
            done.set()
        return False

    status, result = navigate(robot, to_pose_stamped(goal, 0.0), should_stop=watch)
    assert done.is_set()
    assert status == GoalStatus.STATUS_ABORTED, result
    return result


def test_without_scans_the_base_stands_and_the_goal_ends_with_a_code(
    robot: SimulatedRobot,
) -> None:
    seen: list[Pose2] = []

    def cover() -> None:
        robot.scanning = False
        seen.append(robot.world.pose)

    try:
        result = interrupted(robot, far_from(robot), cover)
    finally:
        robot.scanning = True
    assert result.error_code == FollowPath.Result.TF_ERROR
    assert "no fresh scan" in result.error_msg
    assert math.hypot(*robot.world.velocity) < 1e-6
    # Half a second on the last scan, then braking.
    assert robot.world.pose.distance(seen[0]) < 0.5


def test_a_clock_that_jumps_back_ends_the_goal_and_the_next_one_is_reached(
    robot: SimulatedRobot,
) -> None:
    def jump() -> None:
        robot.epoch -= 8.0

    result = interrupted(robot, far_from(robot), jump)
    assert result.error_code == FollowPath.Result.TF_ERROR
    assert "clock jumped back" in result.error_msg
    assert wait_until(lambda: math.hypot(*robot.world.velocity) < 1e-6, 30.0)
    goal = Pose2(1.6, 3.2, 0.0)
    status, result = navigate(robot, to_pose_stamped(goal, 0.0))
    assert status == GoalStatus.STATUS_SUCCEEDED, result
    assert robot.world.pose.distance(goal) < 0.05


def far_from(robot: SimulatedRobot) -> Pose2:
    """A goal that is more than a metre away."""
    goals = [Pose2(3.0, 1.2, 0.0), Pose2(1.6, 3.2, 0.0)]
    return max(goals, key=robot.world.pose.distance)


def test_a_path_is_computed_without_driving(robot: SimulatedRobot) -> None:
    caller = ActionCaller(robot.client, ComputePathToPose, "compute_path_to_pose")
    goal = ComputePathToPose.Goal(goal=to_pose_stamped(Pose2(6.7, 4.0, 0.0), 0.0))
    status, result = caller.call(goal, timeout=30.0)
    assert status == GoalStatus.STATUS_SUCCEEDED
    assert len(result.path.poses) > 50
    assert math.hypot(*robot.world.velocity) < 1e-6
    outside = ComputePathToPose.Goal(goal=to_pose_stamped(Pose2(60.0, 4.0, 0.0), 0.0))
    status, result = caller.call(outside, timeout=30.0)
    assert status == GoalStatus.STATUS_ABORTED
    assert result.error_code == ComputePathToPose.Result.GOAL_OUTSIDE_MAP


def test_a_spin_turns_the_base_and_says_how_far(robot: SimulatedRobot) -> None:
    before = robot.world.pose
    caller = ActionCaller(robot.client, Spin, "spin")
    status, result = caller.call(Spin.Goal(target_yaw=0.8), timeout=60.0)
    assert status == GoalStatus.STATUS_SUCCEEDED, result
    assert wrap_angle(robot.world.pose.yaw - before.yaw) == pytest.approx(0.8, abs=0.1)
    assert robot.world.pose.distance(before) < 0.05


def test_a_backup_with_a_sideways_target_is_refused(robot: SimulatedRobot) -> None:
    before = robot.world.pose
    goal = BackUp.Goal(speed=0.1)
    goal.target.x, goal.target.y = 0.3, 0.2
    status, result = ActionCaller(robot.client, BackUp, "backup").call(goal, timeout=30.0)
    assert status == GoalStatus.STATUS_ABORTED
    assert result.error_code == BackUp.Result.INVALID_INPUT
    assert "straight" in result.error_msg
    assert robot.world.pose.distance(before) < 1e-3


def test_a_path_through_poses_passes_them(robot: SimulatedRobot) -> None:
    caller = ActionCaller(robot.client, ComputePathThroughPoses, "compute_path_through_poses")
    poses = [Pose2(2.2, 3.6, 0.0), Pose2(3.0, 1.2, 0.0)]
    goal = ComputePathThroughPoses.Goal(goals=[to_pose_stamped(pose, 0.0) for pose in poses])
    status, result = caller.call(goal, timeout=60.0)
    assert status == GoalStatus.STATUS_SUCCEEDED, result
    for pose in poses:
        away = [
            math.hypot(item.pose.position.x - pose.x, item.pose.position.y - pose.y)
            for item in result.path.poses
        ]
        assert min(away) < 0.02
    status, result = caller.call(ComputePathThroughPoses.Goal(), timeout=30.0)
    assert result.error_code == ComputePathThroughPoses.Result.NO_VIAPOINTS_GIVEN


def test_waypoints_are_visited_and_what_cannot_be_reached_is_named(robot: SimulatedRobot) -> None:
    poses = [Pose2(4.25, 4.5, 0.0), Pose2(1.6, 3.2, 0.0)]  # the first lies in a wall
    goal = FollowWaypoints.Goal(poses=[to_pose_stamped(pose, 0.0) for pose in poses])
    caller = ActionCaller(robot.client, FollowWaypoints, "follow_waypoints")
    status, result = caller.call(goal, timeout=120.0)
    assert status == GoalStatus.STATUS_SUCCEEDED, result
    missed = [(item.index, item.error_code) for item in result.missed_waypoints]
    assert [index for index, _ in missed] == [0], missed
    assert robot.world.pose.distance(poses[1]) < 0.06


def test_assisted_teleop_stops_before_walls_and_ends_when_told(robot: SimulatedRobot) -> None:
    began, start = robot.world.time, robot.world.pose
    robot.steering = (0.15, 0.0, 0.0)

    def watch() -> bool:
        if robot.world.time - began > 25.0:
            robot.preempt.publish(Empty())
        return False

    caller = ActionCaller(robot.client, AssistedTeleop, "assisted_teleop")
    status, result = caller.call(AssistedTeleop.Goal(), timeout=90.0, should_stop=watch)
    robot.steering = None
    assert status == GoalStatus.STATUS_SUCCEEDED, result
    assert robot.world.pose.distance(start) > 0.2
    assert math.hypot(*robot.world.velocity) < 0.05
    beams, _ = look(robot.world)
    outline = parse_footprint(FOOTPRINT).polygon.buffer(-0.03)  # three deviations of a range
    assert min(outline.distance(Point(x, y)) for x, y in beams.points) > 0.0


def test_assisted_teleop_ends_with_nav2s_code_when_the_time_is_over(robot: SimulatedRobot) -> None:
    caller = ActionCaller(robot.client, AssistedTeleop, "assisted_teleop")
    goal = AssistedTeleop.Goal(time_allowance=Duration(sec=1))
    status, result = caller.call(goal, timeout=60.0)
    assert status == GoalStatus.STATUS_ABORTED
    assert result.error_code == AssistedTeleop.Result.TIMEOUT
