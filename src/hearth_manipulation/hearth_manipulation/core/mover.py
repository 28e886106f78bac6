"""Move arms, torso and hands: plan, time, send, wait. Everything stops when the skill does."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from hearth_core.errors import HearthError
from hearth_core.frames import ARM_JOINTS, GROUPS, SIDES, TORSO_JOINTS, grasp_frame
from hearth_core.geometry import Transform

from hearth_manipulation.core.kinematics import Array
from hearth_manipulation.core.planning import Planner, PlanningError, Target
from hearth_manipulation.core.ports import Body, Motion
from hearth_manipulation.core.scene import Scene, SeenSurfaces
from hearth_manipulation.core.timing import Trajectory
from hearth_manipulation.core.watching import LiveCheck, TrajectoryWatch

TICK = 0.02
"""How often waiting looks up [s]."""


PATIENCE = 8.0
"""How much longer than planned a motion may take; controllers notice failure sooner [s]."""
DETOURS = 2
"""So many times another way is looked for after something got into the way."""
WAITING = 10.0
"""How long a straight way is kept waiting for somebody to leave it [s]."""
AT_REST = 0.5
"""Joints that were told to stop have stopped after this [s]."""
THERE = 0.05
"""Joints this near to a motion's end are there, whatever became of the answer [rad or m]."""


