"""Which frame a pose is given in."""

from __future__ import annotations

import numpy as np
from geometry_msgs.msg import Pose
from hearth_core.frames import ODOM
from hearth_core.geometry import Transform
from hearth_nodekit.convert import from_pose
from hearth_nodekit.transforms import TransformError, TransformStore

from hearth_manipulation.core.kinematics import Array
from hearth_manipulation.core.model import RobotModel
from hearth_manipulation.moveit.codes import RequestError


class Frames:
    """Frames by name: the planning frame (odom, or none given), links, and the rest by tf."""

    def __init__(self, model: RobotModel, q: Array, transforms: TransformStore) -> None:
        """Links stand as in the configuration ``q``."""
        self._model = model
        self._q = q
        self._transforms = transforms

    def __call__(self, name: str) -> Transform:
        """``odom_from_frame``.

        Raises:
            RequestError: ``bad_frame``: nobody knows it.
        """
        name = name.lstrip("/")
        if name in {"", ODOM}:
            return Transform.identity()
        if name in self._model.links:
            return self._model.pose(self._q, name)
        try:
            return self._transforms.lookup(ODOM, name)
        except TransformError as error:
            raise RequestError("bad_frame", str(error)) from error

    def pose(self, frame: str, message: Pose) -> Transform:
        """A pose given in a frame, in odom.

        Raises:
            RequestError: ``bad_frame``, or ``bad_goal``: no rotation, or not finite.
        """
        return self(frame) @ to_pose(message)


def to_pose(message: Pose) -> Transform:
    """A pose as it stands; a quaternion of zeros, as messages have it unset, is no rotation.

    Raises:
        RequestError: ``bad_goal``: no rotation, or not finite.
    """
    try:
        pose = from_pose(message)
    except ValueError as error:
        raise RequestError("bad_goal", str(error)) from error
    if not np.all(np.isfinite(pose.matrix())):
        raise RequestError("bad_goal", "the pose is not finite")
    return pose
