"""`hearth COMMAND ...` inside the environment: find the command's module and call its main()."""

from __future__ import annotations

import importlib
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from hearth_cli.usage import COMMANDS, USAGE, unknown_command

_MODULES = {
    "sim": "hearth_cli.sim",
    "test": "hearth_cli.testing",
    "launch": "hearth_cli.launch.command",
    "bench": "hearth_cli.bench",
    "train": "hearth_cli.train",
    "appliances": "hearth_appliances.command",
    "map": "hearth_cli.mapping",
    "calibrate": "hearth_perception.calibrate.command",
    "picture": "hearth_cli.picture",
    "docs": "hearth_cli.docs",
    "doctor": "hearth_cli.doctor",
    "shell": "hearth_cli.shell",
    "lock": "hearth_cli.locking",
}


def clone_root() -> Path:
    """The clone that this environment belongs to."""
    known = os.environ.get("HEARTH_ROOT")
    return Path(known) if known else Path(__file__).resolve().parents[3]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its module's `main(arguments)` returns the exit status."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    if not arguments or arguments[0] in {"-h", "--help", "help"}:
        print(USAGE)
        return 0
    command, *rest = arguments
    if command not in _MODULES:
        choices = (
            unknown_command(command) if command not in COMMANDS else f"use ./hearth {command}"
        )
        print(f"hearth: {choices}", file=sys.stderr)
        return 2
    name = _MODULES[command]
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        print(f"hearth: '{command}' is not part of this checkout ({name})", file=sys.stderr)
        return 2
    try:
        return int(module.main(rest) or 0)
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


if __name__ == "__main__":
    sys.exit(main())
