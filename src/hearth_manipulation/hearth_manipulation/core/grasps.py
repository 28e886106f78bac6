"""Grasp families of a five-finger hand on simple bodies, before anything is known of reach.

The grasp frame's origin lies between thumb and fingers, x is the approach, z runs along the
knuckles to the index finger, the palm faces +y on the right hand and -y on the left.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from hearth_core.geometry import Transform

from hearth_manipulation.core.kinematics import Array
from hearth_manipulation.core.ports import Sighting


@dataclass(frozen=True)
class Hand:
    """What the families need to know of a hand [m]."""

    widest: float = 0.088
    """Widest thing that fits between thumb and fingers."""
    half_height: float = 0.050
    """From the grasp frame down to the lowest finger in the handshake posture, with air."""


@dataclass(frozen=True, eq=False)
class Grasp:
    """One way to hold a thing."""

    kind: str
    """``side_wrap`` or ``top_pinch``."""
    side: str
    pose: Transform
    """``odom_from_grasp_frame`` when holding."""
    width: float
    """Of the thing between thumb and fingers [m]."""
    approach: float = 0.16
    """Straight way in along x [m]."""
    liking: float = 0.0
    """Preference before reach is known; larger is better."""

    @property
    def pre(self) -> Transform:
        """Where the approach begins."""
        return self.pose @ Transform(np.eye(3), np.array([-self.approach, 0.0, 0.0]))


def heading(yaw: float) -> Array:
    """Rotation whose x points along ``yaw`` and whose z is up (handshake)."""
    c, s = math.cos(yaw), math.sin(yaw)
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])


def side_wraps(thing: Sighting, side: str, bearing: float, hand: Hand) -> list[Grasp]:
    """Grasps around an upright thing from the side.

    Args:
        thing: Standing, z of its pose up.
        side: Hand.
        bearing: Direction from the robot to the thing in odom [rad].
        hand: Its measures.
    """
    bottom = float(thing.pose.translation[2] - 0.5 * thing.size[2])
    # At 0.35 to 0.5 of its height a light thing does not tip before the thumb stops it.
    height = max(0.45 * float(thing.size[2]), hand.half_height + 0.004)
    if height > float(thing.size[2]) - 0.015:
        return []  # Too low to be held from the side.
    z = bottom + height
    yaw0 = math.atan2(thing.pose.rotation[1, 0], thing.pose.rotation[0, 0])
    found = []
    if thing.shape == "box":
        options = [
            (yaw0 + k * math.pi / 2.0, float(thing.size[1 if k % 2 == 0 else 0]),
             float(thing.size[0 if k % 2 == 0 else 1]))
            for k in range(4)
        ]  # fmt: skip
    else:
        diameter = float(max(thing.size[0], thing.size[1]))
        options = [
            (bearing + math.radians(a), diameter, diameter)
            for a in (0, 15, -15, 30, -30, 45, -45, 60, -60)
        ]
    for yaw, width, depth in options:
        away = abs(math.remainder(yaw - bearing, 2.0 * math.pi))
        if width > hand.widest or away > math.radians(100):
            continue
        rotation = heading(yaw)
        # The thing's axis in the grasp frame's origin; deep ones are held nearer to their front,
        # so that the palm stays clear of them.
        offset = np.array([-max(0.0, 0.5 * depth - 0.045), 0.0, 0.0])
        centre = np.array([thing.pose.translation[0], thing.pose.translation[1], z])
        pose = Transform(rotation, centre + rotation @ offset)
        found.append(Grasp("side_wrap", side, pose, width, liking=-0.4 * away))
    return found


def top_pinches(thing: Sighting, side: str, bearing: float, hand: Hand) -> list[Grasp]:
    """Grasps from above across a thing's narrow side, fingers down.

    Args:
        thing: Lying or standing.
        side: Hand.
        bearing: Direction from the robot to the thing in odom [rad].
        hand: Its measures.
    """
    top = float(thing.pose.translation[2] + 0.5 * thing.size[2])
    z = max(top - 0.045, top - 0.5 * float(thing.size[2]))
    yaw0 = math.atan2(thing.pose.rotation[1, 0], thing.pose.rotation[0, 0])
    found = []
    round_thing = thing.shape in {"cylinder", "sphere"}
    turns = (
        [bearing + math.radians(a) for a in range(0, 360, 30)]
        if round_thing
        else [yaw0 + k * math.pi / 2.0 for k in range(4)]
    )
    for turn in turns:
        # Palm normal (y of the hand) along ``turn``, approach straight down.
        y = np.array([math.cos(turn), math.sin(turn), 0.0])
        x = np.array([0.0, 0.0, -1.0])
        rotation = np.stack([x, y, np.cross(x, y)], axis=1)
        local = thing.pose.rotation.T @ y
        width = float(np.abs(local) @ thing.size)
        if round_thing:
            width = float(thing.size[0])
        if width > hand.widest:
            continue
        centre = np.array([thing.pose.translation[0], thing.pose.translation[1], z])
        found.append(
            Grasp("top_pinch", side, Transform(rotation, centre), width,
                  approach=0.10, liking=-0.3)
        )  # fmt: skip
    return found


def grasps_for(thing: Sighting, side: str, bearing: float, hand: Hand) -> list[Grasp]:
    """All families, the most liked first."""
    found = side_wraps(thing, side, bearing, hand) + top_pinches(thing, side, bearing, hand)
    return sorted(found, key=lambda grasp: -grasp.liking)
