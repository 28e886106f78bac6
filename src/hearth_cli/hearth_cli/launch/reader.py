"""Decide everything a launch file leaves open, from top to bottom, as ROS 2's launch does.

What an include declares or sets stays visible after it, and a group's changes end with the group,
exactly as there: the same file must start the same nodes in both.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from hearth_cli.launch.document import Entity, LaunchFileError, entities, load
from hearth_cli.launch.nodes import node_arguments
from hearth_cli.launch.packages import executable
from hearth_cli.launch.plan import Argument, Plan, ProcessSpec
from hearth_cli.launch.substitutions import Scope, substitute, truth

MAX_DEPTH = 20  # of includes
_OUTPUTS = {  # what is shown of stdout and stderr; everything goes into the log
    "screen": (True, True),
    "both": (True, True),
    "full": (True, True),
    "log": (False, True),
    "own_log": (False, False),
}


@dataclass
class Context:
    """What entities see and change; a group works on a copy."""

    values: dict[str, str]
    environment: dict[str, str]
    namespace: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)
    remaps: list[tuple[str, str]] = field(default_factory=list)

    def copy(self) -> Context:
        """A context whose changes stay inside."""
        return replace(
            self,
            values=dict(self.values),
            environment=dict(self.environment),
            parameters=dict(self.parameters),
            remaps=list(self.remaps),
        )


def read_launch_file(
    file: Path,
    arguments: Mapping[str, str],
    scratch: Path,
    environment: Mapping[str, str] | None = None,
) -> Plan:
    """The processes that `file` asks for, with `arguments` given to it.

    Parameter files that nodes are given inline are written to `scratch`, which must live as long
    as the processes.

    Raises:
        LaunchFileError: The file is wrong, or an argument is; the message names the choices.
    """
    reader = _Reader(scratch, arguments)
    base = dict(os.environ if environment is None else environment)
    reader.read(file.resolve(), Context(dict(arguments), base), depth=0)
    declared = reader.plan.arguments
    for name in arguments:
        if name not in declared:
            raise LaunchFileError(f"{file}: no argument '{name}'; it has: {', '.join(declared)}")
    return reader.plan


class _Reader:
    """Walks one launch file and what it includes."""

    def __init__(self, scratch: Path, given: Mapping[str, str]) -> None:
        self.plan = Plan()
        self._scratch = scratch
        self._given = given
        self._depth = 0
        self._tags: dict[str, Callable[[Entity, Context], None]] = {
            "arg": self._argument,
            "let": self._let,
            "node": self._node,
            "executable": self._executable,
            "include": self._include,
            "group": self._group,
            "log": self._log,
            "push_ros_namespace": self._push_namespace,
            "push-ros-namespace": self._push_namespace,
            "set_env": self._set_environment,
            "unset_env": self._unset_environment,
            "set_parameter": self._set_parameter,
            "set_remap": self._set_remap,
        }

    def read(self, file: Path, context: Context, depth: int) -> None:
        """Work through one file in `context`."""
        if depth > MAX_DEPTH:
            raise LaunchFileError(f"{file}: includes are nested more than {MAX_DEPTH} deep")
        before, self._depth = self._depth, depth
        self._all(file, "launch", load(file), context)
        self._depth = before

    def _all(self, file: Path, path: str, items: list[Any], context: Context) -> None:
        for entity in entities(file, path, items, list(self._tags)):
            if self._applies(entity, context):
                self._tags[entity.tag](entity, context)
                entity.finish()

    def _applies(self, entity: Entity, context: Context) -> bool:
        wanted = {"if": True, "unless": False}
        results = []
        for name, expected in wanted.items():
            value = entity.take(name)
            if value is not None:
                text = self._text(entity, context, value, name)
                try:
                    results.append(truth(text) == expected)
                except ValueError as error:
                    raise entity.error(str(error), name) from error
        return all(results)

    def _text(self, entity: Entity, context: Context, value: Any, attribute: str = "") -> str:
        """A scalar of the file as text with its substitutions made."""
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, (int, float)):
            return str(value)
        if not isinstance(value, str):
            raise entity.error(f"text is needed, not {value!r}", attribute)
        try:
            return substitute(value, Scope(context.values, context.environment, entity.file))
        except ValueError as error:
            raise entity.error(str(error), attribute) from error

    def _take_text(
        self,
        entity: Entity,
        context: Context,
        name: str,
        *,
        default: str = "",
        required: bool = False,
    ) -> str:
        value = entity.take(name, required=required)
        return default if value is None else self._text(entity, context, value, name)

    def _take_pair(
        self, entity: Entity, context: Context, first: str, second: str
    ) -> tuple[str, str]:
        pair = (
            self._take_text(entity, context, first, required=True),
            self._take_text(entity, context, second, required=True),
        )
        entity.finish()
        return pair

    def _take_bool(self, entity: Entity, context: Context, name: str, *, default: bool) -> bool:
        text = self._take_text(entity, context, name, default=str(default))
        try:
            return truth(text)
        except ValueError as error:
            raise entity.error(str(error), name) from error

    def _take_number(self, entity: Entity, context: Context, name: str, default: float) -> float:
        text = self._take_text(entity, context, name, default=str(default))
        try:
            return float(text)
        except ValueError:
            raise entity.error(f"a number is needed, not '{text}'", name) from None

    # One method a tag.

    def _argument(self, entity: Entity, context: Context) -> None:
        name = self._take_text(entity, context, "name", required=True)
        raw = entity.take("default")
        description = self._take_text(entity, context, "description")
        choices = tuple(
            self._take_text(choice, context, "value", required=True)
            for choice in entity.children("choice")
        )
        default = None if raw is None else self._text(entity, context, raw, "default")
        if name not in context.values:
            if default is None:
                about = f" ({description})" if description else ""
                raise entity.error(f"the argument '{name}'{about} must be given: {name}:=VALUE")
            context.values[name] = default
        value = context.values[name]
        if choices and value not in choices:
            raise entity.error(f"'{name}' is '{value}'; choose from {', '.join(choices)}")
        found = Argument(name, default, description, choices, value)
        self.plan.arguments.setdefault(name, found)

    def _let(self, entity: Entity, context: Context) -> None:
        name, value = self._take_pair(entity, context, "name", "value")
        context.values[name] = value

    def _log(self, entity: Entity, context: Context) -> None:
        entity.take("level")
        self.plan.messages.append(self._take_text(entity, context, "message", required=True))

    def _push_namespace(self, entity: Entity, context: Context) -> None:
        pushed = self._take_text(entity, context, "namespace", required=True)
        context.namespace = join_namespace(context.namespace, pushed)

    def _set_environment(self, entity: Entity, context: Context) -> None:
        name = self._take_text(entity, context, "name", required=True)
        context.environment[name] = self._take_text(entity, context, "value", required=True)

    def _unset_environment(self, entity: Entity, context: Context) -> None:
        name = self._take_text(entity, context, "name", required=True)
        context.environment.pop(name, None)

    def _set_parameter(self, entity: Entity, context: Context) -> None:
        name = self._take_text(entity, context, "name", required=True)
        text = self._take_text(entity, context, "value", required=True)
        context.parameters[name] = text

    def _set_remap(self, entity: Entity, context: Context) -> None:
        source = self._take_text(entity, context, "from", required=True)
        context.remaps.append((source, self._take_text(entity, context, "to", required=True)))

    def _group(self, entity: Entity, context: Context) -> None:
        scoped = self._take_bool(entity, context, "scoped", default=True)
        children = entity.take("children", required=True)
        if not isinstance(children, list):
            raise entity.error(f"a list is needed, not {children!r}", "children")
        inner = context.copy() if scoped else context
        self._all(entity.file, entity.path, children, inner)

    def _include(self, entity: Entity, context: Context) -> None:
        file = Path(self._take_text(entity, context, "file", required=True))
        for name in ("let", "arg"):
            for child in entity.children(name):
                key, value = self._take_pair(child, context, "name", "value")
                context.values[key] = value
        if not file.is_file():
            raise entity.error(f"no such file: {file}", "file")
        self.read(Path(os.path.normpath(file)), context, self._depth + 1)

    def _node(self, entity: Entity, context: Context) -> None:
        package = self._take_text(entity, context, "pkg", required=True)
        program = self._take_text(entity, context, "exec", required=True)
        name = self._take_text(entity, context, "name")
        label = self._take_text(entity, context, "exec_name", default=program)
        namespace = join_namespace(
            context.namespace, self._take_text(entity, context, "namespace")
        )
        try:
            path = executable(package, program, context.environment)
        except LookupError as error:
            raise entity.error(str(error.args[0]), "exec") from error
        arguments = shlex.split(self._take_text(entity, context, "args"))
        ros = node_arguments(
            entity,
            name=name,
            namespace=namespace,
            parameters=context.parameters,
            remaps=context.remaps,
            scratch=self._scratch / f"{len(self.plan.processes) + 1}",
            text=lambda child, value, attribute: self._text(child, context, value, attribute),
        )
        extra = shlex.split(self._take_text(entity, context, "ros_args"))
        if ros or extra:
            arguments += ["--ros-args", *ros, *extra]
        self._process(entity, context, label, [str(path), *arguments])

    def _executable(self, entity: Entity, context: Context) -> None:
        text = self._take_text(entity, context, "cmd", required=True)
        command = shlex.split(text) + shlex.split(self._take_text(entity, context, "args"))
        if not command:
            raise entity.error("an empty command", "cmd")
        if self._take_bool(entity, context, "shell", default=False):
            command = ["/bin/sh", "-c", text]
        label = self._take_text(entity, context, "name", default=Path(command[0]).name)
        self._process(entity, context, label, command)

    def _process(self, entity: Entity, context: Context, label: str, command: list[str]) -> None:
        """Add a process with the attributes that nodes and executables share."""
        environment = dict(context.environment)
        for child in entity.children("env"):
            key, value = self._take_pair(child, context, "name", "value")
            environment[key] = value
        output = self._take_text(entity, context, "output", default="log")
        if output not in _OUTPUTS:
            raise entity.error(f"unknown '{output}'; choose from {', '.join(_OUTPUTS)}", "output")
        on_exit = self._take_text(entity, context, "on_exit")
        if on_exit not in {"", "shutdown"}:
            raise entity.error(f"unknown '{on_exit}'; the only choice is shutdown", "on_exit")
        prefix = shlex.split(self._take_text(entity, context, "launch-prefix"))
        cwd = self._take_text(entity, context, "cwd")
        stdout, stderr = _OUTPUTS[output]
        self.plan.processes.append(
            ProcessSpec(
                name=f"{label}-{len(self.plan.processes) + 1}",
                command=(*prefix, *command),
                environment=environment,
                cwd=Path(cwd) if cwd else None,
                show_stdout=stdout,
                show_stderr=stderr,
                respawn=self._take_bool(entity, context, "respawn", default=False),
                respawn_delay=self._take_number(entity, context, "respawn_delay", 0.0),
                respawn_max_retries=int(
                    self._take_number(entity, context, "respawn_max_retries", -1)
                ),
                shutdown_on_exit=on_exit == "shutdown",
                place=f"{entity.file}: {entity.path}",
            )
        )


def join_namespace(outer: str, inner: str) -> str:
    """A namespace pushed on another; one with a leading slash stands alone."""
    if inner.startswith("/") or not outer:
        return inner
    return f"{outer.rstrip('/')}/{inner}" if inner else outer
