"""Maps built by driving are true, and exploring ends by itself."""

import math

import numpy as np
from flat_world import FlatWorld, home, look, rasterize
from hearth_core.geometry import Pose2
from hearth_navigation.core import frontier
from hearth_navigation.core.canvas import clean
from hearth_navigation.core.costmap import Costmap
from hearth_navigation.core.field import distances
from hearth_navigation.core.footprint import Footprint
from hearth_navigation.core.grid import FREE, OCCUPIED, UNKNOWN, Grid
from hearth_navigation.core.mapper import Mapper, MapperConfig

FOOTPRINT = Footprint.rectangle(0.42, 0.25, 0.25)


def drive_round(world: FlatWorld, mapper: Mapper, points: list[tuple[float, float]]) -> None:
    """Through these points, turning all the while."""
    mapper.update(world.odom, *look(world))
    for x, y in points:
        while math.hypot(x - world.pose.x, y - world.pose.y) > 0.05:
            local = world.pose.inverse().apply(np.array([x, y]))
            speed = 0.4 / max(0.4, float(np.hypot(*local)))
            for _ in range(2):
                world.drive((speed * local[0], speed * local[1], 0.4), 0.05)
            mapper.update(world.odom, *look(world))


def test_a_map_built_by_driving_shows_the_home_where_it_is() -> None:
    rects = home(0.9)
    world = FlatWorld(rects, Pose2(1.0, 3.0, 0.0), seed=1, slip=0.04)
    mapper = Mapper(world.pose, MapperConfig(half_size=9.0))
    drive_round(world, mapper, [(1.4, 2.6), (1.4, 1.3), (5.6, 1.3), (5.6, 3.5), (5.6, 1.3)])
    assert mapper.pose.distance(world.pose) < 0.04
    assert mapper.relax(2) < 0.01
    grid = mapper.finished()
    true = rasterize(rects, grid.resolution, pad=2.0)
    away = distances(true.cells == OCCUPIED, grid.resolution)
    rows, columns = np.nonzero(grid.cells == OCCUPIED)
    errors = [
        away[true.cell(*grid.center(int(r), int(c)))] for r, c in zip(rows, columns, strict=True)
    ]
    assert len(errors) > 800
    assert float(np.mean(errors)) < 0.015
    assert float(np.quantile(errors, 0.95)) < 0.055  # two cells
    # What is free on the map is free in the home.
    inside = [
        true.value(*grid.center(int(r), int(c))) == OCCUPIED
        for r, c in np.argwhere(grid.cells == FREE)[::7]
    ]
    assert float(np.mean(inside)) < 0.005


def test_standing_still_adds_nothing() -> None:
    world = FlatWorld(home(), Pose2(1.0, 3.0, 0.0))
    mapper = Mapper(world.pose, MapperConfig(half_size=9.0))
    assert mapper.update(world.odom, *look(world))
    assert not any(mapper.update(world.odom, *look(world)) for _ in range(5))
    assert len(mapper.keyframes) == 1


def test_known_ground_is_kept_a_metre_at_a_time() -> None:
    world = FlatWorld(home(), Pose2(1.0, 3.0, 0.0))
    mapper = Mapper(world.pose, MapperConfig(half_size=9.0))
    for speed in (0.4, -0.4, 0.4, -0.4, 0.4):
        for _ in range(10):
            world.drive((speed, 0.0, 0.0), 0.2)
            mapper.update(world.odom, *look(world))
    travelled = np.array([frame.travelled for frame in mapper.keyframes])
    known = np.diff(travelled[travelled > 0.6])  # up to there the ground was new
    assert len(known) >= 2
    assert known.max() < 1.2
    assert known.min() > 0.9


def test_a_live_map_keeps_its_cells_in_place() -> None:
    world = FlatWorld(home(), Pose2(1.0, 3.0, 0.0))
    mapper = Mapper(world.pose, MapperConfig(half_size=9.0))
    mapper.update(world.odom, *look(world))
    first = mapper.live()
    drive_round(world, mapper, [(1.4, 2.6), (1.4, 1.3)])
    second = mapper.live()
    shift = (np.array(first.origin) - np.array(second.origin)) / first.resolution
    assert np.allclose(shift, np.round(shift), atol=1e-6)
    assert second.cells.size > first.cells.size


