"""MoveIt's actions: plan and move, and run a trajectory planned before."""

from __future__ import annotations

import threading
import time as wall
from collections.abc import Callable
from typing import Any

import numpy as np
from hearth_core.outcome import Code, Outcome
from hearth_nodekit.actions import ActiveGoal, Busy, ThreadedActionServer
from moveit_msgs.action import ExecuteTrajectory, MoveGroup
from moveit_msgs.msg import MoveItErrorCodes, PlanningScene
from rclpy.node import Node

from hearth_manipulation.core.context import Context
from hearth_manipulation.core.kinematics import Array
from hearth_manipulation.core.ports import Stopped
from hearth_manipulation.core.scene import Scene
from hearth_manipulation.core.timing import Trajectory
from hearth_manipulation.moveit.codes import RequestError, code_of, success
from hearth_manipulation.moveit.facade import MoveItServices
from hearth_manipulation.moveit.states import from_robot_trajectory, to_robot_trajectory

START = 0.1
"""A trajectory may begin this far from where the joints are [rad or m]."""
REPLANS = 3
"""Most times a motion is planned again because something got into its way."""


class MoveItActions:
    """Serves ``move_action`` and ``execute_trajectory``; moves only when it is its turn."""

    def __init__(
        self,
        node: Node,
        context: Context,
        services: MoveItServices,
        turn: threading.Lock,
        obey: Callable[[Callable[[], bool]], None],
    ) -> None:
        """Serve.

        Args:
            node: Owner.
            context: Body and planner.
            services: Planning.
            turn: Held by whoever moves the robot.
            obey: Given what says whether to stop, makes body and eyes obey it.
        """
        self._node = node
        self._context = context
        self._services = services
        self._turn = turn
        self._obey = obey
        self._servers = [
            ThreadedActionServer(node, kind, name, work, busy=Busy.PREEMPT)
            for kind, name, work in (
                (MoveGroup, "move_action", self._move),
                (ExecuteTrajectory, "execute_trajectory", self._execute),
            )
        ]

    def close(self) -> None:
        """Ask running work to stop."""
        for server in self._servers:
            server.close()

    def _move(self, goal: ActiveGoal) -> tuple[Outcome, Any]:
        result = MoveGroup.Result()
        return self._finish(result, lambda: self._plan_and_move(goal, result))

    def _plan_and_move(self, goal: ActiveGoal, result: Any) -> None:
        request, options = goal.request.request, goal.request.planning_options
        if options.planning_scene_diff != PlanningScene():
            if not options.planning_scene_diff.is_diff:
                raise RequestError("not_supported", "only differences of a scene come with a goal")
            self._services.change_scene(options.planning_scene_diff)
        left = min(options.replan_attempts or 1, REPLANS) if options.replan else 0
        while True:
            goal.feedback(state="PLANNING")
            begin = wall.monotonic()
            planned = self._services.plan(request)
            result.planning_time += wall.monotonic() - begin
            result.trajectory_start = self._services.state(planned.start)
            result.planned_trajectory = to_robot_trajectory(planned.trajectory)
            if options.plan_only:
                return
            if goal.cancel_requested:
                raise Stopped("canceled")
            goal.feedback(state="MONITOR")
            try:
                self._run(goal, planned.trajectory, planned.path, planned.scene)
            except Exception as error:
                if getattr(error, "reason", "") != "path_blocked" or not left:
                    raise
                left -= 1
                continue
            result.executed_trajectory = result.planned_trajectory
            return

    def _execute(self, goal: ActiveGoal) -> tuple[Outcome, Any]:
        result = ExecuteTrajectory.Result()
        return self._finish(result, lambda: self._run_given(goal))

    def _run_given(self, goal: ActiveGoal) -> None:
        planner = self._services.keeper.planner()
        model = planner.model
        trajectory = from_robot_trajectory(goal.request.trajectory, model.dofs[3:])
        now = self._context.mover.configuration()
        dofs = model.indices(trajectory.joints)
        path = np.repeat(now[None], len(trajectory.times), axis=0)
        path[:, dofs] = trajectory.positions
        goal.feedback(state="MONITOR")
        self._run(goal, trajectory, path, self._services.keeper.scene())

    def _run(self, goal: ActiveGoal, trajectory: Trajectory, path: Array, scene: Scene) -> None:
        """Move, if it is our turn and the joints are where the trajectory begins."""
        if not self._turn.acquire(blocking=False):
            raise RequestError("busy", "the robot is moving for somebody else")
        mover = self._context.mover
        try:
            self._obey(lambda: goal.cancel_requested)
            now = mover.body.joints()
            for name, value in zip(trajectory.joints, trajectory.positions[0], strict=True):
                if abs(now[name] - value) > START:
                    raise RequestError(
                        "start_elsewhere",
                        f"the trajectory begins with {name} at {value:.3f}; it is at "
                        f"{now[name]:.3f}",
                    )
            keeper = self._services.keeper
            mover.execute(
                trajectory.joints, trajectory, path, scene, keeper.planner(), keeper.watch()
            )
        finally:
            self._obey(lambda: False)
            self._turn.release()

    def _finish(self, result: Any, work: Callable[[], None]) -> tuple[Outcome, Any]:
        """Do the work; whatever becomes of it is in the result's code."""
        try:
            work()
        except Exception as error:  # the client must hear of it, whatever it is
            result.error_code = code_of(error)
            self._node.get_logger().info(f"{type(result).__name__}: {error}")
            if result.error_code.val == MoveItErrorCodes.PREEMPTED:
                return Outcome(Code.CANCELED, "canceled", str(error)), result
            reason = getattr(error, "reason", type(error).__name__)
            return Outcome.failure(reason, str(error) or repr(error)), result
        result.error_code = success()
        return Outcome.success(), result
