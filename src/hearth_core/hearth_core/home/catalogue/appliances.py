"""Appliances that open: their compartments, doors and handles."""

from __future__ import annotations

from hearth_core.home.catalogue.kinds import Layout, PlaceKind, Variant
from hearth_core.home.catalogue.rules import bottom_door, rectangle, side_door
from hearth_core.home.model import Panel, Rectangle, Surface, Vec3

WALL = 0.045
"""Insulated walls of a refrigerator [m]."""
FRIDGE_DOOR = 0.065
SHELF_SPACING = 0.30
"""A hand that holds a litre carton fits between two refrigerator shelves [m]."""
PLATE = 0.008
"""Glass shelves [m]."""
WHITE_GOODS = ("white", "steel", "anthracite")


def refrigerator(size: Vec3, elevation: float, variant: Variant) -> Layout:
    """A tall door with a vertical bar; a freezer below, above or not at all.

    Shelves are 0.30 m apart around one at about 0.95 m, the height a robot reaches best.
    """
    depth, width, height = size
    low, high, reference = {
        "bottom_freezer": (0.36 * height, height, 0.98),
        "top_freezer": (0.06, 0.72 * height, 0.90),
        "larder": (0.06, height, 0.90),
    }[variant.model]
    low, high, reference = low + elevation, high + elevation, reference + elevation
    leaf_x = depth / 2 - FRIDGE_DOOR / 2
    leaf = Panel((leaf_x, 0.0, (low + high) / 2), (FRIDGE_DOOR, width, high - low - 0.006))
    joints = [
        side_door(
            "door",
            leaf,
            variant.hinge,
            2.1,
            handle_height=min(elevation + 1.05, high - 0.26),
            handle_length=0.40,
            diameter=0.022,
            standoff=0.055,
            latch_force=20.0,
            inset=0.06,
        )
    ]
    if variant.model != "larder":
        bottom = variant.model == "bottom_freezer"
        z = (elevation + 0.05, low) if bottom else (high, elevation + height)
        panel = Panel((leaf_x, 0.0, (z[0] + z[1]) / 2), (FRIDGE_DOOR, width, z[1] - z[0] - 0.006))
        # The freezer has a recessed grip: no bar to confuse with the door's.
        joints.append(
            side_door("freezer", panel, variant.hinge, 2.1, handle_height=None, latch_force=20.0)
        )
    floor, ceiling = low + WALL, high - WALL
    levels = [floor] + [
        reference + k * SHELF_SPACING
        for k in range(-3, 4)
        if reference + k * SHELF_SPACING > floor + 0.17
    ]
    levels = [level for level in levels if level < ceiling - 0.16]
    rect = Rectangle(
        -depth / 2 + WALL,
        -width / 2 + WALL,
        depth / 2 - FRIDGE_DOOR - 0.025,
        width / 2 - WALL,
    )
    ends = [level - PLATE for level in levels[1:]] + [ceiling]
    shelves = [
        Surface(f"shelf_{i}", level, rect, end - level, "door")
        for i, (level, end) in enumerate(zip(levels, ends, strict=True), 1)
    ]
    return Layout(tuple(shelves), tuple(joints))


def oven(size: Vec3, elevation: float, _variant: Variant) -> Layout:
    """A range: hob on top, a door that folds down, one rack."""
    depth, width, height = size
    bottom, top = elevation + 0.14, elevation + height - 0.14
    door = Panel(
        (depth / 2 - 0.02, 0.0, (bottom + top) / 2), (0.04, width - 0.01, top - bottom - 0.006)
    )
    rack = Rectangle(-depth / 2 + 0.06, -width / 2 + 0.06, depth / 2 - 0.07, width / 2 - 0.06)
    level = bottom + 0.5 * (top - bottom)
    return Layout(
        (
            Surface("hob", elevation + height, rectangle(size, 0.03)),
            Surface("rack", level, rack, top - level - 0.03, "door"),
        ),
        (bottom_door("door", door, 1.5, 18.0),),
    )


