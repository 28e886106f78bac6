"""Homes from a seed are valid, varied and quick to make."""

import dataclasses
import time
from pathlib import Path

import mujoco
import numpy as np
import pytest
from hearth_core.home import Home, load_home, save_home
from hearth_core.home.catalogue import PLACE_KINDS
from hearth_core.home.plane import area
from hearth_sim.core.home import add_home, check_home, generate_home, scenario
from hearth_sim.core.stage import configure

SEEDS = range(40)


@pytest.fixture(scope="module")
def homes() -> dict[int, Home]:
    return {seed: generate_home(seed) for seed in SEEDS}


def test_every_home_passes_the_check(homes: dict[int, Home]) -> None:
    for seed, home in homes.items():
        assert check_home(home) == [], seed


def test_every_home_can_be_tried_with_the_chore(homes: dict[int, Home]) -> None:
    for seed, home in homes.items():
        assert home.resolve("fridge").place is not None, seed
        assert home.resolve("dining table").place is not None, seed
        cartons = [thing for thing in home.objects if thing.kind == "milk_carton"]
        assert len(cartons) == 1, seed
        place = home.place(cartons[0].place)
        surface = place.surface(cartons[0].surface)
        assert place.kind == "refrigerator", seed
        assert 0.80 <= surface.height <= 1.15, seed
        front = surface.rectangle.x_max - cartons[0].pose.x - cartons[0].size[0] / 2
        assert front <= 0.15, seed


def test_sizes_and_doors_are_those_of_homes(homes: dict[int, Home]) -> None:
    for seed, home in homes.items():
        total = sum(area(room.polygon) for room in home.rooms)
        assert 40.0 <= total <= 140.0, seed
        assert 3 <= len(home.rooms) <= 9, seed
        for door in home.doorways:
            assert 0.80 <= door.width <= 0.90 or door.height is None, seed
        supports = {(thing.place, thing.surface) for thing in home.objects if thing.place}
        assert len(supports) >= 10, seed
        inside = [
            thing
            for thing in home.objects
            if thing.place and home.place(thing.place).surface(thing.surface).behind
        ]
        assert len(inside) >= 3, seed
        assert any(not thing.place for thing in home.objects), seed


def test_homes_differ_as_homes_do(homes: dict[int, Home]) -> None:
    kinds = {place.kind for home in homes.values() for place in home.places}
    assert len(kinds - {k.name for k in PLACE_KINDS.values() if k.appliance}) >= 15
    assert {len(home.rooms) for home in homes.values()} == set(range(3, 10))
    fridges = [home.resolve("fridge").place for home in homes.values()]
    assert {f.model for f in fridges if f} == {"bottom_freezer", "top_freezer", "larder"}
    assert {str(f.joint("door").side) for f in fridges if f} == {"left", "right"}
    assert any(len(room.polygon) > 4 for home in homes.values() for room in home.rooms)
    assert any(door.height is None for home in homes.values() for door in home.doorways)
    leaves = [door.leaf for home in homes.values() for door in home.doorways if door.leaf]
    assert {str(leaf.hinge) for leaf in leaves} == {"left", "right"}
    assert len({home.resolve("dining table").place.size for home in homes.values()}) > 30  # type: ignore[union-attr]


def test_a_seed_is_one_home(homes: dict[int, Home]) -> None:
    assert generate_home(5) == homes[5]
    assert dataclasses.replace(homes[6], name="x") != dataclasses.replace(homes[7], name="x")


def test_a_generated_home_can_be_saved_and_loaded(homes: dict[int, Home], tmp_path: Path) -> None:
    for seed in (0, 3, 8):
        file = tmp_path / f"{seed}.yaml"
        save_home(homes[seed], file)
        again = load_home(file)
        assert again.rooms == homes[seed].rooms
        assert again.doorways == homes[seed].doorways
        for one, other in zip(again.places, homes[seed].places, strict=True):
            assert one.pose.distance(other.pose) < 1e-9
            assert dataclasses.replace(one, pose=other.pose) == other
        assert len(again.objects) == len(homes[seed].objects)


def test_it_takes_less_than_a_second() -> None:
    for seed in (101, 102, 103):
        start = time.process_time()
        generate_home(seed)
        assert time.process_time() - start < 1.0


def test_scenarios_of_generated_homes_stay_valid(homes: dict[int, Home]) -> None:
    for seed in (1, 4, 9, 12, 17):
        for draw in (0, 1):
            drawn = scenario(homes[seed], draw)
            assert check_home(drawn.home) == [], (seed, draw)


@pytest.mark.parametrize("seed", [0, 3, 11, 22])
def test_things_in_generated_homes_stay_where_they_are(homes: dict[int, Home], seed: int) -> None:
    spec = mujoco.MjSpec()
    handles = add_home(spec, homes[seed], scenario(homes[seed], seed))
    configure(spec)
    model = spec.compile()
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    before = {name: data.body(name).xpos.copy() for name in handles.objects}
    for step in range(1000):
        if step % 2 == 0:
            for hook in handles.hooks:
                hook(model, data)
        mujoco.mj_step(model, data)
    for name, position in before.items():
        assert np.abs(data.body(name).xpos - position).max() < 0.006, name
        assert data.body(name).xmat[8] > 0.999, name
