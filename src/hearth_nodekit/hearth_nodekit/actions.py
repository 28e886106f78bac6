"""Actions whose work runs in a thread, so that executor callbacks stay short.

Server: ``ThreadedActionServer(node, PickObject, "pick_object", work)``; ``work(goal)`` runs in a
thread, reports with ``goal.feedback(...)``, asks ``goal.cancel_requested`` (or ``goal.check()``),
and returns ``(Outcome, Result)``.
Client: ``ActionCaller(node, PickObject, "pick_object").call(goal, ...)`` blocks a worker thread.
"""

import threading
import time as wall
from collections.abc import Callable
from concurrent.futures import Future as ThreadFuture
from enum import Enum, auto
from typing import Any

from action_msgs.msg import GoalStatus
from hearth_core.errors import HearthError
from hearth_core.outcome import Code, Outcome
from rclpy.action.client import ClientGoalHandle
from rclpy.action.server import ServerGoalHandle
from rclpy.node import Node
from rclpy.task import Future

from hearth_nodekit.action_client import ActionClient
from hearth_nodekit.convert import to_outcome
from hearth_nodekit.deferred import DeferredActionServer

_STATUS = {
    Code.SUCCEEDED: GoalStatus.STATUS_SUCCEEDED,
    Code.CANCELED: GoalStatus.STATUS_CANCELED,
}


class Canceled(HearthError):  # noqa: N818 - not an error: somebody asked for it
    """The client asked the running work to stop."""


class ActionFailed(HearthError):  # noqa: N818 - says what happened
    """An action could not be called, or did not answer in time."""


class Busy(Enum):
    """What a goal does when another one is running."""

    REFUSE = auto()
    """The new one is refused with reason ``busy``."""
    PREEMPT = auto()
    """The running one is asked to stop, and the new one begins when it has."""


class ActiveGoal:
    """One accepted goal, as its working thread sees it."""

    def __init__(self, handle: ServerGoalHandle, feedback_type: type[Any]) -> None:
        self._handle = handle
        self._feedback_type = feedback_type
        self._stop = threading.Event()
        self.preempted = False

    @property
    def request(self) -> Any:
        """The goal message."""
        return self._handle.request

    @property
    def cancel_requested(self) -> bool:
        """Whether the work should stop: cancelled, preempted, or the node is closing."""
        return self._stop.is_set()

    def check(self) -> None:
        """Raise if the work should stop.

        Raises:
            Canceled: It should.
        """
        if self._stop.is_set():
            raise Canceled("preempted by a newer goal" if self.preempted else "canceled")

    def wait(self, seconds: float) -> bool:
        """Sleep up to ``seconds`` of wall time; True if asked to stop meanwhile."""
        return self._stop.wait(seconds)

    def feedback(self, **fields: Any) -> None:
        """Publish feedback with these fields."""
        if self._handle.is_active:
            self._handle.publish_feedback(self._feedback_type(**fields))

    def stop(self, *, preempted: bool = False) -> None:
        """Ask the work to stop."""
        self.preempted = self.preempted or preempted
        self._stop.set()


Work = Callable[[ActiveGoal], tuple[Outcome, Any]]
Refuse = Callable[[Any], Outcome | None]


class ThreadedActionServer:
    """Action server running its work in threads, one goal at a time."""

    def __init__(
        self,
        node: Node,
        action_type: Any,
        name: str,
        work: Work,
        *,
        refuse: Refuse | None = None,
        busy: Busy = Busy.REFUSE,
    ) -> None:
        """Serve ``name``; see the module for how ``work`` behaves.

        Args:
            node: Owner.
            action_type: Action class; if its Result has ``outcome`` it is filled in.
            name: Relative action name.
            work: Runs in a thread. Raising Canceled ends as canceled; any other exception
                ends as FAILED with reason ``internal_error``.
            refuse: Looks at the goal message first; an Outcome refuses it (nothing moves).
            busy: What happens to a goal that meets a running one.
        """
        self._node = node
        self._type = action_type
        self._work = work
        self._refuse = refuse
        self._busy = busy
        self._lock = threading.Lock()
        self._turn = threading.Lock()
        self._current: ActiveGoal | None = None
        self._goals: dict[bytes, ActiveGoal] = {}
        self._server = DeferredActionServer(
            node, action_type, name, self._on_goal, self._on_cancel
        )

    def close(self) -> None:
        """Ask all work to stop."""
        with self._lock:
            for goal in self._goals.values():
                goal.stop()

    def _on_cancel(self, handle: ServerGoalHandle) -> None:
        with self._lock:
            goal = self._goals.get(bytes(handle.goal_id.uuid))
        if goal is not None:
            goal.stop()

    def _on_goal(self, handle: ServerGoalHandle) -> None:
        goal = ActiveGoal(handle, self._type.Feedback)
        with self._lock:
            self._goals[bytes(handle.goal_id.uuid)] = goal
        threading.Thread(
            target=self._run,
            args=(goal, handle),
            daemon=True,
            name=f"{self._node.get_name()}_work",
        ).start()

    def _run(self, goal: ActiveGoal, handle: ServerGoalHandle) -> None:
        try:
            outcome, result = self._admit_and_work(goal)
        except Canceled as error:
            code = Code.PREEMPTED if goal.preempted else Code.CANCELED
            outcome, result = Outcome(code, code.name.lower(), str(error)), None
        except Exception as error:  # the client must hear of it, whatever it is
            self._node.get_logger().error(f"action failed: {error!r}")
            outcome, result = Outcome.failure("internal_error", repr(error)), None
        if result is None:
            result = self._type.Result()
        if hasattr(result, "outcome"):
            result.outcome = to_outcome(outcome)
        with self._lock:
            del self._goals[bytes(handle.goal_id.uuid)]
        self._server.finish(handle, _STATUS.get(outcome.code, GoalStatus.STATUS_ABORTED), result)

    def _admit_and_work(self, goal: ActiveGoal) -> tuple[Outcome, Any]:
        refusal = self._refuse(goal.request) if self._refuse else None
        if refusal is not None:
            return refusal, None
        with self._lock:
            running = self._current
            if running is not None and self._busy is Busy.REFUSE:
                return Outcome.refusal("busy", "another goal of this action is running"), None
            if running is not None:
                running.stop(preempted=True)
            self._current = goal
        with self._turn:  # the one before has come to rest
            try:
                goal.check()
                return self._work(goal)
            finally:
                with self._lock:
                    if self._current is goal:
                        self._current = None


