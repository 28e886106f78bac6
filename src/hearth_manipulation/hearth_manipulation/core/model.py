"""A robot as packed arrays: tree, limits, spheres, links that may touch."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from hearth_core.errors import UnknownNameError
from hearth_core.geometry import Transform
from hearth_description.core.model import RobotModel as Description
from hearth_description.core.parts import Box, Capsule, JointKind, Shape, Sphere

from hearth_manipulation.core.kinematics import (
    FIXED,
    PRISMATIC,
    REVOLUTE,
    Array,
    Ints,
    Tree,
    place_links,
)
from hearth_manipulation.core.spheres import Solid, cover

BASE_DOFS = ("base_x", "base_y", "base_yaw")
"""Virtual joints before the root link, so that base and arm are one mechanism."""
BASE_LIMITS = {
    "base_x": (-1e3, 1e3, 0.3, 0.5),
    "base_y": (-1e3, 1e3, 0.3, 0.5),
    "base_yaw": (-1e3, 1e3, 0.6, 1.0),
}
"""Lower, upper, velocity, acceleration [m or rad]."""
SECONDS_TO_ACCELERATE = 0.05
"""No robot's file gives jerk limits: full acceleration is reached in this time [s]."""


@dataclass(frozen=True, eq=False)
class Group:
    """Joints that are planned for together."""

    name: str
    joints: tuple[str, ...]
    """Those with a drive of their own, parents first."""
    tips: tuple[str, ...]
    """Links at the ends of its chains; the first one is meant where none is named."""


