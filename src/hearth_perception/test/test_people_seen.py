"""People in rendered views, followed with the lidar, and hands near the arms."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("hearth_sim", reason="views come from the simulated apartment")

from apartment import HOMES, OPTICAL, Studio
from hearth_core.geometry import Pose2, Transform
from hearth_core.home import PersonSpec, Stop
from hearth_perception.core.depth import Cloud, make_cloud
from hearth_perception.core.ego import Ego
from hearth_perception.core.people.hands import ArmWatch, Near
from hearth_perception.core.people.known import KnownSpace, known_space
from hearth_perception.core.people.tracker import PeopleFusion
from hearth_perception.core.people.upright import Body, find_bodies
from hearth_perception.core.people.watch import looks_through
from hearth_perception.core.view import View
from hearth_sim.core.assemble import read_home

HALL = 5.3
ANNA = (4.4, HALL)
REACHING = {
    f"{side}_{joint}_joint": value
    for side in ("left", "right")
    for joint, value in (("shoulder_pitch", 0.9), ("elbow", 1.0), ("shoulder_roll", 0.1))
}


class Hall:
    """The apartment's hall with somebody in it."""

    def __init__(self) -> None:
        home = read_home(HOMES / "apartment.yaml")
        route = (Stop(ANNA, 600.0),)
        self.home = home
        self.studio = Studio(replace(home, people=(PersonSpec("anna", route),)), -1, rest=0.1)
        self.known: KnownSpace = known_space(home)
        self.ego = Ego(self.studio.robot)

    def look(self, base: Pose2, **joints: float) -> tuple[View, Cloud]:
        self.studio.stand(base, **joints)
        view = self.studio.view()
        ignore = self.ego.mask(view, self.studio.joint_positions(), OPTICAL, 2)
        return view, make_cloud(view, ignore=ignore)

    def bodies(self, base: Pose2, **joints: float) -> list[Body]:
        return find_bodies(*self.look(base, **joints), self.known)

    def send_away(self, x: float) -> None:
        """Anna to x along the hall (or out of the house)."""
        joint = self.studio.model.joint("anna/x")
        self.studio.data.qpos[joint.qposadr[0]] = x - ANNA[0]
        self.studio._refresh()


@pytest.fixture(scope="module")
def hall() -> Iterator[Hall]:
    made = Hall()
    yield made
    made.studio.close()


@pytest.mark.parametrize(("distance", "side"), [(1.0, 0.0), (1.6, 0.2), (2.6, -0.2), (1.3, -0.3)])
def test_somebody_who_stands_still_is_seen_where_they_are(
    hall: Hall, distance: float, side: float
) -> None:
    base = Pose2(ANNA[0] - distance, HALL + side, -math.atan2(side, distance))
    found = hall.bodies(base, head_tilt_joint=0.0)
    assert len(found) == 1
    assert math.dist((found[0].x, found[0].y), ANNA) < 0.12
    assert found[0].score > 0.6


def test_doors_walls_and_furniture_are_nobody(hall: Hall) -> None:
    hall.send_away(100.0)
    studio = hall.studio
    try:
        studio.set_door("refrigerator/door", 1.5)
        place = studio.home.place("refrigerator")
        spots = [place.approach(1.3, side) for side in (-0.4, 0.0, 0.4)]
        spots += [Pose2(ANNA[0] - 1.5, HALL, 0.3 * k) for k in range(-2, 3)]
        for base in spots:
            assert hall.bodies(base, head_tilt_joint=0.0) == []
    finally:
        studio.set_door("refrigerator/door", 0.0)
        hall.send_away(ANNA[0])


def body(x: float, y: float, score: float = 0.9) -> Body:
    return Body(x, y, 1.7, 0.45, 0.06, score, np.zeros((0, 3), np.float32))


def test_camera_and_lidar_follow_one_person_together() -> None:
    fusion, rng = PeopleFusion(), np.random.default_rng(0)
    for k in range(60):
        now = 0.1 * k
        x = 1.0 + 0.8 * now
        fusion.lidar(now, [(x + 0.05 * rng.normal(), 2.0 + 0.05 * rng.normal())])
        if k % 3 == 0:
            fusion.camera(now, [body(x + 0.05 * rng.normal(), 2.0 + 0.05 * rng.normal())])
    (person,) = fusion.people
    assert math.dist(person.state[:2], (1.0 + 0.8 * 5.9, 2.0)) < 0.1
    assert math.dist(person.state[2:], (0.8, 0.0)) < 0.25
    assert person.height == 1.7
    assert person.covariance[2, 2] < 0.1
    assert math.dist(person.state[2:], (0.8, 0.0)) < 3.0 * math.sqrt(person.covariance[2, 2] * 2)


