"""What a skill needs of the body and of the eyes; the node and the test harness provide it.

All poses are in ``odom`` unless said otherwise. Calls block the skill's own thread.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from hearth_core.errors import HearthError
from hearth_core.geometry import Pose2, Transform

from hearth_manipulation.core.kinematics import Array
from hearth_manipulation.core.timing import Trajectory


class Stopped(HearthError):  # noqa: N818  not an error: it was asked for
    """The client cancelled, or something with priority took over: stand still and leave."""


class Motion(Protocol):
    """A command that is being carried out."""

    def done(self) -> bool:
        """Whether it has ended, well or not."""

    def problem(self) -> str:
        """Why it failed; empty while running and after success."""

    def cancel(self) -> None:
        """Stop it now."""


class Body(Protocol):
    """The robot's joints, base and senses of itself."""

    def now(self) -> float:
        """The robot's clock [s]."""

    def pause(self, seconds: float) -> None:
        """Let time pass.

        Raises:
            Stopped: The skill was cancelled.
        """

    def joints(self) -> Mapping[str, float]:
        """Newest joint positions by name [rad or m]."""

    def base(self) -> Pose2:
        """``odom_from_base_footprint``, newest."""

    def touch(self) -> Mapping[str, float]:
        """Newest fingertip forces by link [N]; empty: there is no sensor."""

    def follow(self, group: str, trajectory: Trajectory) -> Motion:
        """Run a trajectory on one group's controller."""

    def grip(self, side: str, opening: float, effort: float) -> Motion:
        """Move a hand to ``opening`` (0 closed .. 1 open) with at most ``effort`` [N]."""

    def drive(self, vx: float, vy: float, wz: float) -> None:
        """Velocity of the base [m/s, rad/s]; expires unless repeated within 0.3 s."""

    def obstacles(self) -> Array | None:
        """Newest lidar hits in base_footprint [m], shape (N, 2); None: no scan yet."""


@dataclass(frozen=True, eq=False)
class Sighting:
    """One thing as perception sees it."""

    id: str
    label: str
    pose: Transform
    """Centre of its box, z up for upright things."""
    size: Array
    """Full extents along the pose's axes [m], shape (3,)."""
    shape: str
    """``box``, ``cylinder``, ``sphere`` or ``other``."""
    stamp: float
    """When it was last seen [s]."""
    place: str = ""


@dataclass(frozen=True, eq=False)
class Door:
    """A hinged or sliding part as perception sees it."""

    handle: Transform
    """Centre of the bar; x out of the face, z along the bar."""
    handle_size: Array
    """Extents along the handle's axes [m]."""
    hinge: Transform | None
    """On the axis at the handle's height, z along the axis; positive rotation opens. None:
    not known."""
    opening: float
    """[rad] or [m]."""


@dataclass(frozen=True, eq=False)
class SeenSurface:
    """A level patch that carries things."""

    place: str
    pose: Transform
    """Centre, z up."""
    size: Array
    """Extents along x and y [m], shape (2,)."""


@dataclass(frozen=True, eq=False)
class KeptOut:
    """A ball the arms must not enter: a person's hand or body, or what has just come."""

    centre: Array
    """In odom [m], shape (3,)."""
    radius: float
    """[m]."""


class Eyes(Protocol):
    """What perception and localisation know."""

    def look(self, point: Array) -> None:
        """Turn the head to a point in odom [m] and wait for fresh images."""

    def odom_from_map(self) -> Transform:
        """Newest localisation.

        Raises:
            HearthError: Not localised.
        """

    def things(self, newer_than: float | None = None) -> list[Sighting]:
        """Everything perception believes in, seen after ``newer_than`` [s]."""

    def door(self, name: str) -> Door | None:
        """Newest view of a part's handle; None: not seen."""

    def surfaces(self, place: str) -> list[SeenSurface]:
        """Seen surfaces of one place."""

    def keep_out(self) -> list[KeptOut]:
        """Where people are near the arms now, newest; empty: nobody is, or nobody looks."""


class Report(Protocol):
    """Where progress goes."""

    def __call__(self, phase: str, progress: float, opening: float | None = None) -> None:
        """Phase by name, progress 0..1 and, for doors, the opening."""
