"""Furniture: usual sizes, where it stands, what it carries and what opens."""

from __future__ import annotations

from hearth_core.home.catalogue.kinds import Layout, PlaceKind, Variant
from hearth_core.home.catalogue.rules import (
    BOARD,
    drawer,
    rectangle,
    shelf_levels,
    shelves,
    side_door,
    top,
)
from hearth_core.home.model import Articulation, Panel, Rectangle, Side, Surface, Vec3

FRONT = 0.018
"""Thickness of doors and drawer fronts [m]."""
GAP = 0.003


def _front(size: Vec3, y: float, width: float, low: float, high: float) -> Panel:
    centre = (size[0] / 2 - FRONT / 2, y, (low + high) / 2)
    return Panel(centre, (FRONT, width - 2 * GAP, high - low - 2 * GAP))


def _doors(size: Vec3, low: float, high: float, hinge: Side, handle: float) -> list[Articulation]:
    """One door up to 0.6 m of width, a pair beyond."""
    if size[1] <= 0.62:
        panel = _front(size, 0.0, size[1], low, high)
        return [side_door("door", panel, hinge, 1.75, handle_height=handle)]
    half = size[1] / 2
    left = _front(size, -half / 2, half, low, high)
    right = _front(size, half / 2, half, low, high)
    return [
        side_door("door_left", left, Side.LEFT, 1.75, handle_height=handle),
        side_door("door_right", right, Side.RIGHT, 1.75, handle_height=handle),
    ]


def _inside(size: Vec3, levels: list[float], high: float, joint: str) -> list[Surface]:
    """Boards behind fronts; what the left door of a pair hides is named by that door."""
    rect = Rectangle(
        -size[0] / 2 + BOARD, -size[1] / 2 + BOARD, size[0] / 2 - 0.05, size[1] / 2 - BOARD
    )
    ends = [*levels[1:], high]
    return [
        Surface(f"shelf_{i}", level, rect, end - level - BOARD, joint)
        for i, (level, end) in enumerate(zip(levels, ends, strict=True), 1)
    ]


def cupboard(size: Vec3, elevation: float, variant: Variant) -> Layout:
    """Boards behind one or two doors, on the floor or on the wall."""
    low = elevation + (0.08 if elevation == 0.0 else 0.0)
    high = elevation + size[2]
    # Where hands are: near the top of low doors, the bottom of high ones, halfway of tall ones.
    handle = high - 0.18 if elevation == 0.0 else low + 0.15
    if size[2] >= 1.2:
        handle = 1.05
    joints = _doors(size, low, high, variant.hinge, handle)
    levels = shelf_levels(low + BOARD, high - BOARD, 0.36)
    surfaces = _inside(size, levels, high, joints[0].name)
    if high < 1.6:
        surfaces.append(Surface("top", high, rectangle(size)))
    return Layout(tuple(surfaces), tuple(joints))


def drawers(size: Vec3, _elevation: float, _variant: Variant) -> Layout:
    """A stack of drawers, ``drawer_1`` the lowest, and a top."""
    low, high = 0.06, size[2] - BOARD
    count = max(1, round((high - low) / 0.22))
    step = (high - low) / count
    travel = size[0] - 0.12
    joints, surfaces = [], [Surface("top", size[2], rectangle(size))]
    for i in range(count):
        bottom = low + i * step
        panel = _front(size, 0.0, size[1], bottom, bottom + step)
        joints.append(drawer(f"drawer_{i + 1}", panel, travel))
        rect = Rectangle(
            -size[0] / 2 + 0.05, -size[1] / 2 + 0.05, size[0] / 2 - 0.04, size[1] / 2 - 0.05
        )
        level = bottom + 0.03
        surfaces.append(Surface(f"drawer_{i + 1}", level, rect, step - 0.05, f"drawer_{i + 1}"))
    return Layout(tuple(surfaces), tuple(joints))


def sink_counter(size: Vec3, _elevation: float, _variant: Variant) -> Layout:
    """A worktop with a basin in the middle; ``top`` is the board left of the basin."""
    x, y = size[0] / 2, size[1] / 2
    half = min(0.20, 0.6 * y)
    basin = Rectangle(-x + 0.10, -half, x - 0.10, half)
    return Layout(
        (
            Surface("top", size[2], Rectangle(-x, -y, x, -half - 0.02)),
            Surface("top_right", size[2], Rectangle(-x, half + 0.02, x, y)),
            Surface("basin", size[2] - 0.16, basin),
        )
    )


