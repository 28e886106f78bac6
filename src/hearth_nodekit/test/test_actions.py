"""Actions with threaded work: results, refusals, cancelling, preemption."""

import threading
from typing import Any

import pytest
from hearth_core.outcome import Code, Outcome
from hearth_nodekit.actions import (
    ActionCaller,
    ActionFailed,
    ActiveGoal,
    Busy,
    Canceled,
    ThreadedActionServer,
)
from hearth_nodekit.testing import Spinner
from rclpy.context import Context
from rclpy.node import Node

from hearth_interfaces.action import MoveTo

WAIT = 20.0


def call(caller: ActionCaller, posture: str, **options: Any) -> MoveTo.Result:
    goal = MoveTo.Goal(group="head", posture=posture)
    return caller.call(goal, timeout=WAIT, **options)[1]


def test_work_runs_in_its_thread_and_its_outcome_arrives(context: Context, node: Node) -> None:
    threads: list[str] = []
    feedback: list[float] = []

    def work(goal: ActiveGoal) -> tuple[Outcome, Any]:
        threads.append(threading.current_thread().name)
        goal.feedback(progress=0.5)
        return Outcome.success(goal.request.posture), None

    ThreadedActionServer(node, MoveTo, "move_to", work)
    caller = ActionCaller(node, MoveTo, "move_to")
    with Spinner(context, node):
        result = call(
            caller, "home", on_feedback=lambda message: feedback.append(message.progress)
        )
    assert result.outcome.code == Code.SUCCEEDED
    assert result.outcome.message == "home"
    assert threads == ["probe_work"]
    assert feedback == [0.5]


def test_refusal_and_crash_come_back_as_sentences(context: Context, node: Node) -> None:
    def refuse(goal: MoveTo.Goal) -> Outcome | None:
        return (
            Outcome.refusal("unknown_posture", "no posture 'x'") if goal.posture == "x" else None
        )

    def work(goal: ActiveGoal) -> tuple[Outcome, Any]:
        raise RuntimeError("motor on fire")

    ThreadedActionServer(node, MoveTo, "move_to", work, refuse=refuse)
    caller = ActionCaller(node, MoveTo, "move_to")
    with Spinner(context, node):
        refused = call(caller, "x").outcome
        crashed = call(caller, "home").outcome
    assert (refused.code, refused.reason) == (Code.REFUSED, "unknown_posture")
    assert (crashed.code, crashed.reason) == (Code.FAILED, "internal_error")
    assert "motor on fire" in crashed.message


def test_cancel_stops_the_work_and_the_caller_hears_it(context: Context, node: Node) -> None:
    started, stopped = threading.Event(), threading.Event()

    def work(goal: ActiveGoal) -> tuple[Outcome, Any]:
        started.set()
        assert goal.wait(WAIT)
        stopped.set()
        goal.check()
        raise AssertionError("not reached")

    ThreadedActionServer(node, MoveTo, "move_to", work)
    caller = ActionCaller(node, MoveTo, "move_to")
    with Spinner(context, node), pytest.raises(Canceled):
        call(caller, "home", should_stop=started.is_set)
    assert stopped.is_set()


def test_a_newer_goal_preempts_or_is_refused(context: Context, node: Node) -> None:
    entered = threading.Semaphore(0)

    def work(goal: ActiveGoal) -> tuple[Outcome, Any]:
        if goal.request.posture == "long":
            entered.release()  # by the long one only: no permit is left over for the next pair
            goal.wait(WAIT)
            goal.check()
        return Outcome.success(), None

    ThreadedActionServer(node, MoveTo, "preempting", work, busy=Busy.PREEMPT)
    ThreadedActionServer(node, MoveTo, "refusing", work, busy=Busy.REFUSE)
    outcomes: dict[str, Any] = {}
    with Spinner(context, node):
        for name in ("preempting", "refusing"):
            first, second = (ActionCaller(node, MoveTo, name) for _ in range(2))
            release = threading.Event()

            def long_one(
                caller: ActionCaller = first, name: str = name, release: threading.Event = release
            ) -> None:
                try:
                    outcomes[name] = call(caller, "long", should_stop=release.is_set).outcome
                except Canceled:
                    outcomes[name] = None

            thread = threading.Thread(target=long_one)
            thread.start()
            assert entered.acquire(timeout=WAIT)
            outcomes[name + "2"] = call(second, "short").outcome
            release.set()
            thread.join(WAIT)
    assert outcomes["preempting"].code == Code.PREEMPTED
    assert outcomes["preempting2"].code == Code.SUCCEEDED
    assert outcomes["refusing2"].reason == "busy"
    assert outcomes["refusing"] is None


def test_a_missing_server_is_an_error_that_names_it(context: Context, node: Node) -> None:
    caller = ActionCaller(node, MoveTo, "nobody_there")
    with Spinner(context, node), pytest.raises(ActionFailed, match="nobody_there"):
        call(caller, "home", connect_timeout=0.2)
