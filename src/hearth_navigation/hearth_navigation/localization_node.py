"""ROS shell of localisation: scan and odom in, ``map -> odom`` and ``amcl_pose`` out."""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from geometry_msgs.msg import PoseWithCovarianceStamped
from hearth_core.errors import BadInputError, HearthError
from hearth_core.frames import MAP, ODOM
from hearth_core.geometry import Pose2
from hearth_core.health import Health, Level
from hearth_core.home import load_home
from hearth_nodekit.convert import from_pose
from hearth_nodekit.params import declare, param
from hearth_nodekit.reporting import report_health
from hearth_nodekit.running import run
from hearth_nodekit.topics import AMCL_POSE, INITIAL_POSE, PARTICLE_CLOUD
from hearth_nodekit.topics import MAP as MAP_TOPIC
from hearth_nodekit.transforms import TransformBroadcaster
from hearth_nodekit.worker import LatestWorker
from nav2_msgs.srv import LoadMap
from nav_msgs.msg import OccupancyGrid
from rclpy.node import Node
from std_srvs.srv import Empty

from hearth_navigation.core import grid as grids
from hearth_navigation.core.grid import Grid
from hearth_navigation.core.localizer import Estimate, Localizer, LocalizerConfig, Status
from hearth_navigation.messages import (
    from_grid,
    resolve,
    to_grid,
    to_particles,
    to_pose_with_covariance,
)
from hearth_navigation.sensors import Sight, SightListener


@dataclass(frozen=True)
class Config:
    """Parameters of localisation."""

    map: str = param("", "Map file (yaml); empty: listen to the topic map.")
    home: str = param("", "Home file: names the room in messages; empty: no names.")
    particles: int = param(600, "Particles.", low=50, high=20000)
    tolerance: float = param(
        0.1, "How far map -> odom is dated ahead, as amcl does.", unit="s", low=0.0, high=1.0
    )
    cloud_period: float = param(1.0, "Period of particle_cloud.", unit="s", low=0.1)


_MESSAGES = {
    Status.LOST: "does not know where it is",
    Status.AMBIGUOUS: "several places fit; driving a little tells them apart",
    Status.LOCALIZED: "localized",
}
_LEVELS = {Status.LOST: Level.ERROR, Status.AMBIGUOUS: Level.WARN, Status.LOCALIZED: Level.OK}


