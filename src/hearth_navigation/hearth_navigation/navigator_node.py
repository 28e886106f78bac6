"""ROS shell of navigation: Nav2's actions and topics around :mod:`hearth_navigation.core`."""

from __future__ import annotations

import math
import time as wall
from collections.abc import Sequence
from typing import Any

import numpy as np
from geometry_msgs.msg import Polygon, PoseStamped
from hearth_core.errors import BadInputError
from hearth_core.frames import MAP, ODOM
from hearth_core.health import Health, Level
from hearth_core.home import load_home
from hearth_nodekit.convert import from_time, from_transform, to_twist
from hearth_nodekit.params import declare
from hearth_nodekit.reporting import report_health
from hearth_nodekit.running import run
from hearth_nodekit.topics import (
    CARRYING,
    CMD_VEL_ASSISTED,
    CMD_VEL_NAV,
    GOAL_POSE,
    PEOPLE,
    PLAN,
    TF,
)
from hearth_nodekit.topics import MAP as MAP_TOPIC
from hearth_nodekit.worker import LatestWorker, TimerWorker
from nav2_msgs.msg import SpeedLimit
from nav_msgs.msg import OccupancyGrid
from rclpy.node import Node
from rclpy.serialization import deserialize_message
from std_msgs.msg import String
from tf2_msgs.msg import TFMessage

from hearth_navigation.behaviors import Behaviors
from hearth_navigation.body_frames import BodyFrames
from hearth_navigation.clearing import CostmapServices
from hearth_navigation.core.driving import Driving
from hearth_navigation.core.errands import Steered
from hearth_navigation.core.semantics import furniture_mask
from hearth_navigation.core.zones import load_zones
from hearth_navigation.costmaps import CostmapPublisher
from hearth_navigation.depth_sight import DepthListener
from hearth_navigation.docking import Docking
from hearth_navigation.journeys import Journeys
from hearth_navigation.lifecycle import LifecycleFacade
from hearth_navigation.loads import Loads
from hearth_navigation.messages import resolve, to_detections, to_footprint, to_grid, to_path
from hearth_navigation.navigator_config import Config, parse_footprint
from hearth_navigation.paths import Paths
from hearth_navigation.places import PoseReader
from hearth_navigation.sensors import Sight, SightListener
from hearth_navigation.tours import Tours
from hearth_navigation.unsupported import Unsupported

_MAP = MAP.encode() + b"\0"
_YEAR_2001 = 1e9
"""Simulated clocks begin near 0 [s]."""


