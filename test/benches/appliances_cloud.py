"""Transport of the appliances: outages of the push channel, and where the token is not.

``appliances`` imports :func:`figures`; alone it is ``hearth bench appliances_cloud``. All clients
of a figure live through the same kind of outage at once, each behind a line of its own that
breaks at a moment of its own within the keep-alive period. Times are real: nothing is scaled.
"""

from __future__ import annotations

import asyncio
import random
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from hearth_appliances.backends.thinq import SimulatedBackend
from hearth_appliances.core.backend import Link as Channel
from hearth_appliances.core.backend import Push
from hearth_appliances.core.hub import Hub
from hearth_appliances.core.store import Store
from hearth_appliances.measure.secrets_scan import scan
from hearth_appliances.simulator.appliances import Appliance, Refrigerator
from hearth_appliances.simulator.fixture import RunningCloud
from hearth_appliances.simulator.link import Line, Link
from hearth_cli.bench import Figure, Options, Report

DOOR = "MAIN/doorStatus/doorState"
BEAT = 0.1
"""The doors move this often [s] after an outage."""
KEEP_ALIVE = 6.0
LONGEST = 90.0
"""Nobody is waited for longer [s]."""


@dataclass
class Client:
    """A back end, its own line to the broker, and what it heard when."""

    index: int
    backend: SimulatedBackend
    heard: list[tuple[float, str]] = field(default_factory=list)
    """Monotonic time [s] and message id."""
    link: Link | None = None
    channel: Channel = Channel.DOWN

    @property
    def device(self) -> str:
        """Its refrigerator."""
        return f"{self.index:032x}"

    def on_push(self, push: Push) -> None:
        """See the port."""
        self.heard.append((time.monotonic(), push.message_id))

    def on_link(self, link: Channel, reason: str = "") -> None:
        """See the port."""
        self.channel = link

    def admit(self, call: str) -> None:
        """See the port: everything may be sent."""


class Home:
    """One cloud, many clients."""

    def __init__(self, folder: Path, count: int) -> None:
        machines = [Refrigerator(f"{index:032x}", f"R{index}") for index in range(count)]
        self.served = RunningCloud(machines, folder / "cloud.json")
        self.clients = [
            Client(index, SimulatedBackend(folder / "cloud.json", None, f"bench-{index}"))
            for index in range(count)
        ]
        self._open = False
        self.moved = 0

    async def connect(self) -> None:
        """Everybody through a line of its own."""
        for client in self.clients:
            await client.backend.open(client)
            await client.backend.subscribe(client.device)
            await client.backend.close()
            client.link = Link(self.served.server.mqtt_port)
            await client.link.start()
            store = client.backend._store
            assert store is not None
            assert store.current.ticket is not None
            store.keep(replace(store.current.ticket, port=client.link.port))
            await client.backend.open(client)

    def move(self) -> None:
        """All doors move: every client is sent one push."""
        self._open = not self._open
        self.moved += 1
        opened = self._open

        def work(cloud: object) -> None:
            for machine in cloud.appliances.values():  # type: ignore[attr-defined]  # a Cloud
                machine.door_moved(opened)

        self.served.do(work, BEAT)

    async def close(self) -> None:
        """Everybody hangs up."""
        for client in self.clients:
            await client.backend.close()
            if client.link is not None:
                await client.link.close()
        self.served.close()


async def outage(home: Home, line: Line, lasts: float, seed: int) -> list[float]:
    """Times [s] from the end of an outage to the first push that was sent after it."""
    rng = random.Random(seed)
    ends: dict[int, float] = {}

    async def strike(client: Client, delay: float) -> None:
        assert client.link is not None
        await asyncio.sleep(delay)
        client.link.switch(line)
        await asyncio.sleep(lasts)
        client.link.switch(Line.UP)
        ends[client.index] = time.monotonic()

    strikes = [
        asyncio.create_task(strike(client, rng.uniform(0.0, KEEP_ALIVE)))
        for client in home.clients
    ]
    healed: dict[int, float] = {}
    deadline = time.monotonic() + KEEP_ALIVE + lasts + LONGEST
    while len(healed) < len(home.clients) and time.monotonic() < deadline:
        home.move()
        sent = time.monotonic()
        await asyncio.sleep(BEAT)
        for client in home.clients:
            end = ends.get(client.index)
            if end is None or client.index in healed or client.channel is not Channel.UP:
                continue
            # What waited at the broker does not count: pushes of this beat do.
            if sent > end and client.heard and client.heard[-1][0] >= sent:
                healed[client.index] = client.heard[-1][0] - end
    await asyncio.gather(*strikes)
    return [healed.get(client.index, LONGEST) for client in home.clients]


