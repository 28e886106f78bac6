"""Appliances: insulated boxes, ranges, machines with drums. Built from their places' layouts."""

from __future__ import annotations

from hearth_core.home import Place, Surface
from hearth_core.home.catalogue.appliances import FRIDGE_DOOR, PLATE, WALL

from hearth_sim.core.home.articulation import Moving, add_handle, add_leaf, add_moving
from hearth_sim.core.home.workshop import Body, Workshop

Span = tuple[float, float]
"""From, to [m]."""


def hollow(
    shop: Workshop, body: Body, room: tuple[Span, Span, Span], wall: float, finish: str
) -> None:
    """A box open at the front (+x): back, two sides, floor and ceiling, around x, y, z."""
    x, y, z = room
    depth, width, height = x[1] - x[0], y[1] - y[0], z[1] - z[0]
    mid_x, mid_y, mid_z = (x[0] + x[1]) / 2, (y[0] + y[1]) / 2, (z[0] + z[1]) / 2
    shop.box(body, (x[0] + wall / 2, mid_y, mid_z), (wall, width, height), finish)
    for side in (-1.0, 1.0):
        edge = mid_y + side * (width / 2 - wall / 2)
        shop.box(body, (mid_x, edge, mid_z), (depth, wall, height), finish)
        level = mid_z + side * (height / 2 - wall / 2)
        shop.box(body, (mid_x, mid_y, level), (depth, width, wall), finish)


def lining(shop: Workshop, body: Body, room: tuple[Span, Span, Span], finish: str) -> None:
    """What one sees inside a hollow box, a hair before its walls. Only to be seen."""
    x, y, z = room
    thin = 0.002
    hollow_sizes = (x[1] - x[0], y[1] - y[0], z[1] - z[0])
    centre = ((x[0] + x[1]) / 2, (y[0] + y[1]) / 2, (z[0] + z[1]) / 2)
    shop.box(
        body,
        (x[0], centre[1], centre[2]),
        (thin, hollow_sizes[1], hollow_sizes[2]),
        finish,
        solid=False,
    )
    for edge in y:
        shop.box(
            body,
            (centre[0], edge, centre[2]),
            (hollow_sizes[0], thin, hollow_sizes[2]),
            finish,
            solid=False,
        )
    for level in z:
        shop.box(
            body,
            (centre[0], centre[1], level),
            (hollow_sizes[0], hollow_sizes[1], thin),
            finish,
            solid=False,
        )


def plate(shop: Workshop, body: Body, surface: Surface, thickness: float, finish: str) -> None:
    """A shelf whose upper face is the surface."""
    x, y = surface.rectangle.centre
    size = (*surface.rectangle.size, thickness)
    shop.box(body, (x, y, surface.height - thickness / 2), size, finish)


def refrigerator(shop: Workshop, body: Body, place: Place) -> list[Moving]:
    """One or two compartments with glass shelves behind insulated doors."""
    depth, width, height = place.size
    x = (-depth / 2, depth / 2 - FRIDGE_DOOR - 0.004)
    y = (-width / 2, width / 2)
    main = place.joint("door").panel
    # The leaf leaves a gap of 3 mm above and below.
    reach = main.size[2] / 2 + 0.003
    low, high = main.centre[2] - reach, main.centre[2] + reach
    hollow(shop, body, (x, y, (low, high)), WALL, place.finish)
    inner_y = (y[0] + WALL + 0.001, y[1] - WALL - 0.001)
    inner_z = (low + WALL - 0.003, high - WALL - 0.001)
    inner_x = (x[0] + WALL + 0.002, x[1] - 0.002)
    lining(shop, body, (inner_x, inner_y, inner_z), "liner")
    for surface in place.surfaces[1:]:
        plate(shop, body, surface, PLATE, "glass_plate")
        rect = surface.rectangle
        front = (rect.x_max - 0.004, 0.0, surface.height - PLATE / 2)
        shop.box(body, front, (0.010, rect.size[1], PLATE + 0.004), "white", solid=False)
    floor = place.surfaces[0]
    size = (*floor.rectangle.size, 0.001)
    shop.box(body, (*floor.rectangle.centre, floor.height), size, "liner", solid=False)
    base = place.elevation
    if low - base > 0.3:
        shop.box(
            body,
            ((x[0] + x[1]) / 2, 0.0, (base + 0.04 + low) / 2),
            (x[1] - x[0], width, low - base - 0.04),
            place.finish,
        )
    top = base + height
    if top - high > 0.2:
        shop.box(
            body,
            ((x[0] + x[1]) / 2, 0.0, (high + top) / 2),
            (x[1] - x[0], width, top - high),
            place.finish,
        )
    plinth = (depth - 0.12, width - 0.02, 0.06)
    shop.box(body, (-0.03, 0.0, base + 0.03), plinth, "rubber")
    moving = []
    for joint in place.joints:
        part = add_moving(shop, body, place, joint)
        add_leaf(shop, part, place.finish, "liner")
        moving.append(part)
    return moving


