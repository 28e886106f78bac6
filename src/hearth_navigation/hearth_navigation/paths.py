"""``compute_path_through_poses``: a path through several poses, without driving it."""

from __future__ import annotations

import time as wall
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from hearth_core.errors import BadInputError
from hearth_core.outcome import Outcome
from hearth_nodekit.actions import ActiveGoal, Busy, ThreadedActionServer
from nav2_msgs.action import ComputePathThroughPoses
from rclpy.node import Node

from hearth_navigation.core.driving import Driving
from hearth_navigation.core.planner import PlanError, Planner
from hearth_navigation.journeys import ReadPose, refused, to_duration
from hearth_navigation.messages import to_path

_THROUGH_POSES = 100
"""What Nav2 adds to the codes of ComputePathToPose for ComputePathThroughPoses."""


class Paths:
    """Serves the action; its work runs in its own thread."""

    def __init__(
        self, node: Node, driving: Driving, now: Callable[[], float], read_pose: ReadPose
    ) -> None:
        self._driving = driving
        self._now = now
        self._read_pose = read_pose
        self._planner = Planner(driving.config.planner)
        self._server = ThreadedActionServer(
            node,
            ComputePathThroughPoses,
            "compute_path_through_poses",
            self._compute,
            busy=Busy.PREEMPT,
        )

    def close(self) -> None:
        """Ask the work to stop."""
        self._server.close()

    def _compute(self, goal: ActiveGoal) -> tuple[Outcome, Any]:
        result, request = ComputePathThroughPoses.Result(), goal.request
        codes = ComputePathThroughPoses.Result
        began = wall.perf_counter()
        if not request.goals:
            return refused(result, BadInputError("no poses given"), codes.NO_VIAPOINTS_GIVEN)
        try:
            targets = [self._read_pose(item) for item in request.goals]
            start = self._read_pose(request.start) if request.use_start else None
        except BadInputError as error:
            return refused(result, error, codes.TF_ERROR)
        start = start or self._driving.pose(self._now())
        world = self._driving.snapshot
        if start is None or world is None:
            missing = "map" if world is None else "pose of the robot"
            return refused(result, BadInputError(f"no {missing}"), codes.TF_ERROR)
        legs: list[npt.NDArray[np.float64]] = []
        try:
            for target in targets:
                goal.check()
                path = self._planner.plan(world.clearance, self._driving.footprint, start, target)
                legs.append(path.poses[1:] if legs else path.poses)
                start = path.goal
        except PlanError as error:
            return refused(result, error, int(error.code) + _THROUGH_POSES)
        result.path = to_path(np.concatenate(legs), self._now())
        result.planning_time = to_duration(wall.perf_counter() - began)
        return Outcome.success(), result
