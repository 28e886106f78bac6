"""Paths that are free, also in the eyes of an exact collision library."""

import itertools

import numpy as np
import pytest
from arm_scenes import box, model, planner, posture, shelf, table
from hearth_core.errors import BadInputError
from hearth_core.frames import ARM_JOINTS, grasp_frame
from hearth_core.geometry import Transform
from hearth_manipulation.core.kinematics import Array
from hearth_manipulation.core.manifold import deviation
from hearth_manipulation.core.mover import arm
from hearth_manipulation.core.planning import Planner, PlanningError, Target
from hearth_manipulation.core.scene import Scene, SeenSurfaces
from hearth_manipulation.core.spheres import Solid, cover

TIP = grasp_frame("right")
JOINTS = arm("right", torso=False)


def reach(at: tuple[float, float, float], scene: Scene) -> list[Array]:
    """Free configurations with the hand level at a point, farthest from limits first."""
    target = Target(Transform(np.eye(3), np.array(at)))
    found = planner().inverse(JOINTS, TIP, target, posture("reach_ready"), 40)
    free = [s for s in found if planner().collision(JOINTS, s.q, scene) is None]
    return [s.q for s in sorted(free, key=lambda s: -s.margin)]


def densely(path: Array, step: float = 1.0 / 64.0) -> list[Array]:
    points = [path[0]]
    for a, b in itertools.pairwise(path):
        count = max(1, int(np.ceil(np.max(np.abs(b - a)) / step)))
        points += [a + (b - a) * (i / count) for i in range(1, count + 1)]
    return points


def exact_hits(path: Array, scene: Scene) -> int:
    """Configurations of a path in which coal finds a link of the moving arm in a box."""
    coal = pytest.importorskip("coal", reason="the oracle is a wheel, not in apt")
    robot = model()
    moving = set(robot.moved_by(robot.indices(JOINTS)).tolist())
    shapes = []
    for link, solid in robot.solids:
        if link not in moving:
            continue
        if solid.kind == "box":
            shape = coal.Box(*solid.size)
        elif solid.kind == "sphere":
            shape = coal.Sphere(solid.size[0])
        elif solid.kind == "capsule":
            shape = coal.Capsule(solid.size[0], solid.size[1])
        else:
            shape = coal.Cylinder(solid.size[0], solid.size[1])
        shapes.append((link, shape, solid.pose))
    things = [(coal.Box(*t.size), t.pose) for t in scene.things.values()]
    hits = 0
    for q in densely(path):
        rotations, translations = robot.place(q)
        touched = False
        for link, shape, pose in shapes:
            at = Transform(rotations[link], translations[link]) @ pose
            for other, where in things:
                result = coal.CollisionResult()
                coal.collide(
                    shape, coal.Transform3s(at.rotation, at.translation),
                    other, coal.Transform3s(where.rotation, where.translation),
                    coal.CollisionRequest(), result,
                )  # fmt: skip
                touched |= result.isCollision()
        hits += touched
    return hits


@pytest.mark.parametrize(
    ("scene", "at"),
    [(table(), (0.58, -0.40, 0.95)), (table(), (0.55, -0.10, 0.95)), (shelf(), (0.65, -0.2, 1.1))],
)
def test_paths_are_free_in_the_eyes_of_coal(scene: Scene, at: tuple[float, float, float]) -> None:
    goals = reach(at, scene)[:4]
    assert goals
    path = planner().plan(JOINTS, posture("carry"), goals, scene)
    assert np.allclose(path[0], np.clip(posture("carry"), model().lower, model().upper))
    dofs = model().indices(JOINTS)
    assert any(np.allclose(path[-1][dofs], goal[dofs]) for goal in goals)
    assert exact_hits(path, scene) == 0


