"""Compile the numba kernels of all packages, so that no first run waits for a compiler.

A package that has kernels lists a module here; the module has `main()`, which calls each kernel
once with arguments of the types used at run time. Kernels are cached on disk by numba itself.
"""

from __future__ import annotations

import importlib
import importlib.util
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

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
    print(f"{module}: {time.perf_counter() - begin:.1f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
