"""Percentiles of short arrays without what NumPy's general function spends on arguments."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.floating]


def percentile(values: Array, percent: float) -> float:
    """As ``numpy.percentile`` of finite values (N,); nan: there are none."""
    if not len(values):
        return float("nan")
    at = percent / 100.0 * (len(values) - 1)
    low = int(at)
    if low + 1 >= len(values):
        return float(values.max())
    parted = np.partition(values, (low, low + 1))
    below, above = float(parted[low]), float(parted[low + 1])
    return below + (above - below) * (at - low)


def between(values: Array, low: float, high: float) -> tuple[Array, Array]:
    """Two percentiles along the first axis of finite values (N, ...), N > 0."""
    table = np.sort(values, axis=0)
    result = []
    for percent in (low, high):
        at = percent / 100.0 * (len(table) - 1)
        k = int(at)
        below, above = table[k], table[min(k + 1, len(table) - 1)]
        result.append(below + (above - below) * (at - k))
    return result[0], result[1]


def median(values: Array) -> float:
    """As ``numpy.median`` of finite values (N,); nan: there are none."""
    return percentile(values, 50.0)
