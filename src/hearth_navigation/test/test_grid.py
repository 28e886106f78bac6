"""Maps survive files byte by byte, and bad files are refused by name."""

from pathlib import Path

import numpy as np
import pytest
from hearth_core.errors import FileFormatError
from hearth_navigation.core import grid as grids
from hearth_navigation.core.grid import FREE, OCCUPIED, UNKNOWN, Grid


@pytest.fixture
def grid() -> Grid:
    random = np.random.default_rng(0)
    cells = random.choice(np.array([UNKNOWN, FREE, OCCUPIED], np.int8), size=(37, 53))
    return Grid(cells, 0.025, (-1.2375, 3.5))


def test_a_map_is_the_same_after_saving_and_loading(grid: Grid, tmp_path: Path) -> None:
    grids.save(grid, tmp_path / "map.yaml")
    loaded = grids.load(tmp_path / "map.yaml")
    assert np.array_equal(loaded.cells, grid.cells)
    assert (loaded.resolution, loaded.origin) == (grid.resolution, grid.origin)


def test_save_load_save_gives_the_same_bytes(grid: Grid, tmp_path: Path) -> None:
    grids.save(grid, tmp_path / "a" / "map.yaml")
    grids.save(grids.load(tmp_path / "a" / "map.yaml"), tmp_path / "b" / "map.yaml")
    for name in ("map.yaml", "map.pgm"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_rows_of_the_image_count_from_the_top(tmp_path: Path) -> None:
    cells = np.full((3, 2), FREE, np.int8)
    cells[0, 0] = OCCUPIED
    grids.save(Grid(cells, 1.0, (0.0, 0.0)), tmp_path / "map.yaml")
    assert (tmp_path / "map.pgm").read_bytes()[-6:] == bytes([254, 254, 254, 254, 0, 254])


def test_cells_and_points_agree(grid: Grid) -> None:
    for row, column in ((0, 0), (36, 52), (7, 31)):
        assert grid.cell(*grid.center(row, column)) == (row, column)
        assert grid.value(*grid.center(row, column)) == grid.cells[row, column]
    assert not grid.contains(float("nan"), 0.0)
    assert grid.value(1e6, 0.0) == UNKNOWN


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("image: map.pgm\norigin: [0, 0, 0]\n", "resolution: missing"),
        ("image: map.pgm\nresolution: 0.05\norigin: [0, 0, 1]\n", "rotated maps"),
        ("image: map.pgm\nresolution: -1\norigin: [0, 0, 0]\n", "bad values"),
        ("image: map.pgm\nresolution: x\norigin: [0, 0, 0]\n", "need a number"),
        ("image: no.pgm\nresolution: 0.05\norigin: [0, 0, 0]\n", "cannot read an image"),
        ("image: map.pgm\nresolution: 0.05\norigin: [0, 0, 0]\nmode: raw\n", "not supported"),
        ("[1, 2]", "must be a mapping"),
        ("a: [", "not YAML"),
    ],
)
def test_bad_files_are_refused(grid: Grid, tmp_path: Path, text: str, complaint: str) -> None:
    grids.save(grid, tmp_path / "map.yaml")
    (tmp_path / "map.yaml").write_text(text)
    with pytest.raises(FileFormatError, match=complaint):
        grids.load(tmp_path / "map.yaml")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match=r"nowhere\.yaml: no such map file"):
        grids.load(tmp_path / "nowhere.yaml")
