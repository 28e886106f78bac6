"""A node's name, namespace, parameters and remappings as command-line arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from hearth_cli.launch.document import Entity

Text = Callable[[Entity, Any, str], str]
"""Makes the substitutions in a value of an attribute of an entity."""


def node_arguments(
    entity: Entity,
    *,
    name: str,
    namespace: str,
    parameters: Mapping[str, str],
    remaps: Sequence[tuple[str, str]],
    scratch: Path,
    text: Text,
) -> list[str]:
    """What follows `--ros-args`, in the order in which later entries win."""
    arguments: list[str] = []
    if name:
        arguments += ["-r", f"__node:={name}"]
    if namespace:
        arguments += ["-r", f"__ns:={'/' + namespace.strip('/')}"]
    for key, value in parameters.items():
        arguments += ["-p", f"{key}:={value}"]
    for number, child in enumerate(entity.children("param")):
        file = _parameter_file(child, name or "/**", scratch.with_suffix(f".{number}.yaml"), text)
        arguments += ["--params-file", str(file)]
    pairs = list(remaps)
    for child in entity.children("remap"):
        source = text(child, child.take("from", required=True), "from")
        pairs.append((source, text(child, child.take("to", required=True), "to")))
        child.finish()
    for source, target in pairs:
        arguments += ["-r", f"{source}:={target}"]
    return arguments


def _parameter_file(child: Entity, node: str, target: Path, text: Text) -> Path:
    """The file a `param` names, or one written for the value it holds."""
    source = child.take("from")
    if source is None:
        key, value = _parameter(child, text)
        content = {
            node if node.startswith("/") else f"/**/{node}": {"ros__parameters": {key: value}}
        }
        return _write(target, yaml.safe_dump(content))
    file = Path(text(child, source, "from"))
    substitutions = str(child.take("allow_substs", default=False)).lower() == "true"
    child.finish()
    if not file.is_file():
        raise child.error(f"no such file: {file}", "from")
    if substitutions:
        return _write(target, text(child, file.read_text(encoding="utf-8"), "from"))
    return file


def _write(target: Path, content: str) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(content, encoding="utf-8")
    return target


def _parameter(child: Entity, text: Text) -> tuple[str, Any]:
    """Name and value of an inline parameter; nested ones are mappings."""
    key = text(child, child.take("name", required=True), "name")
    value = child.take("value")
    nested = [_parameter(inner, text) for inner in child.children("param")]
    child.finish()
    if (value is None) == (not nested):
        raise child.error(f"the parameter '{key}' needs either 'value' or 'param'")
    return key, dict(nested) if nested else _typed(child, value, text)


def _typed(child: Entity, value: Any, text: Text) -> Any:
    """A value with its substitutions made; what they make is read as YAML, as ROS does."""
    if isinstance(value, list):
        return [_typed(child, item, text) for item in value]
    if not isinstance(value, str):
        return value
    try:
        return yaml.safe_load(text(child, value, "value"))
    except yaml.YAMLError as error:
        raise child.error(f"not a value: {error}", "value") from error