def test_the_same_seed_gives_the_same_path() -> None:
    scene = table()
    goals = reach((0.58, -0.40, 0.95), scene)[:1]
    one = planner().plan(JOINTS, posture("carry"), goals, scene, seed=3)
    two = planner().plan(JOINTS, posture("carry"), goals, scene, seed=3)
    assert np.array_equal(one, two)


def test_more_tries_never_make_a_path_longer() -> None:
    scene, joints = shelf(), planner().model.indices(JOINTS)
    start, goals = posture("reach_ready"), reach((0.65, -0.2, 1.1), shelf())[:6]
    lengths = []
    for tries in (1, 2, 12):
        path = planner().plan(JOINTS, start, goals, scene, tries=tries)[:, joints]
        lengths.append(float(np.sum(np.linalg.norm(np.diff(path, axis=0), axis=1))))
    assert lengths == sorted(lengths, reverse=True)
    assert lengths[-1] >= min(np.linalg.norm((g - start)[joints]) for g in goals) - 1e-9


def test_a_constraint_is_measured_where_the_tip_is() -> None:
    joints = planner().model.indices(JOINTS)
    random, axis = np.random.default_rng(4), np.array([0.6, 0.0, 0.8])
    q = posture("reach_ready")
    held = planner().manifold(joints, q, (TIP, (0.6, 0.0, 0.8), 0.1))
    held = held._replace(normals=np.eye(3), origin=np.array([0.5, -0.2, 0.9]))
    for _ in range(20):
        q[joints] = random.uniform(planner().model.lower[joints], planner().model.upper[joints])
        pose = planner().model.pose(q, TIP)
        lean, away = deviation(held, q[joints])
        assert lean == pytest.approx(np.arccos((pose.rotation @ axis)[2]), abs=1e-6)
        assert away == pytest.approx(np.linalg.norm(pose.translation - held.origin), abs=1e-6)


def test_an_upright_thing_stays_upright() -> None:
    scene = Scene()
    robot = model()
    start = reach((0.55, -0.3, 0.9), scene)[0]
    goal = reach((0.5, -0.15, 1.2), scene)[0]
    path = planner().plan(JOINTS, start, [goal], scene, upright=(TIP, (0.0, 0.0, 1.0), 0.2))
    for q in densely(path, 0.05):
        assert robot.pose(q, TIP).rotation[2, 2] > np.cos(0.25)


def test_spheres_cover_their_solids() -> None:
    random = np.random.default_rng(5)
    solids = [
        Solid("box", np.array([0.3, 0.2, 0.1]), Transform.identity()),
        Solid("cylinder", np.array([0.04, 0.3]), Transform.identity()),
        Solid("cylinder", np.array([0.1, 0.03]), Transform.identity()),
        Solid("capsule", np.array([0.04, 0.2]), Transform.identity()),
    ]
    for solid in solids:
        centers, radii = cover(solid)
        if solid.kind == "box":
            points = random.uniform(-0.5, 0.5, (400, 3)) * solid.size
            points[np.arange(400), np.arange(400) % 3] = 0.5 * solid.size[np.arange(400) % 3]
        else:
            radius, length = solid.size
            angle = random.uniform(0.0, 2.0 * np.pi, 400)
            points = np.stack(
                [
                    radius * np.cos(angle),
                    radius * np.sin(angle),
                    random.uniform(-0.5, 0.5, 400) * length,
                ],
                axis=1,
            )
        gaps = np.linalg.norm(points[:, None] - centers[None], axis=2) - radii
        assert np.max(np.min(gaps, axis=1)) < 1e-6, solid.kind
        assert np.max(-np.min(gaps, axis=1)) < 0.05, solid.kind


