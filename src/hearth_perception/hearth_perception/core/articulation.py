"""How far a door stands open and where its handle is, from one view.

The home model says where the place should be within some 15 cm and 8 degrees; the depth image
says the rest: ``door_search`` tries openings, fits place and opening together, and compares.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from hearth_core.geometry import Pose2, Transform

from hearth_perception.core.depth import Cloud
from hearth_perception.core.door_geometry import Door
from hearth_perception.core.door_search import SLANT, moved, search
from hearth_perception.core.view import View

Array = npt.NDArray[np.float64]

EDGE_ON = 0.45
"""Most confidence of such a view."""
KNOWN = 0.02
"""A place is known whose position errs by less [m], one sigma."""
ASIDE_UNKNOWN = 0.45
"""Most confidence of a view that does not tell where the place, and the handle, stand."""
SEEN_BAR = 0.4
"""Share of the handle's bar from which it counts as seen."""


@dataclass(frozen=True, eq=False)
class DoorView:
    """What one view says about a door."""

    opening: float
    """[rad] hinged, [m] sliding; 0 closed."""
    sigma: float
    """Standard deviation of ``opening``."""
    confidence: float
    """0..1: how much of the panel was seen where it must be, and how clear other openings are."""
    inner: bool
    """The inner face was seen."""
    shift: float
    """How far the place stands before (+) or behind where it was expected, along its x [m]."""
    pose: Pose2
    """The place's pose, corrected where the view allows (``corrected``)."""
    corrected: bool
    """``pose`` is known to 2 cm from this view."""
    handle: Transform | None
    """``map_from_handle``: centre of the bar, x out of the face, z along it; None: it has none."""
    handle_size: Array
    """Extents along the handle's axes [m], shape (3,)."""
    handle_seen: bool
    """False: ``handle`` is where the model says it must be at this opening."""


def look_at_door(view: View, cloud: Cloud, door: Door) -> DoorView | None:
    """Opening and handle of a door in a view; None when its panel is not in it.

    Args:
        view: The view, for its camera.
        cloud: Its points.
        door: The door where the home model, or an earlier view, expects it.
    """
    found = search(view, cloud, door)
    if found is None:
        return None
    fit = found.fit
    pose = fit.pose(door.pose)
    now = moved(door, pose)
    size = np.zeros(3)
    if door.joint.handle is not None:
        bar = door.joint.handle
        size = np.array([bar.diameter, bar.diameter, bar.length])
    spread = np.sqrt(np.diag(fit.covariance))
    eye = now.closed_from_map(fit.opening).apply(view.origin)
    edge_on = abs(now.slant(fit.opening, view.origin)) < SLANT
    # Sideways nothing may have told where the place stands, and the handle with it.
    unsure = spread[:2].max() >= KNOWN
    most = min(ASIDE_UNKNOWN if unsure else 1.0, EDGE_ON if edge_on else 1.0)
    return DoorView(
        opening=max(0.0, fit.opening),
        sigma=float(max(spread[3], 0.003)),
        confidence=min(found.confidence, most),
        inner=bool(eye[0] < door.face),
        shift=float(fit.shift[0]),
        pose=pose,
        corrected=not unsure,
        handle=now.nominal_handle(fit.opening),
        handle_size=size,
        handle_seen=found.bar >= SEEN_BAR,
    )
