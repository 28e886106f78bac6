"""Any robot's URDF as planning needs it: joints, limits and collision shapes, meshes too.

``hearth_description`` reads the project's own robot and is strict about everything a simulator
needs. This reader takes what other people's files hold: meshes, virtual joints, visual-only links.
"""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from hearth_core.errors import FileFormatError
from hearth_core.geometry import Transform

from hearth_manipulation.core.kinematics import Array
from hearth_manipulation.core.meshes import find_mesh, load_mesh
from hearth_manipulation.core.robot_document import read_document
from hearth_manipulation.core.spheres import Solid

KINDS = ("fixed", "revolute", "continuous", "prismatic")
SECONDS_TO_SPEED = 0.2
"""URDF has no place for accelerations: joints are taken to reach full speed in this time [s]."""


@dataclass(frozen=True, eq=False)
class FileJoint:
    """One joint as the file has it."""

    name: str
    kind: str
    parent: str
    child: str
    origin: Transform
    """``parent_from_joint``."""
    axis: Array
    """Unit vector in the joint's frame, shape (3,)."""
    lower: float
    upper: float
    velocity: float
    acceleration: float
    mimic: tuple[str, float, float] | None
    """Leader, multiplier, offset."""

    @property
    def moves(self) -> bool:
        """Whether it has a degree of freedom."""
        return self.kind != "fixed"


@dataclass(frozen=True, eq=False)
class RobotFile:
    """A tree of links; joints sorted parents first."""

    name: str
    root: str
    links: tuple[str, ...]
    joints: tuple[FileJoint, ...]
    solids: Mapping[str, tuple[Solid, ...]]
    """Collision shapes by link."""


def read_robot(
    path: Path | str,
    *,
    packages: Mapping[str, Path] | None = None,
    shapes: Path | str | None = None,
    massless: bool = False,
    arguments: Mapping[str, str] | None = None,
) -> RobotFile:
    """Read a URDF or xacro file.

    Args:
        path: The robot.
        packages: Folders of ``package://name/...`` and ``$(find name)`` by name.
        shapes: Another URDF of the same links whose collision shapes are taken instead, for
            robots whose meshes are not at hand.
        massless: Take a robot whose moving parts have no inertia; nothing that needs its dynamics
            may be asked of it then.
        arguments: xacro's.

    Raises:
        FileFormatError: Names the file, the element and what is wrong with it.
    """
    path = Path(path)
    root = read_document(path, packages, arguments)
    source = str(path)
    where = path.parent
    names = _unique(root, "link", source)
    joints = _order(
        names, [_joint(node, source) for node in _nodes(root, "joint", source)], source
    )
    if not massless:
        _check_mass(root, joints, source)
    tops = set(names) - {joint.child for joint in joints}
    shaped, shape_source, folder = root, source, where
    if shapes is not None:
        shape_source, folder = str(shapes), Path(shapes).parent
        shaped = read_document(shapes, packages, arguments)
    solids: dict[str, tuple[Solid, ...]] = {}
    for node in shaped.findall("link"):
        name = node.get("name", "")
        if name not in names:
            raise FileFormatError(shape_source, f"link {name!r}", f"{source} has no such link")
        found = [
            _solid(item, folder, packages or {}, shape_source, f"link {name!r}")
            for item in node.findall("collision")
        ]
        solids[name] = tuple(solid for solid in found if solid is not None)
    return RobotFile(root.get("name", "robot"), tops.pop(), tuple(names), tuple(joints), solids)


def _nodes(root: ET.Element, tag: str, source: str) -> list[ET.Element]:
    # Joints below <transmission> and the like are not the tree's: findall looks one level deep.
    _unique(root, tag, source)
    return root.findall(tag)


def _unique(root: ET.Element, tag: str, source: str) -> list[str]:
    names: list[str] = []
    for node in root.findall(tag):
        name = node.get("name")
        if not name:
            raise FileFormatError(source, f"<{tag}>", "has no name")
        if name in names:
            raise FileFormatError(source, f"{tag} {name!r}", "named twice")
        names.append(name)
    return names


