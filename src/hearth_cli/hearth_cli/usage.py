"""What the commands are called; known before anything is installed."""

from __future__ import annotations

COMMANDS: dict[str, str] = {
    "sim": "a simulated home, and a robot that does a chore in it (sim --help)",
    "test": "run the tests: test [unit|system] [pytest arguments]",
    "launch": "start a launch file: launch FILE [name:=value ...] (launch --help)",
    "bench": "measure: bench NAME [--quick] [--seed S] (bench --help)",
    "train": "learn: train detector [--homes N] [--out DIR], from homes it draws (hours)",
    "appliances": "simulated ThinQ appliances alone; appliances list; appliances login",
    "map": "build a home's map by driving through it (map --help)",
    "calibrate": "intrinsics, head-camera, hand-eye or lidar: measured, with a report",
    "picture": "one image of a recorded run: picture DIR FILE",
    "docs": "write the packages' parameter tables anew from the code (docs --check)",
    "doctor": "what is installed and what does not work, each problem with its remedy",
    "shell": "a shell in which everything is found, for colcon, scripts and tools",
    "setup": "set up what is missing and stop; every other command does so first",
    "lock": "pin the Python packages anew (after editing requirements/environment.in)",
}

USAGE = "\n".join(
    [
        "Hearth: a ROS 2 stack for home robots.",
        "",
        "usage: ./hearth COMMAND ...",
        "",
        *(f"  {name:<10} {text}" for name, text in COMMANDS.items()),
        "",
        "Start here:  ./hearth sim     (the first start sets up everything, in about 8 minutes)",
    ]
)


def unknown_command(command: str) -> str:
    """The message for a command that does not exist."""
    return f"no command '{command}'; choose from {', '.join(COMMANDS)}"
