"""The wheels: four sliding supports and three velocity drives pushing at floor level.

An omnidirectional base is a free body: it leans, tips and slips. Each drive is a velocity servo
(x, y, yaw of base_footprint, at floor height) whose force ends where the tyres' grip ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import mujoco
import numpy as np
from hearth_core.errors import BadInputError

from hearth_sim.core.handles import Drive
from hearth_sim.core.robot.names import BASE_DRIVES, Scope

GRAVITY = 9.81
TRACTION = 0.40
"""ASSUMED (urdf/cloid/assumed.yaml, base.traction): wheel force over weight."""
RESPONSE = 0.004
"""[s] time constant of the wheels' velocity loop."""
WHEEL = "_wheel_link"


@dataclass(frozen=True)
class BaseStrength:
    """Strength of the base's drives."""

    gain: float
    """[N s/m]."""
    yaw_gain: float
    """[Nm s/rad]."""
    force: float
    """Largest force in each direction [N]."""
    torque: float
    """Largest yaw torque [Nm]."""

    @classmethod
    def of_mass(cls, mass: float, track: float = 0.27) -> BaseStrength:
        """Drives of a robot of ``mass`` [kg] with wheels ``track`` [m] from the middle."""
        force = TRACTION * mass * GRAVITY
        inertia = mass * 0.25**2
        return cls(mass / RESPONSE, inertia / RESPONSE, force, force * track)


@dataclass(frozen=True)
class FreeBase:
    """A base that is a free body (``hearth_sim.core.handles.BaseHandle``).

    Its drive also tells the motors of arms, torso and head to carry the robot's own weight, as
    real arm controllers do; a payload's weight they do not know. The base feels that weight:
    MuJoCo's ``gravcomp`` would lift it from outside and let a robot lean out further than it can.
    """

    drives: tuple[str, str, str]
    """Velocity actuators x, y, yaw."""
    carried: Sequence[str]
    """Joints whose weight is carried."""
    carriers: Sequence[str]
    """Their motors."""
    period: float = 0.01

    def bind(self, model: mujoco.MjModel) -> Drive:
        """Look names up in the compiled model."""
        drives = np.array([model.actuator(name).id for name in self.drives])
        motors = np.array([model.actuator(name).id for name in self.carriers])
        dofs = np.array([int(model.joint(name).dofadr[0]) for name in self.carried])

        def drive(data: mujoco.MjData, vx: float, vy: float, wz: float) -> None:
            data.ctrl[drives] = (vx, vy, wz)
            data.ctrl[motors] = data.qfrc_bias[dofs]

        return drive


def add_base_drive(
    spec: mujoco.MjSpec, root: mujoco.MjsBody, scope: Scope, strength: BaseStrength
) -> tuple[str, str, str]:
    """Make the wheel spheres slide and add the drives at the root link's site.

    Returns:
        Names of the actuators x, y, yaw.

    Raises:
        BadInputError: The model has fewer than three ``*_wheel_link``.
    """
    wheels = {tuple(site.pos.tolist()) for site in root.sites if site.name.endswith(WHEEL)}
    if len(wheels) < 3:
        raise BadInputError(f"a base stands on 3 or more links *{WHEEL}; found {len(wheels)}")
    for geom in root.geoms:
        if geom.type == mujoco.mjtGeom.mjGEOM_SPHERE and tuple(geom.pos.tolist()) in wheels:
            geom.priority = 1  # the wheel decides about the contact, not the floor
            geom.condim = 1  # rolls freely: what grips is the drive
    limits = (strength.force, strength.force, strength.torque)
    gains = (strength.gain, strength.gain, strength.yaw_gain)
    for name, slot, limit, gain in zip(BASE_DRIVES, (0, 1, 5), limits, gains, strict=True):
        gear = [0.0] * 6
        gear[slot] = 1.0
        actuator = spec.add_actuator(
            name=scope.of(name),
            target=scope.of(scope.model.root),
            trntype=mujoco.mjtTrn.mjTRN_SITE,
            gear=gear,
            forcelimited=mujoco.mjtLimited.mjLIMITED_TRUE,
            forcerange=[-limit, limit],
        )
        actuator.set_to_velocity(kv=gain)
    x, y, yaw = (scope.of(name) for name in BASE_DRIVES)
    return x, y, yaw
