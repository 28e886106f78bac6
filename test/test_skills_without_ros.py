"""The skills in plain MuJoCo, without ROS: the robot takes the milk and closes the door."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from hearth_core.geometry import Pose2
from hearth_core.home import load_home
from hearth_manipulation.core import skill_close, skill_open, skill_pick
from hearth_manipulation.core.context import Context

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src" / "hearth_manipulation" / "test"))

from arm_scenes import model, semantics  # noqa: E402
from harness import SimBody, TruthEyes, make_world  # noqa: E402

HOME = load_home(ROOT / "config" / "homes" / "apartment.yaml")


def make_context(seed: int) -> Context:
    """A robot before the handle of the closed refrigerator."""
    start = HOME.approach("refrigerator", 0.75) @ Pose2(0.02, 0.2, 0.03)
    world, real = make_world(HOME, seed, start)
    body = SimBody(world, Pose2())
    body.pause(0.3)
    eyes = TruthEyes(body, real, seed, noise=0.006)
    return Context(body, eyes, HOME, model(), semantics(), lambda *_: None)


def test_milk_is_taken_out_of_the_refrigerator_and_the_door_is_closed() -> None:
    context = make_context(seed=3)
    world = context.body.world  # type: ignore[attr-defined]
    opening = skill_open.open_door(context, "refrigerator", 0.0)
    assert world.articulations()["refrigerator/door"] > 1.3
    assert opening == pytest.approx(world.articulations()["refrigerator/door"], abs=0.35)
    side, _ = skill_pick.pick(context, "", "milk_carton", "refrigerator")
    assert set(context.held) == {side}
    skill_close.close_door(context, "refrigerator")
    assert world.articulations()["refrigerator/door"] < 0.04
    milk = world.truth().bodies["milk_carton_1"]
    assert milk.touches == ("robot1",)
    assert milk.home_from_body.rotation[2, 2] > np.cos(0.35)
    world.close()