@dataclass(frozen=True, eq=False)
class RobotModel:
    """One robot; L links (three virtual first), D degrees of freedom, S spheres."""

    name: str
    links: tuple[str, ...]
    dofs: tuple[str, ...]
    tree: Tree
    lower: Array
    upper: Array
    velocity: Array
    """Limits as magnitudes [rad/s or m/s], shape (D,)."""
    acceleration: Array
    sphere_link: Ints
    """Links of the collision spheres, sorted, shape (S,)."""
    sphere_center: Array
    """[m] in the link, shape (S, 3)."""
    sphere_radius: Array
    may_touch: frozenset[tuple[int, int]]
    """Pairs of links (low, high) that are not checked against each other."""
    solids: tuple[tuple[int, Solid], ...]
    """Collision shapes as the file gives them: (link index, shape), sorted by link."""
    trim: tuple[tuple[int, Array, Array], ...] = ()
    """What cameras see of the robot but nothing collides with (the housing of a wrist's camera):
    (link index, centres [m], radii [m])."""
    groups: Mapping[str, Group] = field(default_factory=dict)
    states: Mapping[tuple[str, str], Mapping[str, float]] = field(default_factory=dict)
    """Joint positions [rad or m] by (group, state)."""

    @property
    def jerk(self) -> Array:
        """Limits as magnitudes [rad/s3 or m/s3], shape (D,)."""
        return self.acceleration / SECONDS_TO_ACCELERATE

    def group(self, name: str) -> Group:
        """A group of joints.

        Raises:
            UnknownNameError: There is none of that name.
        """
        if name not in self.groups:
            raise UnknownNameError("group", name, self.groups)
        return self.groups[name]

    @classmethod
    def from_description(
        cls, description: Description, may_touch: Iterable[tuple[str, str]] = ()
    ) -> RobotModel:
        """Pack a description.

        Args:
            description: From ``hearth_description``.
            may_touch: Pairs of links whose contact is not a collision (SRDF).

        Raises:
            UnknownNameError: ``may_touch`` names a link that is not there.
        """
        return _read(description, may_touch)

    def link(self, name: str) -> int:
        """Index of a link.

        Raises:
            UnknownNameError: There is none of that name.
        """
        if name not in self.links:
            raise UnknownNameError("link", name, self.links)
        return self.links.index(name)

    def dof(self, name: str) -> int:
        """Index of a degree of freedom.

        Raises:
            UnknownNameError: There is none of that name.
        """
        if name not in self.dofs:
            raise UnknownNameError("joint", name, self.dofs)
        return self.dofs.index(name)

    def indices(self, names: Sequence[str]) -> Ints:
        """Indices of degrees of freedom."""
        return np.array([self.dof(name) for name in names], np.int32)

    def chain(self, tip: str) -> Ints:
        """Links from the root to ``tip``."""
        return np.array(self.ancestors(self.link(tip))[::-1], np.int32)

    def ancestors(self, link: int) -> list[int]:
        """``link``, its parent, and so on to the root."""
        found = [link]
        while self.tree.parent[found[-1]] >= 0:
            found.append(int(self.tree.parent[found[-1]]))
        return found

    def moved_by(self, dofs: Ints) -> Ints:
        """Links that move when ``dofs`` do, parents first."""
        wanted = {int(i) for i in dofs}
        moved: set[int] = set()
        for i in range(len(self.links)):
            if int(self.tree.dof[i]) in wanted or int(self.tree.parent[i]) in moved:
                moved.add(i)
        return np.array(sorted(moved), np.int32)

    def neutral(self) -> Array:
        """Zero where the limits allow it, else the nearest limit."""
        return np.clip(np.zeros(len(self.dofs)), self.lower, self.upper)

    def configuration(self, values: Mapping[str, float], base: Array | None = None) -> Array:
        """Full configuration from joint values by name; joints not named are neutral.

        Args:
            values: [rad or m]; names that are not degrees of freedom are passed over.
            base: x, y [m] and yaw [rad] of the base, shape (3,).
        """
        q = self.neutral()
        for i, name in enumerate(self.dofs):
            if name in values:
                q[i] = values[name]
        if base is not None:
            q[:3] = base
        return q

    def place(self, q: Array) -> tuple[Array, Array]:
        """Rotations (L, 3, 3) and translations (L, 3) of all links."""
        count = len(self.links)
        rotations, translations = np.empty((count, 3, 3)), np.empty((count, 3))
        order = np.arange(count, dtype=np.int32)
        place_links(self.tree, np.asarray(q, float), order, rotations, translations)
        return rotations, translations

    def pose(self, q: Array, link: str) -> Transform:
        """Pose of one link in the frame the base moves in."""
        rotations, translations = self.place(q)
        i = self.link(link)
        return Transform(rotations[i], translations[i])

    def attach(
        self,
        link: str,
        centers: Array,
        radius: Array,
        touches: Sequence[str],
        name: str = "attached_object",
    ) -> RobotModel:
        """The same robot holding something made of spheres.

        Args:
            link: Link that carries it; the spheres are checked as a part of a new link there.
            centers: [m] in that link, shape (N, 3).
            radius: [m], shape (N,).
            touches: Links that may touch it.
            name: Of the new link.
        """
        parent = self.link(link)
        tree = Tree(
            np.append(self.tree.parent, np.int32(parent)).astype(np.int32),
            np.concatenate([self.tree.rotation, np.eye(3)[None]]),
            np.concatenate([self.tree.translation, np.zeros((1, 3))]),
            np.concatenate([self.tree.axis, np.array([[0.0, 0.0, 1.0]])]),
            np.append(self.tree.kind, np.int32(FIXED)).astype(np.int32),
            np.append(self.tree.dof, np.int32(-1)).astype(np.int32),
            np.append(self.tree.multiplier, 1.0),
            np.append(self.tree.offset, 0.0),
        )
        index = len(self.links)
        pairs = set(self.may_touch) | {(self.link(name), index) for name in (*touches, link)}
        return replace(
            self,
            links=(*self.links, name),
            tree=tree,
            sphere_link=np.concatenate(
                [self.sphere_link, np.full(len(radius), index, np.int32)]
            ).astype(np.int32),
            sphere_center=np.concatenate([self.sphere_center, centers]),
            sphere_radius=np.concatenate([self.sphere_radius, radius]),
            may_touch=frozenset(pairs),
        )


def _shape(shape: Shape) -> tuple[str, Array]:
    if isinstance(shape, Box):
        return "box", np.array(shape.size)
    if isinstance(shape, Sphere):
        return "sphere", np.array([shape.radius])
    kind = "capsule" if isinstance(shape, Capsule) else "cylinder"
    return kind, np.array([shape.radius, shape.length])


def movable_base(count: int) -> Tree:
    """Tree of ``count`` links whose first three are the base's; the others are still fixed.

    The first link slides along x, the second along y, the third (the root) turns on it.
    """
    tree = Tree(
        np.full(count, -1, np.int32),
        np.tile(np.eye(3), (count, 1, 1)),
        np.zeros((count, 3)),
        np.tile(np.array([0.0, 0.0, 1.0]), (count, 1)),
        np.full(count, FIXED, np.int32),
        np.full(count, -1, np.int32),
        np.ones(count),
        np.zeros(count),
    )
    for i, axis, kind in ((0, 0, PRISMATIC), (1, 1, PRISMATIC), (2, 2, REVOLUTE)):
        tree.parent[i], tree.kind[i], tree.dof[i] = i - 1, kind, i
        tree.axis[i] = np.eye(3)[axis]
    return tree


STICKS_OUT = 0.01
"""What is drawn sticks out of what collides by less than this unless it is a part of its own [m].
"""


