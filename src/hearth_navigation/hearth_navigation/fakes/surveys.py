"""Maps of flat homes as a mapping robot would leave them, and places to stand in them."""

from __future__ import annotations

import math

import numpy as np
from hearth_core.geometry import Pose2, wrap_angle

from hearth_navigation.core.canvas import Canvas, CanvasConfig
from hearth_navigation.core.grid import Grid
from hearth_navigation.core.keyframes import Keyframe
from hearth_navigation.fakes.flat_robot import FlatRobot, clearance, follow
from hearth_navigation.fakes.floor_plans import Plan, tour


def survey(plan: Plan, seed: int = 0) -> Grid:
    """The map that a drive through all rooms gives, drawn at the true poses."""
    points = tour(plan, seed, again=0)
    robot = FlatRobot(plan, Pose2(*points[0], 0.0), seed)
    canvas = Canvas(robot.pose, CanvasConfig(reach=8.0))
    last: Pose2 | None = None
    for motion in follow(robot, points, stride=0.2, period=0.4):
        robot.step(motion, 0.4)
        turned = 0.0 if last is None else abs(wrap_angle(last.yaw - robot.pose.yaw))
        if last is None or last.distance(robot.pose) > 0.35 or turned > 0.6:
            last = robot.pose
            canvas.draw(Keyframe(robot.pose, *robot.look()))
    return canvas.finished()


def places(plan: Plan, count: int, seed: int = 0, room: float = 0.3) -> list[Pose2]:
    """Poses inside rooms with at least ``room`` [m] around them."""
    random = np.random.default_rng((seed, 271))
    segments, posts = plan.segments(), plan.circles()
    low, high = segments.min(axis=0), segments.max(axis=0)
    result: list[Pose2] = []
    while len(result) < count:
        x = float(random.uniform(low[0], high[0]))
        y = float(random.uniform(low[1], high[1]))
        if plan.room_at(x, y) is None or clearance(segments, posts, x, y) < room:
            continue
        if any(_inside(box.pose, box.length, box.width, x, y) for box in plan.boxes):
            continue
        result.append(Pose2(x, y, float(random.uniform(-math.pi, math.pi))))
    return result


def _inside(pose: Pose2, length: float, width: float, x: float, y: float) -> bool:
    local = pose.inverse().apply(np.array([x, y]))
    return bool(abs(local[0]) < 0.5 * length and abs(local[1]) < 0.5 * width)
