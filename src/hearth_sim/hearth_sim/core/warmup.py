"""Compile the numba kernels once, so that no run waits for them."""

from __future__ import annotations

import numpy as np

from hearth_sim.core.render_noise import DepthErrors, noisy_color, noisy_depth


def main() -> None:
    """Run every kernel on a tiny input."""
    noisy_depth(np.full((4, 4), 0.5, np.float32), 100.0, 1, DepthErrors())
    noisy_color(np.zeros((4, 4, 3), np.uint8), 1)


if __name__ == "__main__":
    main()
