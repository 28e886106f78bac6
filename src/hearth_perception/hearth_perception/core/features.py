"""What a learnt classifier sees of one thing: numbers without units of light or place."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from hearth_perception.core.appearance import Appearance
from hearth_perception.core.clusters import Cluster
from hearth_perception.core.quantiles import percentile
from hearth_perception.core.shapes import Fits

Array = npt.NDArray[np.float64]

NAMES = (
    "log_height",
    "log_width",
    "log_box_short",
    "log_box_long",
    "box_short_unseen",
    "box_long_unseen",
    "log_diameter",
    "roundness",
    "box_residual",
    "cylinder_residual",
    *(f"profile_{k}" for k in range(6)),
    "flat_top",
    "lift",
    "hidden",
    "cut",
    "red",
    "green",
    "blue",
    *(f"hue_{k}" for k in range(8)),
    "whitish",
    "dark",
    "brightness",
    "contrast",
)


def features(cluster: Cluster, fits: Fits, look: Appearance) -> Array:
    """Feature vector, shape (len(NAMES),)."""
    order = np.argsort(fits.box.size[:2])
    short, long = fits.box.size[order]
    unseen = fits.box.sigma[order] / (fits.box.size[order] + 0.01)
    bottom = percentile(cluster.points[:, 2], 2)
    geometry = [
        np.log(fits.height / 0.1),
        np.log(max(fits.width, 0.005) / 0.1),
        np.log(max(float(short), 0.005) / 0.1),
        np.log(max(float(long), 0.005) / 0.1),
        *np.minimum(unseen, 1.0),
        np.log(max(float(fits.cylinder.size[0]), 0.005) / 0.1),
        np.clip(fits.roundness, -3.0, 3.0),
        min(fits.box.residual * 100.0, 3.0),
        min(fits.cylinder.residual * 100.0, 3.0),
        *fits.profile,
        fits.flat_top,
        np.clip((bottom - cluster.foot) * 10.0, -1.0, 2.0),
        cluster.hidden,
        float(cluster.cut),
    ]
    return np.concatenate([geometry, look.vector()])
