"""What the machine code of a numba kernel is made of, as a hash.

Numba compiles a function's byte code, freezes the values of the globals it names, and compiles
in the kernels it calls. All of that is walked here, and nothing else: comments, line numbers and
the file's place do not count.
"""

from __future__ import annotations

import dis
import enum
import hashlib
from collections.abc import Callable, Iterator
from functools import cache
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import Any

import numba
import numpy as np

_LIBRARIES = ("numpy", "numba", "math", "cmath", "builtins", "operator")
_PLAIN = (bool, int, float, complex, str, bytes, type(None), type(Ellipsis), slice, range)


class UnknownContentError(TypeError):
    """A kernel names a global whose value has no known content."""


def key_of(dispatcher: Any, signature: Any, *salt: object) -> str:
    """The hash (32 hex digits) of a kernel, its argument types and `salt`.

    Raises:
        UnknownContentError: It, or a kernel it calls, names a global of unknown content.
    """
    digest = hashlib.sha256()
    walk = _Walk()
    for word in (*walk.dispatcher(dispatcher), *_types(signature), *map(repr, salt)):
        digest.update(word.encode(errors="surrogatepass") + b"\0")
    return digest.hexdigest()[:32]


def _types(signature: Any) -> Iterator[str]:
    """Argument types; of named tuples also the fields, as a field is an index in machine code."""
    arguments = signature.args if hasattr(signature, "args") else signature
    yield repr(signature)
    pending = list(arguments)
    while pending:
        kind = pending.pop()
        if hasattr(kind, "fields") and hasattr(kind, "instance_class"):
            owner = kind.instance_class
            yield f"{owner.__module__}.{owner.__qualname__}{kind.fields}"
        if isinstance(kind, numba.types.BaseTuple):
            pending.extend(kind)


@cache
def _global_names(code: CodeType) -> frozenset[str]:
    """The names that a function reads from its module or from the built-ins."""
    return frozenset(
        instruction.argval
        for instruction in dis.get_instructions(code)
        if instruction.opname in {"LOAD_GLOBAL", "LOAD_NAME"}
    )


class _Walk:
    """One walk over a kernel and all it reaches, each function once."""

    def __init__(self) -> None:
        self._seen: dict[int, int] = {}

    def dispatcher(self, kernel: Any) -> Iterator[str]:
        yield from self.value(kernel.py_func, "")
        for name, option in sorted(kernel.targetoptions.items()):
            if name != "cache":
                yield f"{name}={_option(option)}"

    def _function(self, function: FunctionType) -> Iterator[str]:
        if id(function) in self._seen:  # called twice, or by itself
            yield f"function {self._seen[id(function)]}"
            return
        self._seen[id(function)] = len(self._seen)
        yield f"function {function.__module__}.{function.__qualname__}"
        name = f"kernel {function.__qualname__}"
        for default in function.__defaults__ or ():
            yield from self.value(default, f"{name}'s default")
        for cell in function.__closure__ or ():
            yield from self.value(cell.cell_contents, f"{name}'s closure")
        yield from self._code(function.__code__, function.__globals__, name)

    def _code(self, code: CodeType, scope: dict[str, Any], owner: str) -> Iterator[str]:
        yield code.co_code.hex()
        yield repr((code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars))
        yield repr((code.co_flags, code.co_argcount, code.co_kwonlyargcount))
        yield getattr(code, "co_exceptiontable", b"").hex()
        for constant in code.co_consts:
            if isinstance(constant, CodeType):
                yield from self._code(constant, scope, owner)
            else:
                yield from self.value(constant, f"{owner}: a constant")
        for name in sorted(_global_names(code)):
            yield name
            if name in scope:
                yield from self._global(scope[name], f"{owner}: {name}", code)

    def _global(self, value: Any, what: str, code: CodeType) -> Iterator[str]:
        """A global's value; of a module, those of its members that `code` may mean."""
        if not isinstance(value, ModuleType):
            yield from self.value(value, what)
            return
        yield value.__name__
        if value.__name__.partition(".")[0] in _LIBRARIES:
            yield str(getattr(value, "__version__", ""))
            return
        for name in code.co_names:
            if name in vars(value):
                yield name
                yield from self._global(vars(value)[name], f"{what}.{name}", code)

    def value(self, value: Any, what: str) -> Iterator[str]:
        """A frozen value."""
        yield type(value).__qualname__
        if hasattr(value, "py_func") and hasattr(value, "targetoptions"):
            yield from self.dispatcher(value)
        elif isinstance(value, (BuiltinFunctionType, np.ufunc)) or _is_library(value):
            yield f"{getattr(value, '__module__', '')}.{value.__name__}"
        elif isinstance(value, FunctionType):
            yield from self._function(value)
        elif isinstance(value, enum.Enum):
            yield f"{type(value).__module__}.{value.name}"
            yield from self.value(value.value, what)
        elif isinstance(value, _PLAIN):
            yield repr(value)
        elif isinstance(value, (tuple, list)):
            yield f"{type(value).__module__} {len(value)} {getattr(type(value), '_fields', ())}"
            for item in value:
                yield from self.value(item, what)
        elif isinstance(value, np.ndarray) and not value.dtype.hasobject:
            yield repr((value.shape, value.dtype, value.flags.f_contiguous))
            yield hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()
        elif isinstance(value, (np.generic, np.dtype, numba.types.Type)):
            yield repr(value)
        elif isinstance(value, type):
            yield f"{value.__module__}.{value.__qualname__} {getattr(value, '_fields', ())}"
        elif isinstance(value, frozenset):
            yield repr(sorted(map(repr, value)))
        else:
            raise UnknownContentError(f"{what} is a {type(value).__name__} of unknown content")


def _is_library(value: Callable[..., Any]) -> bool:
    package = str(getattr(value, "__module__", None) or "").partition(".")[0]
    return package in _LIBRARIES and hasattr(value, "__name__")


def _option(option: Any) -> str:
    """Sets have no order that lasts."""
    return repr(sorted(option)) if isinstance(option, (set, frozenset)) else repr(option)
