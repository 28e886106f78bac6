"""What all nodes here hear: scans with the wheels' pose at their moment."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from hearth_core.frames import BASE_FOOTPRINT
from hearth_core.geometry import Pose2
from hearth_nodekit.convert import from_time
from hearth_nodekit.topics import ODOM, SCAN, TF_STATIC
from hearth_nodekit.transforms import TransformError, TransformStore
from nav_msgs.msg import Odometry
from rclpy.node import Node
from sensor_msgs.msg import LaserScan
from tf2_msgs.msg import TFMessage

from hearth_navigation.core.odometry import OdometryBuffer
from hearth_navigation.core.relocalizer import Beams
from hearth_navigation.messages import from_odometry, to_beams

STALE = 1.0
"""A scan this much older than the newest odometry says nothing about now [s]."""


def scan_problem(message: LaserScan) -> str | None:
    """Why a scan cannot be used, as a sentence; None: it can."""
    numbers = (message.angle_min, message.angle_increment, message.range_min, message.range_max)
    if not all(map(math.isfinite, numbers)):
        return f"angles and ranges must be finite, got {numbers}"
    if not message.ranges:
        return "it carries no ranges"
    if message.angle_increment == 0.0 and len(message.ranges) > 1:
        return "angle_increment is 0"
    if not 0.0 <= message.range_min < message.range_max:
        return f"range_min {message.range_min} and range_max {message.range_max} leave no range"
    if np.isnan(np.asarray(message.ranges, np.float32)).all():
        return f"all {len(message.ranges)} ranges are NaN"
    return None


@dataclass(frozen=True, eq=False)
class Sight:
    """One scan and where the wheels say the base was then."""

    stamp: float
    odom: Pose2
    """base_footprint in odom at ``stamp``."""
    beams: Beams
    lengths: npt.NDArray[np.float64]
    """How far each beam certainly flew freely [m]."""


class SightListener:
    """Pairs scans with odometry; scans that come before their odometry wait for it."""

    def __init__(self, node: Node, callback: Callable[[Sight], None]) -> None:
        self.odometry = OdometryBuffer()
        self._node = node
        self._callback = callback
        self._static = TransformStore()
        self._lidar: dict[str, Pose2] = {}
        self._waiting: LaserScan | None = None
        TF_STATIC.subscribe(node, self._on_static)
        ODOM.subscribe(node, self._on_odometry)
        SCAN.subscribe(node, self._on_scan)

    def _on_static(self, message: TFMessage) -> None:
        for item in message.transforms:
            self._static.add_static(item)

    def _on_odometry(self, message: Odometry) -> None:
        self.odometry.add(*from_odometry(message))
        if self._waiting is not None:
            self._pair(self._waiting)

    def _on_scan(self, message: LaserScan) -> None:
        problem = scan_problem(message)
        newest = self.odometry.newest
        if problem is None and newest is not None:
            age = newest[0] - from_time(message.header.stamp)
            if age > STALE:
                problem = f"it is {age:.1f} s older than the odometry"
        if problem is not None:
            self._node.get_logger().warning(f"scan refused: {problem}", throttle_duration_sec=5.0)
            return
        self._waiting = message
        self._pair(message)

    def _pair(self, message: LaserScan) -> None:
        lidar = self._base_from_lidar(message.header.frame_id)
        stamp = from_time(message.header.stamp)
        odom = self.odometry.at(stamp)
        if lidar is None or odom is None:
            return
        self._waiting = None
        beams, lengths = to_beams(message, lidar)
        self._callback(Sight(stamp, odom, beams, lengths))

    def _base_from_lidar(self, frame: str) -> Pose2 | None:
        if frame not in self._lidar:
            try:
                transform = self._static.lookup(BASE_FOOTPRINT, frame)
            except TransformError as error:
                self._node.get_logger().warning(
                    f"scans wait for tf_static: {error}", throttle_duration_sec=5.0
                )
                return None
            self._lidar[frame] = transform.planar()
        return self._lidar[frame]
