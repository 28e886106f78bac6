"""Servo stiffness of every joint, from its effort limit."""

from dataclasses import dataclass

from hearth_core.errors import BadInputError, UnknownNameError
from hearth_core.frames import GROUPS
from hearth_description.core.parts import Joint

ROTOR_FREQUENCY = 80.0
"""[rad/s] natural frequency of a servo that moves nothing but its own rotor: gives its inertia."""


@dataclass(frozen=True)
class Servo:
    """Position servo: stiffness [Nm/rad], reflected rotor inertia [kg m2], damping ratio."""

    stiffness: float
    armature: float
    damping_ratio: float


SATURATION = {
    "torso": 0.03,
    "arm": 0.04,
    "wrist": 0.06,
    "head": 0.05,
    "thumb": 0.10,
    "hand": 0.30,
}
"""Position error at which a servo gives its full effort [rad]: ASSUMED, drives are not public."""


def servo(joint: Joint) -> Servo:
    """Servo of an actuated joint.

    Raises:
        UnknownNameError: The joint belongs to no group.
        BadInputError: It has no limits.
    """
    if joint.limits is None:
        raise BadInputError(f"joint {joint.name!r} has no limits")
    stiffness = joint.limits.effort / SATURATION[kind_of(joint.name)]
    return Servo(stiffness, stiffness / ROTOR_FREQUENCY**2, 1.0)


def kind_of(joint: str) -> str:
    """Key into ``SATURATION``.

    Raises:
        UnknownNameError: The joint belongs to no group of ``hearth_core.frames``.
    """
    for group, joints in GROUPS.items():
        if joint in joints:
            part = group.removeprefix("left_").removeprefix("right_")
            for finer in ("wrist", "thumb"):
                if finer in joint:
                    return finer
            return part
    raise UnknownNameError("joint of a group", joint, [n for g in GROUPS.values() for n in g])