def dishwasher(size: Vec3, elevation: float, _variant: Variant) -> Layout:
    """A door that folds down, a lower and an upper rack; a worktop above it."""
    depth, width, height = size
    bottom, top = elevation + 0.10, elevation + height - 0.05
    door = Panel(
        (depth / 2 - 0.02, 0.0, (bottom + top) / 2), (0.04, width - 0.006, top - bottom - 0.006)
    )
    rack = Rectangle(-depth / 2 + 0.05, -width / 2 + 0.05, depth / 2 - 0.07, width / 2 - 0.05)
    return Layout(
        (
            Surface("top", elevation + height, rectangle(size)),
            Surface("lower_rack", bottom + 0.12, rack, 0.25, "door"),
            Surface("upper_rack", bottom + 0.42, rack, top - bottom - 0.45, "door"),
        ),
        (bottom_door("door", door, 1.5, 15.0),),
    )


def front_loader(size: Vec3, elevation: float, variant: Variant) -> Layout:
    """Washing machine or dryer: a side-hinged door, a drum and a top."""
    depth, width, height = size
    middle = elevation + 0.52 * height
    diameter = min(0.40, width - 0.16)
    door = Panel((depth / 2 - 0.02, 0.0, middle), (0.04, diameter, diameter))
    drum = Rectangle(-depth / 2 + 0.08, -0.16, depth / 2 - 0.08, 0.16)
    return Layout(
        (
            Surface("top", elevation + height, rectangle(size)),
            Surface("drum", middle - 0.17, drum, 0.32, "door"),
        ),
        (
            side_door(
                "door",
                door,
                variant.hinge,
                2.4,
                handle_height=middle,
                handle_length=0.12,
                diameter=0.018,
                standoff=0.035,
                latch_force=15.0,
                inset=0.035,
            ),
        ),
    )


def microwave(size: Vec3, elevation: float, variant: Variant) -> Layout:
    """A box on a counter with a side-hinged door; controls beside it."""
    depth, width, height = size
    sign = 1.0 if variant.hinge.value == "left" else -1.0
    door_width = 0.72 * width
    y = -sign * (width - door_width) / 2
    middle = elevation + height / 2
    door = Panel((depth / 2 - 0.0125, y, middle), (0.025, door_width, height - 0.012))
    tray = Rectangle(
        -depth / 2 + 0.04,
        y - door_width / 2 + 0.03,
        depth / 2 - 0.04,
        y + door_width / 2 - 0.03,
    )
    return Layout(
        (
            Surface("top", elevation + height, rectangle(size)),
            Surface("tray", elevation + 0.03, tray, height - 0.06, "door"),
        ),
        (
            side_door(
                "door",
                door,
                variant.hinge,
                1.9,
                handle_height=middle,
                handle_length=0.18,
                standoff=0.035,
                latch_force=10.0,
                inset=0.035,
            ),
        ),
    )


APPLIANCES: tuple[PlaceKind, ...] = (
    PlaceKind(
        "refrigerator", (0.68, 0.72, 1.85), refrigerator, ("fridge", "icebox"), ("kitchen",),
        ("bottom_freezer", "top_freezer", "larder"), WHITE_GOODS, appliance=True,
        spread=(0.04, 0.1, 0.03),
    ),
    PlaceKind(
        "oven", (0.60, 0.60, 0.90), oven, ("stove", "cooker", "range"), ("kitchen",), ("",),
        WHITE_GOODS, appliance=True, spread=(0.0, 0.08, 0.0),
    ),
    PlaceKind(
        "dishwasher", (0.60, 0.60, 0.90), dishwasher, (), ("kitchen",), ("",), WHITE_GOODS,
        appliance=True,
    ),
    PlaceKind(
        "washing_machine", (0.60, 0.60, 0.86), front_loader, ("washer",),
        ("utility", "bathroom", "kitchen"), ("",), WHITE_GOODS, appliance=True,
        spread=(0.05, 0.02, 0.01),
    ),
    PlaceKind(
        "dryer", (0.60, 0.60, 0.86), front_loader, ("tumble_dryer",), ("utility",), ("",),
        WHITE_GOODS, appliance=True,
    ),
    PlaceKind(
        "microwave", (0.36, 0.48, 0.28), microwave, ("microwave_oven",), ("kitchen",), ("",),
        ("anthracite", "white", "steel"), elevation=0.90, appliance=True,
        spread=(0.05, 0.05, 0.05),
    ),
)  # fmt: skip
