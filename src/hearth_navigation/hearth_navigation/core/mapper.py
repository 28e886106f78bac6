"""Build a map by driving: match every scan to the last keyframes, close loops, draw.

Between keyframes the robot is followed by the wheels and by matching to a map of the last
keyframes (a submap). A keyframe is tied to the one before it by both, weighted by what they know:
along a bare corridor the scan says nothing, and the wheels decide. Loops tie it to earlier
visits (:mod:`loops`), and the pose graph moves all keyframes to where they agree best.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
from hearth_core.geometry import Pose2, wrap_angle

from hearth_navigation.core.canvas import Canvas, CanvasConfig
from hearth_navigation.core.field import Field
from hearth_navigation.core.graph_file import StoredGraph
from hearth_navigation.core.grid import Grid
from hearth_navigation.core.keyframes import (
    Keyframe,
    along_walls,
    near_points,
    scan_information,
    submap,
)
from hearth_navigation.core.loops import LoopCloser, LoopConfig, in_frame_of
from hearth_navigation.core.matcher import Match, correlate, refine
from hearth_navigation.core.particles import MotionNoise
from hearth_navigation.core.pose_graph import PoseGraph, Relation
from hearth_navigation.core.relocalizer import Beams
from hearth_navigation.core.scan import thin

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class MapperConfig:
    """When to add a scan, how to match it and how to draw it."""

    resolution: float = 0.025
    half_size: float = 14.0
    """The map reaches this far from the start on all sides [m]; it grows where it must."""
    reach: float = 10.0
    """Beams are drawn up to this length [m]."""
    keyframe_distance: float = 0.2
    keyframe_turn: float = 0.17
    keyframe_travel: float = 1.0
    """Way after which a scan is kept over known ground, too [m]: loops are closed there."""
    recent: int = 40
    """Keyframes in the submap that scans are matched to."""
    match_resolution: float = 0.0125
    """Edge of a submap's cell [m]; finer than the map's, or the cells' centres bend the poses."""
    match_reach: float = 7.0
    """Points up to this far are matched [m]."""
    point_sigma: float = 0.02
    """Deviation of a scan point from the map [m]."""
    independent: float = 4.0
    """Scan points per independent measurement."""
    noise: MotionNoise = field(default_factory=lambda: MotionNoise(floor=0.001))
    """Of the wheels."""
    loop_loss: float = 3.0
    """Whitened residual at which a loop begins to lose weight; smaller for long, alike halls."""
    loops: LoopConfig = field(default_factory=LoopConfig)


