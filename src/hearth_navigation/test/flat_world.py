"""A flat home of rectangles with a lidar and an omnidirectional base, for tests only."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from hearth_core.geometry import Pose2
from hearth_navigation.core.grid import FREE, OCCUPIED, Grid
from hearth_navigation.core.relocalizer import Beams
from hearth_navigation.core.scan import free_lengths, to_points
from shapely.geometry import box
from shapely.ops import unary_union

Array = npt.NDArray[np.float64]
Rect = tuple[float, float, float, float]
"""x0, y0, x1, y1 [m]."""

WALL = 0.1


def home(door: float = 0.8) -> list[Rect]:
    """Three rooms and a hall, 8 x 6 m, asymmetric, with doors of the given width."""
    t = WALL
    rects: list[Rect] = [
        (0, 0, 8, t),
        (0, 6 - t, 8, 6),
        (0, 0, t, 6),
        (8 - t, 0, 8, 6),
    ]
    # Wall between the upper rooms and the hall (y = 2), a door in each.
    rects += split_x(2.0, 0.0, 8.0, [(1.4, door), (5.6, door)])
    # Wall between the upper rooms (x = 4.2), and in the hall (x = 6.2).
    rects += [(4.2, 2.0, 4.2 + t, 6.0)]
    rects += split_y(6.2, 0.0, 2.0, [(0.9, door)])
    rects += [
        (0.1, 4.9, 2.1, 5.9),  # bed
        (3.6, 2.1, 4.2, 3.5),  # cupboard
        (7.3, 3.0, 7.9, 5.9),  # counter
        (4.3, 5.3, 5.5, 5.9),  # shelf
        (2.6, 0.1, 3.6, 0.45),  # sideboard
    ]
    return rects


def split_x(y: float, x0: float, x1: float, doors: list[tuple[float, float]]) -> list[Rect]:
    """A wall along x with door gaps (centre, width)."""
    result, x = [], x0
    for centre, width in doors:
        result.append((x, y, centre - width / 2, y + WALL))
        x = centre + width / 2
    return [*result, (x, y, x1, y + WALL)]


def split_y(x: float, y0: float, y1: float, doors: list[tuple[float, float]]) -> list[Rect]:
    """A wall along y with door gaps."""
    return [(b, a, d, c) for a, b, c, d in split_x(x, y0, y1, doors)]


def rasterize(rects: list[Rect], resolution: float = 0.025, pad: float = 0.5) -> Grid:
    """True map of the rectangles, everything else free."""
    x1, y1 = max(r[2] for r in rects) + pad, max(r[3] for r in rects) + pad
    x0, y0 = min(r[0] for r in rects) - pad, min(r[1] for r in rects) - pad
    cells = np.full(
        (math.ceil((y1 - y0) / resolution), math.ceil((x1 - x0) / resolution)), FREE, np.int8
    )
    for rect in rects:
        a, b, c, d = (
            round((value - start) / resolution)
            for value, start in zip(rect, (x0, y0, x0, y0), strict=True)
        )
        cells[b : max(d, b + 1), a : max(c, a + 1)] = OCCUPIED
    return Grid(cells, resolution, (x0, y0))


def cast(rects: list[Rect], pose: Pose2, angles: Array, reach: float = 12.0) -> Array:
    """Exact ranges of beams against axis-aligned rectangles; ``inf``: nothing in reach."""
    d = np.stack([np.cos(angles + pose.yaw), np.sin(angles + pose.yaw)], axis=1)
    best = np.full(len(angles), np.inf)
    with np.errstate(divide="ignore", invalid="ignore"):
        for x0, y0, x1, y1 in rects:
            tx = (np.array([[x0], [x1]]) - pose.x) / d[:, 0]
            ty = (np.array([[y0], [y1]]) - pose.y) / d[:, 1]
            near = np.maximum(np.nanmin(tx, axis=0), np.nanmin(ty, axis=0))
            far = np.minimum(np.nanmax(tx, axis=0), np.nanmax(ty, axis=0))
            hit = (near <= far) & (near > 0.0)
            best = np.where(hit & (near < best), near, best)
    best[best > reach] = np.inf
    return best


@dataclass
class FlatWorld:
    """Truth, noisy lidar and slipping odometry."""

    rects: list[Rect]
    pose: Pose2
    seed: int = 0
    range_noise: float = 0.01
    slip: float = 0.02
    """Share of every motion that the wheels do not see."""
    velocity: tuple[float, float, float] = (0.0, 0.0, 0.0)
    odom: Pose2 = field(default_factory=Pose2)
    time: float = 0.0
    acceleration: tuple[float, float] = (1.0, 2.5)

    def __post_init__(self) -> None:
        self.random = np.random.default_rng(self.seed)
        self.angles = np.linspace(-math.pi, math.pi, 360, endpoint=False)
        self.solid = unary_union([box(*rect) for rect in self.rects])

    def drive(self, command: tuple[float, float, float], period: float) -> None:
        """Move for ``period`` [s], accelerating towards ``command``."""
        linear, turn = self.acceleration[0] * period, self.acceleration[1] * period
        dx, dy = command[0] - self.velocity[0], command[1] - self.velocity[1]
        share = min(1.0, linear / max(math.hypot(dx, dy), 1e-9))
        dw = min(max(command[2] - self.velocity[2], -turn), turn)
        self.velocity = (
            self.velocity[0] + share * dx,
            self.velocity[1] + share * dy,
            self.velocity[2] + dw,
        )
        vx, vy, wz = self.velocity
        half = Pose2(0.0, 0.0, 0.5 * wz * period)
        step = half @ Pose2(vx * period, vy * period, 0.0) @ half
        self.pose = self.pose @ step
        k = 1.0 + self.random.normal(0.0, self.slip, 3)
        self.odom = self.odom @ Pose2(step.x * k[0], step.y * k[1], step.yaw * k[2])
        self.time += period


BASE_FROM_LIDAR = Pose2(-0.1, 0.0, 0.0)
REACH = 12.0


def look(world: FlatWorld) -> tuple[Beams, Array]:
    """The world's scan as navigation takes it, and how far each beam flew freely."""
    lidar = world.pose @ BASE_FROM_LIDAR
    ranges = cast(world.rects, lidar, world.angles, REACH)
    ranges = ranges + world.random.normal(0.0, world.range_noise, len(ranges))
    single = ranges.astype(np.float32)
    points = to_points(single, world.angles, BASE_FROM_LIDAR, 0.05, REACH)
    beams = Beams(points, ranges, world.angles, BASE_FROM_LIDAR, REACH)
    return beams, free_lengths(single, 0.05, REACH)
