"""ROS shell of mapping: builds ``map`` while driving, explores, saves, goes on another day."""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from geometry_msgs.msg import Point, PolygonStamped
from hearth_core.errors import BadInputError
from hearth_core.frames import BASE_FOOTPRINT, MAP, ODOM
from hearth_core.geometry import Pose2
from hearth_core.health import Health, Level
from hearth_core.home import load_home
from hearth_core.outcome import Outcome
from hearth_nodekit.actions import (
    ActionCaller,
    ActionFailed,
    ActiveGoal,
    Canceled,
    ThreadedActionServer,
)
from hearth_nodekit.params import declare, param
from hearth_nodekit.reporting import report_health
from hearth_nodekit.running import run
from hearth_nodekit.topics import AMCL_POSE, FOOTPRINT
from hearth_nodekit.topics import MAP as MAP_TOPIC
from hearth_nodekit.transforms import TransformBroadcaster
from hearth_nodekit.worker import LatestWorker
from nav2_msgs.action import NavigateToPose
from nav2_msgs.srv import SaveMap
from rclpy.node import Node

from hearth_interfaces.action import Explore
from hearth_navigation.core import frontier, graph_file
from hearth_navigation.core import grid as grids
from hearth_navigation.core.frontier import View
from hearth_navigation.core.graph_file import StoredGraph
from hearth_navigation.core.localizer import Localizer
from hearth_navigation.core.mapper import Mapper, MapperConfig
from hearth_navigation.core.semantics import furniture_mask
from hearth_navigation.exploring import Explorer
from hearth_navigation.messages import from_grid, resolve, to_footprint, to_pose_with_covariance
from hearth_navigation.navigator_config import FOOTPRINT as DEFAULT_OUTLINE
from hearth_navigation.navigator_config import parse_footprint
from hearth_navigation.sensors import Sight, SightListener


