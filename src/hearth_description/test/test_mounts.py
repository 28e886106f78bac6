"""Measured mounts go into the description, and only where they belong."""

from __future__ import annotations

from pathlib import Path

import pytest
from hearth_core.errors import FileFormatError, UnknownNameError
from hearth_core.geometry import Transform
from hearth_description.core.model import find_model, load_urdf, parse_urdf
from hearth_description.core.mounts import read_mounts, remount
from hearth_description.robot_state_publisher_node import Config, _load

JOINT = "head_camera_link_joint"


def test_a_mount_moves_its_sensor_and_nothing_else() -> None:
    model = load_urdf(find_model())
    origin = Transform.from_xyz_rpy((0.1, -0.02, 0.03), (0.01, 0.2, -0.03))
    moved = parse_urdf(remount(model.urdf, {JOINT: origin}))
    assert moved.pose({}, "head_camera_link", "head_link").almost_equal(origin, 1e-5)
    for link in set(model.links) - {
        "head_camera_link",
        "head_camera_color_optical_frame",
        "head_camera_depth_optical_frame",
    }:
        assert moved.pose({}, link).almost_equal(model.pose({}, link), 1e-9), link
    with pytest.raises(UnknownNameError, match="lidar_link_joint"):
        remount(model.urdf, {"elbow": origin})


def test_the_publisher_takes_a_calibration_file(tmp_path: Path) -> None:
    file = tmp_path / "calibration.yaml"
    file.write_text("joints:\n  lidar_link_joint: {xyz: [-0.09, 0.01, 0.25], rpy: [0, 0, 0.02]}\n")
    model = _load(Config(calibration=str(file)))
    assert model.pose({}, "lidar_link").planar().yaw == pytest.approx(0.02, abs=1e-6)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, "cannot be read"),
        ("joints: {elbow: {xyz: [0, 0, 0], rpy: [0, 0, 0]}}", "lidar_link"),
    ],
)
def test_a_calibration_that_does_not_fit_is_named_with_what_would(
    tmp_path: Path, text: str | None, expected: str
) -> None:
    file = tmp_path / "calibration.yaml"
    if text is not None:
        file.write_text(text)
    with pytest.raises(FileFormatError, match=expected) as caught:
        _load(Config(calibration=str(file)))
    assert str(file) in str(caught.value)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("frames: {}", "expected one key, 'joints'"),
        ("joints: {a: {xyz: [1, 2], rpy: [0, 0, 0]}}", "three numbers each"),
        ("joints: {a: {xyz: [1, 2, 3]}}", "expected xyz and rpy"),
        ("joints: [", "cannot be read"),
    ],
)
def test_files_that_say_something_else_are_refused(
    tmp_path: Path, text: str, problem: str
) -> None:
    file = tmp_path / "calibration.yaml"
    file.write_text(text)
    with pytest.raises(FileFormatError, match=problem):
        read_mounts(file)
