"""The map in config/ shows the apartment where its home file says it is."""

from pathlib import Path

import numpy as np
import pytest
from hearth_core.home import load_home
from hearth_navigation.core import grid as grids
from hearth_navigation.core.field import clearance_field
from hearth_navigation.core.footprint import Footprint
from hearth_navigation.core.grid import FREE, OCCUPIED
from hearth_navigation.core.planner import Planner
from hearth_navigation.core.semantics import furniture_mask
from shapely import points
from shapely.geometry import Polygon
from shapely.ops import unary_union

CONFIG = Path(__file__).resolve().parents[3] / "config"
HOME = CONFIG / "homes" / "apartment.yaml"
MAP = CONFIG / "maps" / "apartment" / "map.yaml"
FOOTPRINT = Footprint.rectangle(0.42, 0.25, 0.25)

pytestmark = pytest.mark.skipif(not MAP.exists(), reason="no config beside the sources")


def test_walls_of_the_map_lie_where_the_home_file_puts_them() -> None:
    grid, home = grids.load(MAP), load_home(HOME)
    faces = unary_union(
        [
            Polygon(room.polygon).buffer(-home.wall_thickness / 2, join_style="mitre").exterior
            for room in home.rooms
        ]
    )
    cells = np.argwhere(grid.cells == OCCUPIED)
    centres = (cells[:, ::-1] + 0.5) * grid.resolution + np.array(grid.origin)
    away = faces.distance(points(centres)) if hasattr(faces, "distance") else None
    away = np.asarray(away)
    walls = away[away < 0.08]
    assert len(walls) > 1500
    assert float(np.median(walls)) < 0.027


def test_every_room_can_be_driven_to_on_the_map() -> None:
    grid, home = grids.load(MAP), load_home(HOME)
    blocked = (grid.cells != FREE) | furniture_mask(grid, home)
    field = clearance_field(blocked, grid.resolution, grid.origin)
    planner = Planner()
    for door in home.doorways:
        pose = door.pose
        # Stand a metre behind the middle of every door, on both sides.
        for side in (1.0, -1.0):
            goal = pose @ type(pose)(side * 0.75, 0.0, 0.0)
            path = planner.plan(field, FOOTPRINT, home.charger, goal)
            assert path.length < 20.0


def test_furniture_on_legs_is_kept_out_of_and_the_floor_is_not() -> None:
    grid, home = grids.load(MAP), load_home(HOME)
    mask = furniture_mask(grid, home)
    table = home.place("dining_table").pose
    assert mask[grid.cell(table.x, table.y)]
    assert not mask[grid.cell(home.charger.x, home.charger.y)]
    rug = home.place("rug").pose
    assert not mask[grid.cell(rug.x + 0.6, rug.y)] or not mask[grid.cell(rug.x - 0.6, rug.y)]
