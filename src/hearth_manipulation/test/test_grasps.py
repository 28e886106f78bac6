"""Grasp families put the thing between thumb and fingers."""

import numpy as np
import pytest
from hearth_core.geometry import Transform
from hearth_manipulation.core import hands
from hearth_manipulation.core.grasps import Hand, grasps_for, side_wraps, top_pinches
from hearth_manipulation.core.ports import Sighting


def thing(size: tuple[float, float, float], shape: str = "box", yaw: float = 0.0) -> Sighting:
    pose = Transform.from_xyz_rpy((1.0, 0.2, 0.9 + size[2] / 2), (0.0, 0.0, yaw))
    return Sighting("x_1", "x", pose, np.array(size), shape, 0.0)


@pytest.mark.parametrize("yaw", [0.0, 0.3, -0.5, 1.4])
def test_a_carton_is_held_by_two_faces(yaw: float) -> None:
    carton = thing((0.07, 0.07, 0.2), yaw=yaw)
    found = side_wraps(carton, "right", 0.2, Hand())
    assert found
    for grasp in found:
        across = carton.pose.rotation.T @ grasp.pose.rotation[:, 1]
        assert np.max(np.abs(across)) == pytest.approx(1.0)
        assert grasp.pose.rotation[2, 2] == pytest.approx(1.0)
        assert grasp.width == pytest.approx(0.07)
        centre = grasp.pose.inverse().apply(carton.pose.translation)
        assert abs(centre[1]) < 1e-9
        assert 0.9 + 0.05 < grasp.pose.translation[2] < 1.1 - 0.05


def test_the_nearest_side_is_liked_most() -> None:
    found = grasps_for(thing((0.07, 0.07, 0.2)), "right", 0.1, Hand())
    first = found[0]
    assert first.kind == "side_wrap"
    assert first.pose.rotation[:, 0] @ [np.cos(0.1), np.sin(0.1), 0.0] > 0.9


def test_too_wide_a_thing_is_held_across_its_narrow_side() -> None:
    cereal = thing((0.06, 0.14, 0.17))
    widths = {grasp.width for grasp in side_wraps(cereal, "left", 0.0, Hand())}
    assert widths == {0.06}


def test_low_things_are_taken_from_above() -> None:
    sponge = thing((0.07, 0.105, 0.035))
    bottom = float(sponge.pose.translation[2]) - 0.5 * 0.035
    assert side_wraps(sponge, "right", 0.0, Hand()) == []
    for side, palm in (("right", 1.0), ("left", -1.0)):
        found = top_pinches(sponge, side, 0.0, Hand())
        assert found
        for grasp in found:
            # The point between the fingertips is in the middle, just above the table.
            between = grasp.pose.apply(np.array([0.035, palm * 0.005, 0.0]))
            assert between == pytest.approx([*sponge.pose.translation[:2], bottom + 0.019])
            assert grasp.pose.rotation[2, 0] < -0.8
            # Open tips go over it with 2 cm of air, and no higher.
            rise = grasp.pre.translation - grasp.pose.translation
            assert rise == pytest.approx([0.0, 0.0, 0.035 + 0.02])
            assert grasp.width == pytest.approx(0.07)


def test_what_is_too_flat_or_lies_too_high_is_not_pinched() -> None:
    assert top_pinches(thing((0.045, 0.17, 0.015)), "right", 0.0, Hand()) == []
    assert top_pinches(thing((0.07, 0.07, 0.20)), "right", 0.0, Hand()) == []


def test_a_carton_lying_on_its_side_is_pinched_across() -> None:
    lying = thing((0.20, 0.07, 0.07))
    found = grasps_for(lying, "left", 0.0, Hand())
    assert {grasp.kind for grasp in found if grasp.down} == {"top_pinch"}
    assert all(grasp.width == pytest.approx(0.07) for grasp in found)


def test_what_does_not_fit_gets_no_grasp() -> None:
    assert grasps_for(thing((0.4, 0.4, 0.4)), "right", 0.0, Hand()) == []


def test_a_hand_closed_on_air_holds_nothing() -> None:
    joints = hands.posture("right", 1.4, -0.1, 1.57)
    touch = {f"right_{f}_tip_link": 3.0 for f in (*hands.FINGERS, "thumb")}
    assert not hands.holds("right", joints, touch)
    around = hands.posture("right", 0.8, -0.1, 1.57)
    assert hands.holds("right", around, touch)
    # Fingers that went as far as that have a thing 5 cm wide, but none of 9 cm.
    assert hands.holds("right", around, touch, 0.05)
    assert not hands.holds("right", around, touch, 0.09)
    assert not hands.holds("right", around, {})


def test_wider_things_find_the_thumb_further_back() -> None:
    flexion = [hands.squeeze("left", w)["left_thumb_flexion_joint"] for w in (0.05, 0.07, 0.09)]
    assert flexion == sorted(flexion, reverse=True)
