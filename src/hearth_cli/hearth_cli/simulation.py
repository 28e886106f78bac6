"""One episode from nothing: start the deployment, wait, give the task, judge, stop, write down."""

from __future__ import annotations

import subprocess
import threading
import time as wall
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import rclpy
from hearth_core.errors import HearthError
from hearth_core.home.model import Home
from hearth_nodekit.testing import Spinner
from hearth_tasks.core.sentences import parse_task
from hearth_tasks.episode import EpisodeRecord, Moment, Watcher, run_task, save_record
from rclpy.context import Context
from rclpy.node import Node
from rclpy.parameter import Parameter

from hearth_cli.deployment import Deployment
from hearth_cli.domains import reserve_domain


@dataclass(frozen=True)
class Settings:
    """What to simulate."""

    root: Path
    """The clone."""
    home_file: Path
    home: Home
    """What the file says."""
    map: Path
    seed: int
    task: str
    folder: Path
    """Where records and logs go."""
    factor: float = 1.0
    viewer: bool = False
    record: bool = False
    domain: int | None = None
    robot: str = "robot1"
    ready_timeout: float = 120.0
    people: int = 0
    """Who walk about, beside those of the home file."""


class Talker(Protocol):
    """What the episode tells whoever watches."""

    def say(self, text: str, /) -> None:
        """A line that stays."""

    def show(self, moment: Moment, /) -> None:
        """The present moment."""


class Quiet:
    """Tells nobody."""

    def say(self, text: str, /) -> None:
        """Not a word."""

    def show(self, moment: Moment, /) -> None:
        """Not a word."""


def run_episode(
    settings: Settings, talker: Talker, should_stop: Callable[[], bool] = lambda: False
) -> EpisodeRecord:
    """Run one episode to its end.

    Raises:
        HearthError: The task cannot be read, or the deployment did not get ready.
    """
    parse_task(settings.task, settings.home)  # refused before anything is started
    domain = reserve_domain(settings.domain)
    deployment = Deployment(
        settings.root / "launch" / "sim.launch.yaml",
        {
            "home": settings.home_file,
            "map": settings.map,
            "seed": settings.seed,
            "people": settings.people,
            "factor": settings.factor,
            "viewer": str(settings.viewer).lower(),
            "record": settings.folder if settings.record else "",
            "robot": settings.robot,
        },
        settings.folder / "launch.log",
        domain.number,
    )
    record = EpisodeRecord(
        home=settings.home.name,
        seed=settings.seed,
        task=settings.task,
        robot=settings.robot,
        commit=commit_of(settings.root),
    )
    talker.say(f"DDS domain {domain.number}, log {deployment.log}")
    try:
        with Ears(domain.number, [settings.robot]) as ears:
            watcher = ears.watchers[settings.robot]
            began = wall.monotonic()
            wait_ready(watcher, deployment, talker, should_stop, settings.ready_timeout)
            record.ready_s = round(wall.monotonic() - began, 2)
            talker.say(f"ready for a task after {record.ready_s:.1f} s")
            talker.say(f"task: {settings.task}")
            cpu = deployment.cpu_seconds()

            def show(moment: Moment) -> None:
                deployment.require_running()
                deployment.cpu_seconds()
                talker.show(moment)

            run_task(watcher, settings.home, record, show, should_stop)
            spent = deployment.cpu_seconds() - cpu
            record.cpu_cores = round(spent / max(record.wall_s, 1e-9), 3)
            path = list(watcher.truth.ledger.path)
    finally:
        deployment.stop()
        domain.close()
    save_record(record, settings.folder / "episode.json")
    draw_plan(settings, path)
    return record


class Ears:
    """The evaluator's nodes, spinning in the background."""

    def __init__(self, domain: int, robots: Sequence[str]) -> None:
        """Listen to truth and to each of ``robots``."""
        self._context = Context()
        rclpy.init(context=self._context, domain_id=domain)
        sim_time = [Parameter("use_sim_time", value=True)]
        options: dict[str, Any] = {"context": self._context, "parameter_overrides": sim_time}
        self._root = Node("evaluator", **options)
        self.nodes = {robot: Node("episode", namespace=f"/{robot}", **options) for robot in robots}
        self.watchers = {
            robot: Watcher(self._root, node, robot) for robot, node in self.nodes.items()
        }
        self.nodes["root"] = self._root
        self._spinner = Spinner(self._context, *self.nodes.values())

    def __enter__(self) -> Ears:
        self._spinner.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._spinner.__exit__(None, None, None)
        self._context.try_shutdown()


def wait_ready(
    watcher: Watcher,
    deployment: Deployment,
    talker: Talker,
    should_stop: Callable[[], bool],
    timeout: float,
) -> None:
    """Wait until a robot is ready for a task.

    Raises:
        HearthError: It is not within ``timeout`` wall seconds, or the deployment ended.
        KeyboardInterrupt: ``should_stop`` said so.
    """
    deadline = wall.monotonic() + timeout
    said = ""
    while not watcher.ready():
        deployment.require_running()
        if should_stop():
            raise KeyboardInterrupt
        if wall.monotonic() > deadline:
            problems = "; ".join([f"waiting for {watcher.waiting_for()}", *watcher.unwell()])
            raise HearthError(
                f"{watcher.robot} is not ready after {timeout:.0f} s: {problems}\n"
                f"the end of {deployment.log}:\n{deployment.log_tail()}"
            )
        if watcher.waiting_for() != said:
            said = watcher.waiting_for()
            talker.say(f"starting {watcher.robot}: {said}")
        wall.sleep(0.1)


def draw_plan(settings: Settings, path: list[tuple[float, float, float, float]]) -> None:
    """Write ``plan.png`` in the background of nothing else: matplotlib takes a second."""
    from hearth_cli.plan_view import draw  # noqa: PLC0415 - costs a second, needed once

    draw(settings.home, settings.map, path, settings.folder / "plan.png")


def commit_of(root: Path) -> str:
    """Short commit of the clone, with ``+`` when files differ from it; empty without git."""
    try:
        run = subprocess.run(
            ["git", "-C", str(root), "describe", "--always", "--dirty=+", "--exclude=*"],
            capture_output=True,
            text=True,
            check=True,
            timeout=10,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return run.stdout.strip()


class StopFlag:
    """First Ctrl-C or SIGTERM: stop in order. Set by signal handlers, read by loops."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def set(self, *_: object) -> None:
        """Handler for :func:`signal.signal`."""
        self._event.set()

    def __call__(self) -> bool:
        """Whether to stop."""
        return self._event.is_set()
