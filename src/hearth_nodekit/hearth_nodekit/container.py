"""``hearth_nodekit container``: several nodes in one process on one executor.

Usage: ``container --node hearth_drivers/body --node hearth_sim/world@/home=world [--ros-args ...]``.
``package/executable`` is the module ``package.executable_node``; ``@/namespace`` and ``=name``
override the node's namespace and name. A node cannot tell whether it is alone.
"""

import importlib
import os
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from hearth_core.errors import BadInputError
from rclpy.node import Node
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
        return cls(**match.groupdict())

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
        return options


def parse_arguments(arguments: Sequence[str]) -> list[NodeSpec]:
    """Read the ``--node`` options.

    Raises:
        BadInputError: Unknown option, missing value, or no node at all.
    """
    specs: list[NodeSpec] = []
    rest = list(arguments)
    while rest:
        option = rest.pop(0)
        if option != "--node":
            raise BadInputError(f"unknown option {option!r}; expected --node package/executable")
        if not rest:
            raise BadInputError("--node needs a value: package/executable[@/namespace][=name]")
        specs.append(NodeSpec.parse(rest.pop(0)))
    if not specs:
        raise BadInputError("nothing to host; give --node package/executable at least once")
    return specs


def main(args: Sequence[str] | None = None) -> None:
    """Entry point of ``ros2 run hearth_nodekit container``."""
    arguments = list(sys.argv if args is None else args)
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
