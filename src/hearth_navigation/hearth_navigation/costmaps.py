"""Costmaps and outline for RViz: built only while somebody looks."""

from __future__ import annotations

import numpy as np
from hearth_core.geometry import Pose2
from hearth_nodekit.topics import FOOTPRINT, GLOBAL_COSTMAP, LOCAL_COSTMAP
from rclpy.node import Node

from hearth_navigation.core.costmap import Snapshot
from hearth_navigation.core.driving import Driving
from hearth_navigation.core.grid import Grid
from hearth_navigation.messages import from_footprint, from_grid

LOCAL_SIZE = 5.0
LETHAL, INSCRIBED = 100, 99


class CostmapPublisher:
    """Publishes local and global costmap in map, and the outline in base_footprint."""

    def __init__(self, node: Node, driving: Driving) -> None:
        self._node = node
        self._driving = driving
        self._local = LOCAL_COSTMAP.publisher(node)
        self._global = GLOBAL_COSTMAP.publisher(node)
        self._footprint = FOOTPRINT.publisher(node)
        node.create_timer(0.5, self._publish_local)
        node.create_timer(2.0, self._publish_global)

    def _now(self) -> float:
        return float(self._node.get_clock().now().nanoseconds) * 1e-9

    def _publish_local(self) -> None:
        now = self._now()
        if self._footprint.get_subscription_count():
            self._footprint.publish(from_footprint(self._driving.footprint, now))
        world, pose = self._driving.snapshot, self._driving.pose(now)
        if world is None or pose is None or not self._local.get_subscription_count():
            return
        costs = to_costs(world, self._driving.footprint.inscribed)
        self._local.publish(from_grid(window(costs, pose, LOCAL_SIZE), now))

    def _publish_global(self) -> None:
        world = self._driving.snapshot
        if world is None or not self._global.get_subscription_count():
            return
        costs = to_costs(world, self._driving.footprint.inscribed)
        self._global.publish(from_grid(costs, self._now()))


def to_costs(world: Snapshot, inscribed: float) -> Grid:
    """Costs as Nav2 shows them: 100 lethal, 99 within the inscribed radius, then fading."""
    clearance = world.clearance.values
    cost = 98.0 * np.exp(-4.0 * np.maximum(clearance - inscribed, 0.0))
    cells = np.where(cost < 3.0, 0.0, cost).astype(np.int8)
    cells[clearance <= inscribed] = INSCRIBED
    cells[world.blocked] = LETHAL
    return Grid(cells, world.resolution, world.origin)


def window(grid: Grid, centre: Pose2, size: float) -> Grid:
    """The part of ``grid`` within a square of ``size`` [m]."""
    n = round(0.5 * size / grid.resolution)
    row, column = grid.cell(centre.x, centre.y)
    top, left = max(0, row - n), max(0, column - n)
    cells = grid.cells[top : row + n, left : column + n]
    origin = (
        grid.origin[0] + left * grid.resolution,
        grid.origin[1] + top * grid.resolution,
    )
    return Grid(np.ascontiguousarray(cells), grid.resolution, origin)
