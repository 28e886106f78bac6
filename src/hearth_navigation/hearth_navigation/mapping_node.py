"""ROS shell of mapping: builds ``map`` while driving, explores by itself, saves, ends."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from hearth_core.frames import MAP, ODOM
from hearth_core.geometry import Pose2
from hearth_core.health import Health, Level
from hearth_core.home import load_home
from hearth_nodekit.params import declare, param
from hearth_nodekit.reporting import report_health
from hearth_nodekit.running import run
from hearth_nodekit.topics import AMCL_POSE
from hearth_nodekit.topics import MAP as MAP_TOPIC
from hearth_nodekit.transforms import TransformBroadcaster
from hearth_nodekit.worker import LatestWorker
from nav2_msgs.srv import SaveMap
from rclpy.node import Node

from hearth_navigation.core import frontier
from hearth_navigation.core import grid as grids
from hearth_navigation.core.frontier import View
from hearth_navigation.core.mapper import Mapper, MapperConfig
from hearth_navigation.core.semantics import furniture_mask
from hearth_navigation.exploring import Explored, Explorer
from hearth_navigation.messages import from_grid, resolve, to_pose_with_covariance
from hearth_navigation.navigator_config import FOOTPRINT, parse_footprint
from hearth_navigation.sensors import Sight, SightListener


@dataclass(frozen=True)
class Config:
    """Parameters of mapping."""

    map: str = param("", "Where the map is saved in the end (yaml); empty: save_map only.")
    home: str = param(
        "", "Home file: the charger is where mapping starts; empty: start is the map's origin."
    )
    explore: bool = param(True, "Drive by itself; false: a person or a program drives.")
    longest: float = param(1800.0, "Time after which exploring ends.", unit="s", low=1.0)
    exit_when_done: bool = param(False, "End the process when the map is saved.")
    footprint: str = param(FOOTPRINT, "Outline that must fit at viewpoints, as Nav2 writes it.")
    resolution: float = param(0.025, "Edge of a cell.", unit="m", low=0.01, high=0.2)
    half_size: float = param(
        14.0, "The map begins with this far on all sides, and grows.", unit="m", low=2.0
    )
    period: float = param(1.0, "Period of the topic map.", unit="s", low=0.2)


class MappingNode(Node):
    """Takes the place of localization while there is no map."""

    def __init__(self, **options: Any) -> None:
        super().__init__("mapping", **options)
        self._config = declare(self, Config)
        self._home = load_home(resolve(self._config.home)) if self._config.home else None
        self._footprint = parse_footprint(self._config.footprint)
        start = self._home.charger if self._home is not None else Pose2()
        self._lock = threading.Lock()
        self._mapper = Mapper(
            start,
            MapperConfig(resolution=self._config.resolution, half_size=self._config.half_size),
        )
        self._changed = False
        self._started = False
        self._state = "waits for scan, odom and tf_static"
        self._tf = TransformBroadcaster(self)
        self._pose = AMCL_POSE.publisher(self)
        self._map = MAP_TOPIC.publisher(self)
        self._worker = LatestWorker(self, self._on_sight, "mapping")
        SightListener(self, self._worker.offer)
        self.create_timer(self._config.period, self._publish_map)
        self.create_service(SaveMap, "save_map", self._on_save)
        report_health(self, self._health)
        self._explorer = (
            Explorer(
                self, self._now, self._where, self._views, self._on_explored, self._config.longest
            )
            if self._config.explore
            else None
        )

    def close(self) -> None:
        """Stop driving."""
        if self._explorer is not None:
            self._explorer.close()
        self._worker.close()

    def _now(self) -> float:
        return float(self.get_clock().now().nanoseconds) * 1e-9

    def _where(self) -> Pose2 | None:
        with self._lock:
            return self._mapper.pose if self._started else None

    def _on_sight(self, sight: Sight) -> None:
        with self._lock:
            changed = self._mapper.update(sight.odom, sight.beams, sight.lengths)
            pose, poor = self._mapper.pose, self._mapper.poor
            self._changed |= changed
            if not self._started:
                self._started, self._state = True, "mapping"
        self._tf.send(MAP, ODOM, (pose @ sight.odom.inverse()).lift(), sight.stamp + 0.1)
        self._pose.publish(to_pose_with_covariance(pose, np.eye(3) * 1e-4, sight.stamp))
        if poor == 20:
            self.get_logger().warning("the last 20 scans fit the map badly")

    def _publish_map(self) -> None:
        with self._lock:
            if not self._changed:
                return
            self._changed = False
            grid = self._mapper.live()
        self._map.publish(from_grid(grid, self._now()))

    def _views(self, seen: list[View]) -> list[View]:
        self._publish_map()  # the navigator must know at least what the view is chosen on
        with self._lock:
            grid, pose = self._mapper.live(), self._mapper.pose
        avoid = furniture_mask(grid, self._home) if self._home is not None else None
        return frontier.views(grid, pose, self._footprint, avoid=avoid, seen=seen)

    def _on_explored(self, result: Explored) -> None:
        self.get_logger().info(
            f"exploring {'complete' if result.complete else 'incomplete'}: {result.message}"
        )
        self._state = "explored" if result.complete else f"incomplete: {result.message}"
        if self._config.map:
            self._save(self._config.map)
        if self._config.exit_when_done and self.context.ok():
            self.context.try_shutdown()

    def _save(self, name: str) -> None:
        with self._lock:
            moved = self._mapper.relax(3)
            grid = self._mapper.finished()
            count = len(self._mapper.keyframes)
        path = resolve(name).with_suffix(".yaml")
        grids.save(grid, path)
        self._map.publish(from_grid(grid, self._now()))
        self.get_logger().info(
            f"saved {path}: {grid.width * grid.resolution:.1f} x "
            f"{grid.height * grid.resolution:.1f} m, {count} keyframes, "
            f"last correction {moved * 1000.0:.1f} mm"
        )

    def _on_save(self, request: SaveMap.Request, response: SaveMap.Response) -> SaveMap.Response:
        name = request.map_url or self._config.map
        if not name:
            self.get_logger().error("save_map needs map_url")
            response.result = False
            return response
        try:
            self._save(name)
            response.result = True
        except OSError as error:
            self.get_logger().error(f"map not saved: {error}")
            response.result = False
        return response

    def _health(self) -> Health:
        with self._lock:
            keyframes, poor = len(self._mapper.keyframes), self._mapper.poor
        level = Level.OK if self._started and poor < 20 else Level.WARN
        return Health(level, self._state, {"keyframes": keyframes, "poor_scans": poor})


def make_node(**options: Any) -> Node:
    """Make the node; ``options`` go to rclpy."""
    return MappingNode(**options)


def main(args: Sequence[str] | None = None) -> None:
    """Entry point of ``ros2 run hearth_navigation mapping``."""
    run(make_node, args)


if __name__ == "__main__":
    main()
