"""`hearth launch FILE [name:=value ...]`."""

from __future__ import annotations

import argparse
import importlib.util
import os
import shlex
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from hearth_core.errors import HearthError

from hearth_cli.domains import reserve_domain
from hearth_cli.launch.document import LaunchFileError
from hearth_cli.launch.launcher import Event, EventKind, Launcher
from hearth_cli.launch.plan import Plan
from hearth_cli.launch.reader import read_launch_file
from hearth_cli.main import clone_root


def find_file(name: str, root: Path) -> Path:
    """The launch file meant by a path, or by the name of one in `launch/`.

    Raises:
        LaunchFileError: There is none; the message lists those there are.
    """
    given = Path(name)
    for candidate in (given, root / "launch" / name, root / "launch" / f"{name}.launch.yaml"):
        if candidate.is_file():
            return candidate
    found = [path.name.removesuffix(".launch.yaml") for path in (root / "launch").glob("*.yaml")]
    raise LaunchFileError(f"no launch file '{name}'; launch/ has: {', '.join(sorted(found))}")


def split_arguments(words: Sequence[str]) -> dict[str, str]:
    """`name:=value` words as a mapping.

    Raises:
        LaunchFileError: A word is something else.
    """
    result = {}
    for word in words:
        name, separator, value = word.partition(":=")
        if not separator or not name:
            raise LaunchFileError(f"an argument is written name:=value, not '{word}'")
        result[name] = value
    return result


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="hearth launch", description="Start the nodes of a launch file (ROS 2's YAML form)."
    )
    parser.add_argument("file", help="a path, or the name of a file in launch/")
    parser.add_argument("arguments", nargs="*", metavar="name:=value")
    parser.add_argument("--domain", type=int, help="ROS domain ID; a free one by default")
    parser.add_argument("--show-args", action="store_true", help="list the file's arguments")
    parser.add_argument("--print", action="store_true", dest="print_only", help="start nothing")
    return parser


def _say(text: str, *, error: bool = False) -> None:
    print(text, file=sys.stderr if error else sys.stdout, flush=True)


def _show_arguments(plan: Plan) -> None:
    for argument in plan.arguments.values():
        default = "required" if argument.default is None else f"default '{argument.default}'"
        choices = f"; one of {', '.join(argument.choices)}" if argument.choices else ""
        about = f": {argument.description}" if argument.description else ""
        _say(f"{argument.name} ({default}{choices}){about}")


def run(plan: Plan, log_folder: Path) -> int:
    """Run a plan in the foreground until it ends or the user stops it."""

    def on_line(name: str, _stream: str, line: str) -> None:
        _say(f"[{name}] {line}")

    def on_event(event: Event) -> None:
        bad = event.kind is EventKind.FAILED_TO_START or (event.status or 0) != 0
        level = "ERROR" if bad and "(asked to)" not in event.text else "INFO"
        _say(f"[{level}] [{event.process}]: {event.text}", error=level == "ERROR")

    launcher = Launcher(plan, on_line=on_line, on_event=on_event, log_folder=log_folder)
    asked: list[float] = []

    def on_signal(number: int, _frame: object) -> None:
        # A terminal may send the same Ctrl-C twice; a person needs longer to press it again.
        hurry = bool(asked) and time.monotonic() - asked[0] > 0.3
        asked.append(time.monotonic())
        launcher.stop(f"{signal.Signals(number).name} received", hurry=hurry)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, on_signal)
    launcher.start()
    while not launcher.wait(0.5):
        pass
    if launcher.failed:
        _say(f"logs: {log_folder}", error=True)
        return 1
    return 0


def main(arguments: Sequence[str]) -> int:
    """Read the file, choose a domain, run."""
    options = _parser().parse_args(list(arguments))
    with tempfile.TemporaryDirectory(prefix="hearth-launch-") as scratch:
        try:
            file = find_file(options.file, clone_root())
            values = split_arguments(options.arguments)
            chosen = options.domain
            if chosen is None and "ROS_DOMAIN_ID" in os.environ:
                chosen = int(os.environ["ROS_DOMAIN_ID"])
            domain = reserve_domain(chosen)
            os.environ["ROS_DOMAIN_ID"] = str(domain.number)
            if importlib.util.find_spec("launch_ros") and not options.print_only:
                words = ["ros2", "launch", str(file), *options.arguments]
                os.execvp("ros2", words + (["-s"] if options.show_args else []))
            plan = read_launch_file(file, values, Path(scratch))
        except (LaunchFileError, HearthError) as error:
            _say(f"hearth launch: {error}", error=True)
            return 2
        if options.show_args:
            _show_arguments(plan)
            return 0
        if options.print_only:
            for process in plan.processes:
                _say(f"{process.name}: {shlex.join(process.command)}")
            return 0
        for message in plan.messages:
            _say(f"[INFO] [launch]: {message}")
        variable = f"ROS_DOMAIN_ID={domain.number}"
        _say(f"[INFO] [launch]: {variable} (join: {variable} ./hearth shell)")
        stamp = time.strftime("%Y%m%d-%H%M%S")
        folder = clone_root() / ".hearth" / "log" / f"launch-{stamp}-{os.getpid()}"
        status = run(plan, folder)
        domain.close()
        return status
