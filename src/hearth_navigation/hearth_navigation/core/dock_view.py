"""Where the charger is, from its shape in the scan.

Its face says distance and heading, the beams that just miss it say where its edges are.
All in odom: over the second or two that count, wheels drift less than the map is sure of.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from hearth_core.geometry import Pose2, wrap_angle

from hearth_navigation.core.docking import DockConfig

Array = npt.NDArray[np.float64]

_FEWEST = 8
"""Points that make a face."""
_NEAR_FACE = 0.035
"""Points this near to the plane of the face lie on it [m]."""
_BEHIND = 0.05
"""Points this far behind the plane have passed the face [m]."""
_EDGE = 0.09
"""Beams that meet the plane this near to an edge tell where it is [m]."""
_KEPT = 12
"""Scans that an estimate rests on."""


@dataclass(frozen=True, eq=False)
class _Look:
    points: Array
    """In odom, shape (N, 2)."""
    lidar: Array
    """Where they were seen from, shape (2,)."""


class DockView:
    """Follows the charger from scan to scan."""

    def __init__(self, config: DockConfig, odom_from_guess: Pose2) -> None:
        """``odom_from_guess``: where it should be, as a robot's pose that charges."""
        self._config = config
        self._guess = odom_from_guess
        self._looks: deque[_Look] = deque(maxlen=_KEPT)
        self.odom_from_dock: Pose2 | None = None
        """The estimate; None: not seen yet."""
        self.missed = 0
        """Scans since the face was last seen."""

    @property
    def looks(self) -> int:
        """How many scans the estimate rests on."""
        return len(self._looks)

    def add(self, odom: Pose2, points: Array, lidar: tuple[float, float]) -> None:
        """Take a scan.

        Args:
            odom: base_footprint in odom.
            points: In base_footprint [m], shape (N, 2).
            lidar: Where it was taken from, in base_footprint [m].
        """
        about = self.odom_from_dock or self._guess
        look = _Look(odom.apply(points), odom.apply(np.array(lidar)))
        near = np.hypot(*(look.points - (about.x, about.y)).T) < 1.5
        look = _Look(look.points[near], look.lidar)
        if self.odom_from_dock is None:
            self.odom_from_dock = self._acquire(look)
        if self.odom_from_dock is None or not self._sees(look, self.odom_from_dock):
            self.missed += 1
            return
        self.missed = 0
        self._looks.append(look)
        for _ in range(3):
            self.odom_from_dock = self._refined(self.odom_from_dock)

    def _acquire(self, look: _Look) -> Pose2 | None:
        """The piece of the scan near the guess that is as long and as straight as the face."""
        config = self._config
        back = self._guess @ Pose2(-config.face, 0.0)
        local = self._guess.inverse().apply(look.points)
        window = (np.abs(local[:, 0] + config.face) < config.gate + 0.05) & (
            np.abs(local[:, 1]) < config.half_width + config.gate + 0.05
        )
        points = look.points[window]
        if len(points) < _FEWEST:
            return None
        facing = math.atan2(back.y - look.lidar[1], back.x - look.lidar[0])
        rays = points - look.lidar
        order = np.argsort(np.mod(np.arctan2(rays[:, 1], rays[:, 0]) - facing + math.pi, math.tau))
        points = points[order]
        depth = np.hypot(*(points - look.lidar).T)
        splits = np.flatnonzero(np.abs(np.diff(depth)) > _BEHIND) + 1
        best, choice = math.inf, None
        for piece in np.split(points, splits):
            found = self._face(piece)
            if found is None:
                continue
            off = self._guess.inverse() @ found
            if max(abs(off.x), abs(off.y)) > config.gate or abs(off.yaw) > config.turn:
                continue
            size = math.hypot(off.x, off.y) + 0.2 * abs(off.yaw)
            if size < best:
                best, choice = size, found
        return choice

    def _face(self, piece: Array) -> Pose2 | None:
        """The dock whose face a piece of the scan is; None: it is none."""
        config = self._config
        if len(piece) < _FEWEST:
            return None
        middle = piece.mean(axis=0)
        _, sizes, axes = np.linalg.svd(piece - middle, full_matrices=False)
        along = axes[0]
        reach = (piece - middle) @ along
        length = float(reach.max() - reach.min())
        if abs(length - 2.0 * config.half_width) > 0.08 or sizes[1] / math.sqrt(len(piece)) > 0.02:
            return None
        middle = middle + 0.5 * float(reach.max() + reach.min()) * along
        yaw = math.atan2(along[1], along[0]) - 0.5 * math.pi
        if abs(wrap_angle(yaw - self._guess.yaw)) > 0.5 * math.pi:
            yaw += math.pi
        return Pose2(float(middle[0]), float(middle[1]), wrap_angle(yaw)) @ Pose2(config.face, 0.0)

    def _sees(self, look: _Look, dock: Pose2) -> bool:
        local = dock.inverse().apply(look.points)
        return int(self._on_face(local).sum()) >= _FEWEST

    def _on_face(self, local: Array) -> npt.NDArray[np.bool_]:
        config = self._config
        return (np.abs(local[:, 0] + config.face) < _NEAR_FACE) & (
            np.abs(local[:, 1]) < config.half_width + 0.03
        )

    def _refined(self, dock: Pose2) -> Pose2:
        """One step: the line through the face, then the middle between its edges."""
        config, inverse = self._config, dock.inverse()
        faces, meets, passes = [], [], []
        for look in self._looks:
            local, lidar = inverse.apply(look.points), inverse.apply(look.lidar)
            on = self._on_face(local)
            faces.append(local[on])
            behind = local[:, 0] < -config.face - _BEHIND
            share = (lidar[0] + config.face) / np.maximum(lidar[0] - local[:, 0], 1e-6)
            across = lidar[1] + share * (local[:, 1] - lidar[1])
            meets.append(across[on])
            passes.append(across[behind])
        face = np.concatenate(faces)
        inner = face[np.abs(face[:, 1]) < config.half_width - 0.01]
        if len(inner) < _FEWEST:
            return dock
        slope, offset = np.polyfit(inner[:, 1], inner[:, 0], 1)
        met, passed = np.concatenate(meets), np.concatenate(passes)
        left = _edge(met, passed, config.half_width)
        right = -_edge(-met, -passed, config.half_width)
        turn = Pose2(float(offset) + config.face, 0.5 * (left + right), -math.atan(float(slope)))
        # About the middle of the face, not about the robot's place before it.
        pivot = dock @ Pose2(-config.face, 0.0) @ turn
        return pivot @ Pose2(config.face, 0.0)


def _edge(met: Array, passed: Array, nominal: float) -> float:
    """Where between beams that met the face and such that passed it its left edge is [m]."""
    on = np.sort(met[np.abs(met - nominal) < _EDGE])
    off = np.sort(passed[np.abs(passed - nominal) < _EDGE])
    if not len(on):
        return nominal
    if not len(off):
        return float(on[-1])
    cuts = np.concatenate([on, off])
    cuts.sort()
    middles = np.concatenate([cuts[:1] - 0.01, 0.5 * (cuts[1:] + cuts[:-1]), cuts[-1:] + 0.01])
    wrong = (len(on) - np.searchsorted(on, middles)) + np.searchsorted(off, middles)
    return float(middles[wrong == wrong.min()].mean())
