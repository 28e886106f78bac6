"""Skills in plain MuJoCo, in one thread: what they refuse and how they stop."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from arm_scenes import model, semantics
from harness import SimBody, TruthEyes, make_world
from hearth_core.geometry import Pose2, Transform
from hearth_core.home import load_home
from hearth_description.core.model import find_model
from hearth_manipulation.core import (
    skill_close,
    skill_open,
    skill_pick,
    skill_place,
    skill_posture,
)
from hearth_manipulation.core.context import Context, SkillError
from hearth_manipulation.core.ports import Stopped

HOME = load_home(find_model().parents[1] / "config" / "homes" / "apartment.yaml")


def make_context(seed: int = 0) -> Context:
    """A robot before the handle of the closed refrigerator."""
    start = HOME.approach("refrigerator", 0.75) @ Pose2(0.02, 0.2, 0.03)
    world, real = make_world(HOME, seed, start)
    body = SimBody(world, Pose2())
    body.pause(0.3)
    eyes = TruthEyes(body, real, seed, noise=0.006)
    return Context(body, eyes, HOME, model(), semantics(), lambda *_: None)


@pytest.fixture(scope="module")
def still() -> Iterator[Context]:
    """For what is refused before anything moves."""
    context = make_context()
    yield context
    context.body.world.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("call", "reason", "says"),
    [
        (lambda c: skill_pick.pick(c, "unicorn_7"), "unknown_object", "milk_carton_1"),
        (lambda c: skill_pick.pick(c, "", "milk_carton", "", "middle"), "unknown_side", "left"),
        (lambda c: skill_place.put(c, "", "dining_table"), "nothing_held", "neither"),
        (lambda c: skill_place.put(c, "left", "dining_table"), "nothing_held", "left"),
        (lambda c: skill_open.open_door(c, "stargate", 0.0), "unknown_place", "refrigerator"),
        (lambda c: skill_open.open_door(c, "refrigerator/cat_flap", 0.0), "unknown_joint", "door"),
        (lambda c: skill_open.open_door(c, "sofa", 0.0), "not_articulated", "sofa"),
        (lambda c: skill_open.open_door(c, "refrigerator/freezer", 0.0), "not_supported", "hold"),
        (lambda c: skill_open.open_door(c, "refrigerator", np.nan), "bad_opening", "nan"),
        (lambda c: skill_close.close_door(c, "refrigerator/freezer"), "not_supported", "hold"),
        (lambda c: skill_posture.move_to(c, "tail", "home"), "unknown_group", "left_arm"),
        (lambda c: skill_posture.move_to(c, "all", "yoga"), "unknown_posture", "carry"),
        (lambda c: skill_posture.move_to(c, "all", "home", 7.0), "bad_speed", "7"),
    ],
)
def test_bad_requests_are_refused_with_the_choices(
    still: Context, call: object, reason: str, says: str
) -> None:
    before = still.body.joints(), still.body.base()
    with pytest.raises(SkillError, match=says) as refusal:
        call(still)  # type: ignore[operator]
    assert refusal.value.reason == reason
    assert refusal.value.refused
    assert still.body.base().distance(before[1]) < 1e-3


def test_a_pose_that_is_no_pose_is_refused(still: Context) -> None:
    from hearth_manipulation.core.context import Held

    still.hold("left", Held("mug", "mug", np.full(3, 0.08), "cylinder", Transform.identity()))
    try:
        nowhere = Transform(np.eye(3), np.array([np.nan, 0.0, 0.0]))
        with pytest.raises(SkillError, match="not finite"):
            skill_place.put(still, "", "", nowhere)
        with pytest.raises(SkillError, match="left hand holds mug") as refusal:
            still.free_side("left")
        assert refusal.value.reason == "hand_not_free"
    finally:
        still.hold("left", None)


def test_a_small_crowded_surface_has_room_nearer_to_its_rim_and_to_other_things(
    still: Context,
) -> None:
    from hearth_manipulation.core.context import Held

    size = np.array([0.08, 0.08, 0.1])
    held = Held("mug", "mug", size, "cylinder", Transform.identity())
    spots = skill_place.free_spots(still, "nightstand_1", held)
    place = HOME.place("nightstand_1")
    frame = still.place_frame("nightstand_1")
    bottle = next(t for t in still.eyes.things() if t.id == "bottle_2")
    for spot in spots:
        local = frame.inverse().apply(np.array([spot.x, spot.y, spot.z]))
        assert np.all(np.abs(local[:2]) < 0.5 * np.array(place.size[:2]) - 0.04)
        away = np.hypot(*(bottle.pose.translation[:2] - (spot.x, spot.y)))
        assert away > 0.04 + 0.5 * np.hypot(*size[:2]) + 0.5 * np.hypot(*bottle.size[:2]) - 1e-6


@pytest.mark.parametrize("after", [1.5, 4.0])
def test_cancelling_stops_base_and_arms_at_once(after: float) -> None:
    context = make_context()
    body = context.body
    assert isinstance(body, SimBody)
    body.stop_at = body.now() + after
    with pytest.raises(Stopped):
        skill_open.open_door(context, "refrigerator", 0.0)
    body.stop_at = None
    body.pause(0.3)
    joints, base = body.joints(), body.base()
    body.pause(0.3)
    assert base.distance(body.base()) < 0.005
    assert max(abs(joints[name] - value) for name, value in body.joints().items()) < 0.01
    body.world.close()
