"""How far doors stand open, from what was seen and what the arm felt when it moved them.

Two estimates of one number: the camera's, taken again at every look, and the arm's, taken once.
Where they agree they are averaged by their variances; where not, the surer one is believed. What
the arm felt is doubted more as time goes: somebody else may have moved the door since.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from hearth_core.geometry import Transform
from hearth_core.home.model import JointKind

from hearth_perception.core.articulation import DoorView
from hearth_perception.core.door_geometry import Door, along

Array = npt.NDArray[np.float64]

HALF_LIFE = 600.0
"""A door that was felt still stands so with half the probability after this time [s]."""
TRUSTED = 0.9
"""Probability just after the hand has let go: doors swing on a little."""
FADED = 0.2
"""Less than this is no answer."""
AGREE = 3.0
"""Sigmas within which two estimates say the same."""
VIEW_SIGMA = {JointKind.HINGED: math.radians(1.0), JointKind.SLIDING: 0.005}
"""Of a good view at least: fits are surer of themselves than right [rad, m]."""
VAGUE = {JointKind.HINGED: 0.4, JointKind.SLIDING: 0.2}
"""From such a sigma on, an opening is not known [rad, m]."""


@dataclass(frozen=True, eq=False)
class Felt:
    """What the arm's motion told."""

    stamp: float
    """When [s]."""
    opening: float
    sigma: float
    """[rad or m]"""
    point: Array | None = None
    """On the axis in map, where the arm found it [m]; None: only the home model says."""
    axis: Array | None = None
    """Unit, in map."""

    def confidence(self, now: float) -> float:
        """Probability that the door still stands so."""
        return TRUSTED * math.pow(0.5, max(0.0, now - self.stamp) / HALF_LIFE)

    def vague(self, kind: JointKind) -> bool:
        """Whether it says only that the door was moved."""
        return not self.sigma < VAGUE[kind]


def felt_view(felt: Felt, door: Door, now: float) -> DoorView | None:
    """The door as the arm left it; None: that was too long ago.

    Args:
        felt: What the arm told.
        door: Where the place is expected, or was seen.
        now: [s]
    """
    sure = felt.confidence(now)
    if sure < FADED:
        return None
    handle = door.joint.handle
    size = np.zeros(3)
    if handle is not None:
        size = np.array([handle.diameter, handle.diameter, handle.length])
    axis = None
    if felt.axis is not None and felt.point is not None:
        axis = Transform(along(felt.axis), felt.point)
    return DoorView(
        opening=felt.opening,
        sigma=felt.sigma,
        confidence=sure,
        inner=False,
        shift=0.0,
        pose=door.pose,
        corrected=False,
        handle=door.nominal_handle(felt.opening),
        handle_size=size,
        handle_seen=False,
        seen=False,
        axis=axis,
    )


def fused(felt: Felt, view: DoorView, door: Door, now: float) -> DoorView:
    """What a view and the arm say together.

    Args:
        felt: What the arm told, before the view.
        view: What is seen.
        door: Where the view found the place.
        now: Time of the view [s].
    """
    other = felt_view(felt, door, now)
    if other is None or felt.vague(door.joint.kind):
        return view
    sigma = max(view.sigma, VIEW_SIGMA[door.joint.kind])
    if abs(view.opening - felt.opening) > AGREE * math.hypot(sigma, felt.sigma):
        return view if view.confidence >= other.confidence else other
    weight = felt.sigma**2 / (sigma**2 + felt.sigma**2)
    opening = weight * view.opening + (1.0 - weight) * felt.opening
    return replace(
        view,
        opening=opening,
        sigma=sigma * math.sqrt(weight),
        confidence=1.0 - (1.0 - view.confidence) * (1.0 - other.confidence),
        # A handle that was seen is where it was seen.
        handle=view.handle if view.handle_seen else door.nominal_handle(opening),
        axis=other.axis,
    )
