"""A context on a domain of its own, and one node in it."""

from collections.abc import Iterator

import pytest
from hearth_nodekit.testing import isolated_context
from rclpy.context import Context
from rclpy.node import Node


@pytest.fixture
def context() -> Iterator[Context]:
    with isolated_context() as context:
        yield context


@pytest.fixture
def node(context: Context) -> Iterator[Node]:
    node = Node("probe", namespace="/robot1", context=context)
    yield node
    node.destroy_node()
