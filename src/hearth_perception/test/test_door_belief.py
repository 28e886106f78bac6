"""Doors that the arm moved: what was felt, what is seen, and how they go together."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hearth_core.home import load_home
from hearth_core.home.model import JointKind
from hearth_description.core.model import find_model
from hearth_perception.core.articulation import DoorView
from hearth_perception.core.door_belief import Felt, felt_view, fused
from hearth_perception.core.perceiver import Perceiver

HOME = find_model().parents[1] / "config" / "homes" / "apartment.yaml"
FRIDGE = ("refrigerator", "door")


def perceiver() -> Perceiver:
    return Perceiver(load_home(HOME))


def view_of(opening: float, confidence: float, sigma: float = 0.01) -> DoorView:
    door = perceiver().door(*FRIDGE)
    made = felt_view(Felt(0.0, opening, sigma), door, 0.0)
    assert made is not None
    return replace(made, confidence=confidence, seen=True, handle_seen=True)


def test_a_door_moved_by_the_arm_stands_where_the_arm_left_it() -> None:
    memory = perceiver()
    memory.doors[FRIDGE] = (1.0, view_of(0.0, 0.9))
    memory.feel_door(*FRIDGE, Felt(10.0, 1.3, 0.05))
    known = memory.felt_door(*FRIDGE, 12.0)
    assert known is not None
    stamp, view = known
    assert stamp == 10.0
    assert view.opening == 1.3
    assert not view.seen
    assert not view.handle_seen
    expected = memory.door(*FRIDGE).nominal_handle(1.3)
    assert expected is not None
    assert view.handle is not None
    assert np.allclose(view.handle.translation, expected.translation)


def test_what_was_felt_fades_and_is_no_answer_in_the_end() -> None:
    memory = perceiver()
    memory.feel_door(*FRIDGE, Felt(10.0, 1.3, 0.05))
    sure = []
    for now in (10.0, 300.0, 1000.0):
        known = memory.felt_door(*FRIDGE, now)
        assert known is not None
        sure.append(known[1].confidence)
    assert sure[0] > 0.8 > sure[1] > 0.5 > sure[2]
    assert memory.felt_door(*FRIDGE, 3000.0) is None


def test_pushing_a_door_takes_away_what_was_known() -> None:
    memory = perceiver()
    memory.feel_door(*FRIDGE, Felt(10.0, 1.3, 0.05))
    memory.feel_door(*FRIDGE, Felt(20.0, 0.7, math.inf))
    assert memory.felt_door(*FRIDGE, 21.0) is None
    assert FRIDGE not in memory.doors


def test_agreeing_estimates_are_surer_together_and_lie_between() -> None:
    door = perceiver().door(*FRIDGE)
    both = fused(Felt(0.0, 1.30, 0.03), view_of(1.34, 0.6, 0.03), door, 1.0)
    assert both.opening == pytest.approx(1.32, abs=1e-6)
    assert both.sigma == pytest.approx(0.03 / math.sqrt(2.0))
    assert both.confidence > 0.9
    assert both.seen
    loose = fused(Felt(0.0, 1.30, 0.10), view_of(1.34, 0.6, 0.03), door, 1.0)
    assert loose.opening > 1.33


def test_the_surer_of_two_that_contradict_each_other_is_believed() -> None:
    door = perceiver().door(*FRIDGE)
    felt = Felt(0.0, 1.3, 0.03)
    assert fused(felt, view_of(0.0, 0.3), door, 1.0).opening == 1.3
    assert fused(felt, view_of(0.0, 0.95), door, 1.0).opening == 0.0
    # Long after, somebody may have shut it.
    assert fused(felt, view_of(0.0, 0.5), door, 900.0).opening == 0.0


def test_a_drawer_is_felt_in_metres() -> None:
    memory = perceiver()
    drawers = [
        (p.name, j.name)
        for p in memory.home.places
        for j in p.joints
        if j.kind is JointKind.SLIDING
    ]
    place, joint = drawers[0]
    memory.feel_door(place, joint, Felt(1.0, 0.25, 0.02))
    known = memory.felt_door(place, joint, 2.0)
    assert known is not None
    assert known[1].handle is not None
    closed = memory.door(place, joint).nominal_handle(0.0)
    assert closed is not None
    way = known[1].handle.translation - closed.translation
    assert np.linalg.norm(way) == pytest.approx(0.25)


def test_forgetting_forgets_what_was_felt() -> None:
    memory = perceiver()
    memory.feel_door(*FRIDGE, Felt(10.0, 1.3, 0.05))
    memory.forget()
    assert memory.felt_door(*FRIDGE, 11.0) is None
