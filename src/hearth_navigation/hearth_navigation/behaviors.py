"""Nav2's behaviours: spin, backup, drive_on_heading, assisted_teleop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from builtin_interfaces.msg import Duration
from geometry_msgs.msg import Twist
from hearth_core.errors import BadInputError
from hearth_core.outcome import Outcome
from hearth_nodekit.actions import ActiveGoal, Busy, Canceled, ThreadedActionServer
from hearth_nodekit.topics import CMD_VEL_TELEOP
from nav2_msgs.action import AssistedTeleop, BackUp, DriveOnHeading, Spin
from rclpy.node import Node
from std_msgs.msg import Empty

from hearth_navigation.core import errands
from hearth_navigation.core.driving import PREEMPTED, Driving
from hearth_navigation.core.errands import Errand
from hearth_navigation.journeys import refused, to_duration

_STANDS = 0.05
"""Wall time [s] between looks at whether the base stands."""


class Behaviors:
    """Serves the actions; a new one ends whatever was moving the base."""

    def __init__(self, node: Node, driving: Driving, now: Callable[[], float]) -> None:
        self._driving = driving
        self._now = now
        self._steered: errands.Steered | None = None
        CMD_VEL_TELEOP.subscribe(node, self._on_teleop)
        node.create_subscription(Empty, "preempt_teleop", self._on_preempt, 1)
        self._servers = [
            ThreadedActionServer(node, kind, name, work, busy=Busy.PREEMPT)
            for kind, name, work in (
                (Spin, "spin", self._spin),
                (BackUp, "backup", self._back_up),
                (DriveOnHeading, "drive_on_heading", self._drive),
                (AssistedTeleop, "assisted_teleop", self._assist),
            )
        ]

    def close(self) -> None:
        """Ask all work to stop."""
        for server in self._servers:
            server.close()

    def _spin(self, goal: ActiveGoal) -> tuple[Outcome, Any]:
        result, request = Spin.Result(), goal.request
        try:
            motion = errands.Turn(float(request.target_yaw))
        except BadInputError as error:
            return refused(result, error, Spin.Result.UNKNOWN)
        errand = Errand(motion, errands.SPIN, seconds(request.time_allowance))
        return self._run(
            goal, errand, result, lambda: {"angular_distance_traveled": abs(motion.done)}
        )

    def _back_up(self, goal: ActiveGoal) -> tuple[Outcome, Any]:
        # Nav2 takes the sign away: a backup goes back, whatever it was asked.
        return self._straight(goal, BackUp.Result(), errands.BACK_UP, -1.0)

    def _drive(self, goal: ActiveGoal) -> tuple[Outcome, Any]:
        return self._straight(goal, DriveOnHeading.Result(), errands.DRIVE_ON_HEADING, 1.0)

    def _straight(
        self, goal: ActiveGoal, result: Any, codes: errands.Codes, sign: float
    ) -> tuple[Outcome, Any]:
        request = goal.request
        target, speed = request.target, float(request.speed)
        try:
            if target.y or target.z:
                raise BadInputError("only straight ahead or back: target.y and target.z must be 0")
            if sign > 0.0 and target.x * speed < 0.0:
                raise BadInputError("speed and target.x must have the same sign")
            distance = sign * abs(target.x) if sign < 0.0 else target.x
            motion = errands.Straight(distance, abs(speed))
        except BadInputError as error:
            return refused(result, error, type(result).INVALID_INPUT)
        errand = Errand(motion, codes, seconds(request.time_allowance))
        return self._run(goal, errand, result, lambda: {"distance_traveled": motion.done})

    def _assist(self, goal: ActiveGoal) -> tuple[Outcome, Any]:
        """``cmd_vel_teleop`` through the collision monitor, until the time is over or a person."""
        began = self._now()
        self._steered = steered = errands.Steered()
        allowance = seconds(goal.request.time_allowance)
        errand = Errand(steered, errands.ASSISTED_TELEOP, allowance, patient=True)

        def feedback() -> dict[str, Any]:
            return {"current_teleop_duration": to_duration(self._now() - began)}

        return self._run(goal, errand, AssistedTeleop.Result(), feedback)

    def _on_teleop(self, message: Twist) -> None:
        steered = self._steered
        if steered is not None:
            command = (message.linear.x, message.linear.y, message.angular.z)
            steered.steer(command, self._now())

    def _on_preempt(self, _: Empty) -> None:
        if self._steered is not None:
            self._steered.finish()

    def _run(
        self,
        goal: ActiveGoal,
        errand: Errand,
        result: Any,
        feedback: Callable[[], dict[str, Any]],
    ) -> tuple[Outcome, Any]:
        began = self._now()
        self._driving.begin_errand(errand)
        try:
            while errand.ending is None:
                if goal.wait(_STANDS):
                    self._driving.finish_errand(errand)
                    goal.check()
                    raise Canceled("canceled")
                goal.feedback(**feedback())
        finally:
            self._driving.finish_errand(errand)
        ending = errand.ending
        result.total_elapsed_time = to_duration(self._now() - began)
        if ending.code == 0:
            return Outcome.success(ending.message), result
        result.error_code = ending.code if ending.code != PREEMPTED else 0
        result.error_msg = ending.message
        reason = "preempted" if ending.code == PREEMPTED else f"nav2_{ending.code}"
        return Outcome.failure(reason, ending.message), result


def seconds(duration: Duration) -> float:
    """Of a message [s]; negative ones count as 0."""
    return max(0.0, float(duration.sec) + 1e-9 * float(duration.nanosec))
