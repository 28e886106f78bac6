"""A launch file as a tree in which everything is asked for by name, and the rest is refused."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml


class LaunchFileError(Exception):
    """A launch file is wrong; the message names file, path in it, value and choices."""


@dataclass
class Entity:
    """One mapping of a launch file: a tag with its attributes."""

    tag: str
    file: Path
    path: str
    attributes: dict[str, Any]
    _known: set[str] = field(default_factory=set)

    def error(self, message: str, attribute: str = "") -> LaunchFileError:
        """An error that says where."""
        where = f"{self.path}.{attribute}" if attribute else self.path
        return LaunchFileError(f"{self.file}: at {where}: {message}")

    def take(self, name: str, *, required: bool = False, default: Any = None) -> Any:
        """The value of attribute `name`, which is known from now on."""
        self._known.add(name)
        if name in self.attributes:
            return self.attributes[name]
        if required:
            raise self.error(f"'{self.tag}' needs the attribute '{name}'")
        return default

    def children(self, name: str) -> Iterator[Entity]:
        """The mappings in the list that attribute `name` holds."""
        value = self.take(name)
        if value is None:
            return
        if not isinstance(value, list):
            raise self.error(f"a list is needed, not {value!r}", name)
        for number, item in enumerate(value):
            if not isinstance(item, dict):
                raise self.error(f"a mapping is needed, not {item!r}", f"{name}[{number}]")
            yield Entity(name, self.file, f"{self.path}.{name}[{number}]", item)

    def finish(self) -> None:
        """Refuse attributes that nobody asked for."""
        for name in self.attributes:
            if name not in self._known:
                choices = ", ".join(sorted(self._known))
                raise self.error(f"'{self.tag}' has no attribute '{name}'; it has: {choices}")


def load(file: Path) -> list[Any]:
    """The list of entities of a launch file.

    Raises:
        LaunchFileError: It cannot be read, or is not a launch file in YAML.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise LaunchFileError(f"{file}: cannot be read: {error.strerror}") from error
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise LaunchFileError(f"{file}: not valid YAML: {error}") from error
    if not isinstance(document, dict) or list(document) != ["launch"]:
        found = list(document) if isinstance(document, dict) else type(document).__name__
        raise LaunchFileError(f"{file}: the one key at the top must be 'launch', not {found}")
    entities = document["launch"]
    if not isinstance(entities, list):
        raise LaunchFileError(f"{file}: at launch: a list is needed, not {entities!r}")
    return entities


def entities(file: Path, path: str, items: Sequence[Any], tags: Sequence[str]) -> Iterator[Entity]:
    """The entities of a list, each a mapping of one known tag.

    Raises:
        LaunchFileError: An item is something else.
    """
    for number, item in enumerate(items):
        where = f"{path}[{number}]"
        if not isinstance(item, dict) or len(item) != 1:
            raise LaunchFileError(
                f"{file}: at {where}: a mapping with one tag is needed: {item!r}"
            )
        ((tag, value),) = item.items()
        if tag not in tags:
            choices = ", ".join(sorted(tags))
            raise LaunchFileError(
                f"{file}: at {where}: unknown tag '{tag}'; choose from {choices}"
            )
        if tag == "group" and isinstance(value, list):
            value = {"children": value}
        if not isinstance(value, dict):
            raise LaunchFileError(
                f"{file}: at {where}.{tag}: attributes are needed, not {value!r}"
            )
        yield Entity(tag, file, f"{where}.{tag}", value)
