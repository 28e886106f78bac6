"""ROS shell around the appliance hub: topics, services and actions of one home's appliances."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hearth_core.home.loader import load_home
from hearth_core.home.model import Home
from hearth_nodekit.middleware import expect_small_messages
from hearth_nodekit.params import declare, param
from hearth_nodekit.reporting import report_health
from hearth_nodekit.running import run
from rclpy.node import Node

from hearth_appliances.bridge.access import heat_permitted
from hearth_appliances.bridge.actions import Actions
from hearth_appliances.bridge.board import Board
from hearth_appliances.bridge.services import Services
from hearth_appliances.clouds import CLOUDS, CloudOptions, make_cloud
from hearth_appliances.core.backend import Backend
from hearth_appliances.core.budget import BudgetSettings
from hearth_appliances.core.hub import Hub
from hearth_appliances.core.intents import Intents
from hearth_appliances.core.pipeline import Pipeline
from hearth_appliances.core.settings import HubSettings
from hearth_appliances.core.store import Store
from hearth_appliances.core.watchdog import WatchSettings

BEAT = 1.0
"""Leases that ended and the bridge's own state are published this often [s]."""


@dataclass(frozen=True)
class Config:
    """Parameters of the bridge; secrets are in files, never here."""

    cloud: str = param("simulated", f"Whose appliances: one of {tuple(CLOUDS)}.")
    endpoint: str = param("", "File of the simulated cloud; empty: this DDS domain's.")
    token: str = param(
        "", "Where the access token is, for 'thinq': file:PATH, fd:N, credential:NAME, keyring:..."
    )
    country: str = param("KR", "ISO country of the account, for 'thinq'.")
    recording: str = param("", "File of JSON lines, for 'replay'.")
    log: str = param(
        "",
        "SQLite file of what is remembered; empty: in memory, for 'thinq' the state folder.",
    )
    home: str = param("", "Home file: places, geometry and permissions; empty: none.")
    calls_per_hour: int = param(600, "REST calls that may be made within an hour.", low=1)
    idle_period: float = param(
        400.0, "One idle device is polled this often, in rotation.", unit="s", low=1.0
    )
    quiet_limit: float = param(
        30.0, "A device in use that said nothing for so long is polled.", unit="s", low=0.05
    )
    heal_period: float = param(
        30.0, "The push channel is subscribed to again this often.", unit="s", low=1.0
    )


class BridgeNode(Node):
    """Appliances of one home; the hub runs in an asyncio thread of its own."""

    def __init__(self, *, backend: Backend | None = None, **options: Any) -> None:
        """``backend``: instead of the one the parameters name (tests, benches)."""
        super().__init__("bridge", **options)
        config = declare(self, Config)
        home = _home(config.home)
        cloud = backend or make_cloud(config.cloud, _options(config))
        self._loop = asyncio.new_event_loop()
        self._store = Store(_log_path(config))
        self._board = Board(self, home, self._now)
        self.hub = Hub(
            cloud,
            self._store,
            self._now,
            self._board.on_state,
            self._board.on_event,
            _settings(config),
            time.time,
        )
        pipeline = Pipeline(
            self.hub,
            heat_permitted=lambda slug: heat_permitted(home, slug),
            on_access=self._board.on_access,
        )
        intents = Intents(pipeline)
        self._board.attach(self.hub, intents)
        self._offered = Services(self, self._loop, self.hub, pipeline, self._board)
        self._acts = Actions(self, self._loop, pipeline, intents)
        report_health(self, self.hub.health)
        self._task: asyncio.Task[None] | None = None
        self._thread = threading.Thread(target=self._run, name="appliance_hub", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Disconnect, and close the log."""
        self._offered.close()
        if not self._thread.is_alive():
            return
        self._loop.call_soon_threadsafe(self._cancel)
        self._thread.join(5.0)

    # In the hub's thread.

    def _cancel(self) -> None:
        for task in asyncio.all_tasks(self._loop):
            task.cancel()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._task = self._loop.create_task(self._live())
        try:
            self._loop.run_until_complete(self._task)
        except asyncio.CancelledError:
            pass
        except Exception as error:  # it must be seen: the thread would die in silence
            self.get_logger().fatal(f"the appliance hub died: {error!r}")
        finally:
            self._loop.close()
            self._store.close()

    async def _live(self) -> None:
        beat = self._loop.create_task(self._beat())
        try:
            await self.hub.run()
        finally:
            beat.cancel()

    async def _beat(self) -> None:
        while True:
            self._board.beat()
            await asyncio.sleep(BEAT)

    def _now(self) -> float:
        return float(self.get_clock().now().nanoseconds) * 1e-9


def _options(config: Config) -> CloudOptions:
    return CloudOptions(
        config.endpoint, config.token, config.country, str(_state_folder()), config.recording
    )


def _settings(config: Config) -> HubSettings:
    return HubSettings(
        watch=WatchSettings(idle_period=config.idle_period, quiet_limit=config.quiet_limit),
        budget=BudgetSettings(calls_per_hour=config.calls_per_hour),
        heal_period=config.heal_period,
    )


def _state_folder() -> Path:
    base = os.environ.get("XDG_STATE_HOME")
    return (Path(base) if base else Path.home() / ".local" / "state") / "hearth"


def _log_path(config: Config) -> Path | None:
    if config.log:
        return Path(config.log).expanduser()
    return _state_folder() / "appliances.sqlite" if config.cloud == "thinq" else None


def _home(path: str) -> Home | None:
    return load_home(path) if path and Path(path).is_file() else None


def make_node(**options: Any) -> Node:
    """The bridge, for a container."""
    return BridgeNode(**options)


def main(args: Sequence[str] | None = None) -> None:
    """Entry point of ``ros2 run hearth_appliances bridge``."""
    expect_small_messages()
    run(make_node, args)


if __name__ == "__main__":
    main()
