"""Upright boxes and cylinders from what one view shows of a thing, the unseen side completed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from hearth_perception.core.quantiles import between, median, percentile

Array = npt.NDArray[np.float64]

SHOULDER = 0.5
"""Level parts above this share of the height show how deep a body is: bottles have caps."""
CAP = 0.25
"""Share of the height at the top that tells nothing of a box's sides, for the same reason."""
STICKS_OUT = 0.25
"""Of the radius: what reaches that much farther on one side is a handle."""


class Kind(StrEnum):
    """Which body fits."""

    BOX = "box"
    CYLINDER = "cylinder"


@dataclass(frozen=True, eq=False)
class Shape:
    """An upright body standing on something."""

    kind: Kind
    middle: Array
    """Centre of the body in map [m], shape (3,)."""
    yaw: float
    """Of its x axis [rad]; 0 for cylinders."""
    size: Array
    """Full extents along its own axes [m], shape (3,)."""
    sigma: Array
    """Standard deviation of ``size`` [m], shape (3,); large: the side was not seen."""
    position_sigma: Array
    """Standard deviation of ``middle`` along ray, across it and up [m], shape (3,)."""
    ray: Array
    """Unit, level, from the camera to the thing, shape (2,)."""
    residual: float
    """Median distance of the seen points from the body [m]."""

    def covariance(self) -> Array:
        """Of the position in map [m2], shape (3, 3)."""
        along = np.array([self.ray[0], self.ray[1], 0.0])
        across = np.array([-self.ray[1], self.ray[0], 0.0])
        up = np.array([0.0, 0.0, 1.0])
        axes = np.stack([along, across, up], axis=1)
        return np.asarray(axes @ np.diag(self.position_sigma**2) @ axes.T)


@dataclass(frozen=True, eq=False)
class Fits:
    """Both explanations of one cluster and what else its geometry says."""

    box: Shape
    cylinder: Shape
    trunk: Shape
    """The cylinder without a handle that sticks out on one side; mostly the cylinder."""
    roundness: float
    """Log likelihood of the cylinder over the box per point; > 0: round."""
    width: float
    """Extent across the line of sight [m]."""
    height: float
    """Above its support [m]."""
    profile: Array
    """Widths of six slices from foot to top over the largest, shape (6,)."""
    flat_top: float
    """Fraction of the points that belong to a level top."""
    count: int

    @property
    def best(self) -> Shape:
        """The likelier body."""
        return self.cylinder if self.roundness > 0.0 else self.box


