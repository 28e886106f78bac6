"""One task in a running simulation, watched, judged from truth and written down."""

from __future__ import annotations

import json
import time as wall
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from action_msgs.msg import GoalStatus
from diagnostic_msgs.msg import DiagnosticArray
from hearth_core.errors import HearthError
from hearth_core.home.model import Home
from hearth_core.outcome import Code
from hearth_nodekit.action_client import ActionClient
from hearth_nodekit.convert import from_outcome
from hearth_nodekit.topic import DIAGNOSTICS
from hearth_nodekit.topics import TASK_PROGRESS
from rclpy.node import Node

from hearth_interfaces.action import DoTask
from hearth_interfaces.msg import TaskProgress
from hearth_tasks.core.evaluation import judge
from hearth_tasks.core.sentences import parse_task
from hearth_tasks.evaluator import TruthListener

ANSWER = 30.0
"""Longest wall time [s] until the robot answers the task, and without its server."""
FROZEN = 60.0
"""Longest wall time [s] that simulated time may stand."""


@dataclass
class EpisodeRecord:
    """One line of evidence (``episode.json``, ``bench/chore.jsonl``)."""

    home: str
    seed: int
    task: str
    robot: str
    perception: str = "rendered"
    commit: str = ""
    success: bool = False
    verdict: str = ""
    """The evaluator's, from truth."""
    reported: str = ""
    """The robot's own: outcome code."""
    reason: str = ""
    message: str = ""
    ready_s: float = 0.0
    """Wall time from start to ready for a task."""
    duration_s: float = 0.0
    """Simulated time of the task."""
    wall_s: float = 0.0
    real_time_factor: float = 0.0
    """Simulated over wall time during the task."""
    cpu_cores: float = 0.0
    """CPU time of all processes over wall time during the task."""
    driven_m: float = 0.0
    hard_contacts: int = 0
    steps: list[dict[str, Any]] = field(default_factory=list)
    contacts: dict[str, float] = field(default_factory=dict)
    """Largest force [N] by pair of bodies."""
    disagreement: bool = False
    """The robot said otherwise than the evaluator."""

    def to_json(self) -> str:
        """One line."""
        return json.dumps(asdict(self), ensure_ascii=False)


@dataclass(frozen=True)
class Moment:
    """What to show while it runs."""

    elapsed: float
    step: str
    index: int
    message: str
    pose: tuple[float, float, float] | None
    real_time_factor: float | None


class Watcher:
    """Ears of the episode runner: truth in the root namespace, the task in the robot's.

    Both nodes belong to whoever spins them; methods here only read what callbacks stored.
    """

    def __init__(self, root: Node, robot_node: Node, robot: str) -> None:
        self.robot = robot
        self.truth = TruthListener(root, robot)
        self._progress: TaskProgress | None = None
        self._health: dict[str, tuple[int, str]] = {}
        TASK_PROGRESS.subscribe(robot_node, self._on_progress)
        DIAGNOSTICS.subscribe(robot_node, self._on_diagnostics)
        self._client = ActionClient(robot_node, DoTask, "do_task")
        self._handle: Any = None
        self._result: Any = None
        self._sent = 0.0
        self._seen_server = 0.0
        self._seen_time: tuple[float | None, float] = (None, 0.0)

    def ready(self) -> bool:
        """Whether the robot says it is ready for a task."""
        level, _ = self._health.get("executive", (-1, ""))
        return level == 0 and self._client.server_is_ready() and self.truth.truth() is not None

    def waiting_for(self) -> str:
        """Why it is not ready, for people."""
        if self.truth.truth() is None:
            return "the simulated world"
        _, message = self._health.get("executive", (-1, "the task executive"))
        return message

    def unwell(self) -> list[str]:
        """Nodes that report errors, with what they say."""
        return [f"{name}: {text}" for name, (level, text) in self._health.items() if level == 2]

    def send(self, task: str) -> None:
        """Give the robot its task."""
        self._result = self._handle = None
        self._sent = self._seen_server = wall.monotonic()
        self._seen_time = (None, wall.monotonic())
        future = self._client.send_goal_async(DoTask.Goal(task=task))
        future.add_done_callback(self._on_accepted)

    def cancel(self) -> None:
        """Ask the robot to stop what it does."""
        if self._handle is not None and self._handle.accepted and self._result is None:
            self._handle.cancel_goal_async()

    def require_alive(self, now: float) -> None:
        """Check at wall time ``now`` [s] that whoever should answer can still do so.

        Raises:
            HearthError: The task was not answered in time or was rejected, its server is gone,
                or simulated time stands.
        """
        server = f"/{self.robot}/do_task (node executive)"
        if self._handle is None and now - self._sent > ANSWER:
            raise HearthError(f"{server} did not answer the task in {ANSWER:.0f} s")
        if self._handle is not None and not self._handle.accepted:
            raise HearthError(f"{server} rejected the task")
        if self._client.server_is_ready():
            self._seen_server = now
        elif now - self._seen_server > ANSWER:
            raise HearthError(f"{server} has been gone for {ANSWER:.0f} s")
        time = self.truth.time()
        if time != self._seen_time[0]:
            self._seen_time = (time, now)
        elif now - self._seen_time[1] > FROZEN:
            raise HearthError(
                f"simulated time has stood for {FROZEN:.0f} s: /sim/truth/state (node world) "
                "is silent"
            )

    @property
    def result(self) -> DoTask.Result | None:
        """The robot's report, None while it works."""
        return None if self._result is None else self._result.result

    def moment(self, began: float) -> Moment:
        """What to show now; ``began`` is the simulated time the task was given."""
        progress, pose, now = self._progress, self.truth.pose(), self.truth.time()
        return Moment(
            elapsed=0.0 if now is None else now - began,
            step=progress.step if progress else "",
            index=progress.step_index if progress else 0,
            message=progress.message if progress else "",
            pose=None if pose is None else (pose.x, pose.y, pose.yaw),
            real_time_factor=self.truth.real_time_factor(),
        )

    def _on_progress(self, message: TaskProgress) -> None:
        self._progress = message

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        for status in message.status:
            name = status.name.rpartition("/")[2]
            self._health[name] = (int.from_bytes(status.level, "little"), status.message)

    def _on_accepted(self, future: Any) -> None:
        handle = future.result()
        if handle.accepted:
            handle.get_result_async().add_done_callback(self._on_result)
        self._handle = handle

    def _on_result(self, future: Any) -> None:
        response = future.result()
        if response.status != GoalStatus.STATUS_UNKNOWN:
            self._result = response