def _joint(node: ET.Element, source: str) -> FileJoint:
    name = str(node.get("name"))
    where = f"joint {name!r}"
    kind = str(node.get("type"))
    if kind not in KINDS:
        raise FileFormatError(source, where, f"type {kind!r}; known: {list(KINDS)}")
    ends = []
    for which in ("parent", "child"):
        end = node.find(which)
        if end is None or not end.get("link"):
            raise FileFormatError(source, where, f"has no <{which} link=...>")
        ends.append(str(end.get("link")))
    axis_node = node.find("axis")
    axis = np.array([1.0, 0.0, 0.0])
    if axis_node is not None and kind != "fixed":
        axis = _numbers(axis_node, "xyz", 3, source, where)
    length = float(np.linalg.norm(axis))
    if kind != "fixed" and length < 1e-9:
        raise FileFormatError(source, where, "axis is zero")
    mimic_node = node.find("mimic")
    mimic = None
    if mimic_node is not None:
        mimic = (
            str(mimic_node.get("joint")),
            float(mimic_node.get("multiplier", 1.0)),
            float(mimic_node.get("offset", 0.0)),
        )
    lower, upper, velocity = -math.inf, math.inf, math.inf
    if kind != "fixed":
        lower, upper, velocity = _limits(node, kind, source, where)
    acceleration = velocity / SECONDS_TO_SPEED
    limit = node.find("limit")
    if limit is not None and limit.get("acceleration"):
        acceleration = float(_numbers(limit, "acceleration", 1, source, where)[0])
    return FileJoint(
        name, kind, ends[0], ends[1], _origin(node.find("origin"), source, where),
        axis / max(length, 1e-9), lower, upper, velocity, acceleration, mimic,
    )  # fmt: skip


def _limits(node: ET.Element, kind: str, source: str, where: str) -> tuple[float, float, float]:
    limit = node.find("limit")
    if limit is None:
        raise FileFormatError(source, where, "moves but has no <limit>")
    lower, upper = -math.pi, math.pi
    if kind != "continuous":
        for key in ("lower", "upper"):
            if limit.get(key) is None:
                raise FileFormatError(source, where, f"<limit> has no {key!r}")
        lower = float(_numbers(limit, "lower", 1, source, where)[0])
        upper = float(_numbers(limit, "upper", 1, source, where)[0])
        # <safety_controller> says where a controller begins to brake, not where a joint ends.
        if not lower < upper:
            raise FileFormatError(source, where, f"lower {lower} >= upper {upper}")
    if limit.get("velocity") is None:
        raise FileFormatError(source, where, "<limit> has no 'velocity'")
    velocity = float(_numbers(limit, "velocity", 1, source, where)[0])
    if not velocity > 0.0:
        raise FileFormatError(source, where, f"velocity limit {velocity} is not positive")
    return lower, upper, velocity


def _order(names: Sequence[str], joints: Sequence[FileJoint], source: str) -> list[FileJoint]:
    known = set(names)
    by_parent: dict[str, list[FileJoint]] = {}
    children: set[str] = set()
    for joint in joints:
        for end in (joint.parent, joint.child):
            if end not in known:
                raise FileFormatError(
                    source, f"joint {joint.name!r}", f"no link {end!r}; known: {sorted(known)}"
                )
        if joint.child in children:
            raise FileFormatError(source, f"link {joint.child!r}", "has two parents")
        children.add(joint.child)
        by_parent.setdefault(joint.parent, []).append(joint)
    roots = [name for name in names if name not in children]
    if len(roots) != 1:
        raise FileFormatError(source, "", f"a tree has one root link, this has {roots}")
    ordered: list[FileJoint] = []
    stack = list(reversed(by_parent.get(roots[0], [])))
    while stack:
        joint = stack.pop()
        ordered.append(joint)
        stack.extend(reversed(by_parent.get(joint.child, [])))
    if len(ordered) != len(joints):
        lost = sorted(children - {joint.child for joint in ordered})
        raise FileFormatError(source, "", f"links {lost} hang in a loop")
    moving = {joint.name: joint for joint in joints if joint.moves}
    for joint in ordered:
        if joint.mimic is not None and joint.moves:
            leader = moving.get(joint.mimic[0])
            if leader is None or leader.mimic is not None:
                raise FileFormatError(
                    source, f"joint {joint.name!r}",
                    f"mimics {joint.mimic[0]!r}, which has no drive",
                )  # fmt: skip
    return ordered


