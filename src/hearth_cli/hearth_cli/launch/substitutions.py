"""Text with substitutions: `$(var robot)`, `$(find-pkg-share p)/x`, nested and quoted."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from hearth_cli.launch.expressions import evaluate
from hearth_cli.launch.packages import executable, package_prefix, package_share


@dataclass
class Scope:
    """What substitutions see: the values of arguments, the environment, the file they stand in."""

    values: dict[str, str]
    environment: dict[str, str]
    file: Path


def substitute(text: str, scope: Scope) -> str:
    r"""Replace all substitutions in `text`; `\$` stands for a dollar.

    Raises:
        ValueError: A substitution is unknown, not closed, or cannot be made.
    """
    result, position = _text(text, 0, scope, closing="")
    assert position == len(text)  # only a closing character ends it earlier
    return result


def _text(text: str, position: int, scope: Scope, closing: str) -> tuple[str, int]:
    """Plain text from `position` up to one of `closing`, which is not consumed."""
    parts: list[str] = []
    while position < len(text) and text[position] not in closing:
        if text.startswith(r"\$", position):
            parts.append("$")
            position += 2
        elif text.startswith("$(", position):
            value, position = _call(text, position + 2, scope)
            parts.append(value)
        else:
            parts.append(text[position])
            position += 1
    return "".join(parts), position


def _call(text: str, position: int, scope: Scope) -> tuple[str, int]:
    """A substitution after its `$(`, up to and with its `)`."""
    words: list[str] = []
    while True:
        while position < len(text) and text[position].isspace():
            position += 1
        if position >= len(text):
            raise ValueError(f"'{text}': a substitution is not closed with ')'")
        if text[position] == ")":
            break
        if text[position] in "'\"":
            quote = text[position]
            word, position = _text(text, position + 1, scope, closing=quote)
            if position >= len(text):
                raise ValueError(f"'{text}': a quote {quote} is not closed")
            position += 1
        else:
            word, position = _text(text, position, scope, closing=" \t\n)'\"")
        words.append(word)
    return _apply(words, scope), position + 1


def _apply(words: list[str], scope: Scope) -> str:
    if not words:
        raise ValueError("empty substitution '$()'")
    name, arguments = words[0], words[1:]
    if name in _REFUSED:
        raise ValueError(f"'$({name} ...)' {_REFUSED[name]}")
    if name not in _FUNCTIONS:
        raise ValueError(f"unknown substitution '$({name})'; choose from {sorted(_FUNCTIONS)}")
    low, high, function = _FUNCTIONS[name]
    if not low <= len(arguments) <= high:
        wanted = str(low) if low == high else f"{low} to {high}"
        raise ValueError(f"'$({name})' takes {wanted} words, not {arguments}")
    try:
        return function(arguments, scope)
    except LookupError as error:
        raise ValueError(str(error.args[0])) from error


def _variable(words: list[str], scope: Scope) -> str:
    if words[0] in scope.values:
        return scope.values[words[0]]
    if len(words) > 1:
        return words[1]
    raise LookupError(f"no argument '{words[0]}' here; there are {sorted(scope.values)}")


def _environment(words: list[str], scope: Scope) -> str:
    if words[0] in scope.environment:
        return scope.environment[words[0]]
    if len(words) > 1:
        return words[1]
    raise LookupError(f"the environment variable {words[0]} is not set and has no default here")


def _program(words: list[str], scope: Scope) -> str:
    found = shutil.which(words[0], path=scope.environment.get("PATH"))
    if found is None:
        raise LookupError(f"no program '{words[0]}' on PATH")
    return found


def truth(value: object) -> bool:
    """A condition as ROS reads it.

    Raises:
        ValueError: It is neither true nor false.
    """
    known = {"true": True, "1": True, "false": False, "0": False}
    text = str(value).strip().lower()
    if text not in known:
        raise ValueError(f"a condition is true, false, 1 or 0, not '{value}'")
    return known[text]


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


_Function = Callable[[list[str], Scope], str]
_MANY = 1000
_FUNCTIONS: Mapping[str, tuple[int, int, _Function]] = {
    "var": (1, 2, _variable),
    "env": (1, 2, _environment),
    "dirname": (0, 0, lambda _, scope: str(scope.file.parent)),
    "filename": (0, 0, lambda _, scope: str(scope.file)),
    "find-pkg-share": (1, 1, lambda w, scope: str(package_share(w[0], scope.environment))),
    "find-pkg-prefix": (1, 1, lambda w, scope: str(package_prefix(w[0], scope.environment))),
    "exec-in-pkg": (2, 2, lambda w, scope: str(executable(w[1], w[0], scope.environment))),
    "find-exec": (1, 1, _program),
    "eval": (1, _MANY, lambda w, _: _word(evaluate(" ".join(w)))),
    "not": (1, 1, lambda w, _: _word(not truth(w[0]))),
    "and": (2, 2, lambda w, _: _word(truth(w[0]) and truth(w[1]))),
    "or": (2, 2, lambda w, _: _word(truth(w[0]) or truth(w[1]))),
    "equals": (2, 2, lambda w, _: _word(w[0] == w[1])),
    "not-equals": (2, 2, lambda w, _: _word(w[0] != w[1])),
    "if": (2, 3, lambda w, _: w[1] if truth(w[0]) else (w[2] if len(w) > 2 else "")),
}
_REFUSED = {
    "command": "is refused: a launch file here runs nodes and no other programs while it is read",
    "anon": "is refused: node names here are chosen, so that they can be found again",
}
