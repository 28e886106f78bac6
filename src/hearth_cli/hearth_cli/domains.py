"""A ROS domain for each run, so that two runs on a machine do not hear each other."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO

# 0 is everybody's; from 102 on, the ports lie among those Linux gives to any program.
CHOICES = range(1, 102)


def folder() -> Path:
    """Where this user's claims lie."""
    return Path(tempfile.gettempdir()) / f"hearth-domains-{os.getuid()}"


def claim_domain(choices: Iterable[int] = CHOICES) -> IO[str]:
    """Set ROS_DOMAIN_ID to a domain that no other run of this user has claimed.

    The claim holds until the returned file is closed or this process ends; processes started
    from here do not hold it.

    Raises:
        RuntimeError: All are taken.
    """
    folder().mkdir(mode=0o700, exist_ok=True)
    for number in choices:
        file = (folder() / f"{number}.lock").open("w", encoding="utf-8")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            continue
        file.write(f"{os.getpid()}\n")
        file.flush()
        os.environ["ROS_DOMAIN_ID"] = str(number)
        return file
    raise RuntimeError("all ROS domains are taken by other runs; end one, or give --domain")
