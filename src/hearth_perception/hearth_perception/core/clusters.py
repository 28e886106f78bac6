"""Things: what is left of a view without floors, shelves, walls and doors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hearth_perception.core.depth import Cloud
from hearth_perception.core.kernels import component_statistics, connect_things, rim_statistics
from hearth_perception.core.places import Shelf
from hearth_perception.core.planes import (
    Labels,
    Support,
    Wall,
    find_supports,
    find_walls,
    structure,
)
from hearth_perception.core.quantiles import between, percentile

Array = npt.NDArray[np.float64]

LARGEST = 0.50
"""Extent [m] above which something is furniture."""
LEAST = 16
"""Cells of the smallest thing."""
HIDDEN = 0.9
"""Share of hidden rim above which something is a piece of background between nearer things."""


@dataclass(frozen=True, eq=False)
class Cluster:
    """Connected grid cells of one thing."""

    rows: npt.NDArray[np.intp]
    cols: npt.NDArray[np.intp]
    points: npt.NDArray[np.float32]
    """In map [m], shape (N, 3)."""
    foot: float
    """Height of what it stands on [m]."""
    foot_seen: bool
    """Whether the support under it was seen, not only expected."""
    support: Support | None
    shelf: Shelf | None
    """Nominal surface it stands on."""
    hidden: float
    """Fraction of its rim behind something nearer, 0..1."""
    cut: bool
    """It runs out of the image."""


@dataclass(frozen=True, eq=False)
class Segmentation:
    """A view taken apart."""

    cloud: Cloud
    supports: list[Support]
    support_labels: Labels
    walls: list[Wall]
    wall_labels: Labels
    structure: npt.NDArray[np.bool_]
    clusters: list[Cluster]


def segment(cloud: Cloud, shelves: Sequence[Shelf]) -> Segmentation:
    """Supports, walls and the things between them.

    Args:
        cloud: Organised points.
        shelves: Nominal surfaces near the view.
    """
    supports, support_labels = find_supports(cloud, shelves)
    free = cloud.valid & (support_labels < 0) & ~_rims(cloud, shelves)
    walls, wall_labels = find_walls(cloud, free)
    fixed = structure(cloud, walls, wall_labels, free)
    rest = free & ~fixed
    labels, count = connect_things(rest, cloud.points, cloud.normals, cloud.depth)
    clusters = []
    panels = _panels(cloud, walls, wall_labels, fixed)
    if count:
        pixels, _, low, high = component_statistics(labels, count, cloud.points, cloud.area)
        rim = rim_statistics(labels, count, cloud.depth, 3)
        extent = high - low
        level = np.hypot(extent[:, 0], extent[:, 1])
        keep = (pixels >= LEAST) & (level < LARGEST) & (extent[:, 2] < LARGEST) & (level > 0.015)
        order = np.argsort(labels, axis=None, kind="stable")
        starts = np.searchsorted(labels.reshape(-1)[order], np.arange(count + 1))
        for index in np.flatnonzero(keep):
            flat = order[starts[index] : starts[index + 1]]
            cluster = _cluster(cloud, flat, rim[index], supports, shelves)
            if cluster is not None and not _part_of_wall(cluster, panels):
                clusters.append(cluster)
    return Segmentation(cloud, supports, support_labels, walls, wall_labels, fixed, clusters)


def _rims(cloud: Cloud, shelves: Sequence[Shelf]) -> npt.NDArray[np.bool_]:
    """Cells of the front edges of shelves, which would tie things to each other.

    They are a few cells high, too thin for a normal, and the glass behind them returns nothing.
    """
    result = np.zeros(cloud.depth.shape, bool)
    z = cloud.points[..., 2]
    for shelf in shelves:
        if not shelf.inside:
            continue
        flat = np.flatnonzero((z > shelf.height - 0.035) & (z < shelf.height + 0.008))
        near = shelf.outside(cloud.points.reshape(-1, 3)[flat, :2]) < 0.05 + shelf.slack
        result.reshape(-1)[flat[near]] = True
    return result


def _panels(
    cloud: Cloud, walls: Sequence[Wall], labels: Labels, fixed: npt.NDArray[np.bool_]
) -> list[tuple[Wall, npt.NDArray[np.float32]]]:
    """Walls that are furniture, each with a sample of its points."""
    result = []
    for index, wall in enumerate(walls):
        mine = np.flatnonzero(fixed & (labels == index))
        if len(mine) > 20:
            step = max(1, len(mine) // 400)
            result.append((wall, cloud.points.reshape(-1, 3)[mine[::step]]))
    return result


def _part_of_wall(
    cluster: Cluster, panels: Sequence[tuple[Wall, npt.NDArray[np.float32]]]
) -> bool:
    """Whether it is a left-over of walls beside it: a frame, an edge, a flatly seen side."""
    middle = np.median(cluster.points, axis=0)
    reach = 0.10 + float(np.ptp(cluster.points, axis=0).max()) / 2
    low, high = between(cluster.points[:, 2], 20, 98)
    near = np.zeros(len(cluster.points), bool)
    for wall, sample in panels:
        if cluster.foot_seen and not ((sample[:, 2] > low) & (sample[:, 2] < high + 0.05)).any():
            continue  # it stands on a counter, flush with the panel below
        beside = np.sqrt(((sample - middle) ** 2).sum(axis=1).min()) < reach
        # Things hide the wall behind them, so a half hidden flat piece needs no neighbour.
        if beside or (cluster.hidden > 0.25 and wall.area > 0.15):
            near |= np.abs(cluster.points[:, :2] @ wall.normal - wall.offset) < 0.025
    if near.mean() > 0.85:
        return True
    shelf = cluster.shelf
    if shelf is None or not shelf.inside or shelf.slack > 0.05:
        return False
    # A compartment whose place was seen: its lining is known.
    local = np.abs(shelf.pose.inverse().apply(cluster.points[:, :2].astype(float)))
    at_edge = (local > np.array(shelf.size) / 2 - 0.015).any(axis=1)
    return bool(at_edge.mean() > 0.85)


def _cluster(
    cloud: Cloud,
    flat: npt.NDArray[np.intp],
    rim: npt.NDArray[np.int32],
    supports: Sequence[Support],
    shelves: Sequence[Shelf],
) -> Cluster | None:
    rows, cols = np.unravel_index(flat, cloud.depth.shape)
    points = cloud.points.reshape(-1, 3)[flat]
    beyond, before, outside = (int(v) for v in rim)
    hidden = before / max(1, beyond + before)
    if hidden > HIDDEN:
        return None  # a piece of background between nearer things
    middle = np.median(points[:, :2], axis=0).astype(float)
    bottom = percentile(points[:, 2], 2)
    top = percentile(points[:, 2], 99)
    width = np.subtract(*between(points[:, :2], 95, 5))
    support = _below(middle, bottom, supports, 0.05 + 0.6 * float(np.hypot(*width)))
    shelf = _shelf_below(middle, bottom, shelves)
    if support is not None and (
        shelf is None or float(support.height_at(middle)) > shelf.height - 0.03
    ):
        foot, seen, shelf = float(support.height_at(middle)), True, support.shelf
    elif shelf is not None:  # glass, or seen too flatly: the home model says where it is
        support, seen = None, False
        gap = bottom - shelf.height
        foot = bottom if 0.02 < abs(gap) < 0.035 and hidden < 0.1 else shelf.height
    else:
        return None
    if top - foot < 0.012 or bottom - foot > 0.10 + 0.5 * hidden * (top - bottom):
        return None
    return Cluster(
        rows, cols, points, foot, seen, support, shelf, hidden, outside > 0.1 * len(flat) ** 0.5
    )


def _below(
    middle: Array, bottom: float, supports: Sequence[Support], reach: float
) -> Support | None:
    """The highest patch under a point, seen within ``reach`` [m] of it."""
    best, height = None, -np.inf
    for support in supports:
        at = float(support.height_at(middle))
        if at > bottom + 0.02 or at <= height:
            continue
        shelf = support.shelf
        if shelf is not None and float(shelf.outside(middle)) > shelf.slack:
            continue
        if np.min(np.hypot(*(support.points - middle).T)) < reach:
            best, height = support, at
    return best


def _shelf_below(middle: Array, bottom: float, shelves: Sequence[Shelf]) -> Shelf | None:
    best = None
    for shelf in shelves:
        under = shelf.height < bottom + 0.03 and float(shelf.outside(middle)) <= shelf.slack
        if under and (best is None or shelf.height > best.height):
            best = shelf
    return best
