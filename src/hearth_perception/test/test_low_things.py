"""What hardly rises above its table is a thing, and the table stays a table."""

from __future__ import annotations

import numpy as np
import pytest
from hearth_core.geometry import Pose2
from hearth_perception.core.clusters import Segmentation, segment
from hearth_perception.core.depth import make_cloud
from hearth_perception.core.places import Shelf
from made_up import Box, Cylinder, look, make_view

TABLE = Box((0.0, 0.0, 0.0), (0.9, 1.4, 0.7), colour=(140, 120, 100))
SHELF = Shelf("table", "top", 0.7, Pose2(), (0.9, 1.4), only=True)


def take_apart(*bodies: Box | Cylinder) -> Segmentation:
    view = make_view([TABLE, *bodies], look((1.15, 0.1, 1.35), (0.0, 0.0, 0.72)))
    return segment(make_cloud(view, stride=1), [SHELF])


@pytest.mark.parametrize(
    "thing",
    [
        Box((0.0, 0.1, 0.7), (0.15, 0.21, 0.030), 0.3, (20, 30, 90)),
        Box((0.0, -0.2, 0.7), (0.045, 0.17, 0.022), 0.8, (20, 20, 20)),
        Cylinder((0.05, 0.0, 0.7), 0.11, 0.022, (230, 230, 230)),
    ],
    ids=["book", "remote control", "plate"],
)
def test_flat_things_on_a_table_are_things(thing: Box | Cylinder) -> None:
    found = take_apart(thing)
    assert len(found.clusters) == 1
    (cluster,) = found.clusters
    assert cluster.shelf == SHELF
    assert abs(cluster.foot - 0.7) < 0.006
    assert all(abs(s.height - 0.7) < 0.008 for s in found.supports if s.shelf is not None)


def test_an_empty_table_has_nothing_on_it() -> None:
    assert take_apart().clusters == []


def test_neighbours_at_different_depths_are_two() -> None:
    found = take_apart(
        Box((0.10, 0.0, 0.7), (0.07, 0.07, 0.20), 0.0, (230, 230, 228)),
        Box((0.02, 0.06, 0.7), (0.06, 0.14, 0.17), 0.0, (200, 120, 30)),
    )
    assert len(found.clusters) == 2
    middles = sorted(float(np.median(c.points[:, 0])) for c in found.clusters)
    assert middles[1] - middles[0] > 0.04
