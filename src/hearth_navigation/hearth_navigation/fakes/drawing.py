"""Pictures for eyes: maps with trajectories, and error curves (matplotlib)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from hearth_core.geometry import Pose2

from hearth_navigation.core.grid import FREE, OCCUPIED, Grid

Array = npt.NDArray[np.float64]


def draw_map(
    path: Path,
    title: str,
    grid: Grid | None,
    tracks: Mapping[str, Sequence[Pose2]],
    marks: Mapping[str, Sequence[Pose2]] | None = None,
) -> None:
    """A map with named trajectories (lines) and named places (dots)."""
    figure, axes = _figure(9.0, 7.0)
    if grid is not None:
        shades = np.full(grid.cells.shape, 0.8)
        shades[grid.cells == FREE] = 1.0
        shades[grid.cells == OCCUPIED] = 0.0
        x0, y0 = grid.origin
        x1, y1 = x0 + grid.width * grid.resolution, y0 + grid.height * grid.resolution
        axes.imshow(
            shades, origin="lower", extent=(x0, x1, y0, y1), cmap="gray", vmin=0.0, vmax=1.0
        )
    for name, poses in tracks.items():
        axes.plot([p.x for p in poses], [p.y for p in poses], linewidth=1.0, label=name)
    for name, poses in (marks or {}).items():
        axes.plot([p.x for p in poses], [p.y for p in poses], "o", markersize=3.0, label=name)
    axes.set_aspect("equal")
    axes.set_xlabel("x [m]")
    axes.set_ylabel("y [m]")
    if tracks or marks:
        axes.legend(loc="best", fontsize="small")
    _save(figure, axes, path, title)


def draw_curves(
    path: Path, title: str, curves: Mapping[str, Array], across: str, up: str, limit: float
) -> None:
    """Error over time or place; ``limit`` is the figure to be reached."""
    figure, axes = _figure(9.0, 4.0)
    for name, values in curves.items():
        axes.plot(values, linewidth=0.8, label=name)
    axes.axhline(limit, color="red", linestyle=":", label=f"figure {limit:g}")
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    axes.legend(loc="best", fontsize="small")
    _save(figure, axes, path, title)


def draw_distribution(path: Path, title: str, curves: Mapping[str, Array], across: str) -> None:
    """Share of samples below a value."""
    figure, axes = _figure(7.0, 5.0)
    for name, values in curves.items():
        ordered = np.sort(values)
        share = np.arange(1, len(ordered) + 1) / max(1, len(ordered))
        axes.plot(ordered, share, label=f"{name} (n = {len(ordered)})")
    axes.set_xlabel(across)
    axes.set_ylabel("share of samples")
    axes.grid(visible=True, alpha=0.3)
    axes.legend(loc="best", fontsize="small")
    _save(figure, axes, path, title)


def _figure(width: float, height: float) -> tuple[Any, Any]:
    from matplotlib.figure import Figure  # noqa: PLC0415 - only where somebody looks

    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.add_subplot()


def _save(figure: Any, axes: Any, path: Path, title: str) -> None:
    axes.set_title(title)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
