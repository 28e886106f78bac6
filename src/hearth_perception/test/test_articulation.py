"""Doors and handles in made-up views: opening, handle, and no door where none is."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hearth_core.geometry import Pose2, Transform
from hearth_core.home.model import Articulation, Handle, JointKind, Orientation, Panel, Place, Side
from hearth_perception.core.articulation import DoorView, look_at_door
from hearth_perception.core.depth import make_cloud
from hearth_perception.core.door_geometry import Door
from hearth_perception.core.handles import bar_shifts
from made_up import Box, Cylinder, look, make_view

DEPTH, WIDTH, HEIGHT, LEAF = 0.6, 0.7, 1.7, 0.06
HANDLE = Handle(
    (DEPTH / 2 + 0.06, -WIDTH / 2 + 0.06, 1.0), 0.4, Orientation.VERTICAL, 0.024, 0.048
)
JOINT = Articulation(
    "door",
    JointKind.HINGED,
    Side.LEFT,
    (DEPTH / 2 - LEAF / 2, WIDTH / 2, HEIGHT / 2),
    (0.0, 0.0, 1.0),
    2.1,
    Panel((DEPTH / 2 - LEAF / 2, 0.0, HEIGHT / 2), (LEAF, WIDTH, HEIGHT - 0.01)),
    HANDLE,
)
PLACE = Place("fridge", "refrigerator", "kitchen", Pose2(), (DEPTH, WIDTH, HEIGHT), (), (JOINT,))


def bodies(at: Pose2, opening: float) -> list[Box | Cylinder]:
    """Walls of an open-fronted box, its leaf and its handle."""
    door = Door(PLACE, JOINT, at, True)

    def put(x: float, y: float, size: tuple[float, float, float]) -> Box:
        pose = at @ Pose2(x, y)
        return Box((pose.x, pose.y, 0.0), size, pose.yaw, (180, 180, 185))

    inner = DEPTH - LEAF
    back = -DEPTH / 2
    made: list[Box | Cylinder] = [
        put(back + 0.02, 0.0, (0.04, WIDTH, HEIGHT)),
        put(back + inner / 2, WIDTH / 2 - 0.02, (inner, 0.04, HEIGHT)),
        put(back + inner / 2, -WIDTH / 2 + 0.02, (inner, 0.04, HEIGHT)),
    ]
    place = door.map_from_place @ door.motion(opening)
    leaf = place @ Transform(np.eye(3), np.array([DEPTH / 2 - LEAF / 2, 0.0, 0.0]))
    x, y, _ = leaf.translation
    made.append(Box((x, y, 0.0), (LEAF, WIDTH, HEIGHT), leaf.planar().yaw, (200, 200, 205)))
    bar = (place @ Transform(np.eye(3), np.array(HANDLE.centre))).translation
    made.append(Cylinder((bar[0], bar[1], 0.8), 0.012, 0.4, (60, 60, 60)))
    return made


def see(
    at: Pose2, opening: float, *, known: bool, distance: float = 0.9, side: float = 0.0
) -> DoorView | None:
    pose = look((DEPTH / 2 + distance, side, 1.35), (DEPTH / 2, side / 2, 1.0))
    view = make_view(bodies(at, opening), pose)
    door = Door(PLACE, JOINT, at if known else PLACE.pose, known)
    return look_at_door(view, make_cloud(view, stride=1, radius=4), door)


@pytest.mark.parametrize(
    "at", [Pose2(), Pose2(0.08, -0.06, 0.07), Pose2(-0.07, 0.09, -0.08), Pose2(0.0, 0.1, 0.0)]
)
def test_a_closed_door_tells_where_the_furniture_and_its_handle_are(at: Pose2) -> None:
    seen = see(at, 0.0, known=False)
    assert seen is not None
    assert seen.opening == 0.0
    assert seen.corrected
    assert seen.handle_seen
    assert seen.handle is not None
    truth = at.lift().apply(np.array(HANDLE.centre))
    assert np.linalg.norm((seen.handle.translation - truth)[:2]) < 0.012
    assert abs(seen.handle.translation[2] - truth[2]) < 0.015
    normal = seen.handle.rotation[:, 0]
    assert math.acos(min(1.0, normal @ at.lift().rotation[:, 0])) < math.radians(1.5)
    assert seen.handle.rotation[2, 2] > 0.999
    assert seen.pose.distance(at) < 0.015
    assert abs(seen.pose.yaw - at.yaw) < math.radians(1.0)


@pytest.mark.parametrize("opening", [0.25, 0.6, 1.0, 1.5, 1.9])
def test_opening_of_a_door_whose_place_is_known(opening: float) -> None:
    seen = see(Pose2(0.03, 0.02, 0.04), opening, known=True, distance=1.3, side=-0.15)
    assert seen is not None
    assert abs(seen.opening - opening) < math.radians(3.0)
    assert seen.inner is (opening > 1.2)


def test_the_handle_turns_with_the_door() -> None:
    at = Pose2(0.02, 0.01, 0.03)
    seen = see(at, 0.5, known=True, distance=1.2)
    assert seen is not None
    assert seen.handle_seen
    expected = Door(PLACE, JOINT, at, True).nominal_handle(0.5)
    assert expected is not None
    assert seen.handle is not None
    assert np.linalg.norm(seen.handle.translation - expected.translation) < 0.015
    assert seen.handle.rotation[:, 0] @ expected.rotation[:, 0] > math.cos(math.radians(3.0))


def test_no_door_is_seen_where_the_view_looks_elsewhere() -> None:
    view = make_view(bodies(Pose2(), 0.0), look((1.2, 0.0, 1.3), (3.0, 0.0, 0.5)))
    assert look_at_door(view, make_cloud(view), Door(PLACE, JOINT, Pose2(), True)) is None


def test_a_door_far_beside_the_view_is_not_taken_for_closed() -> None:
    """The frame's edges lie in the plane of the closed door, but one looks through it."""
    pose = look((DEPTH / 2 + 0.7, -0.1, 1.3), (0.0, -0.1, 1.0))
    view = make_view(bodies(Pose2(), 1.6), pose)
    seen = look_at_door(view, make_cloud(view), Door(PLACE, JOINT, Pose2(), True))
    assert seen is None or seen.opening > 1.2