class MotionError(HearthError):
    """A controller did not do what it was told."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def arm(side: str, torso: bool = True) -> tuple[str, ...]:
    """Joints of an arm, with the torso or without."""
    return (*(TORSO_JOINTS if torso else ()), *ARM_JOINTS[side])


class Mover:
    """Planned motion of one body."""

    def __init__(self, body: Body, planner: Planner, speed: float = 0.5) -> None:
        """Move ``body`` at ``speed`` (fraction of the limits)."""
        self.body = body
        self.planner = planner
        self.speed = speed
        self._fingers: dict[str, Array] = {}
        self.live: Callable[[Scene | None], Callable[[], Scene | None]] | None = None
        """Given the planned scene, gives the newest one whenever asked while the motion runs;
        without one, that of people only."""
        self.seen: Callable[[Scene], SeenSurfaces | None] = lambda _scene: None
        """Given what is known, what the depth camera sees besides; None: nobody looks."""
        self._newest: Callable[[], Scene | None] = lambda: None
        self.on_path: Callable[[Array, str], None] = lambda _path, _tip: None
        """Told of every path before it is driven, with the link whose way matters."""

    def configuration(self) -> Array:
        """Full configuration now, base in odom."""
        base = self.body.base()
        return self.planner.model.configuration(
            self.body.joints(), np.array([base.x, base.y, base.yaw])
        )

    def pose(self, link: str) -> Transform:
        """Pose of a link in odom now."""
        return self.planner.model.pose(self.configuration(), link)

    def go(
        self,
        joints: Sequence[str],
        goals: Sequence[Array],
        scene: Scene,
        *,
        margin: float = 0.015,
        upright: str | None = None,
        speed: float | None = None,
    ) -> Array:
        """Plan to the nearest free goal and go there; returns where it ended.

        Args:
            joints: Degrees of freedom that may move.
            goals: Full configurations.
            scene: The world.
            margin: Distance kept to it [m].
            upright: Side whose grasp frame keeps its z up; None: any.
            speed: Fraction of the limits; None: the mover's.

        What the depth camera sees besides is gone around where that is possible. Something that
        gets into the way stops the motion; another way round it is then looked for.

        Raises:
            PlanningError: No way.
            MotionError: The controller failed, or ``path_blocked`` again and again.
        """
        constraint = None
        if upright is not None:
            constraint = (grasp_frame(upright), (0.0, 0.0, 1.0), 0.35)
        field = scene.seen or self.seen(scene)
        around = [scene] if field is None else [scene.with_seen(field), scene]
        for left in range(DETOURS, -1, -1):
            path, trajectory, free = self._around(joints, goals, around, margin, constraint, speed)
            try:
                self.execute(joints, trajectory, path, free)
                break
            except MotionError as error:
                if error.reason != "path_blocked" or not left:
                    raise
            self.body.pause(AT_REST)
            around = [self._newest() or free]
        return path[-1]

    def _around(
        self,
        joints: Sequence[str],
        goals: Sequence[Array],
        scenes: Sequence[Scene],
        margin: float,
        upright: tuple[str, tuple[float, float, float], float] | None,
        speed: float | None,
    ) -> tuple[Array, Trajectory, Scene]:
        """A way in the first of some scenes that leaves one, timed, and that scene.

        Work begins and ends close to things that the camera sees a little beside where they are
        known to be, or that are about to be touched: then what is known has to do.
        """
        for scene in scenes:
            try:
                path = self.planner.plan(
                    joints, self.configuration(), goals, scene, margin=margin, upright=upright
                )
                return path, self.planner.timed(joints, path, scene, speed or self.speed), scene
            except PlanningError as error:
                problem = error
        raise problem

    def go_named(
        self,
        joints: Sequence[str],
        values: Mapping[str, float],
        scene: Scene,
        *,
        upright: str | None = None,
        speed: float | None = None,
    ) -> None:
        """Go to joint values by name (others of ``joints`` stay)."""
        goal = self.configuration()
        for name, value in values.items():
            goal[self.planner.model.dof(name)] = value
        self.go(joints, [goal], scene, upright=upright, speed=speed)

    def line(
        self,
        side: str,
        target: Transform,
        scene: Scene | None,
        *,
        torso: bool = True,
        speed: float = 0.25,
        free_axis: tuple[float, float, float] | None = None,
    ) -> Array:
        """Move the grasp frame straight to ``target`` (odom); returns where it ended.

        A line has no way round: when somebody gets into it, it goes on when they have gone.

        Raises:
            PlanningError: The line leaves the reach or collides.
            MotionError: The controller failed; ``path_blocked``: somebody stays in the way.
        """
        joints = arm(side, torso)
        deadline = self.body.now() + WAITING
        while True:
            path = self.planner.line(
                joints, grasp_frame(side), self.configuration(), Target(target, free_axis), scene
            )
            try:
                self.run(joints, path, None, speed)
                return path[-1]
            except MotionError as error:
                if error.reason != "path_blocked" or self.body.now() > deadline:
                    raise
            self.body.pause(AT_REST)

    def run(
        self,
        joints: Sequence[str],
        path: Array,
        scene: Scene | None = None,
        speed: float | None = None,
    ) -> None:
        """Time a path and run it on the controllers of its joints.

        With a scene, the rest of the motion is checked against the world as it becomes, and stops
        when something gets into its way; without one it stops for people only.

        Raises:
            PlanningError: The timed path collides.
            MotionError: A controller failed, or ``path_blocked``.
        """
        trajectory = self.planner.timed(joints, path, scene, speed or self.speed)
        self.execute(joints, trajectory, path, scene)

    def execute(
        self,
        joints: Sequence[str],
        trajectory: Trajectory,
        path: Array,
        scene: Scene | None,
        planner: Planner | None = None,
        world: Callable[[], Scene | None] | None = None,
        until: Callable[[], bool] | None = None,
    ) -> bool:
        """Run a timed motion on the controllers of its joints, all of them at once.

        Args:
            joints: Those that move.
            trajectory: The motion.
            path: Full configurations that give the other joints, shape (N, D).
            scene: The world it was planned in; None: it touches on purpose, or nothing is known,
                and it stops for people only.
            planner: Who planned it; None: the mover's.
            world: Gives the newest scene; None: as :attr:`live` has it.
            until: Asked all the time; True ends the motion, as a touch does that is felt for.

        Returns:
            Whether ``until`` ended it.

        Raises:
            MotionError: A controller failed, or ``path_blocked``.
        """
        check = None
        if world is None and self.live is not None:
            world = self.live(scene)
        if world is not None:
            watch = TrajectoryWatch(
                planner or self.planner, joints, trajectory, path[0], scene or Scene()
            )
            if not watch.blind:
                self._newest = world
                check = LiveCheck(watch, self._newest, self.body.now())
        side = next((s for s in SIDES if ARM_JOINTS[s][0] in joints), None)
        if side is not None:
            self.on_path(path, grasp_frame(side))
        motions = [self.body.follow(group, part) for group, part in split(trajectory).items()]
        try:
            return self.wait(motions, trajectory.duration + PATIENCE, check=check, until=until)
        except MotionError as error:
            if error.reason != "motion_timeout" or not self._arrived(trajectory):
                raise
        return False

    def _arrived(self, trajectory: Trajectory) -> bool:
        """Whether the joints stand where a trajectory ends; only its answer was lost."""
        now = self.body.joints()
        end = trajectory.positions[-1]
        return all(
            abs(now[name] - goal) < THERE
            for name, goal in zip(trajectory.joints, end, strict=True)
        )

    def straight(
        self, joints: Sequence[str], values: Mapping[str, float], speed: float | None = None
    ) -> None:
        """Move joints straight to values by name, without looking for collisions (head)."""
        start = self.configuration()
        goal = start.copy()
        for name, value in values.items():
            goal[self.planner.model.dof(name)] = value
        self.run(joints, np.stack([start, goal]), None, speed)

    def fingers(self, side: str, values: Mapping[str, float], seconds: float = 0.6) -> None:
        """Move fingers to positions by joint name within ``seconds``.

        Fingers that meet something stop there: that is no error. The way takes longer when the
        fingers cannot be that fast.

        Raises:
            MotionError: The controller refused.
        """
        names = GROUPS[f"{side}_hand"]
        now = self.body.joints()
        end = np.array([values.get(name, now[name]) for name in names])
        indices = self.planner.model.indices(names)
        end = np.clip(end, self.planner.model.lower[indices], self.planner.model.upper[indices])
        # The controller begins at its own reference, which contact may keep the fingers from,
        # and a spline from rest to rest peaks at 1.5 times its mean speed.
        before = self._fingers.get(side, end)
        start = np.array([now[name] for name in names])
        way = np.maximum(np.abs(end - start), np.abs(end - before))
        speed = 0.9 * self.planner.model.velocity[indices]
        seconds = max(seconds, float(np.max(1.5 * way / speed)))
        self._fingers[side] = end
        trajectory = Trajectory(
            tuple(names), np.array([seconds]), end[None], np.zeros_like(end)[None]
        )
        motion = self.body.follow(f"{side}_hand", trajectory)
        self.wait([motion], seconds + PATIENCE, strict=False)
        if motion.done() and motion.problem():
            raise MotionError("motion_failed", motion.problem())
        if not motion.done():
            # What keeps the fingers from their end is no error, so a lost answer is none
            # either; but fingers that never moved were never told.
            joints = self.body.joints()
            moved = np.abs(np.array([joints[name] for name in names]) - start)
            wanted = np.abs(end - start)
            if np.max(wanted) > THERE and np.max(moved) < 0.2 * np.max(wanted):
                raise MotionError("motion_timeout", f"the {side} hand did not move")

    def grip(self, side: str, opening: float, effort: float, timeout: float = 3.0) -> None:
        """Close or open a hand until it stalls or is there."""
        self.wait([self.body.grip(side, opening, effort)], timeout, strict=False)

    def wait(
        self,
        motions: Sequence[Motion],
        timeout: float,
        *,
        strict: bool = True,
        check: Callable[[float], str | None] | None = None,
        until: Callable[[], bool] | None = None,
    ) -> bool:
        """Wait for motions to end; whatever ends the waiting early cancels them.

        Args:
            motions: Running commands.
            timeout: [s].
            strict: A motion that failed or did not end in time is an error.
            check: Asked all the time; what it says is in the way ends the motions.
            until: Asked all the time; True ends the motions.

        Returns:
            Whether ``until`` ended them.

        Raises:
            MotionError: One failed, did not end, or ``path_blocked``.
        """
        deadline = self.body.now() + timeout
        try:
            while not all(motion.done() for motion in motions):
                if any(motion.done() and motion.problem() for motion in motions):
                    break
                if until is not None and until():
                    return True
                blocked = check and check(self.body.now())
                if blocked:
                    raise MotionError("path_blocked", f"stopped, something came in: {blocked}")
                if self.body.now() > deadline:
                    if strict:
                        raise MotionError("motion_timeout", f"no end after {timeout:.1f} s")
                    break
                self.body.pause(TICK if check is None else 0.5 * TICK)
        finally:
            for motion in motions:
                if not motion.done():
                    motion.cancel()
        problems = [motion.problem() for motion in motions if motion.problem()]
        if strict and problems:
            raise MotionError("motion_failed", problems[0])
        return False


def split(trajectory: Trajectory) -> dict[str, Trajectory]:
    """One trajectory per controller.

    Raises:
        PlanningError: A joint belongs to no controller.
    """
    parts: dict[str, Trajectory] = {}
    left = set(trajectory.joints)
    for group, names in GROUPS.items():
        wanted = [name for name in names if name in left]
        if not wanted:
            continue
        columns = [trajectory.joints.index(name) for name in wanted]
        parts[group] = Trajectory(
            tuple(wanted),
            trajectory.times,
            trajectory.positions[:, columns],
            trajectory.velocities[:, columns],
        )
        left -= set(wanted)
    if left:
        raise PlanningError("unknown_joints", f"no controller moves {sorted(left)}")
    return parts
