"""Square markers (ArUco, AprilTag) through OpenCV: identity and pose, for docks and boards."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from hearth_core.errors import BadInputError, UnknownNameError
from hearth_core.geometry import Transform
from hearth_core.ports import CameraModel

from hearth_perception.core.onnx_model import Boxes
from hearth_perception.core.view import Color

DICTIONARIES = {
    "apriltag_36h11": "DICT_APRILTAG_36h11",
    "apriltag_25h9": "DICT_APRILTAG_25h9",
    "apriltag_16h5": "DICT_APRILTAG_16h5",
    "aruco_4x4": "DICT_4X4_250",
    "aruco_5x5": "DICT_5X5_250",
    "aruco_6x6": "DICT_6X6_250",
}


@dataclass(frozen=True, eq=False)
class Marker:
    """One marker in one image."""

    number: int
    corners: npt.NDArray[np.float64]
    """Top left, top right, bottom right, bottom left of the marker [pixels], shape (4, 2)."""
    camera_from_marker: Transform
    """x right, y up, z out of its face; origin in its middle."""
    error: float
    """Root mean square reprojection error of the corners [pixels]."""


class MarkerFinder:
    """Markers of one family and one size."""

    def __init__(self, family: str, size: float, precise: bool = False) -> None:
        """Set what to look for.

        Args:
            family: Key of ``DICTIONARIES``.
            size: Side of the black square [m].
            precise: Corners where fitted edges meet: 0.05 pixels instead of 0.22, but slower.

        Raises:
            UnknownNameError: No such family.
            BadInputError: The size is not positive.
        """
        if family not in DICTIONARIES:
            raise UnknownNameError("marker family", family, DICTIONARIES)
        if not size > 0.0:
            raise BadInputError(f"marker size {size} m; expected the side of the black square")
        self.size = size
        parameters = cv2.aruco.DetectorParameters()
        parameters.cornerRefinementMethod = (
            cv2.aruco.CORNER_REFINE_APRILTAG if precise else cv2.aruco.CORNER_REFINE_SUBPIX
        )
        self._detector = cv2.aruco.ArucoDetector(dictionary(family), parameters)

    def find(self, color: Color, camera: CameraModel) -> list[Marker]:
        """Markers in an RGB image of a calibrated camera, by number."""
        corners, numbers, _ = self._detector.detectMarkers(cv2.cvtColor(color, cv2.COLOR_RGB2GRAY))
        if numbers is None:
            return []
        square = square_of(self.size)
        matrix = np.array([[camera.fx, 0, camera.cx], [0, camera.fy, camera.cy], [0, 0, 1.0]])
        lens = np.array(camera.distortion or [0.0] * 5, float)
        found = []
        for number, quad in zip(numbers.reshape(-1).tolist(), corners, strict=True):
            pixels = np.asarray(quad, float).reshape(4, 2)
            ok, turn, shift = cv2.solvePnP(
                square, pixels, matrix, lens, flags=cv2.SOLVEPNP_IPPE_SQUARE
            )
            if not ok:
                continue
            again, _ = cv2.projectPoints(square, turn, shift, matrix, lens)
            error = float(np.sqrt(((again.reshape(4, 2) - pixels) ** 2).sum(axis=1).mean()))
            pose = Transform(np.asarray(cv2.Rodrigues(turn)[0], float), shift.reshape(3))
            found.append(Marker(int(number), pixels, pose, error))
        return sorted(found, key=lambda m: m.number)


class MarkerBoxes:
    """Markers as boxes, for the detector port: a marker's number is its class."""

    def __init__(self, family: str, numbers: tuple[int, ...]) -> None:
        """``numbers``: which marker is which class."""
        self._finder = MarkerFinder(family, 1.0)
        self._numbers = numbers

    def find(self, color: Color) -> Boxes:
        """Boxes around known markers; sure, or not found."""
        height, width = color.shape[:2]
        camera = CameraModel(width, height, 600.0, 600.0, width / 2, height / 2, "")
        boxes, scores = [], []
        for marker in self._finder.find(color, camera):
            if marker.number in self._numbers:
                boxes.append([*marker.corners.min(axis=0), *marker.corners.max(axis=0)])
                row = np.zeros(len(self._numbers), np.float32)
                row[self._numbers.index(marker.number)] = 0.99
                scores.append(row)
        return Boxes(
            np.array(boxes, np.float32).reshape(-1, 4),
            np.array(scores, np.float32).reshape(-1, len(self._numbers)),
        )


def square_of(size: float) -> npt.NDArray[np.float64]:
    """Corners of a marker in its own frame [m], in the order of ``Marker.corners``, (4, 3)."""
    half = size / 2
    return np.array([[-half, half, 0], [half, half, 0], [half, -half, 0], [-half, -half, 0]])


def dictionary(family: str) -> cv2.aruco.Dictionary:
    """OpenCV's dictionary of a family in ``DICTIONARIES``."""
    return cv2.aruco.getPredefinedDictionary(getattr(cv2.aruco, DICTIONARIES[family]))


def picture_of(family: str, number: int, side: int) -> npt.NDArray[np.uint8]:
    """A marker to print, with a white rim of one eighth, shape (side, side)."""
    inner = side - 2 * (side // 8)
    image = np.full((side, side), 255, np.uint8)
    edge = side // 8
    image[edge : edge + inner, edge : edge + inner] = cv2.aruco.generateImageMarker(
        dictionary(family), number, inner
    )
    return image
