"""Joints and their motors."""

import math

import mujoco
from hearth_core.errors import BadInputError
from hearth_description.core.parts import Joint, JointKind, Limits

from hearth_sim.core.robot.gains import kind_of, servo
from hearth_sim.core.robot.names import WEIGHT, Scope

COUPLING_SOLREF = (0.005, 1.0)
"""Stiffness of a mechanical coupling: time constant [s], damping ratio."""


HAND = ("hand", "thumb")


def carries_weight(joint: Joint) -> bool:
    """Whether the joint's controller knows the weight behind it (not in a hand)."""
    return joint.moves and joint.mimic is None and kind_of(joint.name) not in HAND


def add_joint(spec: mujoco.MjSpec, body: mujoco.MjsBody, joint: Joint, scope: Scope) -> None:
    """Hang ``body`` on ``joint``: a position servo, or the coupling to the joint it mimics.

    Raises:
        BadInputError: The joint has no limits.
    """
    limits = joint.limits
    if limits is None:
        raise BadInputError(f"joint {joint.name!r} has no limits")
    slide = joint.kind is JointKind.PRISMATIC
    hinge = body.add_joint(
        name=scope.of(joint.name),
        type=mujoco.mjtJoint.mjJNT_SLIDE if slide else mujoco.mjtJoint.mjJNT_HINGE,
        axis=joint.axis,
        damping=joint.damping,
    )
    if joint.mimic is not None:
        _couple(spec, hinge, joint, scope)
        return
    if joint.kind is not JointKind.CONTINUOUS:
        hinge.limited = mujoco.mjtLimited.mjLIMITED_TRUE
        # A specification made in memory counts angles in degrees unless told otherwise.
        unit = math.degrees(1.0) if spec.compiler.degree and not slide else 1.0
        hinge.range = [limits.lower * unit, limits.upper * unit]
    _drive(spec, hinge, joint, limits, scope)


def _drive(
    spec: mujoco.MjSpec, hinge: mujoco.MjsJoint, joint: Joint, limits: Limits, scope: Scope
) -> None:
    gains = servo(joint)
    hinge.armature = gains.armature
    motor = spec.add_actuator(
        name=scope.of(joint.name),
        target=scope.of(joint.name),
        trntype=mujoco.mjtTrn.mjTRN_JOINT,
        forcelimited=mujoco.mjtLimited.mjLIMITED_TRUE,
        forcerange=[-limits.effort, limits.effort],
    )
    motor.set_to_position(kp=gains.stiffness, dampratio=gains.damping_ratio)
    if not carries_weight(joint):
        return
    carrier = spec.add_actuator(
        name=scope.of(joint.name + WEIGHT),
        target=scope.of(joint.name),
        trntype=mujoco.mjtTrn.mjTRN_JOINT,
    )
    carrier.set_to_motor()
    # Servo and weight are one motor: together they give no more than its rating.
    hinge.actfrclimited = mujoco.mjtLimited.mjLIMITED_TRUE
    hinge.actfrcrange = [-limits.effort, limits.effort]


def _couple(spec: mujoco.MjSpec, hinge: mujoco.MjsJoint, joint: Joint, scope: Scope) -> None:
    if joint.mimic is None:
        return
    hinge.armature = 1e-5
    coupling = spec.add_equality(
        name=scope.of(joint.name),
        type=mujoco.mjtEq.mjEQ_JOINT,
        name1=scope.of(joint.name),
        name2=scope.of(joint.mimic.joint),
        objtype=mujoco.mjtObj.mjOBJ_JOINT,
    )
    coupling.data[:2] = [joint.mimic.offset, joint.mimic.multiplier]
    coupling.solref = COUPLING_SOLREF
