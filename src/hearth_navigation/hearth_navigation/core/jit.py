"""How kernels are compiled: cached, without the interpreter's lock, on one thread."""

import hashlib
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from numba import njit

Function = TypeVar("Function", bound=Callable[..., Any])


def _digest() -> str:
    """Hash of every source beside this one that holds kernels."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        source = path.read_bytes()
        if b"@kernel" in source:
            digest.update(source)
    return digest.hexdigest()


_STAMP = _digest()


def kernel(function: Function) -> Function:
    """Compile ``function`` on first use and keep the result on disk.

    Numba drops a cached kernel when its own file changes, but not when a kernel it calls
    does, and old machine code then runs unnoticed. So the stamp covers the whole package.
    """
    compiled = njit(cache=True, nogil=True, error_model="numpy")(function)
    files: Any = getattr(getattr(compiled, "_cache", None), "_cache_file", None)
    if hasattr(files, "_source_stamp"):
        files._source_stamp = _STAMP
    result: Function = compiled
    return result


@kernel
def wrap(angle: float) -> float:
    """Same angle in [-pi, pi)."""
    return (angle + math.pi) % (2.0 * math.pi) - math.pi
