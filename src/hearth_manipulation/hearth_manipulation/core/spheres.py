"""Cover simple solids with spheres: what the fast collision check sees of a body."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from hearth_core.geometry import Transform

from hearth_manipulation.core.fitting import fit_spheres
from hearth_manipulation.core.kinematics import Array, Ints


@dataclass(frozen=True, eq=False)
class Solid:
    """A primitive in its body's frame."""

    kind: str
    """``box``, ``cylinder``, ``capsule`` (axis z), ``sphere`` or ``mesh``."""
    size: Array
    """Box, mesh: full extents; cylinder, capsule: radius, length; sphere: radius [m]."""
    pose: Transform
    vertices: Array | None = None
    """Of a mesh [m], shape (V, 3)."""
    faces: Ints | None = None
    """Of a mesh, shape (F, 3)."""


def cover(solid: Solid, slack: float = 0.008, box_slack: float = 0.026) -> tuple[Array, Array]:
    """Spheres that contain the solid.

    Args:
        solid: What to cover.
        slack: How far they may stick out of round solids [m].
        box_slack: How far they may stick out of thick boxes [m]; less takes more spheres.

    Returns:
        Centres [m] in the body's frame, shape (N, 3), and radii, shape (N,).
    """
    if solid.kind == "mesh":
        assert solid.vertices is not None
        assert solid.faces is not None
        centers, radii = fit_spheres(solid.vertices, solid.faces)
    elif solid.kind == "sphere":
        centers, radii = np.zeros((1, 3)), np.array([solid.size[0]])
    elif solid.kind == "capsule":
        radius, length = solid.size
        centers, radii = _along(radius, length, slack, caps=True)
    elif solid.kind == "cylinder":
        radius, length = solid.size
        if length >= 1.2 * radius:
            centers, radii = _along(radius, length, slack, caps=False)
        else:
            size = np.array([2.0 * radius, 2.0 * radius, length])
            centers, radii = _box(size, box_slack)
            keep = np.hypot(centers[:, 0], centers[:, 1]) <= radius + radii
            centers, radii = centers[keep], radii[keep]
    else:
        centers, radii = _box(solid.size, box_slack)
    return solid.pose.apply(centers), radii


def _along(radius: float, length: float, slack: float, *, caps: bool) -> tuple[Array, Array]:
    """A row of spheres along z. A sphere covers its slice of the cylinder, corners included."""
    covered = radius + max(slack, 0.12 * radius)
    half = math.sqrt(covered**2 - radius**2)
    count = max(1, math.ceil(length / (2.0 * half)))
    if caps:
        count = max(2, math.ceil(length / (2.0 * half)) + 1)
        z = np.linspace(-0.5 * length, 0.5 * length, count)
        radii = np.full(count, radius if count == 2 and length < 1e-6 else covered)
        radii[[0, -1]] = max(radius, math.hypot(radius, 0.5 * length / max(1, count - 1)))
    else:
        z = (np.arange(count) + 0.5) / count * length - 0.5 * length
        radii = np.full(count, math.hypot(radius, 0.5 * length / count))
    return np.stack([np.zeros(count), np.zeros(count), z], axis=1), radii


def _box(size: Array, slack: float) -> tuple[Array, Array]:
    """A grid of spheres, each containing its cell."""
    # A cell of edge c needs a radius of 0.87 c and sticks out 0.37 c.
    cell = min(max(float(np.min(size)), 0.02), slack / 0.366)
    counts = np.maximum(1, np.ceil(size / cell - 1e-6).astype(int))
    axes = [(np.arange(n) + 0.5) / n * s - 0.5 * s for n, s in zip(counts, size, strict=True)]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    radius = 0.5 * float(np.linalg.norm(size / counts))
    if np.all(counts > 2):  # The inside of a thick box needs no spheres.
        surface = np.zeros(counts, bool)
        surface[[0, -1]] = surface[:, [0, -1]] = surface[:, :, [0, -1]] = True
        grid = grid[surface.reshape(-1)]
    return grid, np.full(len(grid), radius)
