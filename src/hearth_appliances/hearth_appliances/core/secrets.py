"""Keep secrets out of logs, and read them only from files nobody else may read."""

from __future__ import annotations

import logging
import os
import stat
from pathlib import Path

from hearth_core.errors import BadInputError

HIDDEN = "***"


class RedactingFilter(logging.Filter):
    """Replaces secrets in log records, arguments and exceptions included."""

    def __init__(self, *secrets: str) -> None:
        super().__init__()
        self._secrets = tuple(secret for secret in secrets if secret)

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record; it always passes."""
        text = record.getMessage()
        if record.exc_info and record.exc_info[1] is not None:
            text = f"{text} ({record.exc_info[1]!r})"
        record.msg, record.args, record.exc_info = self.redact(text), (), None
        return True

    def redact(self, text: str) -> str:
        """The text without the secrets."""
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        return text


def read_private(path: Path) -> str:
    """Text of a file that only its owner may read.

    Raises:
        BadInputError: It is missing, somebody else's, or others may read it.
    """
    try:
        status = path.stat()
    except OSError as error:
        raise BadInputError(f"{path}: {error.strerror}") from error
    if status.st_uid != os.getuid():
        raise BadInputError(f"{path}: belongs to another user")
    if stat.S_IMODE(status.st_mode) & 0o077:
        mode = stat.S_IMODE(status.st_mode)
        raise BadInputError(f"{path}: mode {mode:o} lets others read it; chmod 600 it")
    return path.read_text()


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, all at once."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    partial.replace(path)
