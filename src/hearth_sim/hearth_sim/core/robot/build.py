"""Put a robot into a MuJoCo world, from the same model that URDF and planners use."""

from collections.abc import Iterable, Mapping

import mujoco
import numpy as np
from hearth_core.errors import BadInputError
from hearth_core.geometry import Pose2, Transform
from hearth_description.core.model import RobotModel
from hearth_description.core.parts import (
    Array,
    Box,
    Capsule,
    Geometry,
    Inertial,
    Link,
    Sphere,
)

from hearth_sim.core.handles import RobotHandles
from hearth_sim.core.robot.base_drive import BaseStrength, add_base_drive
from hearth_sim.core.robot.describe import describe
from hearth_sim.core.robot.exclusions import excluded_pairs
from hearth_sim.core.robot.joints import add_joint
from hearth_sim.core.robot.names import FREE_JOINT, GROUP_HIDDEN, GROUP_VISIBLE, Scope
from hearth_sim.core.robot.sensors import add_sensors

PAD_SOLREF = (0.006, 1.0)
"""Contact stiffness of rubber pads: time constant [s], damping ratio."""
TORSIONAL = 0.012
"""[m] torsional friction of a rubber pad over its sliding friction."""
PLAIN_FRICTION = 0.5
GREY = (0.7, 0.7, 0.7, 1.0)


def add_robot(
    spec: mujoco.MjSpec,
    model: RobotModel,
    name: str = "robot1",
    pose: Pose2 | None = None,
    *,
    rest: Mapping[str, float] | None = None,
    strength: BaseStrength | None = None,
) -> RobotHandles:
    """Add ``model`` to a world as a free body on low-friction wheels.

    The world chooses solver and step; the contact model the hands need is set by
    ``hearth_sim.core.stage.configure``.

    Args:
        spec: World to add to.
        model: What to build; root link on the floor.
        name: Robot's name; scopes every name in the world.
        pose: Where base_footprint stands at reset; None: the origin.
        rest: Joint positions at reset [rad], others at zero; None: the posture ``carry``.
        strength: How strong the base's drives are; None: as its weight allows.

    Raises:
        BadInputError: A robot of that name is already there.
    """
    scope = Scope(name, model)
    if any(body.name == scope.of(model.root) for body in spec.bodies):
        raise BadInputError(f"there is already a robot named {name!r} in this world")
    groups = _rigid_groups(model)
    start = (pose or Pose2()).lift()
    root = spec.worldbody.add_body(
        name=scope.of(model.root), pos=start.translation, quat=wxyz(start)
    )
    root.add_freejoint(name=scope.of(FREE_JOINT))
    bodies = {model.root: root}
    _fill(root, groups[model.root], scope)
    for joint in model.joints.values():
        if joint.moves:
            owner, offset = _owner(groups, joint.parent)
            at = offset @ joint.parent_from_joint
            body = bodies[owner].add_body(
                name=scope.of(joint.child), pos=at.translation, quat=wxyz(at)
            )
            bodies[joint.child] = body
            add_joint(spec, body, joint, scope)
            _fill(body, groups[joint.child], scope)
    for first, second in excluded_pairs(model):
        spec.add_exclude(
            name=scope.of(f"{first}~{second}"),
            bodyname1=scope.of(first),
            bodyname2=scope.of(second),
        )
    drives = add_base_drive(spec, root, scope, strength or BaseStrength.of_mass(model.mass))
    add_sensors(spec, scope)
    return describe(scope, drives, rest)


def wxyz(pose: Transform) -> Array:
    """Quaternion in MuJoCo's order."""
    x, y, z, w = pose.quaternion()
    return np.array([w, x, y, z])


Group = list[tuple[Link, Transform]]


def _rigid_groups(model: RobotModel) -> dict[str, Group]:
    """Links fixed together, by their first link, with ``first_from_link``."""
    groups: dict[str, Group] = {model.root: [(model.links[model.root], Transform.identity())]}
    for joint in model.joints.values():
        if joint.moves:
            groups[joint.child] = [(model.links[joint.child], Transform.identity())]
        else:
            owner, offset = _owner(groups, joint.parent)
            groups[owner].append((model.links[joint.child], offset @ joint.parent_from_joint))
    return groups