def test_a_drawer_tells_how_far_it_stands_out() -> None:
    panel = Panel((0.29, 0.0, 0.4), (0.02, 0.5, 0.3))
    joint = Articulation(
        "drawer", JointKind.SLIDING, Side.NONE, (0.3, 0.0, 0.4), (1.0, 0.0, 0.0), 0.4, panel, None
    )
    place = Place("chest", "dresser", "bedroom", Pose2(), (0.6, 0.6, 0.6), (), (joint,))
    for opening in (0.12, 0.3):
        front = Box((0.29 + opening, 0.0, 0.25), (0.02, 0.5, 0.3))
        view = make_view([front], look((1.5, 0.0, 1.0), (0.3, 0.0, 0.4)))
        seen = look_at_door(view, make_cloud(view), Door(place, joint, Pose2(), True))
        assert seen is not None
        assert abs(seen.opening - opening) < 0.01


@pytest.mark.parametrize("opening", [1.35, 1.5])
def test_a_leaf_seen_edge_on_tells_its_opening_by_its_edge(opening: float) -> None:
    door = Door(PLACE, JOINT, Pose2(), True)
    hinge = np.array(JOINT.origin[:2])
    along = (door.motion(opening).apply(np.array([DEPTH / 2 - LEAF / 2, 0.0, 0.0])))[:2] - hinge
    eye = hinge + along / np.linalg.norm(along) * 1.6  # in the plane of the leaf
    view = make_view(bodies(Pose2(), opening), look((*eye, 1.35), (*(hinge + along), 1.0)))
    seen = look_at_door(view, make_cloud(view), door)
    assert seen is not None
    assert abs(seen.opening - opening) < math.radians(4.0)
    assert seen.confidence < 0.5


def test_a_wall_is_no_edge_of_a_door() -> None:
    """It stands where the edge could be, but goes on."""
    wall = Box((0.9, 0.2, 0.0), (0.1, 3.0, 2.0))
    view = make_view([wall], look((2.5, 0.0, 1.35), (0.9, 0.0, 1.0)))
    assert look_at_door(view, make_cloud(view), Door(PLACE, JOINT, Pose2(), True)) is None


def test_a_little_drift_of_the_localisation_does_not_open_a_closed_door() -> None:
    before, now = Pose2(0.02, 0.0, 0.0), Pose2(0.04, -0.02, math.radians(1.3))
    pose = look((DEPTH / 2 + 0.9, 0.0, 1.35), (DEPTH / 2, 0.0, 1.0))
    view = make_view(bodies(now, 0.0), pose)
    seen = look_at_door(view, make_cloud(view, stride=1), Door(PLACE, JOINT, before, True))
    assert seen is not None
    assert seen.opening == 0.0
    assert abs(seen.pose.yaw - now.yaw) < math.radians(0.7)


def test_a_wall_beside_a_shut_door_is_not_its_bar() -> None:
    """The wall has points all along where a bar could be, nearer than the real one."""
    at = Pose2(0.02, 0.07, 0.01)
    wall = Box((0.5, -0.40, 0.0), (1.4, 0.1, 2.0), 0.0, (150, 150, 150))
    view = make_view([*bodies(at, 0.0), wall], look((1.3, 0.1, 1.35), (DEPTH / 2, 0.0, 1.0)))
    seen = look_at_door(
        view, make_cloud(view, stride=1, radius=4), Door(PLACE, JOINT, Pose2(), False)
    )
    assert seen is not None
    assert seen.handle_seen
    assert seen.pose.distance(at) < 0.015


def test_who_does_not_know_where_the_handle_is_is_not_sure() -> None:
    """A wide front whose bar and edges are out of sight."""
    at = Pose2(0.0, 0.08, 0.0)
    front = Box((0.27, 0.0, 0.0), (LEAF, 3.0, HEIGHT), 0.0, (200, 200, 205))
    view = make_view([front], look((1.2, 0.0, 1.35), (DEPTH / 2, 0.0, 1.0)))
    seen = look_at_door(view, make_cloud(view), Door(PLACE, JOINT, at, False))
    assert seen is None or (not seen.corrected and not seen.handle_seen and seen.confidence < 0.5)


def test_bars_are_told_from_what_goes_on() -> None:
    door = Door(PLACE, JOINT, Pose2(), True)
    rng = np.random.default_rng(0)
    x, y, z = HANDLE.centre

    def strip(aside: float, half: float) -> np.ndarray:
        up = rng.uniform(-half, half, 600)
        return np.column_stack(
            [x + rng.normal(0, 0.002, 600), y + aside + rng.uniform(-0.01, 0.01, 600), z + up]
        )

    bar, post = strip(0.06, HANDLE.length / 2), strip(-0.05, 0.5)
    assert bar_shifts(np.concatenate([bar, post]), door) == pytest.approx([0.06], abs=0.004)
    assert bar_shifts(post, door) == []
    assert bar_shifts(strip(0.0, 0.05), door) == []
