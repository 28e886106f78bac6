"""Geometry of hinged doors with a vertical axis: where things are at any opening."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from hearth_core.geometry import Pose2, Transform, wrap_angle
from hearth_core.home.model import Articulation, Orientation, Place

from hearth_manipulation.core.courses import Course, Looks
from hearth_manipulation.core.grasps import heading
from hearth_manipulation.core.kinematics import Array
from hearth_manipulation.core.ports import Door


@dataclass(frozen=True)
class Swing:
    """A door in odom, seen from above; angles [rad], lengths [m].

    ``sign`` is the direction of the world's rotation that opens: -1 with the hinge at the
    left of someone in front, +1 at the right.
    """

    hinge: tuple[float, float]
    sign: float
    facing: float
    """Direction in which the closed door's face looks."""
    handle: tuple[float, float]
    """The bar, closed, in the frame at the hinge with x along ``facing``."""
    height: float
    """Of the bar's middle above the floor."""
    length: float
    """From the hinge to the free edge."""
    diameter: float = 0.022
    """Of the bar."""

    @classmethod
    def from_door(cls, door: Door, length: float) -> Swing:
        """From what perception sees; ``length`` of the leaf from the home model."""
        assert door.hinge is not None
        sign = 1.0 if door.hinge.rotation[2, 2] > 0.0 else -1.0
        x = door.handle.rotation[:, 0]
        facing = math.atan2(float(x[1]), float(x[0])) - sign * door.opening
        hinge = Pose2(float(door.hinge.translation[0]), float(door.hinge.translation[1]), facing)
        turned = door.handle.translation[:2] - door.hinge.translation[:2]
        local = Pose2(0.0, 0.0, -(facing + sign * door.opening)).apply(turned)
        return cls(
            (hinge.x, hinge.y),
            sign,
            facing,
            (float(local[0]), float(local[1])),
            float(door.handle.translation[2]),
            length,
        )

    @classmethod
    def by_looks(cls, door: Door, joint: Articulation) -> Swing:
        """From the front's looks alone: taken to be hinged at the edge far from its handle.

        Good for standing before the handle and hooking it; where the hinge is, the handle's way
        tells (:meth:`from_course`).
        """
        assert joint.handle is not None
        aside = joint.handle.centre[1] - joint.panel.centre[1]
        sign = -1.0 if aside >= 0.0 else 1.0
        lever = 0.5 * joint.panel.size[1] + abs(aside)
        local = np.array([joint.handle.centre[0] - joint.panel.centre[0], -sign * lever])
        x = door.handle.rotation[:, 0]
        face = math.atan2(float(x[1]), float(x[0]))
        back = Pose2(0.0, 0.0, face).apply(local)
        hinge = door.handle.translation[:2] - back
        return cls(
            (float(hinge[0]), float(hinge[1])),
            sign,
            face - sign * door.opening,
            (float(local[0]), float(local[1])),
            float(door.handle.translation[2]),
            joint.panel.size[1],
        )

    def looks(self) -> Looks:
        """What is expected of its bar's course if it is hinged where it is thought to be."""
        return Looks(self.handle[0], self.sign / math.hypot(*self.handle))

    def from_course(self, course: Course, opening: float) -> Swing:
        """This door with the hinge that its bar's way tells; it began at ``opening`` [rad]."""
        hinge = (course.start + course.across / course.bend)[:2]
        sign = math.copysign(1.0, course.bend)
        facing = self.facing + (self.sign - sign) * opening
        local = Pose2(0.0, 0.0, -(facing + sign * opening)).apply(course.start[:2] - hinge)
        edge = self.length - abs(self.handle[1])
        return replace(
            self,
            hinge=(float(hinge[0]), float(hinge[1])),
            sign=sign,
            facing=facing,
            handle=(float(local[0]), float(local[1])),
            length=abs(float(local[1])) + edge,
        )

    def seen_again(self, door: Door) -> tuple[Swing, float]:
        """This door, its hinge known, with the handle where it is seen now; and its opening."""
        opening = self.opening_of(door.handle.translation)
        along = door.handle.translation[:2] - self.bar(opening)[:2]
        hinge = (self.hinge[0] + float(along[0]), self.hinge[1] + float(along[1]))
        height = float(door.handle.translation[2])
        return replace(self, hinge=hinge, height=height), opening

    def motion(self, opening: float) -> Transform:
        """How the leaf has moved since it was closed."""
        turn = heading(self.sign * opening)
        pivot = np.array([self.hinge[0], self.hinge[1], 0.0])
        return Transform(turn, pivot - turn @ pivot)

    def moved_by(self, motion: Pose2) -> Swing:
        """The same door in another frame, given ``new_from_old``."""
        hinge = motion @ Pose2(self.hinge[0], self.hinge[1], self.facing)
        return replace(self, hinge=(hinge.x, hinge.y), facing=hinge.yaw)

    def frame(self, opening: float) -> Pose2:
        """Frame at the hinge that turns with the leaf: x out of the face."""
        return Pose2(self.hinge[0], self.hinge[1], self.facing + self.sign * opening)

    def bar(self, opening: float) -> Array:
        """The bar's middle at an opening, shape (3,)."""
        x, y = self.frame(opening).apply(np.array(self.handle))
        return np.array([x, y, self.height])

    def edge(self, opening: float) -> Array:
        """The free edge in the plane, shape (2,)."""
        return self.frame(opening).apply(
            np.array([0.0, math.copysign(self.length, self.handle[1])])
        )

    def opening_of(self, point: Array) -> float:
        """Opening at which the bar's direction from the hinge is that of ``point`` (x, y)."""
        d = np.asarray(point[:2]) - np.array(self.hinge)
        closed = math.atan2(self.handle[1], self.handle[0]) + self.facing
        angle = math.remainder(math.atan2(d[1], d[0]) - closed, 2.0 * math.pi)
        return self.sign * angle

    @property
    def hand(self) -> str:
        """Hand on the handle's side of the door, for someone in front of it."""
        return "right" if self.sign < 0.0 else "left"


