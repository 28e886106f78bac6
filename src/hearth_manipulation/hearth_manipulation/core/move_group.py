"""Planning for one group of joints as clients ask for it: goals, IK, lines, states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
from hearth_core.errors import BadInputError
from hearth_core.geometry import Transform, interpolate

from hearth_manipulation.core.collision import find_collision, hits_between
from hearth_manipulation.core.exact import links_touch
from hearth_manipulation.core.kinematics import Array
from hearth_manipulation.core.model import Group
from hearth_manipulation.core.planning import Planner
from hearth_manipulation.core.scene import Scene
from hearth_manipulation.core.targets import PlanningError, Target
from hearth_manipulation.core.timing import Trajectory

SAMPLES_PER_SECOND = 50_000
"""How many samples a search draws in a second of planning time, about."""
FRACTION = 0.01
"""How finely the part of a line that can be reached is told."""
CONTACTS = 16
"""Most contacts told of one state."""


@dataclass(frozen=True, eq=False)
class Aim:
    """One way of being at the goal: joints within intervals, tips at poses."""

    joints: Mapping[str, tuple[float, float, float]] = field(default_factory=dict)
    """Value, and how much less and more will do [rad or m], by joint."""
    tips: Mapping[str, Target] = field(default_factory=dict)
    """In the planning frame, by link."""
    any_rotation: frozenset[str] = frozenset()
    """Tips whose rotation does not matter."""


@dataclass(frozen=True, eq=False)
class Request:
    """What to plan."""

    group: Group
    start: Array
    """Full configuration, shape (D,)."""
    aims: Sequence[Aim]
    """Any of them."""
    upright: tuple[str, tuple[float, float, float], float] | None = None
    """(tip, axis of the tip, tolerance [rad]) kept near the world's z on the way."""
    speed: float = 1.0
    """Fraction of the limits, 0 < speed <= 1."""
    seconds: float = 5.0
    """Planning time allowed [s], taken as a number of samples: the same plan on any machine."""
    attempts: int = 1
    margin: float = 0.01
    """Distance kept to the world [m]."""
    seed: int = 0


@dataclass(frozen=True)
class Contact:
    """Two things that touch."""

    link: str
    other: str
    kind: str
    """``link``, ``thing`` or ``seen``."""


