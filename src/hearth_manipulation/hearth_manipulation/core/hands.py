"""What the fingers do: postures of the hand by name of use, and what touch says about a hold.

Numbers measured in MuJoCo by the makers of the robot model (``urdf/README.md``).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

FINGERS = ("index", "middle", "ring", "little")
ANVIL_WIDTH = (0.040, 0.050, 0.060, 0.070, 0.080, 0.090)
ANVIL_FLEXION = (0.015, -0.03, -0.073, -0.116, -0.159, -0.203)
"""Thumb flexion [rad] that puts it on the face of a thing that wide [m]."""
CLOSED_ON_AIR = 1.2
"""Finger flexion beyond which the hand holds nothing [rad]."""
FELT = 0.8
"""Fingertip force that counts as touch [N]."""


def posture(side: str, fingers: float, thumb: float, opposition: float) -> dict[str, float]:
    """Joint values of a hand [rad]."""
    values = {f"{side}_{finger}_flexion_joint": fingers for finger in FINGERS}
    values[f"{side}_thumb_flexion_joint"] = thumb
    values[f"{side}_thumb_opposition_joint"] = opposition
    return values


def preshape(side: str, wide: bool = False) -> dict[str, float]:
    """Open around an upright thing; ``wide`` leaves 2 cm more on both sides."""
    return posture(side, -0.30, -0.42, 1.57) if wide else posture(side, -0.05, -0.27, 1.57)


def squeeze(side: str, width: float) -> dict[str, float]:
    """Hold a thing ``width`` [m] wide: the thumb stands as an anvil, the fingers close on it."""
    anvil = float(np.interp(width, ANVIL_WIDTH, ANVIL_FLEXION))
    return posture(side, 1.4, anvil + 0.05, 1.57)


def pinch(side: str, closed: bool) -> dict[str, float]:
    """Fingertips apart before, and pressed together for, a pinch from above."""
    return posture(side, 0.9, 0.15, 1.57) if closed else posture(side, -0.2, -0.4, 1.57)


def reach_behind(side: str) -> dict[str, float]:
    """Straight fingers, thumb out of the way: before hooking a bar."""
    return posture(side, -0.25, 0.0, 0.0)


def hook(side: str, fingers: float = 1.7) -> dict[str, float]:
    """Fingers bent behind a bar."""
    return posture(side, fingers, 0.0, 0.0)


def empty_flexion(diameter: float) -> float:
    """Flexion that says a bar is gone: thinner bars [m] let fingers close farther [rad]."""
    return float(np.interp(diameter, (0.012, 0.022), (1.67, 1.62)))


def fist(side: str) -> dict[str, float]:
    """Closed hand for pushing, the thumb over the fingers: a straight one hooks bars."""
    return posture(side, 1.7, 0.8, 1.57)


def point(side: str) -> dict[str, float]:
    """Index finger straight, the others closed: to press a button."""
    values = posture(side, 1.7, 0.6, 0.3)
    values[f"{side}_index_flexion_joint"] = 0.0
    return values


def flexion(side: str, joints: Mapping[str, float]) -> float:
    """Mean flexion of the four fingers [rad]."""
    return float(np.mean([joints[f"{side}_{finger}_flexion_joint"] for finger in FINGERS]))


def felt(side: str, touch: Mapping[str, float]) -> tuple[int, bool]:
    """How many fingers feel something, and whether the thumb does."""
    count = sum(touch.get(f"{side}_{finger}_tip_link", 0.0) > FELT for finger in FINGERS)
    return count, touch.get(f"{side}_thumb_tip_link", 0.0) > FELT


def closed_past(width: float) -> float:
    """Flexion beyond which a thing ``width`` [m] wide is not between thumb and fingers [rad].

    Fingers that close beside a thing meet the thumb at 1.15 rad. Around things 57 to 83 mm wide
    they stop at 0 to 0.4 rad, around round ones that bulge between them at up to 0.7.
    """
    return float(np.interp(width, (0.036, 0.096), (CLOSED_ON_AIR, 0.6)))


def holds(
    side: str, joints: Mapping[str, float], touch: Mapping[str, float], width: float = 0.0
) -> bool:
    """Whether the hand holds a thing: not closed past its width [m], and felt from both sides."""
    if flexion(side, joints) > closed_past(width):
        return False
    fingers, thumb = felt(side, touch)
    return fingers >= 2 and thumb
