"""``hearth bag``: what is in an MCAP bag, play it to nodes, record one.

Where ROS is installed, ``ros2 bag`` does the same with the same files.
"""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import rclpy
from hearth_core.errors import HearthError
from rclpy.experimental import EventsExecutor
from rclpy.node import Node

from hearth_nodekit.bags import BagWriter, topics_of
from hearth_nodekit.playing import BagPlayer, BagRecorder


def main(arguments: Sequence[str]) -> int:
    """Run one of the three."""
    options = _parser().parse_args(arguments)
    try:
        if options.command == "info":
            for name, (kind, count) in sorted(topics_of(options.bag).items()):
                sys.stdout.write(f"{count:>8}  {name}  {kind}\n")
            return 0
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        rclpy.init()
        node = Node("bag")
        try:
            return (
                _play(node, options, stop)
                if options.command == "play"
                else _record(node, options, stop)
            )
        finally:
            node.destroy_node()
            rclpy.try_shutdown()
    except HearthError as error:
        sys.stderr.write(f"hearth bag: {error}\n")
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="hearth bag", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    info = commands.add_parser("info", help="topics, types and counts")
    info.add_argument("bag", type=Path)
    play = commands.add_parser("play", help="publish it, with /clock (nodes: use_sim_time)")
    play.add_argument("bag", type=Path)
    play.add_argument("--rate", type=float, default=1.0)
    play.add_argument("--topics", nargs="+", metavar="/NAME")
    play.add_argument("--wait", type=float, default=1.0, help="for readers to join [s]")
    record = commands.add_parser("record", help="until Ctrl-C")
    record.add_argument("bag", type=Path)
    record.add_argument("topics", nargs="+", metavar="/NAME")
    return parser


def _play(node: Node, options: argparse.Namespace, stop: threading.Event) -> int:
    player = BagPlayer(node, options.bag, options.topics)
    stop.wait(options.wait)
    count = player.play(options.rate, stop.is_set)
    sys.stdout.write(f"{count} messages of {len(player.publishers)} topics played\n")
    return 0


def _record(node: Node, options: argparse.Namespace, stop: threading.Event) -> int:
    executor = EventsExecutor()
    executor.add_node(node)
    with BagWriter(options.bag) as writer:
        recorder = BagRecorder(node, writer, options.topics)
        while not stop.is_set():
            executor.spin_once(timeout_sec=0.1)
    executor.remove_node(node)
    executor.shutdown()
    for name, count in recorder.counts.items():
        sys.stdout.write(f"{count:>8}  {name}\n")
    return 0
