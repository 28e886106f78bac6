"""``dock_robot`` and ``undock_robot``: onto the charger and off it again.

Docked is only who charges: the battery has the last word, not the pose.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hearth_core.errors import BadInputError
from hearth_core.geometry import Pose2
from hearth_core.outcome import Outcome
from hearth_nodekit.actions import ActiveGoal, Busy, Canceled, ThreadedActionServer
from hearth_nodekit.topics import BATTERY_STATE
from nav2_msgs.action import DockRobot, UndockRobot
from rclpy.node import Node
from sensor_msgs.msg import BatteryState

from hearth_navigation.core import errands
from hearth_navigation.core.dock_motion import DockMotion
from hearth_navigation.core.docking import DockConfig, staging
from hearth_navigation.core.driving import PREEMPTED, Driving
from hearth_navigation.core.errands import Errand
from hearth_navigation.journeys import FEEDBACK_PERIOD, ReadPose, refused, to_duration

CHARGER = "charger"
"""Name and type of the only dock."""
_BATTERY_AGE = 5.0
_NEAR = 0.3
_LEAVING = 0.15


class _Failed(Exception):  # noqa: N818 - ends a goal; retried where that may help
    """An attempt ended with one of Nav2's codes."""

    def __init__(self, code: int, message: str, *, preempted: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.preempted = preempted


class Docking:
    """Serves the actions; each one's work runs in its own thread."""

    def __init__(
        self,
        node: Node,
        driving: Driving,
        now: Callable[[], float],
        read_pose: ReadPose,
        charger: Pose2 | None,
    ) -> None:
        """``charger``: base_footprint of a robot that charges, in map; None: not known."""
        self._driving = driving
        self._now = now
        self._read_pose = read_pose
        self._charger = charger
        self._config = DockConfig()
        self._battery: tuple[float, bool] | None = None
        BATTERY_STATE.subscribe(node, self._on_battery)
        self._servers = [
            ThreadedActionServer(node, DockRobot, "dock_robot", self._dock, busy=Busy.PREEMPT),
            ThreadedActionServer(
                node, UndockRobot, "undock_robot", self._undock, busy=Busy.PREEMPT
            ),
        ]

    def close(self) -> None:
        """Ask all work to stop."""
        for server in self._servers:
            server.close()

    def _on_battery(self, message: BatteryState) -> None:
        charging = message.power_supply_status in (
            BatteryState.POWER_SUPPLY_STATUS_CHARGING,
            BatteryState.POWER_SUPPLY_STATUS_FULL,
        )
        self._battery = self._now(), charging

    def _charges(self) -> bool | None:
        """Whether the battery says that it charges; None: it says nothing."""
        heard = self._battery
        if heard is None or not -1.0 <= self._now() - heard[0] <= _BATTERY_AGE:
            return None
        return heard[1]

    def _dock(self, goal: ActiveGoal) -> tuple[Outcome, Any]:
        codes, result, request = DockRobot.Result, DockRobot.Result(success=False), goal.request
        try:
            dock = self._which(request)
            if self._charges() is None:
                text = "battery_state says nothing, so nobody could tell whether it charges"
                raise _Failed(codes.FAILED_TO_CHARGE, text)
        except _Failed as error:
            return refused(result, error, error.code)
        began = self._now()
        if self._charges() and self._near(dock):
            result.success = True
            return Outcome.success("charges already"), result
        for attempt in range(self._config.retries + 1):
            result.num_retries = attempt

            def say(state: int, retries: int = attempt) -> None:
                spent = to_duration(self._now() - began)
                goal.feedback(state=state, docking_time=spent, num_retries=retries)

            try:
                if attempt or request.navigate_to_staging_pose:
                    say(DockRobot.Feedback.RETRY if attempt else 1)
                    most = float(request.max_staging_time)
                    spot = staging(self._config, dock)
                    self._drive(goal, spot, codes.FAILED_TO_STAGE, most)
                self._approach(goal, dock, say)
                say(DockRobot.Feedback.WAIT_FOR_CHARGE)
                self._wait_for(goal, charging=True, code=codes.FAILED_TO_CHARGE)
            except _Failed as error:
                result.error_code, result.error_msg = error.code, str(error)
                if error.preempted:
                    return Outcome.failure("preempted", str(error)), result
                if error.code == codes.FAILED_TO_STAGE:
                    break
                continue
            result.success, result.error_code, result.error_msg = True, 0, ""
            return Outcome.success("charges"), result
        return Outcome.failure(f"nav2_{result.error_code}", result.error_msg), result

    def _undock(self, goal: ActiveGoal) -> tuple[Outcome, Any]:
        codes, result = UndockRobot.Result, UndockRobot.Result(success=False)
        if goal.request.dock_type not in ("", CHARGER):
            error = BadInputError(f"no dock type {goal.request.dock_type!r}; there is {CHARGER!r}")
            return refused(result, error, codes.DOCK_NOT_VALID)
        at_home = self._charger is not None and self._near(self._charger)
        if not (self._charges() or at_home):
            error = BadInputError("not on a dock: it neither charges nor stands at the charger")
            return refused(result, error, codes.DOCK_NOT_VALID)
        motion = errands.Straight(self._config.staging, _LEAVING)
        allowance = max(0.0, float(goal.request.max_undocking_time))
        errand = Errand(motion, errands.DRIVE_ON_HEADING, allowance)
        self._driving.begin_errand(errand)
        try:
            while errand.ending is None:
                if goal.wait(FEEDBACK_PERIOD):
                    goal.check()
                    raise Canceled("canceled")
        finally:
            self._driving.finish_errand(errand)
        try:
            if errand.ending.code != 0:
                preempted = errand.ending.code == PREEMPTED
                code = 0 if preempted else codes.FAILED_TO_CONTROL
                raise _Failed(code, errand.ending.message, preempted=preempted)
            self._wait_for(goal, charging=False, code=codes.UNKNOWN)
        except _Failed as error:
            result.error_code, result.error_msg = error.code, str(error)
            reason = "preempted" if error.preempted else f"nav2_{error.code}"
            return Outcome.failure(reason, str(error)), result
        result.success = True
        return Outcome.success("off the charger"), result

    def _which(self, request: Any) -> Pose2:
        codes = DockRobot.Result
        if request.use_dock_id:
            if request.dock_id != CHARGER:
                text = f"no dock {request.dock_id!r}; there is {CHARGER!r}"
                raise _Failed(codes.DOCK_NOT_IN_DB, text)
            if self._charger is None:
                raise _Failed(codes.DOCK_NOT_IN_DB, "no home file says where the charger is")
            return self._charger
        if request.dock_type not in ("", CHARGER):
            text = f"no dock type {request.dock_type!r}; there is {CHARGER!r}"
            raise _Failed(codes.DOCK_NOT_VALID, text)
        try:
            return self._read_pose(request.dock_pose)
        except BadInputError as error:
            raise _Failed(codes.DOCK_NOT_VALID, str(error)) from error

    def _near(self, dock: Pose2) -> bool:
        pose = self._driving.pose(self._now())
        return pose is not None and pose.distance(dock) < _NEAR

    def _approach(self, goal: ActiveGoal, dock: Pose2, say: Callable[[int], None]) -> None:
        """Backwards onto the charger, led by its shape in the scan."""
        codes = DockRobot.Result
        pose = self._driving.pose(self._now())
        if pose is None:
            text = "no fresh odometry or place on the map to look for the charger from"
            raise _Failed(codes.FAILED_TO_DETECT_DOCK, text)
        motion = DockMotion(self._config, pose.inverse() @ dock)
        errand = Errand(motion, errands.BACK_UP)
        self._driving.begin_errand(errand)
        say(DockRobot.Feedback.INITIAL_PERCEPTION)
        try:
            while errand.ending is None:
                if goal.wait(FEEDBACK_PERIOD):
                    goal.check()
                    raise Canceled("canceled")
                if motion.seen:
                    say(DockRobot.Feedback.CONTROLLING)
        finally:
            self._driving.finish_errand(errand)
        if errand.ending.code == PREEMPTED:
            raise _Failed(0, errand.ending.message, preempted=True)
        if motion.problem:
            where = f"{motion.problem} ({dock.x:.2f}, {dock.y:.2f})"
            code = codes.FAILED_TO_CONTROL if motion.seen else codes.FAILED_TO_DETECT_DOCK
            raise _Failed(code, where)
        if errand.ending.code != 0:
            raise _Failed(codes.FAILED_TO_CONTROL, errand.ending.message)

    def _drive(self, goal: ActiveGoal, pose: Pose2, code: int, most: float = 0.0) -> None:
        began = self._now()
        trip = self._driving.begin([pose])
        try:
            while trip.ending is None:
                if goal.wait(FEEDBACK_PERIOD):
                    goal.check()
                    raise Canceled("canceled")
                if most > 0.0 and self._now() - began > most:
                    raise _Failed(code, f"not there after {most:.0f} s")
        finally:
            self._driving.finish(trip)
        if trip.ending.code == PREEMPTED:
            raise _Failed(0, trip.ending.message, preempted=True)
        if trip.ending.code != 0:
            raise _Failed(code, f"{trip.ending.message} ({trip.ending.code})")

    def _wait_for(self, goal: ActiveGoal, *, charging: bool, code: int) -> None:
        began = self._now()
        while self._charges() is not charging:
            if goal.wait(FEEDBACK_PERIOD):
                goal.check()
                raise Canceled("canceled")
            if self._now() - began > self._config.contact:
                words = "does not charge" if charging else "does not say that it stopped charging"
                raise _Failed(code, f"the battery {words} after {self._config.contact:.0f} s")
