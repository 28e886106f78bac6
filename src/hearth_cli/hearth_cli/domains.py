"""A DDS domain for each run, so that two runs on a machine do not hear each other."""

from __future__ import annotations

import fcntl
import tempfile
from pathlib import Path
from typing import IO

from hearth_core.errors import BadInputError, HearthError

FIRST, LAST = 1, 101
"""Domains whose ports stay below the ephemeral range on Linux."""


class Domain:
    """One reserved domain; free again when closed or when the process ends."""

    def __init__(self, number: int, handle: IO[str] | None) -> None:
        self.number = number
        self._handle = handle

    def close(self) -> None:
        """Let others have it."""
        if self._handle is not None:
            self._handle.close()
            self._handle = None


def reserve_domain(wanted: int | None = None) -> Domain:
    """A domain nobody else reserved; or ``wanted``, shared if it must be.

    Raises:
        BadInputError: ``wanted`` is outside 0..232.
        HearthError: All are taken.
    """
    if wanted is not None:
        if not 0 <= wanted <= 232:
            raise BadInputError(f"DDS domain {wanted}; possible: 0..232")
        return Domain(wanted, None)
    folder = Path(tempfile.gettempdir()) / "hearth-domains"
    folder.mkdir(mode=0o1777, exist_ok=True)
    for number in range(LAST, FIRST - 1, -1):
        try:
            handle = (folder / f"{number}.lock").open("a")
        except PermissionError:
            continue  # another user's
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            handle.close()
            continue
        return Domain(number, handle)
    raise HearthError(f"all DDS domains {FIRST}..{LAST} are in use; give one with --domain ID")
