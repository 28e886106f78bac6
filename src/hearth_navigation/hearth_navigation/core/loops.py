"""Is this a place the robot has been before? Candidates, search, and proof before belief.

Candidates are chosen by the way driven since they were seen, not by their distance in the graph:
a single room that is driven round closes loops as well. How far is searched, and what may be
believed, follows from how uncertain the graph is about the two places.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from hearth_core.geometry import Pose2, wrap_angle

from hearth_navigation.core.field import Field
from hearth_navigation.core.keyframes import Keyframe, scan_information, submap
from hearth_navigation.core.matcher import Match, correlate, refine
from hearth_navigation.core.pose_graph import PoseGraph, Relation
from hearth_navigation.core.scan import thin

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class LoopConfig:
    """Where loops are looked for and when they are believed."""

    travel: float = 5.0
    """Way driven since a place was seen, from which on it counts as seen before [m]."""
    sight: float = 3.0
    """Distance between two keyframes that may see the same [m], beyond the uncertainty."""
    every: float = 0.6
    """Way between two searches [m]."""
    chains: int = 2
    """Separate visits that are tried in one search."""
    around: int = 8
    """Keyframes before and after the nearest one that make up a visit's map."""
    window: float = 2.5
    """Farthest search [m]."""
    yaw_window: float = 0.5
    """Widest search [rad]."""
    inliers: float = 0.7
    """Share of the points that must fit."""
    chi2: float = 20.0
    """Largest squared Mahalanobis distance from what the graph expects."""
    surprise: float = 0.15
    """Corrections larger than this must be seen again before they are believed [m]."""
    confirmations: int = 2
    """How often."""


@dataclass(frozen=True)
class _Rumour:
    """A large correction that waits for confirmation."""

    correction: Pose2
    """Where the graph's newest part should be moved: map_new from map_old."""
    relations: tuple[Relation, ...]