def seat(size: Vec3, _elevation: float, _variant: Variant) -> Layout:
    """Sofas and armchairs: the cushion between the arms, before the back."""
    rect = Rectangle(
        -size[0] / 2 + 0.25, -size[1] / 2 + 0.2, size[0] / 2 - 0.04, size[1] / 2 - 0.2
    )
    return Layout((Surface("seat", 0.43, rect),))


def tv(size: Vec3, _elevation: float, _variant: Variant) -> Layout:
    """The board before the television."""
    x, y = size[0] / 2, size[1] / 2
    return Layout((Surface("top", 0.45, Rectangle(-x + 0.16, -y, x, y)),))


def bedside(size: Vec3, _elevation: float, _variant: Variant) -> Layout:
    """A nightstand: top and one drawer."""
    panel = _front(size, 0.0, size[1], size[2] - 0.22, size[2] - BOARD)
    inner = Rectangle(
        -size[0] / 2 + 0.05, -size[1] / 2 + 0.05, size[0] / 2 - 0.04, size[1] / 2 - 0.05
    )
    return Layout(
        (
            Surface("top", size[2], rectangle(size)),
            Surface("drawer", size[2] - 0.19, inner, 0.15, "drawer"),
        ),
        (drawer("drawer", panel, size[0] - 0.12, 0.12),),
    )


WOODS = ("oak", "walnut", "pine", "white")
CLOTHS = ("grey", "navy", "beige", "teal", "olive", "brown")
_SOME = (0.12, 0.15, 0.05)