def fit_upright(
    points: Array,
    normals: Array,
    foot: float,
    origin: npt.NDArray[np.floating],
    pitch: float,
) -> Fits | None:
    """Fit both bodies to the seen side of an upright thing.

    Args:
        points: In map [m], shape (N, 3), finite.
        normals: Unit or zero where unknown, shape (N, 3).
        foot: Height of its support [m].
        origin: Where the camera was [m], shape (3,).
        pitch: Distance of neighbouring points across the ray [m]; silhouettes are half a pitch
            wider than the points on them.

    Returns:
        None when there are too few points for a body.
    """
    points = np.asarray(points, np.float64)
    normals = np.asarray(normals, np.float64)
    if len(points) < 30:
        return None
    ray = np.median(points[:, :2], axis=0) - np.asarray(origin, float)[:2]
    distance = float(np.hypot(*ray))
    if distance < 1e-3:
        return None
    ray = ray / distance
    across = np.array([-ray[1], ray[0]])
    level = normals[:, 2] > 0.8
    top, flat = _top(points[:, 2], level)
    height = top - foot
    if height < 0.008:
        return None
    side = ~level & (np.abs(normals[:, 2]) < 0.5) & (points[:, 2] < top - 0.1 * height)
    if side.sum() < 20:
        side = points[:, 2] < top - 0.15 * height
    if side.sum() < 20:
        side = np.ones(len(points), bool)
    lateral = points[:, :2] @ across
    low, high = (float(v) for v in between(lateral[side], 1.0, 99.0))
    width = (high - low) * 1.01 + pitch
    sigma = 0.0015 + 0.0025 * distance * distance
    body = _sample(points[side], 800)
    turn = _sample(normals[side], 800)
    cylinder = _cylinder(body[:, :2], ray, across, width, (low + high) / 2, pitch)
    if height < 0.55 * width and origin[2] > top + 0.1:
        cylinder = _disc(points, foot + 0.5 * height, ray, across, pitch)
    tops = points[level & (points[:, 2] > foot + SHOULDER * height)]
    below = body[:, 2] < top - CAP * height
    if below.sum() < 20:
        below[:] = True
    box = _box(body[below, :2], turn[below, :2], tops[:, :2], ray, width, pitch)
    trunk = cylinder
    reach = _without_handle(body[:, :2], turn[:, :2], across, low, high)
    if reach is not None:
        slim, lateral_body = 1.01 * (reach[1] - reach[0]) + pitch, body[:, :2] @ across
        mine = (lateral_body >= reach[0]) & (lateral_body <= reach[1])
        trunk = _cylinder(body[mine, :2], ray, across, slim, sum(reach) / 2, pitch)
    z = foot + height / 2
    spread = max(sigma, 0.003)
    fits = []
    for kind, middle, yaw, size, size_sigma, distances in (
        (Kind.BOX, box[0], box[1], box[2], box[3], box[4]),
        (Kind.CYLINDER, cylinder[0], 0.0, cylinder[1], cylinder[2], cylinder[3]),
        (Kind.CYLINDER, trunk[0], 0.0, trunk[1], trunk[2], trunk[3]),
    ):
        fits.append(
            Shape(
                kind,
                np.array([middle[0], middle[1], z]),
                yaw,
                np.array([size[0], size[1], height]),
                np.array([size_sigma[0], size_sigma[1], spread]),
                np.array([max(0.004, float(np.hypot(*size_sigma)) / 2), 0.003, spread]),
                ray,
                median(np.abs(distances)),
            )
        )
    loss = [float(np.mean(np.minimum((d / spread) ** 2, 9.0))) for d in (box[4], cylinder[3])]
    return Fits(
        fits[0],
        fits[1],
        fits[2],
        (loss[0] - loss[1]) / 2,
        width,
        height,
        _profile(points[:, 2] - foot, lateral, height, pitch),
        flat,
        len(points),
    )


