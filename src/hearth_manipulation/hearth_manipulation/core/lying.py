"""Things that lie though they should stand: which end is up, how a hand has them stood up."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hearth_core.geometry import Transform

from hearth_manipulation.core.context import Held
from hearth_manipulation.core.kinematics import Array
from hearth_manipulation.core.ports import Sighting


def upper_end(fallen: Sighting, stood: Transform) -> Array:
    """Where the upper end of a fallen thing lies: away from where it stood (odom, unit)."""
    axis = fallen.pose.rotation[:, int(np.argmax(fallen.size[:2]))]
    away = fallen.pose.translation - stood.translation
    return np.asarray(axis if float(axis @ away) >= 0.0 else -axis)


def as_standing(held: Held, lies: Transform, top: Array) -> Held:
    """A thing that was taken lying, with its own upright axes.

    Args:
        held: As it was taken: its z was up when it lay.
        lies: ``odom_from_thing`` when it lay.
        top: Where its upper end lay (odom).
    """
    long = int(np.argmax(held.size[:2]))
    along = np.zeros(3)
    along[long] = 1.0 if float(lies.rotation[:, long] @ top) >= 0.0 else -1.0
    up = np.array([0.0, 0.0, 1.0])
    lying_from_standing = np.stack([up, np.cross(along, up), along], axis=1)
    size = np.array([held.size[2], held.size[1 - long], held.size[long]])
    turned = held.in_grasp @ Transform(lying_from_standing, np.zeros(3))
    return replace(held, size=size, in_grasp=turned)
