"""Find a factory by name: ``"package.module:function"``."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hearth_core.errors import BadInputError


def load_factory(text: str) -> Callable[..., Any]:
    """Import ``"module:function"``.

    Raises:
        BadInputError: Another form, no such module, or no such function in it.
    """
    module_name, _, function = text.partition(":")
    if not module_name or not function:
        raise BadInputError(f"hardware {text!r}: expected 'module:function'")
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is None or not module_name.startswith(error.name):
            raise  # the module exists, but something it needs does not: show that
        raise BadInputError(f"hardware {text!r}: no module {module_name!r}") from error
    factory: Callable[..., Any] | None = getattr(module, function, None)
    if factory is None:
        offered = sorted(name for name in vars(module) if name.startswith("make_"))
        raise BadInputError(f"hardware {text!r}: no {function!r} there; it offers {offered}")
    return factory


def parse_options(items: Sequence[str]) -> Mapping[str, str]:
    """Turn ``["key=value", ...]`` into a mapping; empty strings are skipped.

    Raises:
        BadInputError: An item without ``=``.
    """
    options: dict[str, str] = {}
    for item in items:
        if not item:
            continue
        key, separator, value = item.partition("=")
        if not separator or not key:
            raise BadInputError(f"hardware option {item!r}: expected 'key=value'")
        options[key] = value
    return options
