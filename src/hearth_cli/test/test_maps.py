"""Homes that are about to be mapped: what is wrong with them is said before the robot drives."""

from dataclasses import replace
from pathlib import Path

import pytest
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
