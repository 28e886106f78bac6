"""What a task may ask of the robot, and how it hears back: requests and a port.

The port is served by ROS actions in the deployment and by a scripted fake in tests, so a
task is built, drawn and ticked with no robot.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from hearth_core.geometry import Pose2
from hearth_core.outcome import Outcome


@dataclass(frozen=True)
class Navigate:
    """Drive base_footprint to a pose in map."""

    pose: Pose2
    where: str
    """For people: ``refrigerator``."""


@dataclass(frozen=True)
class Open:
    """Open a door or drawer wide enough to reach inside."""

    name: str


@dataclass(frozen=True)
class Close:
    """Close a door or drawer."""

    name: str


@dataclass(frozen=True)
class Find:
    """See a thing at a place."""

    label: str
    place: str


@dataclass(frozen=True)
class Pick:
    """Grasp and lift a thing seen at a place."""

    label: str
    place: str


@dataclass(frozen=True)
class Put:
    """Put what is held on a surface of a place."""

    place: str


@dataclass(frozen=True)
class Posture:
    """Bring a group of joints to a named posture."""

    group: str
    name: str


@dataclass(frozen=True)
class AskDoor:
    """Get leave to open an appliance's door; wait while somebody else has one of it open."""

    place: str
    timeout: float = 300.0


@dataclass(frozen=True)
class ConfirmDoor:
    """Hear from the appliance itself that its door is open or closed."""

    place: str
    opened: bool
    timeout: float = 5.0


Request = Navigate | Open | Close | Find | Pick | Put | Posture | AskDoor | ConfirmDoor


class Running(Protocol):
    """A request under way."""

    def outcome(self) -> Outcome | None:
        """How it ended; None while it runs. Never blocks."""

    def message(self) -> str:
        """What it is doing, for people."""

    def cancel(self) -> None:
        """Ask it to stop; it still ends by itself."""


class Skills(Protocol):
    """What the robot can be asked for."""

    def start(self, request: Request) -> Running:
        """Begin; refusals come as an outcome."""


@dataclass
class FakeRunning:
    """Ends when polled, with what the script says."""

    result: Outcome
    polls_left: int = 1
    canceled: bool = False

    def outcome(self) -> Outcome | None:
        """Count down, then the result."""
        if self.canceled:
            return Outcome.canceled()
        self.polls_left -= 1
        return self.result if self.polls_left < 0 else None

    def message(self) -> str:
        """Nothing to say."""
        return "fake"

    def cancel(self) -> None:
        """Stop at once."""
        self.canceled = True


@dataclass
class FakeSkills:
    """A robot that does what ``script`` says, and remembers what it was asked."""

    script: Callable[[Request], Outcome] = lambda _: Outcome.success()
    asked: list[Request] = field(default_factory=list)
    running: list[FakeRunning] = field(default_factory=list)

    def start(self, request: Request) -> FakeRunning:
        """Remember and run."""
        self.asked.append(request)
        self.running.append(FakeRunning(self.script(request)))
        return self.running[-1]