def test_a_line_is_straight() -> None:
    robot = model()
    start = reach((0.5, -0.25, 1.0), Scene())[0]
    begin = robot.pose(start, TIP)
    end = Transform(begin.rotation, begin.translation + np.array([0.08, 0.05, 0.03]))
    path = planner().line(JOINTS, TIP, start, Target(end), Scene())
    direction = (end.translation - begin.translation) / np.linalg.norm(
        end.translation - begin.translation
    )
    for q in densely(path, 0.02):
        offset = robot.pose(q, TIP).translation - begin.translation
        assert np.linalg.norm(offset - direction * (offset @ direction)) < 0.003
    assert np.linalg.norm(robot.pose(path[-1], TIP).translation - end.translation) < 0.0015
    assert np.max(np.abs(np.diff(path, axis=0))) < 0.35


def test_reasons_tell_what_is_wrong() -> None:
    scene = table()
    start = posture("carry")
    inside = reach((0.58, -0.40, 0.95), Scene())[0]
    wall = scene.with_things([box("wall", (0.2, 3.0, 3.0), (0.70, 0.0, 1.0))])
    with pytest.raises(PlanningError, match="with wall") as refusal:
        planner().plan(JOINTS, start, [inside], wall)
    assert refusal.value.reason == "goal_in_collision"
    buried = scene.with_things([box("block", (1.0, 1.0, 1.0), (0.3, -0.4, 1.0))])
    with pytest.raises(PlanningError, match="with block") as refusal:
        planner().plan(JOINTS, start, [inside], buried)
    assert refusal.value.reason == "start_in_collision"
    with pytest.raises(PlanningError) as refusal:
        planner().line(
            JOINTS, TIP, start, Target(Transform(np.eye(3), np.array([2.0, 0.0, 1.0]))), scene
        )
    assert refusal.value.reason == "line_unreachable"
    begin = reach((0.42, -0.23, 1.0), scene)[0]
    end = Transform(np.eye(3), np.array([0.66, -0.23, 1.0]))
    with pytest.raises(PlanningError, match="with post") as refusal:
        planner().line(JOINTS, TIP, begin, Target(end), scene)
    assert refusal.value.reason == "line_in_collision"
    with pytest.raises(BadInputError, match="speed"):
        planner().timed(JOINTS, np.array([start, inside]), None, speed=1.5)


def test_what_the_camera_saw_is_not_touched() -> None:
    start = reach((0.42, -0.28, 1.0), Scene())[0]
    goal = reach((0.66, -0.28, 1.0), Scene())[0]
    y, z = np.meshgrid(np.linspace(-0.5, 0.0, 40), np.linspace(0.8, 1.2, 40))
    curtain = np.stack([np.full(y.size, 0.62), y.ravel(), z.ravel()], axis=1)
    low = np.array([0.0, -1.0, 0.0])
    seen = SeenSurfaces.from_points(curtain, low, low + 2.0)
    scene = Scene().with_seen(seen)
    assert planner().collision(JOINTS, start, scene) is None
    hit = planner().collision(JOINTS, goal, scene)
    assert hit is not None
    assert "depth camera" in hit


def test_a_held_thing_is_planned_for() -> None:
    centers, radii = cover(Solid("box", np.array([0.07, 0.07, 0.5]), Transform.identity()))
    touches = [link for link in model().links if link.startswith("right_")]
    holding = Planner(model().attach(TIP, centers, radii, touches))
    scene = Scene().with_things([box("beam", (0.3, 0.3, 0.05), (0.55, -0.3, 1.2))])
    q = reach((0.55, -0.3, 0.95), scene)[0]
    assert planner().collision(JOINTS, q, scene) is None
    hit = holding.collision(JOINTS, q, scene)
    assert hit is not None
    assert "attached_object" in hit


def test_arms_collide_with_the_chest_and_with_each_other() -> None:
    robot = model()
    across = dict.fromkeys(ARM_JOINTS["right"], 0.0)
    across |= {"right_shoulder_pitch_joint": 0.9, "right_shoulder_yaw_joint": 1.9}
    across |= {"right_elbow_joint": 2.2}
    hit = planner().collision(JOINTS, robot.configuration(across), Scene())
    assert hit is not None
    assert "the robot's own" in hit
