"""How numba kernels are compiled: cached by content, without the interpreter's lock, one thread.

Numba's own cache is keyed by a kernel's file and its place: every clone compiles again, and when
only a kernel that it calls (or a constant of another module) has changed, old machine code runs
on unnoticed. Here a key is made of all that the machine code is made of (see `jit_content`), and
a file holds one kernel for one key, so that clones share them and a key is never stale.
"""

from __future__ import annotations

import os
import pickle
import platform
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, overload

import numba
from numba.core.compiler import CompileResult
from numba.core.serialize import dumps

from hearth_core.jit_content import UnknownContentError, key_of

Function = TypeVar("Function", bound=Callable[..., Any])

_RUNTIME = f"{numba.__version__}-{platform.python_implementation()}{platform.python_version()}"
_used: set[Path] = set()


def folders() -> list[Path]:
    """Where kernels may be kept, in the order in which they are tried.

    The user's cache folder, and the clone's own where that one cannot be written.
    """
    found = []
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")  # noqa: PTH111
    if os.path.isabs(base):  # noqa: PTH117  # a user without a home has none
        found.append(Path(base) / "hearth" / "kernels")
    if root := os.environ.get("HEARTH_ROOT"):
        found.append(Path(root) / ".hearth" / "kernels")
    return found


def used() -> list[Path]:
    """The files that kernels of this process were read from or written to."""
    return sorted(_used)


class ContentCache:
    """What a numba dispatcher asks for machine code; a cache that fails is one that is empty."""

    def __init__(self, dispatcher: Any) -> None:
        self._dispatcher = dispatcher
        self._enabled = True

    @property
    def cache_path(self) -> str:
        """For numba's statistics."""
        return str(next(iter(folders()), ""))

    def enable(self) -> None:
        """Read and write from now on."""
        self._enabled = True

    def disable(self) -> None:
        """Neither read nor write from now on."""
        self._enabled = False

    def flush(self) -> None:
        """Nothing to forget: a key stands for one content."""

    def load_overload(self, signature: Any, target: Any) -> Any:
        """The kernel compiled for `signature`, or None."""
        target.refresh()
        name = self._file_name(signature, target.codegen())
        for folder in folders() if name else []:
            path = folder / name
            try:
                result = CompileResult._rebuild(target, *pickle.loads(path.read_bytes()))
            except FileNotFoundError:
                continue
            except Exception:  # damaged, or unreadable: compiled again
                continue
            _used.add(path)
            return result
        return None

    def save_overload(self, signature: Any, result: Any) -> None:
        """Keep a compiled kernel in the first folder that takes it."""
        name = self._file_name(signature, result.codegen)
        if not name or result.library.has_dynamic_globals or any(result.lifted):
            return
        data = dumps(result._reduce())
        for folder in folders():
            try:
                _write(folder / name, data)
            except OSError:  # absent and not to be made, not ours, read-only or full
                continue
            _used.add(folder / name)
            return

    def _file_name(self, signature: Any, codegen: Any) -> str:
        if not self._enabled:
            return ""
        function = self._dispatcher.py_func
        try:
            key = key_of(self._dispatcher, signature, _RUNTIME, *codegen.magic_tuple())
        except UnknownContentError as error:
            warnings.warn(f"{error}; it is compiled in each process", stacklevel=2)
            self._enabled = False
            return ""
        return f"{function.__module__}.{function.__qualname__}-{key}.kernel"


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all, whoever else writes the same."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


@overload
def kernel(function: Function, /) -> Function: ...
@overload
def kernel(**options: Any) -> Callable[[Function], Function]: ...
def kernel(function: Any = None, /, **options: Any) -> Any:
    """Compile a function on its first call with arguments of new types, and keep the result.

    Args:
        function: The kernel; what it calls must be kernels too.
        **options: Passed to `numba.njit`, for example `fastmath` or `inline`.

    Returns:
        The compiled function, or with options alone a decorator.
    """
    if function is None:
        return lambda wrapped: kernel(wrapped, **options)
    dispatcher = numba.njit(**{"nogil": True, "error_model": "numpy", **options})(function)
    if hasattr(dispatcher, "_cache"):  # not with NUMBA_DISABLE_JIT
        dispatcher._cache = ContentCache(dispatcher)
    return dispatcher
