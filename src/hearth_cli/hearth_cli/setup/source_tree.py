"""Make the source tree an ament prefix, so that an edit needs no build.

Run with the virtual environment's Python (`python -m hearth_cli.setup.source_tree ROOT`): what a
package installs is asked of its own setup.py, as colcon does, or read from its CMakeLists.txt.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hearth_cli.setup.errors import SetupError
from hearth_cli.setup.files import write_atomic
from hearth_cli.setup.layout import Layout

_INSTALL = re.compile(
    r"install\(\s*(DIRECTORY|FILES|PROGRAMS)\s+([^)]*?)\s+DESTINATION\s+([^)]*?)\s*\)"
)
_SCRIPT = """#!{python}
import sys

from {module} import {attribute}

sys.exit({attribute}())
"""


@dataclass
class Contents:
    """What a package puts into a prefix: links by destination, and scripts by name."""

    name: str
    links: dict[str, Path] = field(default_factory=dict)
    scripts: dict[str, str] = field(default_factory=dict)


def python_contents(folder: Path) -> Contents:
    """What an ament_python package installs, from its setup.py."""
    import distutils.core  # noqa: PLC0415  # setuptools brings it; Python 3.12 has none

    before = Path.cwd()
    os.chdir(folder)
    try:
        distribution: Any = distutils.core.run_setup("setup.py", stop_after="init")
    except Exception as error:
        raise SetupError(f"{folder / 'setup.py'} cannot be read: {error}") from error
    finally:
        os.chdir(before)
    contents = Contents(distribution.get_name())
    for target, sources in distribution.data_files or []:
        for source in sources:
            contents.links[f"{target}/{Path(source).name}"] = (folder / source).resolve()
    for entry in (distribution.entry_points or {}).get("console_scripts", []):
        name, function = (part.strip() for part in entry.split("=", 1))
        contents.scripts[name] = function
    return contents


def cmake_contents(folder: Path) -> Contents:
    """What an ament_cmake package without code installs, from the install() lines it has."""
    contents = Contents(folder.name)
    share = f"share/{folder.name}"
    contents.links[f"{share}/package.xml"] = folder / "package.xml"
    text = re.sub(r"#.*", "", (folder / "CMakeLists.txt").read_text(encoding="utf-8"))
    for kind, sources, destination in _INSTALL.findall(text):
        target = destination.split()[0].replace("${PROJECT_NAME}", folder.name)
        for word in sources.split():
            source = Path(os.path.normpath(folder / word))
            if kind == "DIRECTORY" and word.endswith("/"):  # the contents and not the folder
                children = sorted(source.iterdir()) if source.is_dir() else []
                contents.links.update({f"{target}/{child.name}": child for child in children})
            else:
                contents.links[f"{target}/{source.name}"] = source
    return contents


def packages(root: Path) -> Iterator[Contents]:
    """The packages of the source tree but interface packages, which are built."""
    for manifest in sorted((root / "src").glob("*/package.xml")):
        folder = manifest.parent
        if (folder / "setup.py").is_file():
            yield python_contents(folder)
        elif "rosidl_interface_packages" not in manifest.read_text(encoding="utf-8"):
            yield cmake_contents(folder)


def write_prefix(prefix: Path, python: Path, contents: Mapping[str, Contents]) -> None:
    """Write links, index markers and scripts of all packages into a new folder `prefix`."""
    for name, package in contents.items():
        marker = prefix / "share" / "ament_index" / "resource_index" / "packages" / name
        write_atomic(marker, "")
        for target, source in package.links.items():
            link = prefix / target
            if link == marker or not source.exists():
                continue
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(source)
        for script, function in package.scripts.items():
            module, _, attribute = function.partition(":")
            text = _SCRIPT.format(python=python, module=module, attribute=attribute)
            write_atomic(prefix / "lib" / name / script, text, mode=0o755)


def refresh(layout: Layout) -> None:
    """Bring `.hearth/install` and the path file in the virtual environment up to date."""
    contents = {package.name: package for package in packages(layout.root)}
    staged = layout.hearth / "install.new"
    shutil.rmtree(staged, ignore_errors=True)
    staged.mkdir(parents=True)
    write_prefix(staged, layout.python, contents)
    write_atomic(staged / "COLCON_IGNORE", "")
    old = layout.hearth / "install.old"
    shutil.rmtree(old, ignore_errors=True)
    if layout.install.exists():
        layout.install.rename(old)
    staged.rename(layout.install)
    shutil.rmtree(old, ignore_errors=True)


def main() -> int:
    """Command line: `ROOT`."""
    try:
        refresh(Layout.of(Path(sys.argv[1])))
    except SetupError as error:
        print(f"hearth: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
