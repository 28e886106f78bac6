"""`hearth lock`: pin the Python packages anew."""

from __future__ import annotations

from collections.abc import Sequence

from hearth_cli.main import clone_root
from hearth_cli.setup.ensure import refresh_lock
from hearth_cli.setup.layout import Layout


def main(arguments: Sequence[str]) -> int:
    """Compile the lock file; takes no arguments."""
    if arguments:
        raise SystemExit(f"hearth lock: takes no arguments, not {' '.join(arguments)}")
    refresh_lock(Layout.of(clone_root()))
    return 0
