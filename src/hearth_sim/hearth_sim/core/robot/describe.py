"""What was built, by name, for the world."""

from collections.abc import Mapping, Sequence

from hearth_core.errors import BadInputError
from hearth_core.frames import GROUPS
from hearth_core.ports import JointLimits
from hearth_description.core.parts import CameraSpec, Joint
from hearth_description.core.postures import load_srdf

from hearth_sim.core.handles import CameraHandle, JointHandle, RobotHandles
from hearth_sim.core.robot.base_drive import WHEEL, FreeBase
from hearth_sim.core.robot.joints import carries_weight
from hearth_sim.core.robot.names import WEIGHT, Scope

REST = "carry"
"""Posture of the arms at reset."""


def describe(
    scope: Scope, drives: tuple[str, str, str], rest: Mapping[str, float] | None
) -> RobotHandles:
    """Handles of a robot that has just been added.

    Raises:
        BadInputError: The model lacks a lidar or an IMU.
    """
    model = scope.model
    if not model.sensors.lidars or not model.sensors.imus:
        raise BadInputError(f"robot model {model.name!r} needs a lidar and an imu")
    imu = model.sensors.imus[0]
    if rest is None:
        rest = load_srdf(model).posture(REST)
    carried = [joint.name for joint in model.joints.values() if carries_weight(joint)]
    positions = model.kinematics.vector(rest)
    return RobotHandles(
        name=scope.name,
        urdf=model.urdf,
        root_body=scope.of(model.root),
        base=FreeBase(
            drives,
            [scope.of(name) for name in carried],
            [scope.of(name + WEIGHT) for name in carried],
        ),
        groups={group: _joints(scope, names) for group, names in GROUPS.items()},
        cameras=[_camera(scope, camera) for camera in model.sensors.cameras],
        lidar_site=scope.of(model.sensors.lidars[0].link),
        imu_site=scope.of(imu.link),
        gyro=scope.of(f"{imu.name}_gyro"),
        accelerometer=scope.of(f"{imu.name}_accelerometer"),
        orientation=scope.of(f"{imu.name}_orientation"),
        touch={link: scope.of(link) for link in scope.touch_links()},
        # The wheels are geoms of the root body.
        wheel_bodies=[scope.of(model.root)] if any(WHEEL in n for n in model.links) else [],
        rest=dict(zip(model.kinematics.names, positions.tolist(), strict=True)),
    )


def _joints(scope: Scope, names: Sequence[str]) -> list[JointHandle]:
    """Joints of a group, and after them those that mimic one of them."""
    model = scope.model
    coupled = [j.name for j in model.joints.values() if j.mimic and j.mimic.joint in names]
    return [_joint(scope, model.joint(name)) for name in [*names, *coupled]]


def _joint(scope: Scope, joint: Joint) -> JointHandle:
    if joint.limits is None:
        raise BadInputError(f"joint {joint.name!r} has no limits")
    limits = joint.limits
    return JointHandle(
        joint.name,
        scope.of(joint.name),
        JointLimits(
            limits.lower, limits.upper, limits.velocity, limits.acceleration, limits.effort
        ),
        scope.of(joint.name) if joint.mimic is None else None,
    )


def _camera(scope: Scope, camera: CameraSpec) -> CameraHandle:
    color, depth = (
        camera.link.removesuffix("_link") + f"_{stream}_optical_frame"
        for stream in ("color", "depth")
    )
    return CameraHandle(
        camera.name,
        scope.of(camera.name),
        camera.width,
        camera.height,
        color,
        depth if camera.has_depth else None,
    )
