"""The tree of frames: chains, time, and honest absence."""

import math

import numpy as np
import pytest
from hearth_core.geometry import Transform
from hearth_nodekit.convert import to_transform_stamped
from hearth_nodekit.transforms import TransformError, TransformStore

ODOM_FROM_BASE = [Transform.from_xyz_rpy((float(i), 0.0, 0.0), (0, 0, 0.1 * i)) for i in range(3)]
BASE_FROM_CAMERA = Transform.from_xyz_rpy((0.1, 0.2, 1.3), (0.3, -0.2, 1.0))
MAP_FROM_ODOM = Transform.from_xyz_rpy((5.0, -2.0, 0.0), (0, 0, math.pi / 2))


@pytest.fixture
def store() -> TransformStore:
    store = TransformStore(keep=5.0)
    store.add_static(to_transform_stamped("base", "camera", BASE_FROM_CAMERA, 0.0))
    for i, transform in enumerate(ODOM_FROM_BASE):
        store.add([to_transform_stamped("odom", "base", transform, 10.0 + i)])
    store.add([to_transform_stamped("map", "odom", MAP_FROM_ODOM, 12.0)])
    return store


def test_frames_cancel_along_the_chain_in_both_directions(store: TransformStore) -> None:
    expected = MAP_FROM_ODOM @ ODOM_FROM_BASE[2] @ BASE_FROM_CAMERA
    assert store.lookup("map", "camera").almost_equal(expected, 1e-12)
    assert store.lookup("camera", "map").almost_equal(expected.inverse(), 1e-12)
    assert store.lookup("camera", "camera").almost_equal(Transform.identity())


def test_interpolates_between_stamps(store: TransformStore) -> None:
    middle = store.lookup("odom", "base", 10.5)
    assert middle.translation == pytest.approx([0.5, 0.0, 0.0])
    assert middle.rpy()[2] == pytest.approx(0.05)


def test_neither_past_nor_future_is_invented(store: TransformStore) -> None:
    with pytest.raises(TransformError, match="newest is 12"):
        store.lookup("odom", "base", 12.2)
    with pytest.raises(TransformError, match="oldest is 10"):
        store.lookup("odom", "base", 9.9)
    with pytest.raises(TransformError, match="no connection 'map' <- 'lidar'"):
        store.lookup("map", "lidar")
    with pytest.raises(TransformError):
        store.wait("map", "lidar", None, timeout=0.01)


def test_a_clock_that_jumps_back_forgets_the_future(store: TransformStore) -> None:
    store.add([to_transform_stamped("odom", "base", ODOM_FROM_BASE[1], 0.5)])
    assert store.newest_stamp("base") == 0.5
    assert np.allclose(store.lookup("odom", "base").translation, [1.0, 0.0, 0.0])


def test_old_transforms_are_dropped(store: TransformStore) -> None:
    store.add([to_transform_stamped("odom", "base", ODOM_FROM_BASE[0], 16.5)])
    with pytest.raises(TransformError, match="oldest is 12"):
        store.lookup("odom", "base", 11.5)