def _check_mass(root: ET.Element, joints: Sequence[FileJoint], source: str) -> None:
    """Refuse moving bodies (links joined by fixed joints) without any mass."""
    mass: dict[str, float] = {}
    for node in root.findall("link"):
        item = node.find("inertial/mass")
        text = "0" if item is None else item.get("value", "nan")
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not (math.isfinite(value) and value >= 0.0):
            raise FileFormatError(source, f"link {node.get('name')!r}", f"mass is {text!r}")
        mass[str(node.get("name"))] = value
    below: dict[str, float] = {}
    for joint in reversed(joints):
        total = mass[joint.child] + below.get(joint.child, 0.0)
        if joint.moves and total <= 0.0 and joint.mimic is None:
            raise FileFormatError(
                source,
                f"link {joint.child!r}",
                f"moves (joint {joint.name!r}) but nothing of it has <inertial>; "
                "massless=True plans without dynamics",
            )
        # What hangs on a moving joint has proved its own mass; it does not prove the parent's.
        below[joint.parent] = below.get(joint.parent, 0.0) + (total if not joint.moves else 0.0)


def _solid(
    node: ET.Element, folder: Path, packages: Mapping[str, Path], source: str, where: str
) -> Solid | None:
    geometry = node.find("geometry")
    shape = None if geometry is None else next(iter(geometry), None)
    if shape is None:
        raise FileFormatError(source, where, "<collision> has no shape")
    pose = _origin(node.find("origin"), source, where)
    if shape.tag == "box":
        size = _numbers(shape, "size", 3, source, where)
    elif shape.tag in {"cylinder", "capsule"}:
        size = np.array(
            [_numbers(shape, key, 1, source, where)[0] for key in ("radius", "length")]
        )
    elif shape.tag == "sphere":
        size = _numbers(shape, "radius", 1, source, where)
    elif shape.tag == "mesh":
        scale = np.ones(3)
        if shape.get("scale"):
            scale = _numbers(shape, "scale", 3, source, where)
        file = find_mesh(shape.get("filename", ""), folder, packages)
        if file is None:
            raise FileFormatError(
                source, where,
                f"no mesh file {shape.get('filename')!r}: name its package's folder in packages, "
                "or a URDF with simple shapes in shapes",
            )  # fmt: skip
        return load_mesh(file, scale, pose)
    else:
        known = ["box", "capsule", "cylinder", "mesh", "sphere"]
        raise FileFormatError(source, where, f"shape <{shape.tag}>; known: {known}")
    if np.any(size < 0.0):
        raise FileFormatError(source, where, f"<{shape.tag}> has a negative size")
    # Some makers keep shapes of no size to say "nothing collides here".
    return Solid(shape.tag, size, pose) if np.any(size > 0.0) else None


def _origin(node: ET.Element | None, source: str, where: str) -> Transform:
    xyz, rpy = np.zeros(3), np.zeros(3)
    if node is not None:
        if node.get("xyz"):
            xyz = _numbers(node, "xyz", 3, source, where)
        if node.get("rpy"):
            rpy = _numbers(node, "rpy", 3, source, where)
    x, y, z = (float(v) for v in xyz)
    roll, pitch, yaw = (float(v) for v in rpy)
    return Transform.from_xyz_rpy((x, y, z), (roll, pitch, yaw))


def _numbers(node: ET.Element, key: str, count: int, source: str, where: str) -> Array:
    text = node.get(key, "")
    try:
        values = np.array([float(item) for item in text.split()])
    except ValueError:
        values = np.zeros(0)
    if values.shape != (count,) or not np.isfinite(values).all():
        raise FileFormatError(
            source, where, f"<{node.tag}> {key} is {text!r}, not {count} numbers"
        )
    return values
