"""One calibration each: which topics it reads, what it makes of them, what it writes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
from hearth_core.errors import BadInputError
from hearth_core.frames import BASE_FOOTPRINT
from hearth_core.ports import CameraModel
from hearth_description.core.model import RobotModel, parse_urdf
from hearth_nodekit.convert import from_camera_info, from_image, from_pose, from_time
from hearth_nodekit.topic import Topic
from hearth_nodekit.topics import (
    JOINT_STATES,
    ODOM,
    ROBOT_DESCRIPTION,
    SCAN,
    camera_color,
    camera_info,
)

from hearth_perception.core.calibration.boards import BoardCollector
from hearth_perception.core.calibration.files import write_camera, write_mount, write_positions
from hearth_perception.core.calibration.mounts import mount_of
from hearth_perception.core.calibration.tags import Tag, TagCollector
from hearth_perception.core.calibration.walls import Scan, WallCollector
from hearth_perception.core.view import Color

Handlers = list[tuple[Topic, Callable[[Any], None]]]
Say = Callable[[str], None]


class Session(Protocol):
    """One calibration."""

    @property
    def handlers(self) -> Handlers:
        """Topics it reads, relative to the robot, each with what takes a message."""

    @property
    def full(self) -> bool:
        """Whether more data would help little."""

    def conclude(self, out: Path) -> str:
        """Write ``out`` and return the report.

        Raises:
            BadInputError: The data do not allow a result; says what is missing.
        """


@dataclass
class Keeper:
    """Saves the pictures that were used, so that a calibration can be repeated."""

    folder: Path | None
    say: Say
    seen: Counter[str] = field(default_factory=Counter)
    positions: dict[str, dict[str, float]] = field(default_factory=dict)

    def took(
        self, what: str, color: Color | None = None, positions: dict[str, float] | None = None
    ) -> None:
        """Note what became of a picture."""
        self.seen[what] += 1
        if what != "taken":
            return
        count = self.seen[what]
        self.say(f"{count} taken ({', '.join(f'{n} {w}' for w, n in self.seen.items())})")
        if self.folder is None or color is None:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        name = f"{count:04d}.png"
        cv2.imwrite(str(self.folder / name), color[:, :, ::-1])
        if positions is not None:
            self.positions[name] = positions
            write_positions(self.folder / "joints.yaml", self.positions)


def rgb(message: Any) -> Color:
    """Colour image of a message as RGB."""
    if message.encoding == "mono8":
        return np.repeat(from_image(message, "mono8")[..., None], 3, axis=2)
    pixels = from_image(message, "rgb8", "bgr8")
    return np.ascontiguousarray(pixels if message.encoding == "rgb8" else pixels[:, :, ::-1])


class BoardSession:
    """Intrinsics of a camera from a chessboard."""

    def __init__(self, camera: str, collector: BoardCollector, keeper: Keeper) -> None:
        self.camera, self.collector, self._keeper = camera, collector, keeper

    @property
    def handlers(self) -> Handlers:
        """Colour images."""
        return [(camera_color(self.camera), self._on_image)]

    @property
    def full(self) -> bool:
        """Enough pictures."""
        return self.collector.full

    def _on_image(self, message: Any) -> None:
        color = rgb(message)
        self.collector.frame = message.header.frame_id
        self._keeper.took(self.collector.picture(color), color)

    def conclude(self, out: Path) -> str:
        """Write the camera's file."""
        found = self.collector.result()
        write_camera(out, self.camera, found.camera)
        return f"pictures: {self.collector.pictures}\n{found.report()}"


