"""Lenses are undone, and depth of another camera lands on the colour's pixels."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hearth_core.geometry import Transform
from hearth_core.ports import CameraModel
from hearth_perception.core.rectify import (
    check_lens,
    rectify_color,
    rectify_depth,
    register,
    undistorted,
)
from hearth_perception.core.view import BadViewError

COLOR = CameraModel(640, 480, 520.0, 525.0, 318.0, 243.0, "color_optical")
LENS = (-0.28, 0.09, 0.001, -0.0005, 0.0)


def test_a_straight_lens_costs_nothing() -> None:
    picture = np.zeros((480, 640, 3), np.uint8)
    assert rectify_color(picture, COLOR) is picture
    assert rectify_color(picture, replace(COLOR, distortion=(0.0,) * 5)) is picture


def test_what_a_lens_bends_is_put_where_a_pinhole_sees_it() -> None:
    bent = replace(COLOR, distortion=LENS)
    matrix = np.array([[520.0, 0, 318.0], [0, 525.0, 243.0], [0, 0, 1.0]])
    for point in ((0.35, 0.25, 1.0), (-0.4, -0.3, 1.0), (0.0, 0.3, 1.0)):
        drawn = cv2.projectPoints(
            np.array([point]), np.zeros(3), np.zeros(3), matrix, np.array(LENS)
        )[0].ravel()
        picture = np.zeros((480, 640, 3), np.uint8)
        depth = np.zeros((480, 640), np.float32)
        u, v = np.rint(drawn).astype(int)
        picture[v - 2 : v + 3, u - 2 : u + 3] = 255
        depth[v - 2 : v + 3, u - 2 : u + 3] = 1.5
        straight = (520.0 * point[0] + 318.0, 525.0 * point[1] + 243.0)
        assert np.hypot(straight[0] - drawn[0], straight[1] - drawn[1]) > 3.0
        for seen in (rectify_color(picture, bent)[..., 0], rectify_depth(depth, bent)):
            rows, columns = np.nonzero(seen)
            assert abs(columns.mean() - straight[0]) < 1.0
            assert abs(rows.mean() - straight[1]) < 1.0
        assert set(np.unique(rectify_depth(depth, bent))) == {0.0, 1.5}
    assert undistorted(bent).distortion == ()


def test_fisheyes_and_broken_coefficients_are_refused_by_name() -> None:
    check_lens("plumb_bob", replace(COLOR, distortion=LENS))
    with pytest.raises(BadViewError, match=r"color_optical.*equidistant.*plumb_bob"):
        check_lens("equidistant", replace(COLOR, distortion=LENS[:4]))
    with pytest.raises(BadViewError, match="nan"):
        check_lens("plumb_bob", replace(COLOR, distortion=(float("nan"),)))


def test_depth_of_another_size_and_place_lands_on_the_colour() -> None:
    """A plane with a nearer patch, seen by a coarser camera 5 cm beside."""
    small = CameraModel(320, 240, 230.0, 230.0, 160.0, 120.0, "depth_optical")
    depth = np.full((240, 320), 2.0, np.float32)
    depth[100:140, 150:200] = 1.0
    beside = Transform(np.eye(3), np.array([0.05, 0.0, 0.0]))
    seen = register(depth, small, COLOR, beside)
    assert seen.shape == (480, 640)
    # The patch's middle: x = (174.5 - 160) / 230 at 1 m, 5 cm to the right for the colour.
    u = round(520.0 * ((174.5 - 160.0) / 230.0 + 0.05) + 318.0)
    v = round(525.0 * (119.5 - 120.0) / 230.0 + 243.0)
    assert np.allclose(seen[v - 15 : v + 16, u - 15 : u + 16], 1.0)
    assert np.allclose(seen[60:100, 200:300], 2.0)
    assert (seen[150:330, 100:500] > 0.0).mean() > 0.9
    with pytest.raises(BadViewError, match="depth camera info of depth_optical"):
        register(depth[:100], small, COLOR, beside)
