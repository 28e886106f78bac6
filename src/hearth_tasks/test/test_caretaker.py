"""An idle robot with a low battery goes home, and leaves its way home for a task."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from hearth_tasks.core.battery_watch import BatteryLimits, BatteryWatch

LIMITS = BatteryLimits(low=0.3, idle=10.0, again=60.0)


def test_only_an_idle_robot_whose_battery_is_low_goes_home() -> None:
    watch = BatteryWatch(LIMITS, 0.0)
    assert not watch.wants_home(20.0)  # nothing heard
    watch.battery(20.0, 0.5, charging=False)
    assert not watch.wants_home(20.0)
    watch.battery(20.0, 0.2, charging=False)
    assert watch.wants_home(20.0)
    watch.busy()
    assert not watch.wants_home(20.0)
    watch.free(20.0)
    assert not watch.wants_home(21.0)
    watch.battery(30.0, 0.2, charging=False)
    assert watch.wants_home(30.0)
    watch.battery(30.0, 0.2, charging=True)
    assert not watch.wants_home(30.0)


def test_an_unknown_or_old_charge_is_no_low_one() -> None:
    watch = BatteryWatch(LIMITS, 0.0)
    watch.battery(20.0, math.nan, charging=False)
    assert not watch.wants_home(20.0)
    watch.battery(20.0, 0.1, charging=False)
    assert not watch.wants_home(31.0)


def test_after_a_failure_it_waits_and_a_clock_that_jumps_back_stops_nothing() -> None:
    watch = BatteryWatch(LIMITS, 0.0)
    watch.failed(1000.0)
    watch.battery(1030.0, 0.1, charging=False)
    assert not watch.wants_home(1030.0)
    watch.battery(1061.0, 0.1, charging=False)
    assert watch.wants_home(1061.0)
    watch.failed(1061.0)
    watch.battery(5.0, 0.1, charging=False)
    watch.wants_home(5.0)
    watch.battery(16.0, 0.1, charging=False)
    assert watch.wants_home(16.0)


class _Dock:
    """A navigator's ``dock_robot`` that takes until it is cancelled, or succeeds at once."""

    def __init__(self, node: Any) -> None:
        from hearth_core.outcome import Outcome
        from hearth_nodekit.actions import ActiveGoal, ThreadedActionServer
        from nav2_msgs.action import DockRobot

        self.goals: list[Any] = []
        self.canceled = threading.Event()
        self.patient = False

        def work(goal: ActiveGoal) -> tuple[Outcome, Any]:
            self.goals.append(goal.request)
            while self.patient and not goal.wait(0.02):
                pass
            if goal.cancel_requested:
                self.canceled.set()
                goal.check()
            return Outcome.success("charges"), DockRobot.Result(success=True)

        self.server = ThreadedActionServer(node, DockRobot, "dock_robot", work)


@pytest.fixture
def parts() -> Iterator[tuple[Any, _Dock, Any]]:
    pytest.importorskip("rclpy", reason="needs ROS")
    from hearth_nodekit.testing import Spinner, isolated_context
    from hearth_nodekit.topics import BATTERY_STATE
    from hearth_tasks.caretaker import Caretaker
    from rclpy.node import Node

    with isolated_context() as context:
        options: dict[str, Any] = {"context": context, "namespace": "robot1"}
        robot, owner = Node("robot", **options), Node("owner", **options)
        dock = _Dock(robot)
        publisher = BATTERY_STATE.publisher(robot)
        robot.create_timer(0.1, lambda: publisher.publish(_battery()))
        caretaker = Caretaker(owner, BatteryLimits(low=0.3, idle=0.0))
        with Spinner(context, robot, owner):
            yield caretaker, dock, robot
            caretaker.close()
            dock.server.close()


def _battery() -> Any:
    from sensor_msgs.msg import BatteryState

    return BatteryState(
        percentage=0.1, power_supply_status=BatteryState.POWER_SUPPLY_STATUS_DISCHARGING
    )


def test_the_node_asks_for_the_charger_and_a_task_calls_it_off(
    parts: tuple[Any, _Dock, Any],
) -> None:
    from hearth_nodekit.testing import wait_until

    caretaker, dock, _ = parts
    dock.patient = True
    assert wait_until(lambda: bool(dock.goals), 30.0)
    assert dock.goals[0].dock_id == "charger"
    assert dock.goals[0].use_dock_id
    assert "going home" in caretaker.health().message
    caretaker.task_begins()
    assert dock.canceled.wait(30.0)
    asked = len(dock.goals)
    caretaker.task_ends()
    # The errand was called off, which is a failure like others: not again at once.
    assert len(dock.goals) == asked
