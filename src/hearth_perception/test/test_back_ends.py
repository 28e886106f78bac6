"""Every back end of the detector port; what is wrong with a model is said with its file's name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hearth_core.errors import BadInputError, FileFormatError, UnknownNameError
from hearth_core.geometry import Pose2
from hearth_perception.core.back_ends import make_detector
from hearth_perception.core.clusters import segment
from hearth_perception.core.depth import make_cloud
from hearth_perception.core.detector import UNKNOWN, Detection
from hearth_perception.core.markers import picture_of
from hearth_perception.core.model_card import load_card
from hearth_perception.core.onnx_model import OnnxModel, suppress
from hearth_perception.core.places import Shelf
from hearth_perception.core.sighting import lift
from hearth_perception.core.view import View
from made_up import Box, Cylinder, look, make_view
from tiny_onnx import write_model

TABLE = Box((0.0, 0.0, 0.0), (0.9, 1.2, 0.7), colour=(140, 120, 100))
CAN = Cylinder((0.1, -0.1, 0.7), 0.033, 0.115, (190, 30, 30))
SHELF = Shelf("table", "top", 0.7, Pose2(), (0.9, 1.2), only=True)


@pytest.fixture(scope="module")
def view() -> View:
    return make_view([TABLE, CAN], look((1.0, 0.1, 1.3), (0.0, 0.0, 0.75)))


@pytest.fixture(scope="module")
def outline(view: View) -> tuple[int, int, int, int]:
    """Where the can is."""
    (found,) = detect(make_detector("geometric"), view)
    return found.box


def detect(detector: object, view: View) -> list[Detection]:
    return detector.detect(view, segment(make_cloud(view, stride=1), [SHELF]))  # type: ignore[attr-defined]


def card(folder: Path, text: str = "") -> Path:
    file = folder / "net.yaml"
    file.write_text(text or "labels: [mug, can, '']\ninput: [64, 48]\nstyle: yolo\n")
    return folder / "net.onnx"


def table_for(box: tuple[int, int, int, int], view: View, scores: list[list[float]]) -> np.ndarray:
    """A YOLO table (1, 4 + classes, N) that says ``box`` in a 64 x 48 letterbox."""
    ratio = min(64 / view.camera.width, 48 / view.camera.height)
    left = (64 - round(view.camera.width * ratio)) // 2
    top = (48 - round(view.camera.height * ratio)) // 2
    a = np.array(box, float) * ratio + [left, top, left, top]
    row = [(a[0] + a[2]) / 2, (a[1] + a[3]) / 2, a[2] - a[0], a[3] - a[1]]
    return np.array([[*row, *s] for s in scores], np.float32).T[None]


def test_geometry_alone_finds_and_names_nothing(view: View) -> None:
    (found,) = detect(make_detector("geometric"), view)
    assert found.label == UNKNOWN
    assert found.fits is not None
    assert abs(found.fits.height - 0.115) < 0.01


def test_a_yolo_model_names_the_cluster_its_box_covers(
    tmp_path: Path, view: View, outline: tuple[int, int, int, int]
) -> None:
    path = card(tmp_path)
    table = table_for(outline, view, [[0.1, 0.8, 0.0], [0.05, 0.6, 0.0]])
    for written in (table, table.transpose(0, 2, 1)):
        write_model(path, [written])
        found = detect(make_detector("onnx", str(path)), view)
        assert len(found) == 1
        assert found[0].label == "can"
        assert found[0].fits is not None
        sighting = lift(found[0])
        assert sighting is not None
        assert np.linalg.norm(sighting.shape.middle - [0.1, -0.1, 0.7575]) < 0.02


def test_a_detr_model_and_one_with_objectness_say_the_same(
    tmp_path: Path, view: View, outline: tuple[int, int, int, int]
) -> None:
    table = table_for(outline, view, [[0.1, 0.8, 0.0]])[0, :, 0]
    path = card(tmp_path, "labels: [mug, can, '']\ninput: [64, 48]\nstyle: detr\n")
    boxes = (table[:4] / [64, 48, 64, 48]).astype(np.float32)[None, None]
    logits = np.array([[[0.0, 6.0, 0.0, 0.0]]], np.float32)
    write_model(path, [logits, boxes])
    assert detect(make_detector("onnx", str(path)), view)[0].label == "can"
    path = card(tmp_path, "labels: [mug, can, '']\ninput: [64, 48]\nstyle: yolo_objectness\n")
    row = np.array([[[*table[:4], 0.9, 0.05, 0.9, 0.0]]], np.float32)
    write_model(path, [row])
    assert detect(make_detector("onnx", str(path)), view)[0].label == "can"


def test_classes_of_no_interest_and_weak_boxes_are_dropped(
    tmp_path: Path, view: View, outline: tuple[int, int, int, int]
) -> None:
    path = card(tmp_path)
    write_model(path, [table_for(outline, view, [[0.0, 0.0, 0.9], [0.0, 0.2, 0.0]])])
    found = detect(make_detector("onnx", str(path)), view)
    assert [d.label for d in found] == [UNKNOWN]


def test_a_class_of_the_users_own_is_lifted_with_its_measured_size(
    tmp_path: Path, view: View, outline: tuple[int, int, int, int]
) -> None:
    path = card(tmp_path, "labels: [gadget]\ninput: [64, 48]\n")
    write_model(path, [table_for(outline, view, [[0.9]])])
    sighting = lift(detect(make_detector("onnx", str(path)), view)[0])
    assert sighting is not None
    assert sighting.label == "gadget"
    assert abs(sighting.shape.size[2] - 0.115) < 0.01


def test_overlapping_boxes_of_one_class_are_one_of_two_classes_two() -> None:
    boxes = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [1, 0, 11, 10]], np.float32)
    scores = np.array([[0.9, 0.0], [0.8, 0.0], [0.0, 0.7]], np.float32)
    assert suppress(boxes, scores, 0.5) == [0, 2]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("labels: []\ninput: [64, 48]\n", "labels: expected a list"),
        ("labels: [a]\ninput: 64\n", "expected .width, height."),
        ("labels: [a]\ninput: [64, 48]\nstyle: ssd\n", "'ssd'; expected one of"),
        ("labels: [a]\ninput: [64, 48]\nscore: 7\n", "score: 7; expected a number"),
        ("labels: [a]\ninput: [64, 48]\nsize: 3\n", "size: unknown key; known"),
        ("labels: [a]\ninput: [64, 48]\nscale: [0, 1, 1]\n", "scale"),
        ("- just\n- a list\n", "expected keys"),
        ("labels: [\n", "no model card"),
    ],
)
def test_a_bad_card_is_refused_by_file_and_key(tmp_path: Path, text: str, says: str) -> None:
    path = card(tmp_path, text)
    with pytest.raises(FileFormatError, match=rf"net\.yaml.*{says}"):
        load_card(path)


def test_a_bad_model_is_refused_by_file_and_expectation(tmp_path: Path) -> None:
    path = card(tmp_path)
    with pytest.raises(FileFormatError, match=r"net\.onnx: no such model file"):
        OnnxModel(load_card(path))
    path.write_bytes(b"no protocol buffer at all")
    with pytest.raises(FileFormatError, match=r"net\.onnx: not a usable ONNX model"):
        OnnxModel(load_card(path))
    write_model(path, [np.zeros((1, 9, 5), np.float32)])
    with pytest.raises(FileFormatError, match=r"net\.onnx: style yolo.*card has 3 labels"):
        OnnxModel(load_card(path))
    write_model(path, [np.zeros((1, 7, 5), np.float32)], size=(32, 32))
    with pytest.raises(FileFormatError, match=r"net\.onnx: input image0: shape .*card says"):
        OnnxModel(load_card(path))
    write_model(path, [np.zeros((1, 7, 5), np.float32)], inputs=2)
    with pytest.raises(FileFormatError, match="expected one image"):
        OnnxModel(load_card(path))


def test_wrong_choices_name_the_right_ones() -> None:
    with pytest.raises(UnknownNameError, match="household"):
        make_detector("yolo")
    with pytest.raises(BadInputError, match="parameter model"):
        make_detector("onnx")
    with pytest.raises(BadInputError, match="family:number=class"):
        make_detector("markers", markers="apriltag_36h11=3")
    with pytest.raises(BadInputError, match="one family"):
        make_detector("markers", markers="apriltag_36h11:1=mug,aruco_4x4:2=can")
    with pytest.raises(UnknownNameError, match="apriltag_36h11"):
        make_detector("markers", markers="qr:1=mug")


def test_a_labelled_thing_is_named_by_its_marker(view: View) -> None:
    left, top, right, bottom = detect(make_detector("geometric"), view)[0].box
    color = view.color.copy()
    side = max(28, right - left)
    marker = picture_of("apriltag_36h11", 7, side)
    row, col = (top + bottom - side) // 2, (left + right - side) // 2
    color[row : row + side, col : col + side] = marker[..., None]
    marked = View(view.stamp, view.camera, view.map_from_camera, color, view.depth)
    found = detect(make_detector("markers", markers="apriltag_36h11:7=detergent"), marked)
    assert found[0].label == "detergent"
