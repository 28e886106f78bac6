"""The robot's model, read once from xacro and used by simulation, manipulation and transforms."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from hearth_core.errors import BadInputError, FileFormatError, UnknownNameError
from hearth_core.geometry import Transform

from hearth_description.core.kinematics import Kinematics
from hearth_description.core.parts import Joint, Link, Sensors
from hearth_description.core.urdf import Reader

PACKAGE = "hearth_description"
SUFFIX = ".urdf.xacro"


@dataclass(frozen=True, eq=False)
class RobotModel:
    """A tree of links and joints."""

    name: str
    urdf: str
    """URDF text without xacro: what ``robot_description`` carries."""
    root: str
    links: Mapping[str, Link]
    joints: Mapping[str, Joint]
    """Parents before children."""
    sensors: Sensors
    source: Path | None = None

    @cached_property
    def kinematics(self) -> Kinematics:
        """Forward kinematics."""
        return Kinematics(tuple(self.joints.values()))

    @property
    def mass(self) -> float:
        """Mass of all links [kg]."""
        return sum(link.inertial.mass for link in self.links.values() if link.inertial)

    def actuated(self) -> tuple[Joint, ...]:
        """Moving joints with a drive of their own, in tree order."""
        return tuple(j for j in self.joints.values() if j.moves and j.mimic is None)

    def joint(self, name: str) -> Joint:
        """A joint by name.

        Raises:
            UnknownNameError: No such joint.
        """
        if name not in self.joints:
            raise UnknownNameError("joint", name, self.joints)
        return self.joints[name]

    def pose(
        self, positions: Mapping[str, float], link: str, base: str | None = None
    ) -> Transform:
        """``base_from_link`` with joints at ``positions`` by name, the others at zero.

        Args:
            positions: [rad or m]; coupled joints follow unless named.
            link: Whose pose.
            base: In whose frame; None: the root link.

        Raises:
            UnknownNameError: No such joint or link.
        """
        return self.kinematics.link_pose(self.kinematics.vector(positions), link, base)


def find_model(name: str = "cloid") -> Path:
    """Path of ``urdf/<name>.urdf.xacro``: in the source tree, else where packages are installed.

    Raises:
        UnknownNameError: No such model in the first folder of models found.
        BadInputError: No folder of models at all.
    """
    folders = model_folders()
    if not folders:
        raise BadInputError(f"no urdf folder: neither in the source tree nor in share/{PACKAGE}")
    for folder in folders:
        if (path := folder / f"{name}{SUFFIX}").is_file():
            return path
    known = {path.name.removesuffix(SUFFIX) for f in folders for path in f.glob(f"*{SUFFIX}")}
    raise UnknownNameError("robot model", name, known)


def model_folders() -> list[Path]:
    """Folders that may hold models, best first; only those that exist."""
    prefixes = [*os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep), sys.prefix]
    candidates = [parent / "urdf" for parent in Path(__file__).resolve().parents[3:5]]
    candidates += [Path(prefix, "share", PACKAGE, "urdf") for prefix in prefixes if prefix]
    return [folder for folder in candidates if folder.is_dir() and any(folder.glob(f"*{SUFFIX}"))]


def load_urdf(path: Path | str, args: Mapping[str, str] | None = None) -> RobotModel:
    """Read a model from a ``.xacro`` or plain URDF file.

    Args:
        path: File.
        args: xacro arguments.

    Raises:
        FileFormatError: xacro or URDF is wrong; names the file, the element and the problem.
    """
    path = Path(path)
    if not path.is_file():
        raise FileFormatError(str(path), "", "no such file")
    text = _expand(path, args or {}) if path.suffix == ".xacro" else path.read_text()
    return parse_urdf(text, str(path), path)


def parse_urdf(
    text: str, source: str = "robot_description", path: Path | None = None
) -> RobotModel:
    """Read a model from URDF text; see :func:`load_urdf`."""
    reader = Reader(text, source)
    links, joints = reader.links(), reader.joints()
    root, ordered = _tree(links, joints, reader)
    _check(links, ordered, reader)
    return RobotModel(
        reader.root.get("name", "robot"),
        text,
        root,
        links,
        {joint.name: joint for joint in ordered},
        reader.extras.sensors,
        path,
    )


def _expand(path: Path, args: Mapping[str, str]) -> str:
    import xacro  # noqa: PLC0415  a plain URDF needs no xacro

    try:
        return str(xacro.process_file(str(path), mappings=dict(args)).toxml())
    except Exception as error:  # xacro raises whatever its expressions raise
        raise FileFormatError(str(path), "xacro", f"{type(error).__name__}: {error}") from error


def _tree(
    links: Mapping[str, Link], joints: Mapping[str, Joint], reader: Reader
) -> tuple[str, list[Joint]]:
    """Root link and joints sorted parents first."""
    children: dict[str, list[Joint]] = {}
    parent_of: dict[str, str] = {}
    for joint in joints.values():
        for end in (joint.parent, joint.child):
            if end not in links:
                raise reader.refuse(
                    f"joint {joint.name!r}", f"no link {end!r}; known: {sorted(links)}"
                )
        if joint.child in parent_of:
            raise reader.refuse(f"link {joint.child!r}", "has two parents")
        parent_of[joint.child] = joint.name
        children.setdefault(joint.parent, []).append(joint)
    roots = [name for name in links if name not in parent_of]
    if len(roots) != 1:
        raise reader.refuse("", f"a tree has one root link, this has {roots}")
    ordered: list[Joint] = []
    stack = list(reversed(children.get(roots[0], [])))
    while stack:
        joint = stack.pop()
        ordered.append(joint)
        stack.extend(reversed(children.get(joint.child, [])))
    return roots[0], ordered


def _check(links: Mapping[str, Link], joints: list[Joint], reader: Reader) -> None:
    """Refuse massless moving parts and couplings to nothing."""
    by_name = {joint.name: joint for joint in joints}
    mass = {name: link.inertial.mass if link.inertial else 0.0 for name, link in links.items()}
    for joint in reversed(joints):
        if joint.moves and mass[joint.child] <= 0.0:
            raise reader.refuse(
                f"link {joint.child!r}",
                f"moves (joint {joint.name!r}) but nothing of it has <inertial>",
            )
        if not joint.moves:
            mass[joint.parent] += mass[joint.child]
        if joint.mimic is None:
            continue
        leader = by_name.get(joint.mimic.joint)
        if leader is None or not leader.moves or leader.mimic is not None:
            raise reader.refuse(
                f"joint {joint.name!r}", f"mimics {joint.mimic.joint!r}, which has no drive"
            )
