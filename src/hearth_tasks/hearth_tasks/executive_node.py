"""ROS shell of the task executive: ``do_task`` in, skills out, progress told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hearth_core.errors import HearthError
from hearth_core.health import Health, Level
from hearth_core.home import load_home
from hearth_core.outcome import Code, Outcome
from hearth_nodekit.actions import ActiveGoal, ThreadedActionServer
from hearth_nodekit.params import declare, param
from hearth_nodekit.reporting import report_health
from hearth_nodekit.running import run
from hearth_nodekit.topics import TASK_PROGRESS
from rclpy.node import Node

from hearth_interfaces.action import DoTask
from hearth_interfaces.msg import TaskProgress
from hearth_tasks.core.run import TaskRun
from hearth_tasks.core.sentences import parse_task
from hearth_tasks.core.staging import Distances
from hearth_tasks.ros_skills import RosSkills


@dataclass(frozen=True)
class Staging:
    """Where the base stands before a skill begins."""

    handle: float = param(Distances.handle, "Before a door to be opened.", unit="m", low=0.3)
    inside: float = param(Distances.inside, "Before an open container.", unit="m", low=0.3)
    table: float = param(Distances.table, "Before a table.", unit="m", low=0.3)
    close: float = param(Distances.close, "Before an open door to be shut.", unit="m", low=0.3)


@dataclass(frozen=True)
class Config:
    """Parameters of the task executive."""

    staging: Staging
    home: str = param("", "Home file: names, rooms, nominal places.")
    tick: float = param(0.05, "Period of the behaviour tree.", unit="s", low=0.01, high=1.0)


class ExecutiveNode(Node):
    """Serves ``do_task``."""

    def __init__(self, **options: Any) -> None:
        super().__init__("executive", **options)
        config = declare(self, Config)
        self._tick = config.tick
        self._distances = Distances(
            config.staging.handle,
            config.staging.inside,
            config.staging.table,
            config.staging.close,
        )
        self._home = load_home(config.home)
        self._skills = RosSkills(self, self._home)
        self._progress = TASK_PROGRESS.publisher(self)
        self._server = ThreadedActionServer(
            self, DoTask, "do_task", self._work, refuse=self._refuse
        )
        report_health(self, self._health)

    def close(self) -> None:
        """Cancel what runs: skills stop arm and base."""
        self._server.close()
        self._skills.close()

    def _refuse(self, goal: DoTask.Goal) -> Outcome | None:
        try:
            parse_task(goal.task, self._home)
        except HearthError as error:
            return Outcome.refusal("unknown_task", str(error))
        return None

    def _work(self, goal: ActiveGoal) -> tuple[Outcome, Any]:
        run = TaskRun(goal.request.task, self._home, self._skills, self._now(), self._distances)
        said: tuple[str, str] | None = None
        while (outcome := run.tick(self._now())) is None:
            progress = run.progress(self._now())
            if (progress.step, progress.message) != said:
                said = (progress.step, progress.message)
                message = self._to_message(run, goal)
                self._progress.publish(message)
                goal.feedback(progress=message)
            if goal.wait(self._tick):
                run.cancel()
        message = self._to_message(run, goal)
        message.message = outcome.message
        self._progress.publish(message)
        self.get_logger().info(
            f"{outcome.code.name.lower()}: {outcome.message}\n{run.drawing()}"
            if outcome.code is not Code.SUCCEEDED
            else f"{outcome.message}"
        )
        ended = run.journal.ended
        return outcome, DoTask.Result(
            steps=[name for name, _, _ in ended],
            durations=[duration for _, duration, _ in ended],
            step_outcomes=["" if o.ok else f"{o.reason}: {o.message}" for _, _, o in ended],
        )

    def _to_message(self, run: TaskRun, goal: ActiveGoal) -> TaskProgress:
        progress = run.progress(self._now())
        message = TaskProgress(
            task=goal.request.task,
            step=progress.step,
            step_index=progress.index,
            step_count=progress.count,
            message=progress.message,
            elapsed=progress.elapsed,
        )
        message.header.stamp = self.get_clock().now().to_msg()
        return message

    def _health(self) -> Health:
        missing = self._skills.missing()
        if missing:
            return Health(Level.WARN, f"waiting for {', '.join(missing)}")
        return Health(Level.OK, "ready for a task")

    def _now(self) -> float:
        return float(self.get_clock().now().nanoseconds) * 1e-9


make_node = ExecutiveNode


def main(args: Sequence[str] | None = None) -> None:
    """Entry point of ``ros2 run hearth_tasks executive``."""
    run(ExecutiveNode, args)


if __name__ == "__main__":
    main()
