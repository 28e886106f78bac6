"""``hearth sim``: a simulated home, a robot, and a chore, watched from the terminal."""

from __future__ import annotations

import argparse
import math
import re
import signal
import sys
import time as wall
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from hearth_core.errors import BadInputError, HearthError
from hearth_core.home import load_home, save_home
from hearth_core.home.model import Home

from hearth_cli.main import clone_root
from hearth_cli.maps import find_map

if TYPE_CHECKING:
    from hearth_tasks.episode import EpisodeRecord, Moment

CHORE = "bring the milk from the refrigerator to the dining table"


def main(arguments: Sequence[str]) -> int:
    """Run one episode; exit status 0 when the evaluator calls it a success."""
    options = parse(arguments)
    from hearth_tasks.core.sentences import parse_task  # noqa: PLC0415 - as the next

    from hearth_cli import simulation  # noqa: PLC0415 - ROS is loaded once the input is good

    stop = simulation.StopFlag()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop.set)
    terminal = Terminal()
    try:
        root = clone_root()
        home, home_file = read_home(options.home, root)
        parse_task(options.task or CHORE, home)  # refused before anything drives or is mapped
        folder = options.record or root / ".hearth" / "runs" / f"{datetime.now(UTC):%Y%m%d-%H%M%S}"
        terminal.say(
            f"hearth sim: home {home.name!r}, seed {options.seed}, "
            + ("as fast as it goes" if options.fast else "real time")
        )
        folder = Path(folder).resolve()
        map_file = find_map(root, home, home_file, options.map, terminal.say, stop)
        if options.robots > 1:
            from hearth_cli.several import run_several  # noqa: PLC0415 - rarely asked for

            return run_several(root, home, home_file, map_file, options, folder, terminal, stop)
        settings = simulation.Settings(
            root=root,
            home_file=home_file,
            home=home,
            map=map_file,
            seed=options.seed,
            task=options.task or CHORE,
            folder=folder,
            factor=0.0 if options.fast else 1.0,
            viewer=options.viewer,
            record=options.record is not None,
            domain=options.domain,
            people=options.people,
        )
        record = simulation.run_episode(settings, terminal, stop)
    except HearthError as error:
        terminal.fail(str(error))
        return 2
    except KeyboardInterrupt:
        terminal.say("stopped before the task began")
        return 130
    terminal.summary(record, settings.folder)
    return 0 if record.success else 130 if stop() else 1


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Options of ``hearth sim``."""
    root = clone_root()
    parser = argparse.ArgumentParser(
        prog="hearth sim",
        description="A simulated home, one CLOiD-class robot, its appliances, and a chore.",
    )
    parser.add_argument(
        "--home",
        default=str(root / "config" / "homes" / "apartment.yaml"),
        metavar="FILE",
        help="home file, or generated:SEED (default: the apartment)",
    )
    parser.add_argument(
        "--seed", type=int, default=0, help="draws start pose, milk, jitter, light"
    )
    parser.add_argument("--task", help=f'a sentence (default: "{CHORE}")')
    parser.add_argument("--fast", action="store_true", help="as fast as the machine goes")
    parser.add_argument("--viewer", action="store_true", help="MuJoCo window (needs a display)")
    parser.add_argument(
        "--record", type=Path, metavar="DIR", help="MP4s, plan.png and episode.json go there"
    )
    parser.add_argument(
        "--domain", type=int, metavar="ID", help="DDS domain (default: a free one)"
    )
    parser.add_argument("--robots", type=int, default=1, metavar="N", help="robots in the home")
    parser.add_argument(
        "--people", type=int, default=0, metavar="N", help="people who walk about in the home"
    )
    parser.add_argument("--map", type=Path, metavar="YAML", help="map to localise on")
    options = parser.parse_args(arguments)
    if options.seed < 0:
        parser.error(f"--seed {options.seed}: must be 0 or more")
    if not 1 <= options.robots <= 4:
        parser.error(f"--robots {options.robots}: possible are 1 to 4")
    if not 0 <= options.people <= 20:
        parser.error(f"--people {options.people}: possible are 0 to 20")
    if not options.home.startswith("generated:"):
        options.home = str(Path(options.home).resolve())
    return options


def read_home(text: str, root: Path) -> tuple[Home, Path]:
    """A home and its file, from the file's path or from ``generated:SEED``.

    Raises:
        HearthError: The file is bad, or the seed is no number.
    """
    if not text.startswith("generated:"):
        return load_home(Path(text)), Path(text)
    seed = text.removeprefix("generated:")
    if not re.fullmatch(r"\d+", seed):
        raise BadInputError(f"--home {text!r}: after 'generated:' comes a number")
    from hearth_sim.core.home import generate_home  # noqa: PLC0415 - only when asked for

    file = root / ".hearth" / "homes" / f"generated_{seed}.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    save_home(generate_home(int(seed)), file)  # robots are told of it as of any other home
    return load_home(file), file


@dataclass
class Terminal:
    """Progress for people: a line a step, and a beat in between."""

    every: float = 5.0
    """Wall time between beats [s]."""
    _step: str = ""
    _beat: float = field(default=-math.inf)

    def say(self, text: str) -> None:
        """A line that stays."""
        sys.stdout.write(f"  {text}\n")
        sys.stdout.flush()

    def fail(self, text: str) -> None:
        """Why it ends."""
        sys.stderr.write(f"hearth sim: {text}\n")

    def show(self, moment: Moment) -> None:
        """The present moment; printed on a new step and every few seconds."""
        now = wall.monotonic()
        if moment.step == self._step and now - self._beat < self.every:
            return
        self._step, self._beat = moment.step, now
        if not moment.step:
            return
        where = ""
        if moment.pose is not None:
            x, y, yaw = moment.pose
            where = f"({x:5.2f}, {y:5.2f}, {math.degrees(yaw):4.0f} deg)"
        speed = "" if moment.real_time_factor is None else f"x{moment.real_time_factor:.2f}"
        self.say(
            f"[{moment.elapsed:6.1f} s] {moment.index:2d} {moment.step:<34} {where:<26} {speed:>6}"
            f"  {moment.message}"
        )

    def summary(self, record: EpisodeRecord, folder: Path) -> None:
        """The end of an episode."""
        self.say("")
        for step in record.steps:
            mark = "ok " if step["outcome"] == "ok" else "-- "
            note = "" if step["outcome"] == "ok" else f"  {step['outcome']}"
            self.say(f"  {mark}{step['s']:7.1f} s  {step['step']}{note}")
        self.say("")
        self.say(f"robot says   {record.reported}: {record.message}")
        self.say(f"evaluator    {'SUCCESS' if record.success else 'FAILURE: ' + record.verdict}")
        self.say(
            f"time         {record.duration_s:.1f} s simulated in {record.wall_s:.1f} s: "
            f"real-time factor {record.real_time_factor:.2f}, {record.cpu_cores:.2f} cores"
        )
        self.say(f"driven       {record.driven_m:.1f} m, {record.hard_contacts} hard contacts")
        self.say(f"record       {folder}")
