"""Occupancy grid in the map frame, and its pgm + yaml files (map_server's trinary format)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import yaml
from hearth_core.errors import FileFormatError

UNKNOWN, FREE, OCCUPIED = -1, 0, 100
_PIXEL_OCCUPIED, _PIXEL_UNKNOWN, _PIXEL_FREE = 0, 205, 254
_OCCUPIED_THRESHOLD = 0.65
_FREE_THRESHOLD = 0.196
"""Just below (255 - 205) / 255: with 0.25 map_server reads unknown pixels as free."""

Cells = npt.NDArray[np.int8]


@dataclass(frozen=True, eq=False)
class Grid:
    """Cells (rows, columns) of -1 unknown, 0 free, 100 occupied; row 0 is the lowest y."""

    cells: Cells
    resolution: float
    """Edge of a cell [m]."""
    origin: tuple[float, float]
    """Outer corner of cell (0, 0) in map [m]."""

    def __post_init__(self) -> None:
        if self.cells.ndim != 2 or self.cells.dtype != np.int8 or not self.cells.size:
            raise ValueError(
                f"cells must be int8 (H, W), got {self.cells.dtype}, {self.cells.shape}"
            )
        if not (math.isfinite(self.resolution) and self.resolution > 0.0):
            raise ValueError(f"resolution must be > 0, got {self.resolution}")

    @property
    def width(self) -> int:
        """Columns."""
        return int(self.cells.shape[1])

    @property
    def height(self) -> int:
        """Rows."""
        return int(self.cells.shape[0])

    def cell(self, x: float, y: float) -> tuple[int, int]:
        """Row and column of a point [m]; may lie outside the grid."""
        return (
            math.floor((y - self.origin[1]) / self.resolution),
            math.floor((x - self.origin[0]) / self.resolution),
        )

    def center(self, row: int, column: int) -> tuple[float, float]:
        """Centre of a cell [m]."""
        return (
            self.origin[0] + (column + 0.5) * self.resolution,
            self.origin[1] + (row + 0.5) * self.resolution,
        )

    def contains(self, x: float, y: float) -> bool:
        """Whether the point lies inside the grid; NaN does not."""
        if not (math.isfinite(x) and math.isfinite(y)):
            return False
        row, column = self.cell(x, y)
        return 0 <= row < self.height and 0 <= column < self.width

    def value(self, x: float, y: float) -> int:
        """Occupancy at a point; unknown outside."""
        if not self.contains(x, y):
            return UNKNOWN
        return int(self.cells[self.cell(x, y)])


def save(grid: Grid, yaml_path: Path) -> None:
    """Write ``yaml_path`` and the pgm beside it; the same grid gives the same bytes."""
    image = np.full(grid.cells.shape, _PIXEL_UNKNOWN, np.uint8)
    image[grid.cells == FREE] = _PIXEL_FREE
    image[grid.cells >= 65] = _PIXEL_OCCUPIED
    pgm = yaml_path.with_suffix(".pgm")
    yaml_path.parent.mkdir(parents=True, exist_ok=True)
    header = f"P5\n{grid.width} {grid.height}\n255\n".encode()
    pgm.write_bytes(header + np.flipud(image).tobytes())
    yaml_path.write_text(
        f"image: {pgm.name}\n"
        "mode: trinary\n"
        f"resolution: {grid.resolution!r}\n"
        f"origin: [{grid.origin[0]!r}, {grid.origin[1]!r}, 0.0]\n"
        "negate: 0\n"
        f"occupied_thresh: {_OCCUPIED_THRESHOLD}\n"
        f"free_thresh: {_FREE_THRESHOLD}\n"
    )


def load(yaml_path: Path) -> Grid:
    """Read a map in map_server's format (trinary; pgm or any image OpenCV reads).

    Raises:
        FileFormatError: A file is missing or says something it may not say.
    """
    name = str(yaml_path)
    try:
        text = yaml.safe_load(yaml_path.read_text())
    except FileNotFoundError:
        raise FileFormatError(name, "", "no such map file") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise FileFormatError(name, "", f"not YAML: {error}") from error
    if not isinstance(text, dict):
        raise FileFormatError(name, "", "must be a mapping with image, resolution and origin")
    for key in ("image", "resolution", "origin"):
        if key not in text:
            raise FileFormatError(name, key, f"missing; the file has {sorted(map(str, text))}")
    mode = text.get("mode", "trinary")
    if mode != "trinary":
        raise FileFormatError(name, "mode", f"{mode!r} is not supported; choices: ['trinary']")
    try:
        resolution = float(text["resolution"])
        x, y, yaw = (float(value) for value in text["origin"])
    except (TypeError, ValueError) as error:
        raise FileFormatError(
            name, "resolution, origin", f"need a number and three numbers: {error}"
        ) from error
    if not (resolution > 0.0 and all(map(math.isfinite, (resolution, x, y)))):
        raise FileFormatError(name, "resolution, origin", f"bad values {resolution}, {[x, y]}")
    if yaw != 0.0:
        raise FileFormatError(name, "origin[2]", f"rotated maps are not supported, got {yaw}")
    occupied = float(text.get("occupied_thresh", _OCCUPIED_THRESHOLD))
    free = float(text.get("free_thresh", _FREE_THRESHOLD))
    image_path = yaml_path.parent / str(text["image"])
    image = cv2.imread(str(image_path), cv2.IMREAD_GRAYSCALE) if image_path.exists() else None
    if image is None:
        raise FileFormatError(name, "image", f"cannot read an image from {image_path}")
    shade = np.flipud(np.asarray(image, np.float64)) / 255.0
    if not int(text.get("negate", 0)):
        shade = 1.0 - shade
    cells = np.full(shade.shape, UNKNOWN, np.int8)
    cells[shade > occupied] = OCCUPIED
    cells[shade < free] = FREE
    return Grid(cells, resolution, (x, y))
