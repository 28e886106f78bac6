"""What fell over is picked up as it lies and stood up again."""

from __future__ import annotations

import numpy as np
import pytest
from hearth_core.geometry import Transform
from hearth_manipulation.core.context import Held
from hearth_manipulation.core.grasps import Hand, top_pinches
from hearth_manipulation.core.lying import as_standing, upper_end
from hearth_manipulation.core.ports import Sighting


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("yaw", [0.0, 0.8, 2.5, -1.2])
def test_a_fallen_carton_is_held_so_that_the_hand_can_stand_it_up(side: str, yaw: float) -> None:
    stood = Transform(np.eye(3), np.array([0.7, 0.1, 0.84]))
    toward = np.array([np.cos(yaw), np.sin(yaw), 0.0])
    lies = Transform.from_xyz_rpy((0.7 + 0.1 * toward[0], 0.1 + 0.1 * toward[1], 0.775),
                                  (0.0, 0.0, yaw + np.pi))  # fmt: skip
    fallen = Sighting("x", "milk_carton", lies, np.array([0.20, 0.072, 0.07]), "box", 0.0)
    top = upper_end(fallen, stood)
    assert top == pytest.approx(toward)
    grasps = [g for g in top_pinches(fallen, side, 0.0, Hand()) if g.pose.rotation[:, 2] @ top > 0]
    assert grasps
    for grasp in grasps:
        held = Held("x", "milk_carton", fallen.size, "box", grasp.pose.inverse() @ lies)
        standing = as_standing(held, lies, top)
        assert np.linalg.det(standing.in_grasp.rotation) == pytest.approx(1.0)
        assert standing.size == pytest.approx([0.07, 0.072, 0.20])
        assert standing.in_grasp.translation == pytest.approx(held.in_grasp.translation)
        # With the hand level, index finger up, the carton's upper end is up.
        assert standing.in_grasp.rotation[2, 2] == pytest.approx(1.0)
