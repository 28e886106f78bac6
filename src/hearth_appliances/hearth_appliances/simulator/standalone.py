"""The simulated cloud on its own, beside no simulated home: its clock is the wall's, or faster."""

from __future__ import annotations

import os
import secrets
import select
import shlex
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hearth_core.errors import BadInputError, HearthError

from hearth_appliances.endpoint import default_path, read_endpoint
from hearth_appliances.simulator.acts import HELP, Script, perform
from hearth_appliances.simulator.appliances import KINDS, Appliance, load_appliances, make
from hearth_appliances.simulator.cloud import Cloud
from hearth_appliances.simulator.pushes import Outgoing, PushShape
from hearth_appliances.simulator.server import CloudServer, Ports

_TICK = 0.05
"""[s] of wall time."""


@dataclass(frozen=True)
class Options:
    """What to simulate."""

    types: tuple[str, ...] = ()
    """Device types; none, and no files: all of them."""
    files: tuple[Path, ...] = ()
    """JSON files of devices, or folders of them."""
    script: Script = field(default_factory=Script)
    factor: float = 1.0
    """Seconds of its clock in a second."""
    ports: Ports = field(default_factory=Ports)
    push_shape: PushShape = PushShape.EVENT
    """How pushes are wrapped."""
    endpoint: Path | None = None
    """File of the announcement; None: this DDS domain's."""


class Standalone:
    """Cloud, server and clock."""

    def __init__(self, options: Options) -> None:
        """Serve.

        Raises:
            HearthError: It cannot; one on the same DDS domain is a reason.
        """
        self._options = options
        self.path = options.endpoint or default_path()
        _refuse_second(self.path)
        self._begin = time.time()
        self._acts = list(options.script.acts)
        token = f"thinqpat_{secrets.token_hex(24)}"
        self.cloud = Cloud(
            make_appliances(options),
            token,
            faults=options.script.faults,
            start=self._begin,
        )
        self.cloud.push_shape = options.push_shape
        self.server = CloudServer(self.cloud, token, self.path, options.ports, rough=True)

    def run(self, stop: threading.Event, say: Callable[[str], None]) -> None:
        """Let time pass until ``stop`` is set."""
        began = time.monotonic()
        while not stop.wait(_TICK):
            elapsed = (time.monotonic() - began) * self._options.factor

            def work(cloud: Cloud, elapsed: float = elapsed) -> list[Outgoing]:
                while self._acts and self._acts[0].at <= elapsed:
                    self._do(cloud, self._acts.pop(0).words, say)
                return cloud.advance(self._begin + elapsed)

            self.server.submit(work)

    def listen(self, descriptor: int, stop: threading.Event, say: Callable[[str], None]) -> None:
        """Obey what is typed, from a thread of its own, while there is anybody.

        Never a blocking read: an interpreter that ends while a thread is in one may abort.
        """

        def read() -> None:
            waiting = ""
            while not stop.is_set():
                if not select.select([descriptor], [], [], 4 * _TICK)[0]:
                    continue
                data = os.read(descriptor, 4096)
                if not data:
                    return
                *lines, waiting = (waiting + data.decode(errors="replace")).split("\n")
                for line in lines:
                    self._type(line, say)

        threading.Thread(target=read, name="keyboard", daemon=True).start()

    def close(self) -> None:
        """Stop serving."""
        self.server.close()

    def _type(self, line: str, say: Callable[[str], None]) -> None:
        if line.strip() in {"help", "?"}:
            say(HELP)
            return
        try:
            words = shlex.split(line)
        except ValueError as error:
            say(str(error))
            return

        def work(cloud: Cloud) -> list[Outgoing]:
            self._do(cloud, words, say)
            return []

        self.server.submit(work)

    @staticmethod
    def _do(cloud: Cloud, words: Sequence[str], say: Callable[[str], None]) -> None:
        try:
            text = perform(cloud, words)
        except HearthError as error:
            text = str(error)
        if text:
            say(text)


def make_appliances(options: Options) -> list[Appliance]:
    """The machines; aliases are the types' words, numbered when there are several.

    Raises:
        BadInputError: An unknown type, or a file that is no device.
    """
    types = options.types or (() if options.files else tuple(KINDS))
    made: list[Appliance] = []
    for index, given in enumerate(types):
        name = given.upper() if given.upper().startswith("DEVICE_") else f"DEVICE_{given.upper()}"
        words = name.removeprefix("DEVICE_").replace("_", " ").capitalize()
        count = sum(1 for item in made if item.device_type == name)
        alias = f"{words} {count + 1}" if count else words
        made.append(make(name, f"{index:02x}{'5' * 30}", alias))
    for path in options.files:
        found = sorted(path.glob("*.json")) if path.is_dir() else [path]
        made += [machine for item in found for machine in load_appliances(item)]
    if not made:
        raise BadInputError(f"no devices in {[str(path) for path in options.files]}")
    return made


def _refuse_second(path: Path) -> None:
    try:
        endpoint = read_endpoint(path)
    except BadInputError:
        return
    try:
        socket.create_connection(("127.0.0.1", endpoint.port), 1.0).close()
    except OSError:
        return  # of one that was killed
    raise HearthError(
        f"a simulated cloud is announced in {path} already; "
        "set another ROS_DOMAIN_ID, or name another file with --endpoint"
    )