@dataclass(frozen=True)
class Config:
    """Parameters of mapping."""

    map: str = param("", "Where the map is saved in the end (yaml); empty: save_map only.")
    home: str = param(
        "", "Home file: the charger is where mapping starts; empty: start is the map's origin."
    )
    resume: bool = param(
        False, "Go on with the map at `map`: its pose graph is read, the robot finds itself on it."
    )
    explore: bool = param(True, "Drive by itself; false: a person or a program drives.")
    longest: float = param(1800.0, "Time after which exploring ends.", unit="s", low=1.0)
    exit_when_done: bool = param(False, "End the process when the map is saved.")
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
        self._footprint = parse_footprint(DEFAULT_OUTLINE)
        """What must fit at viewpoints; the default until the navigator says its own."""
        self._settings = MapperConfig(
            resolution=self._config.resolution, half_size=self._config.half_size
        )
        self._lock = threading.Lock()
        self._mapper: Mapper | None = None
        self._stored: StoredGraph | None = None
        self._finder: Localizer | None = None
        self._begin()
        self._changed = False
        self._started = False
        self._closing = threading.Event()
        self._state = "waits for scan, odom and tf_static"
        self._tf = TransformBroadcaster(self)
        self._pose = AMCL_POSE.publisher(self)
        self._map = MAP_TOPIC.publisher(self)
        self._worker = LatestWorker(self, self._on_sight, "mapping")
        SightListener(self, self._worker.offer)
        FOOTPRINT.subscribe(self, self._on_footprint)
        self.create_timer(self._config.period, self._publish_map)
        self.create_service(SaveMap, "save_map", self._on_save)
        report_health(self, self._health)
        self._driving = ActionCaller(self, NavigateToPose, "navigate_to_pose")
        self._exploring = ThreadedActionServer(
            self, Explore, "explore", self._explore, refuse=_refuse
        )
        self._auto: threading.Thread | None = None
        if self._config.explore:
            caller = ActionCaller(self, Explore, "explore")
            self._auto = threading.Thread(
                target=self._explore_by_itself, args=(caller,), name="exploring", daemon=True
            )
            self._auto.start()

    def _begin(self) -> None:
        """A new map from the charger, or a stored one from where the robot finds itself."""
        path = resolve(self._config.map).with_suffix(".yaml") if self._config.map else None
        if self._config.resume and path is not None:
            self._stored = graph_file.load(graph_file.graph_path(path))
            self._finder = Localizer(grids.load(path))
            return
        start = self._home.charger if self._home is not None else Pose2()
        self._mapper = Mapper(start, self._settings)

    def close(self) -> None:
        """Stop driving."""
        self._closing.set()
        self._exploring.close()
        if self._auto is not None:
            self._auto.join(5.0)
        self._worker.close()

    def _now(self) -> float:
        return float(self.get_clock().now().nanoseconds) * 1e-9

    def _where(self) -> Pose2 | None:
        with self._lock:
            return self._mapper.pose if self._mapper is not None and self._started else None

    def _on_sight(self, sight: Sight) -> None:
        with self._lock:
            if self._mapper is None and not self._find(sight):
                return
            assert self._mapper is not None
            changed = self._mapper.update(sight.odom, sight.beams, sight.lengths)
            pose, poor = self._mapper.pose, self._mapper.poor
            self._changed |= changed
            if not self._started:
                self._started, self._state = True, "mapping"
        self._tf.send(MAP, ODOM, (pose @ sight.odom.inverse()).lift(), sight.stamp + 0.1)
        self._pose.publish(to_pose_with_covariance(pose, np.eye(3) * 1e-4, sight.stamp))
        if poor == 20:
            self.get_logger().warning("the last 20 scans fit the map badly")

    def _find(self, sight: Sight) -> bool:
        """Whether the robot knows where it stands on the stored map; then mapping goes on."""
        if self._finder is None or self._stored is None:
            return False
        estimate = self._finder.update(sight.stamp, sight.odom, sight.beams)
        if estimate.pose is None:
            self._state = "looks for itself on the stored map"
            return False
        self._mapper = Mapper.resume(self._stored, estimate.pose, self._settings)
        self.get_logger().info(
            f"goes on with {len(self._stored.frames)} keyframes from "
            f"({estimate.pose.x:.2f}, {estimate.pose.y:.2f})"
        )
        self._stored = self._finder = None
        return True

    def _on_footprint(self, message: PolygonStamped) -> None:
        try:
            if message.header.frame_id != BASE_FOOTPRINT:
                raise BadInputError(f"it is in {message.header.frame_id!r}, not {BASE_FOOTPRINT}")
            self._footprint = to_footprint(message.polygon)
        except BadInputError as error:
            self.get_logger().error(f"published_footprint: {error}", throttle_duration_sec=60.0)

    def _publish_map(self) -> None:
        with self._lock:
            if not self._changed or self._mapper is None:
                return
            self._changed = False
            grid = self._mapper.live()
        self._map.publish(from_grid(grid, self._now()))

    def _views(self, seen: list[View]) -> list[View]:
        self._publish_map()  # the navigator must know at least what the view is chosen on
        with self._lock:
            if self._mapper is None:
                return []
            grid, pose = self._mapper.live(), self._mapper.pose
        avoid = furniture_mask(grid, self._home) if self._home is not None else None
        return frontier.views(grid, pose, self._footprint, avoid=avoid, seen=seen)

    def _explore_by_itself(self, caller: ActionCaller) -> None:
        """Like any client: call ``explore``, and end the process when it ended and one may."""
        goal = Explore.Goal(save=bool(self._config.map))
        try:
            caller.call(goal, timeout=2.0 * self._config.longest, should_stop=self._closing.is_set)
        except (Canceled, ActionFailed) as error:
            self.get_logger().error(f"exploring ended: {error}")
        if self._config.exit_when_done and not self._closing.is_set() and self.context.ok():
            self.context.try_shutdown()

    def _explore(self, goal: ActiveGoal) -> tuple[Outcome, Any]:
        longest = float(goal.request.longest) or self._config.longest

        def tell(count: int, view: View) -> None:
            x, y = view.border
            self._state = f"looks at a border of {view.length:.1f} m at ({x:.1f}, {y:.1f})"
            border = Point(x=x, y=y)
            goal.feedback(state=self._state, viewpoints=count, area=self._area(), border=border)

        explorer = Explorer(
            self,
            self._driving,
            self._where,
            self._views,
            tell,
            lambda: goal.cancel_requested or self._closing.is_set(),
        )
        explored = explorer.run(longest)
        self.get_logger().info(
            f"exploring {'complete' if explored.complete else 'incomplete'}: {explored.message}"
        )
        self._state = "explored" if explored.complete else f"incomplete: {explored.message}"
        result = Explore.Result(viewpoints=explored.views, area=self._area())
        if goal.request.save:
            try:
                self._save(self._config.map)
            except OSError as error:
                return Outcome.failure("not_saved", f"map not saved: {error}"), result
        if not explored.complete:
            return Outcome.failure(explored.reason, explored.message), result
        return Outcome.success(explored.message), result

    def _area(self) -> float:
        """Free floor known [m2]."""
        with self._lock:
            if self._mapper is None:
                return 0.0
            grid = self._mapper.live()
        return float((grid.cells == grids.FREE).sum()) * grid.resolution**2

    def _save(self, name: str) -> None:
        with self._lock:
            if self._mapper is None or not self._mapper.keyframes:
                raise OSError("nothing has been seen yet")
            moved = self._mapper.relax(3)
            grid = self._mapper.finished()
            stored = self._mapper.stored()
            loops = sum(relation.loop for relation in stored.relations)
        path = resolve(name).with_suffix(".yaml")
        grids.save(grid, path)
        graph_file.save(stored, graph_file.graph_path(path))
        self._map.publish(from_grid(grid, self._now()))
        self.get_logger().info(
            f"saved {path}: {grid.width * grid.resolution:.1f} x "
            f"{grid.height * grid.resolution:.1f} m, {len(stored.frames)} keyframes, "
            f"{loops} loop relations, last correction {moved * 1000.0:.1f} mm"
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
            mapper = self._mapper
            keyframes, poor = (len(mapper.keyframes), mapper.poor) if mapper else (0, 0)
        level = Level.OK if self._started and poor < 20 else Level.WARN
        return Health(level, self._state, {"keyframes": keyframes, "poor_scans": poor})


def _refuse(request: Any) -> Outcome | None:
    """Bad goals move nothing."""
    if not (math.isfinite(request.longest) and request.longest >= 0.0):
        return Outcome.refusal("bad_request", f"longest must be >= 0 s, got {request.longest}")
    return None


def make_node(**options: Any) -> Node:
    """Make the node; ``options`` go to rclpy."""
    return MappingNode(**options)


def main(args: Sequence[str] | None = None) -> None:
    """Entry point of ``ros2 run hearth_navigation mapping``."""
    run(make_node, args)


if __name__ == "__main__":
    main()
