"""The charger in a scan."""

import math

import numpy as np
import pytest
from hearth_core.geometry import Pose2
from hearth_navigation.core.docking import DockConfig, find, staging

CONFIG = DockConfig()
DOCK = Pose2(0.5, 5.3, 1.2)


def scan(base: Pose2, moved: float = 0.0, width: float = 0.3, seed: int = 0) -> np.ndarray:
    """Points on a face that stands ``moved`` [m] further from the wall, seen from ``base``."""
    rng = np.random.default_rng(seed)
    y = np.linspace(-width / 2, width / 2, 16)
    face = np.column_stack([np.full(16, moved - CONFIG.face), y])
    in_map = DOCK.apply(face) + 0.01 * rng.standard_normal((16, 2))
    points: np.ndarray = base.inverse().apply(in_map)
    return points


def test_staging_is_before_the_charger_with_the_back_to_it() -> None:
    spot = DOCK.inverse() @ staging(CONFIG, DOCK)
    assert (spot.x, spot.y, spot.yaw) == pytest.approx((CONFIG.staging, 0.0, 0.0))


@pytest.mark.parametrize("moved", [-0.05, 0.0, 0.05])
def test_a_charger_pushed_along_its_axis_is_found_where_it_is(moved: float) -> None:
    base = staging(CONFIG, DOCK) @ Pose2(0.02, -0.03, 0.05)
    found = find(CONFIG, DOCK, base, scan(base, moved))
    assert found is not None
    off = DOCK.inverse() @ found
    assert off.x == pytest.approx(moved, abs=0.01)
    assert math.hypot(off.y, off.yaw) < 1e-9


def test_no_charger_no_pose() -> None:
    base = staging(CONFIG, DOCK)
    assert find(CONFIG, DOCK, base, np.zeros((0, 2))) is None
    assert find(CONFIG, DOCK, base, scan(base, moved=0.2)) is None
    assert find(CONFIG, DOCK, base, scan(base, moved=-0.3)) is None  # the wall behind it