def test_one_odd_look_makes_nobody_and_looking_through_sends_them_away() -> None:
    fusion = PeopleFusion()
    fusion.camera(0.0, [body(2.0, 0.0, score=0.4)])
    assert fusion.people == []
    for k in range(1, 4):
        fusion.camera(0.2 * k, [body(2.0, 0.0)])
    assert len(fusion.people) == 1
    for k in range(4, 12):
        fusion.camera(0.2 * k, [], lambda x, y: True)
    assert fusion.people == []
    fusion.camera(9.0, [body(2.0, 0.0)])
    fusion.camera(1.0, [])  # the clock jumped back: a reset world
    assert fusion.walkers == []


def test_a_view_through_an_empty_spot_says_so(hall: Hall) -> None:
    view, _ = hall.look(Pose2(ANNA[0] - 1.6, HALL, 0.0), head_tilt_joint=0.0)
    assert not looks_through(view, *ANNA)
    hall.send_away(100.0)
    try:
        view, _ = hall.look(Pose2(ANNA[0] - 1.6, HALL, 0.0), head_tilt_joint=0.0)
        assert looks_through(view, *ANNA)
        assert not looks_through(view, ANNA[0] - 4.0, HALL)  # behind the camera
    finally:
        hall.send_away(ANNA[0])


def near(hall: Hall, watch: ArmWatch, people: list[tuple[float, float]]) -> Near:
    view, cloud = hall.look(hall.studio.base, **REACHING, head_tilt_joint=0.4)
    positions = hall.studio.joint_positions()
    return watch.look(view, cloud, hall.known, positions, people)


def test_a_person_near_the_arms_is_kept_out(hall: Hall) -> None:
    hall.studio.stand(Pose2(ANNA[0] - 0.85, HALL, 0.0), **REACHING)
    watch = ArmWatch(hall.studio.robot, hall.home)
    found = near(hall, watch, [ANNA])
    assert found.person
    assert len(found.centres) > 3
    away = np.hypot(found.centres[:, 0] - ANNA[0], found.centres[:, 1] - ANNA[1])
    assert away.max() < 0.4  # of the person, not of the robot
    assert "person" in found.sentence()


def test_what_comes_near_the_arms_is_kept_out_and_what_stood_there_is_not(hall: Hall) -> None:
    hall.send_away(100.0)
    milk = "milk_carton_1"
    before = hall.studio.thing_pose(milk)
    try:
        hall.studio.stand(Pose2(ANNA[0] - 0.85, HALL, 0.0), **REACHING)
        watch = ArmWatch(hall.studio.robot, hall.home)
        for _ in range(2):
            assert len(near(hall, watch, []).centres) == 0
        hand = hall.studio.base.lift() @ hall.studio.robot.pose(
            hall.studio.joint_positions(), "left_grasp_frame"
        )
        at = hand.translation + np.array([0.22, 0.0, 0.05])
        hall.studio.move_thing(milk, Transform(np.eye(3), at))
        found = near(hall, watch, [])
        assert not found.person
        assert len(found.centres) > 0
        assert np.linalg.norm(found.centres - at, axis=1).max() < 0.2
        # A watch that has never seen the spot free says nothing: it may belong there.
        assert len(near(hall, ArmWatch(hall.studio.robot, hall.home), []).centres) == 0
    finally:
        hall.studio.move_thing(milk, before)
        hall.send_away(ANNA[0])


def test_known_space_leaves_doorways_and_floors_free() -> None:
    home = read_home(HOMES / "apartment.yaml")
    known = known_space(home)
    doors = np.array([[*door.position, 1.0] for door in home.doorways])
    assert not known.explains(doors).any()
    places = [p for p in home.places if p.kind == "refrigerator"]
    inside = np.array([[p.pose.x, p.pose.y, 1.0] for p in places])
    assert known.explains(inside).all()
    assert known.explains(np.array([[1e3, 0.0, 1.0], [np.nan, 0.0, 1.0]])).all()
