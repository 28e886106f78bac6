"""What the episode runner says when nobody answers it."""

from __future__ import annotations

import time as wall
from collections.abc import Iterator

import pytest
from hearth_core.errors import HearthError
from hearth_nodekit.testing import Spinner, isolated_context
from hearth_tasks.episode import ANSWER, FROZEN, Watcher
from rclpy.node import Node


@pytest.fixture(scope="module")
def watcher() -> Iterator[Watcher]:
    with isolated_context() as context:
        root = Node("evaluator", context=context)
        robot = Node("episode", namespace="/lonely", context=context)
        watcher = Watcher(root, robot, "lonely")
        with Spinner(context, root, robot):
            yield watcher


def test_a_task_that_nobody_answers_is_an_error_that_names_the_server(
    watcher: Watcher,
) -> None:
    watcher.send("go to the kitchen")
    watcher.require_alive(wall.monotonic())  # it may take a while
    with pytest.raises(HearthError, match=r"/lonely/do_task .*did not answer"):
        watcher.require_alive(wall.monotonic() + ANSWER + 1.0)


def test_simulated_time_that_stands_is_an_error(
    watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Accepted:
        accepted = True

    watcher.send("go to the kitchen")
    monkeypatch.setattr(watcher, "_handle", Accepted())
    monkeypatch.setattr(watcher._client, "server_is_ready", lambda: True)
    with pytest.raises(HearthError, match="node world"):
        watcher.require_alive(wall.monotonic() + FROZEN + 1.0)
