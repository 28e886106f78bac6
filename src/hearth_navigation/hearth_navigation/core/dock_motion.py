"""Backwards onto the charger: sideways and heading first, then slowly straight, always looking."""

from __future__ import annotations

import math
from enum import Enum, auto

import numpy as np
from hearth_core.geometry import Pose2

from hearth_navigation.core.dock_view import DockView
from hearth_navigation.core.docking import DockConfig
from hearth_navigation.core.errands import STOP, Surroundings, Velocity


class Stage(Enum):
    """What the approach is doing."""

    LOOKING = auto()
    ALIGNING = auto()
    """Onto the charger's axis, at the distance it has."""
    BACKING = auto()
    SETTLING = auto()
    """There; the last millimetres."""
    DONE = auto()


class DockMotion:
    """A motion (``errands.Motion``) that ends on the charger, or says why not."""

    def __init__(self, config: DockConfig, base_from_guess: Pose2) -> None:
        """``base_from_guess``: where the charger should be, as seen from the robot now."""
        self._config = config
        self._guess = base_from_guess
        self._view: DockView | None = None
        self._stamp = -math.inf
        self._since: float | None = None
        self.stage = Stage.LOOKING
        self.problem = ""
        """Why it ended away from the charger; empty: it did not."""
        self.seen = False
        """The charger was found at all."""
        self._left = math.inf

    @property
    def done(self) -> float:
        """Way left to the charger [m]; ``inf``: not known."""
        return self._left

    @property
    def odom_from_dock(self) -> Pose2 | None:
        """Where the charger is."""
        return None if self._view is None else self._view.odom_from_dock

    def wanted(self, around: Surroundings) -> Velocity | None:
        """Velocity to have; None: it is over, see ``problem``."""
        config = self._config
        if self._view is None:
            self._view = DockView(config, around.odom @ self._guess)
        if around.scan_stamp > self._stamp:
            self._stamp = around.scan_stamp
            self._view.add(around.odom, around.scan, around.lidar)
        if self._since is None:
            self._since = around.now
        dock = self._view.odom_from_dock
        if dock is None or self._view.looks < config.looks:
            if around.now - self._since > config.patience:
                self._give_up("the lidar sees no charger where it should be")
                return None
            return STOP
        self.seen = True
        if self._view.missed > config.missed:
            self._give_up("the charger is out of sight")
            return None
        if self.stage is Stage.LOOKING:
            self._enter(Stage.ALIGNING, around.now)
        error = around.odom.inverse() @ dock
        self._left = math.hypot(error.x, error.y)
        return self._steer(around, error, dock.inverse() @ around.odom)

    def _steer(self, around: Surroundings, error: Pose2, at: Pose2) -> Velocity | None:
        """``error``: the goal from the robot; ``at``: the robot from the goal."""
        config, spent = self._config, around.now - (self._since or around.now)
        if self.stage is Stage.ALIGNING:
            if abs(at.y) < config.on_axis and abs(at.yaw) < config.straight:
                self._enter(Stage.BACKING, around.now)
            elif spent > config.patience * 2.0:
                self._give_up(f"not on the charger's axis after {spent:.0f} s")
                return None
            else:
                aside = around.odom.inverse() @ self._goal(around.odom, at)
                return self._toward(around, aside, config.aside)
        if self.stage is Stage.BACKING:
            if at.x < config.there:
                self._enter(Stage.SETTLING, around.now)
            elif abs(at.y) > 0.15 * at.x + config.funnel or spent > config.longest:
                self._give_up(f"{1000.0 * at.y:.0f} mm beside the charger's axis")
                return None
            else:
                return self._toward(around, error, config.speed)
        settled = max(abs(at.x), abs(at.y)) < config.exact and abs(at.yaw) < config.exact_turn
        if settled or spent > config.settling:
            self.stage = Stage.DONE
            return None
        return self._toward(around, error, config.speed)

    def _goal(self, odom: Pose2, at: Pose2) -> Pose2:
        """On the axis, at the distance the robot has, but far enough off to turn."""
        dock = odom @ at.inverse()
        return dock @ Pose2(max(at.x, self._config.turning), 0.0, 0.0)

    def _toward(self, around: Surroundings, error: Pose2, speed: float) -> Velocity:
        """Straight to a pose, slower and slower."""
        config = self._config
        turn = float(np.clip(config.gain * error.yaw, -config.turn_speed, config.turn_speed))
        if around.limits.sideways <= 0.0:
            # A differential base backs along an arc onto the axis.
            ahead = float(np.clip(config.gain * error.x, -speed, speed))
            steer = -4.0 * error.y * math.copysign(1.0, ahead) * abs(ahead) / 0.1
            return ahead, 0.0, float(np.clip(turn - steer, -0.4, 0.4))
        away = math.hypot(error.x, error.y)
        fast = min(speed, config.gain * away, around.limits.sideways)
        share = fast / max(away, 1e-9)
        # What is off to the side goes first: the wheels have less to do near the end.
        side = float(np.clip(config.gain * error.y, -speed, speed))
        return share * error.x, side, turn

    def _enter(self, stage: Stage, now: float) -> None:
        self.stage, self._since = stage, now

    def _give_up(self, problem: str) -> None:
        self.problem, self.stage = problem, Stage.DONE
