"""Exact distance to the nearest marked cell of a grid, axis by axis.

The lower envelope of parabolas: Felzenszwalb and Huttenlocher, "Distance Transforms of Sampled
Functions", Theory of Computing 8, 2012. Lines are taken in bundles of neighbours, so that memory
is read in whole cache lines.
"""

import numpy as np
import numpy.typing as npt
from hearth_core.jit import kernel

from hearth_manipulation.core.kinematics import Array

Grid = npt.NDArray[np.float32]
FAR = np.float32(1e12)
"""Square of a distance [cells] where there is nothing."""
BUNDLE = 16


@kernel
def mark(points: Array, low: Array, cell: float, grid: Grid) -> int:
    """Set the cells with points in them to 0 and all others to FAR.

    Args:
        points: [m], shape (N, 3); not finite ones are passed over.
        low: Lower corner of the grid [m].
        cell: Edge of a cell [m].
        grid: Filled, shape (X, Y, Z).

    Returns:
        How many points lie inside.
    """
    grid[:, :, :] = FAR
    inside = 0
    scale = 1.0 / cell
    for p in range(points.shape[0]):
        x = (points[p, 0] - low[0]) * scale
        y = (points[p, 1] - low[1]) * scale
        z = (points[p, 2] - low[2]) * scale
        # Also false for what is not a number.
        if not (
            0.0 <= x < grid.shape[0] and 0.0 <= y < grid.shape[1] and 0.0 <= z < grid.shape[2]
        ):
            continue
        grid[int(x), int(y), int(z)] = np.float32(0.0)
        inside += 1
    return inside


@kernel
def square_distances(grid: Grid) -> None:
    """Turn 0 and FAR into squared distances [cells] to the nearest 0, in place."""
    nx, ny = grid.shape[0], grid.shape[1]
    for x in range(nx):
        for y in range(ny):
            _sweep(grid, x, y)
    for x in range(nx):
        _lower(grid[x])
    for y in range(ny):
        _lower(grid[:, y])


@kernel
def _lower(plane: Grid) -> None:
    """Lower envelopes along the first axis of a plane, neighbours on the second in bundles."""
    length, width = plane.shape
    lines = np.empty((BUNDLE, length), np.float32)
    heights, starts = np.empty(length), np.empty(length + 1)
    peaks = np.empty(length, np.int32)
    for z in range(0, width, BUNDLE):
        size = min(BUNDLE, width - z)
        for i in range(length):
            for k in range(size):
                lines[k, i] = plane[i, z + k]
        for k in range(size):
            _envelope(lines[k], length, heights, starts, peaks)
        for i in range(length):
            for k in range(size):
                plane[i, z + k] = lines[k, i]


@kernel
def _sweep(grid: Grid, x: int, y: int) -> None:
    """Squared distances along z, up and down."""
    line = grid[x, y]
    last = -1
    for i in range(line.shape[0]):
        if line[i] == 0.0:
            last = i
        elif last >= 0:
            line[i] = np.float32((i - last) * (i - last))
    last = -1
    for k in range(line.shape[0]):
        i = line.shape[0] - 1 - k
        if line[i] == 0.0:
            last = i
        elif last >= 0:
            away = np.float32((last - i) * (last - i))
            line[i] = min(line[i], away)


@kernel
def _envelope(
    line: Grid, length: int, heights: Array, starts: Array, peaks: npt.NDArray[np.int32]
) -> None:
    """One line: the lowest of the parabolas that stand on its cells."""
    used = 0
    for i in range(length):
        if line[i] >= FAR:
            continue
        height = float(line[i]) + i * i
        begin = -np.inf
        while used > 0:
            begin = (height - heights[used - 1]) / (2.0 * (i - peaks[used - 1]))
            if begin > starts[used - 1]:
                break
            used -= 1
        if used == 0:
            begin = -np.inf
        heights[used], starts[used], peaks[used] = height, begin, i
        used += 1
    if used == 0:
        return
    k = 0
    starts[used] = np.inf
    for i in range(length):
        while starts[k + 1] < i:
            k += 1
        away = i - peaks[k]
        line[i] = np.float32(away * away + heights[k] - peaks[k] * peaks[k])


@kernel
def to_metres(grid: Grid, cell: float) -> None:
    """Squared distances [cells] to distances from anywhere in the nearest cell [m], in place."""
    # A point may lie anywhere in its cell: half a cell nearer than its centre.
    flat = grid.reshape(-1)
    size, half = np.float32(cell), np.float32(0.5 * cell)
    for i in range(flat.shape[0]):
        flat[i] = np.sqrt(flat[i]) * size - half
