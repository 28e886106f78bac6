"""What the `hearth` script starts, with any Python: set up, then become the environment's Python.

Run as a file, without the site module, so that it works before anything is installed.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from hearth_cli.setup.ensure import ensure
from hearth_cli.setup.environment import run_environment
from hearth_cli.setup.errors import SetupError
from hearth_cli.setup.layout import Layout
from hearth_cli.usage import COMMANDS, USAGE, unknown_command


def main(root: Path, arguments: list[str]) -> int:
    """Set up what is missing and hand over to `hearth_cli.main`."""
    command = arguments[0] if arguments else ""
    if command in {"", "-h", "--help", "help"}:
        print(USAGE)
        return 0
    if command not in COMMANDS:
        print(f"hearth: {unknown_command(command)}", file=sys.stderr)
        return 2
    layout = Layout.of(root)
    try:
        ensure(layout)
    except SetupError as error:
        print(f"hearth: {error}", file=sys.stderr)
        if command == "doctor":
            print("PROBLEM set-up: it cannot be completed; the reason and what to do stand above")
        return 1
    except KeyboardInterrupt:
        print("hearth: interrupted; the next start goes on from here", file=sys.stderr)
        return 130
    if command == "setup":
        return 0
    python = str(layout.python)
    return os.execve(
        python, [python, "-m", "hearth_cli.main", *arguments], run_environment(layout)
    )


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
