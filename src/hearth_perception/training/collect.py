"""Clusters of album pictures as feature vectors with labels, for ``train.py``.

    PYTHONPATH=$PYTHONPATH:test:training python training/collect.py OUT.npz --homes 40 --views 16

Homes are generated ones with seeds of their own (1000 and up: figures are made on 5000 and up).
Sizes and colours of things, places, neighbours, light, exposure, colour of the light, the robot's
stand and its error about it are drawn; labels come from the simulator and stay in this folder.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from album import Page, Picture, Recipe, album
from hearth_description.core.model import find_model, load_urdf
from hearth_perception.core.appearance import appearance, estimate_light
from hearth_perception.core.clusters import segment
from hearth_perception.core.depth import make_cloud
from hearth_perception.core.ego import Ego
from hearth_perception.core.features import NAMES, features
from hearth_perception.core.geometric import fit_cluster, full_mask
from hearth_perception.core.perceiver import Perceiver
from hearth_perception.core.view import BadViewError
from truth import Truth

BACKGROUND = "background"
FIRST = 1000


def recipe(homes: int, views: int) -> Recipe:
    """The training album."""
    return Recipe(
        homes=tuple(range(FIRST, FIRST + homes)), views=views, natural=0.25, relight=True
    )


def label_of(points: np.ndarray, truths: Iterable[Truth]) -> str | None:
    """Which thing a cluster is; None: more than one, or only partly one."""
    best, share = "", 0.0
    for truth in truths:
        local = points.astype(float) - np.array(truth.position)
        c, s = np.cos(truth.yaw), np.sin(truth.yaw)
        turned = np.column_stack([local[:, :2] @ np.array([[c, -s], [s, c]]), local[:, 2]])
        inside = (np.abs(turned) < np.array(truth.size) / 2 + [0.03, 0.035, 0.02]).all(axis=1)
        if inside.mean() > share:
            best, share = truth.kind, float(inside.mean())
    if share > 0.85:
        return best
    return BACKGROUND if share < 0.1 else None


def samples(page: Page, picture: Picture, ego: Ego) -> Iterator[tuple[np.ndarray, str]]:
    """Features and labels of one view."""
    view = picture.view
    perceiver = Perceiver(page.home)
    ignore = ego.mask(view, picture.positions, view.camera.frame, perceiver.stride)
    segmentation = segment(make_cloud(view, ignore=ignore), perceiver.shelves(view))
    light = estimate_light(view.color)
    for cluster in segmentation.clusters:
        label = label_of(cluster.points, picture.truths)
        if label is None:
            continue
        box, mask = full_mask(cluster, perceiver.stride, view.depth.shape)
        fits = fit_cluster(view, segmentation, cluster, box, mask)
        if fits is None:
            continue
        look = appearance(view.color[box[1] : box[3], box[0] : box[2]][mask], light)
        yield features(cluster, fits, look), label


def collect(pages: Iterable[Page], out: Path) -> int:
    """Write features, labels and homes of all pages; how many clusters."""
    xs: list[np.ndarray] = []
    ys: list[str] = []
    groups: list[int] = []
    ego = Ego(load_urdf(find_model()))
    for page in pages:
        for picture in page.pictures:
            try:
                for x, label in samples(page, picture, ego):
                    xs.append(x)
                    ys.append(label)
                    groups.append(page.number)
            except BadViewError:
                continue
    np.savez_compressed(out, x=np.array(xs), y=np.array(ys), group=np.array(groups), names=NAMES)
    return len(ys)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--homes", type=int, default=40)
    parser.add_argument("--views", type=int, default=16)
    parser.add_argument("--albums", type=Path, default=Path(".hearth") / "perception")
    options = parser.parse_args()
    pages = album(recipe(options.homes, options.views), options.albums, print)
    print(collect(pages, options.out), "clusters")  # noqa: T201


if __name__ == "__main__":
    main()
