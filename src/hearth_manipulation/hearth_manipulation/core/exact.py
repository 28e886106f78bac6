"""Whether two links really touch: coal on the shapes of the robot's file, not on their spheres."""

from __future__ import annotations

import coal
import numpy as np
from hearth_core.geometry import Transform

from hearth_manipulation.core.kinematics import Array
from hearth_manipulation.core.model import RobotModel
from hearth_manipulation.core.spheres import Solid


def links_touch(
    model: RobotModel, one: int, two: int, rotations: Array, translations: Array
) -> bool:
    """Whether the shapes of two links meet as placed; attached things are their spheres.

    Args:
        model: The robot.
        one: Index of a link.
        two: Index of another.
        rotations: Of all links, shape (L, 3, 3).
        translations: [m], shape (L, 3).
    """
    request = coal.CollisionRequest()
    first, second = (
        [
            (_shape(solid), _place(Transform(rotations[i], translations[i]) @ solid.pose))
            for solid in _solids(model, i)
        ]
        for i in (one, two)
    )
    return any(
        bool(coal.collide(a, a_pose, b, b_pose, request, coal.CollisionResult()))
        for a, a_pose in first
        for b, b_pose in second
    )


def _solids(model: RobotModel, link: int) -> list[Solid]:
    found = [solid for i, solid in model.solids if i == link]
    if found:
        return found
    own = model.sphere_link == link
    return [
        Solid("sphere", np.array([radius]), Transform(np.eye(3), center))
        for center, radius in zip(model.sphere_center[own], model.sphere_radius[own], strict=True)
    ]


def _place(pose: Transform) -> coal.Transform3s:
    return coal.Transform3s(pose.rotation, pose.translation)


def _shape(solid: Solid) -> coal.ShapeBase:
    size = [float(v) for v in solid.size]
    if solid.kind == "box":
        return coal.Box(*size)
    if solid.kind == "sphere":
        return coal.Sphere(size[0])
    make = coal.Capsule if solid.kind == "capsule" else coal.Cylinder
    return make(size[0], size[1])