def test_a_map_grows_with_the_home() -> None:
    rects = home(0.9)
    world = FlatWorld(rects, Pose2(1.0, 3.0, 0.0), seed=3)
    small = Mapper(world.pose, MapperConfig(half_size=2.0, reach=6.0))
    other = FlatWorld(rects, Pose2(1.0, 3.0, 0.0), seed=3)
    large = Mapper(other.pose, MapperConfig(half_size=12.0, reach=6.0))
    for mapper, robot in ((small, world), (large, other)):
        drive_round(robot, mapper, [(1.4, 2.6), (1.4, 1.3), (4.5, 1.3)])
    assert small.pose.distance(world.pose) < 0.03
    a, b = small.finished(), large.finished()
    assert abs((a.cells == OCCUPIED).sum() - (b.cells == OCCUPIED).sum()) < 0.03 * a.cells.size
    assert a.width == b.width


def half_known(door: bool) -> Grid:
    """A room of 4 x 4 m whose right wall has an opening to the unknown, or none."""
    cells = np.full((160, 260), UNKNOWN, np.int8)
    cells[:160, :160] = FREE
    cells[[0, 159], :160] = OCCUPIED
    cells[:, 0] = OCCUPIED
    cells[:160, 159] = OCCUPIED
    if door:
        cells[60:100, 159] = FREE
    return Grid(cells, 0.025, (0.0, 0.0))


def test_a_closed_room_has_nothing_left_to_explore() -> None:
    assert frontier.views(half_known(False), Pose2(1.0, 1.0, 0.0), FOOTPRINT) == []


def test_an_open_door_is_looked_through_and_then_left_alone() -> None:
    (view,) = frontier.views(half_known(True), Pose2(1.0, 1.0, 0.0), FOOTPRINT)
    assert view.border[0] > 3.8
    assert 1.5 < view.border[1] < 2.5
    assert view.pose.distance(Pose2(4.0, 2.0, 0.0)) < 1.2
    seen = [view]
    for _ in range(20):
        more = frontier.views(half_known(True), Pose2(1.0, 1.0, 0.0), FOOTPRINT, seen=seen)
        if not more:
            break
        assert all(more[0].pose.distance(other.pose) >= 0.45 for other in seen)
        seen += more
    assert len(seen) < 20


def test_specks_are_cleaned_and_leaks_are_cut_off() -> None:
    cells = np.full((100, 100), UNKNOWN, np.int8)
    cells[10:60, 10:60] = FREE
    cells[30:33, 30:33] = UNKNOWN  # a speck amid the floor
    cells[80:90, 80:90] = FREE  # a leak through a window
    cells[20:40, 40:60] = UNKNOWN  # furniture
    result = clean(cells, 0.025)
    assert (result[30:33, 30:33] == FREE).all()
    assert (result[80:90, 80:90] == UNKNOWN).all()
    assert (result[20:40, 40:60] == UNKNOWN).all()


def test_obstacles_appear_at_once_and_go_when_seen_through() -> None:
    rects = home(0.9)
    grid = rasterize(rects)
    costmap = Costmap(grid)
    pose = Pose2(1.0, 3.0, 0.0)
    box = (2.0, 3.0, 2.3, 3.3)
    costmap.add_scan(pose, *look(FlatWorld([*rects, box], pose)))
    seen = costmap.snapshot(0.0)
    assert seen.clearance.at(2.0, 3.1) < 0.05
    assert costmap.snapshot(0.0) is seen
    # What the map shows is not marked again: doors keep their width.
    empty = Costmap(grid)
    for k in range(5):
        empty.add_scan(pose @ Pose2(0.0, 0.02, 0.01), *look(FlatWorld(rects, pose, seed=k)))
    assert not empty.snapshot(0.0).obstacles.any()
    for k in range(12):
        costmap.add_scan(pose, *look(FlatWorld(rects, pose, seed=k)))
    assert costmap.snapshot(1.0).clearance.at(2.0, 3.1) > 0.3


def test_points_of_other_sensors_block_for_a_while() -> None:
    costmap = Costmap(rasterize(home(0.9)))
    costmap.add_points(np.array([[2.0, 3.0], [99.0, 99.0]]), now=10.0)
    assert costmap.snapshot(10.0).clearance.at(2.0, 3.0) < 0.03
    costmap.add_points(np.zeros((0, 2)), now=60.0)
    assert costmap.snapshot(60.0).clearance.at(2.0, 3.0) > 0.3
