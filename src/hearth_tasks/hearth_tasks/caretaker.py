"""Sends an idle robot with a low battery home: ``battery_state`` in, ``dock_robot`` out."""

from __future__ import annotations

import threading

from hearth_core.errors import HearthError
from hearth_core.health import Health, Level
from hearth_nodekit.actions import ActionCaller
from hearth_nodekit.topics import BATTERY_STATE
from nav2_msgs.action import DockRobot
from rclpy.node import Node
from sensor_msgs.msg import BatteryState

from hearth_tasks.core.battery_watch import BatteryLimits, BatteryWatch

DOCK = "charger"
PERIOD = 1.0
LONGEST = 300.0
"""Going home may take this long [s]."""
CHARGING = (
    BatteryState.POWER_SUPPLY_STATUS_CHARGING,
    BatteryState.POWER_SUPPLY_STATUS_FULL,
)


class Caretaker:
    """Watches the battery while nobody gives the robot anything to do."""

    def __init__(self, node: Node, limits: BatteryLimits) -> None:
        self._node = node
        self._watch = BatteryWatch(limits, self._now())
        self._dock = ActionCaller(node, DockRobot, "dock_robot")
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        self._problem = ""
        BATTERY_STATE.subscribe(node, self._on_battery)
        node.create_timer(PERIOD, self._look)

    def close(self) -> None:
        """Stop what runs."""
        self.task_begins()

    def task_begins(self) -> None:
        """A task takes the robot: an errand to the charger is cancelled, and waited for."""
        with self._lock:
            self._watch.busy()
            thread = self._thread
            self._stop.set()
        if thread is not None:
            thread.join(15.0)

    def task_ends(self) -> None:
        """The robot is free."""
        with self._lock:
            self._watch.free(self._now())

    def health(self) -> Health | None:
        """What is wrong with the battery; None: nothing."""
        with self._lock:
            charge = self._watch.charge(self._now())
            if charge is None or charge >= self._watch.limits.low:
                return None
            going = self._thread is not None
            words = "going home" if going else self._problem or "it goes home when it is idle"
            return Health(Level.WARN, f"battery at {100 * charge:.0f} %: {words}")

    def _on_battery(self, message: BatteryState) -> None:
        with self._lock:
            charging = message.power_supply_status in CHARGING
            self._watch.battery(self._now(), float(message.percentage), charging)

    def _look(self) -> None:
        with self._lock:
            if self._thread is not None or not self._watch.wants_home(self._now()):
                return
            self._stop.clear()
            self._thread = threading.Thread(target=self._go_home, name="caretaker", daemon=True)
            self._thread.start()

    def _go_home(self) -> None:
        self._node.get_logger().info("the battery is low and nobody needs the robot: going home")
        goal = DockRobot.Goal(use_dock_id=True, dock_id=DOCK, navigate_to_staging_pose=True)
        try:
            _, result = self._dock.call(goal, timeout=LONGEST, should_stop=self._stop.is_set)
            problem = "" if result.success else result.error_msg or f"code {result.error_code}"
        except HearthError as error:
            problem = str(error)
        with self._lock:
            self._thread, self._problem = None, problem
            if problem:
                self._watch.failed(self._now())
        if problem and not self._stop.is_set():
            self._node.get_logger().warning(f"could not go home: {problem}")

    def _now(self) -> float:
        return float(self._node.get_clock().now().nanoseconds) * 1e-9
