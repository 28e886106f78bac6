"""Servo as MoveIt's clients know it: twists, joint jogs and poses in, targets for the joints out.

Nothing runs until somebody steers: the first command takes the robot's turn and starts a thread
that works at 100 Hz of the robot's clock; a second after the last one it gives the turn back.
"""

from __future__ import annotations

import threading
import time as wall
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from control_msgs.msg import JointJog
from geometry_msgs.msg import PoseStamped, TwistStamped
from hearth_core.errors import HearthError
from hearth_core.frames import GROUPS
from hearth_nodekit.convert import from_time
from hearth_nodekit.qos import COMMAND, EVENT
from hearth_nodekit.topic import Topic
from hearth_nodekit.topics import joint_targets
from moveit_msgs.msg import ServoStatus
from moveit_msgs.srv import ServoCommandType
from rclpy.node import Node
from rclpy.publisher import Publisher
from std_srvs.srv import SetBool
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from hearth_manipulation.core.context import Context
from hearth_manipulation.core.kinematics import Array
from hearth_manipulation.core.model import Group
from hearth_manipulation.core.scene import Scene
from hearth_manipulation.core.scene_keeper import SceneKeeper
from hearth_manipulation.core.servo import Servo, ServoSettings, ServoState
from hearth_manipulation.moveit.codes import RequestError
from hearth_manipulation.moveit.frames import Frames

PERIOD = 0.01
"""[s]."""
STALE = 0.15
"""Commands older than this are followed no more [s]."""
LET_GO = 1.0
"""So long after the last command the robot's turn is given back [s]."""
LOOKING = 0.2
"""Between two looks at the world [s]."""
LOST = 0.25
"""Joints this far from where they are told to be do not follow: it begins anew [rad]."""
LONGEST = 0.05
"""A cycle that comes later than this is taken for one of this length [s]."""


@dataclass(frozen=True, eq=False)
class Command:
    """The newest command and when it came [s of the robot's clock]."""

    message: Any
    stamp: float


