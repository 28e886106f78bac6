"""An independent judge of paths: coal on the same shapes, point by point. Slow; for checks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import coal
import numpy as np

from hearth_manipulation.core.bodies import make_body
from hearth_manipulation.core.kinematics import Array
from hearth_manipulation.core.model import RobotModel
from hearth_manipulation.core.scene import Scene, Thing


class Oracle:
    """Judges motions of some joints of one robot."""

    def __init__(self, model: RobotModel, joints: Sequence[str]) -> None:
        self.model = model
        body = make_body(model, model.indices(joints))
        self._moving = set(body.order.tolist())
        self._pairs = body.pairs.tolist()
        self._spheres = [
            (int(link), coal.Sphere(float(radius)), np.asarray(center))
            for link, center, radius in zip(
                model.sphere_link, model.sphere_center, model.sphere_radius, strict=True
            )
        ]
        self._of: dict[int, list[int]] = {}
        for i, (link, _, _) in enumerate(self._spheres):
            self._of.setdefault(link, []).append(i)

    def first_hit(self, scene: Scene, path: Array, resolution: float) -> str | None:
        """The first collision along a path, or None.

        Args:
            scene: The world.
            path: Full configurations, shape (N, D).
            resolution: Largest distance of the configurations looked at [rad].
        """
        things = [(name, *_shape(thing)) for name, thing in scene.things.items()]
        request, ends = coal.CollisionRequest(), [path[:1]]
        for a, b in pairwise(path):
            count = max(1, math.ceil(float(np.linalg.norm(b - a)) / resolution))
            ends.append(a + np.linspace(0.0, 1.0, count + 1)[1:, None] * (b - a))
        for q in np.concatenate(ends):
            rotations, translations = self.model.place(q)
            places = [
                rotations[link] @ center + translations[link] for link, _, center in self._spheres
            ]
            points = np.array(places)
            radii = np.array([sphere.radius for _, sphere, _ in self._spheres])
            for name, shape, pose, centre, size in things:
                near = np.linalg.norm(points - centre, axis=1) < radii + size
                for i in np.flatnonzero(near).tolist():
                    link, sphere, _ = self._spheres[i]
                    if link not in self._moving:
                        continue
                    here = coal.Transform3s(np.eye(3), places[i])
                    if coal.collide(sphere, here, shape, pose, request, coal.CollisionResult()):
                        return f"{self.model.links[link]} with {name}"
            for one, two in self._pairs:
                for i in self._of.get(one, ()):
                    for j in self._of.get(two, ()):
                        gap = np.linalg.norm(points[i] - points[j])
                        # Round against round is exact; covers of other shapes only seem to touch.
                        if gap < radii[i] + radii[j] and self._exact(two):
                            return f"{self.model.links[one]} with {self.model.links[two]}"
        return None

    def _exact(self, link: int) -> bool:
        """Whether a link's spheres are its shapes, not a cover of them."""
        return all(solid.kind == "sphere" for i, solid in self.model.solids if i == link)


def _shape(thing: Thing) -> tuple[coal.ShapeBase, coal.Transform3s, Array, float]:
    pose = coal.Transform3s(thing.pose.rotation, thing.pose.translation)
    if thing.shape == "box":
        x, y, z = (float(v) for v in thing.size)
        shape, size = coal.Box(x, y, z), 0.5 * float(np.linalg.norm(thing.size))
    elif thing.shape == "sphere":
        size = 0.5 * float(thing.size[0])
        shape = coal.Sphere(size)
    else:
        radius, length = 0.25 * float(thing.size[0] + thing.size[1]), float(thing.size[2])
        make = coal.Capsule if thing.shape == "capsule" else coal.Cylinder
        shape, size = make(radius, length), radius + 0.5 * length
    return shape, pose, thing.pose.translation, size
