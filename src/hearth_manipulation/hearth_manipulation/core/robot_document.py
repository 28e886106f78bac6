"""XML of any robot's URDF or SRDF, through xacro where the file is one."""

from __future__ import annotations

import contextlib
import os
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from pathlib import Path

from hearth_core.errors import FileFormatError

_PREFIXES = "AMENT_PREFIX_PATH"


def read_document(
    path: Path | str,
    packages: Mapping[str, Path] | None = None,
    arguments: Mapping[str, str] | None = None,
) -> ET.Element:
    """Read a file whose root is ``<robot>``.

    Args:
        path: URDF, SRDF, or a xacro file of either.
        packages: Folders of ``$(find name)`` by name, before those that are installed.
        arguments: xacro's, by name.

    Raises:
        FileFormatError: The file is absent, no XML or no robot, or xacro cannot expand it.
    """
    path = Path(path)
    if not path.is_file():
        raise FileFormatError(str(path), "", "no such file")
    try:
        root = ET.fromstring(_text(path, packages or {}, arguments or {}))
    except (ET.ParseError, UnicodeDecodeError) as error:
        raise FileFormatError(str(path), "", f"not XML: {error}") from error
    except OSError as error:
        raise FileFormatError(str(path), "", str(error)) from error
    if root.tag != "robot":
        raise FileFormatError(str(path), "", f"root element is <{root.tag}>, not <robot>")
    return root


def _text(path: Path, packages: Mapping[str, Path], arguments: Mapping[str, str]) -> str:
    if path.suffix != ".xacro":
        return path.read_text()
    import xacro  # noqa: PLC0415  a plain URDF needs no xacro

    try:
        with _findable(packages):
            return str(xacro.process_file(str(path), mappings=dict(arguments)).toxml())
    except Exception as error:  # xacro raises whatever its expressions raise
        hint = ""
        if "substitution argument" in str(error):
            hint = "; give it in arguments"
        elif "PackageNotFound" in type(error).__name__ or "package '" in str(error):
            hint = "; name its folder in packages"
        message = f"{type(error).__name__}: {error}{hint}"
        raise FileFormatError(str(path), "xacro", message) from error


@contextlib.contextmanager
def _findable(packages: Mapping[str, Path]) -> Iterator[None]:
    """Let ``$(find name)`` see ``packages``: xacro asks the ament index, and nothing else."""
    if not packages:
        yield
        return
    before = os.environ.get(_PREFIXES)
    with tempfile.TemporaryDirectory() as folder:
        index = Path(folder, "share", "ament_index", "resource_index", "packages")
        index.mkdir(parents=True)
        for name, place in packages.items():
            (index / name).touch()
            Path(folder, "share", name).symlink_to(Path(place).resolve())
        os.environ[_PREFIXES] = os.pathsep.join(filter(None, (folder, before)))
        try:
            yield
        finally:
            if before is None:
                del os.environ[_PREFIXES]
            else:
                os.environ[_PREFIXES] = before
