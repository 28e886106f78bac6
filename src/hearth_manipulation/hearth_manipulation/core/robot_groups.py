"""Groups of the household robot as planning clients name them, with the tips they move."""

from __future__ import annotations

from dataclasses import replace

from hearth_core.frames import ARM_JOINTS, SIDES, grasp_frame
from hearth_description.core.model import RobotModel as Description
from hearth_description.core.postures import Semantics

from hearth_manipulation.core.model import Group, RobotModel


def semantic_groups(model: RobotModel, semantics: Semantics) -> dict[str, Group]:
    """The SRDF's groups: an arm's tip is its grasp frame, of other chains their last links."""
    found = {}
    for name, joints in semantics.groups.items():
        tips = [
            grasp_frame(side)
            for side in SIDES
            if ARM_JOINTS[side][-1] in joints and grasp_frame(side) in model.links
        ]
        found[name] = Group(name, tuple(joints), tuple(tips or _ends(model, joints)))
    return found


def make_model(description: Description, semantics: Semantics) -> RobotModel:
    """Pack the robot with the SRDF's groups, postures and pairs that may touch."""
    model = RobotModel.from_description(description, semantics.disabled)
    return replace(model, groups=semantic_groups(model, semantics), states=dict(semantics.states))


def _ends(model: RobotModel, joints: tuple[str, ...]) -> list[str]:
    """Links that joints of the group move and below which no other of them moves anything."""
    dofs = {int(i) for i in model.indices(joints)}
    moved = [i for i, dof in enumerate(model.tree.dof) if int(dof) in dofs]
    above = {link for i in moved for link in model.ancestors(i)[1:]}
    return [model.links[i] for i in moved if i not in above]
