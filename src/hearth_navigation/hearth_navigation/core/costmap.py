"""What is in the way: the map, and what the sensors see beside it.

Cells seen occupied by the lidar raise a score and fade when a beam passes through them. Hits on
what the map shows anyway are left out, so that walls do not grow by the localisation's error.
A snapshot is immutable: kernels read it without locks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from hearth_core.geometry import Pose2

from hearth_navigation.core.depth_layer import DepthConfig, DepthLayer, DepthView
from hearth_navigation.core.field import Field, clearance_field, distances
from hearth_navigation.core.footprint import Footprint
from hearth_navigation.core.grid import FREE, OCCUPIED, Grid
from hearth_navigation.core.raycast import add_beams
from hearth_navigation.core.relocalizer import Beams

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class CostmapConfig:
    """How obstacles come and go."""

    reach: float = 4.0
    """Beams are used up to this length [m]."""
    explained: float = 0.08
    """Hits this near to the map's obstacles [m] are the map's own."""
    hit: float = 1.0
    """Score of one hit; an obstacle is a cell of at least 1."""
    miss: float = -0.35
    """Score of one beam that passes."""
    most: float = 3.0
    """Largest score: how much a cell must be seen through before it is free again."""
    extra_lifetime: float = 30.0
    """How long [s] points of other sensors stay when nobody sees that place again."""
    depth: DepthConfig = field(default_factory=DepthConfig)


@dataclass(frozen=True, eq=False)
class Snapshot:
    """The world at one moment."""

    stamp: float
    clearance: Field
    """Distance to the nearest blocked cell's edge."""
    blocked: Mask
    """Everything that must not be touched, (rows, columns)."""
    obstacles: Mask
    """The part that the map does not show."""
    resolution: float
    origin: tuple[float, float]


