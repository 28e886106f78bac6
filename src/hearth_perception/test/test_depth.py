"""Depth images to points: planes stay planes, holes stay holes, bad input is named."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hearth_core.geometry import Transform
from hearth_perception.core.depth import make_cloud
from hearth_perception.core.view import BadViewError, View, project
from made_up import CAMERA, Box, look, make_view

POSE = look((1.2, 0.1, 1.3), (0.0, 0.0, 0.2))


def test_floor_is_level_and_at_zero() -> None:
    cloud = make_cloud(make_view([], POSE))
    z = cloud.points[..., 2][cloud.valid]
    assert abs(float(np.median(z))) < 0.002
    known = np.abs(cloud.normals).sum(axis=-1) > 0.5
    assert known.mean() > 0.7
    assert np.median(cloud.normals[known][:, 2]) > 0.995


def test_normals_look_back_at_the_camera() -> None:
    view = make_view([Box((0, 0, 0), (0.3, 0.3, 0.5), 0.4)], POSE)
    cloud = make_cloud(view)
    known = np.abs(cloud.normals).sum(axis=-1) > 0.5
    rays = cloud.points[known] - view.origin
    assert ((rays * cloud.normals[known]).sum(axis=1) < 0.0).all()


def test_area_of_a_box_face_does_not_depend_on_the_angle_it_is_seen_at() -> None:
    areas = []
    for yaw in (0.0, 0.5, 0.9):
        view = make_view(
            [Box((0, 0, 0), (0.001, 0.4, 0.5), yaw)], look((1.3, 0, 0.3), (0, 0, 0.25))
        )
        cloud = make_cloud(view)
        face = cloud.valid & (np.abs(cloud.normals[..., 2]) < 0.3)
        areas.append(float(cloud.area[face].sum()))
    assert max(areas) / min(areas) < 1.25


def test_mixed_pixels_between_near_and_far_are_dropped() -> None:
    view = make_view([Box((0, 0, 0), (0.2, 0.2, 0.5))], POSE, noise=0.0)
    depth = view.depth.copy()
    column = int(np.argmax(np.abs(np.diff(depth[120])) > 0.2))  # last one left of the box
    rows = slice(118, 122)
    assert (np.abs(depth[rows, column] - depth[rows, column + 1]) > 0.2).all()
    depth[rows, column] = (depth[rows, column - 1] + depth[rows, column + 1]) / 2
    cloud = make_cloud(replace(view, depth=depth), stride=1)
    assert not cloud.valid[rows, column].any()
    assert cloud.valid[rows, column - 3].all()
    assert cloud.valid[rows, column + 3].all()


def test_holes_nan_and_far_things_are_no_points() -> None:
    view = make_view([], POSE)
    depth = view.depth.copy()
    depth[:60] = np.nan
    depth[60:120] = 0.0
    depth[120:150] = 50.0
    cloud = make_cloud(replace(view, depth=depth))
    assert not cloud.valid[:75].any()
    assert np.isfinite(cloud.points[cloud.valid]).all()


@pytest.mark.parametrize("value", [0.0, np.nan, np.inf])
def test_an_empty_cloud_is_an_error_that_names_the_frame(value: float) -> None:
    view = make_view([], POSE)
    with pytest.raises(BadViewError, match=r"empty cloud.*optical"):
        make_cloud(replace(view, depth=np.full_like(view.depth, value)))


def test_images_that_do_not_fit_their_calibration_are_refused() -> None:
    view = make_view([], POSE)
    with pytest.raises(BadViewError, match=r"depth image is float32 \(120, 160\).*optical"):
        replace(view, depth=view.depth[::2, ::2].copy())
    with pytest.raises(BadViewError, match="depth image is uint16"):
        replace(view, depth=(view.depth * 1000).astype(np.uint16))
    with pytest.raises(BadViewError, match="colour image"):
        replace(view, color=view.color[..., :2])
    with pytest.raises(BadViewError, match="focal lengths"):
        replace(view, camera=replace(CAMERA, fx=0.0))
    with pytest.raises(BadViewError, match="not finite"):
        replace(view, map_from_camera=Transform(np.eye(3), np.array([np.nan, 0, 0])))


def test_projection_undoes_deprojection() -> None:
    view: View = make_view([], POSE, noise=0.0)
    cloud = make_cloud(view, stride=1)
    rows, cols = np.nonzero(cloud.valid)
    pixels, depth = project(CAMERA, POSE.inverse(), cloud.points[rows, cols])
    assert np.abs(pixels - np.stack([cols, rows], axis=1)).max() < 0.02
    assert np.abs(depth - cloud.depth[rows, cols]).max() < 1e-4
