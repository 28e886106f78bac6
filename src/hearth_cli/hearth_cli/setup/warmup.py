"""Compile the numba kernels of all packages, so that no first run waits for a compiler.

A package that has kernels lists a module here; the module has `main()`, which calls each kernel
once with arguments of the types used at run time. Kernels are kept by `hearth_core.jit` in the
user's cache folder; what was needed is listed in the clone, so that set-up sees when it is gone.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from hearth_cli.setup.files import write_atomic
from hearth_cli.setup.kernels import list_file
from hearth_cli.setup.layout import Layout

MODULES = (
    "hearth_manipulation.core.warmup",  # the longest first
    "hearth_navigation.core.warmup",
    "hearth_drivers.core.warmup",
    "hearth_perception.core.warmup",
    "hearth_sim.core.warmup",
)


def available(modules: Iterable[str] = MODULES) -> list[str]:
    """Those of `modules` that this checkout has."""
    found = []
    for module in modules:
        try:
            if importlib.util.find_spec(module):
                found.append(module)
        except ModuleNotFoundError:  # not even the package
            continue
    return found


def main(modules: Sequence[str] | None = None) -> int:
    """Warm up what is there, two packages at a time; a failure is reported, and fails at the end.

    Compiling keeps one core busy, and every package needs only its own kernels.
    """
    if modules:
        return sum(_warm_up(module) for module in modules)
    with ThreadPoolExecutor(max_workers=2) as pool:
        return 1 if any(list(pool.map(_in_process, available()))) else 0


def _in_process(module: str) -> int:
    return subprocess.run([sys.executable, "-m", __spec__.name, module], check=False).returncode


def _warm_up(module: str) -> int:
    begin = time.perf_counter()
    try:
        importlib.import_module(module).main()
    except Exception as error:  # one package's kernels must not hide another's
        print(f"{module}: {type(error).__name__}: {error}", flush=True)
        return 1
    _keep_list(module)
    print(f"{module}: {time.perf_counter() - begin:.1f} s", flush=True)
    return 0


def _keep_list(module: str) -> None:
    """Write down what `module` needed, and renew its time so that it is not thrown away."""
    from hearth_core import jit  # noqa: PLC0415  # hearth_cli runs without numba elsewhere

    for path in jit.used():
        with suppress(OSError):
            os.utime(path)
    if root := os.environ.get("HEARTH_ROOT"):
        names = "".join(f"{path.name}\n" for path in jit.used())
        write_atomic(list_file(Layout.of(Path(root)), module), names)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
