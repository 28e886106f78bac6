"""The appliance bridge: what it publishes, refuses, marks, believes, costs, and how fast.

Figures of the simulated cloud (healing, faults, secrets) come from ``appliances_cloud.py`` where
that is present.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import statistics
import sys
import tempfile
import time
from pathlib import Path
from types import ModuleType

from hearth_appliances.core.backend import CloudError
from hearth_appliances.core.settings import HubSettings
from hearth_appliances.core.store import Store
from hearth_appliances.core.watchdog import Watchdog, WatchSettings
from hearth_appliances.fakes.scripted_cloud import DOOR, HubBench, ScriptedCloud
from hearth_appliances.measure import courses, latency, loopback, profiles, races, storm
from hearth_cli.bench import Figure, Options, Report

CLOUD = "appliances_cloud.py"


def run(options: Options) -> Report:
    """All figures of the issue's table that need no person."""
    parser = argparse.ArgumentParser(prog="hearth bench appliances")
    parser.add_argument("--no-cloud", action="store_true", help="leave the simulated cloud out")
    own = parser.parse_args(list(options.rest))
    seed = options.seeds[0] if options.seeds else 1
    figures: list[Figure] = []
    samples: list[dict[str, object]] = []
    figures += _profiles()
    figures += _pushes(options, samples)
    figures += _journey(1000 if options.quick else 10_000, samples)
    figures += _calls()
    figures += _silent(5 if options.quick else 20)
    figures += _storm(*((2000, 3) if options.quick else (10_000, 10)), seed)
    figures += _courses(200, seed)
    figures += _races(2000 if options.quick else 10_000, seed)
    figures += _abort(10 if options.quick else 50)
    figures += _idle(5.0 if options.quick else 30.0)
    cloud = None if own.no_cloud else _cloud(options.root)
    if cloud is not None:
        figures += cloud.figures(options)
    return Report(figures, samples)


def _profiles() -> list[Figure]:
    found = profiles.measure()
    equal = found.setters - len(found.different)
    return [
        Figure("properties published", 100 * found.published / found.leaves, "%", 100, "higher",
               found.leaves),
        Figure("writable values accepted", 100 * found.accepted / found.writable_values, "%", 100,
               "higher", found.writable_values),
        Figure("payloads equal to the SDK's, byte for byte", 100 * equal / found.setters, "%", 100,
               "higher", found.setters),
        Figure("invalid writes refused", 100 * found.refused / found.invalid, "%", 100, "higher",
               found.invalid),
        Figure("calls made by invalid writes", found.calls, "", 0, "lower", found.invalid),
    ]  # fmt: skip


def _pushes(options: Options, samples: list[dict[str, object]]) -> list[Figure]:
    count = 1000 if options.quick else 10_000
    found = latency.measure_pushes(20, 50.0, count)
    samples += [{"push_to_topic_s": value} for value in found.seconds]
    if options.plots is not None:
        _plot(options.plots, found.seconds)
    return [
        Figure("push -> topic, 20 x 50 Hz, p50", 1e3 * found.percentile(0.5), "ms", 5, "lower",
               count),
        Figure("push -> topic, p99", 1e3 * found.percentile(0.99), "ms", 20, "lower", count),
        Figure("pushes lost", found.lost + found.gaps, "", 0, "lower", count),
        Figure("CPU time a push, both ends", 1e3 * found.cpu / count, "ms", float("nan"), "lower",
               count),
    ]  # fmt: skip


def _journey(count: int, samples: list[dict[str, object]]) -> list[Figure]:
    """The whole way, every end in a process of its own."""
    found = loopback.measure_journey(20, 50.0, count)
    samples += [{"cloud_to_topic_s": value} for value in found.seconds]
    name = "cloud, mosquitto, SDK -> topic"
    return [
        Figure(f"{name}, p50", 1e3 * found.percentile(0.5), "ms", 5, "lower", count),
        Figure(f"{name}, p99", 1e3 * found.percentile(0.99), "ms", 20, "lower", count),
        Figure("  lost or out of order", found.lost + found.gaps, "", 0, "lower", count),
        Figure("  CPU time of the bridge a push", 1e3 * found.cpu / count, "ms", 1.0, "lower",
               count),
    ]  # fmt: skip


def _calls() -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "state.db"
        _start(database)
        warm = _start(database)
        after = asyncio.run(_after_1306(Path(folder) / "limited.db"))
    return [
        Figure("REST calls, warm start, 30 devices", warm, "", 34, "lower", 30),
        Figure("REST calls, idle hour, 30 devices (of 24 the worst)", _idle_hours(30), "", 10,
               "lower", 24),
        Figure("REST calls after 1306 until the back-off ends", after, "", 0, "lower", 1),
    ]  # fmt: skip


def _start(database: Path) -> int:
    async def scenario() -> int:
        store = Store(database)
        async with HubBench(ScriptedCloud(count=29), store=store) as bench:
            await bench.ready()
            calls = bench.hub.tally.calls
        store.close()
        return calls

    return asyncio.run(scenario())


