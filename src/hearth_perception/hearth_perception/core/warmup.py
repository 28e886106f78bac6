"""Compile every kernel once, so that the first view does not wait for a compiler."""

from __future__ import annotations

import numpy as np
from hearth_core.geometry import Transform
from hearth_core.ports import CameraModel

from hearth_perception.core.clusters import segment
from hearth_perception.core.depth import make_cloud
from hearth_perception.core.geometric import CatalogueNamer, ClusterDetector
from hearth_perception.core.search_kernels import improve_tour, travel
from hearth_perception.core.view import View


def main() -> None:
    """Look at a small made-up view: a thing on a floor before a wall."""
    height, width, f = 120, 160, 110.0
    camera = CameraModel(width, height, f, f, (width - 1) / 2, (height - 1) / 2, "warmup")
    rows = np.arange(height)[:, None].repeat(width, axis=1)
    down = np.maximum((rows - camera.cy) / f, 1e-3)
    depth = np.minimum(1.0 / down, 2.0).astype(np.float32)
    depth[60:100, 70:90] = 1.2
    pose = Transform(np.array([[0.0, 0, 1], [-1, 0, 0], [0, -1, 0]]), np.array([0.0, 0, 1]))
    view = View(0.0, camera, pose, np.full((height, width, 3), 128, np.uint8), depth)
    ClusterDetector(CatalogueNamer()).detect(view, segment(make_cloud(view), []))
    travel(np.ones((3, 3), bool), 1, 1)
    two = np.array([0.5, 0.5])
    improve_tour(np.arange(2), np.ones((2, 2)), np.ones(2), two, 1.0)


if __name__ == "__main__":
    main()
