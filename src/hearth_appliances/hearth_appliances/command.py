"""``hearth appliances``: the simulated cloud on its own; ``list`` and ``login`` for any cloud."""

from __future__ import annotations

import argparse
import asyncio
import getpass
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from hearth_core.errors import BadInputError, HearthError

from hearth_appliances.backends.listing import list_devices, table
from hearth_appliances.core.secrets import (
    SOURCES,
    default_token_file,
    read_token,
    write_private,
)
from hearth_appliances.endpoint import default_path, read_endpoint
from hearth_appliances.simulator.acts import Script, load_script
from hearth_appliances.simulator.pushes import PushShape
from hearth_appliances.simulator.server import Ports
from hearth_appliances.simulator.standalone import Options, Standalone


def main(arguments: Sequence[str]) -> int:
    """Run one of the three."""
    options = _parser().parse_args(arguments)
    try:
        if options.command == "login":
            return login(options.file)
        if options.command == "list":
            return show(options)
        return serve(options)
    except HearthError as error:
        sys.stderr.write(f"hearth appliances: {error}\n")
        return 2


def login(path: Path) -> int:
    """Ask for the personal access token without showing it, and store it for its owner only.

    Raises:
        BadInputError: Nothing was typed, or something that is no token.
    """
    if sys.stdin.isatty():
        text = getpass.getpass("Personal access token (not shown): ")
    else:
        text = sys.stdin.readline()
    text = text.strip()
    if not text or any(character.isspace() for character in text):
        raise BadInputError("that is no token; nothing was stored")
    write_private(path, text + "\n")
    read_token(str(path))  # as the bridge will
    sys.stdout.write(
        f"stored in {path} (only you may read it). To use it:\n"
        f"  ./hearth appliances list --cloud thinq --country KR\n"
        f"  ros2 run hearth_appliances bridge --ros-args -p cloud:=thinq "
        f"-p token:=file:{path} -p country:=KR\n"
    )
    return 0


def show(options: argparse.Namespace) -> int:
    """Print the devices of a cloud; where no simulated one runs, of one made for the moment.

    Raises:
        HearthError: The cloud cannot be asked.
    """
    if options.cloud == "thinq":
        source = options.token or str(default_token_file())
        rows = asyncio.run(list_devices((read_token(source), options.country)))
    else:
        path = options.endpoint or default_path()
        if path.exists():
            rows = asyncio.run(list_devices(read_endpoint(path)))
        else:
            sys.stderr.write(
                "no simulated cloud runs here: what ./hearth appliances would serve\n"
            )

            cloud = Standalone(Options(endpoint=path))
            try:
                rows = asyncio.run(list_devices(read_endpoint(path)))
            finally:
                cloud.close()
    sys.stdout.write(table(rows) + "\n")
    return 0


def serve(options: argparse.Namespace) -> int:
    """Simulate until Ctrl-C.

    Raises:
        HearthError: It cannot.
    """
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    cloud = Standalone(
        Options(
            tuple(part for part in options.types.split(",") if part),
            tuple(options.devices),
            load_script(options.script) if options.script else Script(),
            options.factor,
            Ports(options.rest_port, options.mqtt_port),
            PushShape(options.push_shape),
            options.endpoint,
        )
    )
    _say(
        f"{len(cloud.cloud.appliances)} appliances; REST on 127.0.0.1:{cloud.server.port}, "
        f"MQTT on localhost:{cloud.server.mqtt_port}, announced in {cloud.path}\n"
        f"type help, or Ctrl-C to stop"
    )
    try:
        if sys.stdin is not None and not sys.stdin.closed:
            cloud.listen(sys.stdin.fileno(), stop, _say)
        cloud.run(stop, _say)
    finally:
        cloud.close()
    return 0


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="hearth appliances",
        description="Simulated ThinQ appliances on their own: REST over TLS, MQTT, faults.",
    )
    parser.add_argument(
        "--types", default="", metavar="A,B", help="device types (washer, oven, ...); default: all"
    )
    parser.add_argument(
        "--devices", type=Path, action="append", default=[], metavar="FILE",
        help="JSON file of a device (profile, state), or a folder of them",
    )  # fmt: skip
    parser.add_argument("--script", type=Path, metavar="YAML", help="what goes wrong, and when")
    parser.add_argument("--factor", type=float, default=1.0, help="seconds simulated in a second")
    parser.add_argument("--rest-port", type=int, default=0, help="default: a free one")
    parser.add_argument(
        "--mqtt-port", type=int, default=0, help="443: the SDK's MQTT client as it is comes here"
    )
    parser.add_argument(
        "--push-shape",
        choices=[shape.value for shape in PushShape],
        default=PushShape.EVENT.value,
        help="how pushes are wrapped",
    )
    _endpoint(parser)
    commands = parser.add_subparsers(dest="command")
    lister = commands.add_parser("list", help="the devices of a cloud as a table")
    lister.add_argument("--cloud", choices=("simulated", "thinq"), default="simulated")
    lister.add_argument("--token", default="", help=f"where it is: {', '.join(SOURCES)}")
    lister.add_argument("--country", default="KR", help="of the account, ISO code")
    _endpoint(lister)
    keeper = commands.add_parser("login", help="store a personal access token")
    keeper.add_argument("--file", type=Path, default=default_token_file())
    return parser


def _endpoint(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--endpoint", type=Path, metavar="FILE", help="announcement; default: this DDS domain's"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
