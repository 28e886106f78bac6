"""Declare ROS parameters from a frozen dataclass.

The dataclass is the one place that knows a parameter's name, type, default, unit and
range. Nothing else repeats them: not the node, not the launch file, not a default YAML.
Keys of a parameter file that no node knows are an error: ROS ignores them silently.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, TypeVar, get_type_hints

from hearth_core.errors import UnknownNameError
from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor
from rclpy.node import Node

T = TypeVar("T")
ConfigT = TypeVar("ConfigT")


@dataclass(frozen=True)
class Spec:
    """What a parameter means, beyond its type and default."""

    doc: str
    unit: str = ""
    low: float | None = None
    high: float | None = None


def param(
    default: T,
    doc: str,
    *,
    unit: str = "",
    low: float | None = None,
    high: float | None = None,
) -> T:
    """Dataclass field that is also a ROS parameter, e.g. ``param(0.5, "...", unit="m/s")``."""
    return field(default=default, metadata={"spec": Spec(doc, unit, low, high)})


def declare(node: Node, config_type: type[ConfigT], prefix: str = "") -> ConfigT:
    """Declare every field of ``config_type`` on ``node`` and return the filled-in config.

    Nested dataclasses become dotted names (``limits.linear``). Parameters are read-only:
    a running robot does not change its limits under the planner's feet.

    Args:
        node: Node that owns the parameters.
        config_type: Frozen dataclass whose leaf fields were made with :func:`param`.
        prefix: Dotted prefix, ending in "." when not empty.

    Raises:
        rclpy.exceptions.InvalidParameterTypeException: A file gave ``1`` for a float.
        rclpy.exceptions.InvalidParameterValueException: A value is out of range.
        ValueError: The config's own ``__post_init__`` refused the combination.
        UnknownNameError: A file or the command line set a parameter this node does not have.
    """
    config = _declare(node, config_type, prefix)
    if not prefix:
        _refuse_unknown(node, config_type)
    return config


def parameter_table(config_type: type[Any]) -> str:
    """Markdown table of the parameters of ``config_type``, for a package's README."""
    rows = ["| parameter | default | unit | range | meaning |", "|---|---|---|---|---|"]
    for name, default, spec in _leaves(config_type, ""):
        low = "" if spec.low is None else f"{spec.low:g}"
        high = "" if spec.high is None else f"{spec.high:g}"
        limits = f"{low}..{high}" if low or high else ""
        rows.append(f"| `{name}` | `{default!r}` | {spec.unit} | {limits} | {spec.doc} |")
    return "\n".join(rows)


def _leaves(config_type: type[Any], prefix: str) -> Iterator[tuple[str, Any, Spec]]:
    types = get_type_hints(config_type)
    for item in fields(config_type):
        if is_dataclass(types[item.name]):
            yield from _leaves(types[item.name], f"{prefix}{item.name}.")
        else:
            yield prefix + item.name, item.default, item.metadata["spec"]


def _refuse_unknown(node: Node, config_type: type[Any]) -> None:
    known = {name for name, _, _ in _leaves(config_type, "")}
    overrides = node._parameter_overrides  # rclpy offers no public view of them
    for name in overrides:
        if name not in known and not node.has_parameter(name) and not name.startswith("qos_"):
            raise UnknownNameError(f"parameter of node {node.get_name()}", name, known)


def _declare(node: Node, config_type: type[ConfigT], prefix: str) -> ConfigT:
    types = get_type_hints(config_type)
    values: dict[str, Any] = {}
    for item in fields(config_type):  # type: ignore[arg-type]
        name = prefix + item.name
        if is_dataclass(types[item.name]):
            values[item.name] = _declare(node, types[item.name], name + ".")
        else:
            spec: Spec = item.metadata["spec"]
            descriptor = _descriptor(spec, item.default)
            value = node.declare_parameter(name, item.default, descriptor).value
            values[item.name] = tuple(value) if isinstance(item.default, tuple) else value
    return config_type(**values)


def _descriptor(spec: Spec, default: object) -> ParameterDescriptor:
    text = f"{spec.doc} [{spec.unit}]" if spec.unit else spec.doc
    descriptor = ParameterDescriptor(description=text, read_only=True)
    if spec.low is None and spec.high is None:
        return descriptor
    if isinstance(default, float):
        low = float("-inf") if spec.low is None else spec.low
        high = float("inf") if spec.high is None else spec.high
        descriptor.floating_point_range = [FloatingPointRange(from_value=low, to_value=high)]
    else:
        low_int = -(2**63) if spec.low is None else int(spec.low)
        high_int = 2**63 - 1 if spec.high is None else int(spec.high)
        descriptor.integer_range = [IntegerRange(from_value=low_int, to_value=high_int, step=1)]
    return descriptor
