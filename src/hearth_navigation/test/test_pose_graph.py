"""Loops pull a drifted drive together, false ones bend nothing, stored graphs come back whole."""

import math
from pathlib import Path

import numpy as np
import pytest
from flat_world import FlatWorld, home, look
from hearth_core.errors import FileFormatError
from hearth_core.geometry import Pose2, wrap_angle
from hearth_navigation.core import graph_file, grid
from hearth_navigation.core.localizer import Localizer
from hearth_navigation.core.mapper import Mapper, MapperConfig
from hearth_navigation.core.pose_graph import PoseGraph, Relation

CONFIG = MapperConfig(half_size=6.0)
STEPS = [Pose2(1.0, 0.0, math.pi / 2)] * 4


def square(yaw_error: float) -> PoseGraph:
    """Four sides driven with wheels that turn wrong; back at the start."""
    graph, pose = PoseGraph(), Pose2()
    graph.add(pose)
    for k, step in enumerate(STEPS):
        driven = Pose2(step.x, step.y, step.yaw + yaw_error)
        pose = pose @ driven
        graph.add(pose)
        graph.relate(Relation(k, k + 1, driven, np.diag([400.0, 400.0, 100.0])))
    return graph


def short_drive(seed: int = 1) -> Mapper:
    """Out of a room and back, on wheels that slip."""
    world = FlatWorld(home(0.9), Pose2(1.0, 3.0, 0.0), seed=seed, slip=0.05)
    mapper = Mapper(world.pose, CONFIG)
    for k in range(60):
        mapper.update(world.odom, *look(world))
        for _ in range(2):
            world.drive((0.3 if k < 30 else -0.3, 0.0, 0.25 if k < 30 else -0.25), 0.05)
    return mapper


@pytest.fixture(scope="module")
def driven() -> Mapper:
    return short_drive()


def test_a_loop_takes_the_drift_out() -> None:
    graph = square(0.08)
    drifted = graph.solve()[4]
    assert math.hypot(drifted[0], drifted[1]) > 0.1
    graph.relate(Relation(0, 4, Pose2(), np.eye(3) * 400.0, loop=True))
    closed = graph.solve(5)[4]
    assert math.hypot(closed[0], closed[1]) < 0.5 * math.hypot(drifted[0], drifted[1])
    assert math.hypot(*graph.batch()[4, :2]) < 0.5 * math.hypot(drifted[0], drifted[1])


def test_a_false_loop_bends_little_where_others_disagree() -> None:
    graph = square(0.0)
    for _ in range(3):
        graph.relate(Relation(0, 4, Pose2(), np.eye(3) * 2500.0, loop=True))
    graph.relate(Relation(0, 4, Pose2(3.0, 0.0, 1.0), np.eye(3) * 2500.0, loop=True))
    assert np.hypot(*graph.solve(5)[4, :2]) < 0.05


def test_uncertainty_grows_with_the_way_and_shrinks_with_a_loop() -> None:
    graph = square(0.0)
    near, far = graph.uncertainty(0, 1), graph.uncertainty(0, 4)
    assert far[2, 2] == pytest.approx(4.0 * near[2, 2], rel=1e-3)
    assert near[0, 0] == pytest.approx(1.0 / 400.0, rel=1e-2)
    graph.relate(Relation(0, 4, Pose2(), np.eye(3) * 2500.0, loop=True))
    assert graph.uncertainty(0, 4)[0, 0] < 1.1 / 2500.0


def test_a_relation_to_nowhere_is_refused() -> None:
    with pytest.raises(ValueError, match="9"):
        square(0.0).relate(Relation(0, 9, Pose2(), np.eye(3)))


def test_along_a_bare_corridor_the_wheels_decide() -> None:
    """Walls say nothing about the way along them: the relation's weight there is the wheels'."""
    walls = [(-20.0, 0.0, 20.0, 0.1), (-20.0, 1.5, 20.0, 1.6)]
    world = FlatWorld([tuple(map(float, wall)) for wall in walls], Pose2(0.0, 0.8, 0.0), seed=3)
    mapper = Mapper(world.pose, CONFIG)
    for _ in range(12):
        mapper.update(world.odom, *look(world))
        for _ in range(2):
            world.drive((0.5, 0.0, 0.0), 0.05)
    relation = mapper.relations[-1]
    assert relation.information[0, 0] < 0.1 * relation.information[1, 1]
    assert mapper.pose.y == pytest.approx(world.pose.y, abs=0.02)


def test_saving_loading_and_saving_again_gives_the_same_bytes(
    driven: Mapper, tmp_path: Path
) -> None:
    def write(mapper: Mapper, name: str) -> list[bytes]:
        path = tmp_path / name / "map.yaml"
        grid.save(mapper.finished(), path)
        graph_file.save(mapper.stored(), graph_file.graph_path(path))
        return [file.read_bytes() for file in sorted(path.parent.iterdir())]

    first = write(driven, "first")
    stored = graph_file.load(tmp_path / "first" / "map.graph.npz")
    assert len(first) == 3
    assert write(Mapper.resume(stored, driven.pose, CONFIG), "second") == first


def test_mapping_goes_on_where_it_ended(driven: Mapper) -> None:
    """A second drive on other wheels lands in the first map's frame."""
    world = FlatWorld(home(0.9), Pose2(1.2, 3.1, 0.4), seed=9, slip=0.05)
    mapper = Mapper.resume(driven.stored(), Pose2(1.23, 3.08, 0.42), CONFIG)
    before = len(mapper.keyframes)
    for _ in range(40):
        mapper.update(world.odom, *look(world))
        for _ in range(2):
            world.drive((0.25, 0.05, -0.35), 0.05)
    mapper.update(world.odom, *look(world))
    assert len(mapper.keyframes) > before
    assert mapper.pose.distance(world.pose) < 0.05
    assert abs(wrap_angle(mapper.pose.yaw - world.pose.yaw)) < 0.02
    joining = [r for r in mapper.relations if r.first < before <= r.second]
    assert joining


def test_localisation_leaves_the_stored_graph_alone(driven: Mapper, tmp_path: Path) -> None:
    path = tmp_path / "map.yaml"
    grid.save(driven.finished(), path)
    graph_file.save(driven.stored(), graph_file.graph_path(path))
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    cells = driven.finished().cells.copy()
    world = FlatWorld(home(0.9), Pose2(1.2, 3.1, 0.4), seed=2)
    localizer = Localizer(grid.load(path))
    for k in range(10):
        localizer.update(0.1 * k, world.odom, look(world)[0])
        world.drive((0.2, 0.0, 0.3), 0.1)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before
    assert np.array_equal(localizer.grid.cells, cells)


@pytest.mark.parametrize("content", [b"", b"no graph", b"PK\x03\x04 broken"])
def test_what_is_no_graph_is_refused_by_name(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "map.graph.npz"
    path.write_bytes(content)
    with pytest.raises(FileFormatError, match="pose graph"):
        graph_file.load(path)


def test_a_missing_graph_and_a_strange_archive_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match="no such pose graph"):
        graph_file.load(tmp_path / "map.graph.npz")
    np.savez(tmp_path / "other.npz", poses=np.zeros((2, 3)))
    with pytest.raises(FileFormatError, match="missing"):
        graph_file.load(tmp_path / "other.npz")
