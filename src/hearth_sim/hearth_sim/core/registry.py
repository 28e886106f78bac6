"""Where the parts of one process find the world that runs in it."""

from __future__ import annotations

import threading

from hearth_core.errors import HearthError

from hearth_sim.core.world import World

_ready = threading.Condition()
_world: World | None = None


def publish(world: World | None) -> None:
    """Announce the process's world; None: it is gone."""
    global _world  # noqa: PLW0603  one process, one world
    with _ready:
        _world = world
        _ready.notify_all()


def find(timeout: float = 30.0) -> World:
    """The process's world, as soon as there is one.

    Raises:
        HearthError: There is none within ``timeout`` [s].
    """
    with _ready:
        if not _ready.wait_for(lambda: _world is not None, timeout):
            raise HearthError(
                f"no simulated world in this process after {timeout:g} s: host hearth_sim/world "
                "before the node that asks for simulated hardware"
            )
        assert _world is not None
        return _world
