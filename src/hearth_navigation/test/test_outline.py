"""The outline with arms and loads: what sticks out is in it, what does not changes nothing."""

import math

import pytest
from hearth_navigation.core.outline import HAND, Arm, alike, load_radius, with_arms
from hearth_navigation.navigator_config import FOOTPRINT, parse_footprint
from shapely.geometry import Point

BARE = parse_footprint(FOOTPRINT)
FOLDED = [Arm((-0.2, side * 0.21), (0.28, side * 0.19)) for side in (1.0, -1.0)]


def test_folded_arms_leave_the_outline_as_it_is() -> None:
    assert with_arms(BARE, FOLDED) is BARE
    assert with_arms(BARE, []) is BARE


@pytest.mark.parametrize("hand", [(0.7, 0.2), (0.3, 0.6), (-0.5, 0.3)])
def test_an_arm_that_sticks_out_is_in_the_outline(hand: tuple[float, float]) -> None:
    grown = with_arms(BARE, [Arm((0.0, 0.25), hand)])
    held = grown.polygon.buffer(0.012)  # simplified to a centimetre
    assert held.contains(BARE.polygon)
    assert held.contains(Point(hand).buffer(HAND))
    assert not alike(grown, BARE)
    assert alike(grown, with_arms(BARE, [Arm((0.0, 0.25), hand)]))
    assert grown.discs[:, 2].max() > 0.1


def test_a_load_counts_with_its_size_and_only_where_it_is() -> None:
    radius = load_radius((0.1, 0.4, 0.3))
    assert radius == pytest.approx(0.25)
    grown = with_arms(BARE, [Arm((-0.2, 0.21), (0.28, 0.19), radius)])
    assert grown.polygon.bounds[3] == pytest.approx(0.19 + radius, abs=0.012)
    assert grown.polygon.bounds[1] == pytest.approx(BARE.polygon.bounds[1])
    assert grown.polygon.exterior.is_ccw
    assert math.isclose(grown.inscribed, BARE.inscribed, abs_tol=0.02)
