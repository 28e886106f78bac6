"""Readings of the ports as topics, published in the hardware's own thread."""

from __future__ import annotations

import numpy as np
from geometry_msgs.msg import TransformStamped
from hearth_core.frames import BASE_FOOTPRINT, ODOM
from hearth_core.ports import RobotHardware, Scan
from hearth_nodekit.topics import (
    BATTERY_STATE,
    IMU,
    JOINT_STATES,
    SCAN,
    TF,
    TOUCH,
)
from hearth_nodekit.topics import (
    ODOM as ODOM_TOPIC,
)
from rclpy.node import Node
from sensor_msgs.msg import JointState
from tf2_msgs.msg import TFMessage

from hearth_drivers.core.odometry import OdometryModel, OdometrySettings
from hearth_drivers.messages import (
    doubles,
    fill_imu,
    fill_odometry,
    make_imu,
    make_odometry,
    set_stamp,
    to_battery,
    to_scan,
    to_touch,
)


class SensorPublishers:
    """Publishes joints, odometry, scan, IMU, touch and battery; messages are used again.

    Every method runs in the hardware's thread.
    """

    def __init__(self, node: Node, hardware: RobotHardware, settings: OdometrySettings) -> None:
        self._hardware = hardware
        self._groups = list(hardware.groups.values())
        self._joints = JOINT_STATES.publisher(node)
        names = [name for group in self._groups for name in group.read_all()[0]]
        self._joint_message = JointState(name=names)
        self._odometry = OdometryModel(settings)
        self._odom = ODOM_TOPIC.publisher(node)
        self._odom_message = make_odometry(*self._odometry.velocity_variances)
        self._tf = TF.publisher(node)
        link = TransformStamped(child_frame_id=BASE_FOOTPRINT)
        link.header.frame_id = ODOM
        self._tf_message = TFMessage(transforms=[link])
        self._imu = IMU.publisher(node)
        self._imu_message = make_imu()
        self._touch = TOUCH.publisher(node)
        self._battery = BATTERY_STATE.publisher(node)
        self._scan = SCAN.publisher(node)
        self._last_scan: float | None = None
        hardware.listen_scan(self.publish_scan)

    def publish_joints(self) -> None:
        """All joints, the coupled ones too."""
        readings = [group.read_all()[1] for group in self._groups]
        message = self._joint_message
        set_stamp(message.header.stamp, readings[0].stamp)
        message.position = doubles(np.concatenate([r.position for r in readings]))
        message.velocity = doubles(np.concatenate([r.velocity for r in readings]))
        message.effort = doubles(np.concatenate([r.effort for r in readings]))
        self._joints.publish(message)

    def publish_odometry(self) -> None:
        """``odom`` and the transform odom -> base_footprint."""
        message = self._odom_message
        fill_odometry(message, self._odometry.update(self._hardware.base.read()))
        self._odom.publish(message)
        link, pose = self._tf_message.transforms[0], message.pose.pose
        link.header.stamp = message.header.stamp
        link.transform.translation.x = pose.position.x
        link.transform.translation.y = pose.position.y
        link.transform.rotation = pose.orientation
        self._tf.publish(self._tf_message)

    def publish_body(self) -> None:
        """IMU and fingertips."""
        fill_imu(self._imu_message, self._hardware.imu())
        self._imu.publish(self._imu_message)
        self._touch.publish(to_touch(self._hardware.touch()))

    def publish_battery(self) -> None:
        """State of the pack."""
        self._battery.publish(to_battery(self._hardware.battery()))

    def publish_scan(self, scan: Scan) -> None:
        """One revolution of the lidar."""
        period = 0.0 if self._last_scan is None else max(0.0, scan.stamp - self._last_scan)
        self._last_scan = scan.stamp
        self._scan.publish(to_scan(scan, period))
