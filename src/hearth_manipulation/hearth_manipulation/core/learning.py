"""Learn where a door's hinge is: pull its bar straight out a little and see where it goes."""

from __future__ import annotations

import math

import numpy as np
from hearth_core.frames import grasp_frame
from hearth_core.geometry import Pose2

from hearth_manipulation.core import hands
from hearth_manipulation.core.context import Context, SkillError
from hearth_manipulation.core.courses import Looks, fit_course
from hearth_manipulation.core.doors import Swing
from hearth_manipulation.core.hauling import given_way
from hearth_manipulation.core.kinematics import Array

LEARN = 0.10
"""How far a part of unknown axis is pulled straight [m]."""


def learn(
    context: Context,
    key: str,
    swing: Swing,
    looks: Looks,
    opening: float,
    side: str,
    trail: list[Array],
) -> tuple[Swing, float]:
    """Pull the bar straight out a little and see to which side it goes: there is the hinge.

    Raises:
        SkillError: ``handle_lost``.
    """
    mover = context.mover
    tip = grasp_frame(side)
    base = context.body.base()
    in_hand = mover.pose(tip).inverse().apply(swing.bar(opening))
    frame = swing.frame(opening)
    out = np.array([math.cos(frame.yaw), math.sin(frame.yaw)])
    aside = np.array([-out[1], out[0]])
    commanded = mover.configuration()
    lost = hands.empty_flexion(swing.diameter)
    gone = 0
    drift = np.zeros(2)

    def watch() -> bool:
        nonlocal gone
        gone = gone + 1 if hands.flexion(side, context.body.joints()) > lost else 0
        trail.append(mover.pose(tip).apply(in_hand))
        return gone >= 5

    def correction() -> tuple[float, float]:
        felt = float(given_way(context, side, commanded)[:2] @ aside)
        drift[:] = np.clip(drift + 0.04 * felt * aside, -0.1, 0.1)
        return float(drift[0]), float(drift[1])

    trail.append(mover.pose(tip).apply(in_hand))
    context.report("learn", 0.38, opening)
    context.driver.sweep(
        lambda way: Pose2(base.x + way * out[0], base.y + way * out[1], base.yaw), 0.0, LEARN,
        speed=0.05, watch=watch, correction=correction,
    )  # fmt: skip
    if gone >= 5:
        raise SkillError("handle_lost", "the handle slipped from the hand as it was pulled")
    context.openings[key.split("/", maxsplit=1)[0]][key.split("/")[1]] = opening
    learned = refit(context, key, swing, looks, trail, opening)
    return learned, learned.opening_of(trail[-1])


def refit(
    context: Context,
    key: str,
    swing: Swing,
    looks: Looks,
    trail: list[Array],
    began: float | None = None,
) -> Swing:
    """The door with the hinge that the bar's way tells, remembered."""
    if began is None:
        began = swing.opening_of(trail[0])
    frame = swing.frame(began)
    out = np.array([math.cos(frame.yaw), math.sin(frame.yaw), 0.0])
    course = fit_course(np.array(trail), out, np.array([0.0, 0.0, 1.0]), looks)
    if not course.hinged:
        return swing
    learned = swing.from_course(course, began)
    odom_from_map = context.eyes.odom_from_map()
    context.swings[key] = learned.moved_by(odom_from_map.inverse().planar())
    context.guessed.discard(key)
    context.felt.add(key)
    return learned
