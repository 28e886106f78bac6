"""Mesh files named in a URDF: finding them and reading them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from hearth_core.errors import FileFormatError
from hearth_core.geometry import Transform

from hearth_manipulation.core.kinematics import Array
from hearth_manipulation.core.spheres import Solid


def find_mesh(name: str, folder: Path, packages: Mapping[str, Path]) -> Path | None:
    """Path of ``package://name/...``, ``file://...`` or a path beside the robot's file.

    Args:
        name: As the file has it.
        folder: Of the robot's file; a package's path is also looked for below its parents.
        packages: Folders by package name.

    Returns:
        None when there is no such file.
    """
    if name.startswith("file://"):
        candidates = [Path(name.removeprefix("file://"))]
    elif name.startswith("package://"):
        package, _, rest = name.removeprefix("package://").partition("/")
        candidates = [packages[package] / rest] if package in packages else []
        for parent in (folder, *folder.parents):
            candidates.append(parent / package / rest)
            if parent.name == package:
                candidates.append(parent / rest)
    else:
        candidates = [folder / name]
    return next((path for path in candidates if path.is_file()), None)


def load_mesh(path: Path, scale: Array, pose: Transform) -> Solid:
    """Read a mesh as a solid of its triangles.

    Raises:
        FileFormatError: It cannot be read or has no triangles.
    """
    import trimesh  # noqa: PLC0415  only robots with meshes need it

    try:
        mesh = trimesh.load(path, force="mesh", process=True)
        vertices = np.asarray(mesh.vertices, float) * scale
        faces = np.asarray(mesh.faces, np.int32)
    except Exception as error:  # its many readers raise whatever they like
        raise FileFormatError(str(path), "", f"{type(error).__name__}: {error}") from error
    if len(faces) == 0 or not np.isfinite(vertices).all():
        raise FileFormatError(str(path), "", "holds no triangles")
    return Solid("mesh", np.ptp(vertices, axis=0), pose, vertices, faces)
