"""Motions whose answers are lost."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pytest
from arm_scenes import model
from hearth_core.frames import GROUPS
from hearth_core.geometry import Pose2
from hearth_manipulation.core.kinematics import Array
from hearth_manipulation.core.mover import MotionError, Mover, arm
from hearth_manipulation.core.planning import Planner
from hearth_manipulation.core.scene import Scene, SeenSurfaces
from hearth_manipulation.core.timing import Trajectory


class Silent:
    """A motion that never says that it has ended."""

    def done(self) -> bool:
        return False

    def problem(self) -> str:
        return ""

    def cancel(self) -> None:
        """Nobody hears it."""


class Deaf:
    """A body that obeys at once or not at all, and never answers."""

    def __init__(self, obeys: bool) -> None:
        self.obeys = obeys
        self.time = 0.0
        self.values = {name: 0.1 for names in GROUPS.values() for name in names}

    def now(self) -> float:
        return self.time

    def pause(self, seconds: float) -> None:
        self.time += seconds

    def joints(self) -> Mapping[str, float]:
        return dict(self.values)

    def base(self) -> Pose2:
        return Pose2()

    def follow(self, _group: str, trajectory: Trajectory) -> Silent:
        if self.obeys:
            self.values |= dict(zip(trajectory.joints, trajectory.positions[-1], strict=True))
        return Silent()


def path_of(mover: Mover) -> Array:
    start = mover.configuration()
    end = start.copy()
    end[mover.planner.model.indices(arm("left"))[1:4]] += 0.3
    return np.stack([start, end])


@pytest.mark.parametrize("obeys", [True, False])
def test_joints_at_the_end_have_arrived_though_nobody_said_so(obeys: bool) -> None:
    mover = Mover(Deaf(obeys), Planner(model()))  # type: ignore[arg-type]
    path = path_of(mover)
    if obeys:
        mover.run(arm("left"), path)
        return
    with pytest.raises(MotionError) as error:
        mover.run(arm("left"), path)
    assert error.value.reason == "motion_timeout"


@pytest.mark.parametrize("obeys", [True, False])
def test_fingers_that_never_moved_were_never_told(obeys: bool) -> None:
    mover = Mover(Deaf(obeys), Planner(model()))  # type: ignore[arg-type]
    names = GROUPS["left_hand"]
    wanted = {names[0]: 0.5}
    if obeys:
        mover.fingers("left", wanted)
        return
    with pytest.raises(MotionError, match="did not move"):
        mover.fingers("left", wanted)


def ball(middle: Array, radius: float) -> SeenSurfaces:
    """A field of what a camera would see of a ball [m]."""
    low = middle - 0.4
    points = middle + radius * np.array([[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1]])
    return SeenSurfaces.from_points(points, low, low + 0.8, 0.02)


@pytest.mark.parametrize("at_the_goal", [False, True])
def test_what_the_camera_sees_is_planned_with_unless_work_is_there(at_the_goal: bool) -> None:
    mover = Mover(Deaf(obeys=True), Planner(model()))  # type: ignore[arg-type]
    path = path_of(mover)
    hand = mover.planner.model.pose(path[-1], "left_grasp_frame").translation
    field = ball(hand if at_the_goal else hand + np.array([0.0, 0.0, 0.9]), 0.03)
    mover.seen = lambda _known: field
    planned: list[Scene] = []

    def live(scene: Scene) -> Callable[[], Scene | None]:
        planned.append(scene)
        return lambda: None

    mover.live = live
    mover.go(arm("left"), [path[-1]], Scene())
    assert [scene.seen for scene in planned] == [None if at_the_goal else field]
