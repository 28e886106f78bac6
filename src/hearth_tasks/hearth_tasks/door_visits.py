"""Doors of appliances are opened with leave: one robot at a time, and seen closed again.

A visit is a goal of the bridge's AccessDoor that outlives the skill which asked for it: the
bridge holds the lease while the robot opens, reaches in and closes, and ends the visit itself.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from hearth_core.errors import HearthError
from hearth_core.outcome import Code, Outcome
from hearth_nodekit.actions import ActionCaller, Canceled
from hearth_nodekit.convert import from_outcome
from rclpy.node import Node

from hearth_interfaces.action import AccessDoor

OPEN_WITHIN, HOLD, CLOSE_WITHIN = 240.0, 300.0, 120.0
"""What the robot asks for [s]: to drive there and pull, to take something out, to close late."""
_LONGEST = 4.0 * (OPEN_WITHIN + HOLD + CLOSE_WITHIN)
"""A visit is given up then [s of the node's clock, which may run faster than the bridge's]."""
_TAKEN = ("door_in_use", "held")
_ASK_AGAIN = 1.0
"""Whoever waits for somebody else's visit asks this often [wall s]."""


class _LeftError(Exception):
    """The node goes; the bridge keeps an eye on the door."""


class Visit:
    """One goal of AccessDoor, in a thread of its own."""

    def __init__(self, caller: ActionCaller, slug: str, holder: str) -> None:
        self._caller, self._slug, self._holder = caller, slug, holder
        self._stop, self._left = threading.Event(), threading.Event()
        self.told = threading.Event()
        """The bridge said ``act``, or it ended."""
        self.outcome: Outcome | None = None
        """How it ended; None while the door is ours."""
        self._thread = threading.Thread(target=self._run, name=f"visit_{slug}", daemon=True)
        self._thread.start()

    def cancel(self) -> None:
        """Give it back."""
        self._stop.set()

    def leave(self) -> None:
        """Hear no more of it, before the node is destroyed; the goal goes on."""
        self._left.set()
        self._thread.join(5.0)

    def _should_stop(self) -> bool:
        if self._left.is_set():
            raise _LeftError
        return self._stop.is_set()

    def _run(self) -> None:
        goal = AccessDoor.Goal(
            slug=self._slug,
            holder=self._holder,
            open_timeout=OPEN_WITHIN,
            hold=HOLD,
            close_timeout=CLOSE_WITHIN,
        )
        try:
            _, result = self._caller.call(
                goal, timeout=_LONGEST, should_stop=self._should_stop, on_feedback=self._hear
            )
            self.outcome = from_outcome(result.outcome)
        except (Canceled, _LeftError):
            self.outcome = Outcome.canceled()
        except HearthError as error:
            self.outcome = Outcome.failure("bridge_unavailable", str(error))
        except Exception as error:  # whoever waits must hear of it
            self.outcome = Outcome.failure("internal_error", repr(error))
        self.told.set()

    def _hear(self, feedback: Any) -> None:
        if feedback.phase != "checking":
            self.told.set()


class DoorVisits:
    """All visits of one robot."""

    def __init__(self, node: Node) -> None:
        """``node``: in the robot's namespace; the bridge is in the home's above it."""
        home, _, robot = node.get_namespace().rstrip("/").rpartition("/")
        self._holder = robot or "robot"
        self._caller = ActionCaller(node, AccessDoor, f"{home}/appliances/access_door")
        self._visits: dict[str, Visit] = {}

    def close(self) -> None:
        """Before the node is destroyed. Doors that are open stay the bridge's concern."""
        for visit in self._visits.values():
            visit.leave()

    def ask(self, slug: str, late: Callable[[], bool], wait: Callable[[float], bool]) -> Outcome:
        """Block until the door may be opened. From a worker thread.

        Args:
            slug: Appliance.
            late: Whether it took too long already.
            wait: Sleeps wall seconds; True when asked to stop.

        Raises:
            Canceled: Asked to stop; nothing is held.
        """
        if not self._caller.wait_ready(2.0):
            return Outcome.success(f"no appliance bridge: {slug} is opened without leave")
        known = self._visits.get(slug)
        if known is not None and known.told.is_set() and known.outcome is None:
            return Outcome.success(f"{slug} is ours already")
        while True:
            self._visits[slug] = visit = Visit(self._caller, slug, self._holder)
            while not visit.told.is_set():
                if wait(0.05):
                    visit.cancel()
                    raise Canceled("canceled")
            if visit.outcome is None or visit.outcome.code is Code.SUCCEEDED:
                return Outcome.success(f"{slug} may be opened")
            if visit.outcome.reason == "unknown_appliance":
                return Outcome.success(f"the bridge knows no {slug}: it is opened without leave")
            if visit.outcome.reason not in _TAKEN or late():
                return visit.outcome
            if wait(_ASK_AGAIN):
                raise Canceled("canceled")