def run_task(
    watcher: Watcher,
    home: Home,
    record: EpisodeRecord,
    show: Callable[[Moment], None],
    should_stop: Callable[[], bool],
    limit: float = 900.0,
) -> EpisodeRecord:
    """Give the task, watch it, judge it.

    Args:
        watcher: Its nodes are being spun by somebody else.
        home: Nominal model, for the judgement.
        record: Filled in and returned; ``task`` says what to do.
        show: Called about five times a wall second.
        should_stop: True cancels the task; the robot comes to rest first.
        limit: Longest simulated time [s].

    Raises:
        HearthError: The task cannot be read, or nobody does it (see :meth:`require_alive`).
    """
    task = parse_task(record.task, home)
    began, wall_began = watcher.truth.time() or 0.0, wall.monotonic()
    watcher.send(record.task)
    canceled = False
    give_up = float("inf")
    while watcher.result is None:
        wall.sleep(0.2)
        show(watcher.moment(began))
        if not canceled:
            watcher.require_alive(wall.monotonic())
        late = (watcher.truth.time() or began) - began > limit
        if not canceled and (late or should_stop()):
            canceled = True
            give_up = wall.monotonic() + 3.0
            watcher.cancel()
        if wall.monotonic() > give_up:
            break
    ended, wall_ended = watcher.truth.time() or began, wall.monotonic()
    _settle(watcher, ended)
    record.duration_s = ended - began
    record.wall_s = wall_ended - wall_began
    record.real_time_factor = record.duration_s / max(record.wall_s, 1e-9)
    _fill_in(record, watcher, home, task)
    return record


def _settle(watcher: Watcher, ended: float, pause: float = 1.0) -> None:
    """Let what was put down come to rest, in simulated time, before judging."""
    give_up = wall.monotonic() + 5.0
    while (watcher.truth.time() or ended) < ended + pause and wall.monotonic() < give_up:
        wall.sleep(0.05)


def _fill_in(record: EpisodeRecord, watcher: Watcher, home: Home, task: Any) -> None:
    result, truth, ledger = watcher.result, watcher.truth.truth(), watcher.truth.ledger
    if result is not None:
        outcome = from_outcome(result.outcome)
        record.reported = outcome.code.name.lower()
        record.reason, record.message = outcome.reason, outcome.message
        record.steps = [
            {"step": step, "s": round(seconds, 2), "outcome": text or "ok"}
            for step, seconds, text in zip(
                result.steps, result.durations, result.step_outcomes, strict=True
            )
        ]
    else:
        record.reported, record.message = "none", "the robot did not report in time"
    if truth is None:
        record.verdict = "no truth was heard"
    else:
        verdict = judge(task, home, watcher.robot, truth)
        record.success, record.verdict = verdict.success, verdict.sentence
    record.disagreement = (record.reported == Code.SUCCEEDED.name.lower()) != record.success
    record.driven_m = round(ledger.driven, 2)
    record.hard_contacts = ledger.hard_contacts
    record.contacts = {key: round(force, 1) for key, force in sorted(ledger.contacts.items())}


def save_record(record: EpisodeRecord, path: Path) -> None:
    """Write one record as indented JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(asdict(record), indent=1, ensure_ascii=False) + "\n")
