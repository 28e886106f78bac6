"""Rules that several kinds share: tops, shelves, doors and drawers."""

from __future__ import annotations

from hearth_core.home.catalogue.kinds import Layout, LayoutRule, Variant
from hearth_core.home.model import (
    Articulation,
    Handle,
    JointKind,
    Orientation,
    Panel,
    Rectangle,
    Side,
    Surface,
    Vec3,
)

BOARD = 0.02
"""Thickness of boards and tops [m]."""


def rectangle(size: Vec3, inset: float = 0.0) -> Rectangle:
    """The footprint, shrunk by ``inset`` [m]."""
    x, y = size[0] / 2 - inset, size[1] / 2 - inset
    return Rectangle(-x, -y, x, y)


def top(inset: float = 0.0, height: float | None = None, name: str = "top") -> LayoutRule:
    """One surface on top (or at ``height`` above the lower side), shrunk by ``inset``."""

    def rule(size: Vec3, elevation: float, _variant: Variant) -> Layout:
        level = elevation + (size[2] if height is None else height)
        return Layout((Surface(name, level, rectangle(size, inset)),))

    return rule


def shelf_levels(low: float, high: float, spacing: float) -> list[float]:
    """Heights of boards from ``low``, as many as fit below ``high`` about ``spacing`` apart."""
    count = max(1, round((high - low) / spacing))
    return [low + i * (high - low) / count for i in range(count)]


def shelves(spacing: float, plinth: float = 0.06, with_top: bool = True) -> LayoutRule:
    """Open boards, ``shelf_1`` the lowest, and the top."""

    def rule(size: Vec3, elevation: float, _variant: Variant) -> Layout:
        high = size[2] - BOARD
        levels = shelf_levels(plinth + BOARD, high, spacing)
        free = levels[1] - levels[0] - BOARD if len(levels) > 1 else high - levels[0]
        inner = rectangle(size, BOARD)
        boards = [
            Surface(f"shelf_{i}", elevation + level, inner, free)
            for i, level in enumerate(levels, 1)
        ]
        if with_top:
            boards.append(Surface("top", elevation + size[2], rectangle(size)))
        return Layout(tuple(boards))

    return rule


def bar(
    centre: Vec3,
    length: float,
    orientation: Orientation,
    diameter: float = 0.014,
    standoff: float = 0.03,
) -> Handle:
    """A handle whose bar floats ``standoff`` before the face at ``centre``."""
    x = centre[0] + standoff + diameter / 2
    return Handle((x, centre[1], centre[2]), length, orientation, diameter, standoff)


def side_door(
    name: str,
    panel: Panel,
    side: Side,
    limit: float,
    *,
    handle_height: float | None,
    handle_length: float = 0.16,
    diameter: float = 0.014,
    standoff: float = 0.03,
    latch_force: float = 3.0,
    inset: float = 0.055,
) -> Articulation:
    """A door about a vertical axis; its handle is near the other edge.

    Args:
        name: Of the joint.
        panel: The closed leaf.
        side: Left or right, as seen from the front.
        limit: Widest opening [rad].
        handle_height: Of the middle of a vertical bar [m]; None: no handle.
        handle_length: Of the bar [m].
        diameter: Of the bar [m].
        standoff: Gap behind the bar [m].
        latch_force: Pull at the handle that opens it [N].
        inset: From the free edge to the bar [m].
    """
    thickness, width, _ = panel.size
    sign = 1.0 if side is Side.LEFT else -1.0
    # Someone in front looks along -x, so the left edge is the one at -y.
    hinge_y = panel.centre[1] - sign * (width / 2 - thickness / 2)
    handle = None
    if handle_height is not None:
        face = panel.centre[0] + thickness / 2
        y = panel.centre[1] + sign * (width / 2 - inset)
        vertical = Orientation.VERTICAL
        handle = bar((face, y, handle_height), handle_length, vertical, diameter, standoff)
    return Articulation(
        name,
        JointKind.HINGED,
        side,
        (panel.centre[0], hinge_y, panel.centre[2]),
        (0.0, 0.0, -sign),
        limit,
        panel,
        handle,
        latch_force,
    )


def bottom_door(name: str, panel: Panel, limit: float, latch_force: float) -> Articulation:
    """A door about a horizontal axis along its lower edge, with a wide bar at the top."""
    thickness, width, height = panel.size
    face = panel.centre[0] + thickness / 2
    top_edge = panel.centre[2] + height / 2
    handle = bar(
        (face, panel.centre[1], top_edge - 0.05), 0.7 * width, Orientation.HORIZONTAL, 0.018, 0.04
    )
    origin = (panel.centre[0], panel.centre[1], panel.centre[2] - height / 2 + thickness / 2)
    return Articulation(
        name,
        JointKind.HINGED,
        Side.BOTTOM,
        origin,
        (0.0, 1.0, 0.0),
        limit,
        panel,
        handle,
        latch_force,
    )


def drawer(name: str, panel: Panel, travel: float, handle_length: float = 0.14) -> Articulation:
    """A front that slides out, with a horizontal bar in its middle."""
    face = panel.centre[0] + panel.size[0] / 2
    middle = (face, panel.centre[1], panel.centre[2])
    return Articulation(
        name,
        JointKind.SLIDING,
        Side.NONE,
        panel.centre,
        (1.0, 0.0, 0.0),
        travel,
        panel,
        bar(middle, handle_length, Orientation.HORIZONTAL),
        2.0,
    )
