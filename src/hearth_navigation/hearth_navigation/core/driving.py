"""From sensors to a command every period: the world, the trip, and what is too old to drive by.

Thread safe; the lock is held for milliseconds only, planning runs outside of it.
"""

from __future__ import annotations

import math
import threading

import numpy as np
import numpy.typing as npt
from hearth_core.geometry import Pose2

from hearth_navigation.core.approach import Tolerance, slew
from hearth_navigation.core.costmap import Costmap, Snapshot
from hearth_navigation.core.depth_layer import DepthView
from hearth_navigation.core.driving_config import DrivingConfig
from hearth_navigation.core.errands import Errand, Surroundings
from hearth_navigation.core.follower import STOP, Follower, Velocity
from hearth_navigation.core.footprint import Footprint
from hearth_navigation.core.grid import Grid
from hearth_navigation.core.heard import Heard
from hearth_navigation.core.odometry import OdometryBuffer
from hearth_navigation.core.people import PeopleTracker, Person, as_rows, without_people
from hearth_navigation.core.planner import Path, Planner
from hearth_navigation.core.relocalizer import Beams
from hearth_navigation.core.trip import TRANSFORM_ERROR, Ending, Situation, Trip
from hearth_navigation.core.wander import Wander
from hearth_navigation.core.zones import Zones

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

PREEMPTED = -1
"""Ending of a trip that a newer one replaced."""


