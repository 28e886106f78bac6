"""Nav2's actions as trips."""

from __future__ import annotations

import math
import time as wall
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from builtin_interfaces.msg import Duration
from geometry_msgs.msg import PoseStamped
from hearth_core.errors import BadInputError
from hearth_core.geometry import Pose2
from hearth_core.outcome import Outcome
from hearth_nodekit.actions import ActiveGoal, Busy, Canceled, ThreadedActionServer
from nav2_msgs.action import (
    ComputePathToPose,
    FollowPath,
    NavigateThroughPoses,
    NavigateToPose,
)
from rclpy.node import Node

from hearth_navigation.core.driving import PREEMPTED, Driving
from hearth_navigation.core.field import Field
from hearth_navigation.core.planner import Path, PlanCode, PlanError, Planner
from hearth_navigation.core.trip import Trip
from hearth_navigation.messages import to_path, to_pose_stamped

ReadPose = Callable[[PoseStamped], Pose2]
"""Goal in map of a message; raises BadInputError."""
FEEDBACK_PERIOD = 0.1
TYPICAL_SPEED = 0.35
"""For the estimated time remaining [m/s]."""


class Journeys:
    """Serves the actions; each one's work runs in its own thread."""

    def __init__(
        self, node: Node, driving: Driving, now: Callable[[], float], read_pose: ReadPose
    ) -> None:
        self._node = node
        self._driving = driving
        self._now = now
        self._read_pose = read_pose
        self._servers = [
            ThreadedActionServer(node, kind, name, work, busy=Busy.PREEMPT)
            for kind, name, work in (
                (NavigateToPose, "navigate_to_pose", self._to_pose),
                (NavigateThroughPoses, "navigate_through_poses", self._through_poses),
                (FollowPath, "follow_path", self._follow),
                (ComputePathToPose, "compute_path_to_pose", self._compute),
            )
        ]
        self._planner = Planner(driving.config.planner)

    def close(self) -> None:
        """Ask all work to stop."""
        for server in self._servers:
            server.close()

    def begin_unattended(self, message: PoseStamped) -> None:
        """Drive to a pose nobody waits for (RViz)."""
        try:
            goal = self._read_pose(message)
        except BadInputError as error:
            self._node.get_logger().error(f"goal refused: {error}")
            return
        self._driving.begin([goal])

    def _to_pose(self, goal: ActiveGoal) -> tuple[Outcome, Any]:
        result = NavigateToPose.Result()
        try:
            pose = self._read_pose(goal.request.pose)
        except BadInputError as error:
            return refused(result, error)
        return self._drive(goal, [pose], result)

    def _through_poses(self, goal: ActiveGoal) -> tuple[Outcome, Any]:
        result = NavigateThroughPoses.Result()
        try:
            poses = [self._read_pose(item) for item in goal.request.poses]
            if not poses:
                raise BadInputError("no poses given")
        except BadInputError as error:
            return refused(result, error)
        return self._drive(
            goal,
            poses,
            result,
            lambda trip: {"number_of_poses_remaining": len(trip.goals)},
        )

    def _follow(self, goal: ActiveGoal) -> tuple[Outcome, Any]:
        result = FollowPath.Result()
        try:
            poses = [self._read_pose(item) for item in goal.request.path.poses]
            if len(poses) < 2:
                raise BadInputError(f"a path needs at least 2 poses, got {len(poses)}")
        except BadInputError as error:
            return refused(result, error, FollowPath.Result.INVALID_PATH)
        rows = np.array([(p.x, p.y, p.yaw) for p in poses])
        nothing = Field(np.zeros((2, 2), np.float32), 1.0, (0.0, 0.0))
        return self._drive(goal, [poses[-1]], result, None, Path(rows, nothing))

    def _drive(
        self,
        goal: ActiveGoal,
        poses: Sequence[Pose2],
        result: Any,
        extra: Callable[[Trip], dict[str, Any]] | None = None,
        path: Path | None = None,
    ) -> tuple[Outcome, Any]:
        began = self._now()
        trip = self._driving.begin(list(poses), path=path)
        try:
            while trip.ending is None:
                if goal.wait(FEEDBACK_PERIOD):
                    self._driving.finish(trip)
                    self._rest()
                    goal.check()
                    raise Canceled("canceled")
                self._feedback(goal, trip, began, extra, path is not None)
        finally:
            self._driving.finish(trip)
        ending = trip.ending
        if ending.code == 0:
            return Outcome.success(ending.message), result
        if ending.code == PREEMPTED:
            result.error_msg = ending.message
            return Outcome.failure("preempted", ending.message), result
        result.error_code, result.error_msg = ending.code, ending.message
        return Outcome.failure(f"nav2_{ending.code}", ending.message), result

    def _feedback(
        self,
        goal: ActiveGoal,
        trip: Trip,
        began: float,
        extra: Callable[[Trip], dict[str, Any]] | None,
        following: bool,
    ) -> None:
        now = self._now()
        pose = self._driving.pose(now)
        remaining = trip.remaining if math.isfinite(trip.remaining) else 0.0
        if following:
            goal.feedback(distance_to_goal=float(remaining), speed=0.0)
            return
        if pose is None:
            return
        goal.feedback(
            current_pose=to_pose_stamped(pose, now),
            navigation_time=to_duration(now - began),
            estimated_time_remaining=to_duration(remaining / TYPICAL_SPEED),
            number_of_recoveries=trip.recoveries,
            distance_remaining=float(remaining),
            **(extra(trip) if extra else {}),
        )

    def _rest(self) -> None:
        """Wait until the base stands (at most 2 s of wall time)."""
        deadline = wall.monotonic() + 2.0
        while self._driving.trip is not None and wall.monotonic() < deadline:
            wall.sleep(0.02)

    def _compute(self, goal: ActiveGoal) -> tuple[Outcome, Any]:
        result = ComputePathToPose.Result()
        request = goal.request
        began = wall.perf_counter()
        try:
            target = self._read_pose(request.goal)
            start = self._read_pose(request.start) if request.use_start else None
        except BadInputError as error:
            return refused(result, error, int(PlanCode.TF_ERROR))
        start = start or self._driving.pose(self._now())
        world = self._driving.snapshot
        if start is None or world is None:
            missing = "map" if world is None else "pose of the robot"
            return refused(result, BadInputError(f"no {missing}"), int(PlanCode.TF_ERROR))
        try:
            path = self._planner.plan(world.clearance, self._driving.footprint, start, target)
        except PlanError as error:
            return refused(result, error, int(error.code))
        result.path = to_path(path.poses, self._now())
        result.planning_time = to_duration(wall.perf_counter() - began)
        return Outcome.success(), result


def refused(result: Any, error: Exception, code: int = 9000) -> tuple[Outcome, Any]:
    """A result that says why nothing moved."""
    result.error_code, result.error_msg = code, str(error)
    return Outcome.refusal("bad_input", str(error)), result


def to_duration(seconds: float) -> Duration:
    """Message of a duration [s]."""
    nanoseconds = max(0, round(seconds * 1e9))
    return Duration(sec=nanoseconds // 10**9, nanosec=nanoseconds % 10**9)