class TagSession:
    """Where a camera sits, from a tag and the joints."""

    def __init__(
        self, camera: str, frame: str, tag: Tag, model: RobotModel | None, keeper: Keeper
    ) -> None:
        self.camera, self._frame, self._tag, self._keeper = camera, frame, tag, keeper
        self.intrinsics: CameraModel | None = None
        self.collector: TagCollector | None = None
        self._pictures = 0
        if model is not None:
            self.take_model(model)

    @property
    def handlers(self) -> Handlers:
        """Description, joints, images and their calibration."""
        return [
            (ROBOT_DESCRIPTION, self._on_description),
            (JOINT_STATES, self._on_joints),
            (camera_info(self.camera), self._on_info),
            (camera_color(self.camera), self._on_image),
        ]

    @property
    def full(self) -> bool:
        """Enough poses."""
        return self.collector is not None and self.collector.full

    def take_model(self, model: RobotModel) -> None:
        """Use this description."""
        self.collector = TagCollector(model, self._tag, self._frame)

    def _on_description(self, message: Any) -> None:
        if self.collector is None:
            self.take_model(parse_urdf(message.data))

    def _on_joints(self, message: Any) -> None:
        if self.collector is not None:
            positions = dict(zip(message.name, message.position, strict=False))
            self.collector.positions(from_time(message.header.stamp), positions)

    def _on_info(self, message: Any) -> None:
        self.intrinsics = from_camera_info(message)

    def _on_image(self, message: Any) -> None:
        self._pictures += 1
        if self.collector is None or self.intrinsics is None:
            return
        color = rgb(message)
        what = self.collector.picture(from_time(message.header.stamp), color, self.intrinsics)
        self._keeper.took(what, color, dict(self.collector.last))

    def conclude(self, out: Path) -> str:
        """Put the camera's joint into the file of mounts."""
        if self.collector is None:
            raise BadInputError(
                f"no robot_description came ({self._pictures} pictures); give --urdf FILE"
            )
        if self.intrinsics is None:
            raise BadInputError(f"no {camera_info(self.camera).name} came: calibrate it first")
        found = self.collector.result()
        mount = self.collector.mount
        write_mount(out, mount.joint, mount.origin(found.mount_from_camera))
        tag = self._tag
        head = (
            f"pictures: {self.collector.pictures}, tag {tag.family}:{tag.number} "
            f"({1e3 * tag.size:.0f} mm) on {tag.carrier}\n"
            f"{mount.frame} on {mount.link}; corrected: {mount.joint}"
        )
        return f"{head}\n{found.report(mount.nominal)}"


class WallSession:
    """Where the lidar sits, from a straight wall."""

    def __init__(self, model: RobotModel | None, say: Say) -> None:
        self._model, self._say = model, say
        self.collector: WallCollector | None = None
        self._frame = ""
        self._scans = 0

    @property
    def handlers(self) -> Handlers:
        """Description, odometry, scans."""
        return [
            (ROBOT_DESCRIPTION, self._on_description),
            (ODOM, self._on_odom),
            (SCAN, self._on_scan),
        ]

    @property
    def full(self) -> bool:
        """Enough scans."""
        return self.collector is not None and len(self.collector.walls) >= 120

    def _on_description(self, message: Any) -> None:
        if self._model is None:
            self._model = parse_urdf(message.data)

    def _on_odom(self, message: Any) -> None:
        if self.collector is not None:
            before = len(self.collector.walls)
            pose = from_pose(message.pose.pose).planar()
            self.collector.odometry(from_time(message.header.stamp), pose)
            count = len(self.collector.walls)
            if count > before and count % 5 == 0:
                self._say(f"{count} scans of the wall taken")

    def _on_scan(self, message: Any) -> None:
        self._scans += 1
        if self._model is None:
            return
        if self.collector is None:
            self._frame = message.header.frame_id
            nominal = self._model.pose({}, self._frame, BASE_FOOTPRINT).planar()
            limits = (float(message.range_min), float(message.range_max))
            self.collector = WallCollector(nominal, limits)
        ranges = np.asarray(message.ranges, float)
        angles = message.angle_min + message.angle_increment * np.arange(len(ranges))
        stamp = from_time(message.header.stamp)
        self.collector.scan(Scan(stamp, angles, ranges, float(message.time_increment)))

    def conclude(self, out: Path) -> str:
        """Put the lidar's joint into the file of mounts."""
        if self.collector is None or self._model is None:
            missing = "robot_description (or give --urdf FILE)" if self._scans else "scan"
            raise BadInputError(f"no {missing} came")
        found = self.collector.result()
        mount = mount_of(self._model, self._frame)
        flat, nominal = found.base_from_lidar, self.collector.nominal
        step = (flat @ nominal.inverse()).lift()
        # The lidar may hang on a link that is not the base's root: move it where it is.
        root_from_link = self._model.pose({}, mount.link)
        moved = root_from_link.inverse() @ step @ root_from_link @ mount.nominal
        write_mount(out, mount.joint, mount.origin(moved))
        head = f"{self._frame} on {mount.link}; corrected: {mount.joint}"
        return f"scans: {self._scans}\n{head}\n{found.report(nominal)}"
