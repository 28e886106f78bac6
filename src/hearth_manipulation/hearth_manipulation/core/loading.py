"""Any robot from URDF or xacro and SRDF, packed for planning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from hearth_core.geometry import Transform

from hearth_manipulation.core.bodies import make_body
from hearth_manipulation.core.collision import hits_between
from hearth_manipulation.core.kinematics import PRISMATIC, REVOLUTE, Array, Tree
from hearth_manipulation.core.model import (
    BASE_DOFS,
    BASE_LIMITS,
    RobotModel,
    movable_base,
    touching,
)
from hearth_manipulation.core.robot_file import RobotFile, read_robot
from hearth_manipulation.core.semantics import RobotSemantics, one_group, read_semantics
from hearth_manipulation.core.spheres import Solid, cover

POSTURES = 400
"""Random postures looked at for pairs of links that always touch."""
ALWAYS = 0.95
"""Pairs that touch in this share of the postures are taken to be made so."""


def load_robot(
    urdf: Path | str,
    srdf: Path | str | None = None,
    *,
    packages: Mapping[str, Path] | None = None,
    shapes: Path | str | None = None,
    massless: bool = False,
    arguments: Mapping[str, str] | None = None,
) -> RobotModel:
    """Load a robot.

    Args:
        urdf: URDF or xacro file.
        srdf: Groups, postures and pairs that need no check, xacro or not; None: every leaf is a
            group.
        packages: Folders of ``package://name/...`` and ``$(find name)`` by name.
        shapes: Another URDF whose collision shapes are taken (sphere models).
        massless: Take a robot without inertia.
        arguments: xacro's, for both files.

    Raises:
        FileFormatError: A file is wrong; says where and how.
    """
    file = read_robot(
        urdf, packages=packages, shapes=shapes, massless=massless, arguments=arguments
    )
    semantics = (
        one_group(file)
        if srdf is None
        else read_semantics(srdf, file, packages=packages, arguments=arguments)
    )
    return pack_robot(file, semantics)


def pack_robot(file: RobotFile, semantics: RobotSemantics) -> RobotModel:
    """Pack a robot; base as three virtual joints, spheres fitted, links that touch found out."""
    names = ["base_x_link", "base_y_link", file.root, *(joint.child for joint in file.joints)]
    index = {name: i for i, name in enumerate(names)}
    driven = [joint for joint in file.joints if joint.moves and joint.mimic is None]
    dofs = (*BASE_DOFS, *(joint.name for joint in driven))
    limits = np.array(
        [BASE_LIMITS[name] for name in BASE_DOFS]
        + [(j.lower, j.upper, j.velocity, j.acceleration) for j in driven]
    )
    tree = _tree(file, index, dofs)
    solids: list[tuple[int, Solid]] = []
    links: list[int] = []
    centers: list[Array] = []
    radii: list[Array] = []
    for name in names[2:]:
        i = index[name]
        for solid in file.solids.get(name, ()):
            center, radius = cover(solid)
            links += [i] * len(radius)
            centers.append(center)
            radii.append(radius)
            if solid.kind == "mesh":  # its spheres stand for it
                solids += [
                    (i, Solid("sphere", np.array([r]), Transform(np.eye(3), c)))
                    for c, r in zip(center, radius, strict=True)
                ]
            else:
                solids.append((i, solid))
    model = RobotModel(
        name=file.name,
        links=tuple(names),
        dofs=dofs,
        tree=tree,
        lower=limits[:, 0].copy(),
        upper=limits[:, 1].copy(),
        velocity=limits[:, 2].copy(),
        acceleration=limits[:, 3].copy(),
        sphere_link=np.array(links, np.int32),
        sphere_center=np.concatenate([np.zeros((0, 3)), *centers]),
        sphere_radius=np.concatenate([np.zeros(0), *radii]),
        may_touch=frozenset(touching(tree, index, semantics.may_touch, row=2)),
        solids=tuple(solids),
        groups=semantics.groups,
        states=semantics.states,
    )
    return replace(model, may_touch=model.may_touch | always_touching(model))


def always_touching(
    model: RobotModel, seed: int = 0, postures: int = POSTURES
) -> frozenset[tuple[int, int]]:
    """Pairs of links that touch however the joints stand: the shapes overlap by construction.

    Only pairs that are looked at and found to touch are allowed; that a pair was never seen to
    touch proves nothing, and such pairs stay checked.
    """
    moving = np.arange(len(BASE_DOFS), len(model.dofs), dtype=np.int32)
    body = make_body(model, moving)
    if len(body.pairs) == 0:
        return frozenset()
    random = np.random.default_rng(seed)
    count = np.zeros(len(body.pairs))
    for _ in range(postures):
        q = np.zeros(len(model.dofs))
        q[moving] = random.uniform(model.lower[moving], model.upper[moving])
        rotations, translations = model.place(q)
        count += hits_between(body, rotations, translations)
    found = body.pairs[count >= ALWAYS * postures]
    return frozenset((int(min(pair)), int(max(pair))) for pair in found)


def _tree(file: RobotFile, index: Mapping[str, int], dofs: tuple[str, ...]) -> Tree:
    tree = movable_base(len(index))
    for joint in file.joints:
        i = index[joint.child]
        tree.parent[i] = index[joint.parent]
        tree.rotation[i] = joint.origin.rotation
        tree.translation[i] = joint.origin.translation
        if not joint.moves:
            continue
        tree.kind[i] = PRISMATIC if joint.kind == "prismatic" else REVOLUTE
        tree.axis[i] = joint.axis
        leader = joint.name
        if joint.mimic is not None:
            leader, tree.multiplier[i], tree.offset[i] = joint.mimic
        tree.dof[i] = dofs.index(leader)
    return tree
