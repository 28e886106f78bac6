"""Any robot's SRDF: groups as chains, joints, links or other groups; postures; pairs to skip."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hearth_core.errors import FileFormatError, UnknownNameError

from hearth_manipulation.core.model import Group
from hearth_manipulation.core.robot_document import read_document
from hearth_manipulation.core.robot_file import RobotFile


@dataclass(frozen=True, eq=False)
class RobotSemantics:
    """What an SRDF file says about a robot."""

    groups: Mapping[str, Group]
    states: Mapping[tuple[str, str], Mapping[str, float]]
    """Joint positions [rad or m] by (group, state)."""
    may_touch: frozenset[tuple[str, str]]

    def group(self, name: str) -> Group:
        """A group by name.

        Raises:
            UnknownNameError: There is none.
        """
        if name not in self.groups:
            raise UnknownNameError("group", name, self.groups)
        return self.groups[name]


def read_semantics(
    path: Path | str,
    robot: RobotFile,
    *,
    packages: Mapping[str, Path] | None = None,
    arguments: Mapping[str, str] | None = None,
) -> RobotSemantics:
    """Read an SRDF or a xacro file of one.

    Args:
        path: The file.
        robot: Whose groups it describes.
        packages: Folders of ``$(find name)`` by name.
        arguments: xacro's.

    Raises:
        FileFormatError: It is no SRDF, or names what the robot does not have.
    """
    source = str(path)
    root = read_document(path, packages, arguments)
    reader = _Reader(source, root, robot)
    groups = {name: reader.group(name) for name in reader.nodes}
    states: dict[tuple[str, str], Mapping[str, float]] = {}
    drives = {joint.name for joint in robot.joints if joint.moves}
    for node in root.findall("group_state"):
        owner, state = node.get("group", ""), node.get("name", "")
        if owner not in groups:
            raise FileFormatError(
                source, f"group_state {state!r}", f"no group {owner!r}; known: {sorted(groups)}"
            )
        # States also name joints that this version of the robot has fixed: nothing to move there.
        states[owner, state] = {
            item.get("name", ""): float(item.get("value", "nan").split()[0])
            for item in node.findall("joint")
            if item.get("name") in drives
        }
    pairs = set()
    for node in root.findall("disable_collisions"):
        one, two = sorted((node.get("link1", ""), node.get("link2", "")))
        if one in robot.links and two in robot.links:  # left-overs of other versions are harmless
            pairs.add((one, two))
    return RobotSemantics(groups, states, frozenset(pairs))


def one_group(robot: RobotFile) -> RobotSemantics:
    """Groups without an SRDF: one of everything, and one for the chain to each leaf."""
    groups = {}
    drives = tuple(j.name for j in robot.joints if j.moves and j.mimic is None)
    parents = {joint.parent for joint in robot.joints}
    leaves = tuple(link for link in robot.links if link not in parents)
    groups["all"] = Group("all", drives, leaves)
    chains = _Reader("", ET.Element("robot"), robot)
    for leaf in leaves:
        joints = chains.chain(robot.root, leaf, f"link {leaf!r}")
        if joints:
            groups[leaf] = Group(leaf, tuple(joints), (leaf,))
    return RobotSemantics(groups, {}, frozenset())


class _Reader:
    def __init__(self, source: str, root: ET.Element, robot: RobotFile) -> None:
        self.source = source
        self.robot = robot
        self.nodes = {node.get("name", ""): node for node in root.findall("group")}
        self.by_child = {joint.child: joint for joint in robot.joints}
        self.by_name = {joint.name: joint for joint in robot.joints}
        self.virtual = {node.get("name") for node in root.findall("virtual_joint")}

    def group(self, name: str) -> Group:
        joints, tips = self.members(name, ())
        order = [j.name for j in self.robot.joints if j.moves and j.mimic is None]
        kept = tuple(joint for joint in order if joint in joints)
        if not tips:
            tips = self.ends(kept)
        return Group(name, kept, tuple(dict.fromkeys(tips)))

    def members(self, name: str, above: tuple[str, ...]) -> tuple[set[str], list[str]]:
        where = f"group {name!r}"
        if name not in self.nodes:
            raise FileFormatError(
                self.source, where, f"no such group; known: {sorted(self.nodes)}"
            )
        if name in above:
            raise FileFormatError(self.source, where, "contains itself")
        joints: set[str] = set()
        tips: list[str] = []
        for item in self.nodes[name]:
            if item.tag == "chain":
                tip = item.get("tip_link", "")
                joints |= set(self.chain(item.get("base_link", ""), tip, where))
                tips.append(tip)
            elif item.tag == "joint":
                joint = item.get("name", "")
                if joint not in self.by_name and joint not in self.virtual:
                    raise FileFormatError(self.source, where, f"the robot has no joint {joint!r}")
                joints.add(joint)
            elif item.tag == "link":
                link = item.get("name", "")
                if link not in self.robot.links:
                    raise FileFormatError(self.source, where, f"the robot has no link {link!r}")
                if link in self.by_child:
                    joints.add(self.by_child[link].name)
            elif item.tag == "group":
                more, ends = self.members(item.get("name", ""), (*above, name))
                joints |= more
                tips += ends
        return joints, tips

    def chain(self, base: str, tip: str, where: str) -> list[str]:
        for link in (base, tip):
            if link not in self.robot.links:
                raise FileFormatError(self.source, where, f"the robot has no link {link!r}")
        found: list[str] = []
        link = tip
        while link != base:
            if link not in self.by_child:
                raise FileFormatError(self.source, where, f"{base!r} is not above {tip!r}")
            joint = self.by_child[link]
            if joint.moves and joint.mimic is None:
                found.append(joint.name)
            link = joint.parent
        return found[::-1]

    def ends(self, joints: tuple[str, ...]) -> list[str]:
        """Child links of those joints below which no other of them moves."""
        children = [self.by_name[joint].child for joint in joints]
        passed: set[str] = set()
        for child in children:
            link = child
            while link in self.by_child:
                link = self.by_child[link].parent
                passed.add(link)
        return [child for child in children if child not in passed]
