"""Where packages and their executables are, by the ament index."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

_INDEX = Path("share") / "ament_index" / "resource_index" / "packages"


def _prefixes(environment: Mapping[str, str]) -> list[Path]:
    entries = environment.get("AMENT_PREFIX_PATH", "").split(os.pathsep)
    return [Path(entry) for entry in entries if entry]


def package_prefix(package: str, environment: Mapping[str, str]) -> Path:
    """The first prefix that has `package`.

    Raises:
        LookupError: None has it; the message names similar ones.
    """
    names: set[str] = set()
    for prefix in _prefixes(environment):
        if (prefix / _INDEX / package).exists():
            return prefix
        if (prefix / _INDEX).is_dir():
            names.update(entry.name for entry in (prefix / _INDEX).iterdir())
    ours = sorted(name for name in names if name.startswith("hearth_"))
    raise LookupError(f"no package '{package}'; there are {len(names)}, among them {ours}")


def package_share(package: str, environment: Mapping[str, str]) -> Path:
    """The folder of a package's data."""
    return package_prefix(package, environment) / "share" / package


def executable(package: str, name: str, environment: Mapping[str, str]) -> Path:
    """The executable `name` of `package`.

    Raises:
        LookupError: No such package, or it has no such executable; the message names the choices.
    """
    folder = package_prefix(package, environment) / "lib" / package
    path = folder / name
    if path.is_file() and os.access(path, os.X_OK):
        return path
    found = sorted(entry.name for entry in folder.iterdir()) if folder.is_dir() else []
    raise LookupError(f"package '{package}' has no executable '{name}'; it has {found}")
