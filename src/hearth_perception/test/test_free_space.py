"""Room on a table."""

from __future__ import annotations

import numpy as np
from hearth_core.geometry import Pose2
from hearth_perception.core.clusters import segment
from hearth_perception.core.depth import make_cloud
from hearth_perception.core.free_space import SurfaceMemory, largest_rectangle
from hearth_perception.core.places import Shelf
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from made_up import Box, Cylinder, look, make_view

TABLE = Box((0.0, 0.0, 0.0), (0.9, 1.2, 0.7))
POSE = look((1.0, 0.0, 1.5), (0.0, 0.0, 0.7))


def shelf(x: float = 0.0, y: float = 0.0, yaw: float = 0.0) -> Shelf:
    return Shelf("table", "top", 0.7, Pose2(x, y, yaw), (0.9, 1.2), only=True)


def remember(
    memory: SurfaceMemory, *bodies: Box | Cylinder, where: Shelf, stamp: float = 0.0
) -> None:
    view = make_view([TABLE, *bodies], POSE, stamp=stamp)
    memory.update(segment(make_cloud(view), [where]), stamp)


@settings(max_examples=60, deadline=None)
@given(arrays(bool, st.tuples(st.integers(1, 7), st.integers(1, 7))))
def test_largest_rectangle_is_free_and_no_larger_one_is(free: np.ndarray) -> None:
    best = 0
    rows, cols = free.shape
    for a in range(rows):
        for b in range(cols):
            for c in range(a + 1, rows + 1):
                for d in range(b + 1, cols + 1):
                    if free[a:c, b:d].all():
                        best = max(best, (c - a) * (d - b))
    found = largest_rectangle(free)
    if found is None:
        assert best == 0
    else:
        a, b, c, d = found
        assert free[a:c, b:d].all()
        assert (c - a) * (d - b) == best


def test_free_area_keeps_off_the_edge_and_off_things() -> None:
    memory = SurfaceMemory(margin=0.02)
    things = [Cylinder((0.1, 0.3, 0.7), 0.04, 0.12), Box((-0.2, -0.3, 0.7), (0.1, 0.1, 0.2))]
    remember(memory, *things, where=shelf())
    (area,) = memory.areas()
    assert area.free is not None
    assert area.place == "table"
    assert abs(area.height - 0.7) < 0.004
    assert (np.abs(area.free) <= [0.45, 0.60]).all()
    low, high = area.free.min(axis=0), area.free.max(axis=0)
    assert np.prod(high - low) > 0.2
    for x, y, r in ((0.1, 0.3, 0.04), (-0.2, -0.3, 0.05)):
        gap = np.maximum(np.maximum(low - [x, y], [x, y] - high), 0.0)
        assert np.hypot(*gap) > r


def test_a_table_that_stands_aside_of_its_nominal_pose_is_still_all_free() -> None:
    memory = SurfaceMemory()
    remember(memory, where=shelf(0.08, -0.06, 0.05))
    (area,) = memory.areas()
    assert area.free is not None
    size = np.linalg.norm(area.free[1] - area.free[0]), np.linalg.norm(area.free[2] - area.free[1])
    assert size[0] * size[1] > 0.6 * 0.9 * 1.2


def test_a_new_thing_takes_room_and_a_taken_thing_gives_it_back() -> None:
    memory = SurfaceMemory()

    def free() -> float:
        (area,) = memory.areas()
        assert area.free is not None
        return float(np.prod(area.free.max(axis=0) - area.free.min(axis=0)))

    remember(memory, where=shelf(), stamp=0.0)
    empty = free()
    remember(memory, Box((0.05, 0.0, 0.7), (0.3, 0.4, 0.1)), where=shelf(), stamp=1.0)
    assert free() < 0.7 * empty
    remember(memory, where=shelf(), stamp=2.0)
    assert free() > 0.95 * empty
