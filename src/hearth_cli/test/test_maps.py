"""Homes that are about to be mapped: what is wrong with them is said before the robot drives."""

from dataclasses import replace
from pathlib import Path

import pytest
from hearth_cli.mapping import ENOUGH, known_shares
from hearth_cli.maps import problems_of
from hearth_core.errors import BadInputError
from hearth_core.geometry import Pose2
from hearth_core.home import load_home
from hearth_core.home.model import Home

FILE = Path(__file__).resolve().parents[3] / "config" / "homes" / "apartment.yaml"


@pytest.fixture(scope="module")
def home() -> Home:
    return load_home(FILE)


def test_the_apartment_has_no_problems(home: Home) -> None:
    assert problems_of(home, FILE) == []


def test_a_charger_outside_is_refused_with_file_value_and_rooms(home: Home) -> None:
    outside = replace(home, charger=Pose2(50.0, 50.0, 0.0))
    with pytest.raises(BadInputError, match=r"apartment\.yaml: charger\.at: \(50, 50\).*kitchen"):
        problems_of(outside, FILE)


def test_furniture_in_furniture_is_told(home: Home) -> None:
    table = replace(home.place("coffee_table"), pose=home.place("sofa").pose)
    places = tuple(table if p.name == table.name else p for p in home.places)
    told = problems_of(replace(home, places=places), FILE)
    assert any("coffee_table and sofa overlap" in line for line in told) or any(
        "sofa and coffee_table overlap" in line for line in told
    )


def test_a_map_tells_which_rooms_it_knows(home: Home, tmp_path: Path) -> None:
    from hearth_navigation.core.grid import UNKNOWN, Grid, load, save

    shipped = FILE.parents[1] / "maps" / "apartment" / "map.yaml"
    assert min(known_shares(home, shipped).values()) > ENOUGH
    grid = load(shipped)
    cells = grid.cells.copy()
    kitchen = home.room("kitchen").polygon
    low, high = grid.cell(*kitchen[0]), grid.cell(*kitchen[2])
    cells[low[0] : high[0], low[1] : high[1]] = UNKNOWN
    save(Grid(cells, grid.resolution, grid.origin), tmp_path / "map.yaml")
    shares = known_shares(home, tmp_path / "map.yaml")
    assert [room for room, share in shares.items() if share < ENOUGH] == ["kitchen"]