class NavigatorNode(Node):
    """Drives to poses; see the package's README for actions and topics."""

    def __init__(self, **options: Any) -> None:
        super().__init__("navigator", **options)
        config = declare(self, Config)
        self._config = config
        bare = parse_footprint(config.footprint)
        loaded = parse_footprint(config.footprint_carrying) if config.footprint_carrying else bare
        self._home = load_home(resolve(config.home)) if config.home else None
        self._zones = load_zones(resolve(config.zones), self._home) if config.zones else None
        self._zones_hour: int | None = None
        self._grid_message: OccupancyGrid | None = None
        sights = SightListener(self, self._on_sight)
        self.driving = Driving(config.driving(), bare, sights.odometry)
        self._frames = BodyFrames(self)
        things = self._home.objects if self._home is not None else ()
        sizes = {thing.name: thing.size for thing in things}
        self._loads = Loads(self, self._frames, sizes, bare, loaded, self.driving.set_footprint)
        self._depth = DepthListener(
            self,
            config.depth_camera,
            self._frames,
            sights.odometry,
            self._drives,
            self.driving.on_depth,
        )
        self._command = CMD_VEL_NAV.publisher(self)
        self._assisted = CMD_VEL_ASSISTED.publisher(self)
        self._plan = PLAN.publisher(self)
        self._shown: object = None
        self._done = 0
        self._planning: LatestWorker[bool] = LatestWorker(
            self, lambda _: self._plan_once(), "planning"
        )
        MAP_TOPIC.subscribe(self, self._on_map)
        # Most of tf are arms and fingers: decode only what speaks of the map.
        self.create_subscription(TFMessage, TF.name, self._on_tf, TF.qos, raw=True)
        GOAL_POSE.subscribe(self, self._on_goal_pose)
        CARRYING.subscribe(self, self._on_carrying)
        self.create_subscription(Polygon, "local_costmap/footprint", self._on_footprint, 1)
        read_pose = PoseReader(self.driving, self._home)
        self._journeys = Journeys(self, self.driving, self.now, read_pose)
        self._tours = Tours(self, self.driving, self.now, read_pose)
        self._paths = Paths(self, self.driving, self.now, read_pose)
        self._behaviors = Behaviors(self, self.driving, self.now)
        charger = self._home.charger if self._home is not None else None
        self._docking = Docking(self, self.driving, self.now, read_pose, charger)
        self._unsupported = Unsupported(self)
        CostmapServices(self, self.driving, self.now, read_pose)
        CostmapPublisher(self, self.driving)
        LifecycleFacade(self, lambda: self.driving.snapshot is not None)
        self.create_subscription(SpeedLimit, "speed_limit", self._on_speed_limit, 1)
        self._people = PEOPLE.publisher(self)
        self.create_timer(0.1, self._publish_people)
        self.create_timer(60.0, self._watch_hours)
        self._control = TimerWorker(self, config.control.period, self._cycle, "control")
        report_health(self, self._health)

    def now(self) -> float:
        """The node's clock [s]."""
        return float(self.get_clock().now().nanoseconds) * 1e-9

    @property
    def control_cycles(self) -> int:
        """Control periods worked off so far."""
        return self._done

    def close(self) -> None:
        """Stop the base before leaving."""
        for servers in (
            self._journeys,
            self._tours,
            self._paths,
            self._behaviors,
            self._docking,
            self._unsupported,
            self._depth,
            self._loads,
        ):
            servers.close()
        self._control.close()
        self._planning.close()
        self._command.publish(to_twist(0.0, 0.0, 0.0))

    def _cycle(self) -> None:
        errand = self.driving.errand
        steered = errand is not None and isinstance(errand.motion, Steered)
        velocity = self.driving.cycle(self.now())
        if velocity is not None:
            (self._assisted if steered else self._command).publish(to_twist(*velocity))
        self._done += 1
        trip = self.driving.trip
        if trip is None:
            return
        if trip.wants_plan:
            self._planning.offer(True)
        if trip.path is not None and trip.path is not self._shown:
            self._shown = trip.path
            self._plan.publish(to_path(trip.path.poses, self.now()))

    def _drives(self) -> bool:
        return self.driving.trip is not None or self.driving.errand is not None

    def _plan_once(self) -> None:
        self.driving.plan(self.now())

    def _on_sight(self, sight: Sight) -> None:
        self.driving.on_scan(sight.stamp, sight.odom, sight.beams, sight.lengths)

    def _on_tf(self, data: bytes) -> None:
        if _MAP not in data:
            self._frames.on_tf(data)
            return
        message: TFMessage = deserialize_message(data, TFMessage)
        for item in message.transforms:
            if item.child_frame_id == ODOM and item.header.frame_id == MAP:
                pose = from_transform(item.transform).planar()
                self.driving.on_localization(from_time(item.header.stamp), pose)

    def _on_map(self, message: OccupancyGrid) -> None:
        try:
            grid = to_grid(message)
        except (BadInputError, ValueError) as error:
            self.get_logger().error(f"map refused: {error}")
            return
        mask = np.zeros(grid.cells.shape, np.bool_)
        if self._home is not None:
            mask |= furniture_mask(grid, self._home)
        zones = None
        if self._zones is not None:
            self._zones_hour = self._hour()
            zones = self._zones.at(self._zones_hour)
            mask |= zones.keep_out(grid)
        self._grid_message = message
        self.driving.set_grid(grid, mask, zones)

    def _hour(self) -> int | None:
        """Hour of the local day; None: simulated clocks know no day."""
        now = self.now()
        return wall.localtime(now).tm_hour if now > _YEAR_2001 else None

    def _watch_hours(self) -> None:
        """Zones may begin and end with the hour."""
        if self._zones is None or self._grid_message is None:
            return
        if self._hour() != self._zones_hour:
            self._on_map(self._grid_message)

    def _on_speed_limit(self, message: SpeedLimit) -> None:
        limit = float(message.speed_limit)
        if not math.isfinite(limit) or limit < 0.0:
            self.get_logger().error(f"speed limit refused: {limit}")
            return
        most = 100.0 if message.percentage else self._config.limits.forward
        self.driving.limit_speed(limit / most if limit > 0.0 else 1.0)

    def _publish_people(self) -> None:
        self._depth.poll()
        if self._drives():
            self._loads.poll(self.now())
        if self._people.get_subscription_count():
            self._people.publish(to_detections(self.driving.people, self.now()))

    def _on_carrying(self, message: String) -> None:
        self._loads.carrying(message.data)

    def _on_footprint(self, message: Polygon) -> None:
        try:
            footprint = to_footprint(message)
        except BadInputError as error:
            self.get_logger().error(f"footprint refused: {error}")
            return
        self._loads.stand_for(footprint)

    def _on_goal_pose(self, message: PoseStamped) -> None:
        self._journeys.begin_unattended(message)

    def _health(self) -> Health:
        values: dict[str, float | int | str | bool] = {
            "cycles": self._control.cycles,
            "late_cycles": self._control.late,
        }
        trip = self.driving.trip
        if trip is None:
            return Health(Level.OK, "no goal", values)
        values["recoveries"] = trip.recoveries
        if math.isfinite(trip.remaining):
            values["remaining"] = round(trip.remaining, 2)
        if self.driving.complaint:
            return Health(Level.WARN, f"stands: {self.driving.complaint}", values)
        return Health(Level.OK, trip.phase.name.lower(), values)


def make_node(**options: Any) -> Node:
    """Make the node; ``options`` go to rclpy."""
    return NavigatorNode(**options)


def main(args: Sequence[str] | None = None) -> None:
    """Entry point of ``ros2 run hearth_navigation navigator``."""
    run(make_node, args)


if __name__ == "__main__":
    main()
