"""Pressing, handing over and carrying in plain MuJoCo; and every skill stopped at odd moments."""

from __future__ import annotations

import numpy as np
import pytest
from arm_scenes import model, semantics
from door_trials import blinded, draw_trial
from harness import SimBody, TruthEyes, make_world
from hearth_core.geometry import Pose2, Transform
from hearth_core.home import Home, parse_home
from hearth_manipulation.core import (
    skill_carry,
    skill_handover,
    skill_open,
    skill_pick,
    skill_place,
    skill_press,
)
from hearth_manipulation.core.context import Context, SkillError
from hearth_manipulation.core.ports import Stopped
from hearth_sim.core.world import World

SIDEBOARD: Home = parse_home(
    {
        "name": "bare_room",
        "charger": {"at": [0.6, 4.3], "facing": "east"},
        "rooms": [{"name": "room", "kind": "living", "rectangle": [0.0, 0.0, 5.0, 5.0]}],
        "places": [{"kind": "cupboard", "at": [2.5, 0.35], "facing": "north"}],
        "objects": [{"kind": "milk_carton", "where": "cupboard/top", "at": [0.1, 0.0]}],
    }
)
BODY = "milk_carton_1"


def make_context(home: Home = SIDEBOARD, start: Pose2 | None = None) -> Context:
    """A robot before the carton."""
    start = start or home.places[0].approach(0.55, 0.1)
    world, real = make_world(home, -1, start)
    body = SimBody(world, Pose2())
    body.pause(0.3)
    eyes = TruthEyes(body, real, 1)
    return Context(body, eyes, home, model(), semantics(), lambda *_: None)


def world_of(context: Context) -> World:
    assert isinstance(context.body, SimBody)
    return context.body.world


def test_a_thing_is_carried_upright_and_given_to_who_pulls_and_not_before() -> None:
    context = make_context()
    world = world_of(context)
    side, _ = skill_pick.pick(context, BODY)
    context.driver.to(context.body.base() @ Pose2(-0.3, 0.0, 0.0))
    assert skill_carry.carry(context) < 0.4
    assert world.truth().bodies[BODY].home_from_body.rotation[2, 2] > np.cos(0.3)
    with pytest.raises(SkillError) as nobody:
        skill_handover.give(context, timeout=0.6)
    assert nobody.value.reason == "not_taken"
    assert set(context.held) == {side}
    assert world.truth().bodies[BODY].touches == ("robot1",)
    # A person's hand: 20 N toward the person once the robot holds it out.
    number = world.stage.model.body(BODY).id
    away = world.truth().bodies["robot1"].home_from_body.rotation[:, 0]
    out = [False]

    def report(phase: str, _progress: float, _opening: float | None = None) -> None:
        out[0] = phase == "wait"

    def pull() -> None:
        world.stage.data.xfrc_applied[number, :3] = 20.0 * away if out[0] else 0.0

    context.report = report
    context.body.on_tick = pull  # type: ignore[attr-defined]
    assert skill_handover.give(context, timeout=10.0) == side
    assert not context.held
    assert "robot1" not in world.truth().bodies[BODY].touches
    world.close()


def test_what_is_not_put_into_the_hand_is_not_taken() -> None:
    context = make_context(start=Pose2(2.5, 3.0, 0.0))
    with pytest.raises(SkillError, match="nothing was put") as nothing:
        skill_handover.take(context, "mug", timeout=0.5)
    assert nothing.value.reason == "not_given"
    assert not context.held
    world_of(context).close()


def test_a_button_is_felt_where_it_is_and_not_where_it_is_not() -> None:
    context = make_context()
    place = context.place_frame("cupboard")
    front = SIDEBOARD.places[0].size[0] / 2
    # The front's face, beside the handles, stands for a panel of buttons.
    face = place @ Transform(np.eye(3), np.array([front, 0.25, 0.70]))
    done = skill_press.press(context, face)
    assert done.felt
    assert done.travel < 0.02
    nowhere = face @ Transform(np.eye(3), np.array([0.10, 0.0, 0.0]))
    with pytest.raises(SkillError) as missed:
        skill_press.press(context, nowhere)
    assert missed.value.reason == "not_felt"
    world_of(context).close()


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (skill_carry.carry, "nothing_held"),
        (lambda c: skill_carry.carry(c, "middle"), "unknown_side"),
        (skill_handover.give, "nothing_held"),
        (lambda c: skill_handover.give(c, timeout=float("nan")), "bad_timeout"),
        (lambda c: skill_handover.take(c, meet=np.array([9.0, 0.0, 1.0])), "too_far"),
        (lambda c: skill_press.press(c, Transform.identity(), travel=0.5), "bad_travel"),
        (
            lambda c: skill_press.press(c, Transform(np.eye(3), np.full(3, np.nan))),
            "bad_pose",
        ),
    ],
)
def test_bad_requests_are_refused_before_anything_moves(call: object, reason: str) -> None:
    context = _still()
    before = dict(context.body.joints())
    with pytest.raises(SkillError) as refusal:
        call(context)  # type: ignore[operator]
    assert refusal.value.reason == reason
    assert refusal.value.refused
    assert context.body.joints() == before


_kept: list[Context] = []


def _still() -> Context:
    if not _kept:
        _kept.append(make_context())
    return _kept[0]


@pytest.mark.parametrize("seed", range(3))
def test_cancelled_at_any_moment_a_skill_leaves_the_robot_standing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    if seed % 2:
        trial = draw_trial("drawer", seed)
        context = make_context(trial.home, trial.start)
        context.home = blinded(trial.home)
        part = trial.part
        work = lambda: skill_open.open_door(context, part, 0.0)  # noqa: E731
    else:
        context = make_context()

        def work() -> None:
            skill_pick.pick(context, BODY)
            skill_place.put(context, "", "cupboard/top")

    body = context.body
    assert isinstance(body, SimBody)
    body.stop_at = body.now() + float(rng.uniform(0.5, 14.0))
    with pytest.raises(Stopped):
        work()
    body.stop_at = None
    body.drive(0.0, 0.0, 0.0)
    body.pause(0.4)
    joints, base = dict(body.joints()), body.base()
    body.pause(0.4)
    assert base.distance(body.base()) < 0.005
    moved = {name: abs(joints[name] - value) for name, value in body.joints().items()}
    assert max(v for name, v in moved.items() if "finger" not in name) < 0.02
    # What is held, is held on: fingers do not open because somebody cancelled.
    for side in context.held:
        assert world_of(context).truth().bodies[BODY].touches == ("robot1",), side
    world_of(context).close()
