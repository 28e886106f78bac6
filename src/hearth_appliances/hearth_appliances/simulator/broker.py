"""The vendor's MQTT broker: mosquitto as a child, client certificates required."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from hearth_core.errors import HearthError

from hearth_appliances.simulator.tls import Authority

HOST = "localhost"
PUBLISHER = "hearth-cloud"
"""Common name of the certificate that may publish to everybody."""
TOPIC = "app/clients/{client}/push"
"""Where a client is sent its pushes; it may read nothing else."""
_START = 10.0
_ATTEMPTS = 5


class Broker:
    """mosquitto on a loopback port; it ends with the thread that started it, however that ends.

    Sessions live in its memory: :meth:`restart` is how a broker forgets them.
    """

    def __init__(self, authority: Authority, port: int = 0) -> None:
        """Start it; ``port`` 0 takes a free one.

        Raises:
            HearthError: There is no mosquitto, or it does not start.
        """
        self._program = find_program()
        self._wanted = port
        self._process: subprocess.Popen[bytes] | None = None
        self._folder = Path(tempfile.mkdtemp(prefix="hearth-mqtt-"))  # 0700
        self.port = port
        identity = authority.issue(HOST, [HOST])
        self._write("ca.pem", authority.certificate)
        self._write("server.pem", identity.certificate)
        self._write("server.key", identity.key)
        self._write("acl", f"user {PUBLISHER}\ntopic write app/#\npattern read app/clients/%u/#\n")
        try:
            self._start()
        except BaseException:
            self.close()
            raise

    @property
    def running(self) -> bool:
        """Whether the child lives."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """Process id of the child; 0: there is none."""
        return self._process.pid if self._process is not None else 0

    def restart(self) -> None:
        """Lose every session and connection; the port stays."""
        self._stop()
        self._wanted = self.port
        self._start()

    def close(self) -> None:
        """End it and take its keys away."""
        self._stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _start(self) -> None:
        for attempt in range(_ATTEMPTS):
            self.port = self._wanted or _free_port()
            self._write("mosquitto.conf", self._configuration())
            command = [self._program, "-c", str(self._folder / "mosquitto.conf")]
            if setpriv := shutil.which("setpriv"):
                command = [setpriv, "--pdeathsig", "TERM", "--", *command]
            with (self._folder / "log").open("wb") as log:
                # A session of its own: Ctrl-C is for us, and we end it in order.
                self._process = subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                    start_new_session=True,
                )  # fmt: skip
            if self._wait_until_listening():
                return
            self._stop()
            if self._wanted and attempt == 0:
                time.sleep(0.2)  # the port of the one before may need a moment
        text = (self._folder / "log").read_text(errors="replace").strip().splitlines()
        raise HearthError(f"mosquitto does not start: {text[-1] if text else 'it said nothing'}")

    def _wait_until_listening(self) -> bool:
        deadline = time.monotonic() + _START
        while time.monotonic() < deadline and self.running:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1.0).close()
            except OSError:
                time.sleep(0.01)
            else:
                return self.running  # somebody else's listener would let ours die
        return False

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(2.0)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _configuration(self) -> str:
        lines = [
            f"listener {self.port} 127.0.0.1",
            f"cafile {self._folder}/ca.pem",
            f"certfile {self._folder}/server.pem",
            f"keyfile {self._folder}/server.key",
            f"acl_file {self._folder}/acl",
            "require_certificate true",
            "use_identity_as_username true",
            "set_tcp_nodelay true",
            "persistence false",
            "max_queued_messages 20000",
            "max_inflight_messages 100",
            "log_dest stderr",
            "log_type error",
            "log_type warning",
        ]
        if os.geteuid() == 0:
            lines.append("user root")  # it would change to a user who may not read the keys
        return "\n".join(lines) + "\n"

    def _write(self, name: str, text: str) -> None:
        path = self._folder / name
        path.unlink(missing_ok=True)
        path.touch(mode=0o600)
        path.write_text(text)


def find_program() -> str:
    """Path of mosquitto.

    Raises:
        HearthError: It is not installed; the sentence says how.
    """
    found = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/sbin")
    if found is None:
        raise HearthError(
            "no mosquitto here, the simulated MQTT broker: apt-get install mosquitto"
        )
    return found


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
