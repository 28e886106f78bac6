"""Compile every kernel once, at set-up, so that no skill waits for a compiler."""

from __future__ import annotations

import numpy as np
from hearth_core.frames import grasp_frame
from hearth_core.geometry import Pose2, Transform
from hearth_description.core.model import find_model, load_urdf

from hearth_manipulation.core.depth_view import DepthView, Doorkeeper, unknown_surfaces
from hearth_manipulation.core.hauling import follow_course
from hearth_manipulation.core.kinematics import Array
from hearth_manipulation.core.loading import always_touching
from hearth_manipulation.core.model import RobotModel
from hearth_manipulation.core.mover import arm
from hearth_manipulation.core.planning import Planner, Target
from hearth_manipulation.core.scene import Scene, SeenSurfaces, Thing
from hearth_manipulation.core.servo import Servo


def main() -> None:
    """Run one small query of each kind."""
    model = RobotModel.from_description(load_urdf(find_model()))
    planner = Planner(model)
    tip, joints = grasp_frame("right"), arm("right")
    q = model.configuration({"right_elbow_joint": 1.5, "right_shoulder_pitch_joint": 0.3})
    box = Thing("box", "box", np.full(3, 0.1), Transform(np.eye(3), np.array([2.0, 0.0, 0.5])))
    can = Thing("can", "cylinder", np.full(3, 0.1), box.pose)
    seen = SeenSurfaces.from_points(np.zeros((1, 3)), np.zeros(3), np.ones(3), 0.1)
    scene = Scene().with_things([box, can]).with_seen(seen)
    goal = q.copy()
    goal[model.dof("right_elbow_joint")] = 1.2
    planner.inverse(joints, tip, Target(model.pose(goal, tip)), q, 2)
    planner.clearance(joints, q, scene)
    for upright in (None, (tip, (0.0, 0.0, 1.0), 3.0)):
        path = planner.plan(joints, q, [goal], scene, upright=upright)
    planner.timed(joints, path, scene)
    planner.solve(joints, {tip: Target(model.pose(goal, tip))}, q, 2)
    always_touching(model, postures=1)
    here = model.pose(q, tip)
    follow_course(
        planner, "right", q, np.zeros(3), lambda _way: here, lambda _way: Pose2(0.0, 0.0, 0.0)
    )
    there = Transform(here.rotation, here.translation + np.array([0.02, 0.0, 0.0]))
    planner.line(joints, tip, q, Target(there), scene)
    _look(model, q, scene)
    Servo(planner, joints, tip, q).follow_twist(np.full(6, 0.01), 0.01, scene)


def _look(model: RobotModel, q: Array, scene: Scene) -> None:
    lens = np.array([10.0, 10.0, 8.0, 6.0])
    view = DepthView(0.0, np.ones((12, 16), np.float32), lens, Transform.identity())
    unknown_surfaces(view, model, q, scene)
    Doorkeeper(view, model, q).entered(view, model, q, scene)


if __name__ == "__main__":
    main()
