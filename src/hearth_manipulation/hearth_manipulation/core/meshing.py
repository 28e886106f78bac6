"""Meshes of the world as boxes: the kernels know boxes, and a mesh is filled with them."""

from __future__ import annotations

import numpy as np
from hearth_core.errors import BadInputError
from hearth_core.geometry import Transform
from scipy.ndimage import binary_fill_holes

from hearth_manipulation.core.kinematics import Array, Ints
from hearth_manipulation.core.scene import Thing

CELLS = 28
"""Cells along the longest side of a mesh."""
MOST = 4000
"""More triangles than this are not taken."""


def mesh_boxes(name: str, vertices: Array, faces: Ints, pose: Transform) -> list[Thing]:
    """Boxes that contain a mesh's surface and its inside, ``name#0`` and so on.

    They stand out by a cell at most: a 28th of the mesh's longest side.

    Args:
        name: Of the mesh.
        vertices: [m], shape (V, 3).
        faces: Indices, shape (F, 3).
        pose: Scene from mesh.

    Raises:
        BadInputError: No triangles, too many of them, bad indices, or something not finite.
    """
    vertices, faces = np.asarray(vertices, float), np.asarray(faces, int)
    if len(faces) == 0 or len(vertices) == 0:
        raise BadInputError(f"mesh {name!r} has no triangles")
    if len(faces) > MOST:
        raise BadInputError(f"mesh {name!r} has {len(faces)} triangles; at most {MOST} are taken")
    if not np.all(np.isfinite(vertices)):
        raise BadInputError(f"mesh {name!r} has vertices that are not finite")
    if faces.min() < 0 or faces.max() >= len(vertices):
        raise BadInputError(f"mesh {name!r} names vertices it does not have")
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    cell = max(float(np.max(high - low)) / CELLS, 1e-3)
    filled = _fill(_surface(vertices[faces], low, high, cell))
    things = []
    for number, (first, last) in enumerate(_boxes(filled)):
        corner, far = low + first * cell, np.minimum(low + last * cell, high)
        # A mesh that is flat in one direction still is a thing.
        size = np.maximum(far - corner, 2e-3)
        middle = Transform(np.eye(3), 0.5 * (corner + far))
        things.append(Thing(f"{name}#{number}", "box", size, pose @ middle))
    return things


def _surface(triangles: Array, low: Array, high: Array, cell: float) -> np.ndarray:
    """Cells that triangles pass through, shape (X, Y, Z)."""
    shape = np.maximum(1, np.ceil((high - low) / cell - 1e-9).astype(int))
    grid = np.zeros(shape, bool)
    edges = np.linalg.norm(triangles - np.roll(triangles, 1, axis=1), axis=2)
    counts = np.ceil(2.0 * edges.max(axis=1) / cell).astype(int) + 1
    for count in np.unique(counts):
        some = triangles[counts == count]
        u, v = np.meshgrid(np.linspace(0, 1, count + 1), np.linspace(0, 1, count + 1))
        keep = u + v <= 1.0 + 1e-9
        u, v = u[keep][:, None], v[keep][:, None]
        a, b, c = some[:, None, 0], some[:, None, 1], some[:, None, 2]
        points = (a + u * (b - a) + v * (c - a)).reshape(-1, 3)
        index = np.clip(np.floor((points - low) / cell).astype(int), 0, shape - 1)
        grid[tuple(index.T)] = True
    return grid


def _fill(surface: np.ndarray) -> np.ndarray:
    """The surface and what it encloses."""
    return np.asarray(binary_fill_holes(surface))


def _boxes(grid: np.ndarray) -> list[tuple[Ints, Ints]]:
    """Few boxes (first cell, cell after the last) that make up a grid, largest first found."""
    left = grid.copy()
    found: list[tuple[Ints, Ints]] = []
    while left.any():
        first = np.array(np.unravel_index(int(np.argmax(left)), left.shape), int)
        last = first + 1
        grown = True
        while grown:
            grown = False
            for axis in range(3):
                if last[axis] >= left.shape[axis]:
                    continue
                more = last.copy()
                more[axis] += 1
                if left[tuple(slice(a, b) for a, b in zip(first, more, strict=True))].all():
                    last, grown = more, True
        left[tuple(slice(a, b) for a, b in zip(first, last, strict=True))] = False
        found.append((first, last))
    return found
