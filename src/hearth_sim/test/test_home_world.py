"""The home in MuJoCo: things stay where they are put, doors open as doors do."""

from pathlib import Path

import mujoco
import numpy as np
import pytest
from hearth_core.errors import BadInputError
from hearth_core.home import Home, Side, load_home
from hearth_core.home.catalogue import OBJECT_KINDS, PLACE_KINDS
from hearth_sim.core.handles import HomeHandles
from hearth_sim.core.home import Scenario, add_home, check_home, scenario
from hearth_sim.core.home.build import PLACE_BUILDERS
from hearth_sim.core.home.objects import OBJECT_BUILDERS
from hearth_sim.core.stage import configure

APARTMENT = Path(__file__).parents[3] / "config" / "homes" / "apartment.yaml"


class World:
    """A compiled home that runs its hooks."""

    def __init__(self, home: Home, seed: int | None = None) -> None:
        self.scenario: Scenario = scenario(home, seed)
        spec = mujoco.MjSpec()
        self.handles: HomeHandles = add_home(spec, home, self.scenario)
        configure(spec)
        self.model = spec.compile()
        self.data = mujoco.MjData(self.model)
        mujoco.mj_forward(self.model, self.data)

    def run(self, seconds: float) -> None:
        for step in range(round(seconds / self.model.opt.timestep)):
            if step % 2 == 0:
                for hook in self.handles.hooks:
                    hook(self.model, self.data)
            mujoco.mj_step(self.model, self.data)

    def poses(self) -> dict[str, np.ndarray]:
        return {name: self.data.body(name).xpos.copy() for name in self.handles.objects}


@pytest.fixture(scope="module")
def apartment() -> Home:
    return load_home(APARTMENT)


def drifted(world: World, before: dict[str, np.ndarray]) -> list[str]:
    moved = []
    for name, position in world.poses().items():
        upright = world.data.body(name).xmat[8]
        if np.abs(position - before[name]).max() > 0.005 or upright < 0.999:
            moved.append(name)
    return moved


@pytest.mark.parametrize("seed", [None, 0, 1])
def test_after_two_seconds_nothing_fell_or_drifted(apartment: Home, seed: int | None) -> None:
    world = World(apartment, seed)
    before = world.poses()
    world.run(2.0)
    assert drifted(world, before) == []
    for joint in world.handles.articulations.values():
        assert abs(world.data.joint(joint).qpos[0]) < 0.005, joint


def test_handles_name_what_the_model_has(apartment: Home) -> None:
    world = World(apartment)
    assert set(world.handles.objects) == {thing.name for thing in apartment.objects}
    expected = {f"{p.name}/{j.name}" for p in apartment.places for j in p.joints}
    assert set(world.handles.articulations) == expected
    assert "refrigerator/door" in expected
    for name in world.handles.objects:
        assert world.model.joint(name).type[0] == mujoco.mjtJoint.mjJNT_FREE
    for place in apartment.places:
        found = world.data.body(f"furniture/{place.name}").xpos
        assert found[:2] == pytest.approx([place.pose.x, place.pose.y])
    assert world.handles.charger == apartment.charger
    assert world.handles.start_poses[0] == apartment.charger


def test_the_catalogue_can_be_built() -> None:
    assert set(PLACE_BUILDERS) == set(PLACE_KINDS)
    assert set(OBJECT_BUILDERS) == set(OBJECT_KINDS)


def test_masses_are_those_of_the_catalogue(apartment: Home) -> None:
    world = World(apartment)
    for thing in apartment.objects:
        mass = world.model.body(thing.name).mass[0]
        assert mass == pytest.approx(OBJECT_KINDS[thing.kind].mass, rel=0.02), thing.name


def pull(world: World, place: str, joint: str, force: float, seconds: float) -> float:
    """Pull the handle straight out of the closed front and return how far it opened."""
    home_place = world.scenario.home.place(place)
    handle = home_place.joint(joint).handle
    assert handle is not None
    body = world.model.body(f"furniture/{place}/{joint}").id
    frame = home_place.frame
    direction = frame.rotation[:, 0] * force
    local = np.array(handle.centre) - np.array(home_place.joint(joint).origin)
    for _ in range(round(seconds / world.model.opt.timestep)):
        rotation = world.data.xmat[body].reshape(3, 3)
        point = world.data.xpos[body] + rotation @ local
        torque = np.cross(point - world.data.xipos[body], direction)
        world.data.xfrc_applied[body] = [*direction, *torque]
        world.run(world.model.opt.timestep)
    world.data.xfrc_applied[body] = 0.0
    return float(world.data.joint(f"{place}/{joint}").qpos[0])


def test_the_refrigerator_needs_a_firm_pull_and_then_little(apartment: Home) -> None:
    assert pull(World(apartment), "refrigerator", "door", 12.0, 1.0) < 0.02
    world = World(apartment)
    opened = pull(world, "refrigerator", "door", 32.0, 0.5)
    assert opened > 0.05
    world.data.qvel[:] = 0.0
    assert pull(world, "refrigerator", "door", 5.0, 2.0) > opened + 0.05


def test_a_door_stays_where_it_is_left_and_the_gasket_shuts_it(apartment: Home) -> None:
    for left, expected in ((0.8, 0.8), (0.02, 0.0)):
        world = World(apartment)
        world.data.joint("refrigerator/door").qpos[0] = left
        mujoco.mj_forward(world.model, world.data)
        world.run(2.0)
        assert world.data.joint("refrigerator/door").qpos[0] == pytest.approx(expected, abs=0.02)


