"""A robot as packed arrays, read from URDF: tree, limits, spheres, links that may touch."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from transforms3d.euler import euler2mat

from hearth_core.errors import BadInputError, UnknownNameError
from hearth_core.geometry import Transform
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
KINDS = {
    "fixed": FIXED,
    "revolute": REVOLUTE,
    "continuous": REVOLUTE,
    "prismatic": PRISMATIC,
}


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
    leaders: Mapping[str, str]
    """Leader of each mimic joint."""
    solids: tuple[tuple[int, Solid], ...]
    """Collision shapes as the file gives them: (link index, shape)."""

    @classmethod
    def from_urdf(
        cls,
        text: str,
        may_touch: Sequence[tuple[str, str]] = (),
        acceleration: float = 6.0,
    ) -> RobotModel:
        """Read URDF text.

        Args:
            text: The URDF.
            may_touch: Pairs of links whose contact is not a collision (SRDF).
            acceleration: Limit of every joint, URDF has none [rad/s2 or m/s2].

        Raises:
            BadInputError: Not a tree, an unknown joint type, a joint without limits.
        """
        return _Reader(text).read(may_touch, acceleration)

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
        found = [self.link(tip)]
        while self.tree.parent[found[-1]] >= 0:
            found.append(int(self.tree.parent[found[-1]]))
        return np.array(found[::-1], np.int32)

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

    def attach(self, link: str, centers: Array, radius: Array, touches: Sequence[str]) -> RobotModel:
        """The same robot holding something made of spheres.

        Args:
            link: Link that carries it; the spheres are checked as a part of a new link there.
            centers: [m] in that link, shape (N, 3).
            radius: [m], shape (N,).
            touches: Links that may touch it.
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
            links=(*self.links, "attached_object"),
            tree=tree,
            sphere_link=np.concatenate(
                [self.sphere_link, np.full(len(radius), index, np.int32)]
            ).astype(np.int32),
            sphere_center=np.concatenate([self.sphere_center, centers]),
            sphere_radius=np.concatenate([self.sphere_radius, radius]),
            may_touch=frozenset(pairs),
        )


def _numbers(text: str | None, default: str) -> Array:
    return np.array([float(part) for part in (text or default).split()])


def _origin(element: ET.Element | None) -> Transform:
    if element is None:
        return Transform.identity()
    xyz = _numbers(element.get("xyz"), "0 0 0")
    rpy = _numbers(element.get("rpy"), "0 0 0")
    return Transform(np.asarray(euler2mat(*rpy, axes="sxyz"), float), xyz)


