"""The planning scene over time: versions, differences, meshes, and motions watched in it."""

from __future__ import annotations

import numpy as np
import pytest
from arm_scenes import model, planner
from hearth_core.errors import BadInputError
from hearth_core.geometry import Transform
from hearth_manipulation.core.live import LiveScene
from hearth_manipulation.core.meshing import mesh_boxes
from hearth_manipulation.core.mover import arm
from hearth_manipulation.core.ports import Sighting
from hearth_manipulation.core.scene import Scene, SeenSurfaces, Thing
from hearth_manipulation.core.watching import LiveCheck, TrajectoryWatch
from hearth_manipulation.core.world_model import WorldModel


def ball(name: str, x: float, y: float = 0.0, z: float = 0.0, size: float = 0.1) -> Thing:
    return Thing(name, "sphere", np.full(3, size), Transform(np.eye(3), np.array([x, y, z])))


def same(one: Scene, two: Scene) -> bool:
    return one.version == two.version and {
        n: tuple(t.pose.translation) for n, t in one.things.items()
    } == {n: tuple(t.pose.translation) for n, t in two.things.items()}


def test_differences_bring_any_old_scene_up_to_date() -> None:
    random = np.random.default_rng(3)
    world = WorldModel(("home", "client"))
    old: list[Scene] = [world.scene()]
    for _ in range(60):
        layer = ("home", "client")[int(random.integers(2))]
        names = [f"{layer}_{k}" for k in random.integers(0, 5, 3)] + ["both"]
        action = int(random.integers(4))
        if action == 0:
            world.set_layer(layer, [ball(n, float(random.uniform())) for n in names])
        elif action == 1:
            world.update_layer(layer, [ball(names[0], float(random.uniform()))], names[1:2])
        elif action == 2:
            world.hide(names[:1])
        else:
            world.show(names)
        old.append(world.scene())
    assert world.scene().version > 20
    for scene in old:
        assert same(world.changes(scene.version).apply(scene), world.scene())
    assert world.changes(world.scene().version).empty


def test_what_hardly_moves_is_no_change_until_it_has_moved() -> None:
    world = WorldModel(("home",))
    world.set_layer("home", [ball("cup", 0.0)])
    scene = world.scene()
    for k in range(1, 9):
        world.set_layer("home", [ball("cup", 0.0001 * k)])
        assert world.scene() is scene
    world.set_layer("home", [ball("cup", 0.0012)])
    assert [thing.name for thing in world.changes(scene.version).changed] == ["cup"]


def test_a_later_layer_covers_an_earlier_one_and_uncovers_it_again() -> None:
    world = WorldModel(("home", "client"))
    world.set_layer("home", [ball("cup", 1.0)])
    world.set_layer("client", [ball("cup", 2.0)])
    assert world.scene().things["cup"].pose.translation[0] == 2.0
    world.update_layer("client", removed=["cup"])
    assert world.scene().things["cup"].pose.translation[0] == 1.0


def test_boxes_contain_a_mesh_and_stand_out_little() -> None:
    import trimesh

    mesh = trimesh.creation.icosphere(subdivisions=2, radius=0.1)
    pose = Transform.from_xyz_rpy((0.3, -0.2, 0.9), (0.4, 0.2, -0.3))
    boxes = mesh_boxes("globe", mesh.vertices, mesh.faces, pose)
    assert all(box.name.startswith("globe#") for box in boxes)
    random = np.random.default_rng(1)
    inside = pose.apply(0.1 * random.uniform(-1, 1, (400, 3)) / np.sqrt(3.0))
    surface = pose.apply(np.asarray(mesh.sample(400, seed=1)))

    def held(points: np.ndarray, grown: float) -> np.ndarray:
        found = np.zeros(len(points), bool)
        for box in boxes:
            local = np.abs(box.pose.inverse().apply(points))
            found |= np.all(local <= 0.5 * box.size + grown, axis=1)
        return found

    assert held(inside, 1e-9).all()
    assert held(surface, 0.004).all()
    away = pose.apply(0.118 * np.asarray(mesh.vertices) / 0.1)
    assert not held(away, 0.0).any()


@pytest.mark.parametrize(
    ("faces", "words"), [([], "no triangles"), ([(0, 1, 9)], "does not have")]
)
def test_a_bad_mesh_is_refused(faces: list[tuple[int, int, int]], words: str) -> None:
    corners = np.eye(3)
    with pytest.raises(BadInputError, match=words):
        mesh_boxes("bad", corners, np.array(faces, int).reshape(-1, 3), Transform.identity())


JOINTS = arm("right", torso=False)


def motion() -> tuple[TrajectoryWatch, Scene, np.ndarray, float]:
    """A bending elbow in an empty world, where the hand ends, and how long it takes."""
    start = model().configuration({"right_shoulder_pitch_joint": 0.2})
    end = start.copy()
    end[model().dof("right_elbow_joint")] = 1.6
    planned = Scene().with_things([ball("far", 5.0)])
    trajectory = planner().timed(JOINTS, np.stack([start, end]), planned, 0.5)
    watch = TrajectoryWatch(planner(), JOINTS, trajectory, start, planned)
    assert not watch.blind
    return watch, planned, model().pose(end, "right_grasp_frame").translation, trajectory.duration


def test_a_motion_is_blocked_by_what_is_ahead_and_not_by_what_is_behind() -> None:
    watch, planned, hand, duration = motion()
    assert watch.blocked(0.1, planned) is None
    cat = planned.with_things([Thing("cat", "sphere", np.full(3, 0.1),
                                     Transform(np.eye(3), hand))])  # fmt: skip
    assert "cat" in str(watch.blocked(0.2, cat))
    start = model().configuration({"right_shoulder_pitch_joint": 0.2})
    begin = model().pose(start, "right_grasp_frame").translation
    behind = planned.with_things([Thing("cat", "sphere", np.full(3, 0.1),
                                        Transform(np.eye(3), begin))])  # fmt: skip
    assert watch.blocked(0.0, behind) is not None
    watch, _, _, _ = motion()
    assert watch.blocked(0.8 * duration, behind) is None


def test_the_live_scene_takes_in_what_comes_and_leaves_out_what_was_left_out() -> None:
    watch, planned, hand, _ = motion()
    things: list[Sighting] = []
    field: list[SeenSurfaces | None] = [None]

    def see(name: str, where: np.ndarray) -> Sighting:
        pose = Transform(np.eye(3), where)
        return Sighting(name, "cat", pose, np.full(3, 0.1), "box", 0.0)

    def solid(seen: Sighting) -> Thing:
        return Thing(seen.id, "box", seen.size, seen.pose)

    live = LiveScene(planned, ["cup"], lambda: things, solid, lambda: field[0])
    check = LiveCheck(watch, live, 0.0)
    things.append(see("cup", hand))  # the one to be grasped
    assert check(0.1) is None
    assert live() is planned
    things.append(see("cat", hand))
    assert check(0.11) is None  # not yet: every 20 ms
    assert "cat" in str(check(0.13))
    things.clear()
    cloud = hand + np.random.default_rng(0).uniform(-0.05, 0.05, (300, 3))
    field[0] = SeenSurfaces.from_points(cloud, hand - 0.3, hand + 0.3)
    watch, _, _, _ = motion()
    live = LiveScene(planned, [], lambda: things, solid, lambda: field[0])
    assert "depth camera" in str(LiveCheck(watch, live, 0.0)(0.1))
