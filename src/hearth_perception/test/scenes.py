"""Rendered test scenes: a refrigerator, a table, things; written out here, apart from hearth_sim.

The truth about a scene stays in this file's return values and never reaches the code under test.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass, field

os.environ.setdefault("MUJOCO_GL", "egl")

import mujoco
import numpy as np
import numpy.typing as npt
from hearth_core.geometry import Transform
from hearth_core.ports import CameraModel
from hearth_perception.core.view import View

WIDTH, HEIGHT, FOVY = 640, 480, 58.0


@dataclass(frozen=True)
class Thing:
    """One thing in the scene: class, pose of its foot in the map, yaw, size."""

    name: str
    label: str
    x: float
    y: float
    z: float
    yaw: float = 0.0


@dataclass
class Scene:
    """A room with a refrigerator at the origin (front towards +x) and a table at (3, 0)."""

    things: list[Thing] = field(default_factory=list)
    door: float = 0.0
    """Opening [rad]; hinged on the right seen from the front (y = +w/2)."""
    fridge: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """x, y, yaw of the refrigerator."""
    light: tuple[float, float, float] = (0.5, 0.5, 0.5)
    ambient: float = 0.35


FRIDGE_SIZE = (0.70, 0.62, 1.75)
SHELVES = (0.55, 0.85, 1.15)
TABLE_SIZE = (0.8, 1.4, 0.75)
TABLE_AT = (3.0, 0.0)
HANDLE_HEIGHT, HANDLE_LENGTH, HANDLE_OFFSET = 1.05, 0.5, 0.05
DOOR_THICKNESS = 0.05

SIZES = {
    "milk_carton": (0.07, 0.07, 0.20),
    "box": (0.06, 0.15, 0.22),
    "bottle": (0.075, 0.075, 0.26),
    "can": (0.066, 0.066, 0.115),
    "mug": (0.08, 0.08, 0.095),
    "bowl": (0.15, 0.15, 0.06),
    "apple": (0.075, 0.075, 0.075),
}


def _geom(
    kind: str, size: Sequence[float], pos: Sequence[float], rgba: str, more: str = ""
) -> str:
    numbers = " ".join(f"{v:.4f}" for v in size)
    place = " ".join(f"{v:.4f}" for v in pos)
    return f'<geom type="{kind}" size="{numbers}" pos="{place}" rgba="{rgba}" {more}/>'


def _thing(thing: Thing) -> str:
    w, d, h = SIZES[thing.label]
    parts = []
    if thing.label == "milk_carton":
        parts.append(_geom("box", (w / 2, d / 2, h / 2), (0, 0, h / 2), "0.95 0.95 0.97 1"))
        parts.append(
            _geom("box", (w / 2 + 5e-4, d / 2 + 5e-4, h * 0.15), (0, 0, h * 0.45), "0.1 0.3 0.8 1")
        )
    elif thing.label == "box":
        parts.append(_geom("box", (w / 2, d / 2, h / 2), (0, 0, h / 2), "0.8 0.6 0.2 1"))
    elif thing.label == "bottle":
        r = w / 2
        parts.append(_geom("cylinder", (r, 0.085), (0, 0, 0.085), "0.1 0.5 0.2 1"))
        parts.append(_geom("cylinder", (0.014, 0.045), (0, 0, 0.215), "0.1 0.5 0.2 1"))
    elif thing.label == "can":
        parts.append(_geom("cylinder", (w / 2, h / 2), (0, 0, h / 2), "0.8 0.1 0.1 1"))
    elif thing.label == "mug":
        parts.append(_geom("cylinder", (w / 2, h / 2), (0, 0, h / 2), "0.2 0.4 0.7 1"))
        parts.append(
            _geom("box", (0.006, 0.012, 0.03), (w / 2 + 0.015, 0, h / 2), "0.2 0.4 0.7 1")
        )
    elif thing.label == "bowl":
        parts.append(_geom("ellipsoid", (w / 2, d / 2, h), (0, 0, h), "0.9 0.9 0.85 1"))
    elif thing.label == "apple":
        parts.append(_geom("sphere", (w / 2,), (0, 0, w / 2), "0.7 0.1 0.05 1"))
    turn = f"{thing.yaw:.5f}"
    return (
        f'<body name="{thing.name}" pos="{thing.x:.4f} {thing.y:.4f} {thing.z:.4f}" '
        f'euler="0 0 {turn}">' + "".join(parts) + "</body>"
    )


def model_of(scene: Scene) -> mujoco.MjModel:
    """The scene as a MuJoCo model (static: only rendered)."""
    depth, width, height = FRIDGE_SIZE
    t = 0.04
    body = depth - DOOR_THICKNESS
    x0 = -depth / 2 + body / 2
    white = "0.88 0.89 0.9 1"
    inner = "0.93 0.94 0.95 1"
    fridge = [
        _geom("box", (t / 2, width / 2, height / 2), (-depth / 2 + t / 2, 0, height / 2), inner),
        _geom("box", (body / 2, t / 2, height / 2), (x0, width / 2 - t / 2, height / 2), white),
        _geom("box", (body / 2, t / 2, height / 2), (x0, -width / 2 + t / 2, height / 2), white),
        _geom("box", (body / 2, width / 2, t / 2), (x0, 0, height - t / 2), white),
        _geom("box", (body / 2, width / 2, 0.1), (x0, 0, 0.1), white),
    ]
    for z in SHELVES:
        size = (body / 2 - 0.04, width / 2 - t, 0.006)
        fridge.append(_geom("box", size, (x0 - 0.02, 0, z - 0.006), "0.8 0.86 0.88 1"))
    leaf_x = DOOR_THICKNESS / 2
    leaf = [
        _geom(
            "box",
            (DOOR_THICKNESS / 2, width / 2, height / 2 - 0.01),
            (leaf_x, -width / 2, 0),
            white,
        )
    ]
    for z in (-0.4, 0.0, 0.4):
        leaf.append(_geom("box", (0.05, width / 2 - 0.08, 0.04), (-0.05, -width / 2, z), inner))
    bar = (DOOR_THICKNESS + HANDLE_OFFSET, -width + 0.06, HANDLE_HEIGHT - height / 2)
    leaf.append(_geom("capsule", (0.012, HANDLE_LENGTH / 2), bar, "0.4 0.4 0.42 1"))
    for s in (-1, 1):
        leaf.append(
            _geom(
                "box",
                (HANDLE_OFFSET / 2, 0.01, 0.01),
                (DOOR_THICKNESS + HANDLE_OFFSET / 2, -width + 0.06, bar[2] + s * 0.22),
                "0.4 0.4 0.42 1",
            )
        )
    hinge = (depth / 2 - DOOR_THICKNESS, width / 2, height / 2)
    fx, fy, fyaw = scene.fridge
    tx, ty = TABLE_AT
    td, tw, th = TABLE_SIZE
    table = [_geom("box", (td / 2, tw / 2, 0.015), (0, 0, th - 0.015), "0.55 0.4 0.25 1")]
    table += [
        _geom(
            "box",
            (0.03, 0.03, th / 2 - 0.015),
            (a * (td / 2 - 0.05), b * (tw / 2 - 0.05), th / 2 - 0.015),
            "0.5 0.35 0.2 1",
        )
        for a in (-1, 1)
        for b in (-1, 1)
    ]
    lamp = " ".join(f"{v:.3f}" for v in scene.light)
    glow = f"{scene.ambient} {scene.ambient} {scene.ambient}"
    light = f'castshadow="false" diffuse="{lamp}" specular="0.1 0.1 0.1"'
    door = f'pos="{hinge[0]} {hinge[1]} {hinge[2]}" euler="0 0 {scene.door}"'
    xml = f"""<mujoco><compiler angle="radian" eulerseq="xyz"/>
