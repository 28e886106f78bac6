"""Nav2's actions around driving: waypoints, smoothing, waiting."""

from __future__ import annotations

import time as wall
from collections.abc import Callable
from typing import Any

import numpy as np
from hearth_core.errors import BadInputError
from hearth_core.outcome import Outcome
from hearth_nodekit.actions import ActiveGoal, Busy, Canceled, ThreadedActionServer
from nav2_msgs.action import FollowWaypoints, SmoothPath, Wait
from nav2_msgs.msg import MissedWaypoint
from rclpy.node import Node

from hearth_navigation.behaviors import seconds
from hearth_navigation.core.driving import PREEMPTED, Driving
from hearth_navigation.core.planner import Planner
from hearth_navigation.journeys import FEEDBACK_PERIOD, ReadPose, refused, to_duration
from hearth_navigation.messages import to_path

_SMOOTHER_TURNS = 24


class Tours:
    """Serves the actions; each one's work runs in its own thread."""

    def __init__(
        self, node: Node, driving: Driving, now: Callable[[], float], read_pose: ReadPose
    ) -> None:
        self._driving = driving
        self._now = now
        self._read_pose = read_pose
        self._planner = Planner(driving.config.planner)
        self._servers = [
            ThreadedActionServer(node, kind, name, work, busy=Busy.PREEMPT)
            for kind, name, work in (
                (FollowWaypoints, "follow_waypoints", self._follow),
                (Wait, "wait", self._wait),
                (SmoothPath, "smooth_path", self._smooth),
            )
        ]

    def close(self) -> None:
        """Ask all work to stop."""
        for server in self._servers:
            server.close()

    def _follow(self, goal: ActiveGoal) -> tuple[Outcome, Any]:
        """Stop at every pose; one that cannot be reached is noted and left out."""
        result, request = FollowWaypoints.Result(), goal.request
        try:
            poses = [self._read_pose(item) for item in request.poses]
            if not poses or request.goal_index >= len(poses):
                raise BadInputError(f"{len(poses)} poses, to begin with {request.goal_index}")
        except BadInputError as error:
            return refused(result, error, FollowWaypoints.Result.UNKNOWN)
        for loop in range(request.number_of_loops + 1):
            for k in range(0 if loop else request.goal_index, len(poses)):
                goal.feedback(current_waypoint=k)
                trip = self._driving.begin([poses[k]])
                try:
                    while trip.ending is None:
                        if goal.wait(FEEDBACK_PERIOD):
                            goal.check()
                            raise Canceled("canceled")
                finally:
                    self._driving.finish(trip)
                if trip.ending.code == PREEMPTED:
                    result.error_msg = trip.ending.message
                    return Outcome.failure("preempted", trip.ending.message), result
                if trip.ending.code != 0:
                    missed = MissedWaypoint(index=k, goal=request.poses[k])
                    missed.error_code = trip.ending.code
                    result.missed_waypoints.append(missed)
        return Outcome.success(f"{len(result.missed_waypoints)} missed"), result

    def _smooth(self, goal: ActiveGoal) -> tuple[Outcome, Any]:
        result, request = SmoothPath.Result(), goal.request
        began = wall.perf_counter()
        try:
            poses = [self._read_pose(item) for item in request.path.poses]
            if len(poses) < 2:
                raise BadInputError(f"a path needs at least 2 poses, got {len(poses)}")
        except BadInputError as error:
            return refused(result, error, SmoothPath.Result.INVALID_PATH)
        world = self._driving.snapshot
        if world is None:
            return refused(result, BadInputError("no map"), SmoothPath.Result.UNKNOWN)
        footprint = self._driving.footprint
        rows = np.array([(p.x, p.y, p.yaw) for p in poses])
        touches = min(footprint.clearance(world.clearance, pose) for pose in poses) < 0.0
        if touches and request.check_for_collisions:
            message = BadInputError("the path touches something before it is smoothed")
            return refused(result, message, SmoothPath.Result.SMOOTHED_PATH_IN_COLLISION)
        smooth = self._planner.smooth(world.clearance, footprint, rows, _SMOOTHER_TURNS)
        result.path = to_path(smooth, self._now())
        result.was_completed = True
        result.smoothing_duration = to_duration(wall.perf_counter() - began)
        return Outcome.success(), result

    def _wait(self, goal: ActiveGoal) -> tuple[Outcome, Any]:
        result, began = Wait.Result(), self._now()
        wanted = seconds(goal.request.time)
        while (waited := self._now() - began) < wanted:
            if goal.wait(FEEDBACK_PERIOD):
                goal.check()
                raise Canceled("canceled")
            if waited < -0.05:
                message = "the clock jumped back"
                result.error_code, result.error_msg = Wait.Result.UNKNOWN, message
                return Outcome.failure("nav2_740", message), result
            goal.feedback(time_left=to_duration(wanted - waited))
        result.total_elapsed_time = to_duration(self._now() - began)
        return Outcome.success("waited"), result
