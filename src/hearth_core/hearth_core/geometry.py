"""Rigid motions in the plane and in space; ``a_from_b`` takes coordinates in b to a.

Frames cancel like fractions: ``map_from_base @ base_from_camera @ camera_from_cup``.
Quaternions are x, y, z, w as in ROS; MuJoCo's are w, x, y, z and say so where they appear.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from transforms3d.euler import euler2mat, mat2euler
from transforms3d.quaternions import mat2quat, quat2mat

Array = npt.NDArray[np.float64]


def wrap_angle(angle: float) -> float:
    """Same angle in [-pi, pi)."""
    return (angle + math.pi) % (2.0 * math.pi) - math.pi


@dataclass(frozen=True)
class Pose2:
    """Planar rigid motion [m, rad]."""

    x: float = 0.0
    y: float = 0.0
    yaw: float = 0.0

    def __matmul__(self, other: Pose2) -> Pose2:
        cos, sin = math.cos(self.yaw), math.sin(self.yaw)
        return Pose2(
            self.x + cos * other.x - sin * other.y,
            self.y + sin * other.x + cos * other.y,
            wrap_angle(self.yaw + other.yaw),
        )

    def inverse(self) -> Pose2:
        """The motion that undoes this one."""
        cos, sin = math.cos(self.yaw), math.sin(self.yaw)
        return Pose2(
            -cos * self.x - sin * self.y, sin * self.x - cos * self.y, wrap_angle(-self.yaw)
        )

    def apply(self, points: Array) -> Array:
        """Transform points, shape (N, 2) or (2,)."""
        cos, sin = math.cos(self.yaw), math.sin(self.yaw)
        rotation = np.array([[cos, -sin], [sin, cos]])
        return np.asarray(points @ rotation.T + np.array([self.x, self.y]))

    def distance(self, other: Pose2) -> float:
        """Distance between the origins [m]."""
        return math.hypot(self.x - other.x, self.y - other.y)

    def lift(self, z: float = 0.0) -> Transform:
        """The same motion in space, at height ``z`` [m]."""
        return Transform.from_xyz_rpy((self.x, self.y, z), (0.0, 0.0, self.yaw))


@dataclass(frozen=True, eq=False)
class Transform:
    """Rigid motion in space: rotation matrix (3, 3) and translation (3,) [m]."""

    rotation: Array
    translation: Array

    @classmethod
    def identity(cls) -> Transform:
        """No motion."""
        return cls(np.eye(3), np.zeros(3))

    @classmethod
    def from_xyz_rpy(
        cls, xyz: tuple[float, float, float], rpy: tuple[float, float, float] = (0.0, 0.0, 0.0)
    ) -> Transform:
        """From a translation [m] and fixed-axis roll, pitch, yaw [rad] (URDF's order)."""
        return cls(np.asarray(euler2mat(*rpy, axes="sxyz"), dtype=float), np.array(xyz, float))

    @classmethod
    def from_xyz_quaternion(
        cls, xyz: tuple[float, ...] | Array, xyzw: tuple[float, ...] | Array
    ) -> Transform:
        """From a translation [m] and a quaternion x, y, z, w (normalised here).

        Raises:
            ValueError: The quaternion is zero or not finite.
        """
        q = np.asarray(xyzw, float)
        norm = float(np.linalg.norm(q))
        if not math.isfinite(norm) or norm < 1e-9:
            raise ValueError(f"not a rotation: quaternion {tuple(q)}")
        x, y, z, w = q / norm
        return cls(np.asarray(quat2mat([w, x, y, z]), dtype=float), np.array(xyz, float))

    @classmethod
    def from_matrix(cls, matrix: Array) -> Transform:
        """From a homogeneous matrix, shape (4, 4)."""
        return cls(np.array(matrix[:3, :3], float), np.array(matrix[:3, 3], float))

    def matrix(self) -> Array:
        """Homogeneous matrix, shape (4, 4)."""
        result = np.eye(4)
        result[:3, :3] = self.rotation
        result[:3, 3] = self.translation
        return result

    def quaternion(self) -> Array:
        """Rotation as x, y, z, w, shape (4,)."""
        w, x, y, z = mat2quat(self.rotation)
        return np.array([x, y, z, w])

    def rpy(self) -> tuple[float, float, float]:
        """Fixed-axis roll, pitch, yaw [rad]."""
        roll, pitch, yaw = mat2euler(self.rotation, axes="sxyz")
        return float(roll), float(pitch), float(yaw)

    def __matmul__(self, other: Transform) -> Transform:
        return Transform(
            self.rotation @ other.rotation,
            self.rotation @ other.translation + self.translation,
        )

    def inverse(self) -> Transform:
        """The motion that undoes this one."""
        return Transform(self.rotation.T, -self.rotation.T @ self.translation)

    def apply(self, points: Array) -> Array:
        """Transform points, shape (N, 3) or (3,)."""
        return np.asarray(points @ self.rotation.T + self.translation)

    def planar(self) -> Pose2:
        """Drop height, roll and pitch."""
        yaw = math.atan2(self.rotation[1, 0], self.rotation[0, 0])
        return Pose2(float(self.translation[0]), float(self.translation[1]), yaw)

    def almost_equal(self, other: Transform, tolerance: float = 1e-9) -> bool:
        """Whether both move every point of the unit ball alike within ``tolerance`` [m]."""
        return bool(np.allclose(self.matrix(), other.matrix(), atol=tolerance, rtol=0.0))


def interpolate(start: Transform, end: Transform, fraction: float) -> Transform:
    """Motion between two: straight translation, slerp rotation; 0 gives start, 1 gives end."""
    a, b = start.quaternion(), end.quaternion()
    dot = float(a @ b)
    if dot < 0.0:
        b, dot = -b, -dot
    if dot > 0.9995:
        q = a + fraction * (b - a)
    else:
        angle = math.acos(min(1.0, dot))
        q = (math.sin((1 - fraction) * angle) * a + math.sin(fraction * angle) * b) / math.sin(
            angle
        )
    xyz = start.translation + fraction * (end.translation - start.translation)
    return Transform.from_xyz_quaternion(xyz, q)
