"""Things with water: sinks, toilets, tubs and showers."""

from __future__ import annotations

from hearth_core.home import Place

from hearth_sim.core.home.articulation import Moving
from hearth_sim.core.home.textures import wood
from hearth_sim.core.home.workshop import Body, Workshop


def tap(shop: Workshop, body: Body, x: float, z: float) -> None:
    """A spout that rises at ``x`` from height ``z`` and reaches forward."""
    shop.cylinder(body, (x, 0.0, z + 0.10), 0.014, 0.20, "steel")
    shop.rod(body, (x - 0.01, 0.0, z + 0.20), (x + 0.17, 0.0, z + 0.19), 0.012, "steel")


def sink_counter(shop: Workshop, body: Body, place: Place) -> list[Moving]:
    """A closed cabinet, a worktop in four pieces around a basin, and a tap."""
    depth, width, height = place.size
    basin = place.surface("basin")
    rect, floor = basin.rectangle, basin.height
    finish = wood(place.finish)
    board = 0.03
    size = (depth - 0.02, width, floor - 0.02 - 0.08)
    shop.box(body, (-0.01, 0.0, 0.08 + size[2] / 2), size, finish)
    shop.box(body, (-0.03, 0.0, 0.04), (depth - 0.08, width - 0.02, 0.08), "rubber")
    # Rings from the cabinet to the worktop, and the worktop over them.
    for low, high, material, inset in (
        (floor - 0.02, height - board, finish, 0.02),
        (height - board, height, "worktop", 0.0),
    ):
        z, rise = (low + high) / 2, high - low
        front = depth / 2 - inset
        for side in (-1.0, 1.0):
            span = width / 2 - rect.y_max
            y = side * (rect.y_max + span / 2)
            shop.box(
                body, ((front - depth / 2) / 2, y, z), (front + depth / 2, span, rise), material
            )
        inner = rect.size[1]
        back = rect.x_min + depth / 2
        shop.box(body, (-depth / 2 + back / 2, 0.0, z), (back, inner, rise), material)
        lip = front - rect.x_max
        shop.box(body, (rect.x_max + lip / 2, 0.0, z), (lip, inner, rise), material)
    centre = rect.centre
    shop.box(body, (*centre, floor - 0.009), (*rect.size, 0.018), "steel")
    rise = height - floor
    for side in (-1.0, 1.0):
        y = side * (rect.size[1] / 2 - 0.002)
        shop.box(
            body,
            (centre[0], y, floor + rise / 2),
            (rect.size[0], 0.004, rise),
            "steel",
            solid=False,
        )
        x = centre[0] + side * (rect.size[0] / 2 - 0.002)
        shop.box(
            body, (x, 0.0, floor + rise / 2), (0.004, rect.size[1], rise), "steel", solid=False
        )
    for side in (-1.0, 1.0):
        panel = (0.018, width / 2 - 0.006, floor - 0.12)
        at = (depth / 2 - 0.011, side * width / 4, 0.09 + panel[2] / 2)
        shop.box(body, at, panel, finish, solid=False)
        grip = (depth / 2, side * 0.04, floor - 0.10)
        shop.box(body, grip, (0.012, 0.012, 0.12), "steel", solid=False)
    tap(shop, body, -depth / 2 + 0.06, height)
    return []


def washbasin(shop: Workshop, body: Body, place: Place) -> list[Moving]:
    """A cabinet with a basin and a mirror above."""
    depth, width, height = place.size
    size = (depth - 0.04, width - 0.04, height - 0.30)
    shop.box(body, (-0.02, 0.0, 0.18 + size[2] / 2), size, "wood_oak")
    shop.box(body, (0.0, 0.0, height - 0.06), (depth, width, 0.12), "porcelain")
    bowl = (0.6 * depth, 0.6 * width, 0.002)
    shop.ellipsoid(body, (0.03, 0.0, height), (bowl[0], bowl[1], 0.006), "grey", solid=False)
    shop.box(body, (-0.05, 0.0, 0.09), (depth - 0.16, width - 0.2, 0.18), "rubber")
    tap(shop, body, -depth / 2 + 0.06, height)
    mirror = (-depth / 2 + 0.01, 0.0, 1.55)
    shop.box(body, mirror, (0.02, 0.9 * width, 0.75), "water")
    return []


def toilet(shop: Workshop, body: Body, place: Place) -> list[Moving]:
    """Bowl, seat and cistern."""
    depth, width, height = place.size
    tank = 0.18
    shop.box(body, (-depth / 2 + tank / 2, 0.0, 0.60), (tank, width, height - 0.40), "porcelain")
    shop.box(body, (-depth / 2 + 0.22, 0.0, 0.19), (0.44, 0.6 * width, 0.38), "porcelain")
    reach = depth - tank - 0.04
    centre = (depth / 2 - reach / 2, 0.0, 0.40)
    shop.ellipsoid(body, (centre[0], 0.0, 0.28), (reach, 0.85 * width, 0.30), "porcelain")
    shop.cylinder(body, centre, 0.48 * width, 0.04, "white")
    shop.box(body, (-depth / 2 + tank / 2, 0.0, height), (0.05, 0.08, 0.01), "steel")
    return []


def bathtub(shop: Workshop, body: Body, place: Place) -> list[Moving]:
    """Four walls and a raised floor."""
    depth, width, height = place.size
    rim = 0.07
    shop.box(body, (0.0, 0.0, 0.06), (depth, width, 0.12), "porcelain")
    for side in (-1.0, 1.0):
        x, y = side * (depth - rim) / 2, side * (width - rim) / 2
        z = (height + 0.12) / 2
        shop.box(body, (x, 0.0, z), (rim, width, height - 0.12), "porcelain")
        shop.box(body, (0.0, y, z), (depth - 2 * rim, rim, height - 0.12), "porcelain")
    shop.rod(
        body,
        (0.0, -width / 2 + 0.03, height),
        (0.0, -width / 2 + 0.15, height + 0.12),
        0.015,
        "steel",
    )
    return []


def shower(shop: Workshop, body: Body, place: Place) -> list[Moving]:
    """A tray, one glass wall and a riser."""
    depth, width, height = place.size
    shop.box(body, (0.0, 0.0, 0.03), (depth, width, 0.06), "porcelain")
    glass = (0.0, width / 2 - 0.005, height / 2)
    shop.box(body, glass, (depth, 0.01, height), "glass_plate")
    shop.cylinder(body, (-depth / 2 + 0.04, 0.0, 1.1), 0.012, 1.8, "steel")
    shop.cylinder(body, (-depth / 2 + 0.16, 0.0, 1.98), 0.11, 0.02, "steel")
    return []
