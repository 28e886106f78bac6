"""What a depth camera sees above the floor: table tops, open doors, things lower than the lidar.

Two and a half dimensions: a cell remembers between which heights something was seen in it, and
forgets it when a ray passes through at those heights. So a table top, which nearby is out of the
picture, stays until the camera has looked through where it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from hearth_core.geometry import Pose2, Transform
from hearth_core.jit import kernel

from hearth_navigation.core.field import Values
from hearth_navigation.core.grid import Grid
from hearth_navigation.core.raycast import add_beams

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Counts = npt.NDArray[np.int32]
Pixels = npt.NDArray[np.float32]
Window = tuple[slice, slice]


@dataclass(frozen=True)
class DepthConfig:
    """What counts as an obstacle."""

    near: float = 0.25
    """Depths used from here [m] ..."""
    far: float = 3.0
    """... to here [m]."""
    low: float = 0.06
    """Heights above the floor that are in the way from here [m] ..."""
    high: float = 1.45
    """... to here [m]."""
    stride: int = 4
    """Pixels from one that is used to the next."""
    pixels: int = 2
    """Pixels that must agree on a cell: single ones fly at edges."""
    explained: float = 0.05
    """Points this near to the map's obstacles [m] are the map's own."""
    body: float = 0.05
    """Points this near to the robot's outline [m] are the robot's own."""
    lidar: float = 0.25
    """Height of the lidar's plane [m]: what reaches through it is not there if beams pass."""
    lifetime: float = 300.0
    """How long [s] a cell is remembered that nobody has looked at again."""


@dataclass(frozen=True, eq=False)
class DepthView:
    """One depth picture."""

    depth: Pixels
    """Along the optical axis [m], shape (rows, columns); what is not finite measured nothing."""
    focal: tuple[float, float]
    """fx, fy [pixels]."""
    centre: tuple[float, float]
    """cx, cy [pixels]."""
    base_from_camera: Transform
    """The optical frame (x right, y down, z ahead) in base_footprint."""


@kernel
def _inside(outline: Array, x: float, y: float, margin: float) -> bool:
    """Whether a point lies in a polygon (N, 2) or within ``margin`` of it."""
    within = False
    n = outline.shape[0]
    for i in range(n):
        ax, ay = outline[i, 0], outline[i, 1]
        bx, by = outline[(i + 1) % n, 0], outline[(i + 1) % n, 1]
        if (ay > y) != (by > y) and x < ax + (y - ay) * (bx - ax) / (by - ay):
            within = not within
        ex, ey = bx - ax, by - ay
        t = ((x - ax) * ex + (y - ay) * ey) / max(ex * ex + ey * ey, 1e-12)
        t = min(max(t, 0.0), 1.0)
        dx, dy = x - ax - t * ex, y - ay - t * ey
        if dx * dx + dy * dy < margin * margin:
            return True
    return within


