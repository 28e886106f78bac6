"""What a robot is made of: shapes, links, joints, sensors. SI units."""

from dataclasses import dataclass, field
from enum import Enum

import numpy as np
import numpy.typing as npt
from hearth_core.geometry import Transform

Array = npt.NDArray[np.float64]
Rgba = tuple[float, float, float, float]


@dataclass(frozen=True)
class Box:
    """Box with edges ``size`` [m] along x, y, z, centred."""

    size: tuple[float, float, float]


@dataclass(frozen=True)
class Cylinder:
    """Cylinder along z, centred [m]."""

    radius: float
    length: float


@dataclass(frozen=True)
class Capsule:
    """Cylinder along z with round ends, centred; ``length`` [m] without the ends."""

    radius: float
    length: float


@dataclass(frozen=True)
class Sphere:
    """Sphere, centred [m]."""

    radius: float


Shape = Box | Cylinder | Capsule | Sphere


@dataclass(frozen=True, eq=False)
class Geometry:
    """A shape standing in a link."""

    shape: Shape
    link_from_shape: Transform
    color: Rgba | None = None
    """None: the link's maker gave no colour."""


@dataclass(frozen=True, eq=False)
class Inertial:
    """Mass [kg], centre of mass [m] and inertia about it [kg m2], in the link's axes."""

    mass: float
    com: Array
    inertia: Array
    """Shape (3, 3)."""


@dataclass(frozen=True, eq=False)
class Link:
    """A rigid part; ``inertial`` None: a mere frame."""

    name: str
    inertial: Inertial | None = None
    visuals: tuple[Geometry, ...] = ()
    collisions: tuple[Geometry, ...] = ()
    friction: float | None = None
    """Coulomb coefficient of its surface; None: ordinary."""


class JointKind(Enum):
    """Kinds of joint the project uses."""

    FIXED = "fixed"
    REVOLUTE = "revolute"
    CONTINUOUS = "continuous"
    PRISMATIC = "prismatic"


@dataclass(frozen=True)
class Mimic:
    """Coupling: position = multiplier * position of ``joint`` + offset."""

    joint: str
    multiplier: float = 1.0
    offset: float = 0.0


@dataclass(frozen=True)
class Limits:
    """[rad, rad/s, rad/s2, Nm], of a slide [m, N]; velocity and on are magnitudes."""

    lower: float
    upper: float
    velocity: float
    acceleration: float
    effort: float


@dataclass(frozen=True, eq=False)
class Joint:
    """Connection of two links; ``axis`` (3,) is a unit vector in the child's frame."""

    name: str
    kind: JointKind
    parent: str
    child: str
    parent_from_joint: Transform
    axis: Array
    limits: Limits | None = None
    mimic: Mimic | None = None
    damping: float = 0.0

    @property
    def moves(self) -> bool:
        """Whether it has a degree of freedom."""
        return self.kind is not JointKind.FIXED


@dataclass(frozen=True)
class CameraSpec:
    """A camera looking along +x of ``link``."""

    name: str
    link: str
    width: int
    height: int
    horizontal_fov: float
    """[rad]."""
    near: float
    far: float
    rate: float
    has_depth: bool

    @property
    def focal(self) -> float:
        """Focal length fx = fy [px]; the principal point is the image's centre."""
        return float(0.5 * self.width / np.tan(0.5 * self.horizontal_fov))

    @property
    def vertical_fov(self) -> float:
        """[rad]."""
        return float(2.0 * np.arctan(0.5 * self.height / self.focal))


@dataclass(frozen=True)
class LidarSpec:
    """A planar lidar turning about z of ``link``."""

    name: str
    link: str
    samples: int
    angle_min: float
    angle_max: float
    range_min: float
    range_max: float
    noise: float
    """Standard deviation of a range [m]."""
    rate: float


@dataclass(frozen=True)
class ImuSpec:
    """An inertial unit in ``link``."""

    name: str
    link: str
    rate: float


@dataclass(frozen=True)
class Sensors:
    """Everything mounted on the robot that measures."""

    cameras: tuple[CameraSpec, ...] = ()
    lidars: tuple[LidarSpec, ...] = ()
    imus: tuple[ImuSpec, ...] = ()


@dataclass(frozen=True)
class Extras:
    """What URDF keeps in ``<gazebo>``: frictions and accelerations by name, sensors."""

    friction: dict[str, float] = field(default_factory=dict)
    acceleration: dict[str, float] = field(default_factory=dict)
    sensors: Sensors = Sensors()
