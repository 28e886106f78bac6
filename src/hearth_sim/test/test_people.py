"""Simulated people: solid, seen by the lidar, the same for the same seed, and honest blame."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hearth_core.errors import BadInputError, FileFormatError
from hearth_core.geometry import Pose2
from hearth_core.home import Home, Manners, PersonSpec, Stop, describe, load_home, parse_home
from hearth_core.ports import Scan
from hearth_sim.core.people.blame import Cause, cause
from hearth_sim.core.people.walker import RADIUS, Doing, Walker
from hearth_sim.core.people.ways import HomeWays
from hearth_sim.core.world import World

APARTMENT = Path(__file__).parents[3] / "config" / "homes" / "apartment.yaml"
HALL = 5.3


@pytest.fixture(scope="module")
def apartment() -> Home:
    return load_home(APARTMENT)


def with_person(home: Home, *route: Stop, manners: Manners, speed: float = 0.8) -> Home:
    return replace(home, people=(PersonSpec("anna", route, speed, manners),))


def test_people_of_a_seed_walk_the_same_rounds(apartment: Home) -> None:
    def tracks(count: int) -> list[tuple[float, float]]:
        world = World.make(apartment, seed=5, people=count)
        assert len(world.people().people) == count  # before the first step too
        world.advance(4.0)
        return [(person.x, person.y) for person in world.people().people.values()]

    two = tracks(2)
    assert tracks(2) == two
    assert len(tracks(3)) == 3


def test_a_round_is_walked_and_nobody_leaves_the_floor(apartment: Home) -> None:
    home = with_person(
        apartment, Stop((4.0, HALL)), Stop((3.5, 4.6), wait=1.0), manners=Manners.ATTENTIVE
    )
    world = World.make(home, starts={"robot1": Pose2(9.0, 3.0, 0.0)})
    ways = HomeWays(home)
    stood = False
    for _ in range(40):
        world.advance(0.1)
        person = world.people().people["anna"]
        assert ways.free(person.x, person.y)
        near_door = math.dist((person.x, person.y), (3.5, 4.6)) < 0.2
        stood = stood or (near_door and person.doing is Doing.STANDING)
    assert stood


def test_the_lidar_sees_legs_of_a_person(apartment: Home) -> None:
    robot = Pose2(3.0, HALL, 0.0)

    def beams(home: Home) -> np.ndarray:
        world = World.make(home, starts={"robot1": robot})
        scans: list[Scan] = []
        world.hardware("robot1").listen_scan(scans.append)
        world.advance(0.2)
        return np.asarray(scans[-1].ranges)

    anna = with_person(apartment, Stop((4.5, HALL)), manners=Manners.ATTENTIVE)
    changed = np.abs(beams(anna) - beams(apartment)) > 0.2
    angles = np.degrees(-math.pi + np.flatnonzero(changed) * math.tau / 360)
    ahead = np.abs(angles) < 12
    assert 4 <= ahead.sum() <= 20, angles


def test_who_walks_blindly_into_a_standing_robot_caused_it(apartment: Home) -> None:
    home = with_person(apartment, Stop((5.4, HALL)), Stop((2.0, HALL), 9.0), manners=Manners.BLIND)
    world = World.make(home, starts={"robot1": Pose2(3.4, HALL, 0.0)})
    contacts = []
    for _ in range(60):
        world.advance(0.1)
        contacts += world.people().contacts
    assert contacts
    assert {contact.caused_by for contact in contacts} == {Cause.PERSON}
    # Solid: nobody walked through the robot.
    assert world.people().people["anna"].x > 3.4


def test_a_robot_that_drives_into_somebody_who_stands_caused_it(apartment: Home) -> None:
    home = with_person(apartment, Stop((4.6, HALL)), manners=Manners.ATTENTIVE)
    world = World.make(home, starts={"robot1": Pose2(3.4, HALL, 0.0)})
    world.hardware("robot1").base.command(0.4, 0.0, 0.0)
    contacts = []
    for _ in range(30):
        world.advance(0.1)
        contacts += world.people().contacts
    assert contacts
    assert contacts[0].caused_by is Cause.ROBOT
    assert contacts[0].person == "anna"


@pytest.mark.parametrize("manners", [Manners.ATTENTIVE, Manners.ABSENT])
def test_who_looks_does_not_touch_a_standing_robot(apartment: Home, manners: Manners) -> None:
    home = with_person(apartment, Stop((5.6, HALL)), Stop((2.0, HALL), 9.0), manners=manners)
    world = World.make(home, starts={"robot1": Pose2(3.6, HALL, 0.0)})
    world.advance(6.0)
    assert not world.people().contacts


def test_attentive_people_pass_where_there_is_room_and_absent_ones_stop() -> None:
    class Open:
        def free(self, x: float, y: float) -> bool:
            return abs(y) < 1.2

        def way(
            self, start: tuple[float, float], end: tuple[float, float], around: np.ndarray
        ) -> list[tuple[float, float]]:
            return [end] if not len(around) else []

        def nearest(self, point: tuple[float, float]) -> tuple[float, float]:
            return point

    robot = np.array([[2.0, 0.0, 0.0, 0.0, 0.38, 1.0]])
    ends = {}
    for manners in (Manners.ATTENTIVE, Manners.ABSENT):
        walker = Walker(
            PersonSpec("anna", (Stop((0.0, 0.0)), Stop((5.0, 0.0), 99.0)), 1.0, manners), Open()
        )
        x = y = 0.0
        for k in range(400):
            vx, vy = walker.step(0.02 * k, 0.02, (x, y), robot)
            x, y = x + 0.02 * vx, y + 0.02 * vy
            assert math.hypot(x - 2.0, y) - 0.38 - RADIUS > 0.1
        ends[manners] = x
    assert ends[Manners.ATTENTIVE] > 4.5
    assert ends[Manners.ABSENT] < 2.0


def test_cause_is_who_came_nearer() -> None:
    assert cause(0.3, 0.0) is Cause.ROBOT
    assert cause(0.0, 0.8) is Cause.PERSON
    assert cause(0.3, 0.8) is Cause.BOTH
    assert cause(-0.3, 0.8) is Cause.PERSON


def test_the_home_file_says_who_lives_there(apartment: Home) -> None:
    document = describe(apartment)
    document["people"] = [
        {
            "name": "anna",
            "route": [{"room": "kitchen", "wait": 3}, {"at": [1.0, 5.3]}, {"place": "sofa"}],
        }
    ]
    home = parse_home(document)
    assert [stop.wait for stop in home.people[0].route] == [3.0, 0.0, 0.0]
    assert parse_home(describe(home)) == replace(home, source="<home>")
    document["people"][0]["route"] = [{"door": "nowhere"}]
    with pytest.raises(FileFormatError, match="people"):
        parse_home(document)


def test_a_person_needs_a_name_of_their_own(apartment: Home) -> None:
    taken = apartment.objects[0].name
    milk = PersonSpec(taken, (Stop((4.0, HALL)),))
    with pytest.raises(BadInputError, match=taken):
        World.make(replace(apartment, people=(milk,)))
    with pytest.raises(BadInputError, match="0 to 20"):
        World.make(apartment, people=21)
