"""Zones: refused with file and place when wrong, else kept out of and driven slowly in."""

from pathlib import Path

import numpy as np
import pytest
from hearth_core.errors import FileFormatError
from hearth_core.geometry import Pose2
from hearth_navigation.core.grid import FREE, Grid
from hearth_navigation.core.zones import Zone, Zones, load_zones

GRID = Grid(np.full((40, 40), FREE, np.int8), 0.1, (0.0, 0.0))
SQUARE = ((1.0, 1.0), (2.0, 1.0), (2.0, 2.0), (1.0, 2.0))
TEXT = """
- {name: rug, kind: keep_out, polygon: [[1, 1], [2, 1], [2, 2], [1, 2]], hours: [22, 6]}
- {name: hall, kind: slow, speed: 0.4, polygon: [[0, 0], [4, 0], [4, 4], [0, 4]]}
"""


def test_a_file_is_read_and_holds_by_the_hour(tmp_path: Path) -> None:
    path = tmp_path / "zones.yaml"
    path.write_text(TEXT)
    zones = load_zones(path, None)
    assert [zone.name for zone in zones.at(12.0).zones] == ["hall"]
    for hour in (23.0, 3.0, None):
        assert [zone.name for zone in zones.at(hour).zones] == ["rug", "hall"]
    assert zones.speed_at(Pose2(0.5, 0.5)) == 0.4
    assert zones.speed_at(Pose2(9.0, 0.5)) == 1.0


def test_cells_inside_are_kept_out_of() -> None:
    mask = Zones((Zone("rug", "keep_out", SQUARE),)).keep_out(GRID)
    assert mask[GRID.cell(1.5, 1.5)]
    assert not mask[GRID.cell(0.5, 1.5)]
    assert 90 <= mask.sum() <= 130


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("kind: keep_out", "list"),
        ("- {kind: forbidden, polygon: []}", "keep_out"),
        ("- {kind: slow, polygon: [[0, 0], [1, 1]]}", "3 finite"),
        ("- {kind: slow, polygon: [[0, 0], [1, .nan], [1, 1]]}", "3 finite"),
        ("- {kind: slow, speed: 2, polygon: [[0, 0], [1, 0], [1, 1]]}", "speed"),
        ("- {kind: slow, room: attic}", "home"),
        ("- {kind: slow}", "polygon"),
    ],
)
def test_what_it_may_not_say_is_named(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "zones.yaml"
    path.write_text(text)
    with pytest.raises(FileFormatError, match=words):
        load_zones(path, None)