class MoveGroup:
    """Plans by group name for one robot. Pure: no clock, no scene of its own."""

    def __init__(self, planner: Planner) -> None:
        self.planner = planner

    def plan(self, request: Request, scene: Scene) -> tuple[Trajectory, Array]:
        """A timed, checked motion to the nearest aim; also its path, shape (N, D).

        Raises:
            PlanningError: As :meth:`Planner.plan`, or ``unreachable``, ``path_in_collision``.
            BadInputError: Something is not finite, or there is no aim.
        """
        joints = request.group.joints
        goals = self.goals(request)
        path = self.planner.plan(
            joints,
            request.start,
            goals,
            scene,
            margin=request.margin,
            upright=request.upright,
            seed=request.seed,
            samples=int(np.clip(request.seconds * SAMPLES_PER_SECOND, 2_000, 500_000)),
            tries=max(1, min(request.attempts, 8)),
        )
        return self.planner.timed(joints, path, scene, request.speed), path

    def goals(self, request: Request) -> list[Array]:
        """Configurations that meet an aim, those nearest to the start first.

        Raises:
            PlanningError: ``unreachable``, ``goal_out_of_limits``.
            BadInputError: No aim, or something not finite.
        """
        if not request.aims:
            raise BadInputError("a plan needs at least one goal")
        found: list[Array] = []
        last: PlanningError | None = None
        for aim in request.aims:
            try:
                found += self._meet(request, aim)
            except PlanningError as error:
                last = error
        if not found:
            assert last is not None
            raise last
        return found

    def inverse(
        self,
        group: Group,
        aim: Aim,
        seed: Array,
        scene: Scene | None,
        tries: int = 48,
        random_seed: int = 0,
    ) -> Array:
        """A configuration that meets the aim, free of collisions where a scene is given.

        Raises:
            PlanningError: ``unreachable`` or ``goal_in_collision``.
        """
        request = Request(group, seed, [aim], seed=random_seed)
        hit = ""
        for q in self._meet(request, aim, tries):
            touched = scene and self.planner.collision(group.joints, q, scene)
            if not touched:
                return q
            hit = touched
        raise PlanningError("goal_in_collision", f"every posture found collides: {hit}")

    def cartesian(
        self,
        group: Group,
        tip: str,
        start: Array,
        waypoints: Sequence[Transform],
        scene: Scene | None,
        step: float,
    ) -> tuple[Array, float, str]:
        """Straight ways through waypoints as far as they can be followed.

        Args:
            group: Whose joints move.
            tip: Link.
            start: Full configuration.
            waypoints: Poses of the tip in the planning frame.
            scene: The world; None: only the robot itself is checked.
            step: Between points [m].

        Returns:
            Path of shape (N, D), the fraction of the way it covers, and what ended it (empty: all
            of it was covered). Ways count by length, turns as if at 0.3 m.
        """
        poses = [self.planner.model.pose(start, tip), *waypoints]
        lengths = np.array([_way(a, b) for a, b in pairwise(poses)])
        total, done = max(float(lengths.sum()), 1e-9), 0.0
        path = np.asarray(start, float)[None]
        for begin, end, length in zip(poses, poses[1:], lengths, strict=False):
            if length < 1e-6:
                continue
            piece, share, why = self._line(group, tip, path[-1], begin, end, scene, step)
            path = np.concatenate([path, piece[1:]])
            done += share * float(length)
            if why:
                return path, done / total, why
        return path, 1.0, ""

    def contacts(self, joints: Sequence[str], q: Array, scene: Scene) -> list[Contact]:
        """What a configuration touches, of the world and of itself.

        Spheres of two links that meet are no contact yet: the links' own shapes decide.
        """
        model = self.planner.model
        body = self.planner.body(model.indices(joints))
        rotations, translations = model.place(q)
        found = []
        for pair in body.pairs[hits_between(body, rotations, translations) > 0.0]:
            one, two = int(pair[0]), int(pair[1])
            if links_touch(model, one, two, rotations, translations):
                found.append(Contact(model.links[one], model.links[two], "link"))
        alone = body._replace(pairs=body.pairs[:0])
        while len(found) < CONTACTS:
            kind, index, link = find_collision(alone, scene.packed, rotations, translations, 0.0)
            if kind == 0:
                break
            name = scene.describe_hit(kind, index, model.links)
            found.append(Contact(model.links[link], name, "seen" if kind == 3 else "thing"))
            scene = scene.with_seen(None) if kind == 3 else scene.without([name])
        return found

    def _meet(self, request: Request, aim: Aim, tries: int = 24) -> list[Array]:
        model, group = self.planner.model, request.group
        q = np.array(request.start, float)
        for name, (value, _, _) in aim.joints.items():
            if name not in group.joints:
                raise BadInputError(
                    f"joint {name!r} is not in group {group.name!r}; it has {list(group.joints)}"
                )
            if not np.isfinite(value):
                raise BadInputError(f"the goal of joint {name!r} is not finite")
            q[model.dof(name)] = value
        if not aim.tips:
            return [q]
        if len(aim.tips) == 1:
            found = self._reach(request, aim, q, tries)
        else:
            found = self._reach_all(request, aim, q)
        kept = [s for s in found if self._within(aim, s)]
        if not kept:
            tips = ", ".join(aim.tips)
            raise PlanningError("unreachable", f"no posture of {group.name} puts {tips} there")
        dofs = model.indices(group.joints)
        start = np.asarray(request.start)[dofs]
        kept.sort(key=lambda s: float(np.linalg.norm(s[dofs] - start)))
        return kept

    def _reach(self, request: Request, aim: Aim, q: Array, tries: int) -> list[Array]:
        ((tip, target),) = aim.tips.items()
        targets = [target]
        if tip in aim.any_rotation:
            now = self.planner.model.pose(q, tip).rotation
            random = np.random.default_rng(request.seed)
            turns = [Transform.from_xyz_quaternion((0, 0, 0), random.normal(size=4)).rotation
                     for _ in range(15)]  # fmt: skip
            targets = [
                replace(target, pose=Transform(turn, target.pose.translation))
                for turn in (now, *turns)
            ]
        found = []
        for factor in (1, 4, 8):
            for one in targets:
                solutions = self.planner.inverse(
                    request.group.joints, tip, one, q, factor * tries, request.seed
                )
                found += [s.q for s in solutions if self._within(aim, s.q)]
            if found:
                break
        return found

    def _reach_all(self, request: Request, aim: Aim, q: Array, wanted: int = 6) -> list[Array]:
        found: list[Array] = []
        for k in range(wanted):
            seed = q if k == 0 else self._anywhere(request, q, k)
            try:
                found.append(
                    self.planner.solve(
                        request.group.joints, aim.tips, seed, random_seed=request.seed + k
                    )
                )
            except PlanningError:
                if k == 0:  # a hundred seeds found nothing: no more will
                    break
        return found

    def _anywhere(self, request: Request, q: Array, number: int) -> Array:
        dofs = self.planner.model.indices(request.group.joints)
        random = np.random.default_rng(1000 * request.seed + number)
        result = q.copy()
        lower, upper = self.planner.model.lower[dofs], self.planner.model.upper[dofs]
        result[dofs] = random.uniform(np.maximum(lower, -np.pi), np.minimum(upper, np.pi))
        return result

    def _within(self, aim: Aim, q: Array) -> bool:
        return all(
            value - below - 1e-9 <= q[self.planner.model.dof(name)] <= value + above + 1e-9
            for name, (value, below, above) in aim.joints.items()
        )

    def _line(
        self,
        group: Group,
        tip: str,
        q: Array,
        begin: Transform,
        end: Transform,
        scene: Scene | None,
        step: float,
    ) -> tuple[Array, float, str]:
        """One straight way: its path, the fraction covered, and why no more."""
        why = ""
        low, high = 0.0, 1.0
        path = q[None]
        share = 1.0
        while True:
            target = Target(interpolate(begin, end, share))
            try:
                path = self.planner.line(group.joints, tip, q, target, scene, step=step)
                low = share
            except PlanningError as error:
                high, why = share, f"{error.reason}: {error}"
            if high - low <= FRACTION or low == 1.0:
                return path, low, "" if low == 1.0 else why
            share = 0.5 * (low + high)


def _way(begin: Transform, end: Transform) -> float:
    turn = 2.0 * np.arccos(min(1.0, abs(float(begin.quaternion() @ end.quaternion()))))
    return float(np.linalg.norm(end.translation - begin.translation) + 0.3 * turn)
