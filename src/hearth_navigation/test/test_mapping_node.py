"""Mapping over ROS: a map grows, is stored, and gone on with; nonsense is refused."""

import math
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="needs ROS")

from flat_world import BASE_FROM_LIDAR, REACH, FlatWorld, home, look
from hearth_core.errors import FileFormatError
from hearth_core.geometry import Pose2
from hearth_navigation.core.footprint import Footprint
from hearth_navigation.mapping_node import MappingNode
from hearth_navigation.messages import from_footprint
from hearth_navigation.sensors import scan_problem
from hearth_nodekit.actions import ActionCaller
from hearth_nodekit.convert import pose2_to_pose, to_time, to_transform_stamped
from hearth_nodekit.testing import Spinner, isolated_context, wait_until
from hearth_nodekit.topics import FOOTPRINT, MAP, ODOM, SCAN, TF_STATIC
from nav2_msgs.srv import SaveMap
from nav_msgs.msg import Odometry
from rclpy.context import Context
from rclpy.node import Node
from rclpy.parameter import Parameter
from sensor_msgs.msg import LaserScan
from tf2_msgs.msg import TFMessage

from hearth_interfaces.action import Explore
from hearth_interfaces.msg import Outcome


def to_scan(world: FlatWorld, now: float) -> LaserScan:
    beams, _ = look(world)
    scan = LaserScan(range_min=0.05, range_max=REACH)
    scan.header.frame_id, scan.header.stamp = "lidar_link", to_time(now)
    scan.angle_min = float(beams.angles[0])
    scan.angle_increment = float(beams.angles[1] - beams.angles[0])
    scan.ranges = [float(value) for value in beams.ranges]
    return scan


class Robot:
    """A mapping node and what feeds it, one scan at a time."""

    def __init__(self, context: Context, start: Pose2, **parameters: object) -> None:
        options = {"context": context, "namespace": "robot1"}
        given = [Parameter(name, value=value) for name, value in parameters.items()]
        self.mapping = MappingNode(parameter_overrides=given, **options)
        self.client = Node("client", **options)
        self.world = FlatWorld(home(0.9), start, seed=4)
        self.maps: list[object] = []
        self._odom, self._scan = ODOM.publisher(self.client), SCAN.publisher(self.client)
        self._static = TF_STATIC.publisher(self.client)
        self.outline = FOOTPRINT.publisher(self.client)
        MAP.subscribe(self.client, self.maps.append)
        self.explore = ActionCaller(self.client, Explore, "explore")
        self.save = self.client.create_client(SaveMap, "save_map")
        lidar = to_transform_stamped("base_footprint", "lidar_link", BASE_FROM_LIDAR.lift(), 0.0)
        self._static.publish(TFMessage(transforms=[lidar]))

    def keyframes(self) -> int:
        return int(self.mapping._health().values["keyframes"])

    def feed(self) -> None:
        now = 10.0 + self.world.time
        odom = Odometry()
        odom.header.stamp = to_time(now)
        odom.pose.pose = pose2_to_pose(self.world.odom)
        self._odom.publish(odom)
        self._scan.publish(to_scan(self.world, now))

    def drive_until(self, keyframes: int) -> bool:
        """Move on and look, until the map has so many keyframes."""

        def step() -> bool:
            if self.keyframes() >= keyframes:
                return True
            self.world.drive((0.25, 0.0, 0.2), 0.05)
            self.feed()
            return False

        return wait_until(step, 180.0)

    def store(self, path: Path) -> bool:
        future = self.save.call_async(SaveMap.Request(map_url=str(path)))
        assert wait_until(future.done, 180.0)
        return bool(future.result().result)


@pytest.fixture
def context() -> Iterator[Context]:
    with isolated_context() as context:
        yield context


def test_a_map_is_built_stored_and_gone_on_with(context: Context, tmp_path: Path) -> None:
    path = tmp_path / "map.yaml"
    robot = Robot(context, Pose2(1.0, 3.0, 0.0), explore=False, period=0.2)
    with Spinner(context, robot.mapping, robot.client):
        assert wait_until(robot.save.service_is_ready, 120.0)
        assert not robot.store(tmp_path / "early.yaml")  # nothing was seen yet
        elsewhere = from_footprint(Footprint.rectangle(0.9, 0.9, 0.9), 0.0)
        elsewhere.header.frame_id = "odom"  # not the robot's own frame: refused
        robot.outline.publish(elsewhere)
        wide = Footprint.rectangle(0.5, 0.25, 0.375)
        robot.outline.publish(from_footprint(wide, 0.0))
        assert wait_until(lambda: robot.mapping._footprint == wide, 120.0)
        assert robot.drive_until(3)
        assert wait_until(lambda: bool(robot.maps), 120.0)
        _, result = robot.explore.call(Explore.Goal(longest=math.nan), timeout=120.0)
        assert result.outcome.code == Outcome.REFUSED
        assert "longest" in result.outcome.message
        assert robot.store(path)
        stands = robot.world.pose
        robot.mapping.close()
    assert sorted(item.name for item in tmp_path.iterdir()) == [
        "map.graph.npz",
        "map.pgm",
        "map.yaml",
    ]
    with isolated_context() as other:
        # The first map's origin is where that robot began.
        again = Robot(other, stands, explore=False, map=str(path), resume=True)
        with Spinner(other, again.mapping, again.client):
            assert again.drive_until(4)
            again.mapping.close()


def test_going_on_without_a_stored_graph_is_refused(context: Context, tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match="no such pose graph"):
        MappingNode(
            context=context,
            parameter_overrides=[
                Parameter("resume", value=True),
                Parameter("map", value=str(tmp_path / "map.yaml")),
            ],
        )


def test_scans_that_say_nothing_are_refused_with_a_sentence() -> None:
    good = to_scan(FlatWorld(home(), Pose2(1.0, 3.0, 0.0)), 1.0)
    assert scan_problem(good) is None
    for field, value, words in (
        ("ranges", [math.nan] * 360, "NaN"),
        ("ranges", [], "no ranges"),
        ("angle_increment", 0.0, "angle_increment"),
        ("angle_min", math.nan, "finite"),
        ("range_max", 0.01, "range_min"),
    ):
        bad = to_scan(FlatWorld(home(), Pose2(1.0, 3.0, 0.0)), 1.0)
        setattr(bad, field, value)
        assert words in (scan_problem(bad) or "")
