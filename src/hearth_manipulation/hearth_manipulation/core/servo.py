"""A tip steered by hand: velocities and poses followed within limits, never where it cannot stop.

Every cycle proposes joint velocities, lets ruckig take them up within acceleration and jerk, and
asks whether the joints could still come to rest freely from there. What cannot is slowed down.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np
from hearth_core.geometry import Transform
from ruckig import ControlInterface, InputParameter, Result, Ruckig
from ruckig import Trajectory as RuckigTrajectory

from hearth_manipulation.core.kinematics import Array, pose_error
from hearth_manipulation.core.pathfinder import path_hit
from hearth_manipulation.core.planning import SLIMMER, Planner
from hearth_manipulation.core.scene import Scene
from hearth_manipulation.core.servo_rates import RateSolver

SHARES = (1.0, 0.6, 0.3, 0.1)
"""Fractions of the asked velocity that are tried."""
CHECKS = 5
"""Moments of a stop that are looked at."""
STEP = 1.0 / 40.0
"""Distance of configurations checked [rad]."""


class Hindrance(Enum):
    """What keeps the tip from what was asked; as moveit_msgs/ServoStatus has it."""

    NONE = 0
    NEARING_SINGULARITY = 1
    AT_SINGULARITY = 2
    LEAVING_SINGULARITY = 3
    SLOWED_BY_OBSTACLE = 4
    STOPPED_BY_OBSTACLE = 5
    AT_JOINT_LIMIT = 6


@dataclass(frozen=True)
class ServoSettings:
    """How a tip is steered."""

    linear: float = 0.4
    """Largest speed [m/s]."""
    angular: float = 1.5
    """[rad/s]."""
    joints: float = 0.6
    """Largest joint speeds and accelerations as fractions of the limits."""
    margin: float = 0.02
    """Distance kept to the world [m]."""
    gain: float = 4.0
    """Speed towards a pose by its distance [1/s]."""
    latency: float = 0.06
    """Joints may go on so long at their speed before they are told to stop [s]."""


@dataclass(frozen=True, eq=False)
class ServoState:
    """Where the joints are told to be, shape (n,) each."""

    position: Array
    velocity: Array
    acceleration: Array
    hindrance: Hindrance = Hindrance.NONE
    obstacle: str = ""

    @property
    def still(self) -> bool:
        """Whether nothing moves."""
        return bool(np.all(np.abs(self.velocity) < 1e-4))


class Servo:
    """One group of joints with one tip. Pure: time and world are arguments."""

    def __init__(
        self,
        planner: Planner,
        joints: Sequence[str],
        tip: str,
        q: Array,
        settings: ServoSettings | None = None,
    ) -> None:
        """Begin at rest at ``q`` (full configuration), or what is nearest within the limits."""
        self.settings = settings or ServoSettings()
        self._planner = planner
        self._joints = tuple(joints)
        self._tip = tip
        model = planner.model
        self._dofs = model.indices(joints)
        self._lower, self._upper = model.lower[self._dofs], model.upper[self._dofs]
        self._velocity = self.settings.joints * model.velocity[self._dofs]
        self._acceleration = self.settings.joints * model.acceleration[self._dofs]
        self._jerk = model.jerk[self._dofs]
        self._rates = RateSolver(model, self._dofs, tip)
        self._otg = Ruckig(len(self._dofs))
        self._full = np.array(q, float)
        zero = np.zeros(len(self._dofs))
        self.state = ServoState(
            np.clip(self._full[self._dofs], self._lower, self._upper), zero, zero
        )

    @property
    def configuration(self) -> Array:
        """Full configuration as told, shape (D,)."""
        q = self._full.copy()
        q[self._dofs] = self.state.position
        return q

    def base_moved(self, base: Array) -> None:
        """The base stands elsewhere: x, y [m], yaw [rad] in odom, shape (3,)."""
        self._full[:3] = base

    def tip(self) -> Transform:
        """Pose of the tip as told, in odom."""
        return self._planner.model.pose(self.configuration, self._tip)

    def rest(self, dt: float, scene: Scene) -> ServoState:
        """One cycle of ``dt`` [s] towards standing still."""
        return self._advance(np.zeros(len(self._dofs)), Hindrance.NONE, dt, scene)

    def follow_joints(self, velocity: Array, dt: float, scene: Scene) -> ServoState:
        """One cycle at joint velocities [rad/s], shape (n,)."""
        return self._advance(np.asarray(velocity, float), Hindrance.NONE, dt, scene)

    def follow_twist(self, twist: Array, dt: float, scene: Scene) -> ServoState:
        """One cycle at a velocity of the tip.

        Args:
            twist: Linear [m/s] and angular [rad/s] velocity in odom, shape (6,); more than the
                limits is scaled down.
            dt: Period [s].
            scene: The world.
        """
        s = self.settings
        over = max(
            float(np.linalg.norm(twist[:3])) / s.linear,
            float(np.linalg.norm(twist[3:])) / s.angular,
            1.0,
        )
        rates, code = self._rates.solve(self.configuration, np.asarray(twist, float) / over)
        return self._advance(rates, Hindrance(code), dt, scene)

    def follow_pose(self, target: Transform, dt: float, scene: Scene) -> ServoState:
        """One cycle towards a pose of the tip in odom."""
        now = self.tip()
        error = np.empty(6)
        pose_error(now.rotation, now.translation, target.rotation, target.translation,
                   np.zeros(3), error)  # fmt: skip
        return self.follow_twist(self.settings.gain * error, dt, scene)

    def _advance(self, wanted: Array, hindrance: Hindrance, dt: float, scene: Scene) -> ServoState:
        """Take up velocities as far as the joints could still stop within limits and the world."""
        wanted, bound = self._bounded(wanted)
        if bound and hindrance is Hindrance.NONE:
            hindrance = Hindrance.AT_JOINT_LIMIT
        moves = bool(np.any(np.abs(wanted) > 1e-6))
        hit = ""
        if moves or not self.state.still:
            leniency = self._leniency(scene)
            for share in SHARES if moves else ():
                state = self._towards(share * wanted, dt)
                found = self._blocked(state, scene, leniency)
                if found is None:
                    slowed = Hindrance.SLOWED_BY_OBSTACLE if share < 1.0 else hindrance
                    self.state = replace(state, hindrance=slowed, obstacle=hit)
                    return self.state
                hit = found
        # From the state before, standing still was found free.
        state = self._towards(np.zeros(len(self._dofs)), dt)
        self.state = replace(
            state, hindrance=Hindrance.STOPPED_BY_OBSTACLE if hit else hindrance, obstacle=hit
        )
        return self.state

    def _bounded(self, wanted: Array) -> tuple[Array, bool]:
        """Velocities from which every joint can stop before its limit; all scaled alike."""
        limit = self._velocity
        room = np.where(wanted > 0, self._upper - self.state.position,
                        self.state.position - self._lower)  # fmt: skip
        # Reaching zero acceleration takes time, too: a jerk-limited stop, roughly.
        ramp = self._acceleration / self._jerk + self.settings.latency
        a = self._acceleration
        stop = np.sqrt((a * ramp) ** 2 + 2.0 * a * np.maximum(room, 0.0)) - a * ramp
        near = stop < 0.02
        pushed = near & (np.abs(wanted) > stop)
        wanted = np.where(pushed, np.clip(wanted, -stop, stop), wanted)
        allowed = np.where(near, np.inf, np.minimum(limit, stop))
        share = min(1.0, float(np.min(allowed / np.maximum(np.abs(wanted), 1e-9))))
        wanted = np.clip(share * wanted, -limit, limit)
        return wanted, bool(pushed.any() or np.any(stop < np.abs(wanted) + 1e-9))

    def _towards(self, velocity: Array, dt: float) -> ServoState:
        """The state after ``dt`` on the quickest way to a velocity."""
        trajectory = self._ramp(self.state, velocity)
        at = trajectory.at_time(min(dt, trajectory.duration))
        position, speed, acceleration = (np.array(values) for values in at[:3])
        if dt > trajectory.duration:
            position += (dt - trajectory.duration) * speed
        return ServoState(position, speed, acceleration)

    def _ramp(self, state: ServoState, velocity: Array) -> RuckigTrajectory:
        given = InputParameter(len(self._dofs))
        given.control_interface = ControlInterface.Velocity
        given.current_position = state.position.tolist()
        given.current_velocity = state.velocity.tolist()
        given.current_acceleration = state.acceleration.tolist()
        given.target_velocity = velocity.tolist()
        given.max_acceleration = self._acceleration.tolist()
        given.max_jerk = self._jerk.tolist()
        trajectory = RuckigTrajectory(len(self._dofs))
        result = self._otg.calculate(given, trajectory)
        if result not in {Result.Working, Result.Finished}:
            raise ValueError(f"ruckig refuses a change of velocity: {result}")
        return trajectory

    def _blocked(
        self, state: ServoState, scene: Scene, leniency: tuple[float, float]
    ) -> str | None:
        """What the joints would touch before they stand, if they went on a moment and stopped."""
        late = replace(state, position=state.position + self.settings.latency * state.velocity)
        stop = self._ramp(late, np.zeros(len(self._dofs)))
        times = np.linspace(0.0, stop.duration, CHECKS)
        path = np.array([state.position, *(stop.at_time(float(t))[0] for t in times)])
        return self._hit(path, scene, leniency)

    def _leniency(self, scene: Scene) -> tuple[float, float]:
        """Margin and how much smaller spheres are [m], so that the joints are free as they are."""
        here = np.repeat(self.state.position[None], 2, axis=0)
        margin = self.settings.margin
        for kept, slim in ((margin, 0.0), *((0.0, slim) for slim in SLIMMER)):
            if self._hit(here, scene, (kept, slim)) is None:
                return kept, slim
            if kept > 0.0:
                # Nearer than the margin already: no nearer, but away from there.
                gap = self._planner.clearance(self._joints, self.configuration, scene) - 0.002
                if 0.0 < gap < kept and self._hit(here, scene, (gap, 0.0)) is None:
                    return gap, 0.0
        return 0.0, SLIMMER[-1]

    def _hit(self, path: Array, scene: Scene, leniency: tuple[float, float]) -> str | None:
        margin, slim = leniency
        q = self._full.copy()
        q[self._dofs] = path[0]
        index = path_hit(
            self._planner.body(self._dofs, slim), scene.packed,
            self._planner.manifold(self._dofs, q, None), self._dofs, self._lower, self._upper, q,
            np.clip(path, self._lower, self._upper), STEP, margin,
        )  # fmt: skip
        if index < 0:
            return None
        q[self._dofs] = path[index]
        return self._planner.collision(self._joints, q, scene, margin, slim) or "on the way"
