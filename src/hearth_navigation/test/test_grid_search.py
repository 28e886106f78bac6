"""Shortest ways on grids, and MovingAI's files."""

import math
from pathlib import Path

import numpy as np
import pytest
from hearth_core.errors import FileFormatError
from hearth_navigation.core.cost_to_go import cost_to_go
from hearth_navigation.core.grid_search import (
    read_movingai_map,
    read_movingai_problems,
    shortest,
)

MAP = "type octile\nheight 3\nwidth 4\nmap\n..@.\n.@G.\n....\n"


@pytest.mark.parametrize("seed", range(6))
def test_no_way_is_shorter_than_dijkstras(seed: int) -> None:
    random = np.random.default_rng(seed)
    free = random.random((40, 50)) > 0.3
    free[0, 0] = free[39, 49] = True
    price = np.where(free, 1.0, np.inf).astype(np.float32)
    best = float(cost_to_go(price, 1.0, (0.0, 0.0), [(39, 49)]).values[0, 0])
    found = shortest(free, (0, 0), (39, 49))
    if math.isinf(best):
        assert math.isinf(found.length)
        return
    assert found.length == pytest.approx(best, rel=1e-5)
    steps = np.diff(found.cells, axis=0)
    assert np.abs(steps).max() == 1
    assert np.hypot(*steps.T).sum() == pytest.approx(found.length)
    assert free[tuple(found.cells.T)].all()
    for (row, column), (dr, dc) in zip(found.cells[:-1], steps, strict=True):
        assert free[row + dr, column]
        assert free[row, column + dc]


def test_blocked_ends_have_no_way_and_cells_outside_are_refused() -> None:
    free = np.ones((4, 4), np.bool_)
    free[0, 0] = False
    assert math.isinf(shortest(free, (0, 0), (3, 3)).length)
    with pytest.raises(ValueError, match="outside"):
        shortest(free, (1, 1), (9, 9))


def test_movingais_files_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.map").write_text(MAP)
    free = read_movingai_map(tmp_path / "a.map")
    assert free.tolist() == [
        [True, True, False, True],
        [True, False, True, True],
        [True, True, True, True],
    ]
    (tmp_path / "a.scen").write_text("version 1\n0\ta.map\t4\t3\t0\t0\t3\t0\t6.41421356\n")
    (problem,) = read_movingai_problems(tmp_path / "a.scen")
    assert (problem.start, problem.goal) == ((0, 0), (0, 3))
    assert shortest(free, problem.start, problem.goal).length == pytest.approx(problem.length)
    (tmp_path / "b.map").write_text("type octile\nheight 9\nwidth 4\nmap\n....\n")
    with pytest.raises(FileFormatError, match="9 rows"):
        read_movingai_map(tmp_path / "b.map")
