"""Secrets: where the personal access token may come from, and how it stays out of everything.

It is read from a file nobody else may read, a file descriptor, a systemd credential or a
keyring; never from arguments, parameters or the environment. Whatever is read here is hidden
in every log record of the process from then on.
"""

from __future__ import annotations

import importlib
import logging
import os
import re
import stat
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hearth_core.errors import BadInputError

HIDDEN = "***"
SOURCES = ("file:PATH", "fd:NUMBER", "credential:NAME", "keyring:SERVICE/USER")
_MAX = 4096
_PATTERNS = (
    re.compile(r"-----BEGIN [A-Z ]+-----.*?(?:-----END [A-Z ]+-----|$)", re.DOTALL),
    re.compile(r"(?<=Bearer )[^\s'\"*]+"),
    re.compile(r"thinqpat_\w+"),
    re.compile(r"(?<=['\"]csr['\"]: ['\"])[^'\"]+"),
)
"""What looks like a secret of this kind of cloud, known or not: the vendor's SDK logs signing
requests and certificates, and its requests carry the token."""


class Secret:
    """A text that is only shown to those who ask by name."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        """From now on ``text`` is hidden in logs."""
        self._text = text
        hide(text)

    def reveal(self) -> str:
        """The text itself."""
        return self._text

    def __repr__(self) -> str:
        return f"Secret({HIDDEN})"

    def __str__(self) -> str:
        return HIDDEN

    def __reduce__(self) -> Any:
        raise TypeError("a secret is not copied to other processes or files")


class Redactor:
    """Replaces known secrets, and what looks like one."""

    def __init__(self) -> None:
        self._known: set[str] = set()

    def add(self, *secrets: str) -> None:
        """Hide these as well; empty ones are no secrets."""
        self._known |= {secret for secret in secrets if secret}

    def __call__(self, text: str) -> str:
        """The text without the secrets."""
        for secret in self._known:
            text = text.replace(secret, HIDDEN)
        for pattern in _PATTERNS:
            text = pattern.sub(HIDDEN, text)
        return text

    def clean(self, record: logging.LogRecord) -> None:
        """Rewrite a log record: message, arguments, exception and stack."""
        try:
            text = record.getMessage()
        except (TypeError, ValueError):
            text = f"{record.msg} {record.args}"
        record.msg, record.args = self(text), ()
        if record.exc_info and record.exc_info[0] is not None:
            # Formatters print this text where there is one, and never look at the exception.
            record.exc_text = self("".join(traceback.format_exception(*record.exc_info)).rstrip())
        record.exc_info = None
        if record.stack_info:
            record.stack_info = self(record.stack_info)


_REDACTOR = Redactor()


class RedactingFilter(logging.Filter):
    """Hides given secrets in the records of one logger or handler."""

    def __init__(self, *secrets: str) -> None:
        super().__init__()
        self._redactor = Redactor()
        self._redactor.add(*secrets)

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record; it always passes."""
        self._redactor.clean(record)
        return True

    def redact(self, text: str) -> str:
        """The text without the secrets."""
        return self._redactor(text)


def redact(text: str) -> str:
    """The text without any secret this process has read, and without what looks like one."""
    return _REDACTOR(text)


def hide(*secrets: str) -> None:
    """Keep secrets out of every log record of this process, whoever writes it.

    Filters would not do: those of a logger do not see what its children log.
    """
    _REDACTOR.add(*secrets)
    current = logging.getLogRecordFactory()
    if not getattr(current, "hides_secrets", False):
        logging.setLogRecordFactory(_redacting(current))


def read_token(source: str) -> Secret:
    """Read the personal access token.

    Args:
        source: One of ``SOURCES``; a path alone is a file.

    Raises:
        BadInputError: There is none, or others could have read it. The message never repeats
            what was given where it may be the token itself.
    """
    kind, _, name = source.partition(":")
    if kind == "fd":
        text = _read_descriptor(name)
    elif kind == "credential":
        text = _read_credential(name)
    elif kind == "keyring":
        text = _read_keyring(name)
    elif kind == "file" or source.startswith(("/", "~", ".")):
        text = read_private(Path(name if kind == "file" else source).expanduser())
    else:
        raise BadInputError(f"where is the token? one of {', '.join(SOURCES)}; never itself")
    text = text.strip()
    if not text or len(text) > _MAX or any(character.isspace() for character in text):
        raise BadInputError(f"{kind if ':' in source else 'file'}: it holds no token")
    return Secret(text)


def default_token_file() -> Path:
    """Where ``hearth appliances login`` puts the token."""
    base = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
    return Path(base).expanduser() / "hearth" / "thinq_token"


def read_private(path: Path) -> str:
    """Text of a file that only its owner may read.

    Raises:
        BadInputError: It is missing, somebody else's, or others may read it.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise BadInputError(f"{path}: {error.strerror}") from error
    try:
        status = os.fstat(descriptor)  # of what was opened: the name may lead elsewhere by now
        if not stat.S_ISREG(status.st_mode):
            raise BadInputError(f"{path}: not a file")
        if status.st_uid != os.getuid():
            raise BadInputError(f"{path}: belongs to another user")
        if stat.S_IMODE(status.st_mode) & 0o077:
            mode = stat.S_IMODE(status.st_mode)
            raise BadInputError(f"{path}: mode {mode:o} lets others read it; chmod 600 it")
        with open(descriptor, encoding="utf-8", closefd=False) as file:
            return file.read()
    finally:
        os.close(descriptor)


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, all at once."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    partial.replace(path)


def _read_descriptor(number: str) -> str:
    if not number.isdigit():
        raise BadInputError("fd: expected the number of an open file descriptor")
    try:
        with os.fdopen(int(number), encoding="utf-8") as file:  # read once, then closed
            return file.read(_MAX + 1)
    except OSError as error:
        raise BadInputError(f"fd:{number}: {error.strerror}") from error


def _read_credential(name: str) -> str:
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    if not folder:
        raise BadInputError("credential: systemd gave this process none (LoadCredential=)")
    if not name or "/" in name:
        raise BadInputError("credential: expected the name of a systemd credential")
    return read_private(Path(folder) / name)


def _read_keyring(name: str) -> str:
    service, _, user = name.partition("/")
    if not service or not user:
        raise BadInputError("keyring: expected SERVICE/USER")
    try:
        keyring = importlib.import_module("keyring")
    except ImportError:
        raise BadInputError("keyring: the Python package 'keyring' is not installed") from None
    found = keyring.get_password(service, user)
    if not isinstance(found, str):
        raise BadInputError(f"keyring: nothing stored for {service}/{user}")
    return found


def _redacting(
    make: Callable[..., logging.LogRecord],
) -> Callable[..., logging.LogRecord]:
    def factory(*args: Any, **kwargs: Any) -> logging.LogRecord:
        record = make(*args, **kwargs)
        _REDACTOR.clean(record)
        return record

    factory.hides_secrets = True  # type: ignore[attr-defined]  # known again by hide()
    return factory
