"""Angles in kernels."""

import math

from hearth_core.jit import kernel


@kernel
def wrap(angle: float) -> float:
    """Same angle in [-pi, pi)."""
    return (angle + math.pi) % (2.0 * math.pi) - math.pi