class ActionCaller:
    """Calls one action from worker threads."""

    def __init__(self, node: Node, action_type: Any, name: str) -> None:
        self._node = node
        self._name = name
        self._client = ActionClient(node, action_type, name)

    def ready(self) -> bool:
        """Whether a server answers now."""
        return bool(self._client.server_is_ready())

    def wait_ready(self, timeout: float) -> bool:
        """Wait up to ``timeout`` wall seconds for the server."""
        deadline = wall.monotonic() + timeout
        while not self.ready():
            if wall.monotonic() > deadline:
                return False
            wall.sleep(0.05)
        return True

    def call(
        self,
        goal: Any,
        *,
        timeout: float,
        should_stop: Callable[[], bool] = lambda: False,
        on_feedback: Callable[[Any], None] | None = None,
        connect_timeout: float = 10.0,
        answer_timeout: float = 30.0,
    ) -> tuple[int, Any]:
        """Send ``goal`` and wait for its result. Only from worker threads.

        Args:
            goal: Goal message.
            timeout: Longest time [s] of the node's clock it may take; then it is cancelled.
            should_stop: Asked every 20 ms; True cancels the goal and waits for it to end.
            on_feedback: Called with every feedback message, in the executor's thread.
            connect_timeout: Wall time [s] to wait for the server.
            answer_timeout: Wall time [s] it may take to accept the goal.

        Returns:
            The action_msgs/GoalStatus number and the result message.

        Raises:
            Canceled: ``should_stop`` said so (the goal has ended).
            ActionFailed: No server, rejected, or timed out.
        """
        if not self.wait_ready(connect_timeout):
            raise ActionFailed(f"no server for action {self._name!r} after {connect_timeout} s")
        accepted = _bridge(
            self._client.send_goal_async(
                goal, lambda message: on_feedback(message.feedback) if on_feedback else None
            )
        )
        try:
            handle: ClientGoalHandle = accepted.result(timeout=answer_timeout)
        except TimeoutError as error:
            raise ActionFailed(f"action {self._name!r} did not answer the goal") from error
        if not handle.accepted:
            raise ActionFailed(f"action {self._name!r} rejected the goal")
        return self._wait(handle, timeout, should_stop)

    def _wait(
        self, handle: ClientGoalHandle, timeout: float, should_stop: Callable[[], bool]
    ) -> tuple[int, Any]:
        result = _bridge(handle.get_result_async())
        end = self._now() + timeout
        stopping: str | None = None
        give_up = float("inf")
        while True:
            try:
                response = result.result(timeout=0.02)
            except TimeoutError:
                response = None
            if response is not None:
                if stopping == "canceled":
                    raise Canceled(f"{self._name} canceled")
                if stopping is not None:
                    raise ActionFailed(f"action {self._name!r} {stopping}")
                return int(response.status), response.result
            if stopping is None and should_stop():
                stopping = "canceled"
            elif stopping is None and self._now() > end:
                stopping = f"took longer than {timeout:g} s"
            else:
                if wall.monotonic() > give_up:
                    raise ActionFailed(f"action {self._name!r} {stopping} and does not end")
                continue
            handle.cancel_goal_async()
            give_up = wall.monotonic() + 10.0

    def _now(self) -> float:
        return float(self._node.get_clock().now().nanoseconds) * 1e-9


class ServiceCaller:
    """Calls one service from worker threads."""

    def __init__(self, node: Node, service_type: Any, name: str) -> None:
        self._name = name
        self._client = node.create_client(service_type, name)

    def call(self, request: Any, timeout: float = 10.0) -> Any:
        """Send ``request`` and wait up to ``timeout`` wall seconds for the response.

        Raises:
            ActionFailed: No server or no answer.
        """
        if not self._client.wait_for_service(timeout_sec=timeout):
            raise ActionFailed(f"no server for service {self._name!r} after {timeout} s")
        try:
            return _bridge(self._client.call_async(request)).result(timeout=timeout)
        except TimeoutError as error:
            raise ActionFailed(f"service {self._name!r} did not answer in {timeout} s") from error


def _bridge(future: Future) -> ThreadFuture[Any]:
    """An rclpy future as one a thread can wait for."""
    bridged: ThreadFuture[Any] = ThreadFuture()

    def done(source: Future) -> None:
        error = source.exception()
        if error is not None:
            bridged.set_exception(error)
        else:
            bridged.set_result(source.result())

    future.add_done_callback(done)
    return bridged
