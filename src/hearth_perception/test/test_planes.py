"""Supports and walls."""

from __future__ import annotations

import numpy as np
from hearth_core.geometry import Pose2
from hearth_perception.core.clusters import segment
from hearth_perception.core.depth import make_cloud
from hearth_perception.core.places import Shelf
from hearth_perception.core.planes import find_supports
from made_up import Box, Cylinder, look, make_view

TABLE = Box((0.0, 0.0, 0.0), (0.9, 1.2, 0.7))
SHELF = Shelf("table", "top", 0.7, Pose2(0.03, -0.05, 0.03), (0.9, 1.2), only=True)
POSE = look((1.1, 0.1, 1.4), (0.0, 0.0, 0.7))


def test_a_table_and_the_floor_are_found_at_their_heights() -> None:
    supports, labels = find_supports(make_cloud(make_view([TABLE], POSE)), [SHELF])
    heights = sorted(s.height for s in supports)
    assert len(heights) == 2
    assert abs(heights[0]) < 0.004
    assert abs(heights[1] - 0.7) < 0.004
    assert labels.max() == 1
    matched = [s.shelf for s in supports if s.shelf is not None]
    assert [s.name for s in matched] == ["table"]


def test_the_top_of_a_thing_is_no_table() -> None:
    view = make_view([TABLE, Box((0.1, 0.0, 0.7), (0.2, 0.25, 0.06))], POSE)
    supports, _ = find_supports(make_cloud(view), [SHELF])
    assert not any(abs(s.height - 0.76) < 0.02 for s in supports)


def test_a_tilted_camera_pose_tilts_the_plane_and_things_still_stand_on_it() -> None:
    bent = look((1.1, 0.1, 1.4), (0.0, 0.0, 0.69))  # half a degree of error
    view = make_view([TABLE, Cylinder((0.1, 0.1, 0.7), 0.04, 0.1)], POSE)
    wrong = type(view)(view.stamp, view.camera, bent, view.color, view.depth)
    clusters = segment(make_cloud(wrong), [SHELF]).clusters
    assert len(clusters) == 1
    assert clusters[0].foot_seen


def test_a_wall_behind_a_thing_is_not_part_of_it() -> None:
    wall = Box((-0.5, 0.0, 0.0), (0.1, 4.0, 2.0))
    view = make_view([TABLE, wall, Cylinder((-0.40, 0.0, 0.7), 0.04, 0.2)], POSE)
    clusters = segment(make_cloud(view), [SHELF]).clusters
    assert len(clusters) == 1
    assert np.ptp(clusters[0].points[:, 1]) < 0.12


def test_things_behind_glass_shelves_stand_where_the_home_model_has_the_shelf() -> None:
    """No surface is seen under them: glass returns no depth."""
    shelf = Shelf("fridge", "shelf_1", 0.9, Pose2(0.0, 0.0), (0.5, 0.6), 0.3, inside=True)
    view = make_view([Cylinder((0.0, 0.0, 0.9), 0.04, 0.2)], look((1.0, 0.0, 1.2), (0, 0, 1.0)))
    clusters = segment(make_cloud(view), [shelf]).clusters
    assert [c.shelf.name for c in clusters if c.shelf] == ["fridge/shelf_1"]
    assert not clusters[0].foot_seen
    assert abs(clusters[0].foot - 0.9) < 0.004