async def forgotten_sessions(home: Home, rounds: int) -> list[float]:
    """Times [s] from a broker that lost its sessions to the first push, for each client."""
    times: list[float] = []
    for _ in range(rounds):
        began = time.monotonic()
        home.served.do(lambda cloud: cloud.lose_session())
        healed: dict[int, float] = {}
        await asyncio.sleep(0.5)  # it has restarted: what is heard from now on is news
        since = time.monotonic()
        while len(healed) < len(home.clients) and time.monotonic() < began + LONGEST:
            home.move()
            await asyncio.sleep(BEAT)
            for client in home.clients:
                if client.heard and client.heard[-1][0] > since:
                    healed.setdefault(client.index, client.heard[-1][0] - began)
        times += [healed.get(client.index, LONGEST) for client in home.clients]
        await asyncio.sleep(1.0)
    return times


def lost(home: Home, before: dict[int, int], moved: int) -> int:
    """Pushes that never came, of those sent since ``before``."""
    sent = home.moved - moved
    return sum(
        max(0, sent - len({name for _, name in client.heard[before[client.index] :]}))
        for client in home.clients
    )


def open_all(machines: Sequence[Appliance]) -> None:
    """Somebody was here."""
    for machine in machines:
        machine.door_moved(opened=True)


async def silent_subscriptions(folder: Path, count: int) -> list[float]:
    """Times [s] from the first swallowed change to a shadow that is right again, with a hub each.

    The cloud forgets who subscribed, says nothing, and everything stays connected. The doors had
    moved in the minutes before, as in a home where somebody is.
    """
    machines = [Refrigerator(f"{index:032x}", f"R{index}") for index in range(count)]
    served = RunningCloud(machines, folder / "silent.json")
    hubs = [
        Hub(
            SimulatedBackend(folder / "silent.json", None, f"silent-{index}"),
            Store(None), time.monotonic, lambda _: None, lambda _: None, None, time.time,
        )
        for index in range(count)
    ]  # fmt: skip
    tasks = [asyncio.create_task(hub.run()) for hub in hubs]

    def right(index: int, state: str) -> bool:
        shadows = hubs[index].shadows
        known = shadows.get(machines[index].device_id)
        return known is not None and DOOR in known.values and known.values[DOOR].value == state

    async def until(condition: Callable[[int], bool]) -> dict[int, float]:
        times: dict[int, float] = {}
        deadline = time.monotonic() + LONGEST
        while len(times) < count and time.monotonic() < deadline:
            for index in range(count):
                if index not in times and condition(index):
                    times[index] = time.monotonic()
            await asyncio.sleep(0.02)
        return times

    try:
        await until(lambda index: right(index, "CLOSE"))
        served.do(lambda _: open_all(machines))
        await until(lambda index: right(index, "OPEN"))
        await asyncio.sleep(2.0)

        def swallow(cloud: object) -> None:
            cloud.forget_subscriptions()  # type: ignore[attr-defined]  # a Cloud
            for machine in machines:
                machine.door_moved(False)

        began = time.monotonic()
        served.do(swallow)
        found = await until(lambda index: right(index, "CLOSE"))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        served.close()
    return [found.get(index, began + LONGEST) - began for index in range(count)]


def figures(options: Options) -> list[Figure]:
    """Measure everything."""
    count = 3 if options.quick else 20
    seed = options.seeds[0] if options.seeds else 0
    with tempfile.TemporaryDirectory(prefix="hearth-bench-") as folder:
        return asyncio.run(_figures(Path(folder), count, seed, quick=options.quick))


async def _figures(folder: Path, count: int, seed: int, *, quick: bool) -> list[Figure]:
    found: list[Figure] = []

    def add(name: str, times: list[float], target: float) -> None:
        late = sum(1 for value in times if value > target)
        found.append(Figure(f"{name}, longest", max(times), "s", target, "lower", len(times)))
        found.append(Figure(f"{name}, too late", late, "", 0, "lower", len(times)))

    home = Home(folder, count)
    try:
        await home.connect()
        # The keep-alive finds a hole within 9 s; a cut is seen at once.
        cut, hole = (2.0, 11.0) if quick else (20.0, 20.0)
        kinds = [
            (f"reconnect after a {cut:g} s cut", Line.CUT, cut, 5.0),
            (f"reconnect after a {hole:g} s black hole", Line.HOLE, hole, 10.0),
            ("black hole that forgot its connections", Line.GRAVE, hole, 10.0),
        ]
        for name, line, lasts, target in kinds[::2] if quick else kinds:
            before = {client.index: len(client.heard) for client in home.clients}
            moved = home.moved
            add(name, await outage(home, line, lasts, seed), target)
            await asyncio.sleep(3.0)
            missing = lost(home, before, moved)
            sent = (home.moved - moved) * count
            found.append(Figure("  pushes lost over it", missing, "", 0, "lower", sent))
        rounds = 1 if quick else max(1, 20 // count)
        add("lost session healed", await forgotten_sessions(home, rounds), 10.0)
    finally:
        await home.close()
    if not quick:
        add("silent subscription found", await silent_subscriptions(folder, count), 60.0)
        places = await asyncio.to_thread(scan, folder / "scan")
        text = "secrets in " + ", ".join(places)
        found.append(Figure(text[:51], sum(places.values()), "", 0, "lower", len(places)))
    return found


def run(options: Options) -> Report:
    """``hearth bench appliances_cloud``."""
    return Report(figures(options))