class _Reader:
    """URDF text to packed arrays."""

    def __init__(self, text: str) -> None:
        try:
            self._root = ET.fromstring(text)
        except ET.ParseError as problem:
            raise BadInputError(f"not a URDF: {problem}") from problem
        self._links = {str(e.get("name")): e for e in self._root.findall("link")}
        self._joints = self._root.findall("joint")
        if not self._links:
            raise BadInputError("not a URDF: it has no link")

    def read(self, may_touch: Sequence[tuple[str, str]], acceleration: float) -> RobotModel:
        order, joint_of = self._topological()
        leaders = self._leaders()
        names = ["base_x_link", "base_y_link", *order]
        index = {name: i for i, name in enumerate(names)}
        count = len(names)
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
        # base_x_link slides along x, base_y_link along y, the root link turns on it.
        for i, axis, kind in ((0, 0, PRISMATIC), (1, 1, PRISMATIC), (2, 2, REVOLUTE)):
            tree.parent[i], tree.kind[i], tree.dof[i] = i - 1, kind, i
            tree.axis[i] = np.eye(3)[axis]
        dofs: list[str] = list(BASE_DOFS)
        lower, upper, velocity = [-1e3, -1e3, -1e3], [1e3, 1e3, 1e3], [0.3, 0.3, 0.6]
        for name in order[1:]:
            joint = joint_of[name]
            label = str(joint.get("name"))
            if KINDS[str(joint.get("type"))] != FIXED and label not in leaders:
                low, high, speed = self._limits(joint)
                dofs.append(label)
                lower.append(low)
                upper.append(high)
                velocity.append(speed)
        for name in order[1:]:
            joint = joint_of[name]
            i = index[name]
            parent = joint.find("parent")
            assert parent is not None
            tree.parent[i] = index[str(parent.get("link"))]
            origin = _origin(joint.find("origin"))
            tree.rotation[i], tree.translation[i] = origin.rotation, origin.translation
            tree.kind[i] = KINDS[str(joint.get("type"))]
            if tree.kind[i] == FIXED:
                continue
            axis_element = joint.find("axis")
            axis_text = None if axis_element is None else axis_element.get("xyz")
            axis_vector = _numbers(axis_text, "1 0 0")
            tree.axis[i] = axis_vector / np.linalg.norm(axis_vector)
            label = str(joint.get("name"))
            mimic = joint.find("mimic")
            if mimic is not None:
                tree.multiplier[i] = float(mimic.get("multiplier", "1"))
                tree.offset[i] = float(mimic.get("offset", "0"))
            leader = leaders.get(label, label)
            if leader not in dofs:
                raise BadInputError(f"joint {label!r} mimics {leader!r}, which cannot move")
            tree.dof[i] = dofs.index(leader)
        solids = tuple(
            (index[name], solid) for name in order for solid in self._solids(self._links[name])
        )
        link_parts, centers, radii = [], [], []
        for i, solid in solids:
            center, radius = cover(solid)
            link_parts.append(np.full(len(radius), i, np.int32))
            centers.append(center)
            radii.append(radius)
        return RobotModel(
            name=str(self._root.get("name")),
            links=tuple(names),
            dofs=tuple(dofs),
            tree=tree,
            lower=np.array(lower),
            upper=np.array(upper),
            velocity=np.array(velocity),
            acceleration=np.array([0.3, 0.3, 0.6] + [acceleration] * (len(dofs) - 3)),
            sphere_link=np.concatenate([*link_parts, np.zeros(0, np.int32)]).astype(np.int32),
            sphere_center=np.concatenate([*centers, np.zeros((0, 3))]),
            sphere_radius=np.concatenate([*radii, np.zeros(0)]),
            may_touch=frozenset(self._touching(tree, index, may_touch)),
            leaders=leaders,
            solids=solids,
        )

    def _topological(self) -> tuple[list[str], dict[str, ET.Element]]:
        joint_of: dict[str, ET.Element] = {}
        children: dict[str, list[str]] = {}
        for joint in self._joints:
            label = joint.get("name")
            parent, child = joint.find("parent"), joint.find("child")
            if parent is None or child is None:
                raise BadInputError(f"joint {label!r} needs a parent and a child")
            if joint.get("type") not in KINDS:
                kinds = sorted(KINDS)
                raise BadInputError(f"joint {label!r}: type {joint.get('type')!r} not in {kinds}")
            ends = str(parent.get("link")), str(child.get("link"))
            for end in ends:
                if end not in self._links:
                    raise UnknownNameError("link", end, self._links)
            joint_of[ends[1]] = joint
            children.setdefault(ends[0], []).append(ends[1])
        roots = [name for name in self._links if name not in joint_of]
        if len(roots) != 1:
            raise BadInputError(f"a robot has one root link, this one has {roots}")
        order = [roots[0]]
        for name in order:
            order.extend(children.get(name, []))
        return order, joint_of

    def _leaders(self) -> dict[str, str]:
        found = {}
        for joint in self._joints:
            mimic = joint.find("mimic")
            if mimic is not None:
                found[str(joint.get("name"))] = str(mimic.get("joint"))
        return found

    @staticmethod
    def _limits(joint: ET.Element) -> tuple[float, float, float]:
        limit = joint.find("limit")
        label = joint.get("name")
        if limit is None:
            if joint.get("type") == "continuous":
                return -math.pi, math.pi, 1.0
            raise BadInputError(f"joint {label!r} has no limit")
        speed = float(limit.get("velocity", "1"))
        if joint.get("type") == "continuous":
            return -math.pi, math.pi, speed
        low, high = float(limit.get("lower", "0")), float(limit.get("upper", "0"))
        if not low <= high or not speed > 0.0:
            raise BadInputError(f"joint {label!r}: limits {low}..{high}, velocity {speed}")
        return low, high, speed

    @staticmethod
    def _solids(link: ET.Element) -> list[Solid]:
        found = []
        for collision in link.findall("collision"):
            origin = _origin(collision.find("origin"))
            geometry = collision.find("geometry")
            for shape in () if geometry is None else geometry:
                if shape.tag == "box":
                    size = _numbers(shape.get("size"), "0 0 0")
                elif shape.tag == "sphere":
                    size = np.array([float(shape.get("radius", "0"))])
                elif shape.tag in {"cylinder", "capsule"}:
                    size = np.array(
                        [float(shape.get("radius", "0")), float(shape.get("length", "0"))]
                    )
                else:
                    raise BadInputError(
                        f"link {link.get('name')!r}: collision by {shape.tag!r} is not supported;"
                        " use box, cylinder, capsule or sphere"
                    )
                found.append(Solid(shape.tag, size, origin))
        return found

    @staticmethod
    def _touching(
        tree: Tree, index: Mapping[str, int], pairs: Sequence[tuple[str, str]]
    ) -> set[tuple[int, int]]:
        found = set()
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
        for i in range(len(body)):
            for j in range(i + 1, len(body)):
                up_i, up_j = tree.parent[body[i]], tree.parent[body[j]]
                joined = body[i] == body[j]
                joined |= up_j >= 0 and body[up_j] == body[i]
                joined |= up_i >= 0 and body[up_i] == body[j]
                if joined:
                    found.add((i, j))
        return found