class Mapper:
    """Feed it every scan with the wheels' pose at that moment."""

    def __init__(self, start: Pose2, config: MapperConfig | None = None) -> None:
        """``start``: base_footprint in map at the first scan."""
        self.config = config or MapperConfig()
        self._start = start
        self._canvas = self._blank()
        self._drawn: list[Pose2] = []
        self._field: Field | None = None
        self._pose = start
        self._since: Pose2 = Pose2()
        """Wheels' motion since the last keyframe."""
        self._covariance: Array = np.diag([1e-6, 1e-6, 1e-6])
        self._odom: Pose2 | None = None
        self._travelled = 0.0
        self._session = 0
        """First keyframe of this drive; earlier ones come from a stored graph."""
        self._graph = PoseGraph(self.config.loop_loss)
        self._loops = LoopCloser(
            self.config.loops,
            self.config.match_resolution,
            self.config.point_sigma,
            self.config.independent,
        )
        self.keyframes: list[Keyframe] = []
        self.poor = 0
        """Scans in a row that fitted badly."""

    @classmethod
    def resume(cls, graph: StoredGraph, pose: Pose2, config: MapperConfig | None = None) -> Mapper:
        """Go on with a stored map.

        Args:
            graph: What was stored.
            pose: base_footprint in map now, as localisation found it.
            config: As for a new map.
        """
        mapper = cls(graph.start, config)
        reach = mapper.config.match_reach
        for frame in graph.frames:
            points = near_points(frame.beams, reach)
            mapper.keyframes.append(replace(frame, points=points, walls=along_walls(points)))
        for frame in mapper.keyframes:
            mapper._graph.add(frame.pose)
        for relation in graph.relations:
            mapper._graph.relate(relation)
        mapper._session = len(mapper.keyframes)
        if mapper.keyframes:
            # All that is stored counts as seen long ago: loops with it may be closed at once.
            mapper._travelled = mapper.keyframes[-1].travelled + 2.0 * mapper.config.loops.travel
            mapper._pose = pose
            mapper._covariance = np.diag([0.05**2, 0.05**2, 0.03**2])
            mapper._field = submap(mapper._nearby(), mapper.config.match_resolution)
        return mapper

    def stored(self) -> StoredGraph:
        """What to store beside the map."""
        return StoredGraph(self._start, tuple(self.keyframes), tuple(self._graph.relations))

    @property
    def pose(self) -> Pose2:
        """base_footprint in map after the last scan."""
        return self._pose

    @property
    def relations(self) -> list[Relation]:
        """What holds the keyframes together."""
        return self._graph.relations

    def update(self, odom: Pose2, beams: Beams, lengths: Array) -> bool:
        """Take one scan; whether the map changed.

        Args:
            odom: base_footprint in odom at the scan's moment.
            beams: The scan.
            lengths: How far each beam certainly flew freely [m].
        """
        step = Pose2() if self._odom is None else self._odom.inverse() @ odom
        self._odom = odom
        self._since = self._since @ step
        self._travelled += math.hypot(step.x, step.y) + 0.3 * abs(step.yaw)
        self._predict(step)
        points = near_points(beams, self.config.match_reach)
        match = self._match(points)
        if not self._is_news():
            return False
        beams, lengths = _as_stored(beams, lengths)
        walls = along_walls(points)
        self._add(Keyframe(self._pose, beams, lengths, self._travelled, points, walls), match)
        self.close_loops()
        self._field = submap(self._nearby(), self.config.match_resolution)
        return True

    def _nearby(self) -> list[Keyframe]:
        """Keyframes that scans are matched to: the last of this drive, at first stored ones."""
        recent = self.keyframes[max(self._session, len(self.keyframes) - self.config.recent) :]
        stored = sorted(self.keyframes[: self._session], key=lambda f: f.pose.distance(self._pose))
        return recent + stored[: max(0, self.config.recent - len(recent))]

    def _predict(self, step: Pose2) -> None:
        distance, yaw = self.config.noise.deviations(step)
        c, s = math.cos(self._pose.yaw), math.sin(self._pose.yaw)
        jacobian = np.eye(3)
        jacobian[0, 2] = -s * step.x - c * step.y
        jacobian[1, 2] = c * step.x - s * step.y
        self._pose = self._pose @ step
        self._covariance = jacobian @ self._covariance @ jacobian.T + np.diag(
            [distance**2, distance**2, yaw**2]
        )

    @property
    def _scale(self) -> float:
        return 1.0 / (self.config.point_sigma**2 * self.config.independent)

    def _match(self, points: Array) -> Match | None:
        """Lay the scan over the submap; None: there is nothing to compare."""
        field = self._field
        few = thin(points, 240)
        if field is None or len(few) < 20:
            return None
        held: Array = np.linalg.inv(self._covariance).astype(np.float64)
        match = refine(field, few, self._pose, prior=held / self._scale)
        if match.inliers < 0.8:
            window = min(0.6, max(0.2, 3.0 * math.sqrt(float(self._covariance[:2, :2].max()))))
            guess, _ = correlate(field, thin(points, 80), self._pose, window)
            other = refine(field, few, guess, prior=held / self._scale)
            if other.inliers > match.inliers + 0.03:
                match = other
        self.poor = self.poor + 1 if match.inliers < 0.4 else 0
        self._pose = match.pose
        known = scan_information(few) * match.inliers * self._scale
        learnt = held + in_frame_of(match.pose.inverse(), known)
        self._covariance = np.linalg.inv(learnt).astype(np.float64)
        return match

    def _is_news(self) -> bool:
        if not self.keyframes:
            return True
        if self._travelled - self.keyframes[-1].travelled > self.config.keyframe_travel:
            return True
        # The nearest keyframe, not the last: driving back over known ground adds little.
        for frame in self.keyframes:
            if (
                frame.pose.distance(self._pose) < self.config.keyframe_distance
                and abs(wrap_angle(frame.pose.yaw - self._pose.yaw)) < self.config.keyframe_turn
            ):
                return False
        return True

    def _add(self, frame: Keyframe, match: Match | None) -> None:
        """Tie a keyframe to the last one, by the wheels and by the match."""
        index = self._graph.add(frame.pose)
        if self.keyframes:
            distance, yaw = self.config.noise.deviations(self._since)
            information = np.diag([distance**-2, distance**-2, yaw**-2])
            if match is not None:
                known = scan_information(thin(frame.points, 240)) * match.inliers
                information += known * self._scale
            last = index - 1
            if index == self._session:  # the first of this drive: tied to the nearest stored one
                last = min(range(index), key=lambda k: self.keyframes[k].pose.distance(frame.pose))
            between = self.keyframes[last].pose.inverse() @ frame.pose
            self._graph.relate(Relation(last, index, between, information))
        self.keyframes.append(frame)
        self._since = Pose2()

    @property
    def searches(self) -> int:
        """How often earlier visits were searched for; for statistics."""
        return self._loops.searches

    def close_loops(self) -> None:
        """Tie the newest keyframe to earlier visits of the same place, and solve the graph."""
        found = self._loops.find(self.keyframes, self._graph)
        if not found:
            return
        for relation in found:
            self._graph.relate(relation)
        # Rumours that came true move much: linearise again.
        self._move(self._graph.solve(1 if len(found) == 1 else 3))

    def _move(self, poses: Array) -> None:
        """Put the keyframes where the graph wants them."""
        relative = self.keyframes[-1].pose.inverse() @ self._pose
        for frame, (x, y, yaw) in zip(self.keyframes, poses, strict=True):
            frame.pose = Pose2(float(x), float(y), wrap_angle(float(yaw)))
        self._pose = self.keyframes[-1].pose @ relative

    def _draw(self) -> None:
        """Bring the drawing up to date: all anew if keyframes have moved."""
        moved = any(
            frame.pose.distance(pose) > 0.3 * self.config.resolution
            or abs(wrap_angle(frame.pose.yaw - pose.yaw)) > 0.003
            for frame, pose in zip(self.keyframes, self._drawn, strict=False)
        )
        if moved:
            self._canvas.wipe()
            self._drawn = []
        for frame in self.keyframes[len(self._drawn) :]:
            self._canvas.draw(frame)
            self._drawn.append(frame.pose)

    def relax(self, rounds: int = 2) -> float:
        """Solve the whole graph, then match all keyframes anew to the map of all.

        Returns:
            Largest correction of a keyframe's position in the last round [m].
        """
        moved = 0.0
        if len(self.keyframes) > 1:
            self._move(self._graph.batch())
        for _ in range(rounds):
            self._draw()
            field = self._canvas.field()
            moved = 0.0
            held = np.diag([400.0, 400.0, 2000.0])
            for frame in self.keyframes[1:]:
                points = thin(frame.points, 240)
                if len(points) < 20:
                    continue
                match = refine(field, points, frame.pose, held, scales=np.array([0.1, 0.05]))
                moved = max(moved, match.pose.distance(frame.pose))
                frame.pose = match.pose
        self._draw()
        return moved

    def live(self) -> Grid:
        """The map so far, in steps of 2 m, so that its cells seldom change place."""
        self._draw()
        return self._canvas.live()

    def finished(self) -> Grid:
        """The map, cleaned of specks and cut to what was seen; the keyframes alone decide it."""
        canvas = self._blank()
        for frame in self.keyframes:
            canvas.draw(frame)
        return canvas.finished()

    def _blank(self) -> Canvas:
        config = self.config
        return Canvas(self._start, CanvasConfig(config.resolution, config.half_size, config.reach))


def _as_stored(beams: Beams, lengths: Array) -> tuple[Beams, Array]:
    """The scan with the digits that files keep, so that a stored map is drawn the same."""
    ranges = beams.ranges.astype(np.float32).astype(np.float64)
    return replace(beams, ranges=ranges), lengths.astype(np.float32).astype(np.float64)
