"""What perception does on request: looking at, finding, reading doors. In worker threads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from hearth_core.frames import MAP
from hearth_core.outcome import Outcome
from rclpy.node import Node

from hearth_perception.base import Base
from hearth_perception.core.articulation import DoorView
from hearth_perception.core.explorer import found_for_sure
from hearth_perception.core.perceiver import Perceiver
from hearth_perception.core.places import Shelf, shelves_of
from hearth_perception.core.search import Search
from hearth_perception.core.semantic_map import Track
from hearth_perception.core.spots import spots_of
from hearth_perception.core.viewpoints import gaze_points
from hearth_perception.head import Head
from hearth_perception.walker import OFF_AXIS, Walker
from hearth_perception.watcher import Watcher

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Found:
    """End of a search."""

    outcome: Outcome
    track: Track | None
    searched: tuple[str, ...]


class Skills:
    """Uses the head and the watcher; knows no messages."""

    def __init__(
        self,
        node: Node,
        watcher: Watcher,
        head: Head,
        *,
        timeout: float,
        reach: float,
        base: Base | None = None,
    ) -> None:
        """Prepare.

        Args:
            node: For its clock.
            watcher: Camera and memory.
            head: Points the camera.
            timeout: Longest wait for one image [s], wall clock.
            reach: Farthest place that is searched from where the robot stands [m].
            base: Drives to what cannot be seen from here; None: it stays.
        """
        self._node = node
        self._watcher = watcher
        self._head = head
        self._timeout = timeout
        self._reach = reach
        self._base = base

    def now(self) -> float:
        """The robot's clock [s]."""
        return float(self._node.get_clock().now().nanoseconds) * 1e-9

    @property
    def perceiver(self) -> Perceiver:
        """The memory."""
        return self._watcher.perceiver

    def place_target(self, name: str) -> Array:
        """A point worth looking at for a place, surface or joint, in map [m].

        Raises:
            UnknownNameError: Nothing is called so.
        """
        target = self.perceiver.home.resolve(name)
        if target.place is None:
            middle = np.mean(np.array(target.room.polygon), axis=0)
            return np.array([*middle, 0.8])
        pose = self.perceiver.poses.get(target.place.name, target.place.pose)
        if target.joint is not None:
            door = self.perceiver.door(target.place.name, target.joint.name)
            return door.map_from_place.apply(np.array(target.joint.panel.centre))
        shelves = self._shelves(name)
        if shelves:
            chosen = min(shelves, key=lambda s: abs(s.height - 1.0))
            return np.array([chosen.pose.x, chosen.pose.y, chosen.height + 0.05])
        return np.array([pose.x, pose.y, target.place.elevation + target.place.size[2] / 2])

    def look_at(
        self,
        target: Array,
        frame: str,
        should_stop: Callable[[], bool],
        on_error: Callable[[float], None],
    ) -> Outcome:
        """Point the head camera at a point and wait for a view from there."""
        with self._watcher.watching():
            gaze = self._head.look_at(target, frame, should_stop, on_error)
            if gaze.error > OFF_AXIS:
                return Outcome.failure(
                    "out_of_view",
                    f"the head's limits leave {np.degrees(gaze.error):.0f} degrees to the point: "
                    "turn the base towards it",
                )
            self._watcher.wait_look(self.now(), self._timeout, should_stop)
            return Outcome.success("looking at it")

    def find(
        self,
        label: str,
        places: Sequence[str],
        should_stop: Callable[[], bool],
        on_place: Callable[[str], None],
    ) -> Found:
        """Look for a thing of class ``label`` until it is seen.

        Named places in view are looked at from where the robot stands; to others, to rooms,
        and through the whole home if none is named, it drives.
        """
        with self._watcher.watching():
            why = self._base.missing() if self._base is not None else "parameter drive is false"
            if why:
                return self._find_from_here(
                    label, list(places) or self._likely_places(label), should_stop, on_place, why
                )
            near = [name for name in places if self._in_reach(name)]
            far = [name for name in places if name not in near]
            searched: tuple[str, ...] = ()
            if places:
                found = self._find_from_here(label, near, should_stop, on_place, "")
                searched = found.searched
                far += [name for name in near if name not in searched]
                if found.track is not None or not far:
                    return found
            return self._find_driving(label, far, searched, should_stop, on_place)

    def _find_from_here(
        self,
        label: str,
        names: Sequence[str],
        should_stop: Callable[[], bool],
        on_place: Callable[[str], None],
        why: str,
    ) -> Found:
        """With the head alone; ``why`` the base stays."""
        searched: list[str] = []
        unreachable: list[str] = []
        for name in names:
            on_place(name)
            track, seen = self._search(label, name, should_stop)
            if track is not None:
                text = f"{_named(track)} in {track.place or name}"
                return Found(Outcome.success(text), track, (*searched, name))
            (searched if seen else unreachable).append(name)
        stays = f" (the base stays: {why})" if why else ""
        if not searched:
            text = f"cannot look at {unreachable or 'any place'} from here{stays}"
            return Found(Outcome.failure("out_of_view", text), None, ())
        text = f"no {label} in {searched}{stays}"
        return Found(Outcome.failure("not_found", text), None, tuple(searched))

    def _find_driving(
        self,
        label: str,
        names: Sequence[str],
        searched: tuple[str, ...],
        should_stop: Callable[[], bool],
        on_place: Callable[[str], None],
    ) -> Found:
        """Over places by probability and way; ``names`` confine it (none: the whole home)."""
        assert self._base is not None
        home, ground = self.perceiver.home, self._base.ground()
        only = {n.split("/")[0] for n in names}
        with self._watcher.lock:
            tracks = self.perceiver.things.find(label)
            believed = [(t.position.copy(), t.existence) for t in tracks if not t.carried]
            seen = dict(self.perceiver.poses)
        opened = [place.name for place in home.places if self._stands_open(place.name)]
        spots = spots_of(
            home, ground, label, only=only, seen=seen, opened=opened, believed=believed
        )
        walker = Walker(self._base, self._head, self._watcher, label, self._timeout, should_stop)
        end = Search(home, ground, spots).run(walker, on_place)
        searched = (*searched, *(name for name in end.searched if name not in searched))
        track = end.track
        if track is not None:
            return Found(
                Outcome.success(f"{_named(track)} in {track.place or 'the open'}"),
                track,
                searched,
            )
        shut = sorted(
            p.name
            for p in home.places
            if any(s.behind for s in p.surfaces) and p.name not in opened
            if not only or p.name in only or p.room in only
        )
        text = f"no {label} in {list(searched)}"
        text += f"; not looked at: {list(end.missed)}" if end.missed else ""
        text += f"; not looked into, closed: {shut}" if shut else ""
        return Found(Outcome.failure("not_found", text), None, searched)

    def _in_reach(self, name: str) -> bool:
        """Whether a place (not a room) is in this room and near enough to be looked at."""
        target = self.perceiver.home.resolve(name)
        eye = self._head.eye(MAP)
        here = self.perceiver.home.room_at(float(eye[0]), float(eye[1]))
        if target.place is None or (here is not None and here.name != target.room.name):
            return False
        pose = target.place.pose
        return float(np.hypot(pose.x - eye[0], pose.y - eye[1])) < self._reach

    def read_door(
        self, place: str, joint: str, max_age: float, views: int = 3
    ) -> tuple[float, DoorView] | None:
        """Newest view of a door with its time [s]; looks afresh unless one is young enough.

        The best of a few views is returned; None: the door was not in any.

        Raises:
            NoViewError: No image came.
        """
        asked = self.now()
        known = self.perceiver.doors.get((place, joint))
        if known is not None and 0.0 < asked - known[0] <= max_age:
            return known
        after = asked - max_age if max_age > 0.0 else asked
        best: tuple[float, DoorView] | None = None
        with self._watcher.watching():
            for _ in range(views):
                look = self._watcher.wait_look(after, self._timeout)
                view = look.percept.view
                after = view.stamp
                with self._watcher.lock:
                    seen = self.perceiver.look_at_door(view, place, joint, look.ignore)
                if seen is not None and (best is None or _better(seen, best[1])):
                    best = (view.stamp, seen)
                if seen is not None and seen.confidence > 0.6 and seen.handle_seen:
                    break
        return best

    def _search(
        self, label: str, name: str, should_stop: Callable[[], bool]
    ) -> tuple[Track | None, bool]:
        """Look at all of one place; the thing if it is there, and whether anything was seen."""
        shelves = self._shelves(name)
        gazes = gaze_points(shelves, self._head.eye(MAP)) or [self.place_target(name)]
        seen = False
        for gaze_point in gazes:
            gaze = self._head.look_at(gaze_point, MAP, should_stop)
            if gaze.error > OFF_AXIS:
                continue
            seen = True
            began = self.now()
            after = began
            for _ in range(3):
                look = self._watcher.wait_look(after, self._timeout, should_stop)
                after = look.percept.view.stamp
                track = self._seen_since(label, name, began)
                if track is not None:
                    return track, True
                if not any(label in s.scores for s in look.percept.sightings):
                    break
        return None, seen

    def _seen_since(self, label: str, place: str, since: float) -> Track | None:
        target = self.perceiver.home.resolve(place)
        with self._watcher.lock:
            name = target.place.name if target.place is not None else ""
            found = found_for_sure(self.perceiver.things, label, since, name)
            return found[0] if found else None

    def _shelves(self, name: str) -> list[Shelf]:
        target = self.perceiver.home.resolve(name)
        places = (
            [target.place]
            if target.place is not None
            else list(self.perceiver.home.places_in(target.room.name))
        )
        found = [s for p in places for s in shelves_of(p, self.perceiver.poses.get(p.name))]
        if target.surface is not None:
            found = [s for s in found if s.surface == target.surface.name]
        return found

    def _likely_places(self, label: str) -> list[str]:
        eye = self._head.eye(MAP)
        with self._watcher.lock:
            known = [t.place.split("/")[0] for t in self.perceiver.things.find(label) if t.place]
        home = self.perceiver.home
        here = home.room_at(float(eye[0]), float(eye[1]))
        near = []
        for place in home.places:
            shut = all(s.behind for s in place.surfaces) and not self._stands_open(place.name)
            if place.surfaces and not shut and (here is None or place.room == here.name):
                away = float(np.hypot(place.pose.x - eye[0], place.pose.y - eye[1]))
                if away < self._reach:
                    near.append((place.name not in known, away, place.name))
        return [name for _, _, name in sorted(near)]

    def _stands_open(self, place: str) -> bool:
        """Whether a door or drawer of a place was last seen open."""
        doors = self.perceiver.doors.items()
        return any(name == place and seen.opening > 0.5 for (name, _), (_, seen) in doors)


def _named(track: Track) -> str:
    """Its name, and what it is if it was taken for something else at first."""
    stem = track.id.rpartition("_")[0]
    return track.id if stem == track.label else f"{track.label} ({track.id})"


def _better(a: DoorView, b: DoorView) -> bool:
    return (a.handle_seen, a.confidence) > (b.handle_seen, b.confidence)
