"""Put a home into a MuJoCo specification."""

from __future__ import annotations

from collections.abc import Callable

import mujoco
from hearth_core.errors import BadInputError
from hearth_core.geometry import Pose2
from hearth_core.home import Home, Place

from hearth_sim.core.handles import HomeHandles
from hearth_sim.core.home import appliances, furniture, sanitary, storage
from hearth_sim.core.home.articulation import Gasket, Moving, gasket, gasket_hook
from hearth_sim.core.home.light import add_light
from hearth_sim.core.home.objects import add_object
from hearth_sim.core.home.scenario import Scenario
from hearth_sim.core.home.shell import add_shell
from hearth_sim.core.home.workshop import Body, Workshop

PlaceBuilder = Callable[[Workshop, Body, Place], list[Moving]]

PLACE_BUILDERS: dict[str, PlaceBuilder] = {
    "dining_table": furniture.table,
    "coffee_table": furniture.table,
    "side_table": furniture.table,
    "console": furniture.table,
    "desk": furniture.table,
    "chair": furniture.chair,
    "stool": furniture.stool,
    "office_chair": furniture.office_chair,
    "sofa": furniture.sofa,
    "armchair": furniture.sofa,
    "tv_stand": furniture.tv_stand,
    "bed": furniture.bed,
    "plant": furniture.plant,
    "floor_lamp": furniture.floor_lamp,
    "rug": furniture.carpet,
    "kitchen_island": furniture.island,
    "laundry_basket": furniture.basket,
    "trash_bin": furniture.basket,
    "bookshelf": storage.shelves,
    "storage_rack": storage.shelves,
    "shoe_rack": storage.shelves,
    "wardrobe": storage.cupboard,
    "counter": storage.cupboard,
    "wall_cabinet": storage.cupboard,
    "cupboard": storage.cupboard,
    "dresser": storage.drawers,
    "nightstand": storage.drawers,
    "sink_counter": sanitary.sink_counter,
    "washbasin": sanitary.washbasin,
    "toilet": sanitary.toilet,
    "bathtub": sanitary.bathtub,
    "shower": sanitary.shower,
    "refrigerator": appliances.refrigerator,
    "oven": appliances.oven,
    "dishwasher": appliances.dishwasher,
    "washing_machine": appliances.front_loader,
    "dryer": appliances.front_loader,
    "microwave": appliances.microwave,
}
"""One small function a kind of the catalogue."""


def add_home(spec: mujoco.MjSpec, home: Home, scenario: Scenario) -> HomeHandles:
    """Build a home as the scenario has it: shell, furniture, appliances, objects.

    ``home`` is the nominal model; what is built is ``scenario.home``.
    Bodies are called ``furniture/<place>`` and, with their free joints, ``<object>``;
    hinges and slides ``<place>/<joint>``; the carrying geom of the floor ``floor``.

    Raises:
        BadInputError: The scenario was drawn for another home.
    """
    if scenario.home.name != home.name:
        raise BadInputError(
            f"the scenario was drawn for home {scenario.home.name!r}, not for {home.name!r}"
        )
    spec.compiler.degree = False
    # What nobody touches sleeps: three to five times faster with twenty loose things.
    spec.option.enableflags |= mujoco.mjtEnableBit.mjENBL_SLEEP
    home = scenario.home
    shop = Workshop(spec)
    add_light(spec, scenario.light)
    add_shell(shop, home)
    gaskets: list[Gasket] = []
    articulations: dict[str, str] = {}
    for place in home.places:
        for part in add_place(shop, place):
            articulations[part.mj_joint] = part.mj_joint
            held = gasket(part)
            if held is not None:
                gaskets.append(held)
    add_charger(shop, home)
    objects = {
        thing.name: add_object(shop, thing, home.object_pose(thing)) for thing in home.objects
    }
    return HomeHandles(
        objects=objects,
        articulations=articulations,
        charger=home.charger,
        floor_geoms=("floor",),
        start_poses=scenario.starts,
        hooks=(gasket_hook(gaskets),) if gaskets else (),
        hook_period=0.004,
    )


def add_place(shop: Workshop, place: Place) -> list[Moving]:
    """Build one piece of furniture and return its doors and drawers."""
    body = shop.body(f"furniture/{place.name}", place.pose)
    return PLACE_BUILDERS[place.kind](shop, body, place)


def add_charger(shop: Workshop, home: Home) -> None:
    """The charging station behind the robot's place: a low box that a lidar can see."""
    body = shop.body("furniture/charger", home.charger @ Pose2(-0.38, 0.0))
    shop.box(body, (0.0, 0.0, 0.16), (0.08, 0.30, 0.32), "anthracite")
    shop.box(body, (0.06, 0.0, 0.06), (0.05, 0.12, 0.04), "steel", solid=False)
    shop.box(body, (0.041, 0.0, 0.27), (0.002, 0.10, 0.03), "teal", solid=False)
