"""``hearth_nodekit container``: several nodes in one process on one executor.

Usage: ``container --node hearth_sim/world --node hearth_drivers/body@/robot2 [--ros-args ...]``.
``package/executable`` is the module ``package.executable_node``; ``@/namespace`` and ``=name``
override the node's namespace and name. A node cannot tell whether it is alone.

``--param node:name=value`` sets a parameter of every hosted node called ``node``, whatever its
namespace (rcl's own ``-p node:name:=value`` finds only nodes of the root namespace, and rcl takes
every ``:=`` before ``--ros-args`` for a remapping).
"""

import importlib
import os
import re
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import yaml
from hearth_core.errors import BadInputError
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.utilities import remove_ros_args

from hearth_nodekit.running import run_all

_PATTERN = re.compile(
    r"(?P<package>\w+)/(?P<executable>\w+)(?:@(?P<namespace>/[\w/]*))?(?:=(?P<name>\w+))?"
)


@dataclass(frozen=True)
class NodeSpec:
    """Which node to host, and where."""

    package: str
    executable: str
    namespace: str | None = None
    name: str | None = None
    parameters: tuple[tuple[str, Any], ...] = ()

    @property
    def called(self) -> str:
        """What the node is called, as far as the command line tells."""
        return self.name or self.executable

    @classmethod
    def parse(cls, text: str) -> "NodeSpec":
        """Read ``package/executable[@/namespace][=name]``.

        Raises:
            BadInputError: The text has another form.
        """
        match = _PATTERN.fullmatch(text)
        if match is None:
            raise BadInputError(
                f"--node {text!r}: expected package/executable[@/namespace][=name]"
            )
        package, executable, namespace, name = match.groups()
        return cls(package, executable, namespace, name)

    def load(self) -> Callable[..., Node]:
        """Import the module and return its ``make_node``.

        Raises:
            BadInputError: There is no such module, or it offers no ``make_node``.
        """
        module_name = f"{self.package}.{self.executable}_node"
        try:
            module = importlib.import_module(module_name)
        except ModuleNotFoundError as error:
            if error.name is None or not module_name.startswith(error.name):
                raise  # the node's own import is broken: that is the message to see
            raise BadInputError(
                f"no node {self.package}/{self.executable}: module {module_name} not found"
            ) from error
        make_node: Callable[..., Node] | None = getattr(module, "make_node", None)
        if make_node is None:
            raise BadInputError(f"module {module_name} has no make_node(**options)")
        return make_node

    def options(self) -> dict[str, Any]:
        """Keyword arguments for ``rclpy.node.Node``."""
        options: dict[str, Any] = {}
        if self.namespace is not None:
            options["namespace"] = self.namespace
        if self.name is not None:
            # Node arguments come before the process's own; only this node is renamed.
            options["cli_args"] = ["--ros-args", "-r", f"__node:={self.name}"]
        if self.parameters:
            options["parameter_overrides"] = [
                Parameter(name, value=value) for name, value in self.parameters
            ]
        return options


def parse_arguments(arguments: Sequence[str]) -> list[NodeSpec]:
    """Read the ``--node`` and ``--param`` options.

    Raises:
        BadInputError: Unknown option, missing value, no node at all, or a parameter of a node
            that is not hosted.
    """
    specs: list[NodeSpec] = []
    parameters: list[tuple[str, str, Any]] = []
    rest = list(arguments)
    while rest:
        option = rest.pop(0)
        if option not in {"--node", "--param"}:
            raise BadInputError(
                f"unknown option {option!r}; expected --node package/executable "
                "or --param node:name=value"
            )
        if not rest:
            raise BadInputError(f"{option} needs a value")
        value = rest.pop(0)
        if option == "--node":
            specs.append(NodeSpec.parse(value))
        else:
            parameters.append(_parse_parameter(value))
    if not specs:
        raise BadInputError("nothing to host; give --node package/executable at least once")
    for node, name, _ in parameters:
        if node not in {spec.called for spec in specs}:
            hosted = sorted({spec.called for spec in specs})
            raise BadInputError(f"--param {node}:{name}: no node {node!r} here; hosted: {hosted}")
    return [
        replace(spec, parameters=tuple((n, v) for node, n, v in parameters if node == spec.called))
        for spec in specs
    ]


def _parse_parameter(text: str) -> tuple[str, str, Any]:
    match = re.fullmatch(r"(\w+):([\w.]+)=(.*)", text, re.DOTALL)
    if match is None:
        raise BadInputError(f"--param {text!r}: expected node:name=value")
    node, name, value = match.groups()
    try:
        return node, name, yaml.safe_load(value) if value else ""
    except yaml.YAMLError as error:
        raise BadInputError(f"--param {text!r}: the value is not YAML: {error}") from error


def main(args: Sequence[str] | None = None) -> None:
    """Entry point of ``ros2 run hearth_nodekit container``."""
    arguments = list(sys.argv if args is None else args)
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # until the nodes live, Ctrl-C just ends us
    try:
        specs = parse_arguments(remove_ros_args(arguments)[1:])
        factories = [partial(spec.load(), **spec.options()) for spec in specs]
    except BadInputError as error:
        sys.stderr.write(f"container: {error}\n")
        raise SystemExit(2) from error
    run_all(factories, arguments)
    # Threads of native libraries (GL, BLAS) may outlive their usefulness at interpreter exit.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
