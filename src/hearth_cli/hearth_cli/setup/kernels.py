"""Which compiled kernels a clone needs, and whether they are still there.

`hearth_core.jit` keeps them in the user's cache folder, which anybody may empty at any time.
"""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

from hearth_cli.setup.layout import Layout

KEPT_DAYS = 60


def list_file(layout: Layout, module: str) -> Path:
    """Where the names of the files that a warm-up module needed are listed."""
    return layout.state / "kernel_lists" / module


def folders(layout: Layout) -> list[Path]:
    """Where compiled kernels may be; `hearth_core.jit` looks in the same places."""
    return [layout.cache / "kernels", layout.hearth / "kernels"]


def are_there(layout: Layout) -> bool:
    """Whether every kernel that the last warm-up used can be loaded again; costs milliseconds."""
    wanted: set[str] = set()
    try:
        lists = list((layout.state / "kernel_lists").iterdir())
    except OSError:
        return False
    for path in lists:
        wanted.update(path.read_text(encoding="utf-8").split())
    for folder in folders(layout):
        wanted = {name for name in wanted if not (folder / name).is_file()}
    return not wanted


def forget_lists(layout: Layout) -> None:
    """Before a warm-up: what it does not list is not needed."""
    folder = layout.state / "kernel_lists"
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        path.unlink()


def prune(layout: Layout) -> None:
    """Throw away what no set-up of the user has used for two months."""
    oldest = time.time() - KEPT_DAYS * 86400.0
    for folder in folders(layout):
        with suppress(OSError):
            for path in folder.iterdir():
                if path.stat().st_mtime < oldest:
                    path.unlink(missing_ok=True)
