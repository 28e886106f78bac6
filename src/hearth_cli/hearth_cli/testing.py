"""`hearth test [unit|system] [pytest arguments]`: every test in one pytest session."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from hearth_cli.domains import reserve_domain
from hearth_cli.main import clone_root

HELP = """usage: ./hearth test [unit|system] [pytest arguments]

  unit      src/*/test: each package for itself
  system    test/: packages together, style, types, layers, builds
  (none)    both

Everything else goes to pytest: -k NAME, -x, a path, ..."""


def selected(root: Path, arguments: Sequence[str]) -> list[str]:
    """The pytest command line for what the user asked for."""
    words = list(arguments)
    part = words.pop(0) if words and words[0] in {"unit", "system"} else "all"
    unit = sorted(str(path) for path in (root / "src").glob("*/test") if path.is_dir())
    system = [str(root / "test")] if (root / "test").is_dir() else []
    named = any(Path(word.partition("::")[0]).exists() for word in words if word[:1] != "-")
    folders = {"unit": unit, "system": system, "all": unit + system}[part]
    return ["--rootdir", str(root), "-c", str(root / "pyproject.toml"), *words] + (
        [] if named else folders
    )


def main(arguments: Sequence[str]) -> int:
    """Become pytest; its closing line is the last one printed."""
    if arguments and arguments[0] in {"-h", "--help"}:
        print(HELP)
        return 0
    domain = None
    if "ROS_DOMAIN_ID" not in os.environ:  # nodes of tests hear no one else
        domain = reserve_domain()
        os.environ["ROS_DOMAIN_ID"] = str(domain.number)
    import pytest  # noqa: PLC0415  # a second that other commands need not wait

    sys.stdout.flush()
    status = pytest.main(selected(clone_root(), arguments))
    if domain is not None:
        domain.close()
    return int(status)
