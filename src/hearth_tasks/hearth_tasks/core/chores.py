"""The behaviour tree of every kind of task."""

from __future__ import annotations

from collections.abc import Sequence

from hearth_core.geometry import Pose2
from hearth_core.home.model import Articulation, Home, Place
from py_trees.behaviour import Behaviour

from hearth_tasks.core.behaviours import Drive, Journal, Step, Tidy, retry, sequence, whatever
from hearth_tasks.core.sentences import Bring, Go, Move, Take, Task, door_of
from hearth_tasks.core.skills import (
    AskDoor,
    Close,
    ConfirmDoor,
    Find,
    Open,
    Pick,
    Posture,
    Put,
    Request,
    Skills,
)
from hearth_tasks.core.staging import Distances, Staging


class Chores:
    """Builds trees whose leaves share one robot and one journal."""

    def __init__(
        self, home: Home, skills: Skills, journal: Journal, distances: Distances | None = None
    ) -> None:
        self._home = home
        self._skills = skills
        self._journal = journal
        self._staging = Staging(home, distances)

    def build(self, task: Task) -> Behaviour:
        """The tree of one task."""
        match task:
            case Bring() | Take():
                return self._bring(task)
            case Go():
                return sequence("go", self._posture("carry"), self._go(task))
            case Move(place, joint, True):
                return sequence("open", self._posture("carry"), self._open(place, joint))
            case Move(place, joint, _):
                return sequence("close", self._posture("carry"), self._close(place, joint))

    def _bring(self, task: Bring | Take) -> Behaviour:
        joint = door_of(task.source, task.surface)
        source = task.source
        steps = [self._posture("carry")]
        if joint is not None:
            steps.append(self._open(source, joint))
        steps.append(self._pick(task, joint))
        if joint is not None:
            # A door that will not close is reported, and the milk is still brought.
            steps.append(whatever(self._close(source, joint)))
        if isinstance(task, Take):
            return sequence(f"take {task.label} out", *steps)
        steps += [self._put(task, source), whatever(self._posture("carry"))]
        return sequence(f"bring {task.label}", *steps)

    def _go(self, task: Go) -> Behaviour:
        target = task.target
        if task.pose is not None:
            return self._drive(target.name, [task.pose])
        if target.place is not None:
            return self._drive(target.name, self._staging.around(target.place))
        return self._drive(target.name, self._staging.within(target.room))

    def _open(self, place: Place, joint: Articulation) -> Behaviour:
        attempt = sequence(
            f"open {place.name}",
            self._tidy(),
            self._drive(place.name, self._staging.before_handle(place, joint)),
            self._step(f"pull {place.name} open", Open(f"{place.name}/{joint.name}")),
        )
        tree: list[Behaviour] = [self._retry(3, attempt)]
        if place.kind == "refrigerator":
            tree.insert(0, self._step(f"ask for {place.name}'s door", AskDoor(place.name)))
            tree.append(whatever(self._confirm(place, opened=True)))
        return sequence(f"opened {place.name}", *tree)

    def _close(self, place: Place, joint: Articulation) -> Behaviour:
        attempt = sequence(
            f"close {place.name}",
            self._tidy(),
            self._drive(f"{place.name} door", self._staging.before_closing(place, joint)),
            self._step(f"push {place.name} shut", Close(f"{place.name}/{joint.name}")),
        )
        tree: list[Behaviour] = [self._retry(2, attempt)]
        if place.kind == "refrigerator":
            tree.append(self._confirm(place, opened=False))
        return self._retry(2, sequence(f"closed {place.name}", *tree))

    def _pick(self, task: Bring | Take, joint: Articulation | None) -> Behaviour:
        where = f"{task.source.name}/{task.surface.name}" if task.surface else task.source.name
        look_and_pick = sequence(
            f"take {task.label}",
            self._tidy(),
            self._step(f"find {task.label}", Find(task.label, where)),
            self._step(f"pick {task.label}", Pick(task.label, where)),
        )
        return self._retry(
            2,
            sequence(
                f"get {task.label}",
                self._drive(task.source.name, self._staging.before_inside(task.source, joint)),
                self._retry(2, look_and_pick),
            ),
        )

    def _put(self, task: Bring, coming_from: Place) -> Behaviour:
        place = task.destination
        where = f"{place.name}/{task.onto.name}" if task.onto else place.name
        stands = self._staging.around(place, coming_from.pose)
        attempt = sequence(
            f"put on {place.name}",
            self._tidy(),
            self._drive(place.name, stands),
            self._retry(2, self._step(f"put down on {place.name}", Put(where))),
        )
        return self._retry(min(4, len(stands)), attempt)

    def _drive(self, where: str, stands: Sequence[Pose2]) -> Behaviour:
        return Drive(where, self._skills, stands, self._journal)

    def _retry(self, times: int, child: Behaviour) -> Behaviour:
        return retry(times, child, self._journal)

    def _confirm(self, place: Place, *, opened: bool) -> Behaviour:
        word = "open" if opened else "closed"
        return self._step(f"hear {place.name} {word}", ConfirmDoor(place.name, opened))

    def _tidy(self) -> Behaviour:
        return Tidy(self._skills, self._journal)

    def _posture(self, name: str) -> Behaviour:
        return self._step(f"posture {name}", Posture("all", name))

    def _step(self, name: str, request: Request) -> Step:
        return Step(name, self._skills, request, self._journal)
