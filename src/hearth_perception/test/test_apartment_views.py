"""Rendered regression: the milk, the handle, the door and the table of the simulated apartment."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pytest

pytest.importorskip("hearth_sim", reason="views come from the simulated apartment")

from apartment import Studio
from hearth_core.geometry import Pose2
from hearth_perception.core.draw import annotate
from hearth_perception.core.perceiver import Perceiver


@pytest.fixture(scope="module", params=[21, 22])
def studio(request: pytest.FixtureRequest) -> Iterator[Studio]:
    made = Studio(seed=request.param)
    yield made
    made.close()


def stand_before(studio: Studio, place: str, distance: float) -> None:
    size = studio.home.place(place).size
    pose = studio.place_pose(place)
    studio.stand(pose @ Pose2(size[0] / 2 + distance, 0.05, math.pi + 0.05))


def test_refrigerator_milk_and_table(studio: Studio) -> None:
    perceiver = Perceiver(studio.home)
    fridge = studio.place_pose("refrigerator")
    stand_before(studio, "refrigerator", 0.9)
    studio.look_at((fridge.x, fridge.y, 1.05))
    door = perceiver.look_at_door(studio.view(), "refrigerator", "door")
    assert door is not None
    assert door.opening == 0.0
    assert door.handle_seen
    handle = studio.home.place("refrigerator").joint("door").handle
    assert handle is not None
    assert door.handle is not None
    truth = fridge.lift().apply(np.array(handle.centre))
    assert np.linalg.norm(door.handle.translation - truth) < 0.015

    studio.set_door("refrigerator/door", 1.65)
    studio.look_at((fridge.x, fridge.y, 1.0))
    view = studio.view()
    opened = perceiver.look_at_door(view, "refrigerator", "door")
    assert opened is not None
    assert abs(opened.opening - 1.65) < math.radians(4.0)
    percept = perceiver.look(view)
    milk = [s for s in percept.sightings if s.label == "milk_carton"]
    assert len(milk) == 1
    where = studio.thing_pose("milk_carton_1").translation
    assert np.linalg.norm(milk[0].shape.middle - where) < 0.02
    spec = next(o for o in studio.home.objects if o.name == "milk_carton_1")
    assert np.abs(np.sort(milk[0].shape.size) - np.sort(spec.size)).max() < 0.012
    assert milk[0].place == f"refrigerator/{spec.surface}"
    assert annotate(percept).shape == view.color.shape

    table = studio.place_pose("dining_table")
    stand_before(studio, "dining_table", 0.5)
    studio.look_at((table.x, table.y, 0.74))
    perceiver.look(studio.view())
    (area,) = [a for a in perceiver.surfaces.areas() if a.place == "dining_table"]
    assert area.free is not None
    assert abs(area.height - 0.74) < 0.005
    local = table.inverse().apply(area.free)
    half = np.array(studio.home.place("dining_table").size[:2]) / 2
    assert (np.abs(local) < half + 0.005).all()
    assert np.prod(np.ptp(local, axis=0)) > 0.2


def test_milk_that_was_taken_away_is_forgotten(studio: Studio) -> None:
    perceiver = Perceiver(studio.home)
    fridge = studio.place_pose("refrigerator")
    stand_before(studio, "refrigerator", 0.9)
    studio.set_door("refrigerator/door", 1.65)
    studio.look_at((fridge.x, fridge.y, 1.0))
    for _ in range(3):
        perceiver.look(studio.view())
    track = perceiver.things.find("milk_carton", "refrigerator")[0]
    assert track.label == "milk_carton"
    assert track.existence > 0.8
    before = studio.thing_pose("milk_carton_1")
    studio.move_thing("milk_carton_1", Pose2(-30.0, 0.0).lift())
    for _ in range(3):
        perceiver.look(studio.view())
    studio.move_thing("milk_carton_1", before)
    assert track.id not in {t.id for t in perceiver.things.tracks}
