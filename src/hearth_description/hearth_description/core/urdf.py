"""URDF text to parts. Refuses, by name, what a moving robot cannot do without."""

import math
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator

import numpy as np
from hearth_core.errors import FileFormatError
from hearth_core.geometry import Transform

from hearth_description.core.gazebo import read_extras
from hearth_description.core.parts import (
    Array,
    Box,
    Capsule,
    Cylinder,
    Extras,
    Geometry,
    Inertial,
    Joint,
    JointKind,
    Limits,
    Link,
    Mimic,
    Rgba,
    Shape,
    Sphere,
)

DEFAULT_ACCELERATION = 5.0
"""[rad/s2] where ``<gazebo reference=joint><acceleration>`` says nothing."""


class Reader:
    """Reads one URDF document; ``source`` is named in every error."""

    def __init__(self, text: str, source: str) -> None:
        self.source = source
        try:
            self.root = ET.fromstring(text)
        except ET.ParseError as error:
            raise FileFormatError(source, "", f"not XML: {error}") from error
        if self.root.tag != "robot":
            raise self.refuse("", f"root element is <{self.root.tag}>, not <robot>")
        self.extras: Extras = read_extras(self.root, source)
        self._materials = {
            str(item.get("name")): self._color(item)
            for item in self.root.findall("material")
            if item.find("color") is not None
        }

    def refuse(self, where: str, problem: str) -> FileFormatError:
        """The error to raise."""
        return FileFormatError(self.source, where, problem)

    def links(self) -> dict[str, Link]:
        """Links by name."""
        links: dict[str, Link] = {}
        for node in self.root.findall("link"):
            name = self._name(node)
            where = f"link {name!r}"
            if name in links:
                raise self.refuse(where, "named twice")
            links[name] = Link(
                name,
                self._inertial(node.find("inertial"), where),
                tuple(self._geometries(node.findall("visual"), where)),
                tuple(self._geometries(node.findall("collision"), where)),
                self.extras.friction.get(name),
            )
        return links

    def joints(self) -> dict[str, Joint]:
        """Joints by name."""
        joints: dict[str, Joint] = {}
        for node in self.root.findall("joint"):
            name = self._name(node)
            if name in joints:
                raise self.refuse(f"joint {name!r}", "named twice")
            joints[name] = self._joint(node, name, f"joint {name!r}")
        return joints

    def _joint(self, node: ET.Element, name: str, where: str) -> Joint:
        kinds = {kind.value: kind for kind in JointKind}
        if node.get("type") not in kinds:
            raise self.refuse(where, f"type {node.get('type')!r}; known: {sorted(kinds)}")
        kind = kinds[str(node.get("type"))]
        axis_node = node.find("axis")
        axis = np.array([1.0, 0.0, 0.0])
        if axis_node is not None:
            axis = self._numbers(axis_node, "xyz", 3, where)
        if kind is not JointKind.FIXED and np.linalg.norm(axis) < 1e-9:
            raise self.refuse(where, "axis is zero")
        dynamics = node.find("dynamics")
        mimic = node.find("mimic")
        return Joint(
            name,
            kind,
            self._end(node, "parent", where),
            self._end(node, "child", where),
            self._origin(node.find("origin"), where),
            axis / max(float(np.linalg.norm(axis)), 1e-9),
            None if kind is JointKind.FIXED else self._limits(node, kind, name, where),
            None
            if mimic is None
            else Mimic(
                str(mimic.get("joint")),
                float(mimic.get("multiplier", 1.0)),
                float(mimic.get("offset", 0.0)),
            ),
            0.0 if dynamics is None else float(dynamics.get("damping", 0.0)),
        )

    def _limits(self, node: ET.Element, kind: JointKind, name: str, where: str) -> Limits:
        limit = node.find("limit")
        if limit is None:
            raise self.refuse(where, "moves but has no <limit>")
        free = kind is JointKind.CONTINUOUS
        needed = ("effort", "velocity") if free else ("lower", "upper", "effort", "velocity")
        values: dict[str, float] = {"lower": -math.inf, "upper": math.inf}
        for key in needed:
            text = limit.get(key)
            if text is None:
                raise self.refuse(where, f"<limit> has no {key!r}; needed: {list(needed)}")
            values[key] = float(text)
        if values["lower"] >= values["upper"]:
            raise self.refuse(where, f"lower {values['lower']} >= upper {values['upper']}")
        if values["effort"] <= 0.0 or values["velocity"] <= 0.0:
            raise self.refuse(where, "effort and velocity limits must be positive")
        return Limits(
            values["lower"],
            values["upper"],
            values["velocity"],
            self.extras.acceleration.get(name, DEFAULT_ACCELERATION),
            values["effort"],
        )

    def _inertial(self, node: ET.Element | None, where: str) -> Inertial | None:
        if node is None:
            return None
        mass_node, tensor = node.find("mass"), node.find("inertia")
        if mass_node is None or tensor is None:
            raise self.refuse(where, "<inertial> needs <mass> and <inertia>")
        mass = float(mass_node.get("value", "nan"))
        xx, xy, xz, yy, yz, zz = (
            float(tensor.get(key, "nan")) for key in ("ixx", "ixy", "ixz", "iyy", "iyz", "izz")
        )
        inertia = np.array([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]])
        if not mass > 0.0 or not np.isfinite(inertia).all():
            raise self.refuse(where, f"mass {mass} and inertia must be positive numbers")
        moments = np.linalg.eigvalsh(inertia)
        if moments[0] <= 0.0 or moments[0] + moments[1] < moments[2] * (1.0 - 1e-6):
            raise self.refuse(where, f"no body has the principal moments {moments.tolist()}")
        origin = self._origin(node.find("origin"), where)
        rotated = origin.rotation @ inertia @ origin.rotation.T
        return Inertial(mass, origin.translation, rotated)

    def _geometries(self, nodes: Iterable[ET.Element], where: str) -> Iterator[Geometry]:
        for node in nodes:
            label = node.get("name", "")
            if label.endswith("_capsule_end"):
                continue
            shape = self._shape(node, where)
            if label.endswith("_capsule") and isinstance(shape, Cylinder):
                shape = Capsule(shape.radius, shape.length)
            material = node.find("material")
            color = None if material is None else self._color(material)
            yield Geometry(shape, self._origin(node.find("origin"), where), color)

    def _shape(self, node: ET.Element, where: str) -> Shape:
        geometry = node.find("geometry")
        shape = None if geometry is None else next(iter(geometry), None)
        if shape is None:
            raise self.refuse(where, f"<{node.tag}> has no shape")
        if shape.tag == "box":
            x, y, z = self._numbers(shape, "size", 3, where)
            return Box((float(x), float(y), float(z)))
        if shape.tag == "cylinder":
            radius, length = (
                float(self._numbers(shape, key, 1, where)[0]) for key in ("radius", "length")
            )
            return Cylinder(radius, length)
        if shape.tag == "sphere":
            return Sphere(float(self._numbers(shape, "radius", 1, where)[0]))
        raise self.refuse(where, f"shape <{shape.tag}>; known: ['box', 'cylinder', 'sphere']")

    def _color(self, node: ET.Element) -> Rgba | None:
        color = node.find("color")
        if color is None:
            return self._materials.get(str(node.get("name")))
        r, g, b, a = self._numbers(color, "rgba", 4, f"material {node.get('name')!r}")
        return float(r), float(g), float(b), float(a)

    def _origin(self, node: ET.Element | None, where: str) -> Transform:
        if node is None:
            return Transform.identity()
        x, y, z = self._numbers(node, "xyz", 3, where) if node.get("xyz") else np.zeros(3)
        r, p, w = self._numbers(node, "rpy", 3, where) if node.get("rpy") else np.zeros(3)
        xyz, rpy = (float(x), float(y), float(z)), (float(r), float(p), float(w))
        return Transform.from_xyz_rpy(xyz, rpy)

    def _numbers(self, node: ET.Element, key: str, count: int, where: str) -> Array:
        text = node.get(key, "")
        try:
            values = np.array([float(item) for item in text.split()])
        except ValueError:
            values = np.zeros(0)
        if values.shape != (count,) or not np.isfinite(values).all():
            raise self.refuse(where, f"<{node.tag}> {key} is {text!r}, not {count} numbers")
        return values

    def _name(self, node: ET.Element) -> str:
        name = node.get("name")
        if not name:
            raise self.refuse(f"<{node.tag}>", "has no name")
        return name

    def _end(self, node: ET.Element, which: str, where: str) -> str:
        end = node.find(which)
        if end is None or not end.get("link"):
            raise self.refuse(where, f"has no <{which} link=...>")
        return str(end.get("link"))