class LocalizationNode(Node):
    """Finds the robot on the map by itself, and follows it."""

    def __init__(self, **options: Any) -> None:
        super().__init__("localization", **options)
        self._config = declare(self, Config)
        self._home = load_home(resolve(self._config.home)) if self._config.home else None
        self._lock = threading.Lock()
        self._localizer: Localizer | None = None
        self._estimate: Estimate | None = None
        self._cloud_sent = -math.inf
        self._tf = TransformBroadcaster(self)
        self._pose = AMCL_POSE.publisher(self)
        self._cloud = PARTICLE_CLOUD.publisher(self)
        if self._config.map:
            grid = grids.load(resolve(self._config.map))
            self._map = MAP_TOPIC.publisher(self)
            self._map.publish(from_grid(grid, self._now()))
            self._use(grid)
        else:
            MAP_TOPIC.subscribe(self, self._on_map)
        self._worker = LatestWorker(self, self._on_sight, "localization")
        SightListener(self, self._worker.offer)
        INITIAL_POSE.subscribe(self, self._on_initial_pose)
        self.create_service(LoadMap, "map_server/load_map", self._on_load_map)
        self.create_service(Empty, "reinitialize_global_localization", self._on_reinitialize)
        report_health(self, self._health)

    def close(self) -> None:
        """Stop the thread."""
        self._worker.close()

    def _use(self, grid: Grid) -> None:
        localizer = Localizer(grid, LocalizerConfig(particles=self._config.particles))
        with self._lock:
            self._localizer = localizer
        self.get_logger().info(
            f"map of {grid.width * grid.resolution:.1f} x {grid.height * grid.resolution:.1f} m"
        )

    def _on_map(self, message: OccupancyGrid) -> None:
        try:
            grid = to_grid(message)
        except (BadInputError, ValueError) as error:
            self.get_logger().error(f"map refused: {error}")
            return
        self._use(grid)

    def _on_load_map(self, request: LoadMap.Request, response: LoadMap.Response) -> Any:
        if not self._config.map:
            response.result = LoadMap.Response.RESULT_UNDEFINED_FAILURE
            self.get_logger().error("load_map refused: another node serves the map")
            return response
        path = resolve(request.map_url.removeprefix("file://"))
        if not path.is_file():
            response.result = LoadMap.Response.RESULT_MAP_DOES_NOT_EXIST
            self.get_logger().error(f"load_map refused: no file {request.map_url!r}")
            return response
        try:
            grid = grids.load(path)
        except (HearthError, OSError, ValueError) as error:
            response.result = LoadMap.Response.RESULT_INVALID_MAP_DATA
            self.get_logger().error(f"load_map refused: {error}")
            return response
        response.map = from_grid(grid, self._now())
        self._map.publish(response.map)
        self._use(grid)
        return response

    def _on_sight(self, sight: Sight) -> None:
        with self._lock:
            if self._localizer is None:
                return
            before = self._estimate.status if self._estimate else None
            estimate = self._localizer.update(sight.stamp, sight.odom, sight.beams)
            particles = self._localizer.particles
            self._estimate = estimate
        if estimate.status is not before:
            self._announce(estimate)
        if estimate.pose is None or estimate.map_from_odom is None:
            return
        self._tf.send(
            MAP, ODOM, estimate.map_from_odom.lift(), sight.stamp + self._config.tolerance
        )
        self._pose.publish(
            to_pose_with_covariance(estimate.pose, estimate.covariance, sight.stamp)
        )
        if not 0.0 <= sight.stamp - self._cloud_sent < self._config.cloud_period:
            self._cloud_sent = sight.stamp
            if self._cloud.get_subscription_count():
                self._cloud.publish(to_particles(*particles, sight.stamp))

    def _announce(self, estimate: Estimate) -> None:
        text = _MESSAGES[estimate.status]
        if estimate.pose is not None:
            pose = estimate.pose
            room = self._home.room_at(pose.x, pose.y) if self._home is not None else None
            text += f" in {room.name}" if room is not None else ""
            text += (
                f" at ({pose.x:.2f}, {pose.y:.2f}, {math.degrees(pose.yaw):.0f} deg), "
                f"{estimate.agree:.0%} of the beams agree"
            )
        elif estimate.guesses:
            text += f" ({estimate.guesses} places)"
        self.get_logger().info(text)

    def _on_initial_pose(self, message: PoseWithCovarianceStamped) -> None:
        if message.header.frame_id not in ("", MAP):
            self.get_logger().error(
                f"initialpose in frame {message.header.frame_id!r} refused; expected {MAP!r}"
            )
            return
        try:
            pose: Pose2 = from_pose(message.pose.pose).planar()
        except ValueError as error:
            self.get_logger().error(f"initialpose refused: {error}")
            return
        if not all(map(math.isfinite, (pose.x, pose.y, pose.yaw))):
            self.get_logger().error(f"initialpose refused: not finite: {pose}")
            return
        covariance = np.asarray(message.pose.covariance).reshape(6, 6)
        with self._lock:
            if self._localizer is None:
                self.get_logger().error("initialpose refused: there is no map yet")
                return
            try:
                self._localizer.set_pose(
                    pose,
                    _deviation(max(covariance[0, 0], covariance[1, 1]), 0.3),
                    _deviation(covariance[5, 5], 0.26),
                )
            except BadInputError as error:
                self.get_logger().error(f"initialpose refused: {error}")

    def _on_reinitialize(self, _: Empty.Request, response: Empty.Response) -> Empty.Response:
        with self._lock:
            if self._localizer is not None:
                self._localizer.forget()
        return response

    def _health(self) -> Health:
        with self._lock:
            estimate = self._estimate
            known = self._localizer is not None
        if not known:
            return Health(Level.WARN, "waits for a map")
        if estimate is None:
            return Health(Level.WARN, "waits for scan, odom and tf_static")
        age = self._now() - estimate.stamp
        if not -0.5 <= age <= 1.0:
            return Health(Level.STALE, f"newest scan is {age:.1f} s old")
        values: dict[str, float | int | str | bool] = {
            "status": estimate.status.name.lower(),
            "agree": round(estimate.agree, 3),
            "through": round(estimate.through, 3),
            "guesses": estimate.guesses,
            "health": round(estimate.health, 3),
        }
        return Health(_LEVELS[estimate.status], _MESSAGES[estimate.status], values)

    def _now(self) -> float:
        return float(self.get_clock().now().nanoseconds) * 1e-9


def _deviation(variance: float, default: float) -> float:
    """Standard deviation of a given pose; many senders leave the covariance empty."""
    if not (math.isfinite(variance) and variance > 0.0):
        return default
    return min(max(math.sqrt(variance), 0.05), 1.0)


def make_node(**options: Any) -> Node:
    """Make the node; ``options`` go to rclpy."""
    return LocalizationNode(**options)


def main(args: Sequence[str] | None = None) -> None:
    """Entry point of ``ros2 run hearth_navigation localization``."""
    run(make_node, args)


if __name__ == "__main__":
    main()
