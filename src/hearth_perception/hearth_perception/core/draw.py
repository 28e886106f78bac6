"""Views with what was made of them painted in, for people."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from hearth_perception.core.articulation import DoorView
from hearth_perception.core.perceiver import Percept
from hearth_perception.core.shapes import Kind, Shape
from hearth_perception.core.view import View, project

Image = npt.NDArray[np.uint8]

INK = (255, 230, 40)
SURFACE = np.array([40, 160, 60])
WALL = np.array([90, 90, 200])


def annotate(percept: Percept) -> Image:
    """Surfaces tinted green, walls blue, things with their bodies and names; RGB."""
    image = percept.view.color.copy()
    stride = percept.segmentation.cloud.stride
    for mask, tint in (
        (percept.segmentation.support_labels >= 0, SURFACE),
        (percept.segmentation.structure, WALL),
    ):
        big = cv2.resize(
            mask.astype(np.uint8), None, fx=stride, fy=stride, interpolation=cv2.INTER_NEAREST
        ).astype(bool)
        area = image[: big.shape[0], : big.shape[1]]
        area[big] = (0.7 * area[big] + 0.3 * tint).astype(np.uint8)
    for sighting in percept.sightings:
        draw_shape(image, percept.view, sighting.shape)
        place = f" {sighting.place}" if sighting.place else ""
        text = f"{sighting.label} {sighting.confidence:.2f}"
        at = (sighting.box[0], max(10, sighting.box[1] - 4))
        cv2.putText(image, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.4, INK, 1, cv2.LINE_AA)
        below = (sighting.box[0], min(image.shape[0] - 4, sighting.box[3] + 11))
        cv2.putText(image, place, below, cv2.FONT_HERSHEY_SIMPLEX, 0.32, INK, 1, cv2.LINE_AA)
    return image


def draw_shape(image: Image, view: View, shape: Shape) -> None:
    """Outline of a body."""
    count = 4 if shape.kind is Kind.BOX else 16
    angle = np.arange(count) * 2 * np.pi / count + (np.pi / 4 if count == 4 else 0.0)
    scale = np.sqrt(2.0) if count == 4 else 1.0
    ring = scale * np.stack([np.cos(angle), np.sin(angle)], axis=1) * shape.size[:2] / 2
    turn = np.array(
        [[np.cos(shape.yaw), -np.sin(shape.yaw)], [np.sin(shape.yaw), np.cos(shape.yaw)]]
    )
    xy = ring @ turn.T + shape.middle[:2]
    rings = []
    for z in (-shape.size[2] / 2, shape.size[2] / 2):
        points = np.column_stack([xy, np.full(count, shape.middle[2] + z)])
        pixels, _ = project(view.camera, view.map_from_camera.inverse(), points)
        if not np.isfinite(pixels).all():
            return
        rings.append(np.round(pixels).astype(np.int32))
        cv2.polylines(image, [rings[-1]], True, INK, 1, cv2.LINE_AA)
    if count == 4:
        for a, b in zip(*rings, strict=True):
            cv2.line(image, a.tolist(), b.tolist(), INK, 1, cv2.LINE_AA)


def draw_door(image: Image, view: View, seen: DoorView) -> None:
    """The handle as an axis cross and the opening as text."""
    if seen.handle is None:
        return
    half = seen.handle_size[2] / 2
    ends = np.array([[0, 0, -half], [0, 0, half], [0, 0, 0], [0.12, 0, 0]], float)
    pixels, _ = project(view.camera, view.map_from_camera.inverse(), seen.handle.apply(ends))
    if not np.isfinite(pixels).all():
        return
    p = [tuple(int(v) for v in row) for row in np.round(pixels)]
    colour = (255, 60, 60) if seen.handle_seen else (255, 160, 60)
    cv2.line(image, p[0], p[1], colour, 2, cv2.LINE_AA)
    cv2.arrowedLine(image, p[2], p[3], (60, 255, 60), 2, cv2.LINE_AA)
    text = f"{np.degrees(seen.opening):.0f} deg"
    cv2.putText(image, text, p[1], cv2.FONT_HERSHEY_SIMPLEX, 0.4, colour, 1, cv2.LINE_AA)
