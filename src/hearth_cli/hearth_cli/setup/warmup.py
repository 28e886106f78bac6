"""Compile the numba kernels of all packages, so that no first run waits for a compiler.

A package that has kernels lists a module here; the module has `main()`, which calls each kernel
once with arguments of the types used at run time. Kernels are cached on disk by numba itself.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
import time
from collections.abc import Iterable

MODULES = (
    "hearth_drivers.core.warmup",
    "hearth_manipulation.core.warmup",
    "hearth_navigation.core.warmup",
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


def main() -> int:
    """Warm up all that are there; a failure is reported, and fails at the end."""
    failed = 0
    for module in available():
        begin = time.perf_counter()
        try:
            importlib.import_module(module).main()
        except Exception as error:  # one package's kernels must not hide another's
            failed += 1
            print(f"{module}: {type(error).__name__}: {error}")
        else:
            print(f"{module}: {time.perf_counter() - begin:.1f} s", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
