"""The shipped classifier, its file, and the back ends of the detector port."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hearth_core.errors import FileFormatError
from hearth_core.geometry import Pose2
from hearth_core.home.catalogue import OBJECT_KINDS
from hearth_perception.core.clusters import segment
from hearth_perception.core.depth import make_cloud
from hearth_perception.core.detector import Detection, Detector
from hearth_perception.core.features import NAMES
from hearth_perception.core.geometric import CatalogueNamer, ClusterDetector
from hearth_perception.core.household import MODEL, household_detector
from hearth_perception.core.network import Network, load_network
from hearth_perception.core.places import Shelf
from made_up import Box, Cylinder, look, make_view

TABLE = Box((0.0, 0.0, 0.0), (0.9, 1.2, 0.7), colour=(140, 120, 100))
SHELF = Shelf("table", "top", 0.7, Pose2(), (0.9, 1.2), only=True)


def detect(detector: Detector, *bodies: Box | Cylinder) -> list[Detection]:
    view = make_view([TABLE, *bodies], look((1.0, 0.1, 1.3), (0.0, 0.0, 0.75)))
    return detector.detect(view, segment(make_cloud(view, stride=1), [SHELF]))


@pytest.mark.parametrize("make", [household_detector, lambda: ClusterDetector(CatalogueNamer())])
def test_scores_are_probabilities_of_known_classes(make: object) -> None:
    detector: Detector = make()  # type: ignore[operator]
    assert set(detector.labels) <= set(OBJECT_KINDS)
    found = detect(detector, Cylinder((0.1, -0.1, 0.7), 0.033, 0.115, (190, 30, 30)))
    assert len(found) == 1
    scores = found[0].scores
    assert set(scores) <= set(detector.labels)
    assert all(0.0 <= p <= 1.0 for p in scores.values())
    assert sum(scores.values()) <= 1.0 + 1e-6


def test_a_round_red_thing_is_no_carton_and_a_tall_white_box_is_no_can() -> None:
    can = detect(household_detector(), Cylinder((0.1, -0.1, 0.7), 0.033, 0.115, (190, 30, 30)))
    assert can[0].scores.get("milk_carton", 0.0) < 0.1
    carton = detect(
        household_detector(), Box((0.1, 0.1, 0.7), (0.07, 0.07, 0.2), 0.4, (230, 230, 228))
    )
    assert carton[0].scores.get("can", 0.0) < 0.1


def test_the_model_card_lies_beside_the_model_and_both_are_small() -> None:
    card = MODEL.with_suffix(".md").read_text(encoding="utf-8")
    assert "milk_carton" in card
    assert MODEL.stat().st_size < 1_000_000


def test_a_network_is_read_as_it_was_written(tmp_path: Path) -> None:
    shipped = load_network(MODEL, NAMES)
    x = np.random.default_rng(0).normal(size=(5, len(NAMES)))
    shipped.save(tmp_path / "again.npz")
    again = load_network(tmp_path / "again.npz", NAMES)
    assert np.array_equal(shipped.probabilities(x), again.probabilities(x))
    assert shipped.probabilities(x).sum(axis=1) == pytest.approx(np.ones(5), abs=1e-5)


def test_a_broken_or_foreign_model_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match=r"nowhere\.npz"):
        load_network(tmp_path / "nowhere.npz", NAMES)
    (tmp_path / "torn.npz").write_bytes(b"PK\x03\x04 not much of an archive")
    with pytest.raises(FileFormatError, match=r"torn\.npz: not a network"):
        load_network(tmp_path / "torn.npz", NAMES)
    shipped = load_network(MODEL, NAMES)
    other = Network(
        shipped.labels, ("length",), shipped.mean, shipped.scale, shipped.weights, shipped.biases
    )
    other.save(tmp_path / "other.npz")
    with pytest.raises(FileFormatError, match="other features"):
        load_network(tmp_path / "other.npz", NAMES)
