"""robot_description, tf_static and tf of the robot's joints, where ROS brings no such node."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from hearth_core.errors import FileFormatError, UnknownNameError
from hearth_core.frames import HAND_JOINTS
from hearth_nodekit.convert import from_time, to_transform_stamped
from hearth_nodekit.params import declare, param
from hearth_nodekit.running import run
from hearth_nodekit.topics import JOINT_STATES, ROBOT_DESCRIPTION, TF, TF_STATIC
from rclpy.node import Node
from sensor_msgs.msg import JointState
from std_msgs.msg import String
from tf2_msgs.msg import TFMessage

from hearth_description.core.model import RobotModel, find_model, load_urdf, parse_urdf
from hearth_description.core.mounts import read_mounts, remount
from hearth_description.core.publishing import JointTransforms, fixed_transforms


@dataclass(frozen=True)
class Config:
    """Parameters of the robot state publisher."""

    model: str = param("cloid", "Model in urdf/, unless robot_description is given.")
    robot_description: str = param("", "URDF text; empty: read the model's file.")
    calibration: str = param(
        "", "Measured mounts of sensors (./hearth calibrate writes the file); empty: as drawn."
    )
    rate: float = param(30.0, "Transforms of torso, arms, head.", unit="Hz", low=1.0, high=100.0)
    hand_rate: float = param(10.0, "Transforms of fingers.", unit="Hz", low=1.0, high=100.0)


class RobotStatePublisherNode(Node):
    """joint_states -> tf."""

    def __init__(self, **options: Any) -> None:
        super().__init__("robot_state_publisher", **options)
        config = declare(self, Config)
        model = _load(config)
        self._tf = TF.publisher(self)
        self._static = TF_STATIC.publisher(self)
        self._description = ROBOT_DESCRIPTION.publisher(self)
        fingers = _fingers(model)
        others = [name for name in model.kinematics.names if name not in fingers]
        self._parts = (
            JointTransforms(model, others, config.rate),
            JointTransforms(model, fingers, config.hand_rate),
        )
        self._description.publish(String(data=model.urdf))
        self._static.publish(
            TFMessage(
                transforms=[
                    to_transform_stamped(parent, child, transform, 0.0)
                    for parent, child, transform in fixed_transforms(model)
                ]
            )
        )
        JOINT_STATES.subscribe(self, self._on_joints)

    def _on_joints(self, message: JointState) -> None:
        stamp, positions = from_time(message.header.stamp), np.asarray(message.position)
        for part in self._parts:
            serialized = part.update(stamp, message.name, positions)
            if serialized is not None:
                self._tf.publish(serialized)


def _load(config: Config) -> RobotModel:
    if config.robot_description:
        model = parse_urdf(config.robot_description)
    else:
        model = load_urdf(find_model(config.model))
    if not config.calibration:
        return model
    file = Path(config.calibration)
    try:
        return parse_urdf(remount(model.urdf, read_mounts(file)))
    except UnknownNameError as error:
        raise FileFormatError(str(file), "joints", str(error)) from error


def _fingers(model: RobotModel) -> list[str]:
    """Joints of the hands, coupled ones too."""
    driven = {name for names in HAND_JOINTS.values() for name in names}
    return [
        joint.name
        for joint in model.kinematics.moving
        if joint.name in driven or (joint.mimic is not None and joint.mimic.joint in driven)
    ]


def make_node(**options: Any) -> RobotStatePublisherNode:
    """The node, for the container."""
    return RobotStatePublisherNode(**options)


def main(args: Sequence[str] | None = None) -> None:
    """Entry point of ``ros2 run hearth_description robot_state_publisher``."""
    run(make_node, args)


if __name__ == "__main__":
    main()
