"""Goals that wait cost nothing, and end as they are told."""

import threading
import time

from action_msgs.msg import GoalStatus
from control_msgs.action import GripperCommand
from hearth_nodekit.actions import ActionCaller
from hearth_nodekit.deferred import DeferredActionServer
from hearth_nodekit.testing import Spinner, isolated_context, wait_until
from rclpy.action.server import ServerGoalHandle
from rclpy.node import Node


def test_a_waiting_goal_costs_nothing_and_reports_its_state() -> None:
    waiting: list[ServerGoalHandle] = []
    with isolated_context() as context:
        node = Node("waiting", context=context)
        server = DeferredActionServer(
            node, GripperCommand, "grip", waiting.append, lambda handle: None
        )
        caller = ActionCaller(node, GripperCommand, "grip")
        answers: list[tuple[int, object]] = []
        with Spinner(context, node):
            thread = threading.Thread(
                target=lambda: answers.append(caller.call(GripperCommand.Goal(), timeout=20.0))
            )
            thread.start()
            assert wait_until(lambda: bool(waiting))
            assert waiting[0].status == GoalStatus.STATUS_EXECUTING
            before = time.process_time()
            thread.join(1.0)
            assert time.process_time() - before < 0.4  # a busy executor would use 1.0 s
            server.finish(
                waiting[0], GoalStatus.STATUS_SUCCEEDED, GripperCommand.Result(position=0.5)
            )
            thread.join(10.0)
        node.destroy_node()
    assert answers == [(GoalStatus.STATUS_SUCCEEDED, GripperCommand.Result(position=0.5))]
