"""Read a parsed YAML document strictly: every refusal says file, path, value and choices."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NoReturn

from hearth_core.errors import FileFormatError

DIRECTIONS = {"east": 0.0, "north": 90.0, "west": 180.0, "south": 270.0}


class Item:
    """One value of a document, with the path that leads to it (``rooms[2].polygon``)."""

    def __init__(self, file: str, path: str, value: Any) -> None:
        self.file = file
        self.path = path
        self.value = value

    def refuse(self, problem: str) -> NoReturn:
        """Raise the error that names this item.

        Raises:
            FileFormatError: Always.
        """
        raise FileFormatError(self.file, self.path, problem)

    def table(self, required: Iterable[str], optional: Iterable[str] = ()) -> Table:
        """This item as a mapping with just these keys."""
        required, optional = tuple(required), tuple(optional)
        if not isinstance(self.value, Mapping):
            self.refuse(f"expected a mapping with {sorted(required)}, got {self.value!r}")
        unknown = [key for key in self.value if key not in (*required, *optional)]
        if unknown:
            known = sorted((*required, *optional))
            self.refuse(f"unknown key {unknown[0]!r}; known: {known}")
        for key in required:
            if key not in self.value:
                self.refuse(f"{key!r} is missing; present: {sorted(self.value)}")
        return Table(self)

    def items(self, least: int = 0) -> list[Item]:
        """This item as a list."""
        if not isinstance(self.value, list):
            self.refuse(f"expected a list, got {self.value!r}")
        if len(self.value) < least:
            self.refuse(f"needs at least {least} entries, has {len(self.value)}")
        return [Item(self.file, f"{self.path}[{i}]", v) for i, v in enumerate(self.value)]

    def number(self, low: float = -math.inf, high: float = math.inf) -> float:
        """This item as a finite number within bounds."""
        value = self.value
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            self.refuse(f"expected a number, got {value!r}")
        if not math.isfinite(value) or not low <= value <= high:
            self.refuse(f"{value!r} is not between {low:g} and {high:g}")
        return float(value)

    def numbers(self, count: int, low: float = -math.inf, high: float = math.inf) -> list[float]:
        """This item as a list of ``count`` numbers."""
        return [item.number(low, high) for item in self.exactly(count)]

    def exactly(self, count: int) -> list[Item]:
        """This item as a list of just so many entries."""
        items = self.items()
        if len(items) != count:
            self.refuse(f"expected {count} numbers, got {self.value!r}")
        return items

    def point(self) -> tuple[float, float]:
        """This item as ``[x, y]``."""
        x, y = self.numbers(2)
        return x, y

    def text(self) -> str:
        """This item as a string that is not empty."""
        if not isinstance(self.value, str) or not self.value:
            self.refuse(f"expected text, got {self.value!r}")
        return self.value

    def name(self) -> str:
        """This item as a name: lower case letters, digits and underscores."""
        text = self.text()
        if not (text.isascii() and text[0].isalpha() and text == text.lower()):
            self.refuse(f"{text!r} is no name: use lower case letters, digits and underscores")
        if not text.replace("_", "").isalnum():
            self.refuse(f"{text!r} is no name: use lower case letters, digits and underscores")
        return text

    def choice(self, choices: Iterable[str]) -> str:
        """This item as one of these strings."""
        choices = list(choices)
        if self.value not in choices:
            self.refuse(f"no such choice {self.value!r}; known: {sorted(choices)}")
        return str(self.value)

    def heading(self) -> float:
        """A compass direction (east is +x, north +y) or degrees from east, as radians."""
        if isinstance(self.value, str):
            return math.radians(DIRECTIONS[self.choice(DIRECTIONS)])
        return math.radians(self.number(-360.0, 360.0))


class Table:
    """A mapping whose keys have been checked."""

    def __init__(self, item: Item) -> None:
        self.item = item

    def __contains__(self, key: str) -> bool:
        return key in self.item.value

    def __getitem__(self, key: str) -> Item:
        path = f"{self.item.path}.{key}" if self.item.path else key
        return Item(self.item.file, path, self.item.value[key])

    def get(self, key: str) -> Item | None:
        """The item below a key; None when it is not there."""
        return self[key] if key in self.item.value else None

    def each(self, key: str) -> Iterator[Item]:
        """Entries of an optional list."""
        if key in self:
            yield from self[key].items()
