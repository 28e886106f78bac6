"""What `nav2_simple_commander` of Jazzy (1.3) asks for is there, under its name and of its type.

The lists below are that client's own: it waits for ever for a name that nobody serves.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("rclpy", reason="needs ROS")

from action_msgs.msg import GoalStatus
from flat_world import home, rasterize
from hearth_navigation.core import grid as grids
from hearth_navigation.localization_node import LocalizationNode
from hearth_navigation.navigator_node import NavigatorNode
from hearth_nodekit.actions import ActionCaller
from hearth_nodekit.testing import Spinner, isolated_context, wait_until
from nav2_msgs.action import AssistedTeleop, DockRobot, FollowGPSWaypoints, UndockRobot
from nav2_msgs.srv import LoadMap
from rclpy.action import get_action_names_and_types
from rclpy.node import Node
from rclpy.parameter import Parameter

ACTIONS = {
    "navigate_through_poses": "NavigateThroughPoses",
    "navigate_to_pose": "NavigateToPose",
    "follow_waypoints": "FollowWaypoints",
    "follow_gps_waypoints": "FollowGPSWaypoints",
    "follow_path": "FollowPath",
    "compute_path_to_pose": "ComputePathToPose",
    "compute_path_through_poses": "ComputePathThroughPoses",
    "smooth_path": "SmoothPath",
    "spin": "Spin",
    "backup": "BackUp",
    "drive_on_heading": "DriveOnHeading",
    "assisted_teleop": "AssistedTeleop",
    "dock_robot": "DockRobot",
    "undock_robot": "UndockRobot",
}
SERVICES = {
    "map_server/load_map": "nav2_msgs/srv/LoadMap",
    "global_costmap/clear_entirely_global_costmap": "nav2_msgs/srv/ClearEntireCostmap",
    "local_costmap/clear_entirely_local_costmap": "nav2_msgs/srv/ClearEntireCostmap",
    "local_costmap/clear_costmap_except_region": "nav2_msgs/srv/ClearCostmapExceptRegion",
    "local_costmap/clear_costmap_around_robot": "nav2_msgs/srv/ClearCostmapAroundRobot",
    "local_costmap/clear_costmap_around_pose": "nav2_msgs/srv/ClearCostmapAroundPose",
    "global_costmap/get_costmap": "nav2_msgs/srv/GetCostmap",
    "local_costmap/get_costmap": "nav2_msgs/srv/GetCostmap",
    "amcl/get_state": "lifecycle_msgs/srv/GetState",
    "bt_navigator/get_state": "lifecycle_msgs/srv/GetState",
    "lifecycle_manager_navigation/manage_nodes": "nav2_msgs/srv/ManageLifecycleNodes",
    "lifecycle_manager_localization/manage_nodes": "nav2_msgs/srv/ManageLifecycleNodes",
}


class Stack:
    """Localisation, navigator and a client; no robot behind them."""

    def __init__(self, localization: Node, navigator: Node, client: Node) -> None:
        self.localization = localization
        self.navigator = navigator
        self.client = client
        self.docking = ActionCaller(client, DockRobot, "dock_robot")
        self.undocking = ActionCaller(client, UndockRobot, "undock_robot")
        self.gps = ActionCaller(client, FollowGPSWaypoints, "follow_gps_waypoints")
        self.teleop = ActionCaller(client, AssistedTeleop, "assisted_teleop")
        self.load = client.create_client(LoadMap, "map_server/load_map")


@pytest.fixture(scope="module")
def map_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("map") / "map.yaml"
    grids.save(rasterize(home(0.9)), path)
    return path


@pytest.fixture(scope="module")
def stack(map_file: Path) -> Iterator[Stack]:
    with isolated_context() as context:
        options: dict[str, Any] = {"context": context, "namespace": "robot1"}
        localization = LocalizationNode(
            parameter_overrides=[Parameter("map", value=str(map_file))], **options
        )
        stack = Stack(localization, NavigatorNode(**options), Node("client", **options))
        with Spinner(context, stack.localization, stack.navigator, stack.client):
            yield stack
            stack.navigator.close()
            stack.localization.close()


def test_every_action_of_the_client_is_served(stack: Stack) -> None:
    wanted = {(f"/robot1/{name}", f"nav2_msgs/action/{kind}") for name, kind in ACTIONS.items()}

    def missing() -> set[tuple[str, str]]:
        found = get_action_names_and_types(stack.client)
        return wanted - {(name, kind) for name, kinds in found for kind in kinds}

    assert wait_until(lambda: not missing(), 30.0), missing()


def test_every_service_of_the_client_is_served(stack: Stack) -> None:
    wanted = {(f"/robot1/{name}", kind) for name, kind in SERVICES.items()}

    def missing() -> set[tuple[str, str]]:
        found = stack.client.get_service_names_and_types()
        return wanted - {(name, kind) for name, kinds in found for kind in kinds}

    assert wait_until(lambda: not missing(), 30.0), missing()


def test_what_cannot_work_here_is_refused_with_a_code_and_a_sentence(stack: Stack) -> None:
    cases = (
        (stack.gps, FollowGPSWaypoints, FollowGPSWaypoints.Result.UNKNOWN),
        (stack.teleop, AssistedTeleop, AssistedTeleop.Result.TF_ERROR),  # nothing is sensed here
    )
    for caller, kind, code in cases:
        status, result = caller.call(kind.Goal(), timeout=60.0)
        assert status == GoalStatus.STATUS_ABORTED
        assert result.error_code == code
        assert len(result.error_msg) > 20


@pytest.mark.parametrize(
    ("goal", "code", "words"),
    [
        (DockRobot.Goal(dock_id="garage"), DockRobot.Result.DOCK_NOT_IN_DB, "'charger'"),
        (DockRobot.Goal(dock_id="charger"), DockRobot.Result.DOCK_NOT_IN_DB, "home file"),
        (
            DockRobot.Goal(use_dock_id=False, dock_type="crane"),
            DockRobot.Result.DOCK_NOT_VALID,
            "'crane'",
        ),
        (DockRobot.Goal(use_dock_id=False), DockRobot.Result.FAILED_TO_CHARGE, "battery_state"),
    ],
)
def test_docking_is_refused_before_anything_moves(
    stack: Stack, goal: DockRobot.Goal, code: int, words: str
) -> None:
    goal.dock_pose.header.frame_id = "map"
    status, result = stack.docking.call(goal, timeout=60.0)
    assert status == GoalStatus.STATUS_ABORTED
    assert not result.success
    assert result.error_code == code
    assert words in result.error_msg
    assert stack.navigator.driving.trip is None  # type: ignore[attr-defined]


def test_who_is_on_no_dock_does_not_leave_one(stack: Stack) -> None:
    status, result = stack.undocking.call(UndockRobot.Goal(), timeout=60.0)
    assert status == GoalStatus.STATUS_ABORTED
    assert not result.success
    assert result.error_code == UndockRobot.Result.DOCK_NOT_VALID
    assert "not on a dock" in result.error_msg


def load(stack: Stack, url: str) -> LoadMap.Response:
    assert wait_until(stack.load.service_is_ready, 30.0)
    future = stack.load.call_async(LoadMap.Request(map_url=url))
    assert wait_until(future.done, 60.0)
    response: LoadMap.Response = future.result()
    return response


def test_another_map_is_served_and_a_bad_one_leaves_the_old(
    stack: Stack, map_file: Path, tmp_path: Path
) -> None:
    grid = rasterize(home(1.2))
    grids.save(grid, tmp_path / "other.yaml")
    response = load(stack, f"file://{tmp_path / 'other.yaml'}")
    assert response.result == LoadMap.Response.RESULT_SUCCESS
    assert (response.map.info.height, response.map.info.width) == grid.cells.shape
    (tmp_path / "bad.yaml").write_text("image: nowhere.pgm\n")
    bad = load(stack, str(tmp_path / "bad.yaml"))
    assert bad.result == LoadMap.Response.RESULT_INVALID_MAP_DATA
    missing = load(stack, str(tmp_path / "missing.yaml"))
    assert missing.result == LoadMap.Response.RESULT_MAP_DOES_NOT_EXIST
    assert load(stack, str(map_file)).result == LoadMap.Response.RESULT_SUCCESS
