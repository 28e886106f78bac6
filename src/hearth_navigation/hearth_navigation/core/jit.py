"""Moved: see `hearth_core.jit` and `hearth_navigation.core.angles`."""

from hearth_core.jit import kernel

from hearth_navigation.core.angles import wrap

__all__ = ["kernel", "wrap"]
