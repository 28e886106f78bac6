"""Where the parts of the pip environment lie."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Layout:
    """Folders of one clone; all but `cache` are inside it."""

    root: Path
    cache: Path

    @classmethod
    def of(cls, root: Path) -> Layout:
        """The layout of the clone at `root`, with the cache where the user keeps caches."""
        base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
        return cls(root.resolve(), Path(base) / "hearth")

    @property
    def hearth(self) -> Path:
        """What set-up makes and git ignores."""
        return self.root / ".hearth"

    @property
    def state(self) -> Path:
        """One stamp a step, written when the step is complete."""
        return self.hearth / "state"

    @property
    def venv(self) -> Path:
        """The virtual environment; also an ament prefix."""
        return self.hearth / "venv"

    @property
    def python(self) -> Path:
        """The virtual environment's interpreter."""
        return self.venv / "bin" / "python"

    @property
    def interfaces(self) -> Path:
        """Ament prefix of the interface packages that are built here."""
        return self.hearth / "interfaces"

    @property
    def install(self) -> Path:
        """Ament prefix that points into the source tree."""
        return self.hearth / "install"

    @property
    def lock(self) -> Path:
        """The pinned packages."""
        return self.root / "requirements" / "environment.lock"

    @property
    def site_packages(self) -> Path:
        """Where the virtual environment keeps its packages."""
        return self.venv / "lib" / python_tag() / "site-packages"


def python_tag() -> str:
    """For example `python3.11`, of the running interpreter, which is the one set-up uses."""
    return f"python{sys.version_info.major}.{sys.version_info.minor}"
