"""Nav2's costmap services: forget obstacles, hand a costmap out."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable
from typing import Any

import numpy as np
from hearth_core.errors import BadInputError
from hearth_core.frames import MAP
from hearth_core.geometry import Pose2
from hearth_nodekit.convert import pose2_to_pose, to_time
from nav2_msgs.srv import (
    ClearCostmapAroundPose,
    ClearCostmapAroundRobot,
    ClearCostmapExceptRegion,
    ClearEntireCostmap,
    GetCostmap,
)
from rclpy.node import Node

from hearth_navigation.core.driving import Driving
from hearth_navigation.costmaps import LOCAL_SIZE, to_costs, window
from hearth_navigation.journeys import ReadPose

_LETHAL, _INSCRIBED, _FREE_MOST = 254, 253, 252


class CostmapServices:
    """Serves ``clear_*`` and ``get_costmap`` of both costmaps; both forget together."""

    def __init__(
        self, node: Node, driving: Driving, now: Callable[[], float], read_pose: ReadPose
    ) -> None:
        self._node = node
        self._read_pose = read_pose
        self._driving = driving
        self._now = now
        for name in ("local_costmap", "global_costmap"):
            for kind, verb, work in (
                (ClearEntireCostmap, "clear_entirely", self._clear_all),
                (ClearCostmapAroundRobot, "clear_around", self._clear_around),
                (ClearCostmapAroundPose, "clear_around_pose", self._clear_around_pose),
                (ClearCostmapExceptRegion, "clear_except", self._clear_except),
            ):
                node.create_service(kind, f"{name}/{verb}_{name}", work)
        # Nav2's servers have the names above, its own Python client asks for these.
        for kind, what, work in (
            (ClearCostmapAroundRobot, "around_robot", self._clear_around),
            (ClearCostmapAroundPose, "around_pose", self._clear_around_pose),
            (ClearCostmapExceptRegion, "except_region", self._clear_except),
        ):
            node.create_service(kind, f"local_costmap/clear_costmap_{what}", work)
        node.create_service(GetCostmap, "local_costmap/get_costmap", self._get_local)
        node.create_service(GetCostmap, "global_costmap/get_costmap", self._get_global)

    def _clear_all(self, _: Any, response: Any) -> Any:
        self._driving.clear()
        return response

    def _clear_around(self, request: Any, response: Any) -> Any:
        return self._clear_here(request, response, keep=False)

    def _clear_except(self, request: Any, response: Any) -> Any:
        return self._clear_here(request, response, keep=True)

    def _clear_around_pose(self, request: Any, response: Any) -> Any:
        distance = float(request.reset_distance)
        try:
            centre = self._read_pose(request.pose)
            if not (math.isfinite(distance) and distance >= 0.0):
                raise BadInputError(f"distance {distance}")
        except BadInputError as error:
            self._node.get_logger().error(f"costmap not cleared: {error}")
            return response
        self._driving.clear(centre, distance)
        return response

    def _clear_here(self, request: Any, response: Any, *, keep: bool) -> Any:
        pose, distance = self._driving.pose(self._now()), float(request.reset_distance)
        if pose is None or not (math.isfinite(distance) and distance >= 0.0):
            self._node.get_logger().error(
                f"costmap not cleared: {'not localized' if pose is None else distance}"
            )
            return response
        self._driving.clear(pose, distance, keep=keep)
        return response

    def _get_local(self, _: Any, response: Any) -> Any:
        return self._get(response, LOCAL_SIZE)

    def _get_global(self, _: Any, response: Any) -> Any:
        return self._get(response, math.inf)

    def _get(self, response: Any, size: float) -> Any:
        world, pose = self._driving.snapshot, self._driving.pose(self._now())
        if world is None or (pose is None and math.isfinite(size)):
            self._node.get_logger().error("no costmap to hand out: no map, or not localized")
            return response
        costs = to_costs(world, self._driving.footprint.inscribed)
        if pose is not None and math.isfinite(size):
            costs = window(costs, pose, size)
        # Published costmaps count to 100, raw ones to 254.
        raw = (costs.cells.astype(np.float64) * (_FREE_MOST / 98.0)).astype(np.uint8)
        raw[costs.cells == 99] = _INSCRIBED
        raw[costs.cells == 100] = _LETHAL
        message = response.map
        message.header.frame_id = MAP
        message.header.stamp = to_time(self._now())
        message.metadata.layer = "master"
        message.metadata.resolution = float(costs.resolution)
        message.metadata.size_x, message.metadata.size_y = costs.width, costs.height
        message.metadata.origin = pose2_to_pose(Pose2(*costs.origin))
        message.metadata.update_time = message.header.stamp
        message.data = array("B", np.ascontiguousarray(raw).tobytes())
        return response
