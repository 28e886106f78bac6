"""Make the virtual environment an ament prefix that CMake can build against.

The ROS wheels' exported CMake files name folders of the machine that built the wheels.
"""

from __future__ import annotations

import re
from pathlib import Path

from hearth_cli.setup.files import write_atomic

_BUILD_PYTHON = r"/opt/python/cp\d+-cp\d+"
_INCLUDE = re.compile(_BUILD_PYTHON + r"/include/python3\.\d+")
_NUMPY = re.compile(_BUILD_PYTHON + r"/lib/python3\.\d+/site-packages/numpy/_?core/include")


def patched(text: str, *, python_include: str, numpy_include: str, package: str) -> str:
    """One exported CMake file with this machine's folders in place of the build machine's."""
    text = _INCLUDE.sub(lambda _: python_include, text)
    text = _NUMPY.sub(lambda _: numpy_include, text)
    if package == "tracetools":  # links a tracer that no machine of ours has
        text = text.replace("lttng-ust;", "")
    return text


def patch_exports(share: Path, *, python_include: str, numpy_include: str) -> int:
    """Patch all packages below `share`; return how many files changed. Safe to repeat.

    Files are replaced and never written in place: they may be hard links into uv's cache.
    """
    changed = 0
    for path in share.glob("*/cmake/**/*.cmake"):
        old = path.read_text(encoding="utf-8", errors="surrogateescape")
        new = patched(
            old,
            python_include=python_include,
            numpy_include=numpy_include,
            package=path.relative_to(share).parts[0],
        )
        if new != old:
            write_atomic(path, new)
            changed += 1
    return changed
