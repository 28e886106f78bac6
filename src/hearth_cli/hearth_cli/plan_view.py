"""A plan of the home with the path the robot really drove."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
from hearth_core.errors import HearthError
from hearth_core.home.model import Home
from matplotlib.collections import LineCollection
from matplotlib.patches import Polygon

DrivenPath = list[tuple[float, float, float, float]]


def draw(home: Home, map_file: Path, path: DrivenPath, target: Path) -> None:
    """Write a PNG: rooms, places, the robot's map if there is one, and the path by time.

    Args:
        home: Nominal model.
        map_file: ``map.yaml`` the robot localised on; skipped when it does not exist.
        path: Time [s], x, y [m], yaw [rad] of base_footprint in home.
        target: File to write.
    """
    x_min, y_min, x_max, y_max = home.bounds
    scale = 9.0 / max(x_max - x_min, y_max - y_min)
    figure, axes = plt.subplots(
        figsize=((x_max - x_min) * scale + 1.0, (y_max - y_min) * scale + 0.8)
    )
    for room in home.rooms:
        axes.add_patch(Polygon(room.polygon, closed=True, fc="#f6f4ef", ec="#444444", lw=2.0))
        x, y = np.mean(room.polygon, axis=0)
        axes.text(x, y, room.name.replace("_", " "), ha="center", color="#999999", fontsize=9)
    for door in home.doorways:
        along = np.array([-np.sin(door.direction), np.cos(door.direction)]) * door.width / 2
        ends = np.array(door.position) + np.outer([-1.0, 1.0], along)
        axes.plot(ends[:, 0], ends[:, 1], color="#f6f4ef", lw=4.0, solid_capstyle="butt")
    for place in home.places:
        axes.add_patch(Polygon(place.footprint(), closed=True, fc="#d9d2c3", ec="#8d8674", lw=0.7))
        if place.kind in {"refrigerator", "dining_table"}:
            axes.text(
                place.pose.x,
                place.pose.y,
                place.name.replace("_", " "),
                ha="center",
                va="center",
                fontsize=7,
            )
    _draw_map(axes, map_file)
    _draw_path(figure, axes, path)
    axes.set_xlim(x_min - 0.2, x_max + 0.2)
    axes.set_ylim(y_min - 0.2, y_max + 0.2)
    axes.set_aspect("equal")
    axes.set_xlabel("x [m]")
    axes.set_ylabel("y [m]")
    axes.set_title(f"{home.name}: path driven (truth), walls as the robot mapped them")
    figure.tight_layout()
    target.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(target, dpi=110)
    plt.close(figure)


def _draw_map(axes: plt.Axes, map_file: Path) -> None:
    if not map_file.is_file():
        return
    from hearth_navigation.core.grid import OCCUPIED, load  # noqa: PLC0415 - only when there is one

    try:
        grid = load(map_file)
    except (HearthError, OSError):
        return  # the picture does without; navigation has already complained
    rows, columns = np.nonzero(grid.cells == OCCUPIED)
    axes.plot(
        grid.origin[0] + (columns + 0.5) * grid.resolution,
        grid.origin[1] + (rows + 0.5) * grid.resolution,
        ",",
        color="#b03030",
    )


def _draw_path(figure: plt.Figure, axes: plt.Axes, path: DrivenPath) -> None:
    if len(path) < 2:
        return
    track = np.array(path)
    points = track[:, 1:3]
    segments = np.stack([points[:-1], points[1:]], axis=1)
    lines = LineCollection(segments.tolist(), cmap="viridis", lw=2.5, zorder=5)
    lines.set_array(track[:-1, 0] - track[0, 0])
    axes.add_collection(lines)
    axes.plot(*points[0], "o", color="#2f6fde", ms=8, zorder=6)
    axes.plot(*points[-1], "s", color="#d8432f", ms=8, zorder=6)
    figure.colorbar(lines, ax=axes, label="time [s]", shrink=0.7)