def oven(shop: Workshop, body: Body, place: Place) -> list[Moving]:
    """A range: plinth drawer, oven chamber, control panel and hob."""
    depth, width, height = place.size
    base = place.elevation
    door = place.joint("door").panel
    low, high = door.centre[2] - door.size[2] / 2, door.centre[2] + door.size[2] / 2
    x = (-depth / 2, depth / 2 - door.size[0] - 0.003)
    y = (-width / 2, width / 2)
    hollow(shop, body, (x, y, (low, high)), 0.04, place.finish)
    lining(
        shop,
        body,
        ((x[0] + 0.043, x[1] - 0.002), (y[0] + 0.042, y[1] - 0.042), (low + 0.042, high - 0.042)),
        "rubber",
    )
    plate(shop, body, place.surface("rack"), 0.008, "steel")
    mid = (x[0] + x[1]) / 2
    shop.box(
        body,
        (mid, 0.0, (base + low) / 2 + 0.02),
        (x[1] - x[0], width, low - base - 0.04),
        place.finish,
    )
    panel_height = base + height - high - 0.012
    shop.box(
        body,
        (0.0, 0.0, high + panel_height / 2),
        (depth, width, panel_height),
        place.finish,
    )
    hob = base + height
    shop.box(body, (0.0, 0.0, hob - 0.006), (depth - 0.02, width - 0.02, 0.012), "screen")
    for dx in (-0.13, 0.13):
        for dy in (-0.13, 0.13):
            shop.cylinder(body, (dx, dy, hob), 0.085, 0.001, "rubber", solid=False)
    for i in range(4):
        knob = (depth / 2 + 0.008, (i - 1.5) * 0.11, high + panel_height / 2)
        shop.box(body, knob, (0.016, 0.03, 0.03), "steel", solid=False)
    part = add_moving(shop, body, place, place.joint("door"))
    add_leaf(shop, part, place.finish)
    window = (door.centre[0] + door.size[0] / 2, 0.0, door.centre[2] - 0.03)
    shop.box(
        part.body,
        part.local(window),
        (0.004, 0.7 * door.size[1], 0.5 * door.size[2]),
        "screen",
        solid=False,
    )
    return [part]


def dishwasher(shop: Workshop, body: Body, place: Place) -> list[Moving]:
    """A chamber with two racks under a worktop."""
    depth, width, height = place.size
    base = place.elevation
    door = place.joint("door").panel
    low, high = door.centre[2] - door.size[2] / 2, door.centre[2] + door.size[2] / 2
    x = (-depth / 2, depth / 2 - door.size[0] - 0.003)
    y = (-width / 2 + 0.003, width / 2 - 0.003)
    hollow(shop, body, (x, y, (low, high)), 0.025, place.finish)
    lining(
        shop,
        body,
        ((x[0] + 0.028, x[1] - 0.002), (y[0] + 0.027, y[1] - 0.027), (low + 0.027, high - 0.027)),
        "steel",
    )
    for name in ("lower_rack", "upper_rack"):
        plate(shop, body, place.surface(name), 0.01, "grey")
    mid = (x[0] + x[1]) / 2
    shop.box(
        body,
        (mid - 0.03, 0.0, base + (low - base) / 2),
        (x[1] - x[0], width - 0.02, low - base),
        "rubber",
    )
    top = base + height
    shop.box(body, (0.0, 0.0, (high + top) / 2), (depth, width, top - high - 0.004), "worktop")
    part = add_moving(shop, body, place, place.joint("door"))
    add_leaf(shop, part, place.finish, "steel")
    display = (door.centre[0] + door.size[0] / 2, 0.0, high - 0.012)
    shop.box(part.body, part.local(display), (0.002, 0.25, 0.012), "screen", solid=False)
    return [part]


