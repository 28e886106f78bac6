"""Pictures with truth, drawn once and kept below ``.hearth/`` by what they were made from."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from hearth_core.geometry import Pose2, Transform
from hearth_core.home.model import Home
from hearth_core.ports import CameraModel
from hearth_perception.core.view import View
from stage import Set
from truth import Truth, read_truth

UNIT = 1e-4
"""Depth is kept in steps of this [m]."""


@dataclass(frozen=True)
class Recipe:
    """What an album holds."""

    homes: tuple[int, ...]
    views: int
    natural: float = 0.5
    """Share of views with the home's own things; the rest is clutter."""
    pose_error: tuple[float, float] = (0.02, 0.01)
    """Standard deviation of where the robot believes to be [m, rad]."""
    relight: bool = False
    """Another exposure and colour of light each view (training)."""
    apartments: bool = False
    """Every other home is the apartment (training)."""

    def key(self) -> str:
        """Changes with everything one home's pictures depend on (not with which other homes)."""
        mine = {name: value for name, value in asdict(self).items() if name != "homes"}
        digest = hashlib.sha256(json.dumps(mine).encode())
        here = Path(__file__).resolve().parent
        sim = Path(__import__("hearth_sim").__file__).parent
        catalogue = Path(__import__("hearth_core").__file__).parent / "home"
        sources = [here / n for n in ("album.py", "stage.py", "truth.py")]
        for folder in (sim / "core" / "home", catalogue):
            sources += sorted(folder.rglob("*.py"))
        for path in sources:
            digest.update(path.read_bytes())
        return digest.hexdigest()[:16]


@dataclass(frozen=True, eq=False)
class Picture:
    """One view and what is in it."""

    home: int
    view: View
    truths: list[Truth]
    natural: bool
    positions: dict[str, float]
    """The robot's joints [rad or m]: its own arms are in the picture."""


@dataclass(frozen=True, eq=False)
class Page:
    """One home's pictures."""

    number: int
    home: Home
    pictures: list[Picture]


def album(
    recipe: Recipe, folder: Path, say: Callable[[str], None] = lambda _: None
) -> Iterator[Page]:
    """Pages of an album, drawn where they are not kept yet.

    Args:
        recipe: What is wanted.
        folder: Where albums are kept.
        say: Told what takes long.
    """
    keep = folder / recipe.key()
    keep.mkdir(parents=True, exist_ok=True)
    for index, number in enumerate(recipe.homes):
        file = keep / f"{number}.npz"
        apartment = recipe.apartments and number % 2 == 1
        if not file.exists():
            say(f"drawing home {number} ({index + 1}/{len(recipe.homes)})")
            _draw(recipe, number, apartment, file)
        yield _read(number, apartment, file)


def _draw(recipe: Recipe, number: int, apartment: bool, file: Path) -> None:
    rng = np.random.default_rng([number, 77])
    scene = Set.make(number, apartment)
    images: dict[str, npt.NDArray[np.uint8]] = {}
    notes = []
    try:
        for index in range(recipe.views):
            natural = bool(rng.random() < recipe.natural)
            scene.compose(rng, natural)
            view = scene.studio.view()
            truths = read_truth(scene.studio, view.camera, view.map_from_camera)
            if recipe.relight:
                view = relight(view, rng)
            offset, turn = recipe.pose_error
            error = Pose2(*rng.normal(0.0, offset, 2), rng.normal(0.0, turn)).lift()
            about = Transform(np.eye(3), view.map_from_camera.translation)
            error = about @ error @ about.inverse()
            ok, color = cv2.imencode(".png", view.color, [cv2.IMWRITE_PNG_COMPRESSION, 1])
            steps = np.nan_to_num(np.round(view.depth / UNIT), nan=0.0, posinf=0.0)
            steps = np.clip(steps, 0, 65535).astype(np.uint16)
            done, depth = cv2.imencode(".png", steps, [cv2.IMWRITE_PNG_COMPRESSION, 1])
            assert ok
            assert done
            images[f"c{index}"], images[f"d{index}"] = color, depth
            notes.append(
                {
                    "pose": (error @ view.map_from_camera).matrix().tolist(),
                    "error": error.matrix().tolist(),
                    "camera": asdict(view.camera),
                    "natural": natural,
                    "positions": scene.studio.joint_positions(),
                    "truths": [t.as_dict() for t in truths],
                }
            )
    finally:
        scene.close()
    part = file.with_suffix(f".{os.getpid()}.part")
    text = np.frombuffer(json.dumps(notes).encode(), np.uint8)
    with part.open("wb") as stream:
        np.savez(stream, notes=text, **images)
    part.rename(file)


def _read(number: int, apartment: bool, file: Path) -> Page:
    from apartment import HOMES  # noqa: PLC0415 - sets MUJOCO_GL
    from hearth_sim.core.assemble import read_home  # noqa: PLC0415

    home = read_home(HOMES / "apartment.yaml" if apartment else f"generated:{number}")
    pictures = []
    with np.load(file) as data:
        for index, note in enumerate(json.loads(data["notes"].tobytes())):
            color = cv2.imdecode(data[f"c{index}"], cv2.IMREAD_UNCHANGED)
            depth = cv2.imdecode(data[f"d{index}"], cv2.IMREAD_UNCHANGED)
            camera = CameraModel(**{**note["camera"], "distortion": ()})
            error = Transform.from_matrix(np.array(note["error"]))
            view = View(
                1.0 + index,
                camera,
                Transform.from_matrix(np.array(note["pose"])),
                color,
                (depth * np.float32(UNIT)).astype(np.float32),
            )
            truths = [_seen_from(Truth.from_dict(t), error) for t in note["truths"]]
            pictures.append(Picture(number, view, truths, note["natural"], note["positions"]))
    return Page(number, home, pictures)


def _seen_from(truth: Truth, error: Transform) -> Truth:
    """Where a thing is for somebody who is wrong about where he stands."""
    moved = error.apply(np.array(truth.position))
    turn = float(np.arctan2(error.rotation[1, 0], error.rotation[0, 0]))
    return replace(truth, position=tuple(float(v) for v in moved), yaw=truth.yaw + turn)


def relight(view: View, rng: np.random.Generator) -> View:
    """Another exposure and colour of light."""
    gain = rng.uniform(0.6, 1.25) * (1.0 + rng.uniform(-0.18, 0.18, 3))
    return replace(view, color=np.clip(view.color * gain, 0, 255).astype(np.uint8))
