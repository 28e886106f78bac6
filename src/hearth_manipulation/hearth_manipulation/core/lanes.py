"""Sixteen configurations at a time: forward kinematics in float32 for motion checks.

Links that the planned joints do not move against each other are one body here, and every joint
turns about (or slides along) its body's z. A body's placement in lane l stands at
``frames[body, 16 * e + l]``, where e counts the nine elements of the rotation row by row and then
the translation: with literal strides, and without slices, the compiler makes vector code of it.
The idea of checking a motion in such rakes is VAMP's (Thomason, Kingston, Kavraki, arXiv
2309.14545); this is written from the paper.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from hearth_core.jit import kernel

from hearth_manipulation.core.kinematics import Ints

Floats = npt.NDArray[np.float32]
FAST = {"contract", "reassoc", "nsz", "arcp"}
"""NaN and infinity keep their meaning: a check against NaN must not come out free."""
f32 = np.float32


class Lanes(NamedTuple):
    """A robot folded for one set of joints and one posture of all the others."""

    parent: Ints
    """Of each body; body 0 stands still in the world, shape (N,)."""
    rotation: Floats
    """Joint in its parent body at zero, row by row, shape (N, 9)."""
    translation: Floats
    """[m], shape (N, 3)."""
    kind: Ints
    """1 revolute, 2 prismatic, shape (N,)."""
    column: Ints
    """Which of the planned joints moves it, shape (N,)."""
    multiplier: Floats
    offset: Floats
    body_of: Ints
    """Body of every link, shape (L,)."""
    first: Ints
    """First sphere of every link, shape (L + 1,)."""
    center: Floats
    """Spheres [m] in their bodies, shape (S, 3)."""
    radius: Floats
    bound: Floats
    """Sphere around each link's spheres: x, y, z, radius [m] in the body, shape (L, 4)."""
    moving: Ints
    """Links with spheres that move, those of one body after each other, the last body first."""
    moving_first: Ints
    """Where each body's begin among ``moving``, from the last body to body 1, shape (N,)."""
    around: Floats
    """Sphere around each body's links: x, y, z, radius [m] in the body, shape (N, 4)."""
    reach: Floats
    """Ball that each body's spheres never leave: x, y, z, radius [m], shape (N, 4)."""
    in_field: npt.NDArray[np.bool_]
    pairs: Ints
    """Spheres of the first link against solids of the second, shape (P, 2)."""
    group_first: Ints
    """Where each group of pairs between two units begins among ``pairs``, shape (Q + 1,)."""
    group_units: Ints
    """A unit is a moving body, or N + i: link i that stands still, shape (Q, 2)."""
    solid_first: Ints
    solid_kind: Ints
    """0 box, 1 cylinder, 2 capsule, 3 sphere."""
    solid: Floats
    """Centre, half extents (or radius, half length), rotation in the body, shape (G, 15)."""


@kernel
def new_frames(lanes: Lanes) -> Floats:
    """Room for the placements of all bodies, shape (N, 192); body 0 is placed."""
    frames = np.zeros((lanes.parent.shape[0], 192), f32)
    for e in (0, 4, 8):
        frames[0, 16 * e : 16 * e + 16] = f32(1.0)
    return frames


@kernel(fastmath=FAST)
def _turns(values: Floats, j: int, scale: float, shift: float, scratch: Floats) -> None:
    """Sines and cosines of one joint in all lanes, at 192 and 208 of the scratch."""
    for i in range(16):
        # Half the angle within a quarter turn, by its series; then double it.
        x = values[j, i] * scale + shift
        turns = f32(np.int32(x * f32(0.15915494) + f32(1024.5)) - np.int32(1024))
        # 2 pi in two parts keeps all digits of the difference.
        h = f32(0.5) * ((x - turns * f32(6.28125)) - turns * f32(0.0019353072))
        z = h * h
        s = f32(1 / 362880) + z * f32(-1 / 39916800)
        s = h * (f32(1) + z * (f32(-1 / 6) + z * (f32(1 / 120) + z * (f32(-1 / 5040) + z * s))))
        c = f32(1 / 40320) + z * (f32(-1 / 3628800) + z * f32(1 / 479001600))
        c = f32(1) + z * (f32(-0.5) + z * (f32(1 / 24) + z * (f32(-1 / 720) + z * c)))
        scratch[192 + i] = f32(2) * s * c
        scratch[208 + i] = f32(1) - f32(2) * s * s


