"""Forward kinematics of a tree of links, vectorised over joints."""

from collections.abc import Mapping, Sequence

import numpy as np
from hearth_core.errors import UnknownNameError
from hearth_core.geometry import Transform

from hearth_description.core.parts import Array, Joint, JointKind


class Kinematics:
    """Where every link is, given joint positions.

    ``names`` are the moving joints (coupled ones too) in tree order; positions ``q`` are arrays
    of shape (len(names),) [rad or m] in that order.
    """

    def __init__(self, joints: Sequence[Joint]) -> None:
        """Prepare a tree.

        Args:
            joints: All joints, parents before children.
        """
        self.moving: tuple[Joint, ...] = tuple(joint for joint in joints if joint.moves)
        self.names: tuple[str, ...] = tuple(joint.name for joint in self.moving)
        self.index = {name: i for i, name in enumerate(self.names)}
        self._joints = tuple(joints)
        self._by_child = {joint.child: joint for joint in joints}
        self._root = next(j.parent for j in joints if j.parent not in self._by_child)
        self._hinge = np.array([joint.kind is not JointKind.PRISMATIC for joint in self.moving])
        self._axes = np.array([joint.axis for joint in self.moving]).reshape(-1, 3)
        self._rotation = np.array([j.parent_from_joint.rotation for j in self.moving])
        self._origin = np.array([j.parent_from_joint.translation for j in self.moving])
        self._quaternion = np.array([j.parent_from_joint.quaternion() for j in self.moving])
        self._mimics = [
            (self.index[j.name], self.index[j.mimic.joint], j.mimic.multiplier, j.mimic.offset)
            for j in self.moving
            if j.mimic is not None
        ]
        free = [i for i, joint in enumerate(self.moving) if joint.mimic is None]
        self.free_names: tuple[str, ...] = tuple(self.names[i] for i in free)

    def vector(self, positions: Mapping[str, float]) -> Array:
        """``q`` from positions by name; joints not named stand at zero, coupled ones follow.

        Raises:
            UnknownNameError: No such moving joint.
        """
        q = np.zeros(len(self.names))
        for name, value in positions.items():
            if name not in self.index:
                raise UnknownNameError("moving joint", name, self.names)
            q[self.index[name]] = value
        return self.couple(q, keep=frozenset(positions))

    def couple(self, q: Array, keep: frozenset[str] = frozenset()) -> Array:
        """``q`` with coupled joints set by what they mimic, except those in ``keep``."""
        result = np.array(q, float)
        for child, parent, multiplier, offset in self._mimics:
            if self.names[child] not in keep:
                result[child] = multiplier * result[parent] + offset
        return result

    def local(self, q: Array) -> tuple[Array, Array]:
        """Parent-to-child transforms of the moving joints.

        Returns:
            Translations (N, 3) [m] and quaternions (N, 4) x, y, z, w.
        """
        half = 0.5 * np.where(self._hinge, q, 0.0)
        axis = self._axes * np.sin(half)[:, None]
        w = np.cos(half)
        a, aw = self._quaternion[:, :3], self._quaternion[:, 3]
        xyz = aw[:, None] * axis + w[:, None] * a + _cross(a, axis)
        quaternion = np.column_stack((xyz, aw * w - np.einsum("ij,ij->i", a, axis)))
        slide = self._axes * np.where(self._hinge, 0.0, q)[:, None]
        translation = self._origin + np.einsum("ijk,ik->ij", self._rotation, slide)
        return translation, quaternion

    def link_poses(self, q: Array) -> dict[str, Transform]:
        """``root_from_link`` of every link."""
        poses = {self._root: Transform.identity()}
        rotations = _rotations(self._axes, np.where(self._hinge, q, 0.0))
        for joint in self._joints:
            poses[joint.child] = poses[joint.parent] @ self._step(joint, q, rotations)
        return poses

    def link_pose(self, q: Array, link: str, base: str | None = None) -> Transform:
        """``base_from_link``; ``base`` None: the root link.

        Raises:
            UnknownNameError: No such link.
        """
        rotations = _rotations(self._axes, np.where(self._hinge, q, 0.0))
        pose = self._climb(q, rotations, link)
        if base is None or base == self._root:
            return pose
        return self._climb(q, rotations, base).inverse() @ pose

    def chain(self, link: str) -> tuple[str, ...]:
        """Moving joints between the root and ``link``, from the root."""
        names: list[str] = []
        while link != self._root:
            joint = self._joint_of(link)
            if joint.moves:
                names.append(joint.name)
            link = joint.parent
        return tuple(reversed(names))

    def _climb(self, q: Array, rotations: Array, link: str) -> Transform:
        pose = Transform.identity()
        while link != self._root:
            joint = self._joint_of(link)
            pose = self._step(joint, q, rotations) @ pose
            link = joint.parent
        return pose

    def _step(self, joint: Joint, q: Array, rotations: Array) -> Transform:
        if not joint.moves:
            return joint.parent_from_joint
        i = self.index[joint.name]
        slide = np.zeros(3) if self._hinge[i] else self._axes[i] * q[i]
        return joint.parent_from_joint @ Transform(rotations[i], slide)

    def _joint_of(self, link: str) -> Joint:
        if link not in self._by_child:
            raise UnknownNameError("link", link, [self._root, *self._by_child])
        return self._by_child[link]


def _cross(a: Array, b: Array) -> Array:
    """Row-wise cross product; numpy's own is ten times slower on few rows."""
    return np.column_stack(
        (
            a[:, 1] * b[:, 2] - a[:, 2] * b[:, 1],
            a[:, 2] * b[:, 0] - a[:, 0] * b[:, 2],
            a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0],
        )
    )


def _rotations(axes: Array, angles: Array) -> Array:
    """Rodrigues' formula for unit axes (N, 3) and angles (N,): (N, 3, 3)."""
    skew = np.zeros((len(angles), 3, 3))
    skew[:, 0, 1], skew[:, 0, 2] = -axes[:, 2], axes[:, 1]
    skew[:, 1, 0], skew[:, 1, 2] = axes[:, 2], -axes[:, 0]
    skew[:, 2, 0], skew[:, 2, 1] = -axes[:, 1], axes[:, 0]
    sin, cos = np.sin(angles)[:, None, None], np.cos(angles)[:, None, None]
    return np.asarray(np.eye(3) + sin * skew + (1.0 - cos) * (skew @ skew))