class Costmap:
    """Layers over one map."""

    def __init__(
        self, grid: Grid, config: CostmapConfig | None = None, unknown_blocks: bool = True
    ) -> None:
        """``unknown_blocks`` False: the unknown counts as free (while exploring)."""
        self.config = config or CostmapConfig()
        self.grid = grid
        self._static = grid.cells != FREE if unknown_blocks else grid.cells == OCCUPIED
        self._explained = distances(grid.cells == OCCUPIED, grid.resolution)
        self.mapped = Field(self._explained, grid.resolution, grid.origin)
        """Distance to what the map shows."""
        self._score = np.zeros(grid.cells.shape, np.float32)
        self._kept_out = np.zeros(grid.cells.shape, np.bool_)
        # Nothing lasts beyond the beginning of time, which is "now" before the first cycle.
        self._extra_until = np.full(grid.cells.shape, -np.inf)
        self._depth = DepthLayer(grid, self._explained, self.config.depth)
        self._snapshot: Snapshot | None = None

    def keep_out(self, mask: Mask) -> None:
        """Block these cells too (zones, furniture the lidar cannot see)."""
        if mask.shape != self._kept_out.shape:
            raise ValueError(f"mask is {mask.shape}, the map is {self._kept_out.shape}")
        self._kept_out = mask.copy()
        self._snapshot = None

    def inherit(self, old: Costmap) -> None:
        """Keep what ``old`` saw where both overlap, if cells lie on cells."""
        if old.grid.resolution != self.grid.resolution:
            return
        inverse = 1.0 / self.grid.resolution
        right = round((old.grid.origin[0] - self.grid.origin[0]) * inverse)
        up = round((old.grid.origin[1] - self.grid.origin[1]) * inverse)
        rows = slice(max(0, up), min(self.grid.height, up + old.grid.height))
        columns = slice(max(0, right), min(self.grid.width, right + old.grid.width))
        if rows.start >= rows.stop or columns.start >= columns.stop:
            return
        mine = (rows, columns)
        theirs = (
            slice(rows.start - up, rows.stop - up),
            slice(columns.start - right, columns.stop - right),
        )
        self._score[mine] = old._score[theirs]
        self._extra_until[mine] = old._extra_until[theirs]
        self._depth.inherit(old._depth, mine, theirs)
        self._snapshot = None

    def clear(
        self,
        centre: Pose2 | None = None,
        radius: float = 2.0,
        *,
        keep: bool = False,
        depth: bool = True,
    ) -> None:
        """Forget seen obstacles: all, within ``radius`` [m] of ``centre``, or all but those.

        ``depth`` False: not what the depth camera saw. It cannot see what is near, so that it
        would not come back.
        """
        layers: list[tuple[npt.NDArray[Any], float]] = [
            (self._score, 0.0),
            (self._extra_until, -np.inf),
        ]
        if depth:
            layers += self._depth.layers
        if centre is None:
            for layer, nothing in layers:
                layer[:] = nothing
        else:
            row, column = self.grid.cell(centre.x, centre.y)
            n = int(radius / self.grid.resolution)
            window = np.s_[max(0, row - n) : row + n + 1, max(0, column - n) : column + n + 1]
            for layer, nothing in layers:
                kept = layer[window].copy()
                if keep:
                    layer[:] = nothing
                layer[window] = kept if keep else nothing
        self._snapshot = None

    def add_scan(self, map_from_base: Pose2, beams: Beams, lengths: Array) -> None:
        """Take a scan.

        Args:
            map_from_base: Where the base was then.
            beams: The scan.
            lengths: How far each beam certainly flew freely [m]
                (:func:`hearth_navigation.core.scan.free_lengths`).
        """
        config = self.config
        lidar = map_from_base @ beams.base_from_lidar
        hits = np.isfinite(beams.ranges) & (lengths > 0.0) & (lengths <= config.reach)
        directions = beams.angles + lidar.yaw
        ends_x = lidar.x + lengths * np.cos(directions)
        ends_y = lidar.y + lengths * np.sin(directions)
        inverse = 1.0 / self.grid.resolution
        columns = np.floor((ends_x - self.grid.origin[0]) * inverse).astype(np.int64)
        rows = np.floor((ends_y - self.grid.origin[1]) * inverse).astype(np.int64)
        inside = (
            (rows >= 0) & (columns >= 0) & (rows < self.grid.height) & (columns < self.grid.width)
        )
        near = inside & hits
        near[near] = self._explained[rows[near], columns[near]] > config.explained
        add_beams(
            self._score,
            self.grid.origin[0],
            self.grid.origin[1],
            inverse,
            lidar.x,
            lidar.y,
            directions,
            np.minimum(lengths, config.reach),
            near,
            config.miss,
            config.hit,
            0.0,
            config.most,
        )
        self._depth.seen_through(lidar, directions, np.minimum(lengths, config.reach), near)
        self._snapshot = None

    def add_depth(
        self, view: DepthView, map_from_base: Pose2, footprint: Footprint, now: float
    ) -> None:
        """Take a picture of a depth camera, made with the base at ``map_from_base``."""
        if self._depth.add(view, map_from_base, np.array(footprint.outline), now):
            self._snapshot = None

    def beside(self, pose: Pose2, radius: float, now: float) -> Array:
        """Where the depth camera saw something within ``radius`` [m]: in map, shape (N, 2)."""
        return self._depth.points(pose, radius, now)

    def add_points(self, points: Array, now: float) -> None:
        """Take obstacle points of another sensor (depth camera), in map [m], shape (N, 2)."""
        inverse = 1.0 / self.grid.resolution
        columns = np.floor((points[:, 0] - self.grid.origin[0]) * inverse).astype(np.int64)
        rows = np.floor((points[:, 1] - self.grid.origin[1]) * inverse).astype(np.int64)
        inside = (
            (rows >= 0) & (columns >= 0) & (rows < self.grid.height) & (columns < self.grid.width)
        )
        self._extra_until[rows[inside], columns[inside]] = now + self.config.extra_lifetime
        self._snapshot = None

    def snapshot(self, now: float) -> Snapshot:
        """The present state; the same object until something changes."""
        if self._snapshot is None:
            obstacles = (self._score >= 1.0) | (self._extra_until > now) | self._depth.mask(now)
            blocked = self._static | self._kept_out | obstacles
            field = clearance_field(blocked, self.grid.resolution, self.grid.origin)
            self._snapshot = Snapshot(
                now, field, blocked, obstacles, self.grid.resolution, self.grid.origin
            )
        return self._snapshot
