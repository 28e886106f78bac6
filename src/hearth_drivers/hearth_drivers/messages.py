"""Port readings <-> ROS messages; the only conversions of this package."""

from __future__ import annotations

import math
from array import array
from typing import Any

import numpy as np
import numpy.typing as npt
from builtin_interfaces.msg import Duration, Time
from control_msgs.action import FollowJointTrajectory
from hearth_core.frames import BASE_FOOTPRINT, IMU, ODOM
from hearth_core.ports import BatteryReading, ImuReading, Scan, TouchReading
from hearth_nodekit.convert import from_time
from nav_msgs.msg import Odometry
from sensor_msgs.msg import BatteryState, Imu, JointState, LaserScan
from trajectory_msgs.msg import JointTrajectoryPoint

from hearth_drivers.core.joint_controller import Snapshot
from hearth_drivers.core.odometry import OdometryEstimate
from hearth_drivers.core.trajectory import Goal, Waypoint


def set_stamp(stamp: Time, seconds: float) -> None:
    """Write a time [s] into a message that is used again and again."""
    nanoseconds = round(seconds * 1e9)
    stamp.sec, stamp.nanosec = divmod(nanoseconds, 10**9)


def doubles(values: npt.NDArray[np.float64]) -> array[float]:
    """What a float64[] field takes without copying element by element."""
    return array("d", values.tobytes())


def fill_odometry(message: Odometry, estimate: OdometryEstimate) -> None:
    """Write an estimate into a message made by :func:`make_odometry`."""
    set_stamp(message.header.stamp, estimate.stamp)
    pose, half = message.pose.pose, 0.5 * estimate.pose.yaw
    pose.position.x, pose.position.y = estimate.pose.x, estimate.pose.y
    pose.orientation.z, pose.orientation.w = math.sin(half), math.cos(half)
    covariance = message.pose.covariance
    covariance[0] = covariance[7] = estimate.position_variance
    covariance[35] = estimate.yaw_variance
    twist = message.twist.twist
    twist.linear.x, twist.linear.y, twist.angular.z = estimate.vx, estimate.vy, estimate.wz


def make_odometry(linear_variance: float, angular_variance: float) -> Odometry:
    """Message with everything that never changes; height, roll and pitch are exact by design."""
    message = Odometry(child_frame_id=BASE_FOOTPRINT)
    message.header.frame_id = ODOM
    for index in (14, 21, 28):
        message.pose.covariance[index] = 1e-9
        message.twist.covariance[index] = 1e-9
    message.twist.covariance[0] = message.twist.covariance[7] = linear_variance
    message.twist.covariance[35] = angular_variance
    return message


def to_scan(scan: Scan, period: float) -> LaserScan:
    """One revolution; ``period``: time between revolutions [s]."""
    message = LaserScan(
        angle_min=scan.angle_min,
        angle_max=scan.angle_min + scan.angle_increment * (len(scan.ranges) - 1),
        angle_increment=scan.angle_increment,
        scan_time=period,
        range_min=scan.range_min,
        range_max=scan.range_max,
        ranges=array("f", np.asarray(scan.ranges, np.float32).tobytes()),
    )
    message.header.frame_id = scan.frame
    set_stamp(message.header.stamp, scan.stamp)
    return message


def fill_imu(message: Imu, reading: ImuReading) -> None:
    """Write a reading into a message made by :func:`make_imu`."""
    set_stamp(message.header.stamp, reading.stamp)
    q, w, a = message.orientation, message.angular_velocity, message.linear_acceleration
    q.x, q.y, q.z, q.w = reading.orientation.tolist()
    w.x, w.y, w.z = reading.angular_velocity.tolist()
    a.x, a.y, a.z = reading.linear_acceleration.tolist()


def make_imu() -> Imu:
    """Message with frame and (assumed) covariances."""
    message = Imu()
    message.header.frame_id = IMU
    message.orientation_covariance[:] = np.diag([1e-4, 1e-4, 1e-2]).ravel()
    message.angular_velocity_covariance[:] = (1e-4 * np.eye(3)).ravel()
    message.linear_acceleration_covariance[:] = (1e-2 * np.eye(3)).ravel()
    return message


def to_battery(reading: BatteryReading) -> BatteryState:
    """State of the pack; what the port does not say stays NaN."""
    status = (
        BatteryState.POWER_SUPPLY_STATUS_CHARGING
        if reading.charging
        else BatteryState.POWER_SUPPLY_STATUS_DISCHARGING
    )
    message = BatteryState(
        voltage=reading.voltage,
        current=reading.current,
        percentage=reading.percentage,
        charge=math.nan,
        capacity=math.nan,
        design_capacity=math.nan,
        temperature=math.nan,
        power_supply_status=status,
        power_supply_technology=BatteryState.POWER_SUPPLY_TECHNOLOGY_LION,
        present=True,
    )
    set_stamp(message.header.stamp, reading.stamp)
    return message


def to_touch(reading: TouchReading) -> JointState:
    """Fingertip pressures [N] as efforts."""
    message = JointState(
        name=list(reading.force), effort=[float(force) for force in reading.force.values()]
    )
    set_stamp(message.header.stamp, reading.stamp)
    return message


def from_trajectory_goal(goal: Any) -> Goal:
    """Decode a FollowJointTrajectory goal; checking is the core's."""
    trajectory = goal.trajectory
    start = from_time(trajectory.header.stamp)
    return Goal(
        tuple(trajectory.joint_names),
        [
            Waypoint(
                _seconds(point.time_from_start),
                point.positions,
                point.velocities,
                point.accelerations,
            )
            for point in trajectory.points
        ],
        start if start > 0.0 else None,
        {item.name: item.position for item in goal.path_tolerance},
        {item.name: item.position for item in goal.goal_tolerance},
        _seconds(goal.goal_time_tolerance),
    )


def to_trajectory_feedback(names: tuple[str, ...], snapshot: Snapshot, stamp: float) -> Any:
    """Feedback of FollowJointTrajectory."""
    message = FollowJointTrajectory.Feedback(joint_names=list(names))
    set_stamp(message.header.stamp, stamp)
    error = snapshot.desired - snapshot.actual
    error_rate = snapshot.desired_velocity - snapshot.actual_velocity
    message.desired = _point(snapshot.time, snapshot.desired, snapshot.desired_velocity)
    message.actual = _point(snapshot.time, snapshot.actual, snapshot.actual_velocity)
    message.error = _point(snapshot.time, error, error_rate)
    return message


def _point(
    time: float, position: npt.NDArray[np.float64], velocity: npt.NDArray[np.float64]
) -> JointTrajectoryPoint:
    nanoseconds = round(time * 1e9)
    return JointTrajectoryPoint(
        positions=doubles(position),
        velocities=doubles(velocity),
        time_from_start=Duration(sec=nanoseconds // 10**9, nanosec=nanoseconds % 10**9),
    )


def _seconds(duration: Duration) -> float:
    return float(duration.sec) + float(duration.nanosec) * 1e-9
