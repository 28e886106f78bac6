"""Joint velocities that move a tip as asked: damped near singularities, away from limits."""

from __future__ import annotations

import numpy as np

from hearth_manipulation.core.kinematics import Array, Ints, fill_jacobian, place_links
from hearth_manipulation.core.model import RobotModel

LEVER = 0.3
"""A turn counts as if at this distance [m]: about the size of a forearm."""
SLOW, HALT = 0.04, 0.012
"""Smallest singular values of the weighted Jacobian at which motion is slowed, and damped most."""
DAMPING = 0.03
CENTRING = 0.3
"""How strongly free motion seeks the middle of the joints' ranges [1/s]."""
AHEAD = 0.05
"""How far ahead it is looked whether a singularity is approached [s]."""
NONE, NEARING, AT, LEAVING = 0, 1, 2, 3


class RateSolver:
    """For one tip and some joints of one robot."""

    def __init__(self, model: RobotModel, dofs: Ints, tip: str) -> None:
        self._model = model
        self._dofs = dofs
        self._chain = model.chain(tip)
        self._tip = model.link(tip)
        self._columns = np.full(len(model.dofs), -1, np.int32)
        self._columns[dofs] = np.arange(len(dofs))
        count = len(model.links)
        self._rotations, self._translations = np.empty((count, 3, 3)), np.empty((count, 3))
        span = model.upper[dofs] - model.lower[dofs]
        self._middle, self._span = 0.5 * (model.upper[dofs] + model.lower[dofs]), span
        self._weight = np.array([1.0, 1.0, 1.0, LEVER, LEVER, LEVER])

    def jacobian(self, q: Array) -> Array:
        """Of the tip in odom, turns weighted by the lever, shape (6, n)."""
        result = np.empty((6, len(self._dofs)))
        place_links(self._model.tree, q, self._chain, self._rotations, self._translations)
        fill_jacobian(
            self._model.tree, self._chain, self._columns, self._tip,
            self._rotations, self._translations, result,
        )  # fmt: skip
        return self._weight[:, None] * result

    def solve(self, q: Array, twist: Array) -> tuple[Array, int]:
        """Velocities of the joints, and what a singularity does to them.

        Args:
            q: Full configuration, shape (D,).
            twist: Linear and angular velocity in odom, shape (6,).

        Returns:
            [rad/s], shape (n,), and NONE, NEARING, AT or LEAVING.
        """
        jacobian = self.jacobian(q)
        u, s, vt = np.linalg.svd(jacobian, full_matrices=False)
        smallest = float(s[-1]) if len(s) >= 6 else 0.0
        damping = 0.0
        if smallest < SLOW:
            damping = DAMPING * (1.0 - (smallest / SLOW) ** 2)
        inverse = (vt.T * (s / (s * s + damping * damping))) @ u.T
        rates = inverse @ (self._weight * twist)
        code = self._code(q, rates, smallest)
        if code in {NEARING, AT}:
            rates *= float(np.clip((smallest - HALT) / (SLOW - HALT), 0.0, 1.0))
        if len(self._dofs) > 6 and np.any(twist):
            off = (self._middle - q[self._dofs]) / self._span
            pull = CENTRING * off * np.minimum(1.0, np.linalg.norm(rates))
            rates = rates + pull - vt.T @ (vt @ pull)
        return rates, code

    def _code(self, q: Array, rates: Array, smallest: float) -> int:
        if smallest >= SLOW or not np.any(np.abs(rates) > 1e-6):
            return NONE
        ahead = q.copy()
        ahead[self._dofs] += AHEAD * rates / max(1.0, float(np.max(np.abs(rates))))
        after = float(np.linalg.svd(self.jacobian(ahead), compute_uv=False)[-1])
        if after >= smallest:
            return LEAVING
        return AT if smallest <= HALT else NEARING
