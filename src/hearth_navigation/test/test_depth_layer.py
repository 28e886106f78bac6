"""What a depth camera adds to the costmap: properties on pictures cast exactly."""

import math

import numpy as np
import numpy.typing as npt
import pytest
from hearth_core.geometry import Pose2, Transform
from hearth_navigation.core.costmap import Costmap, CostmapConfig
from hearth_navigation.core.depth_layer import DepthConfig, DepthView
from hearth_navigation.core.footprint import Footprint
from hearth_navigation.core.grid import FREE, OCCUPIED, Grid
from hearth_navigation.core.relocalizer import Beams

FOOTPRINT = Footprint.rectangle(0.42, 0.25, 0.27)
FOCAL, CENTRE, SHAPE = 417.0, (319.5, 239.5), (480, 640)
HEIGHT, DOWN = 1.35, 0.15
POSE = Pose2(1.0, 2.0, 0.0)
TABLE = (2.2, 3.0, 1.5, 2.5, 0.75)
"""x0, x1, y0, y1 in map and the height of the top [m]."""


def camera(yaw: float = 0.0) -> Transform:
    """0.1 m ahead of the base, looking a little down."""
    optical = Transform.from_xyz_rpy((0.0, 0.0, 0.0), (-math.pi / 2, 0.0, -math.pi / 2))
    return Transform.from_xyz_rpy((0.1, 0.0, HEIGHT), (0.0, DOWN, yaw)) @ optical


def picture(boards: list[tuple[float, ...]], noise: float = 0.0) -> DepthView:
    """Floor at 0, a wall at x = 5, and horizontal boards (x0, x1, y0, y1, z), seen from POSE."""
    at = Transform.from_xyz_rpy((POSE.x, POSE.y, 0.0), (0.0, 0.0, POSE.yaw)) @ camera()
    v, u = np.mgrid[0 : SHAPE[0], 0 : SHAPE[1]]
    rays = np.stack([(u - CENTRE[0]) / FOCAL, (v - CENTRE[1]) / FOCAL, np.ones(SHAPE)], axis=-1)
    directions = rays @ at.rotation.T
    origin = at.translation
    with np.errstate(divide="ignore"):
        depth = np.where(directions[..., 2] < -1e-6, -origin[2] / directions[..., 2], np.inf)
        depth = np.minimum(
            depth, np.where(directions[..., 0] > 0, (5.0 - origin[0]) / directions[..., 0], np.inf)
        )
        for x0, x1, y0, y1, z in boards:
            t = (z - origin[2]) / directions[..., 2]
            x, y = origin[0] + t * directions[..., 0], origin[1] + t * directions[..., 1]
            hit = (t > 0) & (x > x0) & (x < x1) & (y > y0) & (y < y1)
            depth = np.where(hit, np.minimum(depth, t), depth)
    random = np.random.default_rng(5)
    depth = depth + noise * depth**2 * random.standard_normal(SHAPE)
    return DepthView(depth.astype(np.float32), (FOCAL, FOCAL), CENTRE, camera())


def empty() -> Costmap:
    cells = np.full((200, 260), FREE, np.int8)
    cells[:, 200:] = OCCUPIED  # the wall at x = 5
    return Costmap(Grid(cells, 0.025, (0.0, 0.0)))


def blocked(costmap: Costmap, now: float = 1.0) -> npt.NDArray[np.bool_]:
    return costmap.snapshot(now).obstacles


def at(mask: npt.NDArray[np.bool_], x: float, y: float) -> bool:
    return bool(mask[int(y / 0.025), int(x / 0.025)])


def test_a_table_top_blocks_where_it_is_and_nowhere_else() -> None:
    costmap = empty()
    costmap.add_depth(picture([TABLE], noise=0.0015), POSE, FOOTPRINT, 1.0)
    seen = blocked(costmap)
    x0, x1, y0, y1, _ = TABLE
    inside = seen[
        int(y0 / 0.025) + 1 : int(y1 / 0.025) - 1, int(x0 / 0.025) + 1 : int(x1 / 0.025) - 1
    ]
    assert inside.mean() > 0.9
    grown = np.zeros_like(seen)
    grown[int(y0 / 0.025) - 2 : int(y1 / 0.025) + 2, int(x0 / 0.025) - 2 : int(x1 / 0.025) + 2] = (
        True
    )
    assert not (seen & ~grown).any()


def test_floor_and_mapped_walls_block_nothing_in_spite_of_noise() -> None:
    costmap = empty()
    for _ in range(3):
        costmap.add_depth(picture([], noise=0.0015), POSE, FOOTPRINT, 1.0)
    assert not blocked(costmap).any()


