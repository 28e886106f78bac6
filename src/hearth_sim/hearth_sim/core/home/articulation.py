"""Doors and drawers: moving bodies with hinges, slides, handles and gaskets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import mujoco
import numpy as np
from hearth_core.home import Articulation, Handle, JointKind, Orientation, Place
from hearth_core.home.model import Vec3

from hearth_sim.core.home.workshop import Body, Workshop

GASKET_ANGLE = 0.05
"""A gasket or latch pulls over the first part of the way [rad]; for drawers, in metres below."""
GASKET_TRAVEL = 0.015
SHUT = 1e-4
"""Less than this is shut [rad or m]."""
AREA_DENSITY = 18.0
"""Mass of a front [kg/m2]."""


@dataclass(frozen=True)
class Moving:
    """The body of one door or drawer; its frame is the place's, moved to the axis."""

    body: Body
    joint: Articulation
    mj_joint: str

    def local(self, point: Sequence[float]) -> Vec3:
        """From the place's frame (joint closed) to the body's."""
        origin = self.joint.origin
        return point[0] - origin[0], point[1] - origin[1], point[2] - origin[2]


def add_moving(shop: Workshop, furniture: Body, place: Place, joint: Articulation) -> Moving:
    """The body and joint of one door or drawer, without its shape."""
    name = f"{place.name}/{joint.name}"
    body = furniture.add_body(name=f"furniture/{name}", pos=list(joint.origin))
    hinged = joint.kind is JointKind.HINGED
    body.add_joint(
        name=name,
        type=mujoco.mjtJoint.mjJNT_HINGE if hinged else mujoco.mjtJoint.mjJNT_SLIDE,
        axis=list(joint.axis),
        limited=mujoco.mjtLimited.mjLIMITED_TRUE,
        range=[0.0, joint.limit],
        **_resistance(joint),
    )
    return Moving(body, joint, name)


def _resistance(joint: Articulation) -> dict[str, object]:
    """Friction and damping: doors stay where they are left, heavy flaps sink slowly."""
    if joint.kind is JointKind.SLIDING:
        return {"damping": [8.0, 0.0, 0.0], "frictionloss": 3.0, "armature": 0.2}
    if joint.side in {"bottom", "top"}:
        # Springs at the hinge balance the flap: it stays where it is left.
        weight = AREA_DENSITY * joint.panel.size[1] * joint.panel.size[2] * 9.81
        return {
            "damping": [3.0, 0.0, 0.0],
            "frictionloss": 0.55 * weight * joint.panel.size[2],
            "armature": 0.05,
        }
    leverage = joint.panel.size[1]
    return {
        "damping": [1.5 * leverage, 0.0, 0.0],
        "frictionloss": 0.8 * leverage,
        "armature": 0.02,
    }


def add_leaf(shop: Workshop, moving: Moving, finish: str, lining: str | None = None) -> None:
    """The front itself, with an inner lining if wanted, and its handle."""
    panel = moving.joint.panel
    mass = AREA_DENSITY * panel.size[1] * panel.size[2]
    shop.box(moving.body, moving.local(panel.centre), panel.size, finish, mass=mass)
    if lining is not None:
        x = panel.centre[0] - panel.size[0] / 2 - 0.006
        inner = (0.012, panel.size[1] - 0.08, panel.size[2] - 0.10)
        shop.box(
            moving.body,
            moving.local((x, panel.centre[1], panel.centre[2])),
            inner,
            lining,
            solid=False,
        )
    if moving.joint.handle is not None:
        add_handle(shop, moving, moving.joint.handle)


def add_handle(shop: Workshop, moving: Moving, handle: Handle) -> None:
    """A round bar on two posts."""
    radius = handle.diameter / 2
    centre = moving.local(handle.centre)
    half = handle.length / 2
    axis = 2 if handle.orientation is Orientation.VERTICAL else 1
    ends = []
    for sign in (-1.0, 1.0):
        end = list(centre)
        end[axis] += sign * half
        ends.append((end[0], end[1], end[2]))
        post = list(end)
        post[axis] -= sign * 1.6 * radius
        post[0] -= handle.standoff / 2 + radius
        shop.box(
            moving.body,
            post,
            (handle.standoff, 1.6 * radius, 1.6 * radius),
            "steel",
            mass=0.03,
            condim=4,
            friction=[0.9, 0.008, 0.0001],
        )
    shop.rod(
        moving.body,
        ends[0],
        ends[1],
        radius,
        "steel",
        mass=0.25,
        condim=4,
        friction=[0.9, 0.008, 0.0001],
    )


@dataclass(frozen=True)
class Gasket:
    """What holds a door shut near 0: a pull that fades away as it opens."""

    mj_joint: str
    effort: float
    """At 0 [Nm or N], against opening."""
    reach: float
    """Opening [rad or m] at which it is gone."""


def gasket(moving: Moving) -> Gasket | None:
    """The gasket or latch of a door; None: nothing holds it."""
    joint = moving.joint
    if joint.latch_force <= 0.0:
        return None
    if joint.kind is JointKind.SLIDING:
        return Gasket(moving.mj_joint, joint.latch_force, GASKET_TRAVEL)
    end = joint.handle.centre if joint.handle is not None else _free_edge(joint)
    lever = np.array(end) - np.array(joint.origin)
    arm = float(np.linalg.norm(np.cross(np.array(joint.axis), lever)))
    return Gasket(moving.mj_joint, joint.latch_force * arm, GASKET_ANGLE)


def _free_edge(joint: Articulation) -> Vec3:
    centre, origin = joint.panel.centre, joint.origin
    return centre[0], 2 * centre[1] - origin[1], 2 * centre[2] - origin[2]


def gasket_hook(
    gaskets: Sequence[Gasket],
) -> Callable[[mujoco.MjModel, mujoco.MjData], None]:
    """A step hook that applies the pull of all gaskets to ``qfrc_applied``."""
    bound: dict[int, list[tuple[int, int, float, float]]] = {}

    def hook(model: mujoco.MjModel, data: mujoco.MjData) -> None:
        if id(model) not in bound:
            bound.clear()
            bound[id(model)] = [
                (
                    int(model.joint(g.mj_joint).qposadr[0]),
                    int(model.joint(g.mj_joint).dofadr[0]),
                    g.effort,
                    g.reach,
                )
                for g in gaskets
            ]
        qpos, applied = data.qpos, data.qfrc_applied
        for position, dof, effort, reach in bound[id(model)]:
            opening = qpos[position]
            # Shut doors get no force, so that MuJoCo may let them sleep.
            pulls = SHUT < opening < reach
            applied[dof] = -effort * (1.0 - opening / reach) if pulls else 0.0

    return hook
