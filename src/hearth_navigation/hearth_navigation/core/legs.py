"""Groups of lidar points that a person's legs could have made."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse.csgraph import connected_components

from hearth_navigation.core.field import Field

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class LegsConfig:
    """What people look like at the height of a lidar."""

    explained: float = 0.15
    """Points this near to the map's obstacles [m] are the map's."""
    reach: float = 7.0
    """Points beyond are too few to tell [m]."""
    joined: float = 0.35
    """Points nearer than this to each other are one group: two legs are [m]."""
    widest: float = 0.9
    """Groups wider than this are no person [m]."""
    fewest: int = 3
    """Points of a group."""
    far: float = 3.5
    """Beyond this [m] two will do: a leg may be hit by one beam."""
    leg: tuple[float, float] = (0.08, 0.18)
    """Width of one leg [m]."""
    pace: tuple[float, float] = (0.10, 0.35)
    """Distance between two legs of somebody who stands [m]."""
    sure: float = 3.0
    """Legs are told from other things up to this distance [m]."""


@dataclass(frozen=True, eq=False)
class Group:
    """Some points close together."""

    middle: Array
    """Of the body that they are the near side of, in map [m]."""
    two_legs: bool
    """They look like two legs side by side."""
    extent: float
    """Diagonal of its box [m]."""


def groups(
    config: LegsConfig, points: Array, lidar: tuple[float, float], explained: Field
) -> list[Group]:
    """Groups of a person's width that the map does not explain.

    Args:
        config: What to look for.
        points: In map [m], shape (N, 2).
        lidar: Where they were seen from.
        explained: Distance to the map's obstacles.
    """
    left = _unexplained(config, points, lidar, explained)
    if not len(left):
        return []
    apart = np.hypot(*(left[:, None] - left[None]).transpose(2, 0, 1))
    count, member = connected_components(apart < config.joined, directed=False)
    result = []
    for k in range(count):
        group = left[member == k]
        size = group.max(axis=0) - group.min(axis=0)
        middle = group.mean(axis=0)
        few = 2 if math.dist(middle, lidar) > config.far else config.fewest
        if len(group) < few or math.hypot(*size) > config.widest:
            continue
        # The lidar sees the near side: the middle lies a little behind it.
        ray = middle - lidar
        away = max(float(np.hypot(*ray)), 1e-6)
        two = away < config.sure and _two_legs(config, group, away)
        result.append(Group(middle + 0.08 * ray / away, two, math.hypot(*size)))
    return result


def _unexplained(
    config: LegsConfig, points: Array, lidar: tuple[float, float], explained: Field
) -> Array:
    away = np.hypot(points[:, 0] - lidar[0], points[:, 1] - lidar[1])
    near = points[away < config.reach]
    cells = np.floor((near - np.array(explained.origin)) / explained.resolution).astype(int)
    rows, columns = explained.values.shape
    inside = (cells >= 0).all(axis=1) & (cells < (columns, rows)).all(axis=1)
    near, cells = near[inside], cells[inside]
    return np.asarray(near[explained.values[cells[:, 1], cells[:, 0]] > config.explained])


def _two_legs(config: LegsConfig, group: Array, away: float) -> bool:
    """Whether a group falls into two pieces, each as wide as a leg, a pace apart."""
    apart = np.hypot(*(group[:, None] - group[None]).transpose(2, 0, 1))
    count, member = connected_components(apart < 0.05 + 0.02 * away, directed=False)
    if count != 2:
        return False
    middles = []
    for k in range(2):
        leg = group[member == k]
        width = float(np.hypot(*(leg.max(axis=0) - leg.min(axis=0)))) + 0.0175 * away
        if not config.leg[0] < width < config.leg[1] + 0.02 * away:
            return False
        middles.append(leg.mean(axis=0))
    low, high = config.pace
    return low < float(np.hypot(*(middles[0] - middles[1]))) < high