def _owner(groups: dict[str, Group], link: str) -> tuple[str, Transform]:
    """First link of the group ``link`` is in, and ``first_from_link``."""
    for first, members in groups.items():
        for member, offset in members:
            if member.name == link:
                return first, offset
    raise BadInputError(f"link {link!r} comes before its parent")


def _fill(body: mujoco.MjsBody, members: Group, scope: Scope) -> None:
    """Inertia, geoms and frame sites of a rigid group."""
    total = combine((link.inertial, offset) for link, offset in members if link.inertial)
    tensor = total.inertia
    body.explicitinertial = True
    body.mass = total.mass
    body.ipos = total.com
    body.fullinertia = [tensor[i, j] for i, j in ((0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2))]
    for link, offset in members:
        _add_geoms(body, link, offset, scope)
        body.add_site(
            name=scope.of(link.name),
            pos=offset.translation,
            quat=wxyz(offset),
            size=[0.005, 0.005, 0.005],
            group=5,
        )


def combine(parts: Iterable[tuple[Inertial, Transform]]) -> Inertial:
    """One inertial of several, each given with ``body_from_link`` (parallel axes).

    Raises:
        BadInputError: No part has mass.
    """
    placed = [
        (part.mass, offset.apply(part.com), offset.rotation @ part.inertia @ offset.rotation.T)
        for part, offset in parts
    ]
    mass = sum(item[0] for item in placed)
    if mass <= 0.0:
        raise BadInputError("a moving body without mass")
    com = np.sum([m * c for m, c, _ in placed], axis=0) / mass
    inertia = np.zeros((3, 3))
    for m, c, tensor in placed:
        d = c - com
        inertia += tensor + m * ((d @ d) * np.eye(3) - np.outer(d, d))
    return Inertial(mass, com, inertia)


def _add_geoms(body: mujoco.MjsBody, link: Link, offset: Transform, scope: Scope) -> None:
    hidden = list(link.collisions)
    geoms: list[mujoco.MjsGeom] = []
    for visual in link.visuals:
        twin = next((item for item in hidden if _same(item, visual)), None)
        geom = _add_geom(body, visual, offset, GROUP_VISIBLE)
        geom.rgba = visual.color or GREY
        if twin is None:
            geom.contype = geom.conaffinity = 0
        else:
            hidden.remove(twin)
            _set_contact(geom, link)
        geoms.append(geom)
    for collision in hidden:
        geom = _add_geom(body, collision, offset, GROUP_HIDDEN)
        geom.rgba = (0.2, 0.6, 0.9, 0.4)
        _set_contact(geom, link)
        geoms.append(geom)
    for index, geom in enumerate(geoms):
        geom.name = scope.of(f"{link.name}:{index}")


def _set_contact(geom: mujoco.MjsGeom, link: Link) -> None:
    if link.friction is None:
        geom.friction = [PLAIN_FRICTION, 0.005, 0.0001]
        return
    geom.condim = 4
    geom.friction = [link.friction, TORSIONAL, 0.0001]
    geom.solref = PAD_SOLREF
    geom.solimp = [0.95, 0.99, 0.001, 0.5, 2.0]


def _add_geom(
    body: mujoco.MjsBody, geometry: Geometry, offset: Transform, group: int
) -> mujoco.MjsGeom:
    at = offset @ geometry.link_from_shape
    kind, size = mujoco_shape(geometry)
    return body.add_geom(
        type=kind, size=size, pos=at.translation, quat=wxyz(at), group=group, mass=0.0
    )


def mujoco_shape(geometry: Geometry) -> tuple[mujoco.mjtGeom, list[float]]:
    """MuJoCo's type and half sizes of a shape."""
    shape = geometry.shape
    if isinstance(shape, Box):
        return mujoco.mjtGeom.mjGEOM_BOX, [0.5 * edge for edge in shape.size]
    if isinstance(shape, Sphere):
        return mujoco.mjtGeom.mjGEOM_SPHERE, [shape.radius, 0.0, 0.0]
    if isinstance(shape, Capsule):
        return mujoco.mjtGeom.mjGEOM_CAPSULE, [shape.radius, 0.5 * shape.length, 0.0]
    return mujoco.mjtGeom.mjGEOM_CYLINDER, [shape.radius, 0.5 * shape.length, 0.0]


def _same(first: Geometry, second: Geometry) -> bool:
    return first.shape == second.shape and first.link_from_shape.almost_equal(
        second.link_from_shape
    )
