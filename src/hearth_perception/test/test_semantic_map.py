"""Beliefs: the same thing or another, there or gone, honestly forgotten."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hearth_core.home.catalogue import Shape as Nominal
from hearth_perception.core.semantic_map import Glance, Rules, SemanticMap, Track
from hearth_perception.core.shapes import Kind, Shape
from hearth_perception.core.sighting import Sighting


def sight(
    x: float, y: float = 0.0, label: str = "mug", score: float = 0.9, place: str = "table"
) -> Sighting:
    shape = Shape(
        Kind.CYLINDER,
        np.array([x, y, 0.8]),
        0.0,
        np.array([0.08, 0.08, 0.1]),
        np.full(3, 0.004),
        np.array([0.006, 0.004, 0.004]),
        np.array([1.0, 0.0]),
        0.001,
    )
    return Sighting(label, {label: score}, shape, Nominal.CYLINDER, place, 0.0, (0, 0, 10, 10))


def always(glance: Glance) -> Callable[[Track], Glance]:
    return lambda _: glance


UNSEEN, EMPTY = always(Glance.UNSEEN), always(Glance.EMPTY)


def test_a_thing_seen_again_keeps_its_name_and_becomes_surer() -> None:
    things = SemanticMap()
    beliefs = []
    for k in range(5):
        things.update([sight(1.0 + 0.003 * (-1) ** k)], float(k), UNSEEN)
        beliefs.append(things.tracks[0].existence)
    assert [t.id for t in things.tracks] == ["mug_1"]
    assert beliefs == sorted(beliefs)
    assert beliefs[-1] < 1.0
    assert abs(things.tracks[0].position[0] - 1.0) < 0.003
    assert np.trace(things.tracks[0].covariance) < np.trace(sight(1.0).shape.covariance())


def test_two_alike_side_by_side_are_two() -> None:
    things = SemanticMap()
    for k in range(3):
        things.update([sight(1.0), sight(1.0, 0.13)], float(k), UNSEEN)
    assert sorted(t.id for t in things.tracks) == ["mug_1", "mug_2"]


def test_swapped_order_does_not_swap_names() -> None:
    things = SemanticMap()
    things.update([sight(1.0), sight(1.0, 0.2)], 0.0, UNSEEN)
    before = {t.id: t.position[1] for t in things.tracks}
    things.update([sight(1.0, 0.21), sight(1.0, 0.01)], 1.0, UNSEEN)
    for track in things.tracks:
        assert abs(track.position[1] - before[track.id]) < 0.02


def test_another_class_at_the_same_place_is_another_thing() -> None:
    things = SemanticMap()
    things.update([sight(1.0, label="mug")], 0.0, UNSEEN)
    things.update([sight(1.06, label="bottle")], 1.0, EMPTY)
    assert {t.label for t in things.tracks} == {"mug", "bottle"}


def test_what_is_looked_through_fades_and_is_forgotten() -> None:
    things = SemanticMap()
    for k in range(4):
        things.update([sight(1.0)], float(k), UNSEEN)
    sure = things.tracks[0].existence
    things.update([], 5.0, EMPTY)
    assert things.tracks[0].existence < 0.5 * sure
    for k in range(4):
        things.update([], 6.0 + k, EMPTY)
    assert not things.tracks


def test_what_is_out_of_view_stays_but_fades_with_time() -> None:
    things = SemanticMap(Rules(half_life=100.0))
    for k in range(4):
        things.update([sight(1.0)], float(k), UNSEEN)
    sure = things.tracks[0].existence
    things.update([], 103.0, UNSEEN)
    assert things.tracks[0].existence == pytest.approx(sure / 2, rel=1e-6)
    assert things.tracks[0].last_seen == 3.0


def test_a_thing_that_was_moved_keeps_its_name() -> None:
    things = SemanticMap()
    for k in range(3):
        things.update([sight(1.0, place="table")], float(k), UNSEEN)
    for k in range(2):
        things.update([], 3.0 + k, EMPTY)
    things.update([sight(3.0, place="desk")], 6.0, UNSEEN)
    assert [t.id for t in things.tracks] == ["mug_1"]
    assert things.tracks[0].place == "desk"
    assert things.tracks[0].position[0] == pytest.approx(3.0)


def test_a_carried_thing_is_not_missed_and_lands_under_its_name() -> None:
    things = SemanticMap()
    for k in range(3):
        things.update([sight(1.0, label="milk_carton")], float(k), UNSEEN)
    things.carry("milk_carton_1", "left")
    for k in range(20):
        things.update([], 4.0 + k, EMPTY)
    assert things.tracks[0].place == "left_hand"
    things.release("left", np.array([3.0, 1.0, 0.85]))
    things.update([sight(3.04, 1.02, label="milk_carton", place="dining_table")], 30.0, UNSEEN)
    assert [(t.id, t.place) for t in things.tracks] == [("milk_carton_1", "dining_table")]


def test_find_ranks_by_probability_and_respects_place_and_age() -> None:
    things = SemanticMap()
    for k in range(3):
        things.update(
            [sight(1.0, score=0.5), sight(2.0, score=0.95, place="fridge/shelf_2")],
            float(k),
            UNSEEN,
        )
    things.update([sight(1.0, score=0.5)], 10.0, UNSEEN)
    assert [round(t.position[0]) for t in things.find("mug")] == [2, 1]
    assert [round(t.position[0]) for t in things.find("mug", place="fridge")] == [2]
    assert [round(t.position[0]) for t in things.find("mug", max_age=3.0, now=11.0)] == [1]
    assert things.find("bottle") == []
    assert things.find("mug", place="fri") == []


def test_a_clock_that_jumps_back_forgets() -> None:
    things = SemanticMap()
    things.update([sight(1.0)], 100.0, UNSEEN)
    things.update([], 1.0, UNSEEN)
    assert not things.tracks


def test_one_doubtful_look_does_not_rename_a_thing() -> None:
    things = SemanticMap()
    for k in range(4):
        things.update([sight(1.0, label="mug", score=0.95)], float(k), UNSEEN)
    doubtful = Sighting(
        "glass",
        {"glass": 0.5, "mug": 0.4},
        sight(1.0).shape,
        Nominal.CYLINDER,
        "table",
        0.0,
        (0, 0, 1, 1),
    )
    things.update([doubtful], 5.0, UNSEEN)
    assert [t.label for t in things.tracks] == ["mug"]
    assert things.tracks[0].confidence < 0.95
