"""Which transforms of a model are due, given joint positions."""

from collections.abc import Sequence

import numpy as np
from hearth_core.geometry import Transform

from hearth_description.core.model import RobotModel
from hearth_description.core.parts import Array
from hearth_description.core.tf_bytes import TransformsMessage


class JointTransforms:
    """Transforms of some moving joints, at most ``rate`` times a second.

    Joints never heard of are left out until they are: a transform nobody measured is not zero.
    """

    def __init__(self, model: RobotModel, joints: Sequence[str], rate: float) -> None:
        """Prepare.

        Args:
            model: The robot.
            joints: Moving joints whose transforms to make; coupled ones that no message names
                follow the joint they mimic.
            rate: [Hz] of the stamps given to :meth:`update`.
        """
        self._kinematics = model.kinematics
        self._all = np.array([self._kinematics.index[name] for name in joints], dtype=np.intp)
        self._leader = np.arange(len(self._kinematics.names))
        for joint in self._kinematics.moving:
            if joint.mimic is not None:
                index = self._kinematics.index
                self._leader[index[joint.name]] = index[joint.mimic.joint]
        self._period = 1.0 / rate
        self._next = -np.inf
        self._known = np.zeros(len(self._kinematics.names), dtype=bool)
        self._q = np.zeros(len(self._kinematics.names))
        self._names: tuple[str, ...] = ()
        self._slots = np.zeros(0, dtype=np.intp)
        self._order = np.zeros(0, dtype=np.intp)
        self._rows = np.zeros(0, dtype=np.intp)
        self._message = TransformsMessage([])

    def update(self, stamp: float, names: Sequence[str], positions: Array) -> bytes | None:
        """Take joint positions; the serialised TFMessage when one is due.

        Args:
            stamp: Time of the reading [s].
            names: Joints of the reading; unknown ones are another model's and ignored.
            positions: [rad or m], in the order of ``names``.
        """
        if stamp < self._next - 2.0 * self._period:
            self._next = stamp  # the clock was set back
        if stamp < self._next - 0.1 * self._period or not len(self._all):
            return None
        self._next = max(self._next, stamp - self._period) + self._period
        self._learn(tuple(names))
        self._q[self._slots] = positions[self._order]
        if not len(self._rows):
            return None
        q = self._kinematics.couple(self._q, keep=frozenset(self._names))
        translations, quaternions = self._kinematics.local(q)
        return self._message.fill(stamp, translations[self._rows], quaternions[self._rows])

    def _learn(self, names: tuple[str, ...]) -> None:
        """Where this message's joints go; cheap while the names stay the same."""
        if names == self._names:
            return
        self._names = names
        index = self._kinematics.index
        self._order = np.array([i for i, n in enumerate(names) if n in index], dtype=np.intp)
        self._slots = np.array([index[names[i]] for i in self._order], dtype=np.intp)
        self._known[self._slots] = True
        known = self._known | self._known[self._leader]
        self._rows = self._all[known[self._all]]
        joints = [self._kinematics.moving[i] for i in self._rows]
        self._message = TransformsMessage([(joint.parent, joint.child) for joint in joints])


def fixed_transforms(model: RobotModel) -> list[tuple[str, str, Transform]]:
    """Parent, child and ``parent_from_child`` of every fixed joint."""
    return [
        (joint.parent, joint.child, joint.parent_from_joint)
        for joint in model.joints.values()
        if not joint.moves
    ]
