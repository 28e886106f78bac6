"""Recorded messages in MCAP files, as ``ros2 bag`` writes and reads them."""

from __future__ import annotations

import importlib
import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import Any

from hearth_core.errors import BadInputError, FileFormatError
from mcap.exceptions import McapError
from mcap.reader import make_reader
from mcap.writer import Writer
from rclpy.serialization import deserialize_message, serialize_message

PROFILE = "ros2"
"""What rosbag2 calls its MCAP files."""
ALWAYS_LATCHED = ("tf_static", "robot_description")
"""Topics that late readers need, even where a bag does not say so."""


@dataclass(frozen=True)
class Recorded:
    """One message of a bag."""

    topic: str
    stamp: float
    """When it was recorded [s]."""
    type_name: str
    """``sensor_msgs/msg/Image``."""
    latched: bool
    """The writer kept it for late readers."""
    data: bytes
    """CDR, as it was sent."""

    def message(self) -> Any:
        """The message itself.

        Raises:
            BadInputError: Its type is not installed, or the bytes are no such message.
        """
        try:
            return deserialize_message(self.data, message_type(self.type_name))
        except (RuntimeError, ValueError) as error:
            raise BadInputError(f"{self.topic}: not a {self.type_name}: {error}") from error


def message_type(name: str) -> type[Any]:
    """The class of ``sensor_msgs/msg/Image``.

    Raises:
        BadInputError: No such type is installed.
    """
    package, _, short = name.partition("/")
    try:
        module = importlib.import_module(f"{package}.msg")
        return getattr(module, short.rpartition("/")[2])
    except (ImportError, AttributeError) as error:
        raise BadInputError(f"message type {name!r} is not installed: {error}") from error


def bag_file(path: Path) -> Path:
    """The MCAP file of a bag: the file itself, or the one in a rosbag2 folder.

    Raises:
        BadInputError: Nothing there, or a folder with several or none.
    """
    if path.is_dir():
        found = sorted(path.glob("*.mcap"))
        if len(found) == 1:
            return found[0]
        raise BadInputError(
            f"{path}: {len(found)} .mcap files; expected one (SQLite bags: `ros2 bag convert`)"
        )
    if not path.is_file():
        raise BadInputError(f"{path}: no such bag; expected an .mcap file or a folder with one")
    return path


def read_bag(path: Path, topics: Collection[str] | None = None) -> Iterator[Recorded]:
    """Messages of a bag in the order they were recorded.

    Args:
        path: See :func:`bag_file`.
        topics: Only these (absolute names); None: all.

    Raises:
        BadInputError: See :func:`bag_file`.
        FileFormatError: Not MCAP, or not of ROS 2.
    """
    file = bag_file(path)
    wanted = None if topics is None else list(topics)
    with file.open("rb") as stream:
        try:
            for schema, channel, message in make_reader(stream).iter_messages(wanted):
                if channel.message_encoding != "cdr" or schema is None:
                    raise FileFormatError(
                        str(file), channel.topic, f"encoding {channel.message_encoding!r}, not cdr"
                    )
                latched = _latched(channel.topic, channel.metadata.get("offered_qos_profiles", ""))
                stamp = message.log_time * 1e-9
                yield Recorded(channel.topic, stamp, schema.name, latched, message.data)
        except McapError as error:
            raise FileFormatError(str(file), "", f"no readable MCAP: {error}") from error


def topics_of(path: Path) -> dict[str, tuple[str, int]]:
    """Type and number of messages by topic; see :func:`read_bag`."""
    file = bag_file(path)
    with file.open("rb") as stream:
        try:
            summary = make_reader(stream).get_summary()
        except McapError as error:
            raise FileFormatError(str(file), "", f"no readable MCAP: {error}") from error
        if summary is None:
            raise FileFormatError(str(file), "", "no summary: the recording was cut off")
        counts = summary.statistics.channel_message_counts if summary.statistics else {}
        return {
            channel.topic: (summary.schemas[channel.schema_id].name, counts.get(number, 0))
            for number, channel in summary.channels.items()
        }


class BagWriter:
    """Writes a bag, as a context manager."""

    def __init__(self, path: Path) -> None:
        """Create ``path`` (its folder must exist)."""
        self._stream = path.open("wb")
        self._writer = Writer(self._stream)
        self._writer.start(profile=PROFILE, library="hearth")
        self._channels: dict[str, int] = {}
        self._schemas: dict[str, int] = {}

    def __enter__(self) -> BagWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._writer.finish()
        self._stream.close()

    def write(self, topic: str, message: Any, stamp: float, latched: bool = False) -> None:
        """Add a message recorded at ``stamp`` [s] on an absolute topic name."""
        package = type(message).__module__.partition(".")[0]
        type_name = f"{package}/msg/{type(message).__name__}"
        self.write_bytes(topic, type_name, bytes(serialize_message(message)), stamp, latched)

    def write_bytes(
        self, topic: str, type_name: str, data: bytes, stamp: float, latched: bool = False
    ) -> None:
        """Add an already serialised message."""
        if topic not in self._channels:
            if type_name not in self._schemas:
                self._schemas[type_name] = self._writer.register_schema(
                    type_name, "ros2msg", definition(type_name).encode()
                )
            durability = "transient_local" if latched else "volatile"
            self._channels[topic] = self._writer.register_channel(
                topic,
                "cdr",
                self._schemas[type_name],
                {"offered_qos_profiles": f"- durability: {durability}\n  reliability: reliable\n"},
            )
        nanoseconds = round(stamp * 1e9)
        self._writer.add_message(self._channels[topic], nanoseconds, data, nanoseconds)


@cache
def definition(type_name: str) -> str:
    """A message's ``.msg`` text with those it is made of below, as MCAP's ``ros2msg`` wants it.

    Types whose ``.msg`` file is not installed are left out: readers that carry the types, as
    ROS itself does, need none.
    """
    todo, done, parts = [type_name], set[str](), []
    while todo:
        name = todo.pop(0)
        if name in done:
            continue
        done.add(name)
        package, _, short = name.partition("/")
        short = short.rpartition("/")[2]
        text = _msg_file(package, short)
        if text is not None:
            head = "" if name == type_name else f"{'=' * 80}\nMSG: {package}/{short}\n"
            parts.append(head + text)
        for field in message_type(name).get_fields_and_field_types().values():
            inner = field.partition("<")[2].rstrip(">") or field
            inner = inner.partition(",")[0].partition("[")[0].strip()
            if "/" in inner:
                todo.append(inner)
    return "\n".join(parts)


def _msg_file(package: str, short: str) -> str | None:
    for prefix in os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep):
        file = Path(prefix, "share", package, "msg", f"{short}.msg")
        if prefix and file.is_file():
            return file.read_text(encoding="utf-8")
    return None


def _latched(topic: str, profiles: str) -> bool:
    if topic.rpartition("/")[2] in ALWAYS_LATCHED:
        return True
    # rosbag2 writes YAML: durability as a number (1 transient local) or as a word, by version.
    words = profiles.replace(":", " ").split()
    pairs = pairwise(words)
    return any(a == "durability" and b in {"1", "transient_local"} for a, b in pairs)
