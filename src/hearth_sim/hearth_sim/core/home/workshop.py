"""Primitives and materials from which a home is made in one ``MjSpec``.

Static geoms have ``conaffinity`` 0, so they meet robots and loose things but never each other;
what is only to be seen has neither bit. Quaternions are MuJoCo's: w, x, y, z.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import mujoco
import numpy as np
from hearth_core.geometry import Pose2
from hearth_core.home.catalogue import COLOURS
from hearth_core.home.model import Vec3

from hearth_sim.core.home.textures import TEXTURES, texture

Body = Any
"""``mujoco.MjsBody``; MuJoCo's specification classes carry no types."""
Geom = Any
GeomType = mujoco.mjtGeom

SHOWN = 0
"""Geom group of what a camera sees."""
HIDDEN = 3
"""Geom group that no camera draws: collision only."""

SURFACES: dict[str, tuple[float, float, float]] = {
    **COLOURS,
    "cream": (0.90, 0.87, 0.79),
    "sage": (0.74, 0.80, 0.72),
    "sky": (0.74, 0.81, 0.88),
    "clay": (0.80, 0.66, 0.57),
    "liner": (0.88, 0.90, 0.92),
    "glass_plate": (0.70, 0.82, 0.84),
    "rubber": (0.25, 0.25, 0.26),
    "leaf": (0.16, 0.42, 0.18),
    "soil": (0.22, 0.15, 0.10),
    "screen": (0.03, 0.03, 0.05),
    "bedding": (0.86, 0.87, 0.90),
    "shade": (0.95, 0.90, 0.75),
    "porcelain": (0.94, 0.94, 0.95),
    "water": (0.60, 0.75, 0.85),
}
"""Colours of materials, sRGB."""

_SHINY = {"steel": 0.5, "porcelain": 0.5, "screen": 0.6, "glass_plate": 0.4, "anthracite": 0.3}
_ALPHA = {"glass_plate": 0.55, "water": 0.5}
_EMISSION = {"liner": 0.25, "shade": 0.5}


def yaw_quat(yaw: float) -> list[float]:
    """Rotation about z as w, x, y, z."""
    return [math.cos(yaw / 2), 0.0, 0.0, math.sin(yaw / 2)]


class Workshop:
    """Adds bodies, geoms and materials to a specification."""

    def __init__(self, spec: mujoco.MjSpec) -> None:
        self.spec = spec
        self._materials: set[str] = set()
        self._meshes: dict[tuple[float, ...], str] = {}

    def body(self, name: str, pose: Pose2) -> Body:
        """A body that stands still on the floor."""
        return self.spec.worldbody.add_body(
            name=name, pos=[pose.x, pose.y, 0.0], quat=yaw_quat(pose.yaw)
        )

    def material(self, name: str) -> str:
        """Name in the model of a material, made when first asked for.

        Args:
            name: A key of ``SURFACES`` or ``TEXTURES``.
        """
        key = f"home/{name}"
        if key in self._materials:
            return key
        self._materials.add(key)
        if name in TEXTURES:
            self._textured(key, name)
        else:
            red, green, blue = SURFACES[name]
            material = self.spec.add_material(name=key)
            material.rgba = [red, green, blue, _ALPHA.get(name, 1.0)]
            material.specular = _SHINY.get(name, 0.1)
            material.shininess = 0.5 if name in _SHINY else 0.1
            material.emission = _EMISSION.get(name, 0.0)
        return key

    def _textured(self, key: str, name: str) -> None:
        pixels, metres = texture(name)
        made = self.spec.add_texture(name=key)
        made.type = mujoco.mjtTexture.mjTEXTURE_2D
        made.height, made.width, made.nchannel = pixels.shape
        made.data = pixels.tobytes()
        material = self.spec.add_material(name=key)
        material.textures[mujoco.mjtTextureRole.mjTEXROLE_RGB] = key
        material.texuniform = True
        material.texrepeat = [1.0 / metres, 1.0 / metres]
        material.specular = 0.05
        material.shininess = 0.1

    def box(
        self, body: Body, centre: Sequence[float], size: Sequence[float], finish: str, **more: Any
    ) -> Geom:
        """A box by full extents, in the body's frame."""
        half = [max(extent, 1e-4) / 2 for extent in size]
        return self._geom(body, GeomType.mjGEOM_BOX, centre, half, finish, **more)

    def cylinder(
        self,
        body: Body,
        centre: Sequence[float],
        radius: float,
        height: float,
        finish: str,
        **more: Any,
    ) -> Geom:
        """An upright cylinder."""
        half = [radius, height / 2, 0.0]
        return self._geom(body, GeomType.mjGEOM_CYLINDER, centre, half, finish, **more)

    def sphere(
        self, body: Body, centre: Sequence[float], radius: float, finish: str, **more: Any
    ) -> Geom:
        """A ball."""
        return self._geom(body, GeomType.mjGEOM_SPHERE, centre, [radius, 0.0, 0.0], finish, **more)

    def ellipsoid(
        self, body: Body, centre: Sequence[float], size: Sequence[float], finish: str, **more: Any
    ) -> Geom:
        """An ellipsoid by full extents."""
        half = [extent / 2 for extent in size]
        return self._geom(body, GeomType.mjGEOM_ELLIPSOID, centre, half, finish, **more)

    def rod(
        self, body: Body, start: Vec3, end: Vec3, radius: float, finish: str, **more: Any
    ) -> Geom:
        """A capsule whose outermost points are ``start`` and ``end``."""
        a, b = np.array(start, float), np.array(end, float)
        direction = (b - a) / max(float(np.linalg.norm(b - a)), 1e-9)
        inner = [*(a + radius * direction), *(b - radius * direction)]
        geom = self._geom(
            body, GeomType.mjGEOM_CAPSULE, (0.0, 0.0, 0.0), [radius, 0.0, 0.0], finish, **more
        )
        geom.fromto = inner
        return geom

    def hull(
        self,
        body: Body,
        centre: Sequence[float],
        corners: Sequence[Vec3],
        finish: str,
        **more: Any,
    ) -> Geom:
        """The convex hull of points around ``centre``; equal hulls share one mesh."""
        flat = tuple(round(value, 5) for corner in corners for value in corner)
        if flat not in self._meshes:
            name = f"home/hull_{len(self._meshes)}"
            mesh = self.spec.add_mesh(name=name)
            mesh.uservert = list(flat)
            self._meshes[flat] = name
        geom = self._geom(body, GeomType.mjGEOM_MESH, centre, [0.0, 0.0, 0.0], finish, **more)
        geom.meshname = self._meshes[flat]
        return geom

    def _geom(
        self,
        body: Body,
        kind: mujoco.mjtGeom,
        centre: Sequence[float],
        size: Sequence[float],
        finish: str,
        *,
        solid: bool = True,
        shown: bool = True,
        **more: Any,
    ) -> Geom:
        fields: dict[str, Any] = {
            "type": kind,
            "pos": list(centre),
            "size": list(size),
            "material": self.material(finish),
            "group": SHOWN if shown else HIDDEN,
            "contype": 1 if solid else 0,
            "conaffinity": 0,
            "friction": [0.6, 0.005, 0.0001],
            "density": 0.0 if not solid else 300.0,
        }
        return body.add_geom(**(fields | more))