class ServoServer:
    """Steers one group of joints by its tip, below ``name``."""

    def __init__(
        self,
        node: Node,
        context: Context,
        keeper: SceneKeeper,
        turn: threading.Lock,
        frames: Callable[[Array], Frames],
        name: str,
        group: Group,
        settings: ServoSettings,
    ) -> None:
        """Serve.

        Args:
            node: Owner.
            context: Body and planner.
            keeper: The world.
            turn: Held by whoever moves the robot.
            frames: Makes frames of a configuration.
            name: Prefix of topics and services; ``servo_node`` as MoveIt has it.
            group: Joints and tip.
            settings: How it is steered.
        """
        self._node = node
        self._context = context
        self._keeper = keeper
        self._turn = turn
        self._frames = frames
        self._group = group
        self._settings = settings
        self._lock = threading.Lock()
        self._command: Command | None = None
        self._kind = ServoCommandType.Request.TWIST
        self._paused = False
        self._closed = False
        self._thread: threading.Thread | None = None
        self._targets: Mapping[str, Publisher] = {
            part: joint_targets(part).publisher(node)
            for part, names in GROUPS.items()
            if set(names) & set(group.joints)
        }
        self._status = Topic(f"{name}/status", ServoStatus, EVENT).publisher(node)
        for topic, kind, what in (
            ("delta_twist_cmds", TwistStamped, ServoCommandType.Request.TWIST),
            ("delta_joint_cmds", JointJog, ServoCommandType.Request.JOINT_JOG),
            ("pose_target_cmds", PoseStamped, ServoCommandType.Request.POSE),
        ):
            Topic(f"{name}/{topic}", kind, COMMAND).subscribe(node, self._reader(what))
        node.create_service(ServoCommandType, f"{name}/switch_command_type", self._on_switch)
        node.create_service(SetBool, f"{name}/pause_servo", self._on_pause)

    def close(self) -> None:
        """Stop steering; the joints brake by themselves."""
        self._closed = True

    def _reader(self, kind: int) -> Callable[[Any], None]:
        def on_command(message: Any) -> None:
            if self._paused or self._closed or kind != self._kind:
                return
            now = self._context.body.now()
            stamp = from_time(message.header.stamp)
            # A stamp of zero means now, as MoveIt has it.
            command = Command(message, stamp if stamp > 0.0 else now)
            if now - command.stamp > STALE:
                self._tell(ServoStatus.INVALID, f"a command of {now - command.stamp:.2f} s ago")
                return
            with self._lock:
                self._command = command
                if self._thread is None:
                    self._thread = threading.Thread(target=self._work, name="servo", daemon=True)
                    self._thread.start()

        return on_command

    def _on_switch(
        self, request: ServoCommandType.Request, response: ServoCommandType.Response
    ) -> ServoCommandType.Response:
        known = {request.JOINT_JOG, request.TWIST, request.POSE}
        response.success = request.command_type in known
        if response.success:
            with self._lock:
                self._kind, self._command = request.command_type, None
        return response

    def _on_pause(self, request: SetBool.Request, response: SetBool.Response) -> SetBool.Response:
        with self._lock:
            self._paused, self._command = request.data, None
        response.success = True
        response.message = "paused" if request.data else "listening"
        return response

    def _work(self) -> None:
        """One stretch of steering, from the first command to a second after the last."""
        try:
            if not self._turn.acquire(blocking=False):
                self._tell(ServoStatus.INVALID, "the robot is moving for somebody else")
                wall.sleep(0.1)
                return
            try:
                self._steer()
            finally:
                self._turn.release()
        except HearthError as error:
            self._tell(ServoStatus.INVALID, str(error))
        except Exception as error:  # the thread ends, and the joints brake
            self._node.get_logger().error(f"servo: {error!r}")
            self._tell(ServoStatus.INVALID, repr(error))
        finally:
            with self._lock:
                self._command = self._thread = None

    def _steer(self) -> None:
        body = self._context.body
        looking = _Looking(self._keeper)
        servo = self._begin()
        told, last, ended = 0.0, body.now(), body.now()
        try:
            while not self._closed:
                now = body.now()
                if now - last < PERIOD:
                    wall.sleep(0.001)
                    continue
                dt, last = min(now - last, LONGEST), now
                command = self._fresh(now)
                state = self._step(servo, command, dt, looking.scene)
                self._send(state)
                if now - told >= 0.1:
                    told = now
                    self._tell(state.hindrance.value, state.obstacle)
                if command is not None or not state.still:
                    ended = now
                if now - ended > LET_GO:
                    return
                if self._lost(servo):
                    servo = self._begin()
        finally:
            looking.close()

    def _begin(self) -> Servo:
        q = self._context.mover.configuration()
        return Servo(
            self._keeper.planner(), self._group.joints, self._group.tips[0], q, self._settings
        )

    def _fresh(self, now: float) -> Command | None:
        with self._lock:
            command = self._command
            if command is not None and now - command.stamp > STALE:
                self._command = command = None
        return command

    def _step(self, servo: Servo, command: Command | None, dt: float, scene: Scene) -> ServoState:
        if command is None:
            return servo.rest(dt, scene)
        message, base = command.message, self._context.body.base()
        servo.base_moved(np.array([base.x, base.y, base.yaw]))
        if isinstance(message, JointJog):
            return servo.follow_joints(self._rates(message), dt, scene)
        frames = self._frames(servo.configuration)
        frame = message.header.frame_id or self._group.tips[0]
        if isinstance(message, PoseStamped):
            return servo.follow_pose(frames.pose(frame, message.pose), dt, scene)
        rotation = frames(frame).rotation
        v, w = message.twist.linear, message.twist.angular
        twist = np.concatenate([rotation @ (v.x, v.y, v.z), rotation @ (w.x, w.y, w.z)])
        if not np.all(np.isfinite(twist)):
            raise RequestError("bad_goal", "the twist is not finite")
        return servo.follow_twist(twist, dt, scene)

    def _rates(self, message: JointJog) -> Array:
        rates = np.zeros(len(self._group.joints))
        if len(message.velocities) != len(message.joint_names):
            raise RequestError("bad_goal", "a jog gives a velocity for every joint it names")
        for name, value in zip(message.joint_names, message.velocities, strict=True):
            if name not in self._group.joints or not np.isfinite(value):
                raise RequestError(
                    "bad_goal", f"jog of {name} at {value}; known: {list(self._group.joints)}"
                )
            rates[self._group.joints.index(name)] = value
        return rates

    def _lost(self, servo: Servo) -> bool:
        now = self._context.body.joints()
        return any(
            abs(now[name] - value) > LOST
            for name, value in zip(self._group.joints, servo.state.position, strict=True)
        )

    def _send(self, state: ServoState) -> None:
        at = dict(zip(self._group.joints, state.position.tolist(), strict=True))
        speed = dict(zip(self._group.joints, state.velocity.tolist(), strict=True))
        for part, publisher in self._targets.items():
            names = [name for name in GROUPS[part] if name in at]
            publisher.publish(
                JointTrajectory(
                    joint_names=names,
                    points=[
                        JointTrajectoryPoint(
                            positions=[at[n] for n in names], velocities=[speed[n] for n in names]
                        )
                    ],
                )
            )

    def _tell(self, code: int, message: str) -> None:
        self._status.publish(ServoStatus(code=code, message=message))


class _Looking:
    """The world, looked at again and again beside the cycle."""

    def __init__(self, keeper: SceneKeeper) -> None:
        self.scene = keeper.scene()
        self._keeper = keeper
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, name="servo_looking", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Look no more."""
        self._stop.set()

    def _look(self) -> None:
        while not self._stop.wait(LOOKING):
            try:
                self.scene = self._keeper.scene()
            except HearthError:
                continue  # no fresh joint states: the cycle says so itself
