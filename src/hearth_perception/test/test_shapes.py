"""Bodies fitted to one view: sizes, poses, and honesty about unseen sides."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hearth_perception.core.clusters import segment
from hearth_perception.core.depth import make_cloud
from hearth_perception.core.geometric import fit_cluster, full_mask
from hearth_perception.core.shapes import Fits, Kind, with_size
from made_up import Box, Cylinder, look, make_view

TABLE = Box((0.0, 0.0, 0.0), (0.9, 1.2, 0.7), colour=(120, 90, 60))
EYE = (1.1, 0.1, 1.3)


def fit(
    *bodies: Box | Cylinder, seed: int = 0, eye: tuple[float, float, float] = EYE
) -> list[Fits]:
    view = make_view([TABLE, *bodies], look(eye, (0.0, 0.0, 0.8)), seed=seed)
    segmentation = segment(make_cloud(view, stride=1), [])
    found = []
    for cluster in segmentation.clusters:
        box, mask = full_mask(cluster, 1, view.depth.shape)
        fits = fit_cluster(view, segmentation, cluster, box, mask)
        if fits is not None:
            found.append(fits)
    return found


@pytest.mark.parametrize("yaw", [0.0, 0.3, 0.7, -0.5])
def test_a_carton_is_measured_whatever_its_yaw(yaw: float) -> None:
    (found,) = fit(Box((0.1, 0.05, 0.7), (0.07, 0.07, 0.20), yaw))
    body = with_size(found.box, np.array([0.07, 0.07, 0.20]))
    assert np.linalg.norm(body.middle - [0.1, 0.05, 0.8]) < 0.010
    assert np.abs(body.size - [0.07, 0.07, 0.20]).max() < 0.008
    turn = (body.yaw - yaw + math.pi / 4) % (math.pi / 2) - math.pi / 4
    assert abs(turn) < math.radians(8.0)


@pytest.mark.parametrize("radius", [0.033, 0.05])
def test_a_can_is_round(radius: float) -> None:
    (found,) = fit(Cylinder((0.1, -0.1, 0.7), radius, 0.12))
    assert found.best.kind is Kind.CYLINDER
    assert np.linalg.norm(found.cylinder.middle - [0.1, -0.1, 0.76]) < 0.010
    assert abs(found.cylinder.size[0] - 2 * radius) < 0.008


@pytest.mark.parametrize("direction", [1.0, -1.0])
def test_a_mug_is_as_wide_as_its_trunk(direction: float) -> None:
    handle = Box((0.1, -0.1 + direction * 0.053, 0.725), (0.011, 0.028, 0.05))
    (found,) = fit(Cylinder((0.1, -0.1, 0.7), 0.04, 0.095), handle)
    assert found.cylinder.size[0] > 0.09  # what is seen in all, by which mugs are known
    assert abs(found.trunk.size[0] - 0.08) < 0.008
    assert np.linalg.norm(found.trunk.middle[:2] - [0.1, -0.1]) < 0.008


def test_a_can_has_no_handle() -> None:
    (found,) = fit(Cylinder((0.1, -0.1, 0.7), 0.035, 0.12))
    assert found.trunk.size == pytest.approx(found.cylinder.size)


@pytest.mark.parametrize("yaw", [0.5, -0.4])
def test_a_cap_does_not_move_a_bottles_faces(yaw: float) -> None:
    trunk = Box((0.1, 0.0, 0.7), (0.13, 0.08, 0.18), yaw)
    (found,) = fit(trunk, Cylinder((0.1, 0.0, 0.88), 0.024, 0.045))
    assert np.linalg.norm(found.box.middle[:2] - [0.1, 0.0]) < 0.010
    assert sorted(found.box.size[:2]) == pytest.approx([0.08, 0.13], abs=0.013)


def test_a_box_is_not_round() -> None:
    (found,) = fit(Box((0.1, 0.0, 0.7), (0.06, 0.14, 0.17), 0.5))
    assert found.best.kind is Kind.BOX
    assert found.roundness < -0.3


def test_two_things_apart_are_two() -> None:
    assert (
        len(fit(Cylinder((0.1, -0.1, 0.7), 0.035, 0.12), Box((0.1, 0.1, 0.7), (0.07, 0.07, 0.2))))
        == 2
    )


def test_a_side_that_was_not_seen_is_uncertain() -> None:
    """From the height of its middle, squarely before it, only the front of a box is seen."""
    low = (1.1, 0.0, 0.82)
    view = make_view([Box((0.0, 0.0, 0.7), (0.10, 0.15, 0.20))], look(low, (0.0, 0.0, 0.8)))
    cloud = make_cloud(view, stride=1)
    from hearth_perception.core.shapes import fit_upright

    on = cloud.valid & (cloud.points[..., 2] > 0.705) & (cloud.points[..., 0] > -0.2)
    found = fit_upright(
        cloud.points[on].astype(float), cloud.normals[on].astype(float), 0.7, view.origin, 0.004
    )
    assert found is not None
    order = np.argsort(found.box.sigma[:2])
    assert found.box.sigma[order[1]] > 0.02
    assert found.box.sigma[order[0]] < 0.01
    known = with_size(found.box, np.array([0.10, 0.15, 0.20]))
    assert abs(known.middle[0]) < 0.012  # the class says how deep it is, so it grows away
    assert np.abs(known.covariance()).max() < 0.03**2


def test_growing_a_body_leaves_its_seen_faces_where_they_are() -> None:
    (found,) = fit(Box((0.1, 0.0, 0.7), (0.07, 0.07, 0.20), 0.0))
    small, large = (with_size(found.box, np.array([s, s, 0.2]), spread=1e-6) for s in (0.06, 0.10))
    front = [body.middle[0] + body.size[0] / 2 for body in (small, large)]
    assert abs(front[0] - front[1]) < 0.003


def test_covariance_is_larger_along_the_ray() -> None:
    (found,) = fit(Cylinder((0.1, 0.0, 0.7), 0.04, 0.12))
    covariance = found.cylinder.covariance()
    assert np.allclose(covariance, covariance.T)
    assert np.linalg.eigvalsh(covariance).min() > 0.0
    assert covariance[0, 0] >= covariance[1, 1]
