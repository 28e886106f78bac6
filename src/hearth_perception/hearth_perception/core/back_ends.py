"""The detector port's back ends, chosen by parameters."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from hearth_core.errors import BadInputError, UnknownNameError

from hearth_perception.core.appearance import Appearance
from hearth_perception.core.box_detector import BoxDetector, onnx_detector
from hearth_perception.core.clusters import Cluster
from hearth_perception.core.detector import Detector
from hearth_perception.core.geometric import CatalogueNamer, ClusterDetector, Scores
from hearth_perception.core.household import MODEL, household_detector
from hearth_perception.core.markers import DICTIONARIES, MarkerBoxes
from hearth_perception.core.shapes import Fits

BACK_ENDS = ("household", "catalogue", "geometric", "onnx", "markers")


class Nameless:
    """Finds things and names none."""

    @property
    def labels(self) -> Sequence[str]:
        """None."""
        return ()

    def name(self, cluster: Cluster, fits: Fits, look: Appearance) -> Scores | None:
        """Something, but what?"""
        del cluster, fits, look
        return {}


def make_detector(name: str, model: str = "", markers: str = "") -> Detector:
    """A back end.

    Args:
        name: One of ``BACK_ENDS``.
        model: Path of a network (``household``; empty: the shipped one) or model (``onnx``).
        markers: ``family:number=class`` of ``markers``, separated by commas.

    Raises:
        UnknownNameError: There is no such back end or marker family.
        FileFormatError: Its model cannot be used; names the file and what was expected.
        BadInputError: The back end lacks its model or markers, or a marker is misspelt.
    """
    if name == "household":
        return household_detector(Path(model) if model else MODEL)
    if name == "catalogue":
        return ClusterDetector(CatalogueNamer())
    if name == "geometric":
        return ClusterDetector(Nameless())
    if name == "onnx":
        if not model:
            raise BadInputError(
                "detector 'onnx' needs the parameter model: a path of a .onnx file"
            )
        return onnx_detector(Path(model))
    if name == "markers":
        return _markers([entry for entry in markers.split(",") if entry.strip()])
    raise UnknownNameError("detector", name, BACK_ENDS)


def _markers(entries: Sequence[str]) -> BoxDetector:
    form = re.compile(r"(\w+):(\d+)=(\w+)")
    matches = [form.fullmatch(entry.strip()) for entry in entries]
    for entry, match in zip(entries, matches, strict=True):
        if match is None:
            raise BadInputError(f"marker {entry!r}; expected family:number=class")
    found = [match.groups() for match in matches if match is not None]
    families = {family for family, _, _ in found}
    if len(families) != 1:
        raise BadInputError(
            f"detector 'markers' needs markers of one family of {sorted(DICTIONARIES)}, "
            f"got {sorted(families)}"
        )
    family = families.pop()
    numbers = tuple(int(number) for _, number, _ in found)
    return BoxDetector(MarkerBoxes(family, numbers), [label for _, _, label in found])
