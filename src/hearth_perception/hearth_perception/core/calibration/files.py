"""What a calibration writes and what it can be repeated from.

*Mounts* (``calibration.yaml``) are origins of fixed joints of the robot's description, read by
``hearth_description/robot_state_publisher`` (parameter ``calibration``)::

    joints:
      head_camera_joint: {xyz: [0.06, 0.0, 0.05], rpy: [0.0, 0.15, 0.0]}

*Intrinsics* are written as ROS's camera drivers read them (``camera_info_url``).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from hearth_core.errors import FileFormatError
from hearth_core.geometry import Transform
from hearth_core.ports import CameraModel


def write_mount(file: Path, joint: str, origin: Transform) -> None:
    """Put one joint into a file of mounts; the others in it stay.

    Raises:
        FileFormatError: The file exists and is none.
    """
    joints: dict[str, Any] = {}
    if file.is_file():
        joints = dict(_mapping(file, "joints"))
    joints[joint] = {
        "xyz": [round(float(v), 6) for v in origin.translation],
        "rpy": [round(float(v), 6) for v in origin.rpy()],
    }
    text = "# Written by ./hearth calibrate: origins of fixed joints [m, rad].\n"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(
        text + yaml.safe_dump({"joints": joints}, default_flow_style=None), encoding="utf-8"
    )


def write_camera(file: Path, name: str, camera: CameraModel) -> None:
    """Intrinsics in the form ROS's camera drivers read."""

    def matrix(rows: int, columns: int, data: list[float]) -> dict[str, Any]:
        return {"rows": rows, "cols": columns, "data": [round(float(v), 8) for v in data]}

    c = camera
    k = [c.fx, 0.0, c.cx, 0.0, c.fy, c.cy, 0.0, 0.0, 1.0]
    content = {
        "image_width": c.width,
        "image_height": c.height,
        "camera_name": name,
        "camera_matrix": matrix(3, 3, k),
        "distortion_model": "plumb_bob",
        "distortion_coefficients": matrix(1, 5, [*c.distortion, *[0.0] * 5][:5]),
        "rectification_matrix": matrix(3, 3, [1, 0, 0, 0, 1, 0, 0, 0, 1]),
        "projection_matrix": matrix(3, 4, [*k[:3], 0, *k[3:6], 0, *k[6:], 0]),
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(
        yaml.safe_dump(content, sort_keys=False, default_flow_style=None), encoding="utf-8"
    )


def read_camera(file: Path, frame: str) -> CameraModel:
    """Intrinsics of a file as :func:`write_camera` and ROS's own calibrator write it.

    Raises:
        FileFormatError: Names what is missing or wrong.
    """
    content = _content(file)
    try:
        k = [float(v) for v in content["camera_matrix"]["data"]]
        lens = [float(v) for v in content["distortion_coefficients"]["data"]]
        width, height = int(content["image_width"]), int(content["image_height"])
    except (KeyError, TypeError, ValueError) as error:
        raise FileFormatError(
            str(file), "", f"no camera calibration ({type(error).__name__}: {error})"
        ) from error
    if len(k) != 9 or not (k[0] > 0 and k[4] > 0):
        raise FileFormatError(str(file), "camera_matrix.data", f"{k}; expected 9 numbers, fx > 0")
    return CameraModel(width, height, k[0], k[4], k[2], k[5], frame, tuple(lens))


def read_positions(file: Path) -> dict[str, dict[str, float]]:
    """Joint positions by picture: ``0001.png: {joint: rad}``.

    Raises:
        FileFormatError: Not of that form.
    """
    result = {}
    for picture, joints in _content(file).items():
        if not isinstance(joints, Mapping) or not all(
            isinstance(v, int | float) for v in joints.values()
        ):
            raise FileFormatError(str(file), str(picture), "expected {joint: position, ...}")
        result[str(picture)] = {str(k): float(v) for k, v in joints.items()}
    return result


def write_positions(file: Path, positions: Mapping[str, Mapping[str, float]]) -> None:
    """See :func:`read_positions`."""
    plain = {
        picture: {joint: round(float(value), 6) for joint, value in joints.items()}
        for picture, joints in positions.items()
    }
    file.write_text(yaml.safe_dump(plain, default_flow_style=None), encoding="utf-8")


def _mapping(file: Path, key: str) -> Mapping[str, Any]:
    content = _content(file)
    value = content.get(key, {})
    if set(content) - {key} or not isinstance(value, Mapping):
        raise FileFormatError(str(file), "", f"keys {sorted(content)}; expected {key!r} only")
    return value


def _content(file: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise FileFormatError(str(file), "", f"cannot be read: {error}") from error
    if not isinstance(content, dict):
        raise FileFormatError(str(file), "", "expected a mapping")
    return content
