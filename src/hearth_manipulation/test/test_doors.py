"""Geometry of doors, seen from above."""

import math

import numpy as np
import pytest
from hearth_core.geometry import Pose2, Transform
from hearth_core.home import load_home
from hearth_description.core.model import find_model
from hearth_manipulation.core.doors import Swing, hook_pose, place_from_door, ride
from hearth_manipulation.core.furniture import moved, place_things
from hearth_manipulation.core.ports import Door

HOME = load_home(find_model().parents[1] / "config" / "homes" / "apartment.yaml")
FRIDGE = HOME.place("refrigerator")
JOINT = FRIDGE.joint("door")


def seen_door(opening: float) -> Door:
    """The refrigerator's door as perception gives it, in the home frame."""
    assert JOINT.handle is not None
    turned = FRIDGE.frame @ moved(JOINT, opening)
    handle = turned @ Transform(np.eye(3), np.array(JOINT.handle.centre))
    flip = np.diag([1.0, -1.0, -1.0]) if JOINT.axis[2] < 0.0 else np.eye(3)
    origin = np.array([JOINT.origin[0], JOINT.origin[1], JOINT.handle.centre[2]])
    return Door(
        handle, np.array([0.02, 0.02, 0.4]), FRIDGE.frame @ Transform(flip, origin), opening
    )


@pytest.mark.parametrize("opening", [0.0, 0.4, 1.2, 1.9])
def test_the_bar_is_where_the_home_model_has_it(opening: float) -> None:
    swing = Swing.from_door(seen_door(0.3), 0.69)
    assert np.allclose(swing.bar(opening), seen_door(opening).handle.translation, atol=1e-9)
    assert swing.opening_of(swing.bar(opening)) == pytest.approx(opening)


def test_opening_brings_the_bar_toward_whoever_stands_in_front() -> None:
    swing = Swing.from_door(seen_door(0.0), 0.69)
    out = np.array([math.cos(swing.facing), math.sin(swing.facing)])
    assert (swing.bar(0.5)[:2] - swing.bar(0.0)[:2]) @ out > 0.2
    assert swing.hand == "right"  # hinge at the left: the bar is at the right


@pytest.mark.parametrize("share", [1.0, 0.8])
def test_riding_keeps_the_bar_in_the_hand(share: float) -> None:
    swing = Swing.from_door(seen_door(0.1), 0.69)
    bar = swing.bar(0.1)
    base = Pose2(float(bar[0]), float(bar[1]), swing.facing + math.pi) @ Pose2(-0.7, 0.2, 0.0)
    pose_at = ride(swing, base, 0.1, share)
    assert pose_at(0.1).distance(base) < 1e-9
    held = base.inverse().apply(bar[:2])
    for opening in (0.5, 1.0, 1.8):
        pose = pose_at(opening)
        assert np.allclose(pose.apply(held), swing.bar(opening)[:2], atol=1e-9)
        turned = abs(math.remainder(pose.yaw - base.yaw, math.tau))
        assert turned == pytest.approx(share * (opening - 0.1))


def test_the_hook_faces_the_leaf_with_the_bar_on_the_palm_side() -> None:
    swing = Swing.from_door(seen_door(0.0), 0.69)
    pose = hook_pose(swing, 0.7, "right", 0.02, 0.01)
    local = pose.inverse().apply(swing.bar(0.7))
    assert np.allclose(local, [0.02, 0.01, 0.0], atol=1e-9)
    normal = swing.frame(0.7)
    assert pose.rotation[:, 0] @ [math.cos(normal.yaw), math.sin(normal.yaw), 0.0] < -0.999


def test_a_moved_refrigerator_is_found_by_its_handle() -> None:
    door = seen_door(0.0)
    slip = Pose2(0.04, -0.03, 0.05).lift()
    moved_door = Door(slip @ door.handle, door.handle_size, slip @ door.hinge, 0.0)
    swing = Swing.from_door(moved_door, 0.69)
    found = place_from_door(FRIDGE, JOINT, swing)
    assert found.almost_equal(slip @ FRIDGE.frame, 1e-6)


def test_a_refrigerator_is_hollow_and_its_leaf_turns() -> None:
    def holds(things: list, point: tuple[float, float, float]) -> set[str]:
        inside = set()
        for thing in things:
            local = thing.pose.inverse().apply(FRIDGE.frame.apply(np.array(point)))
            if np.all(np.abs(local) <= 0.5 * thing.size + 1e-9):
                inside.add(thing.name)
        return inside

    closed = place_things(FRIDGE, FRIDGE.frame)
    opened = place_things(FRIDGE, FRIDGE.frame, {"door": 1.9})
    middle = (0.10, 0.0, 1.10)  # above the second shelf
    assert not holds(closed, middle)
    front = (0.31, 0.0, 1.10)
    assert holds(closed, front) == {"refrigerator/door"}
    assert not holds(opened, front)
    assert holds(closed, (-0.32, 0.0, 1.10)) == {"refrigerator/back"}
    assert "refrigerator/shelf_2" in holds(closed, (0.0, 0.0, 0.975))