def _sample(rows: Array, most: int) -> Array:
    return rows[:: max(1, len(rows) // most)]


def _top(z: Array, level: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """Height of the top and the fraction of points on it."""
    few = max(4, len(z) // 300)  # the highest ones are noise
    highest = float(np.partition(z, -few)[-few])
    on = level & (z > highest - 0.02)
    if on.sum() >= max(8, 0.02 * len(z)):
        top = median(z[on])
        return top, float(on.mean())
    return highest, 0.0


def _cylinder(
    xy: Array, ray: Array, across: Array, width: float, lateral: float, pitch: float
) -> tuple[Array, Array, Array, Array]:
    """Circle through the side points: middle, sizes, their sigmas, distances of the points."""
    radius = width / 2
    front = percentile(xy @ ray, 5)
    middle = (front + radius) * ray + lateral * across
    for _ in range(8):
        d = xy - middle
        r = np.maximum(np.hypot(d[:, 0], d[:, 1]), 1e-6)
        error = r - radius
        weight = 1.0 / np.maximum(1.0, np.abs(error) / 0.004)
        jacobian = np.column_stack([-d / r[:, None], -np.ones(len(d))])
        # The silhouette says the diameter well, an arc of noisy points does not.
        information = 0.25 * len(xy)
        normal = (jacobian * weight[:, None]).T @ jacobian
        gradient = (jacobian * weight[:, None]).T @ error
        normal[2, 2] += information
        gradient[2] += information * (radius - width / 2)
        step = np.linalg.solve(normal + 1e-6 * np.eye(3), gradient)
        middle = middle - step[:2]
        radius = float(np.clip(radius - step[2], 0.4 * width, 0.7 * width))
    d = np.hypot(*(xy - middle).T) - radius
    size = np.array([2 * radius, 2 * radius])
    return middle, size, np.full(2, max(0.003, pitch)), d


def _without_handle(
    xy: Array, normals: Array, across: Array, low: float, high: float
) -> tuple[float, float] | None:
    """Extent across the ray of a round body with a handle at one side; None: no handle.

    On a round body the normals turn with the way from its middle: ``lateral = middle + radius *
    facing``, the line that most points agree with. The side that reaches farther than the radius
    has something on it.
    """
    known = np.hypot(*normals.T) > 0.7
    facing, lateral = (normals @ across)[known], (xy @ across)[known]
    if len(facing) < 30:
        return None
    first, second = np.random.default_rng(0).integers(0, len(facing), (2, 80))
    apart = facing[second] - facing[first]
    use = np.abs(apart) > 0.4
    slope = (lateral[second] - lateral[first])[use] / apart[use]
    half = 0.5 * (high - low)
    likely = (slope > 0.5 * half) & (slope < 1.2 * half)
    if not likely.any():
        return None
    radius = slope[likely]
    middle = lateral[first][use][likely] - radius * facing[first][use][likely]
    off = np.abs(lateral - middle[:, None] - radius[:, None] * facing)
    best = int(np.argmax((off < 0.006).sum(axis=1)))
    agree = off[best] < 0.006
    centre = float(np.mean(lateral[agree] - radius[best] * facing[agree]))
    reach = np.array([centre - low, high - centre])
    body, handle = float(np.min(reach)), float(np.max(reach))
    if handle < (1.0 + STICKS_OUT) * body or abs(handle - radius[best]) < abs(body - radius[best]):
        return None  # as round as it looks, or half hidden
    return centre - body, centre + body


def _disc(
    points: Array, above: float, ray: Array, across: Array, pitch: float
) -> tuple[Array, Array, Array, Array]:
    """A low round thing seen from above: its near and far rims are both in view."""
    rim = points[points[:, 2] > above, :2] if (points[:, 2] > above).sum() > 30 else points[:, :2]
    axes = np.stack([ray, across])
    low, high = between(rim @ axes.T, 1.0, 99.0)
    length = (high - low) + pitch
    middle = (low + high) / 2 @ axes
    diameter = float(length[1])
    away = np.maximum(np.hypot(*(rim - middle).T) - diameter / 2, 0.0)
    # A disc is as deep as it is wide; a long thing is not.
    away = away + abs(float(length[0] - length[1])) / 4
    return middle, np.array([diameter, diameter]), np.full(2, max(0.004, pitch)), away


def _box(
    xy: Array, normals: Array, tops: Array, ray: Array, width: float, pitch: float
) -> tuple[Array, float, Array, Array, Array]:
    """Rectangle around the side points: middle, yaw, sizes, their sigmas, distances."""
    yaw = _box_yaw(xy, normals, ray)
    axes = np.array([[np.cos(yaw), np.sin(yaw)], [-np.sin(yaw), np.cos(yaw)]])
    toward = np.sign(-(axes @ ray))
    toward[toward == 0.0] = 1.0
    local = (xy @ axes.T) * toward  # visible faces are at the upper ends
    facing = np.abs(axes @ ray)  # how squarely each pair of faces is seen
    faces = np.abs(normals @ axes.T)
    known = np.hypot(*normals.T) > 0.3
    first = np.where(known, faces[:, 0] > faces[:, 1], facing[0] > facing[1])
    plane, length, sigma = np.zeros(2), np.zeros(2), np.zeros(2)
    seen = np.array([first.sum(), (~first).sum()])
    for k in (0, 1):
        mine = first if k == 0 else ~first
        if seen[k] >= 12 and facing[k] > 0.2:
            plane[k] = median(local[mine, k])
        else:
            plane[k] = percentile(local[:, k], 98.5) + pitch / 2
    top_local = (tops @ axes.T) * toward if len(tops) >= 12 else None
    for k in (0, 1):
        other = ~first if k == 0 else first  # points of the other face span this length
        spanned = other.sum() >= 12 and facing[1 - k] > 0.2
        if spanned:
            length[k] = plane[k] - percentile(local[other, k], 1.5) + pitch / 2
            sigma[k] = max(0.003, pitch)
        if top_local is not None and not (spanned and facing[1 - k] > 0.5):
            from_top = plane[k] - percentile(top_local[:, k], 2.0) + pitch / 2
            if not spanned or from_top > length[k]:
                length[k], sigma[k] = from_top, 0.006
    for k in (0, 1):
        if sigma[k] == 0.0 or length[k] < 0.01:  # this side was never seen
            guess = length[1 - k] if 0.02 < length[1 - k] < 0.12 else 0.06
            length[k], sigma[k] = max(guess, 0.01), 0.03
    middle = (toward * (plane - length / 2)) @ axes
    inside = np.minimum(plane[0] - local[:, 0], plane[1] - local[:, 1])
    away = np.where(
        (local[:, 0] > plane[0]) | (local[:, 1] > plane[1]),
        np.maximum(local[:, 0] - plane[0], local[:, 1] - plane[1]),
        inside,
    )
    return middle, yaw, length, sigma, away


def _box_yaw(xy: Array, normals: Array, ray: Array) -> float:
    """Yaw in [-45, 45) degrees off the ray: normals first, then the points themselves."""
    known = np.hypot(*normals.T) > 0.3
    start = float(np.arctan2(ray[1], ray[0]))
    if known.sum() >= 10:
        angle = np.arctan2(normals[known, 1], normals[known, 0])
        start = float(np.angle(np.exp(4j * angle).mean())) / 4
    best, least = start, np.inf
    points = _sample(xy, 250)
    last = int(0.97 * (len(points) - 1))
    for step in (np.radians(np.arange(-12.0, 12.1, 3.0)), np.radians(np.arange(-2.0, 2.1, 1.0))):
        centre = best
        for offset in step:
            yaw = centre + offset
            axes = np.array([[np.cos(yaw), np.sin(yaw)], [-np.sin(yaw), np.cos(yaw)]])
            toward = np.sign(-(axes @ ray))
            local = (points @ axes.T) * toward
            plane = np.partition(local, last, axis=0)[last]
            near = np.abs(plane - local).min(axis=1)
            loss = float(np.minimum(near, 0.015).mean())
            if loss < least - 1e-6:
                best, least = yaw, loss
    return (best + np.pi / 4) % (np.pi / 2) - np.pi / 4


def _profile(z: Array, lateral: Array, height: float, pitch: float) -> Array:
    """Widths of six slices over the largest."""
    widths = np.zeros(6)
    index = np.clip((z / height * 6).astype(int), 0, 5)
    for k in range(6):
        mine = lateral[index == k]
        if len(mine) >= 5:
            widths[k] = np.subtract(*between(mine, 98, 2)) + pitch
    most = widths.max()
    return widths / most if most > 0.0 else widths


def with_size(shape: Shape, prior: Array, spread: float = 0.08, least: float = 0.004) -> Shape:
    """Blend a class's usual size into a fit; unseen sides follow the class.

    Args:
        shape: A fit.
        prior: The class's usual extents [m], shape (3,); a box may stand turned by 90 degrees.
        spread: Relative standard deviation of sizes within the class.
        least: Its least value [m].
    """
    turned = np.array([prior[1], prior[0], prior[2]])
    sigma = np.maximum(spread * prior, least)
    options = []
    for candidate, s in ((prior, sigma), (turned, sigma[[1, 0, 2]])):
        options.append(
            (float((((shape.size - candidate) / (shape.sigma + s)) ** 2).sum()), candidate, s)
        )
    _, chosen, s = min(options, key=lambda option: option[0])
    gain = s**2 / (s**2 + shape.sigma**2)
    size = chosen + gain * (shape.size - chosen)
    grown = (size - shape.size)[:2]
    axes = np.array(
        [[np.cos(shape.yaw), np.sin(shape.yaw)], [-np.sin(shape.yaw), np.cos(shape.yaw)]]
    )
    away = np.sign(axes @ shape.ray)  # seen faces stay where they are; the body grows away
    if shape.kind is Kind.CYLINDER:
        shift = shape.ray * grown.mean() / 2
    else:
        shift = (away * grown / 2) @ axes
    middle = shape.middle.copy()
    middle[:2] += shift
    fused = np.sqrt(gain) * shape.sigma
    position = shape.position_sigma.copy()
    position[0] = max(0.004, float(np.hypot(*fused[:2])) / 2)
    return replace(shape, middle=middle, size=size, sigma=fused, position_sigma=position)