@kernel(fastmath=FAST)
def _place_row(f: Floats, t: Floats, b: int, row: int, scratch: Floats, frames: Floats) -> None:
    """One row of a body's placement behind a turned joint at ``f`` and ``t`` in its parent."""
    f0, f1, f2, f3, f4 = f[b, 0], f[b, 1], f[b, 2], f[b, 3], f[b, 4]
    f5, f6, f7, f8 = f[b, 5], f[b, 6], f[b, 7], f[b, 8]
    t0, t1, t2 = t[b, 0], t[b, 1], t[b, 2]
    for i in range(16):
        a0, a1 = scratch[48 * row + i], scratch[48 * row + 16 + i]
        a2 = scratch[48 * row + 32 + i]
        g0 = a0 * f0 + a1 * f3 + a2 * f6
        g1 = a0 * f1 + a1 * f4 + a2 * f7
        sine, cosine = scratch[192 + i], scratch[208 + i]
        frames[b, 48 * row + i] = cosine * g0 + sine * g1
        frames[b, 48 * row + 16 + i] = cosine * g1 - sine * g0
        frames[b, 48 * row + 32 + i] = a0 * f2 + a1 * f5 + a2 * f8
        frames[b, 144 + 16 * row + i] = a0 * t0 + a1 * t1 + a2 * t2 + scratch[144 + 16 * row + i]


@kernel(fastmath=FAST)
def _slide(
    values: Floats, j: int, scale: float, shift: float, b: int, row: int, frames: Floats
) -> None:
    """Move one row of a body's placement along its z, as far as its joint is out."""
    for i in range(16):
        out = values[j, i] * scale + shift
        frames[b, 144 + 16 * row + i] += frames[b, 48 * row + 32 + i] * out


@kernel(fastmath=FAST, forceinline=True)
def place_lanes(lanes: Lanes, values: Floats, frames: Floats, scratch: Floats) -> None:
    """Place all bodies in all lanes.

    Args:
        lanes: The robot.
        values: Planned joints, shape (n, 16).
        frames: Filled, shape (N, 192).
        scratch: Memory to work in, shape (224,).
    """
    # Taken out of the tuple once: every mention there costs a reference count.
    parent, kind, column = lanes.parent, lanes.kind, lanes.column
    multiplier, offset = lanes.multiplier, lanes.offset
    rotation, translation = lanes.rotation, lanes.translation
    for b in range(1, parent.shape[0]):
        p = parent[b]
        j, scale, shift = column[b], multiplier[b], offset[b]
        for i in range(192):
            scratch[i] = frames[p, i]
        slides = kind[b] != 1
        if slides:
            for i in range(16):
                scratch[192 + i], scratch[208 + i] = f32(0.0), f32(1.0)
        else:
            _turns(values, j, scale, shift, scratch)
        for row in range(3):
            _place_row(rotation, translation, b, row, scratch, frames)
            if slides:
                _slide(values, j, scale, shift, b, row, frames)


@kernel(inline="always")
def lane_points(
    frames: Floats, b: int, x: float, y: float, z: float, points: Floats, at: int
) -> None:
    """A body's point in the world, in all lanes, to row ``at``: x at 0, y at 16, z at 32."""
    for i in range(16):
        points[at, i] = (
            frames[b, i] * x + frames[b, 16 + i] * y + frames[b, 32 + i] * z + frames[b, 144 + i]
        )
        points[at, 16 + i] = (
            frames[b, 48 + i] * x
            + frames[b, 64 + i] * y
            + frames[b, 80 + i] * z
            + frames[b, 160 + i]
        )
        points[at, 32 + i] = (
            frames[b, 96 + i] * x
            + frames[b, 112 + i] * y
            + frames[b, 128 + i] * z
            + frames[b, 176 + i]
        )


@kernel(inline="always")
def lane_locals(frames: Floats, b: int, points: Floats, at: int, out: Floats) -> None:
    """Points of the world (row ``at``) in a body's frame, in all lanes, to row 0 of ``out``."""
    for i in range(16):
        x, y = points[at, i] - frames[b, 144 + i], points[at, 16 + i] - frames[b, 160 + i]
        z = points[at, 32 + i] - frames[b, 176 + i]
        out[0, i] = frames[b, i] * x + frames[b, 48 + i] * y + frames[b, 96 + i] * z
        out[0, 16 + i] = frames[b, 16 + i] * x + frames[b, 64 + i] * y + frames[b, 112 + i] * z
        out[0, 32 + i] = frames[b, 32 + i] * x + frames[b, 80 + i] * y + frames[b, 128 + i] * z
