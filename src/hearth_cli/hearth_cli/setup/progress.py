"""What set-up is doing, one line a step, on stderr so that stdout stays the command's own."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


class Progress:
    """Prints `[n/m] what` when a step starts and how long it took when it ends."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._number = 0
        self._started = time.monotonic()
        self._any = False

    def skip(self) -> None:
        """Count a step that has nothing to do."""
        self._number += 1

    def note(self, text: str) -> None:
        """A line inside a step."""
        elapsed = time.monotonic() - self._started
        print(f"        {text}  ({elapsed:.0f} s)", file=sys.stderr, flush=True)

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Announce a step and time it."""
        self._number += 1
        self._any = True
        begin = time.monotonic()
        head = f"[{self._number}/{self._total}] {title}"
        print(f"{head} ...", file=sys.stderr, flush=True)
        yield
        print(f"{head}: {time.monotonic() - begin:.1f} s", file=sys.stderr, flush=True)

    def close(self) -> None:
        """Say the total, if anything was done."""
        if self._any:
            elapsed = time.monotonic() - self._started
            print(f"Set-up complete in {elapsed:.0f} s.", file=sys.stderr, flush=True)
