"""Several robots in one home: each in its namespace, each with a task of its own."""

from __future__ import annotations

import argparse
import threading
import time as wall
from collections.abc import Sequence
from pathlib import Path

import yaml
from hearth_core.home.model import Home
from hearth_tasks.episode import EpisodeRecord, Moment, Watcher, run_task

from hearth_cli.deployment import Deployment
from hearth_cli.domains import reserve_domain
from hearth_cli.simulation import Ears, StopFlag, Talker, commit_of, wait_ready


def run_several(
    root: Path,
    home: Home,
    home_file: Path,
    map_file: Path,
    options: argparse.Namespace,
    folder: Path,
    talker: Talker,
    stop: StopFlag,
) -> int:
    """Start ``options.robots`` robots, give each its task, and judge each."""
    robots = [f"robot{k}" for k in range(1, options.robots + 1)]
    tasks = tasks_for(home, robots, options.task)
    launch_file = folder / "fleet.launch.yaml"
    folder.mkdir(parents=True, exist_ok=True)
    factor = 0.0 if options.fast else 1.0
    document = fleet_document(
        root, home_file, map_file, robots, options.seed, factor, options.people
    )
    launch_file.write_text(yaml.safe_dump(document, sort_keys=False))
    domain = reserve_domain(options.domain)
    deployment = Deployment(launch_file, {}, folder / "launch.log", domain.number)
    records: dict[str, EpisodeRecord] = {}
    try:
        with Ears(domain.number, robots) as ears:
            for robot in robots:
                wait_ready(ears.watchers[robot], deployment, talker, stop, 180.0)
                talker.say(f"{robot} is ready; its task: {tasks[robot]}")
            threads = []
            for robot in robots:
                records[robot] = EpisodeRecord(
                    home=home.name,
                    seed=options.seed,
                    task=tasks[robot],
                    robot=robot,
                    commit=commit_of(root),
                )
                threads.append(
                    threading.Thread(
                        target=_watch,
                        args=(ears.watchers[robot], home, records[robot], talker, stop),
                        name=robot,
                    )
                )
                threads[-1].start()
            for thread in threads:
                thread.join()
    finally:
        deployment.stop()
        domain.close()
    for robot, record in records.items():
        verdict = "SUCCESS" if record.success else f"FAILURE: {record.verdict}"
        talker.say(f"{robot}: {record.task}: robot says {record.reported}; evaluator {verdict}")
    (folder / "episodes.jsonl").write_text(
        "".join(record.to_json() + "\n" for record in records.values())
    )
    talker.say(f"record       {folder}")
    return 0 if all(record.success for record in records.values()) else 1


def tasks_for(home: Home, robots: Sequence[str], task: str | None) -> dict[str, str]:
    """The first robot does ``task`` if there is one; the others each go to a room of their own."""
    rooms = [room.name for room in sorted(home.rooms, key=lambda room: room.kind != "kitchen")]
    tasks = {
        robot: f"go to {rooms[k % len(rooms)].replace('_', ' ')}" for k, robot in enumerate(robots)
    }
    return tasks | ({robots[0]: task} if task else {})


def fleet_document(
    root: Path,
    home_file: Path,
    map_file: Path,
    robots: Sequence[str],
    seed: int,
    factor: float,
    people: int = 0,
) -> dict[str, object]:
    """A launch file (YAML front end) with one block a robot."""
    launch = root / "launch"
    bodies = " ".join(
        f"--node {node}@/{robot}"
        for robot in robots
        for node in ("hearth_drivers/body", "hearth_description/robot_state_publisher")
    )

    def include(name: str, **arguments: object) -> dict[str, object]:
        items = [{"name": key, "value": str(value)} for key, value in arguments.items()]
        return {"include": {"file": str(launch / f"{name}.launch.yaml"), "arg": items}}

    blocks = [
        include(
            "world",
            home=home_file,
            seed=seed,
            people=people,
            factor=factor,
            robots=f"[{','.join(robots)}]",  # without blanks: it is one word of a command line
            bodies=bodies,
        ),
        include("appliances", home=home_file, use_sim_time="true"),
        *(
            include("robot", robot=robot, home=home_file, map=map_file, use_sim_time="true")
            for robot in robots
        ),
    ]
    return {"launch": blocks}


def _watch(
    watcher: Watcher, home: Home, record: EpisodeRecord, talker: Talker, stop: StopFlag
) -> None:
    said: tuple[str, float] = ("", 0.0)

    def show(moment: Moment) -> None:
        nonlocal said
        now = wall.monotonic()
        if moment.step and (moment.step != said[0] or now - said[1] > 5.0):
            said = (moment.step, now)
            talker.say(
                f"[{moment.elapsed:6.1f} s] {watcher.robot}: {moment.step}  {moment.message}"
            )

    run_task(watcher, home, record, show, stop)
