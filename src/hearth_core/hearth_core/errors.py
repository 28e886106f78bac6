"""Errors every package may raise; each names the culprit and the choices."""

from collections.abc import Iterable


class HearthError(Exception):
    """Anything Hearth refuses or fails to do, with a sentence a person can act on."""


class UnknownNameError(HearthError):
    """Asked for something by a name nobody knows."""

    def __init__(self, what: str, name: str, known: Iterable[str]) -> None:
        super().__init__(f"no {what} {name!r}; known: {sorted(known)}")
        self.what = what
        self.name = name
        self.known = sorted(known)


class BadInputError(HearthError):
    """A value from outside cannot be used."""


class FileFormatError(BadInputError):
    """A file says something it may not say."""

    def __init__(self, file: str, where: str, problem: str) -> None:
        """Name the file, the path inside it (``rooms[2].polygon``) and the problem."""
        super().__init__(f"{file}: {where}: {problem}" if where else f"{file}: {problem}")
        self.file = file
        self.where = where
        self.problem = problem
