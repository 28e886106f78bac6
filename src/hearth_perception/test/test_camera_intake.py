"""What real cameras send: units, sizes, lenses, frames and clocks; or an error that names them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS messages")

from hearth_core.errors import UnknownNameError
from hearth_core.geometry import Transform
from hearth_core.ports import CameraModel
from hearth_nodekit.convert import to_camera_info, to_image
from hearth_perception.camera_intake import CameraIntake, Shot, decode
from hearth_perception.core.view import BadViewError, View
from sensor_msgs.msg import CameraInfo, Image

COLOR = CameraModel(64, 48, 50.0, 50.0, 31.5, 23.5, "rgb_optical")
DEPTH = replace(COLOR, width=32, height=24, fx=25.0, fy=25.0, cx=15.5, cy=11.5, frame="ir_optical")
PICTURE = np.full((48, 64, 3), (10, 20, 30), np.uint8)


def depth_image(camera: CameraModel = COLOR, encoding: str = "16UC1", far: float = 1.5) -> Image:
    kind = np.float32 if encoding == "32FC1" else np.uint16
    value = far if encoding == "32FC1" else round(1000 * far)
    pixels = np.full((camera.height, camera.width), value, kind)
    return to_image(pixels, encoding, camera.frame, 1.0)


def shot(**changes: Any) -> Shot:
    made = Shot(
        1.0,
        to_image(PICTURE, "rgb8", COLOR.frame, 1.0),
        depth_image(),
        to_camera_info(COLOR, 1.0),
        None,
    )
    return replace(made, **changes)


def beside(target: str, source: str) -> Transform:
    if (target, source) != ("rgb_optical", "ir_optical"):
        raise UnknownNameError("frame", source, ["ir_optical"])
    return Transform(np.eye(3), np.array([0.02, 0.0, 0.0]))


def view_of(given: Shot, between: Callable[[str, str], Transform] = beside) -> View:
    return decode(given, "head_camera", Transform.identity(), between)


@pytest.mark.parametrize("encoding", ["16UC1", "mono16", "32FC1"])
def test_depth_comes_in_metres_whatever_it_was_sent_in(encoding: str) -> None:
    assert np.allclose(view_of(shot(depth=depth_image(encoding=encoding))).depth, 1.5)


@pytest.mark.parametrize("encoding", ["rgb8", "bgr8", "rgba8", "bgra8"])
def test_colours_come_as_rgb(encoding: str) -> None:
    pixels = PICTURE[..., ::-1] if encoding.startswith("bgr") else PICTURE
    if encoding.endswith("a8"):
        pixels = np.dstack([pixels, np.full((48, 64), 255, np.uint8)])
    message = to_image(np.ascontiguousarray(pixels), encoding, COLOR.frame, 1.0)
    assert np.array_equal(view_of(shot(color=message)).color, PICTURE)


def test_depth_of_another_size_and_frame_is_put_on_the_colours_pixels() -> None:
    given = shot(depth=depth_image(DEPTH), depth_info=to_camera_info(DEPTH, 1.0))
    seen = view_of(given)
    assert seen.depth.shape == (48, 64)
    assert np.allclose(seen.depth[10:38, 10:54], 1.5)


def test_depth_of_another_frame_but_the_same_pixels_is_taken_as_registered() -> None:
    twin = replace(COLOR, frame="depth_optical")
    given = shot(depth=depth_image(twin), depth_info=to_camera_info(twin, 1.0))
    assert np.allclose(view_of(given).depth, 1.5)


def test_a_lens_is_undone_and_gone_from_the_intrinsics() -> None:
    bent = replace(COLOR, distortion=(-0.3, 0.1, 0.0, 0.0, 0.0))
    seen = view_of(shot(info=to_camera_info(bent, 1.0)))
    assert seen.camera.distortion == ()
    assert np.array_equal(seen.color[24, 32], (10, 20, 30))


def _fisheye() -> CameraInfo:
    info = to_camera_info(replace(COLOR, distortion=(0.1, 0.0, 0.0, 0.0)), 1.0)
    info.distortion_model = "equidistant"
    return info


def _short() -> Image:
    message = depth_image()
    message.data = message.data[:-3]
    return message


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"color": to_image(PICTURE[..., 0].copy(), "mono8", "rgb_optical", 1.0)},
            "'mono8'.*rgb8",
        ),
        ({"depth": depth_image(DEPTH)}, r"depth/image_raw is \(24, 32\).*\(48, 64\)"),
        (
            {
                "depth": depth_image(replace(DEPTH, frame="elsewhere")),
                "depth_info": to_camera_info(replace(DEPTH, frame="elsewhere"), 1.0),
            },
            "depth/image_raw is in frame 'elsewhere', colour in 'rgb_optical'",
        ),
        ({"info": to_camera_info(replace(COLOR, frame="other"), 1.0)}, "'rgb_optical'.*'other'"),
        ({"info": to_camera_info(replace(COLOR, fx=0.0), 1.0)}, "K is not calibrated"),
        ({"info": to_camera_info(replace(COLOR, width=32), 1.0)}, "camera info of rgb_optical"),
        ({"info": _fisheye()}, "'equidistant'.*plumb_bob"),
        ({"depth": _short()}, "says 48 x 64 16UC1 in rows of 128 bytes but carries 6141"),
    ],
    ids=["grey", "no depth info", "no transform", "frames", "uncalibrated", "size", "lens", "cut"],
)
def test_what_cannot_be_used_is_named_with_what_was_expected(
    changes: dict[str, Any], expected: str
) -> None:
    with pytest.raises(BadViewError, match=f"^head_camera: .*{expected}"):
        view_of(shot(**changes))


def test_padded_rows_and_the_other_byte_order_are_read() -> None:
    plain = depth_image()
    padded = depth_image()
    rows = np.frombuffer(plain.data, np.uint8).reshape(48, 128)
    padded.step = 144
    padded.data = np.pad(rows, ((0, 0), (0, 16))).tobytes()
    swapped = depth_image()
    swapped.is_bigendian = 1
    swapped.data = np.frombuffer(plain.data, "<u2").astype(">u2").tobytes()
    for message in (padded, swapped):
        assert np.allclose(view_of(shot(depth=message)).depth, 1.5)


def test_cameras_that_do_not_wait_for_each_other_are_paired_with_the_nearest() -> None:
    heard: dict[str, Callable[[Any], None]] = {}
    node = SimpleNamespace(
        create_subscription=lambda _t, name, callback, _q: heard.setdefault(name, callback),
        destroy_subscription=lambda _s: True,
    )
    shots: list[Shot] = []
    intake = CameraIntake(node, "head_camera", shots.append)  # type: ignore[arg-type]
    intake.set_open(True, 0.0)
    heard["head_camera/color/camera_info"](to_camera_info(COLOR, 0.0))
    rng = np.random.default_rng(0)
    for k in range(6):
        at = 1.0 + k / 30.0
        picture = rng.integers(0, 255, PICTURE.shape, np.uint8)
        heard["head_camera/color/image_raw"](to_image(picture, "rgb8", COLOR.frame, at))
        depth = np.full((48, 64), 1000 + k, np.uint16)
        heard["head_camera/depth/image_raw"](to_image(depth, "16UC1", COLOR.frame, at + 0.016))
    assert [round(float(view_of(s).depth[0, 0]), 3) for s in shots] == [
        1.0, 1.001, 1.002, 1.003, 1.004, 1.005,
    ]  # fmt: skip
