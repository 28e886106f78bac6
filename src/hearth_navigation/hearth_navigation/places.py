"""Goals by name: a pose in map, or ``frame_id`` names a room or a place of the home."""

from __future__ import annotations

import math

from geometry_msgs.msg import PoseStamped
from hearth_core.errors import BadInputError, UnknownNameError
from hearth_core.frames import MAP
from hearth_core.geometry import Pose2
from hearth_core.home import Home
from hearth_nodekit.convert import from_pose

from hearth_navigation.core.driving import Driving
from hearth_navigation.core.semantics import middle_of_room


class PoseReader:
    """Reads goals; without a home only poses in map."""

    def __init__(self, driving: Driving, home: Home | None) -> None:
        self._driving = driving
        self._home = home

    def __call__(self, message: PoseStamped) -> Pose2:
        """A goal in map.

        A room means the roomiest place in it, a piece of furniture the place before it; the
        message's pose is then relative to that.

        Raises:
            BadInputError: Neither map nor a known name, not finite, or no rotation.
        """
        relative = read_pose(message)
        frame = message.header.frame_id
        if frame in ("", MAP):
            return relative
        return self._named(frame) @ relative

    def _named(self, name: str) -> Pose2:
        if self._home is None:
            raise BadInputError(f"goal in frame {name!r} refused; expected {MAP!r}")
        try:
            target = self._home.resolve(name)
        except (UnknownNameError, BadInputError) as error:
            raise BadInputError(f"goal in frame {name!r} refused: {error}") from error
        if target.place is not None:
            return self._home.approach(target.place.name)
        world = self._driving.snapshot
        if world is None:
            raise BadInputError(f"no map yet, so no way to {target.room.name!r}")
        return middle_of_room(world.clearance, target.room)


def read_pose(message: PoseStamped) -> Pose2:
    """The pose of a message, whatever its frame.

    Raises:
        BadInputError: Not finite, or no rotation.
    """
    p, q = message.pose.position, message.pose.orientation
    if not all(map(math.isfinite, (p.x, p.y, p.z, q.x, q.y, q.z, q.w))):
        raise BadInputError("goal refused: a coordinate is not finite")
    try:
        return from_pose(message.pose).planar()
    except ValueError as error:
        raise BadInputError(f"goal refused: {error}") from error