def test_doors_open_outward_and_never_through_the_closed_position(apartment: Home) -> None:
    world = World(apartment)
    for place in apartment.places:
        for joint in place.joints:
            if joint.handle is None:
                continue
            name = f"{place.name}/{joint.name}"
            body = f"furniture/{name}"
            assert world.model.joint(name).range[0] == 0.0
            local = np.array(joint.handle.centre) - np.array(joint.origin)

            def tip(opening: float, name: str = name, body: str = body, at=local) -> np.ndarray:  # noqa: ANN001
                world.data.joint(name).qpos[0] = opening
                mujoco.mj_kinematics(world.model, world.data)
                return world.data.body(body).xmat.reshape(3, 3) @ at + world.data.body(body).xpos

            closed = tip(0.0)
            outward = place.frame.rotation[:, 0]
            assert (tip(0.1) - closed) @ outward > 0.005, name
            tip(0.0)


def test_only_loose_things_and_robots_touch(apartment: Home) -> None:
    world = World(apartment)
    for angle in (0.5, 1.0, 1.5):
        for name in world.handles.articulations.values():
            world.data.joint(name).qpos[0] = min(angle, world.model.joint(name).range[1])
        mujoco.mj_forward(world.model, world.data)
        loose = {world.model.body(name).id for name in world.handles.objects}
        for contact in world.data.contact[: world.data.ncon]:
            bodies = {int(world.model.geom_bodyid[g]) for g in contact.geom}
            assert bodies & loose


def test_a_sleeping_thing_wakes_when_it_is_hit(apartment: Home) -> None:
    """The home lets MuJoCo put still things to sleep; they must not be stuck there."""
    world = World(apartment)
    world.run(1.0)
    glass = world.data.body("glass_1").xpos.copy()
    apple = world.data.joint("apple_1")
    apple.qpos[:3] = glass + np.array([0.12, 0.0, 0.0])
    apple.qvel[:3] = [-1.5, 0.0, 0.0]
    mujoco.mj_forward(world.model, world.data)
    world.run(0.5)
    assert np.linalg.norm(world.data.body("glass_1").xpos - glass) > 0.01


def test_it_steps_fast_enough_for_a_robot_beside_it(apartment: Home) -> None:
    import time

    world = World(apartment)
    world.run(0.5)
    start = time.process_time()
    world.run(1.0)
    assert 1.0 / (time.process_time() - start) > 15.0


def test_a_seed_is_one_world_and_another_seed_another(apartment: Home) -> None:
    assert scenario(apartment, 7) == scenario(apartment, 7)
    assert scenario(apartment, 7).home != scenario(apartment, 8).home
    assert scenario(apartment, 7).starts != scenario(apartment, 8).starts
    assert scenario(apartment, 7).light != scenario(apartment, 8).light
    assert scenario(apartment, 7, 1).starts == scenario(apartment, 7, 3).starts[:1]
    assert scenario(apartment, None).home is apartment
    assert scenario(apartment, -1) == scenario(apartment, None)


@pytest.mark.parametrize("seed", range(25))
def test_every_seed_is_a_valid_world_with_the_milk_in_reach(apartment: Home, seed: int) -> None:
    drawn = scenario(apartment, seed)
    assert check_home(drawn.home) == []
    milk = next(thing for thing in drawn.home.objects if thing.kind == "milk_carton")
    surface = drawn.home.place(milk.place).surface(milk.surface)
    front = surface.rectangle.x_max - milk.pose.x - milk.size[0] / 2
    assert 0.0 < front <= 0.15
    nominal = {place.name: place for place in apartment.places}
    for place in drawn.home.places:
        shift = place.pose.distance(nominal[place.name].pose)
        kind = PLACE_KINDS[place.kind]
        allowed = 0.043 if kind.loose else 0.022 if kind.appliance else 0.0
        assert shift <= allowed, place.name
    start = drawn.starts[0]
    assert drawn.home.room_at(start.x, start.y) is not None


def test_robots_wake_up_in_many_rooms(apartment: Home) -> None:
    rooms = set()
    for seed in range(40):
        start = scenario(apartment, seed, 1).starts[0]
        room = apartment.room_at(start.x, start.y)
        assert room is not None
        rooms.add(room.name)
    assert len(rooms) >= 5


def test_a_scenario_of_another_home_is_refused(apartment: Home) -> None:
    import dataclasses

    other = dataclasses.replace(apartment, name="other")
    with pytest.raises(BadInputError, match="other"):
        add_home(mujoco.MjSpec(), other, scenario(apartment))


def test_the_check_finds_what_is_wrong(apartment: Home) -> None:
    import dataclasses

    from hearth_core.geometry import Pose2

    def moved(name: str, pose: Pose2) -> list[str]:
        places = tuple(
            dataclasses.replace(p, pose=pose) if p.name == name else p for p in apartment.places
        )
        return check_home(dataclasses.replace(apartment, places=places))

    assert any("overlap" in p for p in moved("armchair", Pose2(1.75, 1.6)))
    assert any("wall" in p for p in moved("armchair", Pose2(0.2, 1.2)))
    assert any("doorway" in p for p in moved("bookshelf", Pose2(3.5, 4.4)))
    assert any("cannot enter" in p for p in moved("dresser", Pose2(3.0, 6.75, 1.57)))
    assert any("floor in front" in p for p in moved("cupboard", Pose2(7.25, 1.6, 0.0)))
    assert apartment.place("refrigerator").joint("door").side is Side.LEFT
