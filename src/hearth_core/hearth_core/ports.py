"""What a body part is, whoever built it: the one line between simulation and hardware.

``hearth_drivers`` turns these ports into standard topics, controllers and safety behaviour.
Below the line stand MuJoCo (``hearth_sim``), real buses, and the fakes used in tests.

Time is seconds of the robot's clock (simulated or real). Callbacks are called by the
hardware's own thread, one at a time, and must be short.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class JointReading:
    """State of a group at one moment; arrays of shape (N,) in the group's joint order."""

    stamp: float
    position: Array
    """[rad] or [m]."""
    velocity: Array
    """[rad/s] or [m/s]."""
    effort: Array
    """[Nm] or [N]."""


@dataclass(frozen=True)
class JointLimits:
    """Limits of one joint; effort and velocity are magnitudes."""

    lower: float
    upper: float
    velocity: float
    acceleration: float
    effort: float


@runtime_checkable
class JointGroupPort(Protocol):
    """Position-controlled joints on one bus."""

    @property
    def names(self) -> Sequence[str]:
        """Joint names in command order."""

    @property
    def limits(self) -> Mapping[str, JointLimits]:
        """Limits by joint name."""

    def read(self) -> JointReading:
        """Newest reading of the commanded joints."""

    def read_all(self) -> tuple[Sequence[str], JointReading]:
        """Newest reading with the coupled (not commanded) joints too."""

    def command(self, position: Array, velocity: Array | None = None) -> None:
        """Set position targets [rad or m], shape (N,), with optional feed-forward velocity."""

    def set_effort_scale(self, scale: float) -> None:
        """Limit the effort of every joint to ``scale`` (0..1] of its rating (compliant grasp)."""

    def halt(self) -> None:
        """Hold the present position."""


@dataclass(frozen=True)
class BaseReading:
    """What the wheels say: travel integrated by the encoders, with their slip."""

    stamp: float
    x: float
    """Integrated pose since power-on [m], in the frame where the base stood then."""
    y: float
    yaw: float
    vx: float
    """Velocity of base_footprint in base_footprint [m/s]."""
    vy: float
    wz: float
    """[rad/s]."""


@runtime_checkable
class BasePort(Protocol):
    """A wheeled base that takes velocities."""

    def read(self) -> BaseReading:
        """Newest odometry of the wheels."""

    def command(self, vx: float, vy: float, wz: float) -> None:
        """Drive at this velocity of base_footprint [m/s, m/s, rad/s] until told otherwise."""


@dataclass(frozen=True)
class Scan:
    """One revolution of a planar lidar; angles in the lidar's frame, counter-clockwise."""

    stamp: float
    frame: str
    angle_min: float
    angle_increment: float
    range_min: float
    range_max: float
    ranges: npt.NDArray[np.float32]
    """[m], shape (N,); inf: nothing within range_max; nan: no measurement."""


@dataclass(frozen=True)
class CameraModel:
    """Pinhole intrinsics of one stream (no distortion unless D is given)."""

    width: int
    height: int
    fx: float
    fy: float
    cx: float
    cy: float
    frame: str
    """Optical frame: x right, y down, z forward."""
    distortion: tuple[float, ...] = ()


@dataclass(frozen=True)
class Frame:
    """What a camera saw at one moment. Streams nobody wants are None."""

    stamp: float
    color: npt.NDArray[np.uint8] | None
    """RGB, shape (H, W, 3)."""
    depth: npt.NDArray[np.float32] | None
    """[m] along z, shape (H, W); 0 or nan: no measurement."""


@runtime_checkable
class CameraPort(Protocol):
    """A colour or colour-and-depth camera that works only for those who look."""

    @property
    def name(self) -> str:
        """``head_camera``, ``left_wrist_camera``, ..."""

    @property
    def color(self) -> CameraModel:
        """Intrinsics of the colour stream."""

    @property
    def depth(self) -> CameraModel | None:
        """Intrinsics of the depth stream, registered to colour; None: colour only."""

    def want(self, color: bool, depth: bool, rate: float) -> None:
        """Which streams somebody reads now, and how often [Hz]; (False, False) stops."""

    def listen(self, callback: Callable[[Frame], None]) -> None:
        """Call back with every frame."""


@dataclass(frozen=True)
class ImuReading:
    """Inertial measurement in the IMU's frame (REP 145)."""

    stamp: float
    orientation: Array
    """Quaternion x, y, z, w, shape (4,)."""
    angular_velocity: Array
    """[rad/s], shape (3,)."""
    linear_acceleration: Array
    """[m/s2] including gravity, shape (3,)."""


@dataclass(frozen=True)
class BatteryReading:
    """State of the pack."""

    stamp: float
    percentage: float
    """0..1, nan when unknown."""
    voltage: float
    current: float
    """[A], negative when discharging."""
    charging: bool


@dataclass(frozen=True)
class TouchReading:
    """Fingertip pressure by link name [N]."""

    stamp: float
    force: Mapping[str, float]


@runtime_checkable
class RobotHardware(Protocol):
    """Everything one robot is made of."""

    @property
    def robot_description(self) -> str:
        """URDF text."""

    @property
    def groups(self) -> Mapping[str, JointGroupPort]:
        """Joint groups by the names of ``hearth_core.frames.GROUPS``."""

    @property
    def base(self) -> BasePort:
        """The wheels."""

    @property
    def cameras(self) -> Mapping[str, CameraPort]:
        """Cameras by name."""

    def listen_scan(self, callback: Callable[[Scan], None]) -> None:
        """Call back with every revolution of the lidar."""

    def imu(self) -> ImuReading:
        """Newest inertial reading."""

    def battery(self) -> BatteryReading:
        """Newest battery reading."""

    def touch(self) -> TouchReading:
        """Newest fingertip pressures of both hands."""

    def add_cycle(self, period: float, callback: Callable[[float], None]) -> None:
        """Call ``callback(now)`` every ``period`` [s] of the robot's clock, without drift."""

    def close(self) -> None:
        """Stop everything and let go of the buses."""
