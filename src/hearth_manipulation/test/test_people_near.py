"""People's hands near the arms stop what moves, and plans go round them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from harness import SimBody, TruthEyes
from hearth_core.frames import grasp_frame
from hearth_core.geometry import Pose2, Transform
from hearth_manipulation.core.context import Context
from hearth_manipulation.core.kinematics import Array
from hearth_manipulation.core.mover import MotionError, arm
from hearth_manipulation.core.planning import PlanningError
from hearth_manipulation.core.ports import KeptOut
from test_skills import make_context

TIP = grasp_frame("right")


@pytest.fixture(scope="module")
def ready() -> Iterator[Context]:
    """A robot with its right hand before it and room around."""
    context = make_context()
    context.driver.to(context.body.base() @ Pose2(-0.5, 0.0, 0.0), tolerance=0.05)
    to_ready(context)
    yield context
    context.body.world.close()  # type: ignore[attr-defined]


def to_ready(context: Context) -> None:
    """The right hand before the robot, and nobody near."""
    people(context).clear()
    posture = context.postures("reach_ready", arm("right"))
    context.mover.go_named(arm("right"), posture, context.scene())


def people(context: Context) -> list[KeptOut]:
    assert isinstance(context.eyes, TruthEyes)
    return context.eyes.people


def ahead(context: Context, way: float) -> Array:
    """A point so far before the right hand [m]."""
    return context.mover.pose(TIP).apply(np.array([way, 0.0, 0.0]))


def on_time(context: Context, seconds: float, call: object) -> None:
    """Call something once, so long after now."""
    body = context.body
    assert isinstance(body, SimBody)
    at = body.now() + seconds

    def tick() -> None:
        if body.now() >= at:
            body.on_tick = lambda: None
            call()  # type: ignore[operator]

    body.on_tick = tick


def test_a_line_waits_for_a_hand_in_its_way_and_goes_on_when_it_is_gone(ready: Context) -> None:
    to_ready(ready)
    here = ready.mover.pose(TIP)
    goal = Transform(here.rotation, here.translation - np.array([0.0, 0.0, 0.2]))
    hand = KeptOut(goal.translation, 0.06)
    seen: list[float] = []

    def comes() -> None:
        people(ready).append(hand)
        on_time(ready, 3.0, goes)

    def goes() -> None:
        seen.append(float(np.linalg.norm(ready.mover.pose(TIP).translation - hand.centre)))
        people(ready).clear()

    on_time(ready, 0.3, comes)
    ready.mover.line("right", goal, None, speed=0.15)
    assert seen[0] > 0.06 + 0.04  # it stood outside of it, with its fingers' thickness
    assert np.linalg.norm(ready.mover.pose(TIP).translation - goal.translation) < 0.03


def test_a_line_is_given_up_when_somebody_stays(ready: Context) -> None:
    to_ready(ready)
    here = ready.mover.pose(TIP)
    goal = Transform(here.rotation, here.translation - np.array([0.0, 0.0, 0.2]))
    people(ready).append(KeptOut(goal.translation, 0.06))
    with pytest.raises(MotionError, match="person#0") as error:
        ready.mover.line("right", goal, None, speed=0.15)
    assert error.value.reason == "path_blocked"
    assert np.linalg.norm(ready.mover.pose(TIP).translation - goal.translation) > 0.1


def test_plans_go_round_hands_and_never_to_where_one_is(ready: Context) -> None:
    to_ready(ready)
    start = ready.mover.configuration()
    at = ahead(ready, 0.05)
    ready.mover.go_named(arm("right"), ready.postures("carry", arm("right")), ready.scene())
    people(ready).append(KeptOut(at, 0.06))
    with pytest.raises(PlanningError, match="person#0") as error:
        ready.mover.go(arm("right"), [start], ready.scene())
    assert error.value.reason == "goal_in_collision"
    with ready.meeting():  # hands that are meant to meet
        ready.mover.go(arm("right"), [start], ready.scene())
    assert np.linalg.norm(ready.mover.pose(TIP).translation - at) < 0.1
