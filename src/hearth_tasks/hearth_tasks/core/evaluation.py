"""The evaluator's judgement, from simulated truth and never from the robot's report."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from hearth_core.geometry import Pose2, Transform
from hearth_core.home.model import Home, Surface

from hearth_tasks.core.sentences import Bring, Go, Move, Take, Task, door_of

DOOR_CLOSED = 0.05
"""Largest opening of a closed door [rad]."""
UPRIGHT = math.radians(20.0)
"""Largest tilt of something that stands [rad]."""
AT_REST = 0.05
"""Largest speed of something that rests [m/s]."""
HARD_CONTACT = 150.0
"""Robot pushes something that is not its business harder than this: counted [N]."""


@dataclass(frozen=True)
class Truth:
    """The simulated world at one moment."""

    time: float
    poses: Mapping[str, Transform]
    """By body: objects and robots, in home."""
    speeds: Mapping[str, float]
    """[m/s] by body."""
    joints: Mapping[str, float]
    """``place/joint`` [rad] or [m]."""
    supports: Mapping[str, Sequence[str]]
    """For each body: names of the bodies it touches."""


@dataclass(frozen=True)
class Verdict:
    """Whether the task was done, and every condition that was not met."""

    success: bool
    problems: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """For people."""
        return "success" if self.success else "; ".join(self.problems)


def judge(task: Task, home: Home, robot: str, truth: Truth) -> Verdict:
    """Judge the end of an episode."""
    match task:
        case Bring():
            problems = _judge_bring(task, home, robot, truth)
        case Take():
            problems = _judge_take(task, home, robot, truth)
        case Go():
            problems = _judge_go(task, home, robot, truth)
        case Move(place, joint, opens):
            opening = truth.joints[f"{place.name}/{joint.name}"]
            done = (
                opening > 0.7 * min(joint.limit, math.pi / 2) if opens else opening < DOOR_CLOSED
            )
            problems = [] if done else [f"{place.name} stands at {opening:.2f}"]
    return Verdict(not problems, tuple(problems))


def _judge_bring(task: Bring, home: Home, robot: str, truth: Truth) -> list[str]:
    candidates = _candidates(task, home)
    if not candidates:
        return [f"there never was a {task.label} in {task.source.name}"]
    verdicts = [_judge_object(name, task, robot, truth) for name in candidates]
    return [*min(verdicts, key=len), *_judge_door(task, truth)]


def _judge_take(task: Take, home: Home, robot: str, truth: Truth) -> list[str]:
    candidates = _candidates(task, home)
    if not candidates:
        return [f"there never was a {task.label} in {task.source.name}"]
    held = [
        name
        for name in candidates
        if truth.supports.get(name) and all(_is_of(robot, b) for b in truth.supports[name])
    ]
    problems = [] if held else [f"{robot} holds none of {candidates}"]
    return [*problems, *_judge_door(task, truth)]


def _candidates(task: Bring | Take, home: Home) -> list[str]:
    return [
        thing.name
        for thing in home.objects
        if thing.kind == task.label and thing.place == task.source.name
    ]


def _is_of(robot: str, body: str) -> bool:
    return body == robot or body.startswith(f"{robot}/")


def _judge_door(task: Bring | Take, truth: Truth) -> list[str]:
    problems: list[str] = []
    joint = door_of(task.source, task.surface)
    if joint is not None:
        opening = truth.joints[f"{task.source.name}/{joint.name}"]
        if opening > DOOR_CLOSED:
            problems = [f"{task.source.name} stands open at {opening:.2f} rad"]
    return problems


def _judge_object(name: str, task: Bring, robot: str, truth: Truth) -> list[str]:
    problems: list[str] = []
    pose = truth.poses[name]
    touching = truth.supports.get(name, ())
    destination = task.destination
    if f"furniture/{destination.name}" not in touching and destination.name not in touching:
        where = ", ".join(touching) or "nothing"
        x, y, z = pose.translation
        problems.append(
            f"{name} is not on {destination.name}: it touches {where} at "
            f"({x:.2f}, {y:.2f}, {z:.2f})"
        )
    elif task.onto is not None and not _is_on(task.destination.pose.inverse(), task.onto, pose):
        problems.append(f"{name} is not on {destination.name}/{task.onto.name}")
    if any(_is_of(robot, body) for body in touching):
        problems.append(f"{name} is still held by {robot}")
    tilt = math.acos(float(np.clip(pose.rotation[2, 2], -1.0, 1.0)))
    if tilt > UPRIGHT:
        problems.append(f"{name} is tilted by {math.degrees(tilt):.0f} deg")
    if truth.speeds.get(name, 0.0) > AT_REST:
        problems.append(f"{name} still moves")
    return problems


def _is_on(place_from_home: Pose2, surface: Surface, pose: Transform) -> bool:
    """Whether a thing's middle is above a surface, and not by more than a thing is high."""
    x, y = place_from_home.apply(pose.translation[:2])
    r = surface.rectangle
    inside = r.x_min <= x <= r.x_max and r.y_min <= y <= r.y_max
    return bool(inside and 0.0 < pose.translation[2] - surface.height < 0.35)


def _judge_go(task: Go, home: Home, robot: str, truth: Truth) -> list[str]:
    x, y = truth.poses[robot].translation[:2]
    room = home.room_at(float(x), float(y))
    if room is None or room.name != task.target.room.name:
        return [f"{robot} is in {room.name if room else 'no room'}, not {task.target.room.name}"]
    if task.pose is not None:
        distance = math.hypot(task.pose.x - x, task.pose.y - y)
        return [] if distance < 0.3 else [f"{robot} stands {distance:.1f} m from the charger"]
    if task.target.place is not None:
        goal = task.target.place.pose
        distance = math.hypot(goal.x - x, goal.y - y)
        if distance > 2.0:
            return [f"{robot} stands {distance:.1f} m from {task.target.name}"]
    return []
