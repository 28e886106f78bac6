"""The bridge's actions: each goal is a coroutine in the hub's loop; cancelling cancels it."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from action_msgs.msg import GoalStatus
from hearth_core.errors import BadInputError
from hearth_core.outcome import Code, Outcome
from hearth_nodekit.convert import to_outcome
from hearth_nodekit.deferred import DeferredActionServer
from rclpy.action.server import ServerGoalHandle
from rclpy.node import Node

from hearth_appliances.bridge.messages import to_precondition, to_property
from hearth_appliances.bridge.services import decode
from hearth_appliances.core.cycles import Course, Cycles
from hearth_appliances.core.ingest import Appliance
from hearth_appliances.core.intents import DoorProgress, DoorTimes, Intents
from hearth_appliances.core.machines import Phase, Unit
from hearth_appliances.core.pipeline import Pipeline
from hearth_appliances.core.values import Value
from hearth_interfaces.action import AccessDoor, CleanArea, RunCycle, WaitFor

COURSE_TIMEOUT = 6 * 3600.0
CLEAN_TIMEOUT = 3 * 3600.0
_STATUS = {
    Code.SUCCEEDED: GoalStatus.STATUS_SUCCEEDED,
    Code.CANCELED: GoalStatus.STATUS_CANCELED,
}
Feedback = Callable[..., None]
Work = Callable[[Any, Feedback], Awaitable[tuple[Outcome, Any]]]


class LoopActionServer:
    """Serves an action with coroutines; many goals at once."""

    def __init__(
        self, node: Node, loop: asyncio.AbstractEventLoop, kind: Any, name: str, work: Work
    ) -> None:
        self._node, self._loop, self._kind, self._work = node, loop, kind, work
        self._tasks: dict[bytes, asyncio.Task[None]] = {}
        self._server = DeferredActionServer(node, kind, name, self._on_goal, self._on_cancel)

    def _on_goal(self, handle: ServerGoalHandle) -> None:
        self._loop.call_soon_threadsafe(self._begin, handle)

    def _on_cancel(self, handle: ServerGoalHandle) -> None:
        self._loop.call_soon_threadsafe(self._cancel, bytes(handle.goal_id.uuid))

    def _begin(self, handle: ServerGoalHandle) -> None:
        key = bytes(handle.goal_id.uuid)
        task = self._loop.create_task(self._run(handle))
        self._tasks[key] = task
        task.add_done_callback(lambda _: self._tasks.pop(key, None))

    def _cancel(self, key: bytes) -> None:
        if key in self._tasks:
            self._tasks[key].cancel()

    async def _run(self, handle: ServerGoalHandle) -> None:
        def feedback(**fields: Any) -> None:
            if handle.is_active:
                handle.publish_feedback(self._kind.Feedback(**fields))

        result = self._kind.Result()
        try:
            outcome, result = await self._work(handle.request, feedback)
        except asyncio.CancelledError:
            outcome = Outcome.canceled()
        except Exception as error:  # the client must hear of it, whatever it is
            self._node.get_logger().error(f"action failed: {error!r}")
            outcome = Outcome.failure("internal_error", repr(error))
        result.outcome = to_outcome(outcome)
        self._server.finish(handle, _STATUS.get(outcome.code, GoalStatus.STATUS_ABORTED), result)


class Actions:
    """RunCycle, WaitFor, AccessDoor and CleanArea below ``appliances/``."""

    def __init__(
        self,
        node: Node,
        loop: asyncio.AbstractEventLoop,
        pipeline: Pipeline,
        intents: Intents,
    ) -> None:
        self._pipeline, self._intents = pipeline, intents
        self._cycles = Cycles(pipeline)
        LoopActionServer(node, loop, RunCycle, "appliances/run_cycle", self._run_cycle)
        LoopActionServer(node, loop, WaitFor, "appliances/wait_for", self._wait_for)
        LoopActionServer(node, loop, AccessDoor, "appliances/access_door", self._access_door)
        LoopActionServer(node, loop, CleanArea, "appliances/clean_area", self._clean_area)

    async def _run_cycle(self, goal: Any, feedback: Feedback) -> tuple[Outcome, Any]:
        try:
            settings = decode(goal.names, goal.values)
        except BadInputError as error:
            return Outcome.refusal("invalid_value", str(error)), RunCycle.Result()

        def report(phase: str, remaining: float | None, progress: float, text: str) -> None:
            left = math.nan if remaining is None else remaining
            feedback(phase=phase, remaining=left, progress=progress, message=text)

        course = await self._course(goal, goal.unit, settings, COURSE_TIMEOUT, report)
        return course.outcome, RunCycle.Result(
            confidence=course.confidence,
            evidence=",".join(course.evidence),
            duration=course.duration,
        )

    async def _clean_area(self, goal: Any, feedback: Feedback) -> tuple[Outcome, Any]:
        if goal.areas:
            text = "this vendor's cleaners take no areas: leave them empty to clean everywhere"
            return Outcome.refusal("areas_not_supported", text), CleanArea.Result()

        def report(phase: str, remaining: float | None, progress: float, text: str) -> None:
            del remaining, progress
            feedback(phase=phase, battery=self._battery(goal.slug), message=text)

        course = await self._course(goal, "", {}, CLEAN_TIMEOUT, report)
        result = CleanArea.Result(confidence=course.confidence, duration=course.duration)
        return course.outcome, result

    async def _course(
        self,
        goal: Any,
        unit: str,
        settings: Mapping[str, Any],
        longest: float,
        report: Callable[[str, float | None, float, str], None],
    ) -> Course:
        timeout = goal.timeout or longest
        try:
            return await self._cycles.run_cycle(
                goal.slug, unit, settings, goal.holder, goal.token, timeout, report
            )
        except asyncio.CancelledError:
            if goal.stop_on_cancel:
                await self._pipeline.abort(goal.slug, unit)
            raise

    def _battery(self, slug: str) -> float:
        appliance = self._pipeline.hub.ingest.by_slug(slug)
        for name, value in appliance.shadow.plain().items():
            if name.endswith("battery/percent") and isinstance(value, int | float):
                return float(value) / 100.0
        return math.nan

    async def _wait_for(self, goal: Any, feedback: Feedback) -> tuple[Outcome, Any]:
        result = WaitFor.Result()
        try:
            wanted = json.loads(goal.value) if goal.value else None
        except ValueError:
            text = f"value {goal.value!r} is not JSON"
            return Outcome.refusal("invalid_value", text), result
        seen: list[Value] = []

        def condition(appliance: Appliance, units: Mapping[str, Unit]) -> Value | None:
            if goal.name:
                value = appliance.shadow.values.get(goal.name)
                if value is None or not appliance.shadow.online:
                    return None
                first = not seen
                if first or seen[-1].value != value.value:
                    seen.append(value)
                    feedback(value=json.dumps(value.value))
                if goal.value:
                    return value if value.value == wanted else None
                return value if not first and len(seen) > 1 else None
            return _in_phase(appliance, units, goal.unit, goal.phase)

        outcome, value = await self._intents.wait_for(goal.slug, condition, goal.timeout)
        if value is not None:
            result.property = to_property(goal.name or "phase", value)
        return outcome, result

    async def _access_door(self, goal: Any, feedback: Feedback) -> tuple[Outcome, Any]:
        default = DoorTimes()
        times = DoorTimes(
            goal.open_timeout or default.open,
            goal.hold or default.hold,
            goal.close_timeout or default.close,
        )

        def report(progress: DoorProgress) -> None:
            feedback(
                phase=progress.phase,
                token=progress.token,
                open_for=progress.open_for,
                preconditions=[to_precondition(item) for item in progress.conditions],
            )

        visit = await self._intents.access_door(goal.slug, goal.holder, goal.token, times, report)
        return visit.outcome, AccessDoor.Result(
            opened=visit.opened,
            closed=visit.closed,
            confirmed=visit.confirmed,
            open_duration=visit.open_duration,
        )


def _in_phase(
    appliance: Appliance, units: Mapping[str, Unit], name: str, phase: int
) -> Value | None:
    for unit in units.values():
        if unit.phase == Phase(phase) and (not name or unit.name == name):
            for key, value in appliance.shadow.values.items():
                if key.startswith(f"{unit.name}/") and key.endswith("currentState"):
                    return value
    return None
