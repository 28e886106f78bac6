"""Answers that come back before the sender has written down what it waits for."""

import threading
from typing import Any

from hearth_core.outcome import Outcome
from hearth_nodekit.action_client import ActionClient
from hearth_nodekit.actions import ActiveGoal, ThreadedActionServer
from hearth_nodekit.testing import Spinner
from rclpy.context import Context
from rclpy.node import Node

from hearth_interfaces.action import MoveTo

WAIT = 20.0
HURRY = 0.3
"""Time for an answer to overtake its sender [s]; it needs a millisecond or two."""


class SlowSender:
    """rclpy's own client, held up after it sent a request, until the answer may have come."""

    def __init__(self, handle: Any, overtaken: threading.Event) -> None:
        self._handle = handle
        self._overtaken = overtaken

    def __getattr__(self, name: str) -> Any:
        return getattr(self._handle, name)

    def send_goal_request(self, request: Any) -> Any:
        number = self._handle.send_goal_request(request)
        self._overtaken.wait(HURRY)
        return number

    def send_result_request(self, request: Any) -> Any:
        number = self._handle.send_result_request(request)
        self._overtaken.wait(HURRY)
        return number


def test_an_answer_that_overtakes_its_sender_is_not_lost(context: Context, node: Node) -> None:
    def work(goal: ActiveGoal) -> tuple[Outcome, Any]:
        return Outcome.success(), None

    ThreadedActionServer(node, MoveTo, "quick", work)
    client = ActionClient(node, MoveTo, "quick")
    client._client_handle = SlowSender(client._client_handle, threading.Event())
    with Spinner(context, node):
        assert client.wait_for_server(WAIT)
        accepted = threading.Event()
        sent = client.send_goal_async(MoveTo.Goal())
        sent.add_done_callback(lambda _: accepted.set())
        assert accepted.wait(WAIT)
        ended = threading.Event()
        result = sent.result().get_result_async()
        result.add_done_callback(lambda _: ended.set())
        assert ended.wait(WAIT)
    assert result.result().result.outcome.code == 0
