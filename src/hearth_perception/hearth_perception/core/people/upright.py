"""Bodies of people in a depth view: upright, rounded, on the floor, where the home has nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from hearth_perception.core.depth import Cloud
from hearth_perception.core.people.known import KnownSpace
from hearth_perception.core.view import View

Array = npt.NDArray[np.float64]

CELL = 0.05
REACH = 4.5
"""Farther points are too few and too noisy [m]."""
LOWEST, HIGHEST = 0.12, 2.1
"""Between floor and ceiling [m]."""
DEEP = 0.11
"""The body's axis is so far behind its visible side [m]."""
ROUND, FLAT = 0.93, 0.975
"""Mean length of the horizontal normals of bodies, and of boards and door leaves."""


@dataclass(frozen=True, eq=False)
class Body:
    """What may be a person in one view."""

    x: float
    y: float
    """Of the body's axis in map [m]."""
    top: float
    """Highest point seen [m]."""
    width: float
    """Across the view [m]."""
    sigma: float
    """Standard deviation of the position [m]."""
    score: float
    """0..1: how much like a person it looks."""
    points: npt.NDArray[np.float32]
    """In map, shape (N, 3)."""


def find_bodies(view: View, cloud: Cloud, known: KnownSpace, least: float = 0.25) -> list[Body]:
    """People in a view, whether they move or not.

    Args:
        view: For the camera's pose and image borders.
        cloud: Points in map, own body left out.
        known: What the home explains.
        least: Score below which a thing is left out.
    """
    flat = cloud.points.reshape(-1, 3)
    origin = view.origin
    where = np.flatnonzero(cloud.valid.reshape(-1))
    points = flat[where]
    away = np.hypot(points[:, 0] - origin[0], points[:, 1] - origin[1])
    use = (points[:, 2] > LOWEST) & (points[:, 2] < HIGHEST) & (away < REACH) & (away > 0.35)
    where = where[use]
    where = where[~known.explains(flat[where])]
    if len(where) < 60:
        return []
    points = flat[where]
    low = points[:, :2].min(axis=0) - CELL
    cells = np.floor((points[:, :2] - low) / CELL).astype(int)
    shape = cells.max(axis=0) + 2
    index = cells[:, 0] * shape[1] + cells[:, 1]
    weight = np.bincount(index, cloud.area.reshape(-1)[where], shape[0] * shape[1])
    # A column of a body shows at least a hand's width of surface; specks join nothing.
    filled = weight.reshape(shape) > 0.0015
    labels, count = ndimage.label(filled, np.ones((3, 3), int))
    mine = labels.reshape(-1)[index]
    bodies = []
    for number in range(1, count + 1):
        chosen = where[mine == number]
        if len(chosen) < 60 or known.is_leaf(flat[chosen]):
            continue
        body = _judge(view, cloud, chosen)
        if body is not None and body.score >= least:
            bodies.append(body)
    return bodies


def _judge(view: View, cloud: Cloud, chosen: npt.NDArray[np.intp]) -> Body | None:
    points = cloud.points.reshape(-1, 3)[chosen]
    area = cloud.area.reshape(-1)[chosen].astype(float)
    columns = cloud.points.shape[1]
    rows = chosen // columns
    z = points[:, 2]
    bottom, top = (float(v) for v in np.percentile(z, [2.0, 99.0]))
    cut_top = bool((rows <= 1).sum() > 3)
    cut_side = bool(((chosen % columns <= 1) | (chosen % columns >= columns - 2)).sum() > 8)
    ray = points[:, :2].mean(axis=0) - view.origin[:2]
    distance = float(np.hypot(*ray))
    ray = ray / max(distance, 1e-6)
    across = points[:, :2] @ np.array([-ray[1], ray[0]])
    left, right = np.percentile(across, [2.0, 98.0])
    width = float(right - left)
    total = float(area.sum())
    tall = top - bottom
    if tall < 0.45 or total < 0.08 or width > 1.3:
        return None
    score = 1.0
    score *= _between(top if not cut_top else max(top, 1.5), 0.95, 1.2, 1.95, 2.08)
    score *= _between(width, 0.12 if cut_side else 0.2, 0.28, 0.75, 1.1)
    score *= _between(tall, 0.45, 0.8, 2.2, 2.3)
    score *= _between(_filled(z, bottom, top), 0.6, 0.85, 1.1, 1.2)
    score *= _between(total / (width * tall), 0.2, 0.4, 9.0, 10.0)
    score *= _between(_flatness(cloud, chosen, area), -1.0, -0.9, ROUND, FLAT)
    if score <= 0.0:
        return None
    # The trunk says where the axis is: legs swing and arms reach.
    trunk = (z > top - 0.85) & (z < top - 0.2)
    if trunk.sum() < 40:
        trunk = np.ones(len(z), bool)
    sideways = np.percentile(across[trunk], [4.0, 96.0]).mean()
    along = points[trunk][:, :2] @ ray
    depth = float(np.percentile(along, 30.0)) + DEEP
    at = depth * ray + sideways * np.array([-ray[1], ray[0]])
    sigma = 0.05 + 0.01 * distance + (0.12 if cut_side else 0.0)
    return Body(float(at[0]), float(at[1]), top, width, sigma, score, points)


def _filled(z: npt.NDArray[np.float32], bottom: float, top: float) -> float:
    """Share of the height that shows something."""
    slots = np.unique(((z - bottom) / 0.1).astype(int)[(z >= bottom) & (z <= top)])
    return len(slots) / max(1.0, np.ceil((top - bottom) / 0.1))


def _flatness(cloud: Cloud, chosen: npt.NDArray[np.intp], area: Array) -> float:
    """Mean length of horizontal normals: 1 a board, 0.64 a round column seen from one side."""
    normals = cloud.normals.reshape(-1, 3)[chosen].astype(float)
    level = np.hypot(normals[:, 0], normals[:, 1])
    upright = level > 0.7
    if upright.sum() < 30:
        return 1.0
    unit = normals[upright, :2] / level[upright, None]
    return float(np.hypot(*np.average(unit, axis=0, weights=area[upright])))


def _between(value: float, low0: float, low1: float, high1: float, high0: float) -> float:
    """1 between ``low1`` and ``high1``, falling to 0 at ``low0`` and ``high0``."""
    if value < low1:
        return max(0.0, (value - low0) / (low1 - low0))
    if value > high1:
        return max(0.0, (high0 - value) / (high0 - high1))
    return 1.0
