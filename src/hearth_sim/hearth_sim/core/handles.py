"""What the world needs to know about the parts that were put into its model.

``core/robot`` and ``core/home`` build bodies into one ``mujoco.MjSpec`` and say here, by name,
what they built. Names are looked up once, after compilation; one the model lacks is an error.
Everything of a robot is called ``<robot>/<link or joint>``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import mujoco
from hearth_core.geometry import Pose2
from hearth_core.ports import JointLimits

if TYPE_CHECKING:
    from hearth_sim.core.people.crowd import Crowd

StepHook = Callable[[mujoco.MjModel, mujoco.MjData], None]
"""Called in the physics thread before steps; may write ``data.qfrc_applied`` and ``ctrl``."""


@dataclass(frozen=True)
class JointHandle:
    """One joint of a robot as the outside knows it."""

    name: str
    """Name in the URDF, ``joint_states`` and ``hearth_core.frames``."""
    mj_joint: str
    limits: JointLimits
    actuator: str | None = None
    """Position actuator (ctrl [rad or m]); None: coupled or passive."""


@dataclass(frozen=True)
class CameraHandle:
    """One camera of a robot."""

    name: str
    """``head_camera``, ``left_wrist_camera``, ..."""
    mj_camera: str
    width: int
    height: int
    frame: str
    """Optical frame of the colour stream."""
    depth_frame: str | None = None
    """Optical frame of the registered depth stream; None: colour only."""


Drive = Callable[[mujoco.MjData, float, float, float], None]
"""Writes controls or forces: the base shall move at vx, vy [m/s], wz [rad/s] of its own frame."""


class BaseHandle(Protocol):
    """How the base is driven, whatever it stands on."""

    @property
    def period(self) -> float:
        """Longest time [s] between two calls of the drive; 0: before every physics step."""

    def bind(self, model: mujoco.MjModel) -> Drive:
        """Look names up in the compiled model."""


@dataclass(frozen=True)
class PlanarBase:
    """Slide x, slide y, hinge z in the axes of the body's parent, one velocity actuator each."""

    joints: tuple[str, str, str]
    actuators: tuple[str, str, str]
    period: float = 0.01

    def bind(self, model: mujoco.MjModel) -> Drive:
        """Look names up in the compiled model."""
        yaw = int(model.joint(self.joints[2]).qposadr[0])
        controls = [int(model.actuator(name).id) for name in self.actuators]

        def drive(data: mujoco.MjData, vx: float, vy: float, wz: float) -> None:
            cos, sin = math.cos(data.qpos[yaw]), math.sin(data.qpos[yaw])
            data.ctrl[controls] = (cos * vx - sin * vy, sin * vx + cos * vy, wz)

        return drive


@dataclass(frozen=True)
class RobotHandles:
    """What ``add_robot`` built."""

    name: str
    urdf: str
    """The robot's description as text."""
    root_body: str
    """Body at base_footprint; all bodies below it are the robot's."""
    base: BaseHandle
    groups: Mapping[str, Sequence[JointHandle]]
    """Joint groups by the names of ``hearth_core.frames.GROUPS``; coupled joints last."""
    cameras: Sequence[CameraHandle]
    lidar_site: str
    imu_site: str
    gyro: str
    """Sensor names; the IMU's are in ``imu_site``'s frame."""
    accelerometer: str
    orientation: str
    touch: Mapping[str, str]
    """MuJoCo touch sensor by fingertip link."""
    wheel_bodies: Sequence[str] = ()
    """Bodies whose contact with the floor is no event."""
    rest: Mapping[str, float] = field(default_factory=dict)
    """Starting position by joint name; 0 where missing."""


@dataclass(frozen=True)
class HomeHandles:
    """What ``add_home`` built."""

    objects: Mapping[str, str]
    """Body with a free joint, by the object's id."""
    articulations: Mapping[str, str]
    """MuJoCo hinge or slide by name (``refrigerator/door``)."""
    charger: Pose2 | None = None
    """Where base_footprint stands when charging; None: no charger."""
    floor_geoms: Sequence[str] = ("floor",)
    wall_bodies: Sequence[str] = ()
    """Fixed bodies whose boxes may be cut to look into rooms from above."""
    start_poses: Sequence[Pose2] = ()
    """Of robot 1, 2, ...; drawn by the scenario."""
    hooks: Sequence[StepHook] = ()
    people: Crowd | None = None
    """Who walks about; a hook of its own. None: nobody."""
    hook_period: float = 0.01
    """Longest time [s] between two calls of the hooks; 0: before every step."""