def _idle_hours(devices: int) -> int:
    """Most errands in one hour of a day in which nothing happens, renewals included."""
    dog = Watchdog()
    for index in range(devices):
        dog.follow(str(index), 0.0, 0.0)
    hours = [0] * 25
    now = 0.0
    while now < 24 * 3600.0:
        errand = dog.due(now, ())
        assert errand is not None
        now = max(now, errand[0])
        dog.done(errand[1], errand[2], now)
        hours[int(now // 3600.0)] += 1
    return max(hours[:24])


async def _after_1306(database: Path) -> int:
    """Errands, commands, polls and a new process within the back-off."""
    watch = WatchSettings(idle_period=0.02, quiet_limit=0.02, spacing=0.005)
    cloud, now = ScriptedCloud(), 1000.0
    store = Store(database)
    async with HubBench(cloud, HubSettings(watch=watch), store, lambda: now) as bench:
        await bench.ready()
        cloud.fail = CloudError("too many", "1306")
        await bench.until(lambda: bench.hub.budget.quiet_until(now) is not None)
        sent = len(cloud.calls)
        await asyncio.sleep(0.3)
        await bench.pipeline.write(
            "refrigerator", {"MAIN/refrigeration/expressMode": True}, timeout=0.2
        )
    store.close()
    store = Store(database)
    async with HubBench(cloud, HubSettings(watch=watch), store, lambda: now):
        await asyncio.sleep(0.3)
    store.close()
    return len(cloud.calls) - sent


def _silent(trials: int) -> list[Figure]:
    """A device in use whose pushes stop: time to its first lost change being found."""
    scale = 100.0  # the watchdog's periods, so much shorter; the logic is the same
    watch = WatchSettings(
        idle_period=4.0, quiet_limit=30.0 / scale, attention=180.0 / scale, spacing=1.0 / scale
    )

    async def trial() -> float:
        cloud = ScriptedCloud()
        async with HubBench(cloud, HubSettings(watch=watch, push_grace=0.01)) as bench:
            await bench.ready()
            cloud.push("fridge", {DOOR: "OPEN"})
            await bench.until(lambda: bench.value("refrigerator", DOOR).value == "OPEN")
            await asyncio.sleep(0.05)
            cloud.states["fridge"][DOOR] = "CLOSE"  # and no push
            began = time.monotonic()
            await bench.until(lambda: cloud.calls.count("subscribe") == 2)
            return scale * (time.monotonic() - began)

    seconds = [asyncio.run(trial()) for _ in range(trials)]
    return [
        Figure("silent subscription of a device in use found", max(seconds), "s", 60, "lower",
               trials),
    ]  # fmt: skip


def _storm(count: int, kills: int, seed: int) -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        toll = storm.weather(count, seed, Store(base / "storm.db"))
        storm.write_recording(base / "storm.jsonl", count, seed)
        storm.replay(base / "storm.jsonl", base / "whole.db")
        kills = storm.replay_killed(base / "storm.jsonl", base / "killed.db", kills, seed)
        same = storm.dump(base / "whole.db") == storm.dump(base / "killed.db")
    return [
        Figure("storm: wrong values at the end", toll.wrong, "", 0, "lower", count),
        Figure("storm: unmarked late or duplicate", toll.unmarked, "", 0, "lower",
               toll.late + toll.duplicates),
        Figure("storm: new ones marked late or duplicate", toll.slandered, "", 0, "lower", count),
        Figure("replay identical after kill -9", float(same), "", 1, "higher", kills),
    ]  # fmt: skip


def _courses(count: int, seed: int) -> list[Figure]:
    score = courses.measure(count, seed)
    delay = statistics.median(score.delays)
    nan = float("nan")
    return [
        Figure("courses believed ended that were not", score.false, "", 0, "lower", count),
        Figure("ended courses missed", score.missed, "", 0, "lower", count),
        Figure("stopped or failed courses not told", score.wrong, "", nan, "lower", count),
        Figure("end known after it (median)", delay, "s", nan, "lower", len(score.delays)),
        Figure("polls a course", (score.polls + score.watched) / count, "", nan, "lower", count),
    ]


def _races(count: int, seed: int) -> list[Figure]:
    found = races.measure(count, seed)
    return [
        Figure("lease races: double holders", found.double, "", 0, "lower", count),
        Figure("lease races: taken by no higher rank", found.robbed, "", 0, "lower", count),
        Figure("crashed holder's lease back after its end", found.overdue, "s", 0, "lower", count),
    ]


def _abort(count: int) -> list[Figure]:
    delays = latency.measure_abort(count)
    return [
        Figure("AbortNow -> request, worst", 1e3 * max(delays), "ms", 50, "lower", len(delays)),
        Figure("AbortNow -> request, median", 1e3 * statistics.median(delays), "ms", 50, "lower",
               len(delays)),
    ]  # fmt: skip


def _idle(seconds: float) -> list[Figure]:
    found = loopback.measure_idle(30, seconds)
    return [
        Figure("idle, 30 devices: of a core", 100 * found.cores, "%", 2, "lower", 30),
        Figure("idle, 30 devices: memory (PSS)", found.proportional, "MB", 120, "lower", 30),
        Figure("idle, 30 devices: memory (RSS)", found.resident, "MB", 120, "lower", 30),
    ]


def _cloud(root: Path) -> ModuleType | None:
    path = root / "test" / "benches" / CLOUD
    if not path.is_file():
        return None
    spec = importlib.util.spec_from_file_location("hearth_bench_appliances_cloud_part", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def _plot(folder: Path, seconds: list[float]) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    folder.mkdir(parents=True, exist_ok=True)
    figure, axes = plt.subplots(figsize=(6.4, 3.6))
    ordered = sorted(1e3 * value for value in seconds)
    axes.plot(ordered, [index / len(ordered) for index in range(1, len(ordered) + 1)])
    axes.set(xscale="log", xlabel="push to topic [ms]", ylabel="share", title="20 devices x 50 Hz")
    for limit, share in ((5.0, 0.5), (20.0, 0.99)):
        axes.plot([limit], [share], "rx")
    axes.grid(visible=True)
    figure.tight_layout()
    figure.savefig(folder / "appliances_latency.png", dpi=110)
    plt.close(figure)