class Driving:
    """Feed it; call :meth:`cycle` every control period and :meth:`plan` when it wants one."""

    def __init__(
        self, config: DrivingConfig, footprint: Footprint, odometry: OdometryBuffer
    ) -> None:
        self.config = config
        self._odometry = odometry
        self._footprint = footprint
        self._lock = threading.RLock()
        self._heard = Heard()
        self._costmap: Costmap | None = None
        self._snapshot: Snapshot | None = None
        self._planner = Planner(config.planner)
        self._follower = Follower(config.follower)
        self._wander = Wander()
        self._people = PeopleTracker()
        self._zones: Zones | None = None
        self._speed = 1.0
        self._trip: Trip | None = None
        self._errand: Errand | None = None
        self._last: Velocity = STOP
        self._now = -math.inf
        self._blind_since: float | None = None
        self._stop_until = -math.inf
        self._snapshot_at = -math.inf
        self.complaint = ""
        """Why the robot stands although it has a trip; empty: it does not."""

    @property
    def snapshot(self) -> Snapshot | None:
        """The newest world."""
        with self._lock:
            return self._snapshot

    @property
    def people(self) -> tuple[Person, ...]:
        """Everybody in sight who has walked."""
        with self._lock:
            return self._people.people

    def limit_speed(self, share: float) -> None:
        """Use at most this share of the speed limits, 0..1."""
        with self._lock:
            self._speed = min(max(share, 0.0), 1.0)

    @property
    def footprint(self) -> Footprint:
        """Of the robot now."""
        with self._lock:
            return self._footprint

    @property
    def trip(self) -> Trip | None:
        """The running trip."""
        with self._lock:
            return self._trip

    @property
    def errand(self) -> Errand | None:
        """The running errand."""
        with self._lock:
            return self._errand

    def set_grid(
        self, grid: Grid, keep_out: Mask | None = None, zones: Zones | None = None
    ) -> None:
        """Take a map; what the sensors saw beside the old one is kept if the grid is the same."""
        with self._lock:
            old = self._costmap
            self._costmap = Costmap(grid, self.config.costmap, self.config.unknown_blocks)
            if keep_out is not None:
                self._costmap.keep_out(keep_out)
            if old is not None:
                self._costmap.inherit(old)
            self._zones = zones
            self._snapshot = self._costmap.snapshot(self._now)

    def set_footprint(self, footprint: Footprint) -> None:
        """Take another outline: a load, an extended arm."""
        with self._lock:
            self._footprint = footprint

    def clear(
        self, centre: Pose2 | None = None, radius: float = 2.0, *, keep: bool = False
    ) -> None:
        """Forget all seen obstacles, or those within ``radius`` [m] (``keep``: beyond it)."""
        with self._lock:
            if self._costmap is not None:
                self._costmap.clear(centre, radius, keep=keep)

    def on_scan(self, stamp: float, odom: Pose2, beams: Beams, lengths: Array) -> None:
        """Take a scan and base_footprint in odom at its moment."""
        with self._lock:
            heard = self._heard
            heard.scan_stamp, heard.scan_odom, heard.points = stamp, odom, beams.points
            heard.pending = (odom, beams, lengths)
            heard.base_from_lidar = beams.base_from_lidar

    def on_points(self, points: Array, now: float) -> None:
        """Take obstacle points of another sensor, in map [m], shape (N, 2)."""
        with self._lock:
            if self._costmap is not None:
                self._costmap.add_points(points, now)

    def on_depth(self, stamp: float, odom: Pose2, view: DepthView) -> None:
        """Take a depth picture and base_footprint in odom at its moment."""
        with self._lock:
            at, old = self._heard.map_from_odom, abs(stamp - self._heard.map_stamp) > 1.0
            if self._costmap is not None and at is not None and not old:
                self._costmap.add_depth(view, at @ odom, self._footprint, stamp)

    def on_localization(self, stamp: float, map_from_odom: Pose2) -> None:
        """Take where odom lies in map."""
        with self._lock:
            self._heard.map_from_odom, self._heard.map_stamp = map_from_odom, stamp

    def begin(
        self, goals: list[Pose2], tolerance: Tolerance | None = None, path: Path | None = None
    ) -> Trip:
        """Start a trip; a running one ends as preempted."""
        with self._lock:
            self._preempt()
            self._trip = Trip(
                goals,
                self._planner,
                self._follower,
                tolerance or self.config.tolerance,
                self.config.trip,
                path,
            )
            self._blind_since = None
            self._wander.reset()
            return self._trip

    def begin_errand(self, errand: Errand) -> None:
        """Do this now; what was running ends as preempted."""
        with self._lock:
            self._preempt()
            self._errand = errand

    def _preempt(self) -> None:
        if self._trip is not None:
            self._trip.end(PREEMPTED, "preempted by a newer goal")
            self._trip = None
        if self._errand is not None and self._errand.ending is None:
            self._errand.ending = Ending(PREEMPTED, "preempted by a newer goal")
        self._errand = None

    def finish_errand(self, errand: Errand) -> None:
        """End this errand."""
        with self._lock:
            if errand.ending is None:
                errand.ending = Ending(PREEMPTED, "canceled")

    def finish(self, trip: Trip, message: str = "canceled") -> None:
        """End this trip, whatever it is doing."""
        with self._lock:
            trip.end(PREEMPTED, message)

    def pose(self, now: float) -> Pose2 | None:
        """base_footprint in map; None: not known, or too old."""
        with self._lock:
            newest = self._odometry.newest
            heard = self._heard
            if newest is None or heard.map_from_odom is None:
                return None
            if not (self._fresh(now, newest[0]) and self._fresh(now, heard.map_stamp)):
                return None
            return heard.map_from_odom @ newest[1]

    def situation(self, now: float) -> Situation | None:
        """All a decision rests on; None: something is missing or too old."""
        with self._lock:
            return self._situation(now)

    def cycle(self, now: float) -> Velocity | None:
        """Command for the next period; None: nothing to say."""
        with self._lock:
            if now < self._now - 0.05:
                self._jumped_back(now)
            self._now = now
            self._look()
            if self._errand is not None:
                return self._run_errand(now, self._errand)
            trip = self._trip
            if trip is None:
                return STOP if now < self._stop_until else None
            situation = self._situation(now)
            if situation is None:
                self._last = self._blind(now, trip)
            else:
                self._blind_since = None
                self.complaint = ""
                self._last = trip.step(situation)
                if trip.clear_wanted() and self._costmap is not None:
                    self._costmap.clear(situation.pose, depth=False)
            if trip.ending is not None:
                self._trip = None
                self._stop_until = now + 0.5
                self._last = STOP
            return self._last

    def _run_errand(self, now: float, errand: Errand) -> Velocity:
        newest, follower = self._odometry.newest, self.config.follower
        if newest is None or not (
            self._fresh(now, newest[0]) and self._fresh(now, self._heard.scan_stamp)
        ):
            errand.blind("no fresh scan or odometry")
            self._last = STOP
        else:
            self._last = errand.step(
                Surroundings(
                    now,
                    newest[1],
                    self._points(newest[1]),
                    self._footprint,
                    follower.limits,
                    follower.monitor,
                    follower.mppi.period,
                    self._heard.scan(newest[1]),
                    self._heard.scan_stamp,
                    self._heard.lidar(newest[1]),
                )
            )
        if errand.ending is not None:
            self._errand = None
            self._stop_until = now + 0.5
            self._last = STOP
        return self._last

    def plan(self, now: float) -> bool:
        """Plan if the trip wants it; long. Whether it did."""
        with self._lock:
            trip, situation = self._trip, self._situation(now)
            if trip is None or situation is None or not trip.wants_plan:
                return False
            goal = trip.request()
        result = trip.compute(goal, situation)
        with self._lock:
            trip.deliver(goal, result, situation)
        return True

    def _fresh(self, now: float, stamp: float) -> bool:
        # Stamps may lie ahead: localisation dates map -> odom so.
        return -1.0 <= now - stamp <= self.config.max_age

    def _situation(self, now: float) -> Situation | None:
        pose, newest = self.pose(now), self._odometry.newest
        if pose is None or newest is None or self._snapshot is None or self._costmap is None:
            return None
        if not self._fresh(now, self._heard.scan_stamp):
            return None
        return Situation(
            now,
            pose,
            newest[2],
            self._snapshot,
            self._footprint,
            self._points(newest[1]),
            min(self._speed, self._zones.speed_at(pose) if self._zones is not None else 1.0),
            as_rows(self._people.people, now, self._costmap.mapped),
        )

    def _points(self, odom: Pose2) -> Array:
        """Newest scan and what the depth camera saw nearby, from the base where it is now."""
        scan = self._heard.scan(odom)
        if self._costmap is None or self._heard.map_from_odom is None:
            return scan
        base = self._heard.map_from_odom @ odom
        seen = self._costmap.beside(base, self._footprint.circumscribed + 0.6, self._now)
        return np.concatenate([scan, base.inverse().apply(seen)]) if len(seen) else scan

    def _look(self) -> None:
        """Put the newest scan into the costmap."""
        heard = self._heard
        if self._costmap is None or heard.pending is None:
            return
        if heard.map_from_odom is not None and self._fresh(self._now, heard.map_stamp):
            odom, beams, lengths = heard.pending
            base = heard.map_from_odom @ odom
            lidar, seen = base @ beams.base_from_lidar, base.apply(beams.points)
            self._people.update(heard.scan_stamp, seen, (lidar.x, lidar.y), self._costmap.mapped)
            rest, spots = without_people(self._people.people, lidar, beams, lengths)
            for spot in spots:
                self._costmap.clear(spot, 0.35)
            self._costmap.add_scan(base, rest, lengths)
        heard.pending = None
        idle = self._trip is None and self._snapshot is not None
        if not idle or not 0.0 <= self._now - self._snapshot_at < 1.0:
            self._snapshot = self._costmap.snapshot(self._now)
            self._snapshot_at = self._now

    def _blind(self, now: float, trip: Trip) -> Velocity:
        """Something is missing: stand; if only the place on the map is, look around."""
        if self._blind_since is None:
            self._blind_since = now
        waited = now - self._blind_since
        newest = self._odometry.newest
        sensing = (
            newest is not None
            and self._fresh(now, newest[0])
            and self._fresh(now, self._heard.scan_stamp)
        )
        if not sensing or newest is None:
            self.complaint = "no fresh scan or odometry"
            if waited > self.config.patience:
                trip.end(TRANSFORM_ERROR, f"{self.complaint} for {waited:.0f} s")
            return slew(STOP, self._last, self.config.follower.limits, 0.05)
        if self._snapshot is None:
            self.complaint = "no map"
            if waited > self.config.patience:
                trip.end(TRANSFORM_ERROR, f"no map for {waited:.0f} s")
            return STOP
        self.complaint = "not localized"
        if waited > self.config.search_time:
            trip.end(TRANSFORM_ERROR, f"not localized for {waited:.0f} s")
        if waited < self.config.search_after:
            return slew(STOP, self._last, self.config.follower.limits, 0.05)
        follower = self.config.follower
        return self._wander.step(
            newest[1],
            self._points(newest[1]),
            self._footprint,
            follower.limits,
            follower.monitor,
            follower.mppi.period,
        )

    def _jumped_back(self, now: float) -> None:
        """The clock was reset: nothing heard before counts; whoever drove is told to stop."""
        if self._trip is not None:
            self._trip.end(TRANSFORM_ERROR, "the clock jumped back")
            self._trip = None
        if self._errand is not None:
            self._errand.blind("the clock jumped back")
            self._errand = None
        self._heard = Heard()
        self._people.reset()
        self._last = STOP
        self._stop_until = now + 0.5
        if self._costmap is not None:
            self._costmap.clear()
