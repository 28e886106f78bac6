"""The REST half of the vendor's SDK, and nothing else of it.

``import thinqconnect`` loads a class for each of 30 device types, which we do not use, and the
certificate maker with all of ``cryptography``, which is needed once in a client's life and then
runs in a process of its own (``credentials.py``). A bridge that runs for months need not carry
them: 10 MB of its resident memory. Later imports of the whole package work as ever.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from types import ModuleType

_PACKAGE = "thinqconnect"


def _rest() -> ModuleType:
    """``thinqconnect.thinq_api`` without what the package's ``__init__`` loads beside it."""
    if _PACKAGE in sys.modules:
        return importlib.import_module(f"{_PACKAGE}.thinq_api")
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None:
        raise ModuleNotFoundError(f"No module named {_PACKAGE!r}: the vendor's SDK", name=_PACKAGE)
    bare = importlib.util.module_from_spec(spec)  # made, not executed
    sys.modules[_PACKAGE] = bare
    try:
        return importlib.import_module(f"{_PACKAGE}.thinq_api")
    finally:
        del sys.modules[_PACKAGE]  # whoever imports it gets the real one


_API = _rest()
ThinQApi = _API.ThinQApi
ThinQAPIException = _API.ThinQAPIException
