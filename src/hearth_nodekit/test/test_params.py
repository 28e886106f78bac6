"""Parameters come from the dataclass, and from nowhere else."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from hearth_core.errors import UnknownNameError
from hearth_nodekit.params import declare, param, parameter_table
from hearth_nodekit.testing import isolated_context
from rclpy.context import Context
from rclpy.exceptions import InvalidParameterTypeException, InvalidParameterValueException
from rclpy.node import Node
from rclpy.parameter import Parameter


@dataclass(frozen=True)
class Inner:
    gain: float = param(2.0, "Gain.", low=0.0)
    joints: tuple[str, ...] = param(("lift", "arm"), "Joints.")


@dataclass(frozen=True)
class Outer:
    inner: Inner
    count: int = param(3, "Count.", low=1, high=5)
    speed: float = param(0.5, "Speed.", unit="m/s", low=0.0, high=1.0)


@pytest.fixture
def context() -> Iterator[Context]:
    with isolated_context() as context:
        yield context


def make_node(context: Context, **overrides: object) -> Node:
    values = [Parameter(name.replace("__", "."), value=value) for name, value in overrides.items()]
    return Node("probe", context=context, parameter_overrides=values)


def test_declares_nested_dataclass_with_overrides(context: Context) -> None:
    node = make_node(context, inner__gain=4.0, count=5, use_sim_time=True)
    assert declare(node, Outer) == Outer(Inner(4.0, ("lift", "arm")), 5, 0.5)
    assert node.describe_parameter("speed").description == "Speed. [m/s]"


def test_refuses_out_of_range_and_wrong_type(context: Context) -> None:
    with pytest.raises(InvalidParameterValueException):
        declare(make_node(context, speed=1.5), Outer)
    with pytest.raises(InvalidParameterTypeException):
        declare(make_node(context, speed=1), Outer)


def test_refuses_a_key_nobody_knows_and_names_the_choices(context: Context) -> None:
    with pytest.raises(UnknownNameError, match=r"'sped'.*'speed'"):
        declare(make_node(context, sped=0.4), Outer)


def test_parameters_are_read_only(context: Context) -> None:
    node = make_node(context)
    declare(node, Outer)
    (result,) = node.set_parameters([Parameter("speed", value=0.7)])
    assert not result.successful


def test_table_lists_every_leaf_with_its_unit() -> None:
    table = parameter_table(Outer)
    assert "| `inner.gain` | `2.0` |  | 0.. | Gain. |" in table
    assert "| `speed` | `0.5` | m/s | 0..1 | Speed. |" in table
