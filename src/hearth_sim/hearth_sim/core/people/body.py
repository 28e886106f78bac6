"""A person's body in MuJoCo: upright, on two swinging legs, pushed along the floor by servos.

A person is solid: what they walk into, and what drives into them, feels it. The servos are as
strong as somebody who leans into something, no stronger. Legs swing from the hips and have no
knees; their feet end above the floor.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import mujoco
import numpy as np
import numpy.typing as npt
from hearth_core.home.plane import Point

GEOM, JOINT = mujoco.mjtGeom, mujoco.mjtJoint
MASS = 70.0
"""ASSUMED [kg]."""
PUSH = 220.0
"""ASSUMED: the force somebody pushes with [N]."""
SETTLING = 0.06
"""[s]: time constant of the walking servo."""
HIP = 0.88
"""Height of the hips [m]."""
LEG_RADIUS = 0.06
HIP_SPREAD = 0.10
"""Half of the distance between the hips [m]."""
SKIN = (0.86, 0.68, 0.57, 1.0)
HAIR = (0.22, 0.15, 0.10, 1.0)
CLOTHES = (
    ((0.20, 0.35, 0.60, 1.0), (0.15, 0.16, 0.20, 1.0)),
    ((0.70, 0.25, 0.22, 1.0), (0.25, 0.28, 0.38, 1.0)),
    ((0.30, 0.50, 0.33, 1.0), (0.36, 0.30, 0.24, 1.0)),
    ((0.80, 0.68, 0.35, 1.0), (0.12, 0.12, 0.14, 1.0)),
)
"""Upper and lower."""


@dataclass(frozen=True)
class PersonHandles:
    """What :func:`add_person` built, by name."""

    name: str
    start: Point
    """Of the body in the home frame [m]; joints count from here."""
    body: str
    joints: tuple[str, str, str]
    """Slide x, slide y, hinge z."""
    drives: tuple[str, str, str]
    """Velocity actuators of the joints."""
    hips: tuple[str, str]
    """Position actuators of the legs [rad]."""


def add_person(spec: mujoco.MjSpec, name: str, start: Point, look: int = 0) -> PersonHandles:
    """Put a person into a world.

    Args:
        spec: Of the world.
        name: Of the person and of their body.
        start: Where they stand [m].
        look: Number of their clothes.
    """
    upper, lower = CLOTHES[look % len(CLOTHES)]
    root = spec.worldbody.add_body(name=name, pos=[start[0], start[1], 0.0])
    names = (f"{name}/x", f"{name}/y", f"{name}/yaw")
    kinds = (JOINT.mjJNT_SLIDE, JOINT.mjJNT_SLIDE, JOINT.mjJNT_HINGE)
    axes = ([1, 0, 0], [0, 1, 0], [0, 0, 1])
    for joint, kind, axis in zip(names, kinds, axes, strict=True):
        root.add_joint(name=joint, type=kind, axis=axis)
    solid = {"contype": 1, "conaffinity": 1, "group": 0, "friction": [0.6, 0.005, 0.0001]}

    def capsule(
        body: mujoco.MjsBody, part: str, ends: list[float], radius: float, **more: Any
    ) -> None:
        geom = body.add_geom(
            name=f"{name}/{part}",
            type=GEOM.mjGEOM_CAPSULE,
            size=[radius, 0, 0],
            **(solid | more),
        )
        geom.fromto = ends

    # The trunk carries the mass of what is not a leg.
    capsule(root, "hips", [0, -0.09, 0.94, 0, 0.09, 0.94], 0.11, rgba=lower, mass=0.2 * MASS)
    capsule(root, "chest", [0, -0.10, 1.25, 0, 0.10, 1.25], 0.12, rgba=upper, mass=0.3 * MASS)
    capsule(root, "belly", [0, 0, 1.0, 0, 0, 1.25], 0.13, rgba=upper, mass=0.1 * MASS)
    for side, sign in (("left", 1.0), ("right", -1.0)):
        arm = [0.0, sign * 0.21, 1.33, 0.06, sign * 0.23, 0.86]
        capsule(root, f"{side}_arm", arm, 0.045, rgba=upper, mass=0.04 * MASS)
    capsule(root, "neck", [0, 0, 1.35, 0.01, 0, 1.55], 0.05, rgba=SKIN, mass=0.0)
    root.add_geom(
        name=f"{name}/head",
        type=GEOM.mjGEOM_ELLIPSOID,
        pos=[0.02, 0, 1.60],
        size=[0.10, 0.08, 0.125],
        rgba=SKIN,
        mass=0.06 * MASS,
        **solid,
    )
    root.add_geom(
        type=GEOM.mjGEOM_ELLIPSOID,
        pos=[-0.01, 0, 1.64],
        size=[0.10, 0.085, 0.11],
        rgba=HAIR,
        mass=0.0,
        contype=0,
        conaffinity=0,
        group=0,
    )
    hips = []
    for side, sign in (("left", 1.0), ("right", -1.0)):
        leg = root.add_body(name=f"{name}/{side}_leg", pos=[0, sign * HIP_SPREAD, HIP])
        joint = f"{name}/{side}_hip"
        leg.add_joint(
            name=joint, type=JOINT.mjJNT_HINGE, axis=[0, -1, 0], range=[-0.7, 0.7], damping=2.0
        )
        reach = LEG_RADIUS - HIP + 0.02
        capsule(
            leg,
            f"{side}_leg",
            [0, 0, -0.05, 0, 0, reach + 0.02],
            LEG_RADIUS,
            rgba=lower,
            mass=0.13 * MASS,
        )
        servo = spec.add_actuator(name=joint, target=joint, trntype=mujoco.mjtTrn.mjTRN_JOINT)
        servo.set_to_position(kp=600.0, kv=40.0)
        servo.forcelimited = mujoco.mjtLimited.mjLIMITED_TRUE
        servo.forcerange = [-120.0, 120.0]
        hips.append(joint)
    spec.add_exclude(bodyname1=f"{name}/left_leg", bodyname2=f"{name}/right_leg")
    drives = []
    gains = (MASS / SETTLING, MASS / SETTLING, 2.0 / SETTLING)
    for joint, gain, limit in zip(names, gains, (PUSH, PUSH, 40.0), strict=True):
        drive = f"{joint}_drive"
        servo = spec.add_actuator(name=drive, target=joint, trntype=mujoco.mjtTrn.mjTRN_JOINT)
        servo.set_to_velocity(kv=gain)
        servo.forcelimited = mujoco.mjtLimited.mjLIMITED_TRUE
        servo.forcerange = [-limit, limit]
        drives.append(drive)
    return PersonHandles(
        name, start, name, names, (drives[0], drives[1], drives[2]), (hips[0], hips[1])
    )


def swing(phase: float, speed: float) -> npt.NDArray[np.float64]:
    """Hip angles [rad] of left and right leg, shape (2,).

    Args:
        phase: Of the gait [rad]; a double step is a turn.
        speed: [m/s].
    """
    angle = 0.35 * min(1.0, speed / 0.9) * math.sin(phase)
    return np.array([angle, -angle])


STRIDE = 1.25
"""Length of a double step [m]."""
