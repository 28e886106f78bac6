"""Messages of navigation to core values and back."""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from pathlib import Path as FilePath

import numpy as np
import numpy.typing as npt
from geometry_msgs.msg import (
    Point32,
    Polygon,
    PolygonStamped,
    PoseStamped,
    PoseWithCovarianceStamped,
)
from hearth_core.errors import BadInputError
from hearth_core.frames import BASE_FOOTPRINT, MAP
from hearth_core.geometry import Pose2
from hearth_nodekit.convert import from_pose, from_time, pose2_to_pose, to_time
from nav2_msgs.msg import Particle, ParticleCloud
from nav_msgs.msg import OccupancyGrid, Odometry, Path
from sensor_msgs.msg import LaserScan
from vision_msgs.msg import Detection3D, Detection3DArray, ObjectHypothesisWithPose

from hearth_navigation.core.footprint import Footprint
from hearth_navigation.core.grid import Grid
from hearth_navigation.core.people import Person
from hearth_navigation.core.relocalizer import Beams
from hearth_navigation.core.scan import beam_angles, free_lengths, to_points

Array = npt.NDArray[np.float64]


def to_beams(message: LaserScan, base_from_lidar: Pose2) -> tuple[Beams, Array]:
    """A scan, and how far each beam certainly flew freely [m]."""
    ranges = np.asarray(message.ranges, np.float32)
    angles = beam_angles(message.angle_min, message.angle_increment, len(ranges))
    low, high = float(message.range_min), float(message.range_max)
    points = to_points(ranges, angles, base_from_lidar, low, high)
    lengths = free_lengths(ranges, low, high)
    beams = Beams(points, ranges.astype(np.float64), angles, base_from_lidar, high)
    return beams, lengths


def from_odometry(message: Odometry) -> tuple[float, Pose2, tuple[float, float, float]]:
    """Stamp [s], pose in odom, velocity in base_footprint."""
    p, q = message.pose.pose.position, message.pose.pose.orientation
    yaw = math.atan2(2.0 * (q.w * q.z + q.x * q.y), 1.0 - 2.0 * (q.y * q.y + q.z * q.z))
    twist = message.twist.twist
    return (
        from_time(message.header.stamp),
        Pose2(p.x, p.y, yaw),
        (twist.linear.x, twist.linear.y, twist.angular.z),
    )


def to_grid(message: OccupancyGrid) -> Grid:
    """Occupancy of a map message.

    Raises:
        BadInputError: It is empty, rotated, or its size does not fit.
    """
    info = message.info
    origin = from_pose(info.origin).planar()
    cells = np.asarray(message.data, np.int8)
    if cells.size == 0 or cells.size != info.width * info.height:
        raise BadInputError(f"map says {info.width} x {info.height}, carries {cells.size} cells")
    if abs(origin.yaw) > 1e-6:
        raise BadInputError(f"rotated maps are not supported, got {origin.yaw} rad")
    # The message's resolution is a float32: 0.025 arrives as 0.02500000037.
    resolution = round(float(info.resolution), 6)
    return Grid(cells.reshape(info.height, info.width), resolution, (origin.x, origin.y))


def from_grid(grid: Grid, stamp: float, frame: str = MAP) -> OccupancyGrid:
    """Message of a map."""
    message = OccupancyGrid()
    message.header.frame_id = frame
    message.header.stamp = to_time(stamp)
    message.info.resolution = float(grid.resolution)
    message.info.width, message.info.height = grid.width, grid.height
    message.info.origin = pose2_to_pose(Pose2(*grid.origin))
    message.data = array("b", np.ascontiguousarray(grid.cells).tobytes())
    return message


def to_footprint(message: Polygon) -> Footprint:
    """The outline a polygon in base_footprint says.

    Raises:
        BadInputError: It is none.
    """
    return Footprint(tuple((float(p.x), float(p.y)) for p in message.points))


def from_footprint(footprint: Footprint, stamp: float) -> PolygonStamped:
    """An outline in base_footprint."""
    message = PolygonStamped()
    message.header.frame_id, message.header.stamp = BASE_FOOTPRINT, to_time(stamp)
    message.polygon.points = [Point32(x=x, y=y, z=0.0) for x, y in footprint.outline]
    return message


def to_path(poses: Array, stamp: float) -> Path:
    """Message of a path, rows x, y, yaw in map."""
    message = Path()
    message.header.frame_id = MAP
    message.header.stamp = to_time(stamp)
    for x, y, yaw in poses:
        item = PoseStamped(header=message.header)
        item.pose.position.x, item.pose.position.y = float(x), float(y)
        item.pose.orientation.z = math.sin(0.5 * float(yaw))
        item.pose.orientation.w = math.cos(0.5 * float(yaw))
        message.poses.append(item)
    return message


def to_pose_stamped(pose: Pose2, stamp: float) -> PoseStamped:
    """Message of a pose in map."""
    message = PoseStamped(pose=pose2_to_pose(pose))
    message.header.frame_id = MAP
    message.header.stamp = to_time(stamp)
    return message


def to_pose_with_covariance(
    pose: Pose2, covariance: Array, stamp: float
) -> PoseWithCovarianceStamped:
    """Message of a pose in map with its planar covariance (3, 3)."""
    message = PoseWithCovarianceStamped()
    message.header.frame_id = MAP
    message.header.stamp = to_time(stamp)
    message.pose.pose = pose2_to_pose(pose)
    full = np.zeros((6, 6))
    full[np.ix_([0, 1, 5], [0, 1, 5])] = covariance
    message.pose.covariance = full.ravel()
    return message


def to_particles(poses: Array, weights: Array, stamp: float, most: int = 200) -> ParticleCloud:
    """Message of at most ``most`` particles in map."""
    message = ParticleCloud()
    message.header.frame_id = MAP
    message.header.stamp = to_time(stamp)
    stride = max(1, math.ceil(len(poses) / most))
    for (x, y, yaw), weight in zip(poses[::stride], weights[::stride], strict=True):
        particle = Particle(weight=float(weight))
        particle.pose.position.x, particle.pose.position.y = float(x), float(y)
        particle.pose.orientation.z = math.sin(0.5 * float(yaw))
        particle.pose.orientation.w = math.cos(0.5 * float(yaw))
        message.particles.append(particle)
    return message


def to_detections(people: Sequence[Person], stamp: float) -> Detection3DArray:
    """Message of the people in sight, in map; the heading is where they walk to."""
    message = Detection3DArray()
    message.header.frame_id = MAP
    message.header.stamp = to_time(stamp)
    for person in people:
        item = Detection3D(header=message.header, id=str(person.number))
        x, y = person.at(max(0.0, stamp - person.seen))
        heading = math.atan2(person.vy, person.vx) if person.speed > 0.1 else 0.0
        item.bbox.center = pose2_to_pose(Pose2(x, y, heading))
        item.bbox.center.position.z = 0.85
        item.bbox.size.x = item.bbox.size.y = 2.0 * person.radius
        item.bbox.size.z = 1.7
        guess = ObjectHypothesisWithPose()
        guess.hypothesis.class_id = "person"
        guess.hypothesis.score = 1.0
        guess.pose.pose = item.bbox.center
        item.results.append(guess)
        message.detections.append(item)
    return message


def resolve(path: str) -> FilePath:
    """A file name of a parameter as a path."""
    return FilePath(path).expanduser()