@kernel
def _mark(
    depth: Pixels,
    camera: Array,
    rotation: Array,
    position: Array,
    base: Array,
    outline: Array,
    limits: Array,
    stride: int,
    geometry: Array,
    mapped: Values,
    now: int,
    seen: Counts,
    count: Counts,
    low: Values,
    high: Values,
) -> None:
    """Count the points that lie in every cell, and between which heights.

    ``camera`` is fx, fy, cx, cy; ``base`` is x, y, cos, sin of base_footprint in map; ``limits``
    near, far, low, high, explained, body.
    """
    ox, oy, inverse = geometry[0], geometry[1], geometry[2]
    height, width = mapped.shape
    for v in range(stride // 2, depth.shape[0], stride):
        for u in range(stride // 2, depth.shape[1], stride):
            z = depth[v, u]
            if not (z >= limits[0] and z <= limits[1]):
                continue
            a = (u - camera[2]) / camera[0] * z
            b = (v - camera[3]) / camera[1] * z
            h = rotation[2, 0] * a + rotation[2, 1] * b + rotation[2, 2] * z + position[2]
            if h < limits[2] or h > limits[3]:
                continue
            x = rotation[0, 0] * a + rotation[0, 1] * b + rotation[0, 2] * z + position[0]
            y = rotation[1, 0] * a + rotation[1, 1] * b + rotation[1, 2] * z + position[1]
            column = int((x - ox) * inverse)
            row = int((y - oy) * inverse)
            if x < ox or y < oy or row >= height or column >= width:
                continue
            if mapped[row, column] <= limits[4]:
                continue
            dx, dy = x - base[0], y - base[1]
            if dx * dx + dy * dy < 1.0:
                bx = base[2] * dx + base[3] * dy
                by = -base[3] * dx + base[2] * dy
                if _inside(outline, bx, by, limits[5]):
                    continue
            if seen[row, column] != now:
                seen[row, column] = now
                count[row, column] = 0
                low[row, column] = h
                high[row, column] = h
            count[row, column] += 1
            low[row, column] = min(low[row, column], np.float32(h))
            high[row, column] = max(high[row, column], np.float32(h))


@kernel
def _settle(
    pixels: int,
    until: float,
    now: int,
    seen: Counts,
    count: Counts,
    low: Values,
    high: Values,
    score: Values,
    floor: Values,
    top: Values,
    last: Array,
) -> bool:
    """Cells that enough pixels agree on are taken over; whether one is new."""
    new = False
    for row in range(seen.shape[0]):
        for column in range(seen.shape[1]):
            if seen[row, column] != now:
                continue
            if count[row, column] < pixels:
                seen[row, column] = 0  # a ray may pass here
                continue
            if score[row, column] < 1.0:
                new = True
                floor[row, column] = low[row, column]
                top[row, column] = high[row, column]
            floor[row, column] = min(floor[row, column], low[row, column])
            top[row, column] = max(top[row, column], high[row, column])
            score[row, column] = min(2.0, score[row, column] + 1.0)
            last[row, column] = until
    return new


@kernel
def _pass(
    depth: Pixels,
    camera: Array,
    rotation: Array,
    position: Array,
    limits: Array,
    stride: int,
    geometry: Array,
    now: int,
    seen: Counts,
    score: Values,
    floor: Values,
    top: Values,
) -> bool:
    """Lower cells that rays pass at the heights something was seen at; whether one is free."""
    ox, oy, inverse = geometry[0], geometry[1], geometry[2]
    height, width = score.shape
    freed = False
    size = 1.0 / inverse
    for v in range(stride // 2, depth.shape[0], stride):
        for u in range(stride // 2, depth.shape[1], stride):
            z = depth[v, u]
            if not z >= limits[0]:
                continue
            reach = min(z, limits[1])
            a = (u - camera[2]) / camera[0]
            b = (v - camera[3]) / camera[1]
            dx = rotation[0, 0] * a + rotation[0, 1] * b + rotation[0, 2]
            dy = rotation[1, 0] * a + rotation[1, 1] * b + rotation[1, 2]
            dz = rotation[2, 0] * a + rotation[2, 1] * b + rotation[2, 2]
            flat = np.sqrt(dx * dx + dy * dy)
            if flat < 0.05:
                continue
            step = size / flat
            # What is 10 cm before the end may be the end's own.
            t, end = limits[0], reach - 0.1 / flat
            while t < end:
                column = int((position[0] + t * dx - ox) * inverse)
                row = int((position[1] + t * dy - oy) * inverse)
                h = position[2] + t * dz
                t += step
                if row < 0 or column < 0 or row >= height or column >= width:
                    continue
                if score[row, column] <= 0.0 or abs(seen[row, column]) == now:
                    continue
                if floor[row, column] - 0.01 <= h <= top[row, column] + 0.01:
                    seen[row, column] = -now  # once a picture
                    score[row, column] -= 0.5
                    if score[row, column] < 1.0:
                        freed = True
    return freed


class DepthLayer:
    """Cells over one map."""

    def __init__(self, grid: Grid, mapped: Values, config: DepthConfig | None = None) -> None:
        """``mapped``: distance from every cell to what the map shows [m]."""
        self.config = config or DepthConfig()
        self._grid = grid
        self._mapped = mapped
        self._frame = 0
        shape = grid.cells.shape
        self._seen = np.zeros(shape, np.int32)
        self._count = np.zeros(shape, np.int32)
        self._low, self._high = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
        self.score = np.zeros(shape, np.float32)
        self.floor, self.top = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
        self.until = np.full(shape, -np.inf)

    @property
    def layers(self) -> list[tuple[npt.NDArray[Any], float]]:
        """What is remembered, with the value that means nothing."""
        return [(self.score, 0.0), (self.floor, 0.0), (self.top, 0.0), (self.until, -np.inf)]

    def inherit(self, old: DepthLayer, mine: Window, theirs: Window) -> None:
        """Take over a window of another layer."""
        for (layer, _), (other, _) in zip(self.layers, old.layers, strict=True):
            layer[mine] = other[theirs]

    def add(self, view: DepthView, map_from_base: Pose2, outline: Array, now: float) -> bool:
        """Take a picture; whether the obstacles have changed.

        Args:
            view: The picture.
            map_from_base: Where the base was then.
            outline: Of the robot in base_footprint [m], shape (N, 2).
            now: Time of the picture [s].
        """
        config, grid = self.config, self._grid
        self._frame += 1
        lifted = Transform.from_xyz_rpy(
            (map_from_base.x, map_from_base.y, 0.0), (0.0, 0.0, map_from_base.yaw)
        )
        at = lifted @ view.base_from_camera
        camera = np.array([*view.focal, *view.centre])
        rotation = np.ascontiguousarray(at.rotation, np.float64)
        position = np.ascontiguousarray(at.translation, np.float64)
        c, s = np.cos(map_from_base.yaw), np.sin(map_from_base.yaw)
        base = np.array([map_from_base.x, map_from_base.y, c, s])
        limits = np.array(
            [config.near, config.far, config.low, config.high, config.explained, config.body]
        )
        geometry = np.array([*grid.origin, 1.0 / grid.resolution])
        depth = np.ascontiguousarray(view.depth, np.float32)
        now_ = self._frame
        own = np.ascontiguousarray(outline, np.float64)
        _mark(
            depth, camera, rotation, position, base, own, limits, config.stride, geometry,
            self._mapped, now_, self._seen, self._count, self._low, self._high,
        )  # fmt: skip
        new = _settle(
            config.pixels, now + config.lifetime, now_, self._seen, self._count, self._low,
            self._high, self.score, self.floor, self.top, self.until,
        )  # fmt: skip
        freed = _pass(
            depth, camera, rotation, position, limits, 2 * config.stride, geometry,
            now_, self._seen, self.score, self.floor, self.top,
        )  # fmt: skip
        return bool(new or freed)

    def mask(self, now: float) -> Mask:
        """Cells with something in them."""
        return (self.score >= 1.0) & (self.until > now)

    def points(self, pose: Pose2, radius: float, now: float) -> Array:
        """Middles of the cells with something in them within ``radius`` [m], shape (N, 2)."""
        row, column = self._grid.cell(pose.x, pose.y)
        n = int(radius / self._grid.resolution)
        top, left = max(0, row - n), max(0, column - n)
        window = np.s_[top : max(0, row + n + 1), left : max(0, column + n + 1)]
        found = np.argwhere((self.score[window] >= 1.0) & (self.until[window] > now))
        cells = found + np.array([top + 0.5, left + 0.5])
        return np.asarray(cells[:, ::-1] * self._grid.resolution + np.array(self._grid.origin))

    def seen_through(self, lidar: Pose2, directions: Array, lengths: Array, hits: Mask) -> None:
        """Lower what stands at the lidar's height where its beams passed."""
        height = self.config.lidar
        crossed = (self.score > 0.0) & (self.floor < height - 0.03) & (self.top > height + 0.03)
        if not crossed.any():
            return
        passed = np.zeros(self.score.shape, np.float32)
        inverse = 1.0 / self._grid.resolution
        add_beams(
            passed, *self._grid.origin, inverse, lidar.x, lidar.y, directions, lengths, hits,
            -0.35, 0.0, -0.35, 0.0,
        )  # fmt: skip
        self.score[crossed] = np.maximum(self.score[crossed] + passed[crossed], 0.0)
