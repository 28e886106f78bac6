"""Gathers pictures of a chessboard that say something new."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from hearth_core.errors import BadInputError

from hearth_perception.core.calibration.intrinsics import (
    LEAST_PICTURES,
    Array,
    Board,
    Intrinsics,
    calibrate,
    find_board,
)
from hearth_perception.core.view import Color

MOVED = 0.02
"""Share of the image's width the corners must have moved by to be another picture."""
ENOUGH = 60
"""Pictures beyond say nothing more."""


@dataclass
class BoardCollector:
    """Pictures in, intrinsics out."""

    board: Board
    frame: str = ""
    moved: float = MOVED
    """0: every picture counts (a folder of chosen ones)."""
    size: tuple[int, int] | None = None
    pictures: int = 0
    corners: list[Array] = field(default_factory=list)

    def picture(self, color: Color) -> str:
        """Take an RGB image; what became of it, for people.

        Raises:
            BadInputError: It is of another size than those before.
        """
        self.pictures += 1
        size = color.shape[1], color.shape[0]
        if self.size is not None and size != self.size:
            raise BadInputError(
                f"picture {self.pictures} is {size[0]} x {size[1]}, those before {self.size[0]} x "
                f"{self.size[1]}; intrinsics are those of one resolution"
            )
        self.size = size
        found = find_board(color, self.board)
        if found is None:
            return "no board"
        for other in self.corners:
            away = min(np.abs(found - other).mean(), np.abs(found[::-1] - other).mean())
            if away < self.moved * size[0]:
                return "as before"
        self.corners.append(found)
        return "taken"

    @property
    def full(self) -> bool:
        """Whether more would help little."""
        return len(self.corners) >= ENOUGH

    def result(self) -> Intrinsics:
        """The camera.

        Raises:
            BadInputError: Too few pictures, no board on them, or always held alike.
        """
        if not self.pictures:
            raise BadInputError("no picture came")
        if len(self.corners) < LEAST_PICTURES:
            b = self.board
            raise BadInputError(
                f"the board ({b.columns} x {b.rows} inner corners) was found on "
                f"{len(self.corners)} different of {self.pictures} pictures; expected at least "
                f"{LEAST_PICTURES}, tilted in different ways, the whole board in the picture"
            )
        assert self.size is not None
        return calibrate(self.corners, self.board, self.size, self.frame)
