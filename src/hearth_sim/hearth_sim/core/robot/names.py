"""Names inside a MuJoCo world: everything of robot ``r`` begins with ``r/``."""

from dataclasses import dataclass

from hearth_description.core.model import RobotModel

BASE_DRIVES = ("drive_x", "drive_y", "drive_yaw")
FREE_JOINT = "base_free_joint"
WEIGHT = "_weight"
"""Ending of the motors that carry the robot's own weight."""
GROUP_VISIBLE = 2
"""Geom group of what a camera sees."""
GROUP_HIDDEN = 3
"""Geom group of collision shapes that stand for something nicer to look at."""


@dataclass(frozen=True, eq=False)
class Scope:
    """A robot's name and what it is made of."""

    name: str
    model: RobotModel

    def of(self, name: str) -> str:
        """``name`` of a link, joint, camera, ... as it is called in the world."""
        return f"{self.name}/{name}"

    def touch_links(self) -> tuple[str, ...]:
        """Fingertip links with a pressure sensor."""
        return tuple(name for name in self.model.links if name.endswith("_tip_link"))