def front_loader(shop: Workshop, body: Body, place: Place) -> list[Moving]:
    """A washing machine or dryer: a square tunnel for a drum and a round door."""
    depth, width, _ = place.size
    base, top = place.elevation, place.elevation + place.size[2]
    door = place.joint("door").panel
    radius = door.size[1] / 2
    middle = door.centre[2]
    front = depth / 2 - door.size[0] - 0.003
    span = front + depth / 2
    mid = (front - depth / 2) / 2
    drum = radius - 0.03
    shop.box(
        body,
        (mid, 0.0, (middle + drum + top) / 2),
        (span, width, top - middle - drum),
        place.finish,
    )
    shop.box(
        body,
        (mid, 0.0, (base + middle - drum) / 2),
        (span, width, middle - drum - base),
        place.finish,
    )
    for side in (-1.0, 1.0):
        strip = width / 2 - drum
        shop.box(
            body, (mid, side * (drum + strip / 2), middle), (span, strip, 2 * drum), place.finish
        )
    shop.box(body, (-depth / 2 + 0.03, 0.0, middle), (0.06, 2 * drum, 2 * drum), "steel")
    level = place.surface("drum").height
    floor_height = level - (middle - drum)
    if floor_height > 0.004:
        shop.box(
            body,
            (mid, 0.0, level - floor_height / 2),
            (span - 0.02, 2 * drum, floor_height),
            "steel",
        )
    shop.box(
        body, (front + 0.002, 0.0, top - 0.07), (0.004, width - 0.04, 0.10), "grey", solid=False
    )
    shop.cylinder(body, (front, 0.10, top - 0.07), 0.03, 0.03, "steel", solid=False).quat = [
        0.7071,
        0.0,
        0.7071,
        0.0,
    ]
    shop.box(body, (front + 0.005, -0.12, top - 0.07), (0.004, 0.16, 0.05), "screen", solid=False)
    part = add_moving(shop, body, place, place.joint("door"))
    centre = part.local(door.centre)
    disc = shop.cylinder(part.body, centre, radius, door.size[0], "steel", mass=3.0)
    glass = shop.cylinder(
        part.body,
        (centre[0] + 0.002, centre[1], centre[2]),
        0.72 * radius,
        door.size[0],
        "screen",
        solid=False,
    )
    disc.quat = glass.quat = [0.7071068, 0.0, 0.7071068, 0.0]
    if part.joint.handle is not None:
        add_handle(shop, part, part.joint.handle)
    return [part]


def microwave(shop: Workshop, body: Body, place: Place) -> list[Moving]:
    """A small chamber; keys beside the door."""
    depth, width, height = place.size
    base = place.elevation
    door = place.joint("door").panel
    x = (-depth / 2, depth / 2 - door.size[0] - 0.002)
    y = (door.centre[1] - door.size[1] / 2, door.centre[1] + door.size[1] / 2)
    hollow(shop, body, (x, y, (base, base + height)), 0.022, place.finish)
    lining(
        shop,
        body,
        (
            (x[0] + 0.024, x[1] - 0.002),
            (y[0] + 0.024, y[1] - 0.024),
            (base + 0.024, base + height - 0.024),
        ),
        "liner",
    )
    tray = place.surface("tray")
    shop.cylinder(body, (0.0, door.centre[1], tray.height - 0.004), 0.13, 0.008, "glass_plate")
    keys = width - door.size[1]
    side = -1.0 if door.centre[1] > 0 else 1.0
    edge = side * (width / 2 - keys / 2)
    shop.box(body, (0.0, edge, base + height / 2), (depth, keys - 0.003, height), place.finish)
    shop.box(
        body,
        (depth / 2, edge, base + 0.75 * height),
        (0.003, 0.7 * keys, 0.035),
        "screen",
        solid=False,
    )
    part = add_moving(shop, body, place, place.joint("door"))
    add_leaf(shop, part, place.finish)
    face = (door.centre[0] + door.size[0] / 2, door.centre[1], door.centre[2])
    shop.box(
        part.body,
        part.local(face),
        (0.003, 0.65 * door.size[1], 0.7 * door.size[2]),
        "screen",
        solid=False,
    )
    return [part]