class LoopCloser:
    """Offers relations between the newest keyframe and old ones."""

    def __init__(
        self, config: LoopConfig, resolution: float, point_sigma: float, independent: float
    ) -> None:
        self.config = config
        self._resolution = resolution
        self._scale = 1.0 / (point_sigma**2 * independent)
        self._rumours: list[_Rumour] = []
        self._searched = -math.inf
        self.searches = 0
        """Searches made; for statistics."""

    def find(self, frames: Sequence[Keyframe], graph: PoseGraph) -> list[Relation]:
        """Relations of the newest keyframe to earlier visits of the same place."""
        config = self.config
        newest = frames[-1]
        due = config.every if not self._rumours else 0.3 * config.every
        if newest.travelled - self._searched < due or len(newest.points) < 30:
            return []
        visits = self._visits(frames)
        if not visits:
            return []
        self._searched = newest.travelled
        self.searches += 1
        found: list[Relation] = []
        heard: list[_Rumour] = []
        for nearest in visits[: config.chains]:
            result = self._match(frames, graph, nearest)
            if result is None:
                continue
            relation, correction = result
            shift = math.hypot(correction.x, correction.y)
            if shift < config.surprise and abs(correction.yaw) < 0.5 * config.surprise:
                found.append(relation)
                break  # one proof is enough: the next search comes soon
            heard.append(_Rumour(correction, (relation,)))
        return found + self._listen(heard, newest.pose)

    def _listen(self, heard: list[_Rumour], pose: Pose2) -> list[Relation]:
        """Relations of rumours that have been heard often enough."""
        believed: list[Relation] = []
        kept: list[_Rumour] = []
        for rumour in heard:
            same = [
                other
                for other in self._rumours
                if _alike(rumour.correction, other.correction, pose)
            ]
            relations = rumour.relations + tuple(r for o in same for r in o.relations)
            if len(relations) > self.config.confirmations:
                believed += relations
            else:
                kept.append(_Rumour(rumour.correction, relations))
        self._rumours = [] if believed else kept
        return believed

    def _visits(self, frames: Sequence[Keyframe]) -> list[int]:
        """Nearest keyframe of every earlier visit, the nearest visit first."""
        config = self.config
        newest = frames[-1]
        old = [
            k
            for k, frame in enumerate(frames)
            if newest.travelled - frame.travelled > config.travel
        ]
        if not old:
            return []
        poses = np.array([(frames[k].pose.x, frames[k].pose.y, frames[k].pose.yaw) for k in old])
        away = np.hypot(poses[:, 0] - newest.pose.x, poses[:, 1] - newest.pose.y)
        reach = config.sight + config.window
        near = [(k, float(away[i])) for i, k in enumerate(old) if away[i] < reach]
        result: list[tuple[float, int]] = []
        previous = -math.inf
        for k, distance in near:
            # Seen from another side a place looks different: turned keyframes count as farther.
            turn = abs(wrap_angle(frames[k].pose.yaw - newest.pose.yaw))
            item = (distance + 0.5 * turn, k)
            if result and frames[k].travelled - previous < config.travel:
                result[-1] = min(result[-1], item)
            else:
                result.append(item)
            previous = frames[k].travelled
        return [k for _, k in sorted(result)]

    def _match(
        self, frames: Sequence[Keyframe], graph: PoseGraph, nearest: int
    ) -> tuple[Relation, Pose2] | None:
        config = self.config
        newest, anchor = frames[-1], frames[nearest]
        covariance = graph.uncertainty(nearest, len(frames) - 1)
        sigma = math.sqrt(max(covariance[0, 0], covariance[1, 1]))
        yaw_sigma = math.sqrt(covariance[2, 2])
        if anchor.pose.distance(newest.pose) > config.sight + 2.0 * sigma:
            return None
        field = self._submap(frames, nearest)
        if field is None:
            return None
        window = min(config.window, 0.1 + 3.0 * sigma)
        yaw_window = min(config.yaw_window, 0.05 + 3.0 * yaw_sigma)
        match = search(field, newest.points, newest.pose, window, yaw_window)
        if match.inliers < config.inliers:
            return None
        seen = anchor.pose.inverse() @ match.pose
        expected = anchor.pose.inverse() @ newest.pose
        information = scan_information(thin(newest.points, 240)) * match.inliers * self._scale
        # Two visits see the same walls about a centimetre apart, however many beams agree.
        known = information + np.eye(3)
        information = np.linalg.inv(np.linalg.inv(known) + np.diag([1e-4, 1e-4, 1e-5]))
        error = expected.inverse() @ seen
        delta = np.array([error.x, error.y, error.yaw])
        spread = covariance + np.linalg.inv(information) + np.diag([4e-4, 4e-4, 1e-4])
        if float(delta @ np.linalg.solve(spread, delta)) > config.chi2:
            return None
        relation = Relation(nearest, len(frames) - 1, seen, information, loop=True)
        return relation, match.pose @ newest.pose.inverse()

    def _submap(self, frames: Sequence[Keyframe], nearest: int) -> Field | None:
        around, newest = self.config.around, frames[-1]
        members = [
            frame
            for frame in frames[max(0, nearest - around) : nearest + around + 1]
            if newest.travelled - frame.travelled > 0.6 * self.config.travel
        ]
        return submap(members, self._resolution)


def search(field: Field, points: Array, guess: Pose2, window: float, yaw_window: float) -> Match:
    """Best fit within a window: a coarse and a fine correlative search, then Gauss-Newton."""
    few = thin(points, 60 if window < 1.0 else 40)
    step = 0.1 if window > 0.4 else 0.05
    yaw_step = 0.035
    coarse, _ = correlate(field, few, guess, window, yaw_window, step, yaw_step)
    fine, _ = correlate(field, few, coarse, step, yaw_step, 0.5 * step, 0.5 * yaw_step)
    return refine(field, thin(points, 240), fine)


def in_frame_of(pose: Pose2, information: Array) -> Array:
    """Information given along the axes of map, along those of ``pose``."""
    c, s = math.cos(pose.yaw), math.sin(pose.yaw)
    turn = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
    return np.asarray(turn.T @ information @ turn)


def _alike(a: Pose2, b: Pose2, pose: Pose2) -> bool:
    """Whether two corrections move the robot to the same place."""
    first, second = a @ pose, b @ pose
    return first.distance(second) < 0.15 and abs(wrap_angle(first.yaw - second.yaw)) < 0.06
