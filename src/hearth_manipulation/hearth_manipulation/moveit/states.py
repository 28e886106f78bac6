"""RobotState and RobotTrajectory messages as configurations and trajectories, and back."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

import numpy as np
from builtin_interfaces.msg import Duration
from geometry_msgs.msg import Transform as TransformMessage
from hearth_core.frames import BASE_FOOTPRINT, ODOM
from hearth_core.geometry import Pose2
from hearth_nodekit.convert import from_transform, to_time, to_transform
from moveit_msgs.msg import RobotState, RobotTrajectory
from trajectory_msgs.msg import JointTrajectoryPoint

from hearth_manipulation.core.kinematics import Array
from hearth_manipulation.core.model import BASE_DOFS, RobotModel
from hearth_manipulation.core.timing import Trajectory
from hearth_manipulation.moveit.codes import RequestError

BASE_JOINT = "base_joint"
"""The base as MoveIt knows it: a planar joint between odom and base_footprint."""


def to_configuration(
    message: RobotState, model: RobotModel, now: Array, joints: Collection[str]
) -> Array:
    """Full configuration of a state; what it does not name is as it is now.

    A state without joints means the present state, as clients send it.

    Args:
        message: The state.
        model: The robot.
        now: Full configuration, shape (D,).
        joints: All joints the robot has; those that follow others are passed over.

    Raises:
        RequestError: ``bad_state``: unknown joints, wrong lengths or values that are not finite.
    """
    q = np.array(now, float)
    names, values = message.joint_state.name, message.joint_state.position
    if message.attached_collision_objects:
        raise RequestError("not_supported", "things are attached by apply_planning_scene only")
    if len(names) != len(values):
        raise RequestError(
            "bad_state", f"the state names {len(names)} joints but gives {len(values)} positions"
        )
    for name, value in zip(names, values, strict=True):
        if not math.isfinite(value):
            raise RequestError("bad_state", f"the state's {name} is not finite")
        if name in model.dofs:
            q[model.dof(name)] = value
        elif name not in joints:
            raise RequestError("bad_state", f"no joint {name!r}; known: {sorted(joints)}")
    base = message.multi_dof_joint_state
    for name, transform in zip(base.joint_names, base.transforms, strict=False):
        if name != BASE_JOINT:
            raise RequestError("bad_state", f"no joint {name!r}; the base is {BASE_JOINT!r}")
        pose = _planar(transform)
        q[:3] = pose.x, pose.y, pose.yaw
    return q


def to_state(model: RobotModel, q: Array, stamp: float) -> RobotState:
    """State message of a full configuration, the base as a planar joint."""
    state = RobotState()
    state.joint_state.header.stamp = to_time(stamp)
    state.joint_state.header.frame_id = BASE_FOOTPRINT
    first = len(BASE_DOFS)
    state.joint_state.name = list(model.dofs[first:])
    state.joint_state.position = [float(v) for v in q[first:]]
    state.multi_dof_joint_state.header.frame_id = ODOM
    state.multi_dof_joint_state.header.stamp = to_time(stamp)
    state.multi_dof_joint_state.joint_names = [BASE_JOINT]
    pose = Pose2(float(q[0]), float(q[1]), float(q[2])).lift()
    state.multi_dof_joint_state.transforms = [to_transform(pose)]
    return state


def to_robot_trajectory(trajectory: Trajectory) -> RobotTrajectory:
    """Message of a trajectory."""
    message = RobotTrajectory()
    message.joint_trajectory.header.frame_id = BASE_FOOTPRINT
    message.joint_trajectory.joint_names = list(trajectory.joints)
    slopes = np.gradient(trajectory.velocities, trajectory.times, axis=0)
    slopes[0] = slopes[-1] = 0.0
    message.joint_trajectory.points = [
        JointTrajectoryPoint(
            positions=p.tolist(),
            velocities=v.tolist(),
            accelerations=a.tolist(),
            time_from_start=to_duration(float(t)),
        )
        for t, p, v, a in zip(
            trajectory.times, trajectory.positions, trajectory.velocities, slopes, strict=True
        )
    ]
    return message


def from_robot_trajectory(message: RobotTrajectory, known: Sequence[str]) -> Trajectory:
    """Trajectory of a message.

    Raises:
        RequestError: ``bad_trajectory``: empty, unknown joints, wrong lengths, times that do not
            increase, values that are not finite, or motion of floating joints.
    """
    joints = message.joint_trajectory
    if message.multi_dof_joint_trajectory.points:
        raise RequestError("bad_trajectory", "multi-DOF trajectories are not carried out")
    names, points = tuple(joints.joint_names), joints.points
    if not names or not points:
        raise RequestError("bad_trajectory", "the trajectory has no joints or no points")
    unknown = [name for name in names if name not in known]
    if unknown or len(set(names)) < len(names):
        raise RequestError(
            "bad_trajectory", f"joints unknown or named twice: {unknown or list(names)}"
        )
    for number, point in enumerate(points):
        if len(point.positions) != len(names) or len(point.velocities) not in {0, len(names)}:
            raise RequestError("bad_trajectory", f"point {number} has not {len(names)} values")
    times = np.array([p.time_from_start.sec + p.time_from_start.nanosec * 1e-9 for p in points])
    positions = np.array([p.positions for p in points], float)
    if all(len(p.velocities) for p in points):
        velocities = np.array([p.velocities for p in points], float)
    else:
        velocities = _slopes(times, positions)
    numbers = np.concatenate([times, positions.ravel(), velocities.ravel()])
    if not np.all(np.isfinite(numbers)):
        raise RequestError("bad_trajectory", "the trajectory is not finite")
    if times[0] < 0.0 or np.any(np.diff(times) <= 0.0):
        raise RequestError("bad_trajectory", "the times of the points do not increase")
    return Trajectory(names, times, positions, velocities)


def to_duration(seconds: float) -> Duration:
    """Message of a duration [s]."""
    nanoseconds = round(seconds * 1e9)
    return Duration(sec=nanoseconds // 10**9, nanosec=nanoseconds % 10**9)


def _slopes(times: Array, positions: Array) -> Array:
    if len(times) < 3:
        return np.zeros_like(positions)
    slopes = np.asarray(np.gradient(positions, times, axis=0), float)
    slopes[0] = slopes[-1] = 0.0
    return slopes


def _planar(message: TransformMessage) -> Pose2:
    try:
        return from_transform(message).planar()
    except ValueError as error:
        raise RequestError("bad_state", f"{BASE_JOINT}: {error}") from error
