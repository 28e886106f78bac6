"""Plans touch nothing, reach exactly the goal, and say why there is none."""

import itertools
import math

import numpy as np
import pytest
from flat_world import home, rasterize
from hearth_core.geometry import Pose2
from hearth_navigation.core import lattice
from hearth_navigation.core.field import Field, clearance_field
from hearth_navigation.core.footprint import Footprint
from hearth_navigation.core.planner import PlanCode, PlanError, Planner, PlannerConfig
from shapely.geometry import box
from shapely.ops import unary_union

FOOTPRINT = Footprint.rectangle(0.42, 0.25, 0.25)
START = Pose2(1.0, 3.0, 0.0)


def clearance_of(door: float) -> tuple[Field, object]:
    rects = home(door)
    grid = rasterize(rects)
    field = clearance_field(grid.cells != 0, grid.resolution, grid.origin)
    return field, unary_union([box(*rect) for rect in rects])


@pytest.mark.parametrize("door", [0.8, 0.9])
@pytest.mark.parametrize(
    "goal", [Pose2(7.0, 1.0, 1.57), Pose2(6.7, 4.0, 0.0), Pose2(3.1, 1.1, -1.57)]
)
def test_no_pose_of_a_plan_touches_anything(door: float, goal: Pose2) -> None:
    field, solid = clearance_of(door)
    path = Planner().plan(field, FOOTPRINT, START, goal)
    assert tuple(path.poses[0]) == (START.x, START.y, START.yaw)
    assert path.goal.distance(goal) < 1e-9
    assert abs(path.goal.yaw - goal.yaw) < 1e-9
    # Between the poses too: four steps from each to the next.
    for a, b in zip(path.poses[:-1], path.poses[1:], strict=True):
        turn = math.remainder(b[2] - a[2], math.tau)
        for t in (0.0, 0.25, 0.5, 0.75):
            pose = Pose2(a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1]), a[2] + t * turn)
            assert not FOOTPRINT.at(pose).intersects(solid)
    steps = np.hypot(*np.diff(path.poses[:, :2], axis=0).T)
    assert steps.max() < 0.2


def test_a_plan_in_the_open_is_nearly_straight() -> None:
    field = clearance_field(np.zeros((200, 200), bool), 0.05, (0.0, 0.0))
    path = Planner().plan(field, FOOTPRINT, Pose2(1.5, 1.5, 0.5), Pose2(8.0, 5.0, 0.5))
    assert path.length < 1.08 * math.hypot(6.5, 3.5)


def test_the_cost_to_go_falls_along_the_plan() -> None:
    field, _ = clearance_of(0.9)
    path = Planner().plan(field, FOOTPRINT, START, Pose2(6.7, 4.0, 0.0))
    values = [path.cost_to_go.at(x, y) for x, y, _ in path.poses[::10]]
    assert values[0] > 5.0
    assert all(b < a + 0.3 for a, b in itertools.pairwise(values))


@pytest.mark.parametrize(
    ("goal", "code"),
    [
        (Pose2(0.0, 3.0, 0.0), PlanCode.GOAL_OCCUPIED),
        (Pose2(1.0, 5.4, 0.0), PlanCode.GOAL_OCCUPIED),
        (Pose2(50.0, 3.0, 0.0), PlanCode.GOAL_OUTSIDE_MAP),
        (Pose2(math.nan, 3.0, 0.0), PlanCode.GOAL_OUTSIDE_MAP),
        (Pose2(1.0, 3.0, math.inf), PlanCode.GOAL_OUTSIDE_MAP),
    ],
)
def test_bad_goals_are_refused_with_nav2s_codes(goal: Pose2, code: PlanCode) -> None:
    field, _ = clearance_of(0.8)
    with pytest.raises(PlanError) as caught:
        Planner().plan(field, FOOTPRINT, START, goal)
    assert caught.value.code is code
    assert "goal" in str(caught.value)


@pytest.mark.parametrize(
    ("start", "code"),
    [
        (Pose2(4.25, 4.0, 0.0), PlanCode.START_OCCUPIED),
        (Pose2(-9.0, 0.0, 0.0), PlanCode.START_OUTSIDE_MAP),
    ],
)
def test_bad_starts_are_refused(start: Pose2, code: PlanCode) -> None:
    field, _ = clearance_of(0.8)
    with pytest.raises(PlanError) as caught:
        Planner().plan(field, FOOTPRINT, start, START)
    assert caught.value.code is code


@pytest.mark.parametrize("door", [0.0, 0.45])
def test_no_way_is_said_and_not_invented(door: float) -> None:
    field, _ = clearance_of(door)
    with pytest.raises(PlanError) as caught:
        Planner().plan(field, FOOTPRINT, START, Pose2(6.7, 4.0, 0.0))
    assert caught.value.code is PlanCode.NO_VALID_PATH


def test_a_robot_that_touches_something_may_leave_it() -> None:
    field, _ = clearance_of(0.9)
    start = Pose2(0.5, 4.62, math.pi / 2)  # its front is over the bed
    assert FOOTPRINT.clearance(field, start) < -0.1
    path = Planner().plan(field, FOOTPRINT, start, Pose2(2.0, 3.0, 0.0))
    assert path.goal == Pose2(2.0, 3.0, 0.0)


def test_a_wider_footprint_does_not_fit_the_door() -> None:
    field, _ = clearance_of(0.8)
    wide = Footprint.rectangle(0.42, 0.42, 0.42)
    with pytest.raises(PlanError) as caught:
        Planner().plan(field, wide, START, Pose2(6.7, 4.0, 0.0))
    assert caught.value.code is PlanCode.NO_VALID_PATH


def test_a_goal_that_overlaps_by_centimetres_is_moved_out() -> None:
    field, solid = clearance_of(0.9)
    goal = Pose2(1.0, 4.9 - 0.42 + 0.03, math.pi / 2)  # 3 cm into the bed
    path = Planner().plan(field, FOOTPRINT, START, goal)
    assert path.goal.distance(goal) <= 0.06
    assert not FOOTPRINT.at(path.goal).intersects(solid)
    with pytest.raises(PlanError):
        Planner().plan(field, FOOTPRINT, START, Pose2(1.0, 4.6, math.pi / 2))


@pytest.mark.parametrize("sideways", [True, False])
def test_turning_is_foreseen_by_the_search(
    sideways: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Aisles 1.1 m wide between racks of 0.5 m; the robot stands with its back to the way.
    blocked = np.zeros((400, 480), bool)
    for row in range(40, 380, 32):
        blocked[row : row + 10, 40:440] = True
    field = clearance_field(blocked, 0.05, (0.0, 0.0))
    expanded = []

    def search(*arguments: object) -> object:
        result = original(*arguments)
        expanded.append(result[2])
        return result

    original = lattice.search
    monkeypatch.setattr(lattice, "search", search)
    planner = Planner(PlannerConfig(sideways=sideways))
    path = planner.plan(field, FOOTPRINT, Pose2(4.0, 4.65, math.pi), Pose2(21.0, 14.2, math.pi))
    assert sum(expanded) < 3 * len(path.poses)
    steps = np.diff(path.poses[:, :2], axis=0)
    forward = np.sum(
        np.cos(path.poses[1:, 2]) * steps[:, 0] + np.sin(path.poses[1:, 2]) * steps[:, 1]
    )
    assert forward > 0.8 * path.length
