"""The outline follows arms and loads while the robot drives."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hearth_core.frames import SIDES, grasp_frame
from hearth_nodekit.transforms import TransformError
from hearth_nodekit.worker import LatestWorker
from rclpy.node import Node

from hearth_navigation.body_frames import BodyFrames
from hearth_navigation.core.footprint import Footprint
from hearth_navigation.core.outline import Arm, alike, load_radius, with_arms

UNKNOWN_LOAD = 0.12
"""Radius [m] of a load that the home file does not know."""
PERIOD = 1.0
"""Time between looks at the arms [s]."""


class Loads:
    """Looks at the arms now and then; outlines are made in a thread of their own."""

    def __init__(
        self,
        node: Node,
        frames: BodyFrames,
        sizes: Mapping[str, tuple[float, float, float]],
        bare: Footprint,
        loaded: Footprint,
        take: Callable[[Footprint], None],
    ) -> None:
        """``sizes`` [m] of things by name; ``take`` is given every new outline."""
        self._frames, self._sizes, self._take = frames, sizes, take
        self._bare, self._loaded, self._now = bare, loaded, bare
        self._held: dict[str, str] = {}
        self._looked = -PERIOD
        self._worker: LatestWorker[bool] = LatestWorker(node, self._look, "outline")

    def carrying(self, text: str) -> None:
        """Take what ``carrying`` says: empty, or ``left:milk_carton_1``."""
        side, _, name = text.partition(":")
        self._held = {side: name} if text else {}
        self._worker.offer(True)

    def stand_for(self, bare: Footprint) -> None:
        """Take another outline without arms and loads."""
        self._bare = self._loaded = bare
        self._worker.offer(True)

    def poll(self, now: float) -> None:
        """Look at the arms if it is time; call it while the robot drives."""
        if not 0.0 <= now - self._looked < PERIOD:
            self._looked = now
            self._worker.offer(True)

    def close(self) -> None:
        """End the thread."""
        self._worker.close()

    def _look(self, _: bool) -> None:
        held = self._held
        outline = with_arms(self._loaded if held else self._bare, self._arms(held))
        if not alike(outline, self._now):
            outline.discs  # noqa: B018 - made here, not in the control cycle
            self._now = outline
            self._take(outline)

    def _arms(self, held: Mapping[str, str]) -> list[Arm]:
        """Those of which the transforms are known."""
        arms = []
        for side in SIDES:
            try:
                elbow = self._frames.base_from(f"{side}_elbow_link").translation
                hand = self._frames.base_from(grasp_frame(side)).translation
            except TransformError:
                continue
            load = 0.0
            if side in held:
                size = self._sizes.get(held[side])
                load = load_radius(size) if size is not None else UNKNOWN_LOAD
            ends = (float(elbow[0]), float(elbow[1])), (float(hand[0]), float(hand[1]))
            arms.append(Arm(*ends, load))
        return arms