<statistic extent="6" center="1 0 1"/>
<visual><global offwidth="{WIDTH}" offheight="{HEIGHT}"/><quality offsamples="0"/>
<map znear="0.01" zfar="50"/><headlight active="0"/></visual>
<worldbody>
<light pos="1.5 1 2.6" dir="0 0 -1" {light} ambient="{glow}"/>
<light pos="3.0 -1.5 2.6" dir="-0.7 0.5 -0.6" {light}/>
<geom type="plane" size="8 8 0.1" rgba="0.6 0.5 0.4 1"/>
<geom type="box" size="0.05 4 1.3" pos="-0.5 0 1.3" rgba="0.8 0.8 0.75 1"/>
<geom type="box" size="4 0.05 1.3" pos="2 2.5 1.3" rgba="0.8 0.78 0.75 1"/>
<body name="fridge" pos="{fx} {fy} 0" euler="0 0 {fyaw}">{"".join(fridge)}
<body name="door" {door}>{"".join(leaf)}</body></body>
<body name="table" pos="{tx} {ty} 0">{"".join(table)}</body>
{"".join(_thing(t) for t in scene.things)}
</worldbody></mujoco>"""
    return mujoco.MjModel.from_xml_string(xml)


def look(eye: Sequence[float], target: Sequence[float]) -> Transform:
    """Pose of an optical frame (x right, y down, z forward) at ``eye`` looking at ``target``."""
    z = np.asarray(target, float) - np.asarray(eye, float)
    z /= np.linalg.norm(z)
    x = np.cross(z, [0.0, 0.0, 1.0])
    x /= np.linalg.norm(x)
    return Transform(np.stack([x, np.cross(z, x), z], axis=1), np.asarray(eye, float))


def camera_model() -> CameraModel:
    """Intrinsics of the rendered camera."""
    f = HEIGHT / 2 / math.tan(math.radians(FOVY) / 2)
    return CameraModel(WIDTH, HEIGHT, f, f, (WIDTH - 1) / 2, (HEIGHT - 1) / 2, "head_optical")


def noisy_depth(
    depth: npt.NDArray[np.float32], rng: np.random.Generator, scale: float = 1.0
) -> npt.NDArray[np.float32]:
    """Stereo-like noise: sigma 1.5 mm + 2 mm z^2, 1 % holes, holes along edges."""
    sigma = scale * (0.0015 + 0.002 * depth * depth)
    out = depth + sigma * rng.standard_normal(depth.shape).astype(np.float32)
    jump = np.zeros(depth.shape, bool)
    jump[:, 1:] |= np.abs(np.diff(depth, axis=1)) > 0.05
    jump[1:, :] |= np.abs(np.diff(depth, axis=0)) > 0.05
    out[jump & (rng.random(depth.shape) < 0.5)] = 0.0
    out[rng.random(depth.shape) < 0.01] = 0.0
    out[depth > 8.0] = 0.0
    return out.astype(np.float32)


def render(
    scene: Scene,
    map_from_camera: Transform,
    rng: np.random.Generator | None = None,
    stamp: float = 0.0,
) -> View:
    """What the camera sees; ``rng`` None: without noise."""
    model = model_of(scene)
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    renderer = mujoco.Renderer(model, HEIGHT, WIDTH)
    model.vis.global_.fovy = FOVY
    option = mujoco.MjvCamera()
    option.type = mujoco.mjtCamera.mjCAMERA_FREE
    forward = map_from_camera.rotation[:, 2]
    option.distance = 1.0
    option.lookat[:] = map_from_camera.translation + forward
    option.azimuth = math.degrees(math.atan2(forward[1], forward[0]))
    option.elevation = math.degrees(math.asin(forward[2]))
    try:
        renderer.update_scene(data, option)
        color = renderer.render().copy()
        renderer.enable_depth_rendering()
        renderer.update_scene(data, option)
        depth = renderer.render().astype(np.float32).copy()
    finally:
        renderer.close()
    if rng is not None:
        depth = noisy_depth(depth, rng)
        noise = rng.normal(0.0, 3.0, color.shape)
        color = np.clip(color.astype(float) + noise, 0, 255).astype(np.uint8)
    return View(stamp, camera_model(), map_from_camera, color, depth)