def _read(description: Description, may_touch: Iterable[tuple[str, str]]) -> RobotModel:
    names = [
        "base_x_link",
        "base_y_link",
        description.root,
        *(joint.child for joint in description.joints.values()),
    ]
    index = {name: i for i, name in enumerate(names)}
    tree = movable_base(len(names))
    driven = description.actuated()
    dofs = [*BASE_DOFS, *(joint.name for joint in driven)]
    limits = [BASE_LIMITS[name] for name in BASE_DOFS]
    for joint in driven:
        assert joint.limits is not None  # hearth_description refuses moving joints without
        lower, upper = joint.limits.lower, joint.limits.upper
        if joint.kind is JointKind.CONTINUOUS:
            lower, upper = -math.pi, math.pi
        limits.append((lower, upper, joint.limits.velocity, joint.limits.acceleration))
    for joint in description.joints.values():
        i = index[joint.child]
        tree.parent[i] = index[joint.parent]
        tree.rotation[i] = joint.parent_from_joint.rotation
        tree.translation[i] = joint.parent_from_joint.translation
        if not joint.moves:
            continue
        tree.kind[i] = PRISMATIC if joint.kind is JointKind.PRISMATIC else REVOLUTE
        tree.axis[i] = joint.axis
        leader = joint.name
        if joint.mimic is not None:
            leader = joint.mimic.joint
            tree.multiplier[i], tree.offset[i] = joint.mimic.multiplier, joint.mimic.offset
        tree.dof[i] = dofs.index(leader)
    solids = []
    for name in names[2:]:
        for geometry in description.links[name].collisions:
            kind_name, size = _shape(geometry.shape)
            solids.append((index[name], Solid(kind_name, size, geometry.link_from_shape)))
    spheres = [(i, *cover(solid)) for i, solid in solids]
    trim = []
    for name in names[2:]:
        own = [(center, radius) for i, center, radius in spheres if i == index[name]]
        for geometry in description.links[name].visuals:
            solid = Solid(*_shape(geometry.shape), geometry.link_from_shape)
            center, radius = _sticking_out(*cover(solid), own)
            if len(radius):
                trim.append((index[name], center, radius))
    table = np.array(limits)
    return RobotModel(
        name=description.name,
        links=tuple(names),
        dofs=tuple(dofs),
        tree=tree,
        lower=table[:, 0].copy(),
        upper=table[:, 1].copy(),
        velocity=table[:, 2].copy(),
        acceleration=table[:, 3].copy(),
        sphere_link=np.concatenate(
            [np.zeros(0), *(np.full(len(radius), i) for i, _, radius in spheres)]
        ).astype(np.int32),
        sphere_center=np.concatenate([np.zeros((0, 3)), *(center for _, center, _ in spheres)]),
        sphere_radius=np.concatenate([np.zeros(0), *(radius for _, _, radius in spheres)]),
        may_touch=frozenset(touching(tree, index, may_touch)),
        solids=tuple(solids),
        trim=tuple(trim),
    )


def _sticking_out(
    center: Array, radius: Array, of: Iterable[tuple[Array, Array]]
) -> tuple[Array, Array]:
    """Those spheres that are not, but for a little, inside one of others."""
    out = np.ones(len(radius), bool)
    for centers, radii in of:
        away = np.linalg.norm(center[:, None] - centers[None], axis=2) + radius[:, None]
        out &= np.all(away > radii[None] + STICKS_OUT, axis=1)
    return center[out], radius[out]


def touching(
    tree: Tree, index: Mapping[str, int], pairs: Iterable[tuple[str, str]], row: int = 3
) -> set[tuple[int, int]]:
    """Pairs of links that may touch: those named, and bodies ``row`` in a row at a joint.

    Raises:
        UnknownNameError: A pair names a link that is not there.
    """
    found: set[tuple[int, int]] = set()
    for a, b in pairs:
        for name in (a, b):
            if name not in index:
                raise UnknownNameError("link", name, index)
        found.add((min(index[a], index[b]), max(index[a], index[b])))
    # Links joined by one joint touch at it; a chain of fixed joints is one body.
    body = list(range(len(index)))
    for i in range(len(body)):
        if tree.parent[i] >= 0 and tree.kind[i] == FIXED:
            body[i] = body[tree.parent[i]]
    above: list[list[int]] = []
    for i in range(len(body)):
        line = [body[i]]
        while tree.parent[line[-1]] >= 0:
            line.append(body[tree.parent[line[-1]]])
        above.append(line)
    for i in range(len(body)):
        for j in range(i + 1, len(body)):
            # Three bodies in a row meet at the joint between them, as shoulders and wrists do.
            joined = body[i] in above[j][:row] or body[j] in above[i][:row]
            if joined:
                found.add((i, j))
    return found
