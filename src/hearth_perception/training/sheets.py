"""Contact sheets."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt


def contact(pictures: Sequence[npt.NDArray[np.uint8]], columns: int = 4) -> npt.NDArray[np.uint8]:
    """Pictures of one size as one sheet."""
    height, width = pictures[0].shape[:2]
    rows = -(-len(pictures) // columns)
    sheet = np.zeros((rows * height, columns * width, 3), np.uint8)
    for index, picture in enumerate(pictures):
        r, c = divmod(index, columns)
        sheet[r * height : (r + 1) * height, c * width : (c + 1) * width] = picture
    return sheet