FURNITURE: tuple[PlaceKind, ...] = (
    PlaceKind(
        "dining_table", (0.90, 1.60, 0.74), top(), ("table", "dinner_table"), ("dining", "living"),
        ("legs", "pedestal"), WOODS, loose=True, spread=(0.1, 0.2, 0.03),
    ),
    PlaceKind(
        "chair", (0.46, 0.44, 0.86), top(0.02, 0.45, "seat"), (), ("dining", "office"), ("",),
        (*WOODS, "black"), loose=True, spread=(0.05, 0.05, 0.05),
    ),
    PlaceKind(
        "stool", (0.36, 0.36, 0.46), top(0.02), (), ("kitchen", "bedroom"), ("",), WOODS,
        loose=True, spread=(0.1, 0.1, 0.2),
    ),
    PlaceKind(
        "sofa", (0.90, 2.00, 0.82), seat, ("couch", "settee"), ("living",), ("",), CLOTHS,
        loose=True, spread=(0.06, 0.25, 0.05),
    ),
    PlaceKind(
        "armchair", (0.80, 0.80, 0.85), seat, ("easy_chair",), ("living", "bedroom"), ("",),
        CLOTHS, loose=True, spread=(0.06, 0.06, 0.08),
    ),
    PlaceKind(
        "coffee_table", (0.60, 1.05, 0.42), top(), (), ("living",), ("legs", "box"), WOODS,
        loose=True, spread=(0.15, 0.2, 0.1),
    ),
    PlaceKind(
        "side_table", (0.45, 0.45, 0.55), top(), (), ("living", "bedroom", "hall"),
        ("legs", "pedestal"), WOODS, loose=True, spread=(0.1, 0.1, 0.1),
    ),
    PlaceKind(
        "tv_stand", (0.40, 1.60, 1.15), tv, ("tv", "television"), ("living",), ("",), WOODS,
        spread=(0.1, 0.2, 0.1),
    ),
    PlaceKind(
        "bookshelf", (0.30, 0.80, 1.85), shelves(0.35, with_top=False), ("bookcase", "shelf"),
        ("living", "office", "bedroom"), ("",), WOODS, spread=(0.1, 0.3, 0.1),
    ),
    PlaceKind(
        "storage_rack", (0.40, 0.90, 1.60), shelves(0.40, with_top=False), ("rack",),
        ("utility", "storage"), ("",), ("steel", "pine"), spread=_SOME,
    ),
    PlaceKind(
        "shoe_rack", (0.30, 0.80, 0.50), shelves(0.22), (), ("hall",), ("",), WOODS,
        spread=(0.05, 0.2, 0.1),
    ),
    PlaceKind(
        "console", (0.26, 0.90, 0.80), top(), ("console_table",), ("hall",), ("legs",), WOODS,
        spread=(0.08, 0.2, 0.05),
    ),
    PlaceKind(
        "desk", (0.65, 1.30, 0.74), top(), ("writing_desk",), ("office", "bedroom", "living"),
        ("legs",), WOODS, spread=(0.1, 0.15, 0.02),
    ),
    PlaceKind(
        "office_chair", (0.58, 0.58, 1.00), top(0.08, 0.48, "seat"), ("swivel_chair",),
        ("office", "bedroom"), ("",), ("black", "grey", "navy"), loose=True,
    ),
    PlaceKind(
        "bed", (2.05, 1.60, 0.95), top(0.1, 0.52, "mattress"), (), ("bedroom",), ("",),
        ("oak", "walnut", "white", "grey"), spread=(0.02, 0.25, 0.08),
    ),
    PlaceKind(
        "nightstand", (0.40, 0.45, 0.50), bedside, ("bedside_table", "night_table"), ("bedroom",),
        ("",), WOODS, spread=(0.08, 0.1, 0.1),
    ),
    PlaceKind(
        "wardrobe", (0.60, 1.50, 2.05), cupboard, ("closet",), ("bedroom", "hall"), ("",), WOODS,
        spread=(0.03, 0.3, 0.05),
    ),
    PlaceKind(
        "dresser", (0.45, 0.90, 0.85), drawers, ("chest_of_drawers", "drawers"), ("bedroom",),
        ("",), WOODS, spread=(0.05, 0.2, 0.1),
    ),
    PlaceKind(
        "counter", (0.60, 0.80, 0.90), cupboard, ("worktop", "kitchen_counter", "countertop"),
        ("kitchen",), ("",), ("white", "oak", "anthracite", "navy"), spread=(0.0, 0.3, 0.01),
    ),
    PlaceKind(
        "sink_counter", (0.60, 0.90, 0.90), sink_counter, ("sink", "kitchen_sink"),
        ("kitchen", "utility"), ("",), ("white", "oak", "anthracite", "navy"),
        spread=(0.0, 0.1, 0.01),
    ),
    PlaceKind(
        "wall_cabinet", (0.35, 0.80, 0.70), cupboard, ("upper_cabinet",), ("kitchen",), ("",),
        ("white", "oak", "anthracite", "navy"), elevation=1.45, spread=(0.0, 0.3, 0.05),
    ),
    PlaceKind(
        "cupboard", (0.45, 0.90, 0.95), cupboard, ("cabinet", "sideboard"),
        ("kitchen", "dining", "utility", "hall"), ("",), WOODS, spread=(0.1, 0.3, 0.15),
    ),
    PlaceKind(
        "kitchen_island", (0.80, 1.40, 0.92), top(), ("island",), ("kitchen",), ("box",),
        ("white", "oak", "anthracite"), spread=(0.1, 0.2, 0.02),
    ),
    PlaceKind(
        "washbasin", (0.48, 0.65, 0.86), top(0.0), ("bathroom_sink", "vanity"), ("bathroom",),
        spread=(0.05, 0.2, 0.02),
    ),
    PlaceKind("toilet", (0.68, 0.38, 0.80), aliases=("wc", "lavatory"), rooms=("bathroom",)),
    PlaceKind(
        "bathtub", (0.75, 1.70, 0.56), aliases=("bath", "tub"), rooms=("bathroom",),
        spread=(0.06, 0.06, 0.04),
    ),
    PlaceKind("shower", (0.90, 0.90, 2.00), rooms=("bathroom",), spread=(0.05, 0.1, 0.0)),
    PlaceKind(
        "plant", (0.40, 0.40, 1.10), aliases=("pot_plant",), rooms=("living", "hall", "office"),
        finishes=("brown", "white", "anthracite"), loose=True, spread=(0.2, 0.0, 0.35),
    ),
    PlaceKind(
        "floor_lamp", (0.32, 0.32, 1.60), aliases=("standard_lamp",),
        rooms=("living", "bedroom", "office"), finishes=("black", "steel"), loose=True,
        spread=(0.1, 0.0, 0.1),
    ),
    PlaceKind(
        "laundry_basket", (0.40, 0.50, 0.55), aliases=("hamper",), rooms=("bathroom", "utility"),
        finishes=("beige", "grey", "white"), loose=True, spread=(0.1, 0.1, 0.1),
    ),
    PlaceKind(
        "trash_bin", (0.30, 0.30, 0.55), aliases=("bin", "waste_bin"),
        rooms=("kitchen", "office", "bathroom"), finishes=("anthracite", "steel", "white"),
        loose=True, spread=(0.1, 0.1, 0.2),
    ),
    PlaceKind(
        "rug", (1.60, 2.30, 0.006), aliases=("carpet",), rooms=("living", "bedroom"),
        finishes=("beige", "navy", "red", "teal", "grey"), flat=True, loose=True,
        spread=(0.2, 0.2, 0.0),
    ),
)  # fmt: skip