def test_a_table_is_forgotten_when_it_is_looked_through_and_not_before() -> None:
    costmap = empty()
    costmap.add_depth(picture([TABLE]), POSE, FOOTPRINT, 1.0)
    away = Pose2(POSE.x, POSE.y, math.pi)
    for k in range(5):
        costmap.add_depth(picture([]), away, FOOTPRINT, 1.0 + k)  # looks elsewhere
    assert at(blocked(costmap), 2.5, 2.0)
    for k in range(40):  # eight seconds of pictures
        costmap.add_depth(picture([]), POSE, FOOTPRINT, 6.0 + 0.2 * k)
    assert not blocked(costmap).any()


def test_what_is_under_the_rays_stays() -> None:
    costmap = empty()
    low = (1.6, 2.0, 1.8, 2.2, 0.3)
    costmap.add_depth(picture([low]), POSE, FOOTPRINT, 1.0)
    before = blocked(costmap).sum()
    # Rays to the far floor pass above it, if it were not in the picture itself.
    view = picture([])
    view.depth[240:] = np.nan
    costmap.add_depth(view, POSE, FOOTPRINT, 2.0)
    assert blocked(costmap).sum() == before


def test_single_pixels_do_not_count() -> None:
    costmap = empty()
    view = picture([])
    for k in range(0, 480, 60):
        view.depth[k + 2, 2::160] = 1.5
    costmap.add_depth(view, POSE, FOOTPRINT, 1.0)
    assert not blocked(costmap).any()


def test_the_robots_own_arms_are_no_obstacles() -> None:
    arms = (POSE.x + 0.25, POSE.x + 0.41, 1.85, 2.15, 1.2)
    costmap, other = empty(), empty()
    costmap.add_depth(picture([arms]), POSE, FOOTPRINT, 1.0)
    assert not blocked(costmap).any()
    other.add_depth(picture([arms]), POSE, Footprint.rectangle(0.15, 0.15, 0.15), 1.0)
    assert blocked(other).any()


def test_recoveries_clear_what_the_lidar_saw_but_not_the_table() -> None:
    costmap = empty()
    costmap.add_depth(picture([TABLE]), POSE, FOOTPRINT, 1.0)
    costmap.add_points(np.array([[1.5, 3.5]]), 1.0)
    costmap.clear(POSE, 3.0, depth=False)
    assert at(blocked(costmap), 2.5, 2.0)
    assert not at(blocked(costmap), 1.5, 3.5)
    costmap.clear()
    assert not blocked(costmap).any()


def test_lidar_beams_clear_what_reaches_through_their_plane_only() -> None:
    costmap = Costmap(empty().grid, CostmapConfig(depth=DepthConfig(high=2.0)))
    steps = [(3.2, 3.4, 1.9, 2.1, z) for z in np.arange(0.1, 0.6, 0.02)]
    costmap.add_depth(picture([*steps, (3.2, 3.4, 2.6, 2.8, 0.75)]), POSE, FOOTPRINT, 1.0)
    assert at(blocked(costmap), 3.21, 2.0)
    assert at(blocked(costmap), 3.3, 2.7)
    angles = np.linspace(-math.pi, math.pi, 720, endpoint=False)
    beams = Beams(np.zeros((0, 2)), np.full(720, 3.5), angles, Pose2(), 12.0)
    for _ in range(8):
        costmap.add_scan(POSE, beams, np.full(720, 3.5))
    assert not at(blocked(costmap), 3.21, 2.0)
    assert at(blocked(costmap), 3.3, 2.7)


def test_memory_ends() -> None:
    costmap = empty()
    costmap.add_depth(picture([TABLE]), POSE, FOOTPRINT, 1.0)
    costmap.clear(Pose2(9.0, 9.0, 0.0), 0.1)
    assert blocked(costmap, 200.0).any()
    costmap.clear(Pose2(9.0, 9.0, 0.0), 0.1)
    assert not blocked(costmap, 400.0).any()


@pytest.mark.parametrize("bad", [np.nan, np.inf, 0.0, -1.0])
def test_pictures_without_depth_change_nothing(bad: float) -> None:
    costmap = empty()
    depth = np.full(SHAPE, bad, np.float32)
    costmap.add_depth(DepthView(depth, (FOCAL, FOCAL), CENTRE, camera()), POSE, FOOTPRINT, 1.0)
    assert not blocked(costmap).any()
