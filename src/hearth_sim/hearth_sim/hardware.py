"""What ``hearth_drivers/body`` calls: ``hardware: hearth_sim.hardware:make_hardware``."""

from __future__ import annotations

from collections.abc import Mapping

from hearth_core.errors import UnknownNameError
from hearth_core.ports import RobotHardware

from hearth_sim.core import registry


def make_hardware(robot: str, options: Mapping[str, str]) -> RobotHardware:
    """Ports of a robot of the world that runs in this process; waits up to 30 s for it.

    Args:
        robot: Its name, which is the last part of its namespace.
        options: None are known.

    Raises:
        HearthError: There is no world in this process.
        UnknownNameError: The world has no such robot, or an option is not known.
    """
    for option in options:
        raise UnknownNameError("option of simulated hardware", option, [])
    return registry.find().hardware(robot)
