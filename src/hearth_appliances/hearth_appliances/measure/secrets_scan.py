"""Looks for the token everywhere a bridge leaves something: it must be nowhere.

A bridge runs in a process of its own against the simulated cloud, as for a real account (token
by file descriptor, certificate cached), logs everything at DEBUG, and fails a few times. Then
its output, ROS logs, messages, parameters, database, cache and ``/proc`` are searched.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import rclpy
from hearth_nodekit.appliance_topics import (
    appliance_access,
    appliance_capabilities,
    appliance_events,
    appliance_state,
)
from hearth_nodekit.topic import DIAGNOSTICS
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.parameter import Parameter

from hearth_appliances.backends.thinq import VendorBackend, simulated_connector
from hearth_appliances.bridge_node import BridgeNode
from hearth_appliances.core.backend import Listener
from hearth_appliances.core.secrets import read_token
from hearth_appliances.endpoint import read_endpoint
from hearth_appliances.simulator.appliances import Refrigerator, Washer
from hearth_appliances.simulator.faults import Trouble
from hearth_appliances.simulator.fixture import TOKEN, RunningCloud

PLACES = ("output", "logs", "messages", "parameters", "database and cache", "process list")
_TOPICS = (appliance_state, appliance_events, appliance_capabilities, appliance_access)
_PATIENCE = 120.0


class Diverted(VendorBackend):
    """The vendor's back end, taken to the simulated cloud; everything else is as for LG."""

    def __init__(self, source: str, endpoint: Path, cache: Path) -> None:
        super().__init__(read_token(source), "KR", cache)
        self._endpoint = endpoint

    async def open(self, listener: Listener) -> None:
        """See the port."""
        endpoint = read_endpoint(self._endpoint)
        token = self._token.reveal()
        store = self._make_store(token)
        connector = simulated_connector(endpoint)
        await self._connect(listener, connector, token, "KR", store, endpoint.authority)


def scan(folder: Path) -> dict[str, int]:
    """Occurrences of the token by place; everything is left in ``folder``, which is empty.

    Raises:
        RuntimeError: The bridge did not get far enough for the search to mean anything.
    """
    folder.mkdir(exist_ok=True)
    machines = [Refrigerator("a" * 32, "Refrigerator"), Washer("b" * 32, "Washer")]
    served = RunningCloud(machines, folder / "cloud.json")
    left = folder / "left"
    left.mkdir(mode=0o700)
    read, write = os.pipe()
    os.write(write, TOKEN.encode())
    os.close(write)
    command = [sys.executable, "-m", __name__, str(read), str(served.path), str(left)]
    environment = {**os.environ, "ROS_LOG_DIR": str(left / "log"), "PYTHONDEVMODE": "0"}
    with (left / "output").open("wb") as output:
        child = subprocess.Popen(
            command,
            stdout=output, stderr=output, stdin=subprocess.PIPE, pass_fds=[read], env=environment,
        )  # fmt: skip
    os.close(read)
    try:
        _await(lambda: (left / "ready").exists() or child.poll() is not None)
        if child.poll() is not None:
            raise RuntimeError((left / "output").read_text()[-2000:])
        served.do(lambda cloud: machines[0].door_moved(opened=True))
        found = {"process list": in_process(child.pid)}
        served.begin(Trouble.EXPIRED_TOKEN)
        assert child.stdin is not None
        child.stdin.write(b"\n")
        child.stdin.flush()
        _await(lambda: (left / "done").exists() or child.poll() is not None)
    finally:
        child.kill()
        child.wait()
        served.close()
    if not (left / "done").exists():
        raise RuntimeError((left / "output").read_text()[-2000:])
    found |= {"output": count([left / "output"]), "logs": count((left / "log").rglob("*"))}
    found["messages"] = count([left / "messages"])
    found["parameters"] = count([left / "parameters"])
    kept = [*left.glob("store*"), *left.glob("cache*")]
    found["database and cache"] = count(kept)
    if len(kept) < 2 or not (left / "messages").stat().st_size:
        raise RuntimeError(f"nothing to search: {sorted(left.iterdir())}")
    return {place: found[place] for place in PLACES}


def count(paths: Iterable[Path]) -> int:
    """Occurrences in files."""
    return sum(path.read_bytes().count(TOKEN.encode()) for path in paths if path.is_file())


def in_process(pid: int) -> int:
    """Occurrences in arguments and environment of a process."""
    found = 0
    for name in ("cmdline", "environ"):
        found += Path(f"/proc/{pid}/{name}").read_bytes().count(TOKEN.encode())
    return found


def _await(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)


def _child(arguments: Sequence[str]) -> None:
    """The bridge, with somebody who listens to everything it says."""
    descriptor, endpoint, folder = arguments
    left = Path(folder)
    logging.basicConfig(level=logging.DEBUG)
    rclpy.init()
    listener = Node("listener")
    backend = Diverted(f"fd:{descriptor}", Path(endpoint), left / "cache.json")
    overrides = [Parameter("log", value=str(left / "store.sqlite"))]
    heard = (left / "messages").open("ab", buffering=0)
    told: set[str] = set()

    def hear(name: str) -> Callable[[bytes], None]:
        def write(message: bytes) -> None:
            told.add(name)
            heard.write(message)

        return write

    appliances = [make(slug) for slug in ("refrigerator", "washer") for make in _TOPICS]
    for topic in (DIAGNOSTICS, *appliances):
        listener.create_subscription(topic.type, topic.name, hear(topic.name), topic.qos, raw=True)
    node = BridgeNode(backend=backend, parameter_overrides=overrides)
    executor = SingleThreadedExecutor()
    for each in (listener, node):
        executor.add_node(each)
    names = list(node._parameters)
    text = "\n".join(f"{name}: {node.get_parameter(name).value}" for name in names)
    (left / "parameters").write_text(text)
    deadline = time.monotonic() + _PATIENCE
    while len(told) < len(_TOPICS) and time.monotonic() < deadline:
        executor.spin_once(timeout_sec=0.1)
    (left / "ready").touch()
    sys.stdin.readline()
    until = time.monotonic() + 2.0
    while time.monotonic() < until:
        executor.spin_once(timeout_sec=0.1)
    try:
        raise ConnectionError(f"headers: Bearer {backend._token.reveal()}")
    except ConnectionError:
        logging.getLogger("hearth").exception("as careless as can be: %s", vars(backend))
    node.close()
    (left / "done").touch()


if __name__ == "__main__":
    _child(sys.argv[1:])
