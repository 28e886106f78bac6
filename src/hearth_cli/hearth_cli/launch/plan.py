"""What a launch file asks for, once everything in it has been decided."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class ProcessSpec:
    """One process: how to start it, what to show of it, and what to do when it ends."""

    name: str  # unique in its plan: `robot1_navigation-3`
    command: tuple[str, ...]
    environment: dict[str, str]
    cwd: Path | None = None
    show_stdout: bool = False
    show_stderr: bool = True
    respawn: bool = False
    respawn_delay: float = 0.0  # s
    respawn_max_retries: int = -1  # -1: for ever
    shutdown_on_exit: bool = False
    place: str = ""  # file and path in it, for messages


@dataclass(frozen=True)
class Argument:
    """An argument a launch file declares; `default` is None when it must be given."""

    name: str
    default: str | None
    description: str
    choices: tuple[str, ...]
    value: str


@dataclass
class Plan:
    """Everything one launch file and those it includes ask for, in order."""

    processes: list[ProcessSpec] = field(default_factory=list)
    arguments: dict[str, Argument] = field(default_factory=dict)
    messages: list[str] = field(default_factory=list)
