"""What is really in a picture: boxes, masks and poses of things, read from the simulation."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import cv2
import mujoco
import numpy as np
import numpy.typing as npt
from apartment import Studio
from hearth_core.geometry import Transform
from hearth_core.home.catalogue import OBJECT_KINDS, Shape
from hearth_core.ports import CameraModel
from hearth_perception.core.view import project

SOLID = {"croissant": 0.80, "slipper": 0.80, "remote_control": 1.0, "milk_carton": 0.93}
"""How much of the outline of its box a thing fills."""
LEAST_PIXELS = 80
LEAST_SHOWN = 0.30


@dataclass(frozen=True)
class Truth:
    """One thing in one picture."""

    name: str
    kind: str
    box: tuple[int, int, int, int]
    """Of its visible pixels: left, top, right, bottom (exclusive)."""
    pixels: int
    shown: float
    """Visible share of its outline, the part beyond the image counted as hidden."""
    position: tuple[float, float, float]
    """In map [m]."""
    yaw: float
    size: tuple[float, float, float]
    distance: float
    """From the camera [m]."""
    upright: bool

    @property
    def counts(self) -> bool:
        """Whether a detector is asked for it; others are neither hits nor misses."""
        return self.pixels >= LEAST_PIXELS and self.shown >= LEAST_SHOWN

    def as_dict(self) -> dict[str, Any]:
        """For a file."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Truth:
        """From a file."""
        tuples = {k: tuple(data[k]) for k in ("box", "position", "size")}
        return cls(**{**data, **tuples})


def read_truth(studio: Studio, camera: CameraModel, map_from_camera: Transform) -> list[Truth]:
    """Things in the picture that the studio's head camera takes now.

    Args:
        studio: The world; its view has been rendered already.
        camera: Intrinsics.
        map_from_camera: True pose of the optical frame.
    """
    bodies = _visible_bodies(studio, camera)
    found = []
    for thing in studio.home.objects:
        number = int(studio.data.body(thing.name).id)
        rows, cols = np.nonzero(bodies == number)
        if len(rows) < 12:
            continue
        pose = studio.thing_pose(thing.name)
        outline = _outline_area(thing.kind, thing.size, pose, camera, map_from_camera)
        away = float(np.linalg.norm(pose.translation - map_from_camera.translation))
        box = (int(cols.min()), int(rows.min()), int(cols.max()) + 1, int(rows.max()) + 1)
        found.append(
            Truth(
                thing.name,
                thing.kind,
                box,
                len(rows),
                float(min(1.0, len(rows) / max(1.0, outline))),
                tuple(float(v) for v in pose.translation),
                float(np.arctan2(pose.rotation[1, 0], pose.rotation[0, 0])),
                thing.size,
                away,
                bool(pose.rotation[2, 2] > 0.97),
            )
        )
    return found


def _visible_bodies(studio: Studio, camera: CameraModel) -> npt.NDArray[np.int32]:
    """Body that every pixel shows, -1: none, shape (H, W)."""
    renderer = studio.world._inline.renderer
    offscreen = renderer._offscreen
    scenery = renderer._sceneries[False]
    size = (camera.width, camera.height)
    number = studio.world.stage.robots["robot1"].cameras["head_camera"]
    offscreen.render(scenery.model, scenery.data, number, size, color=False, depth=False)
    rgb = np.empty((camera.height, camera.width, 3), np.uint8)
    mujoco.mjr_readPixels(rgb, None, mujoco.MjrRect(0, 0, *size), offscreen._context)
    codes = rgb[::-1].astype(np.int32) @ np.array([1, 256, 65536], np.int32)
    scene = offscreen._scene
    table = np.full(scene.ngeom + 2, -1, np.int32)
    for k in range(scene.ngeom):
        geom = scene.geoms[k]
        if geom.objtype == mujoco.mjtObj.mjOBJ_GEOM and 0 <= geom.segid < len(table) - 1:
            table[geom.segid + 1] = scenery.model.geom_bodyid[geom.objid]
    return np.asarray(table[np.clip(codes, 0, len(table) - 1)])


def _outline_area(
    kind: str,
    size: tuple[float, float, float],
    pose: Transform,
    camera: CameraModel,
    map_from_camera: Transform,
) -> float:
    """Pixels the thing would cover with nothing before it, in an endless image."""
    half = np.array(size) / 2
    shape = OBJECT_KINDS[kind].shape
    if shape is Shape.BOX or kind in ("croissant", "slipper"):
        corners = np.array([[a, b, c] for a in (-1, 1) for b in (-1, 1) for c in (-1, 1)]) * half
    else:
        turn = np.linspace(0, 2 * np.pi, 16, endpoint=False)
        ring = np.stack([np.cos(turn), np.sin(turn)], axis=1)
        if shape is Shape.SPHERE:
            levels = ((-0.92, 0.38), (-0.5, 0.87), (0.0, 1.0), (0.5, 0.87), (0.92, 0.38))
        else:
            foot = {"bowl": 0.5, "plate": 0.62}.get(kind, 1.0)
            levels = (
                ((-1.0, foot), (1.0, 1.0))
                if kind != "bottle"
                else (
                    (-1.0, 1.0),
                    (0.24, 1.0),
                    (0.52, 0.42),
                    (1.0, 0.42),
                )
            )
        corners = (
            np.concatenate([np.column_stack([ring * r, np.full(16, z)]) for z, r in levels]) * half
        )
    pixels, _ = project(camera, map_from_camera.inverse(), pose.apply(corners))
    if not np.isfinite(pixels).all():
        return np.inf
    hull = cv2.convexHull(pixels.astype(np.float32))
    return float(cv2.contourArea(hull)) * SOLID.get(kind, 1.0)
