"""Rigid motions form a group, and conversions do not lose anything."""

import math

import numpy as np
import pytest
from hearth_core.geometry import Pose2, Transform, interpolate, wrap_angle
from hypothesis import given
from hypothesis import strategies as st

lengths = st.floats(-10.0, 10.0)
angles = st.floats(-math.pi, math.pi)
planar = st.builds(Pose2, lengths, lengths, angles)
spatial = st.builds(
    Transform.from_xyz_rpy,
    st.tuples(lengths, lengths, lengths),
    st.tuples(angles, st.floats(-1.5, 1.5), angles),
)


@given(planar, planar, planar)
def test_planar_motions_form_a_group(a: Pose2, b: Pose2, c: Pose2) -> None:
    left, right = (a @ b) @ c, a @ (b @ c)
    assert left.distance(right) < 1e-9
    assert abs(wrap_angle(left.yaw - right.yaw)) < 1e-9
    undone = a @ a.inverse()
    assert math.hypot(undone.x, undone.y) < 1e-9
    assert abs(undone.yaw) < 1e-9


@given(spatial, spatial)
def test_spatial_motions_form_a_group_and_survive_quaternions(a: Transform, b: Transform) -> None:
    assert (a @ a.inverse()).almost_equal(Transform.identity(), 1e-9)
    assert ((a @ b).inverse()).almost_equal(b.inverse() @ a.inverse(), 1e-9)
    again = Transform.from_xyz_quaternion(a.translation, a.quaternion())
    assert again.almost_equal(a, 1e-9)


@given(planar, planar)
def test_the_plane_embeds_into_space(a: Pose2, b: Pose2) -> None:
    lifted = (a.lift() @ b.lift()).planar()
    assert lifted.distance(a @ b) < 1e-9


@given(spatial, spatial)
def test_interpolation_meets_its_ends_and_keeps_rotations(a: Transform, b: Transform) -> None:
    assert interpolate(a, b, 0.0).almost_equal(a, 1e-7)
    assert interpolate(a, b, 1.0).almost_equal(b, 1e-7)
    middle = interpolate(a, b, 0.4).rotation
    assert np.allclose(middle @ middle.T, np.eye(3), atol=1e-9)


@given(st.floats(-100.0, 100.0))
def test_wrapping_keeps_the_direction(angle: float) -> None:
    wrapped = wrap_angle(angle)
    assert -math.pi <= wrapped < math.pi
    assert math.cos(wrapped) == pytest.approx(math.cos(angle), abs=1e-9)
    assert math.sin(wrapped) == pytest.approx(math.sin(angle), abs=1e-9)


def test_points_move_with_their_frame() -> None:
    quarter = Pose2(1.0, 2.0, math.pi / 2)
    assert quarter.apply(np.array([[1.0, 0.0]])) == pytest.approx(np.array([[1.0, 3.0]]))
    assert quarter.lift(0.5).apply(np.array([1.0, 0.0, 0.0])) == pytest.approx([1.0, 3.0, 0.5])


@pytest.mark.parametrize("bad", [(0.0, 0.0, 0.0, 0.0), (math.nan, 0.0, 0.0, 1.0)])
def test_no_rotation_is_no_identity(bad: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="not a rotation"):
        Transform.from_xyz_quaternion((0.0, 0.0, 0.0), bad)
