"""Run other programs, keep what they print, and show it when they fail."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from hearth_cli.setup.errors import SetupError

TAIL_LINES = 30
HEARTBEAT = 15.0
_passed_on: set[int] = set()


@contextmanager
def passed_on(descriptor: int) -> Iterator[None]:
    """Let programs that are run meanwhile keep an open file, and with it the lock on it.

    When set-up is killed, what it started works on for a while; until that has ended, the lock
    is held, and a second set-up does not write into the same folders.
    """
    _passed_on.add(descriptor)
    try:
        yield
    finally:
        _passed_on.discard(descriptor)


def last_line(log: Path) -> str:
    """The last line of a log that is not empty, shortened for a terminal."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return next((line.strip()[:90] for line in reversed(lines) if line.strip()), "")


def run_logged(
    command: Sequence[str],
    log: Path,
    env: Mapping[str, str],
    *,
    cwd: Path | None = None,
    on_wait: Callable[[str], None] | None = None,
) -> None:
    """Run `command` with its output in `log`; call `on_wait(last line)` every 15 s.

    Raises:
        SetupError: It failed; the message holds the command and the end of its output.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with (
        log.open("w", encoding="utf-8") as file,
        subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            env=dict(env),
            cwd=cwd,
            pass_fds=tuple(_passed_on),
        ) as process,
    ):
        while True:
            try:
                status = process.wait(timeout=HEARTBEAT)
                break
            except subprocess.TimeoutExpired:
                if on_wait:
                    on_wait(last_line(log))
            except BaseException:
                process.terminate()
                raise
    if status:
        tail = log.read_text(encoding="utf-8", errors="replace").splitlines()[-TAIL_LINES:]
        raise SetupError(
            f"this command failed with exit status {status}:\n  {' '.join(command)}\n"
            + "\n".join(f"  | {line}" for line in tail)
            + f"\nAll of its output: {log}"
        )