def hook_pose(swing: Swing, opening: float, side: str, ahead: float, across: float) -> Transform:
    """Grasp frame (odom) from which the bar stands at (ahead, across) of it.

    Args:
        swing: The door.
        opening: Its angle [rad].
        side: Hand.
        ahead: Of the bar along the grasp frame's x [m].
        across: Of the bar toward the palm's side [m].
    """
    yaw = swing.facing + swing.sign * opening + math.pi
    rotation = heading(yaw)
    palm = 1.0 if side == "right" else -1.0
    return Transform(
        rotation, swing.bar(opening) - rotation @ np.array([ahead, palm * across, 0.0])
    )


def ride(swing: Swing, base: Pose2, opening: float, share: float) -> Callable[[float], Pose2]:
    """Base poses that carry a hand on the bar along as the door turns.

    Args:
        swing: The door.
        base: Base pose (odom) now, the hand on the bar.
        opening: The door's angle now [rad].
        share: Of the door's rotation that the base takes; 1: rigid with the leaf, less: the hand
            turns about the bar.
    """
    bar = swing.bar(opening)
    dx, dy = base.x - float(bar[0]), base.y - float(bar[1])

    def pose_at(angle: float) -> Pose2:
        turn = swing.sign * share * (angle - opening)
        c, s = math.cos(turn), math.sin(turn)
        x, y, _ = swing.bar(angle)
        return Pose2(
            float(x) + c * dx - s * dy, float(y) + s * dx + c * dy, wrap_angle(base.yaw + turn)
        )

    return pose_at


def front_pose(place: Place, frame: Transform, joint: Articulation, distance: float) -> Pose2:
    """Base pose in front of what a door hides, facing it.

    Args:
        place: The furniture.
        frame: odom from place.
        joint: The door.
        distance: From the front face to base_footprint [m].
    """
    inside = [s.rectangle for s in place.surfaces if s.behind == joint.name]
    y = inside[0].centre[1] if inside else joint.panel.centre[1]
    return frame.planar() @ Pose2(place.size[0] / 2.0 + distance, float(y), math.pi)


def is_level(joint: Articulation) -> bool:
    """Whether its bar runs level: a drawer's or a flap's."""
    return joint.handle is not None and joint.handle.orientation is Orientation.HORIZONTAL


def place_from_door(place: Place, joint: Articulation, swing: Swing) -> Transform:
    """``odom_from_place`` that makes the model's door agree with the seen one."""
    yaw = swing.facing
    assert joint.handle is not None
    # The handle is seen better than the hinge: let the closed bars coincide.
    closed = swing.bar(0.0)
    centre = Pose2(0.0, 0.0, yaw).apply(np.array(joint.handle.centre[:2]))
    return Pose2(float(closed[0] - centre[0]), float(closed[1] - centre[1]), yaw).lift()
