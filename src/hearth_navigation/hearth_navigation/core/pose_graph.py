"""Keyframe poses held together by measured relations, solved incrementally (gtsam's iSAM2).

Kaess et al. 2012; loops carry a robust loss (Cauchy), so that one false match bends nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from hearth_core.errors import HearthError
from hearth_core.geometry import Pose2

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Relation:
    """Where one keyframe saw another."""

    first: int
    second: int
    pose: Pose2
    """Second keyframe in the frame of the first."""
    information: Array
    """(3, 3), order x, y, yaw, in the frame of the second keyframe."""
    loop: bool = False
    """Between keyframes that did not follow each other."""


class PoseGraph:
    """Poses by index; the first one is fixed."""

    def __init__(self, loss: float = 3.0) -> None:
        """``loss``: whitened residual at which a loop begins to lose weight.

        With 1 true loops lost against a chain that is surer of itself than it should be.
        """
        self._gtsam = _gtsam()
        self._loss = loss
        parameters = self._gtsam.ISAM2Params()
        parameters.setRelinearizeThreshold(0.01)
        parameters.relinearizeSkip = 1
        self._isam = self._gtsam.ISAM2(parameters)
        self._factors = self._gtsam.NonlinearFactorGraph()
        self._values = self._gtsam.Values()
        self.relations: list[Relation] = []
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, pose: Pose2) -> int:
        """A new pose (first guess in map); its index."""
        index = self._count
        self._count += 1
        self._values.insert(index, _pose(self._gtsam, pose))
        if index == 0:
            noise = self._gtsam.noiseModel.Isotropic.Sigma(3, 1e-4)
            self._factors.add(self._gtsam.PriorFactorPose2(0, _pose(self._gtsam, pose), noise))
        return index

    def relate(self, relation: Relation) -> None:
        """Hold two poses together.

        Raises:
            ValueError: An index names no pose.
        """
        if not (0 <= relation.first < self._count and 0 <= relation.second < self._count):
            raise ValueError(
                f"relation {relation.first} to {relation.second}, with {self._count} poses"
            )
        self.relations.append(relation)
        self._factors.add(self._factor(relation))

    def _factor(self, relation: Relation) -> Any:
        g = self._gtsam
        noise = g.noiseModel.Gaussian.Information(relation.information)
        if relation.loop:
            noise = g.noiseModel.Robust.Create(
                g.noiseModel.mEstimator.Cauchy.Create(self._loss), noise
            )
        return g.BetweenFactorPose2(
            relation.first, relation.second, _pose(g, relation.pose), noise
        )

    def solve(self, rounds: int = 1) -> Array:
        """Best poses (N, 3) in map; ``rounds`` of relinearisation."""
        self._flush()
        for _ in range(rounds - 1):
            self._isam.update()
        return np.asarray(self._gtsam.utilities.extractPose2(self._isam.calculateEstimate()))

    def _flush(self) -> None:
        if self._factors.size() or self._values.size():
            self._isam.update(self._factors, self._values)
            self._factors = self._gtsam.NonlinearFactorGraph()
            self._values = self._gtsam.Values()

    def uncertainty(self, first: int, second: int) -> Array:
        """Covariance (3, 3) of the second pose in the frame of the first.

        Expressed at the second pose, in the order x, y, yaw [m, rad].
        """
        self._flush()
        joint = self._isam.jointMarginalCovariance(
            self._gtsam.KeyVector([first, second])
        ).fullMatrix()
        between = _pose2(self._isam.calculateEstimatePose2(first)).inverse() @ _pose2(
            self._isam.calculateEstimatePose2(second)
        )
        # Between = first^-1 second; its derivative by the first is -Ad(between^-1).
        jacobian = np.hstack([-_adjoint(between.inverse()), np.eye(3)])
        return np.asarray(jacobian @ joint @ jacobian.T)

    def batch(self) -> Array:
        """All relations at once, from the present estimate (Levenberg-Marquardt): poses (N, 3)."""
        self._flush()
        g = self._gtsam
        graph = g.NonlinearFactorGraph()
        estimate = self._isam.calculateEstimate()
        graph.add(
            g.PriorFactorPose2(0, estimate.atPose2(0), g.noiseModel.Isotropic.Sigma(3, 1e-4))
        )
        for relation in self.relations:
            graph.add(self._factor(relation))
        result = g.LevenbergMarquardtOptimizer(graph, estimate).optimize()
        return np.asarray(g.utilities.extractPose2(result))


def _gtsam() -> Any:
    try:
        import gtsam  # noqa: PLC0415 - 60 MB, and only mapping needs it
    except ImportError as error:
        raise HearthError(f"mapping closes loops with gtsam: {error}") from error
    return gtsam


def _pose(gtsam: Any, pose: Pose2) -> Any:
    return gtsam.Pose2(pose.x, pose.y, pose.yaw)


def _pose2(pose: Any) -> Pose2:
    return Pose2(float(pose.x()), float(pose.y()), float(pose.theta()))


def _adjoint(pose: Pose2) -> Array:
    """Adjoint of SE(2) for tangents in the order x, y, yaw."""
    c, s = np.cos(pose.yaw), np.sin(pose.yaw)
    return np.array([[c, -s, pose.y], [s, c, -pose.x], [0.0, 0.0, 1.0]])
