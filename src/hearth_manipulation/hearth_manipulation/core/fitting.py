"""Fit spheres to a mesh: few, containing it, standing out little."""

from __future__ import annotations

import numpy as np

from hearth_manipulation.core.kinematics import Array, Ints

COUNTS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48)
"""Numbers of spheres tried, fewest first."""


def fit_spheres(
    vertices: Array, faces: Ints, slack: float | None = None, seed: int = 0
) -> tuple[Array, Array]:
    """Spheres that contain every triangle of a mesh.

    Triangles are cut small, grouped by k-means together with points inside, and every group gets a
    sphere around all corners of its pieces: a sphere is convex, so it holds the pieces whole.

    Args:
        vertices: [m], shape (V, 3).
        faces: Indices, shape (F, 3).
        slack: How far spheres may stand out [m]; None: 15 % of the mesh's middle extent, but 6 to
            25 mm, so that fingers get fine spheres and upper arms few.
        seed: Of the grouping.

    Returns:
        Centres [m], shape (N, 3), and radii [m], shape (N,).
    """
    # Only robots with meshes need these, and they take a quarter of a second to load.
    from scipy.cluster.vq import kmeans2  # noqa: PLC0415
    from scipy.spatial import cKDTree  # noqa: PLC0415

    extents = np.ptp(vertices, axis=0)
    if slack is None:
        slack = float(np.clip(0.15 * np.sort(extents)[1], 0.006, 0.025))
    pieces = _cut(vertices[faces], max(0.08 * float(np.max(extents)), 0.5 * slack))
    middles = pieces.mean(axis=1)
    surface = cKDTree(middles)
    points = np.concatenate([middles, _inside(middles)])
    directions = _directions(48)
    centers, radii = np.zeros((0, 3)), np.zeros(0)
    for count in COUNTS:
        if count > len(points):
            break
        start = points[_spread(points, count, seed)]
        found, _ = kmeans2(points, start, iter=12, minit="matrix", seed=seed)
        label = cKDTree(found).query(middles)[1]
        used = np.unique(label)
        centers = np.array([_middle(pieces[label == k].reshape(-1, 3)) for k in used])
        radii = np.array(
            [
                np.max(np.linalg.norm(pieces[label == k].reshape(-1, 3) - c, axis=1))
                for k, c in zip(used, centers, strict=True)
            ]
        )
        rim = centers[:, None] + radii[:, None, None] * directions[None]
        if float(np.max(surface.query(rim.reshape(-1, 3))[0])) <= 2.0 * slack:
            break
    return centers, radii + 1e-6


def _cut(triangles: Array, edge: float) -> Array:
    """Halve triangles at their longest edges until none is longer than ``edge``."""
    done: list[Array] = []
    for _ in range(24):
        if len(triangles) == 0 or sum(len(d) for d in done) + len(triangles) > 60000:
            break
        sides = np.linalg.norm(np.roll(triangles, -1, axis=1) - triangles, axis=2)
        longest = np.argmax(sides, axis=1)
        small = sides[np.arange(len(sides)), longest] <= edge
        done.append(triangles[small])
        big, k = triangles[~small], longest[~small]
        rows = np.arange(len(big))
        a, b, c = big[rows, k], big[rows, (k + 1) % 3], big[rows, (k + 2) % 3]
        m = 0.5 * (a + b)
        triangles = np.concatenate([np.stack([a, m, c], 1), np.stack([m, b, c], 1)])
    return np.concatenate([*done, triangles])


def _inside(points: Array) -> Array:
    """Points between opposite parts of the surface, so that groups reach through the body."""
    middle = points.mean(axis=0)
    step = max(1, len(points) // 600)
    chosen = points[::step]
    return np.concatenate([middle + f * (chosen - middle) for f in (0.3, 0.6)])


def _spread(points: Array, count: int, seed: int) -> Ints:
    """Indices of points far from each other (farthest first)."""
    first = int(np.random.default_rng(seed).integers(len(points)))
    chosen = [first]
    away = np.linalg.norm(points - points[first], axis=1)
    while len(chosen) < count:
        chosen.append(int(np.argmax(away)))
        away = np.minimum(away, np.linalg.norm(points - points[chosen[-1]], axis=1))
    return np.array(chosen, np.int32)


def _middle(points: Array) -> Array:
    """Centre of a small sphere around the points (Badoiu and Clarkson, SODA 2003)."""
    center = 0.5 * (points.min(axis=0) + points.max(axis=0))
    for i in range(1, 60):
        far = points[np.argmax(np.sum((points - center) ** 2, axis=1))]
        center = center + (far - center) / (i + 1)
    return np.asarray(center)


def _directions(count: int) -> Array:
    """Unit vectors spread over the sphere (Fibonacci)."""
    i = np.arange(count) + 0.5
    z = 1.0 - 2.0 * i / count
    turn = np.pi * (1.0 + 5.0**0.5) * i
    across = np.sqrt(1.0 - z * z)
    return np.stack([across * np.cos(turn), across * np.sin(turn), z], axis=1)
