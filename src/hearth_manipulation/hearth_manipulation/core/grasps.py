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

    widest: float = 0.096
    """Widest thing that fits between thumb and fingers."""
    widest_pinch: float = 0.082
    """Widest thing pinched from above."""
    half_height: float = 0.050
    """From the grasp frame down to the lowest finger in the handshake posture, with air."""


PINCH_HEIGHTS = (0.024, 0.085)
"""Heights of things that are pinched from above [m]."""
DEEPEST = 0.036
"""How far behind the grasp frame's origin a thing's front may be: the thumb's root is there
[m]."""
LEAN = 0.6
"""How far the hand leans for a pinch, its thumb's side down [rad]."""
BETWEEN_TIPS = (0.035, 0.005)
"""Point between the open fingertips in the grasp frame: along x, to the palm's side [m]."""
PINCH_AIR = 0.02
"""Between the tips and a thing's top before they go down: no more, there may be a shelf above
[m]."""
TIPS_LOW = 0.019
"""Of that point above what the thing stands on: the tips are 6 mm above it [m]."""


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
    down: bool = False
    """Whether the way in is straight down, however the hand leans."""

    @property
    def pre(self) -> Transform:
        """Where the approach begins."""
        if self.down:
            above = self.pose.translation + np.array([0.0, 0.0, self.approach])
            return Transform(self.pose.rotation, above)
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
        offset = np.array([-max(0.0, 0.5 * depth - DEEPEST), 0.0, 0.0])
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
    height = float(thing.size[2])
    if not PINCH_HEIGHTS[0] <= height <= PINCH_HEIGHTS[1]:
        return []
    bottom = float(thing.pose.translation[2]) - 0.5 * height
    yaw0 = math.atan2(thing.pose.rotation[1, 0], thing.pose.rotation[0, 0])
    palm = 1.0 if side == "right" else -1.0
    found = []
    round_thing = thing.shape in {"cylinder", "sphere"}
    turns = (
        [bearing + math.radians(a) for a in range(0, 360, 30)]
        if round_thing
        else [yaw0 + k * math.pi / 2.0 for k in range(4)]
    )
    # The thumb is shorter than the fingers: the hand leans until their tips are equally low.
    c, s = math.cos(LEAN), math.sin(-palm * LEAN)
    lean = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
    for turn in turns:
        # Palm normal (y of the hand) along ``turn``, approach straight down.
        y = np.array([math.cos(turn), math.sin(turn), 0.0])
        x = np.array([0.0, 0.0, -1.0])
        rotation = np.stack([x, y, np.cross(x, y)], axis=1) @ lean
        local = thing.pose.rotation.T @ y
        width = float(thing.size[0]) if round_thing else float(np.abs(local) @ thing.size)
        if width > hand.widest_pinch:
            continue
        between = np.array([BETWEEN_TIPS[0], palm * BETWEEN_TIPS[1], 0.0])
        middle = np.array([*thing.pose.translation[:2], bottom + TIPS_LOW])
        pose = Transform(rotation, middle - rotation @ between)
        found.append(
            Grasp("top_pinch", side, pose, width, height + PINCH_AIR, liking=-0.3, down=True)
        )
    return found


def grasps_for(thing: Sighting, side: str, bearing: float, hand: Hand) -> list[Grasp]:
    """All families, the most liked first."""
    found = side_wraps(thing, side, bearing, hand) + top_pinches(thing, side, bearing, hand)
    return sorted(found, key=lambda grasp: -grasp.liking)
